/* lib/work/apart.c -- see apart.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/env.h"
#include "work/apart.h"

#define ORPHANS_MS	1000	/* a spawner kills its children at once */
#define ENDING_MS	200	/* from its last descriptor to a process's end */

void *
tq_apart_room(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return tq_must(p == MAP_FAILED ? NULL : p);
}

void
tq_apart_free(void *p, size_t n)
{
	munmap(p, n);
}

/* Until the pipe's other ends are closed, or ${by}; true: they are. */
static bool
wait_closed(int fd, const struct tq_env *env, int64_t by)
{
	struct pollfd p = { .fd = fd };
	int64_t left;
	int n = 0;

	while (n <= 0 && (left = by - tq_boot_ms(env)) > 0)
		n = poll(&p, 1, left < 60000 ? (int)left : 60000);
	return n > 0;
}

/*
 * All that has ended, the child ${pid} among it; its status.  Who has closed
 * the pipe is about to be a zombie; a daemon of a handler's may go on.
 */
static int
reap(pid_t pid, const struct tq_env *env)
{
	int64_t by = tq_boot_ms(env) + ENDING_MS;
	int status = -1;
	pid_t got;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	while ((got = waitpid(-1, NULL, WNOHANG)) != -1 &&
	    (got > 0 || tq_boot_ms(env) < by))
		if (got == 0)
			poll(NULL, 0, 1);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
tq_apart(int (*fn)(void *arg), void *arg, const struct tq_env *env,
    int64_t by)
{
	int fds[2], rc;
	pid_t pid;

	/* Held by the child and what it forks, but by no program. */
	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		_exit(fn(arg));
	}
	close(fds[1]);
	if (pid != -1 && !wait_closed(fds[0], env, by)) {
		kill(pid, SIGKILL);
		wait_closed(fds[0], env, tq_boot_ms(env) + ORPHANS_MS);
	}
	rc = pid == -1 ? -1 : reap(pid, env);
	close(fds[0]);
	return rc;
}

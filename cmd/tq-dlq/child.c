/* cmd/tq-dlq/child.c -- run a program of the user's and wait for it. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dlq.h"

extern char **environ;

/* Signals that we ignore or catch are as usual for the program. */
static void
default_signals(posix_spawnattr_t *attr)
{
	sigset_t set;

	sigemptyset(&set);
	posix_spawnattr_setsigmask(attr, &set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGXFSZ);
	posix_spawnattr_setsigdefault(attr, &set);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF |
	    POSIX_SPAWN_SETSIGMASK);
}

int
dlq_run(struct dlq *d, const char *const *argv, int in)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc, status;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	default_signals(&attr);
	if (in != STDIN_FILENO)
		posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	rc = posix_spawnp(&pid, argv[0], &files, &attr,
	    (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	if (rc != 0)
		return tq_err_start(&d->cli->err, rc, argv[0]);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return tq_err_sys(&d->cli->err, TQ_AT_EXEC, TQ_E_IO,
			    errno, "%s", argv[0]);
	return status;
}

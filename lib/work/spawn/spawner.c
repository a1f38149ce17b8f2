/* lib/work/spawn/spawner.c -- the process that makes the children; see spawn.h. */
#include "work/spawn/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/fd.h"
#include "work/spawn/groups.h"

#define END_MS	5000	/* a child that can't be killed is not waited for */

struct spawner {
	int		 fd;		/* to the worker */
	int		 sigfd;
	pid_t		 pid;		/* ours */
	struct sp_groups groups;
	const char	*scratch;
	bool		*in_cwd;	/* child i: its directory was the trouble */
	const struct tq_spawn_fn *fns;
	size_t		 nfns;
	bool		 prepared[TQ_SPAWN_FNS];
	char		**base;		/* environment, no task's names */
	size_t		 nbase;
	char		**vec;		/* argv and envp of the child to be */
	size_t		 vec_max;
	char		 buf[TQ_SPAWN_INLINE];
};

/* Those of an outer task must not be taken for the child's own. */
static bool
of_a_task(const char *var)
{
	static const char *const names[] = { "TQ_TASK_ID=", "TQ_TYPE=",
	    "TQ_QUEUE=", "TQ_ATTEMPT=", "TQ_MAX_ATTEMPTS=", "TQ_TOKEN=",
	    "TQ_DEADLINE=", "TQ_PAYLOAD=", "TQ_INPUT=", "TQ_OUTPUT=",
	    "TQ_STORE=", "TRACEPARENT=" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(var, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static void
take_environment(struct spawner *s)
{
	size_t n = 0, i;

	while (environ[n] != NULL)
		n++;
	s->base = calloc(n + 1, sizeof(*s->base));
	if (s->base == NULL)
		_exit(70);
	for (i = 0; i < n; i++)
		if (!of_a_task(environ[i]))
			s->base[s->nbase++] = environ[i];
}

/*
 * In the child (after vfork: in the spawner's memory, so only system calls).
 * The descriptors sent are all above 4: see keep_low_fds().
 */
static void
become(const struct spawner *s, const int *fds, size_t nfds)
{
	sigset_t none;
	size_t i;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != s->pid)
		_exit(70);
	for (i = 0; i < nfds; i++)
		dup2(fds[i], (int)i);
	for (; i < TQ_SPAWN_FDS; i++)
		close((int)i);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Room for the vectors of ${h}; what is there is kept for the next. */
static bool
make_room(struct spawner *s, const struct tq_spawn_msg *h)
{
	size_t n = (size_t)h->argc + h->envc + s->nbase + 2;
	char **grown;

	if (n <= s->vec_max)
		return true;
	if ((grown = realloc(s->vec, n * sizeof(*grown))) == NULL)
		return false;
	s->vec = grown;
	s->vec_max = n;
	return true;
}

/* Is the variable ${var} among the ${n} of a child? */
static bool
given(char *const *envp, uint32_t n, const char *var)
{
	size_t len = strcspn(var, "=") + 1;
	uint32_t i;

	for (i = 0; i < n; i++)
		if (strncmp(envp[i], var, len) == 0)
			return true;
	return false;
}

static pid_t
exec_in_child(struct spawner *s, const struct tq_spawn_msg *h,
    const char *file, const char *cwd, const int *fds, size_t nfds)
{
	char **outer = environ, **argv = s->vec, **envp = argv + h->argc + 1;
	int *failed = &s->groups.v[h->child].exec_errno;
	pid_t pid;

	/* execvpe(3) looks for PATH in there. */
	environ = envp;
	if ((pid = vfork()) == 0) {
		become(s, fds, nfds);
		if (h->umask != 0)
			umask((mode_t)h->umask - 1);
		s->in_cwd[h->child] = *cwd != '\0' && chdir(cwd) == -1;
		if (!s->in_cwd[h->child])
			execvpe(file, argv, envp);
		*failed = errno;
		_exit(errno == ENOENT ? 127 : 126);
	}
	environ = outer;
	return pid;
}

static pid_t
start_program(struct spawner *s, const struct tq_spawn_msg *h, char *p,
    const int *fds, size_t nfds)
{
	char *file = p, *cwd, **argv, **envp;
	uint32_t i;
	size_t k;

	if (!make_room(s, h)) {
		errno = ENOMEM;
		return -1;
	}
	argv = s->vec;
	envp = argv + h->argc + 1;
	cwd = p += strlen(p) + 1;
	p += strlen(p) + 1;
	for (i = 0; i < h->argc; i++, p += strlen(p) + 1)
		argv[i] = p;
	argv[i] = NULL;
	for (i = 0; i < h->envc; i++, p += strlen(p) + 1)
		envp[i] = p;
	for (k = 0; k < s->nbase; k++)
		if (!given(envp, h->envc, s->base[k]))
			envp[i++] = s->base[k];
	envp[i] = NULL;
	return exec_in_child(s, h, file, cwd, fds, nfds);
}

/* Strings too many for the message: in a file, the last of ${fds}, which is no
   descriptor of the child. */
static pid_t
start_big(struct spawner *s, const struct tq_spawn_msg *h, const int *fds,
    size_t nfds)
{
	char *p;
	pid_t pid;
	int e;

	p = nfds == 0 ? MAP_FAILED : mmap(NULL, h->big, PROT_READ, MAP_PRIVATE,
	    fds[nfds - 1], 0);
	if (p == MAP_FAILED)
		return -1;
	pid = start_program(s, h, p, fds, nfds - 1);
	e = errno;
	munmap(p, h->big);
	errno = e;
	return pid;
}

static pid_t
start_function(struct spawner *s, const struct tq_spawn_msg *h, size_t len,
    const int *fds, size_t nfds)
{
	const struct tq_spawn_fn *fn = &s->fns[h->fn];
	pid_t pid;

	if (fn->prepare != NULL && !s->prepared[h->fn])
		fn->prepare();
	s->prepared[h->fn] = true;
	if ((pid = fork()) == 0) {
		become(s, fds, nfds);
		tq_fd_close_from((int)nfds);
		_exit(fn->run((struct tq_span){ s->buf + sizeof(*h),
		    len - sizeof(*h) }));
	}
	if (pid > 0)
		setpgid(pid, pid);
	return pid;
}

static void end(struct spawner *) __attribute__((noreturn));

/* A worker that can't be told would wait for this child for ever: it sees the
   spawner's end instead. */
static void
tell(struct spawner *s, uint32_t child, int wstatus, int exec_errno)
{
	struct tq_spawn_exit e;
	ssize_t n;

	memset(&e, 0, sizeof(e));	/* its padding is sent, too */
	e.child = child;
	e.wstatus = wstatus;
	e.exec_errno = exec_errno;
	e.in_cwd = exec_errno != 0 && s->in_cwd[child];
	while ((n = send(s->fd, &e, sizeof(e), MSG_NOSIGNAL)) == -1 &&
	    errno == EINTR)
		continue;
	if (n == -1)
		end(s);
}

static void
ended(void *spawner, uint32_t child, const struct sp_group *g)
{
	tell(spawner, child, g->wstatus, g->exec_errno);
}

static void
start(struct spawner *s, const struct tq_spawn_msg *h, size_t len,
    const int *fds, size_t nfds)
{
	pid_t pid;

	s->groups.v[h->child].exec_errno = 0;
	s->in_cwd[h->child] = false;
	if (h->fn >= 0)
		pid = start_function(s, h, len, fds, nfds);
	else
		pid = h->big != 0 ? start_big(s, h, fds, nfds) :
		    start_program(s, h, s->buf + sizeof(*h), fds, nfds);
	if (pid == -1)	/* out of processes: as a program that can't start */
		tell(s, h->child, 126 << 8, errno);
	else
		sp_groups_add(&s->groups, h->child, pid);
}

static void
reap(struct spawner *s)
{
	struct signalfd_siginfo si;

	while (read(s->sigfd, &si, sizeof(si)) > 0)
		continue;
	sp_groups_reap(&s->groups, ended, s);
}

static int
unlink_one(const char *path, const struct stat *sb, int kind, struct FTW *at)
{
	(void)sb;
	(void)kind;
	if (at->level != 1 || strcmp(path + at->base, TQ_SPAWN_LOCK) != 0)
		remove(path);
	return 0;
}

void
tq_spawn_remove(const char *dir)
{
	char lock[PATH_MAX];

	nftw(dir, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
	if (snprintf(lock, sizeof(lock), "%s/" TQ_SPAWN_LOCK, dir) <
	    (int)sizeof(lock))
		remove(lock);
	remove(dir);
}

/* The worker is gone: everything goes with it. */
static void
end(struct spawner *s)
{
	sp_groups_end(&s->groups, END_MS);
	tq_spawn_remove(s->scratch);
	_exit(0);
}

/* One request; false when there is none now. */
static bool
serve(struct spawner *s)
{
	union {
		struct cmsghdr	h;
		char		room[CMSG_SPACE((TQ_SPAWN_FDS + 1) * sizeof(int))];
	} ctl;
	struct iovec iov = { s->buf, sizeof(s->buf) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = &ctl, .msg_controllen = sizeof(ctl) };
	struct tq_spawn_msg h;
	int fds[TQ_SPAWN_FDS + 1];
	size_t nfds = 0, i;
	ssize_t n;

	n = recvmsg(s->fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < (ssize_t)sizeof(h))
		end(s);
	if (m.msg_controllen >= sizeof(ctl.h)) {
		nfds = (ctl.h.cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(&ctl.h), nfds * sizeof(int));
	}
	memcpy(&h, s->buf, sizeof(h));
	if (h.op == TQ_SPAWN_START)
		start(s, &h, (size_t)n, fds, nfds);
	else if (h.op == TQ_SPAWN_KILL)
		sp_groups_signal(&s->groups, h.child, h.sig);
	else
		tell(s, TQ_SPAWN_THERE, 0, 0);
	for (i = 0; i < nfds; i++)
		close(fds[i]);
	return true;
}

/*
 * Hold 0 to 4, so that no descriptor that comes in is one of them, and
 * nothing else of what the worker had open.
 */
static int
keep_low_fds(int fd)
{
	int null, moved = fcntl(fd, F_DUPFD_CLOEXEC, TQ_SPAWN_FDS);

	if (moved == -1)
		_exit(70);
	if (moved != TQ_SPAWN_FDS) {
		dup3(moved, TQ_SPAWN_FDS, O_CLOEXEC);
		moved = TQ_SPAWN_FDS;
	}
	tq_fd_close_from(moved + 1);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (fd = 0; fd < TQ_SPAWN_FDS; fd++)
		dup2(null, fd);
	if (null >= TQ_SPAWN_FDS)
		close(null);
	return moved;
}

void
tq_spawner_main(int fd, pid_t *groups, uint32_t n, const char *scratch,
    const struct tq_spawn_fn *fns, size_t nfns)
{
	static struct spawner s;
	struct pollfd p[2];
	sigset_t all;
	int sig, ready;

	/* A ^C or a TERM to the whole group is the worker's to answer. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	/* For the children: what is blocked here can't end us. */
	for (sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	prctl(PR_SET_NAME, "tq-spawner");
	s.fd = keep_low_fds(fd);
	s.pid = getpid();
	s.scratch = scratch;
	s.fns = fns;
	s.nfns = nfns;
	s.in_cwd = calloc(n, sizeof(bool));
	if (s.in_cwd == NULL || sp_groups_init(&s.groups, groups, n) == -1)
		_exit(70);
	take_environment(&s);
	sigemptyset(&all);
	sigaddset(&all, SIGCHLD);
	if ((s.sigfd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		_exit(70);
	p[0] = (struct pollfd){ s.fd, POLLIN, 0 };
	p[1] = (struct pollfd){ s.sigfd, POLLIN, 0 };
	for (;;) {
		if ((ready = poll(p, 2, sp_groups_wait_ms(&s.groups))) == -1)
			continue;
		if (ready == 0 || p[1].revents != 0)
			reap(&s);
		while (p[0].revents != 0 && serve(&s))
			continue;
	}
}

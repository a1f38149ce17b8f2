/* lib/aws/creds_io.c -- files and programs for the providers; see creds.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aws/creds.h"
#include "util/env.h"
#include "util/err.h"
#include "util/fd.h"

#define RUN_MAX_MS	60000
#define LOOK_MS		100	/* has it ended?  Its pipes may not say */
#define END_MS		2	/* the same, with its pipes closed */
#define ERRORS_MAX	200	/* of a program's stderr, in our message */

extern char **environ;

int
tq_creds_read_file(void *arg, const char *path, struct tq_buf *out,
    struct tq_err *err)
{
	char chunk[4096];
	struct stat st;
	ssize_t n;
	int fd;

	(void)arg;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return tq_err_sys(err, TQ_AT_CREDS, errno == ENOENT ||
		    errno == ENOTDIR ? TQ_E_NOTFOUND : TQ_E_IO, errno, "%s",
		    path);
	/* A buffer that grows leaves copies behind. */
	if (fstat(fd, &st) == 0 && st.st_size > 0 &&
	    (uint64_t)st.st_size < out->max)
		tq_buf_room(out, (size_t)st.st_size);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		tq_buf_add(out, chunk, (size_t)n);
	if (n == -1)
		tq_err_sys(err, TQ_AT_CREDS, TQ_E_IO, errno, "%s", path);
	else if (out->failed)
		n = tq_buf_why(out, err, TQ_AT_CREDS, "%s: too long", path);
	close(fd);
	explicit_bzero(chunk, sizeof(chunk));
	return n == -1 ? -1 : 0;
}

int
tq_creds_write_file(void *arg, const char *path, struct tq_span text,
    struct tq_err *err)
{
	struct tq_buf tmp = TQ_BUF_INIT(4096);
	int fd = -1, rc = -1;

	(void)arg;
	if (tq_buf_fmt(&tmp, "%s.XXXXXX", path) == -1) {
		tq_buf_why(&tmp, err, TQ_AT_CREDS, "%s: too long", path);
		goto out;
	}
	/* It makes the file with mode 0600. */
	if ((fd = mkostemp(tmp.data, O_CLOEXEC)) == -1 ||
	    tq_fd_write(fd, text) == -1 || fsync(fd) == -1 ||
	    rename(tmp.data, path) == -1) {
		tq_err_sys(err, TQ_AT_CREDS, TQ_E_IO, errno, "%s", path);
		if (fd != -1)
			unlink(tmp.data);
		goto out;
	}
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	tq_buf_free(&tmp);
	return rc;
}

/* A program that runs. */
struct run {
	pid_t		 pid;
	int		 pipe[2];	/* from its stdout, stderr; -1: closed */
	struct tq_buf	*to[2];
	struct tq_creds_stop stop;
};

/* Take what the pipes hold by now. */
static void
take(struct run *r)
{
	char chunk[4096];
	ssize_t n;
	int i;

	for (i = 0; i < 2; i++) {
		if (r->pipe[i] == -1)
			continue;
		while ((n = read(r->pipe[i], chunk, sizeof(chunk))) > 0)
			tq_buf_add(r->to[i], chunk, (size_t)n);
		if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			close(r->pipe[i]);
			r->pipe[i] = -1;
		}
	}
	explicit_bzero(chunk, sizeof(chunk));
}

static bool
has_ended(const struct run *r)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)r->pid, &info,
	    WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == r->pid;
}

/*
 * Read what it writes until it has ended; not until its pipes have: whatever it
 * left behind may hold them for ever.  TQ_OK, TQ_E_TIMEOUT, TQ_E_INTR.
 */
static enum tq_code
drain(struct run *r)
{
	struct pollfd p[3] = { { .events = POLLIN }, { .events = POLLIN },
	    { r->stop.fd, POLLIN, 0 } };
	int64_t end = tq_boot_ms(&tq_env_system) + RUN_MAX_MS;
	bool ended = false;

	while (!ended) {
		p[0].fd = r->pipe[0];
		p[1].fd = r->pipe[1];
		/* Closed, it is about to end. */
		if ((poll(p, 3, p[0].fd == -1 && p[1].fd == -1 ? END_MS :
		    LOOK_MS) > 0 && p[2].revents != 0) ||
		    tq_stopped(r->stop.env))
			return TQ_E_INTR;
		if (tq_boot_ms(&tq_env_system) >= end)
			return TQ_E_TIMEOUT;
		/* In this order: what it wrote before its end is read. */
		ended = has_ended(r);
		take(r);
	}
	return TQ_OK;
}

static int
start(char *const *argv, int out_fd, int err_fd, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t set;
	int rc;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out_fd, 1);
	posix_spawn_file_actions_adddup2(&files, err_fd, 2);
	/* Tools block and ignore signals that a child should obey. */
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	posix_spawnattr_setsigdefault(&attr, &set);
	posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(pid, argv[0], &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return rc;
}

/* The last line of ${errors}, for a message of one line. */
static const char *
last_line(struct tq_buf *errors)
{
	char *p;

	while (errors->len > 0 && errors->data[errors->len - 1] == '\n')
		errors->data[--errors->len] = '\0';
	if (errors->len == 0)
		return "it said nothing";
	p = strrchr(errors->data, '\n');
	p = p != NULL ? p + 1 : errors->data;
	return strlen(p) > ERRORS_MAX ? p + strlen(p) - ERRORS_MAX : p;
}

static int
finish(struct run *r, const char *name, enum tq_code how, struct tq_err *err)
{
	int status;

	if (how != TQ_OK)
		kill(r->pid, SIGKILL);
	while (waitpid(r->pid, &status, 0) == -1)
		if (errno != EINTR)
			return tq_err_sys(err, TQ_AT_CREDS, TQ_E_BUG, errno,
			    "%s", name);
	if (how == TQ_E_INTR)
		return tq_err_set(err, TQ_AT_CREDS, how,
		    "credential_process %s: interrupted", name);
	if (how != TQ_OK)
		return tq_err_set(err, TQ_AT_CREDS, how,
		    "credential_process %s: still running after a minute",
		    name);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_DENIED,
		    "credential_process %s: failed: %s", name,
		    last_line(r->to[1]));
	return 0;
}

/* A pipe whose reading end does not block.  No program of others has it. */
static int
open_pipe(int *in, int *out, struct tq_err *err)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) == -1)
		return tq_err_sys(err, TQ_AT_CREDS, TQ_E_IO, errno, "pipe");
	*in = fd[0];
	*out = fd[1];
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	return 0;
}

static void
close_all(const int *fd, size_t n)
{
	while (n-- > 0)
		if (fd[n] != -1)
			close(fd[n]);
}

int
tq_creds_run(void *arg, char *const *argv, struct tq_buf *out,
    struct tq_err *err)
{
	struct tq_buf errors = TQ_BUF_INIT(64 * 1024);
	struct run r = { .pipe = { -1, -1 }, .to = { out, &errors },
	    .stop = { -1, &tq_env_system } };
	int theirs[2] = { -1, -1 }, rc = -1;

	if (arg != NULL)
		r.stop = *(const struct tq_creds_stop *)arg;
	if (open_pipe(&r.pipe[0], &theirs[0], err) == 0 &&
	    open_pipe(&r.pipe[1], &theirs[1], err) == 0) {
		rc = start(argv, theirs[0], theirs[1], &r.pid);
		close_all(theirs, 2);
		rc = rc == 0 ? finish(&r, argv[0], drain(&r), err) :
		    tq_err_sys(err, TQ_AT_CREDS, TQ_E_CONFIG, rc,
		    "credential_process %s", argv[0]);
	} else {
		close_all(theirs, 2);
	}
	close_all(r.pipe, 2);
	tq_buf_free(&errors);
	return rc;
}

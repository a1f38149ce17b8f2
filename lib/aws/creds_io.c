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

#define RUN_MAX_MS	60000
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
		n = tq_err_set(err, TQ_AT_CREDS, TQ_E_TOOBIG, "%s: too long",
		    path);
	close(fd);
	explicit_bzero(chunk, sizeof(chunk));
	return n == -1 ? -1 : 0;
}

static int
write_all(int fd, struct tq_span text)
{
	ssize_t n;

	for (; text.n > 0; text.p += n, text.n -= (size_t)n)
		if ((n = write(fd, text.p, text.n)) == -1) {
			if (errno != EINTR)
				return -1;
			n = 0;
		}
	return fsync(fd);
}

int
tq_creds_write_file(void *arg, const char *path, struct tq_span text,
    struct tq_err *err)
{
	struct tq_buf tmp = TQ_BUF_INIT(4096);
	int fd = -1, rc = -1;

	(void)arg;
	if (tq_buf_fmt(&tmp, "%s.XXXXXX", path) == -1) {
		tq_err_set(err, TQ_AT_CREDS, TQ_E_TOOBIG, "%s: too long",
		    path);
		goto out;
	}
	/* It makes the file with mode 0600. */
	if ((fd = mkostemp(tmp.data, O_CLOEXEC)) == -1 ||
	    write_all(fd, text) == -1 || rename(tmp.data, path) == -1) {
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

/* Read both pipes to their ends; false when that takes too long. */
static bool
drain(int out_fd, int err_fd, struct tq_buf *out, struct tq_buf *errors)
{
	struct pollfd p[2] = { { out_fd, POLLIN, 0 }, { err_fd, POLLIN, 0 } };
	struct tq_buf *to[2] = { out, errors };
	int64_t end = tq_boot_ms(&tq_env_system) + RUN_MAX_MS, left;
	char chunk[4096];
	ssize_t n;
	int i;

	while (p[0].fd != -1 || p[1].fd != -1) {
		left = end - tq_boot_ms(&tq_env_system);
		if (left <= 0)
			return false;
		if (poll(p, 2, (int)left) == -1 && errno != EINTR)
			return false;
		for (i = 0; i < 2; i++) {
			if (p[i].fd == -1 || p[i].revents == 0)
				continue;
			n = read(p[i].fd, chunk, sizeof(chunk));
			if (n > 0)
				tq_buf_add(to[i], chunk, (size_t)n);
			else if (n == 0 || errno != EINTR)
				p[i].fd = -1;
		}
	}
	explicit_bzero(chunk, sizeof(chunk));
	return true;
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
finish(pid_t pid, const char *name, bool in_time, struct tq_buf *errors,
    struct tq_err *err)
{
	int status;

	if (!in_time)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return tq_err_sys(err, TQ_AT_CREDS, TQ_E_BUG, errno,
			    "%s", name);
	if (!in_time)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_TIMEOUT,
		    "credential_process %s: still running after a minute",
		    name);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_DENIED,
		    "credential_process %s: failed: %s", name,
		    last_line(errors));
	return 0;
}

int
tq_creds_run(void *arg, char *const *argv, struct tq_buf *out,
    struct tq_err *err)
{
	struct tq_buf errors = TQ_BUF_INIT(64 * 1024);
	int out_fd[2], err_fd[2], rc;
	pid_t pid;
	bool in_time;

	(void)arg;
	if (pipe2(out_fd, O_CLOEXEC) == -1)
		return tq_err_sys(err, TQ_AT_CREDS, TQ_E_IO, errno, "pipe");
	if (pipe2(err_fd, O_CLOEXEC) == -1) {
		rc = tq_err_sys(err, TQ_AT_CREDS, TQ_E_IO, errno, "pipe");
		close(out_fd[0]);
		close(out_fd[1]);
		return rc;
	}
	rc = start(argv, out_fd[1], err_fd[1], &pid);
	close(out_fd[1]);
	close(err_fd[1]);
	if (rc != 0) {
		rc = tq_err_sys(err, TQ_AT_CREDS, TQ_E_CONFIG, rc,
		    "credential_process %s", argv[0]);
	} else {
		in_time = drain(out_fd[0], err_fd[0], out, &errors);
		rc = finish(pid, argv[0], in_time, &errors, err);
	}
	close(out_fd[0]);
	close(err_fd[0]);
	tq_buf_free(&errors);
	return rc;
}

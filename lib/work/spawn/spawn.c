/* lib/work/spawn/spawn.c -- the worker's end of the spawner; see spawn.h. */
#include "work/spawn/spawn.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/err.h"
#include "util/fd.h"

int
tq_spawn_init(struct tq_spawn *s, uint32_t nchildren, const char *scratch,
    const struct tq_spawn_fn *fns, size_t nfns, struct tq_err *err)
{
	size_t size = nchildren * sizeof(*s->groups);
	struct timeval most = { 10, 0 };
	int sv[2], room = 1024 * 1024;

	memset(s, 0, sizeof(*s));
	s->fd = -1;
	s->groups = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->groups == MAP_FAILED)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_NOMEM, errno,
		    "spawner: mmap");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		goto fail_map;
	/* So that neither end waits for the other with all children busy. */
	setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	setsockopt(sv[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	/* One that is stopped reads nothing: an error then, see spawner.h. */
	setsockopt(sv[0], SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	if ((s->pid = fork()) == -1)
		goto fail_sock;
	if (s->pid == 0) {
		close(sv[0]);
		tq_spawner_main(sv[1], s->groups, nchildren, scratch, fns,
		    nfns);
	}
	close(sv[1]);
	s->fd = sv[0];
	s->nchildren = nchildren;
	s->msg = (struct tq_buf)TQ_BUF_INIT(TQ_SPAWN_MAX);
	return 0;

fail_sock:
	tq_err_start(err, errno, "the spawner");
	close(sv[0]);
	close(sv[1]);
	munmap(s->groups, size);
	return -1;
fail_map:
	tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errno, "spawner: socketpair");
	munmap(s->groups, size);
	return -1;
}

void
tq_spawn_free(struct tq_spawn *s)
{
	if (s->pid == 0)
		return;
	if (s->fd != -1)
		close(s->fd);
	while (waitpid(s->pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	munmap(s->groups, s->nchildren * sizeof(*s->groups));
	tq_buf_free(&s->msg);
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

static uint32_t
add_strings(struct tq_buf *b, const char *const *v)
{
	uint32_t n = 0;

	for (; v != NULL && v[n] != NULL; n++)
		tq_buf_add(b, v[n], strlen(v[n]) + 1);
	return n;
}

static size_t
bytes_of(const char *const *v)
{
	size_t n = 0;

	for (; v != NULL && *v != NULL; v++)
		n += strlen(*v) + 1;
	return n;
}

/* May a message have so much?  One that may, and can't be written, is short of memory. */
static bool
fits(const struct tq_spawn_cmd *cmd, const char *cwd)
{
	size_t n = sizeof(struct tq_spawn_msg);

	if (cmd->fn >= 0)
		return n + cmd->arg.n <= TQ_SPAWN_INLINE;
	return n + strlen(cmd->file) + 1 + strlen(cwd) + 1 +
	    bytes_of(cmd->argv) + bytes_of(cmd->env) <= TQ_SPAWN_MAX;
}

static int
send_msg(struct tq_spawn *s, const int *fds, size_t nfds)
{
	union {
		struct cmsghdr	h;
		char		room[CMSG_SPACE((TQ_SPAWN_FDS + 1) * sizeof(int))];
	} ctl;
	struct iovec iov = { s->msg.data, s->msg.len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	memset(&ctl, 0, sizeof(ctl));
	if (nfds > 0) {
		m.msg_control = &ctl;
		m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		ctl.h.cmsg_level = SOL_SOCKET;
		ctl.h.cmsg_type = SCM_RIGHTS;
		ctl.h.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(&ctl.h), fds, nfds * sizeof(int));
	}
	while ((n = sendmsg(s->fd, &m, MSG_NOSIGNAL)) == -1 && errno == EINTR)
		continue;
	return n == -1 ? -1 : 0;
}

/* All but the header into a file; its descriptor, or -1. */
static int
set_aside(struct tq_spawn *s, struct tq_spawn_msg *h)
{
	int fd = memfd_create("command", MFD_CLOEXEC);
	struct tq_span rest = { s->msg.data + sizeof(*h),
	    s->msg.len - sizeof(*h) };

	h->big = (uint32_t)rest.n;
	if (fd != -1 && tq_fd_write(fd, rest) == -1) {
		close(fd);
		return -1;
	}
	s->msg.len = sizeof(*h);
	return fd;
}

static int
send_start(struct tq_spawn *s, struct tq_spawn_msg *h,
    const struct tq_spawn_cmd *cmd)
{
	int fds[TQ_SPAWN_FDS + 1], rc;
	size_t n = cmd->nfds;

	memcpy(fds, cmd->fds, n * sizeof(*fds));
	if (s->msg.len > TQ_SPAWN_INLINE &&
	    (fds[n++] = set_aside(s, h)) == -1)
		return -1;
	memcpy(s->msg.data, h, sizeof(*h));
	rc = send_msg(s, fds, n);
	if (n > cmd->nfds)
		close(fds[n - 1]);
	return rc;
}

void
tq_spawn_fds(struct tq_spawn_cmd *cmd, size_t n)
{
	size_t i;

	cmd->nfds = n;
	for (i = 0; i < n; i++)
		cmd->fds[i] = -1;
}

void
tq_spawn_fds_close(struct tq_spawn_cmd *cmd)
{
	size_t i;

	for (i = 0; i < cmd->nfds; i++)
		if (cmd->fds[i] != -1)
			close(cmd->fds[i]);
	tq_spawn_fds(cmd, cmd->nfds);
}

int
tq_spawn_start(struct tq_spawn *s, const struct tq_spawn_cmd *cmd,
    struct tq_err *err)
{
	struct tq_spawn_msg h = { .op = TQ_SPAWN_START, .child = cmd->child,
	    .fn = cmd->fn, .umask = cmd->umask };
	const char *cwd = cmd->cwd != NULL ? cmd->cwd : "";

	if (!fits(cmd, cwd))
		return tq_err_set(err, TQ_AT_EXEC, TQ_E_TOOBIG,
		    "the command and its environment are over %u bytes",
		    TQ_SPAWN_MAX);
	tq_buf_clear(&s->msg);
	tq_buf_add(&s->msg, &h, sizeof(h));
	if (cmd->fn >= 0) {
		tq_buf_add(&s->msg, cmd->arg.p, cmd->arg.n);
	} else {
		tq_buf_add(&s->msg, cmd->file, strlen(cmd->file) + 1);
		tq_buf_add(&s->msg, cwd, strlen(cwd) + 1);
		h.argc = add_strings(&s->msg, cmd->argv);
		h.envc = add_strings(&s->msg, cmd->env);
	}
	if (s->msg.failed)
		return tq_err_set(err, TQ_AT_EXEC, TQ_E_NOMEM, "out of memory");
	if (send_start(s, &h, cmd) == -1)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errno,
		    "can't reach the spawner");
	return 0;
}

void
tq_spawn_kill(struct tq_spawn *s, uint32_t child, int sig)
{
	struct tq_spawn_msg h = { .op = TQ_SPAWN_KILL, .child = child,
	    .fn = -1, .sig = sig };

	tq_buf_clear(&s->msg);
	tq_buf_add(&s->msg, &h, sizeof(h));
	/* A spawner that is gone is noticed by its EOF. */
	(void)send_msg(s, NULL, 0);
}

void
tq_spawn_ask(struct tq_spawn *s)
{
	struct tq_spawn_msg h = { .op = TQ_SPAWN_ASK };

	tq_buf_clear(&s->msg);
	tq_buf_add(&s->msg, &h, sizeof(h));
	(void)send_msg(s, NULL, 0);
}

int
tq_spawn_next(struct tq_spawn *s, struct tq_spawn_exit *e)
{
	ssize_t n;

	while ((n = recv(s->fd, e, sizeof(*e), MSG_DONTWAIT)) == -1 &&
	    errno == EINTR)
		continue;
	if (n == (ssize_t)sizeof(*e))
		return 1;
	return n == -1 && errno == EAGAIN ? 0 : -1;
}

void
tq_spawn_kill_all(struct tq_spawn *s)
{
	uint32_t i;

	for (i = 0; i < s->nchildren; i++)
		if (s->groups[i] > 0)
			kill(-s->groups[i], SIGKILL);
}

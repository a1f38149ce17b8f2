/* lib/work/child.c -- see child.h. */
#include "work/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "util/fd.h"
#include "work/files.h"
#include "work/worker.h"

#define DRAIN_MAX	64		/* reads; then it is others' turn */
#define LIVE_BYTES_MS	4096		/* of stdout, copied while it grows: 4 MiB/s */
#define CHILD_FAILED	65		/* one of ours, and it has said why */

static void
take_log(struct worker *w, struct child *c, const char *p, size_t n)
{
	(void)w;
	(void)tq_logbuf_add(&c->log, p, n);	/* no memory: a shorter log */
}

/*
 * Read one pipe until it is empty; false at its end.  Of a log that can't be read the
 * rest is missing; with anything else nobody knows what the child has said.
 */
static bool
drain(struct worker *w, int fd, struct child *c,
    void (*take)(struct worker *, struct child *, const char *, size_t))
{
	char buf[65536];	/* a whole pipe */
	ssize_t n;
	int i;

	for (i = 0; i < DRAIN_MAX; i++) {
		n = read(fd, buf, sizeof(buf));
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n == -1 && take != take_log)
			tq_err_sys(&c->result_err, TQ_AT_EXEC, TQ_E_IO, errno,
			    "can't read what it says");
		if (n <= 0)
			return false;
		take(w, c, buf, (size_t)n);
		if ((size_t)n < sizeof(buf))
			break;
	}
	return true;
}

static void
take_ctl(struct worker *w, struct child *c, const char *p, size_t n)
{
	(void)w;
	tq_fd3_feed(&c->fd3, p, n);
}

static void
err_ready(struct worker *w, struct watch *x, uint32_t events)
{
	(void)events;
	if (!drain(w, x->fd, x->owner, take_log))
		tq_unwatch(&w->watches, x);
}

static void
ctl_ready(struct worker *w, struct watch *x, uint32_t events)
{
	(void)events;
	if (!drain(w, x->fd, x->owner, take_ctl))
		tq_unwatch(&w->watches, x);
}

static void
take_out(struct worker *w, struct child *c, const char *p, size_t n)
{
	struct tq_err *err = &c->result_err;

	if (err->code != TQ_OK)
		return;
	c->out_total += n;
	if (c->result_fd == -1 && c->rx.len + n <= TQ_BODY_MAX &&
	    tq_buf_add(&c->rx, p, n) == 0)
		return;
	if (c->result_fd == -1) {
		if ((c->result_fd = tq_store_blob_tmp(w->st, err)) == -1)
			return;
		if (tq_fd_write(c->result_fd, tq_buf_span(&c->rx)) == -1)
			goto fail;
	}
	if (tq_fd_write(c->result_fd, (struct tq_span){ p, n }) == 0)
		return;
fail:
	tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "can't keep stdout");
}

static void
out_ready(struct worker *w, struct watch *x, uint32_t events)
{
	(void)events;
	if (!drain(w, x->fd, x->owner, take_out))
		tq_unwatch(&w->watches, x);
}

static int
open_pipe(struct worker *w, struct child *c, struct watch *x,
    void (*ready)(struct worker *, struct watch *, uint32_t), int *theirs,
    struct tq_err *err)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) == -1)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errno, "pipe");
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	x->ready = ready;
	x->owner = c;
	x->first = true;	/* its last words before its end or answer */
	*theirs = p[1];
	if (tq_watch(&w->watches, x, p[0], EPOLLIN, err) == -1) {
		close(p[0]);
		return -1;
	}
	return 0;
}

void
tq_child_init(struct child *c, struct slot *s, uint32_t n)
{
	c->n = n;
	c->slot = s;
	c->in.fd = c->out.fd = c->err.fd = c->ctl.fd = -1;
	c->result_fd = c->output_fd = -1;
	c->log.max = TQ_LOG_MAX;
	tq_fd3_init(&c->fd3);
}

void
tq_child_reset(struct child *c)
{
	tq_logbuf_clear(&c->log);
	tq_fd3_init(&c->fd3);
	c->log_saved = 0;
	c->saved_at = 0;
}

int
tq_child_open(struct worker *w, struct child *c, int fds[TQ_SPAWN_FDS],
    struct tq_err *err)
{
	tq_child_reset(c);
	fds[2] = fds[3] = -1;
	if (open_pipe(w, c, &c->err, err_ready, &fds[2], err) == -1 ||
	    open_pipe(w, c, &c->ctl, ctl_ready, &fds[3], err) == -1)
		return -1;
	return 0;
}

int
tq_child_capture(struct worker *w, struct child *c, int *theirs,
    struct tq_err *err)
{
	c->rx.max = TQ_BODY_MAX;
	tq_buf_clear(&c->rx);
	c->result_err.code = TQ_OK;
	c->out_total = c->out_saved = 0;
	c->out_at = 0;
	return open_pipe(w, c, &c->out, out_ready, theirs, err);
}

int
tq_child_start(struct worker *w, struct child *c, struct tq_spawn_cmd *cmd,
    struct tq_err *err)
{
	int rc;

	cmd->child = c->n;
	rc = tq_spawn_start(&w->spawn, cmd, err);
	tq_spawn_fds_close(cmd);
	if (rc == -1) {
		tq_child_close(w, c);
		return -1;
	}
	c->alive = true;
	c->held_until = 0;
	c->born = w->now;
	return 0;
}

void
tq_child_close(struct worker *w, struct child *c)
{
	tq_unwatch(&w->watches, &c->err);
	tq_unwatch(&w->watches, &c->ctl);
	tq_unwatch(&w->watches, &c->in);
	tq_unwatch(&w->watches, &c->out);
	if (c->result_fd != -1)
		close(c->result_fd);
	if (c->output_fd != -1)
		close(c->output_fd);
	c->result_fd = c->output_fd = -1;
}

void
tq_child_landlock(struct worker *w)
{
	static bool checked;

	if (!checked && tq_sandbox_landlock() == 0)
		tq_say(w, SAY_LOUD, "warning", "landlock is not available "
		    "here: children that decode or fetch are behind seccomp "
		    "alone");
	checked = true;
}

void
tq_child_drain(struct worker *w, struct child *c)
{
	/* A stream's stdout is read where its answers are understood. */
	if (c->out.fd != -1 && c->out.ready == out_ready)
		out_ready(w, &c->out, 0);
	if (c->err.fd != -1)
		err_ready(w, &c->err, 0);
	if (c->ctl.fd != -1)
		ctl_ready(w, &c->ctl, 0);
}

void
tq_child_stop(struct worker *w, struct slot *s, int sig)
{
	if (s->at != NULL && s->at->alive)
		tq_spawn_kill(&w->spawn, s->at->n, sig);
}

/* It has failed, and another attempt will have a log of its own. */
static bool
is_earlier(const struct job *j)
{
	return (j->out.end == TQ_END_ERROR || j->out.end == TQ_END_TIMEOUT) &&
	    j->task->attempts < tq_task_max_attempts(j->task);
}

/* The last ${max} bytes of two spans. */
static void
keep_end(struct tq_span part[2], size_t max)
{
	size_t n = part[0].n + part[1].n, cut = n > max ? n - max : 0, first =
	    cut < part[0].n ? cut : part[0].n;

	part[0].p += first;
	part[0].n -= first;
	part[1].p += cut - first;
	part[1].n -= cut - first;
}

void
tq_child_save_log(struct worker *w, struct child *c, struct job *j)
{
	const char *name = tq_job_blob(j, "log");
	struct tq_err err = TQ_ERR_INIT;
	struct tq_span part[2];
	int fd, rc = -1;

	if (c->log.total == c->log_saved && !(is_earlier(j) &&
	    c->log.total > TQ_LOG_EARLIER_MAX))
		return;
	c->log_saved = c->log.total;
	tq_logbuf_spans(&c->log, part);
	if (is_earlier(j))
		keep_end(part, TQ_LOG_EARLIER_MAX);
	tq_keeper_lend(w);
	fd = tq_store_blob_tmp(w->st, &err);
	if (fd != -1 && tq_fd_write(fd, part[0]) == 0 &&
	    tq_fd_write(fd, part[1]) == 0)
		rc = tq_store_blob_put(w->st, name, fd, true, &err);
	tq_keeper_back(w);
	if (rc == -1)
		/* The task matters more than its log. */
		tq_say(w, SAY_LOUD, "warning", "task %s: log not kept: %s",
		    j->task->id, err.code ? err.msg : strerror(errno));
	else if (j->out.log == NULL)
		j->out.log = tq_arena_fmt(&j->batch->arena, "blob:%s", name);
	if (fd != -1)
		close(fd);
}

/* A file with all of its stdout; *${ours}: to be closed again. */
static int
out_file(struct worker *w, struct child *c, bool *ours, struct tq_err *err)
{
	int fd = c->result_fd;

	*ours = fd == -1;
	if (*ours && (fd = tq_store_blob_tmp(w->st, err)) != -1 &&
	    tq_fd_write(fd, tq_buf_span(&c->rx)) == -1) {
		tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "stdout");
		close(fd);
		fd = -1;
	}
	return fd;
}

void
tq_child_save_out(struct worker *w, struct child *c, struct job *j,
    bool last)
{
	const char *name = tq_job_blob(j, "stdout");
	struct tq_err err = TQ_ERR_INIT;
	bool ours;
	int fd, rc = -1;

	/* All of it is copied, so the more there is, the less often. */
	if (!c->keeps_out || c->out_total == c->out_saved || (!last &&
	    w->now - c->out_at < (int64_t)(c->out_total / LIVE_BYTES_MS)))
		return;
	c->out_saved = c->out_total;
	c->out_at = w->now;
	tq_keeper_lend(w);
	if ((fd = out_file(w, c, &ours, &err)) != -1)
		rc = tq_store_blob_put(w->st, name, fd, true, &err);
	tq_keeper_back(w);
	if (rc == -1)
		tq_say(w, SAY_LOUD, "warning", "task %s: stdout not kept: %s",
		    j->task->id, err.msg);
	else if (j->out.out_log == NULL)
		j->out.out_log = tq_arena_fmt(&j->batch->arena, "blob:%s",
		    name);
	if (fd != -1 && ours)
		close(fd);
}

void
tq_child_drop_out(struct worker *w, struct job *j)
{
	if (j->out.out_log == NULL)
		return;
	tq_keeper_lend(w);
	/* Else the sweep does it. */
	tq_store_blob_del(w->st, j->out.out_log, NULL);
	tq_keeper_back(w);
	j->out.out_log = NULL;
}

int
tq_child_fails(int fd, const struct tq_err *err, int64_t after_ms)
{
	dprintf(fd, "%d %d %d %lld %s", (int)err->stage, (int)err->code,
	    err->retryable, (long long)after_ms, err->msg);
	return CHILD_FAILED;
}

bool
tq_child_failed(struct child *c, struct job *j, const struct tq_spawn_exit *e,
    struct tq_err *err, int64_t *after_ms)
{
	int stage, code, again, at = 0;
	struct tq_span v;
	long long after;

	if (!WIFEXITED(e->wstatus) || WEXITSTATUS(e->wstatus) != CHILD_FAILED ||
	    tq_files_read(c->result_fd, TQ_ERR_MSG_MAX + 96, &j->batch->arena,
	    &v, err) == -1 || sscanf(v.p, "%d %d %d %lld %n", &stage, &code,
	    &again, &after, &at) < 4 || at == 0 || stage < 0 ||
	    stage >= TQ_STAGE_MAX || code < 0 || code >= TQ_CODE_MAX)
		return false;
	tq_err_set(err, (enum tq_stage)stage, (enum tq_code)code, "%s",
	    v.p + at);
	err->retryable = again;
	*after_ms = after;
	return true;
}

void
tq_child_free(struct child *c)
{
	tq_logbuf_free(&c->log);
	tq_buf_free(&c->rx);
	tq_buf_free(&c->tx);
}

static bool
died_of_term(const struct tq_spawn_exit *e)
{
	return e->exec_errno == 0 && (WIFSIGNALED(e->wstatus) ?
	    WTERMSIG(e->wstatus) == SIGTERM : WIFEXITED(e->wstatus) &&
	    WEXITSTATUS(e->wstatus) == 128 + SIGTERM);	/* a shell's word */
}

static void
ended(struct worker *w, struct child *c, const struct tq_spawn_exit *e)
{
	c->alive = false;
	c->held_until = 0;
	tq_child_drain(w, c);
	c->handler->runner->ended(w, c, e);
}

/*
 * A service manager may send the worker's SIGTERM to its handlers, too (systemd's
 * KillMode=control-group): what died of it was stopped by the shutdown.
 */
void
tq_child_ended(struct worker *w, struct child *c,
    const struct tq_spawn_exit *e)
{
	struct slot *s = c->slot;

	if (!c->alive)
		return;
	if (s->at != c || s->job == NULL || s->stopping || !died_of_term(e)) {
		ended(w, c, e);
	} else if (w->stop.nsignals > 0) {
		s->stopping = true;
		s->why = TQ_END_RELEASED;
		ended(w, c, e);
	} else if (c->held_until == 0) {
		c->held = *e;
		c->held_until = w->now + TQ_TERM_HOLD_MS;
	}
}

void
tq_child_held(struct worker *w, struct child *c)
{
	const struct tq_spawn_exit e = c->held;

	if (!c->alive || c->held_until == 0)
		return;
	if (w->stop.nsignals > 0 || c->slot->stopping)
		tq_child_ended(w, c, &e);
	else if (w->now >= c->held_until)
		ended(w, c, &e);
}

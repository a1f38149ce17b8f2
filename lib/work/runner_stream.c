/* lib/work/runner_stream.c -- processes that take one task after the other. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work/files.h"
#include "work/outcome.h"
#include "work/handler/reason.h"
#include "work/handler/stream.h"
#include "work/worker.h"

#define REPLY_MAX	(TQ_RESULT_MAX + 64u * 1024)

static void	in_ready(struct worker *, struct watch *, uint32_t);
static void	out_ready(struct worker *, struct watch *, uint32_t);

/* Its stdin and stdout: ours are in c->in and c->out, its in fds. */
static int
open_pipes(struct worker *w, struct child *c, int *fds, struct tq_err *err)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };

	if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1)
		goto fail;
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	c->in.ready = in_ready;
	c->out.ready = out_ready;
	c->in.owner = c->out.owner = c;
	/* c->in is only listened to when the pipe is full. */
	if (tq_watch(&w->watches, &c->in, in[1], 0, err) == -1 ||
	    tq_watch(&w->watches, &c->out, out[0], EPOLLIN, err) == -1)
		goto fail_set;
	fds[0] = in[0];
	fds[1] = out[1];
	return 0;
fail:
	tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errno, "pipe");
fail_set:
	if (c->in.fd == -1 && in[1] != -1)
		close(in[1]);
	if (c->out.fd == -1 && out[0] != -1)
		close(out[0]);
	if (in[0] != -1)
		close(in[0]);
	if (out[1] != -1)
		close(out[1]);
	return -1;
}

static int
launch(struct worker *w, struct child *c, struct job *j, struct tq_err *err)
{
	struct tq_handler *h = j->handler;
	const char *env[] = { w->store_env, tq_arena_fmt(&j->batch->arena,
	    "TQ_TYPE=%s", h->type), NULL };
	struct tq_spawn_cmd cmd = { .fn = -1, .file = h->file,
	    .argv = h->argv, .env = env };

	c->handler = h;
	c->name = h->type;
	c->file = h->file;
	c->rx.max = REPLY_MAX;
	c->tx.max = 6 * (size_t)TQ_PAYLOAD_MAX + 64 * 1024;
	tq_buf_clear(&c->rx);
	tq_spawn_fds(&cmd, 4);
	if (open_pipes(w, c, cmd.fds, err) == 0 &&
	    tq_child_open(w, c, cmd.fds, err) == 0)
		return tq_child_start(w, c, &cmd, err);
	tq_spawn_fds_close(&cmd);
	tq_child_close(w, c);
	return -1;
}

/* Send what the pipe takes; the rest when it is ready. */
static void
push(struct worker *w, struct child *c)
{
	ssize_t n;

	while (c->tx_at < c->tx.len) {
		n = write(c->in.fd, c->tx.data + c->tx_at,
		    c->tx.len - c->tx_at);
		if (n == -1 && errno == EAGAIN) {
			tq_watch_for(&w->watches, &c->in, EPOLLOUT);
			return;
		}
		if (n == -1)
			return;		/* it has ended: that comes next */
		c->tx_at += (size_t)n;
	}
}

static void
in_ready(struct worker *w, struct watch *x, uint32_t events)
{
	struct child *c = x->owner;

	tq_watch_for(&w->watches, x, 0);
	if (events & EPOLLERR)
		tq_unwatch(&w->watches, x);
	else
		push(w, c);
}

static int
start(struct worker *w, struct slot *s)
{
	struct job *j = s->job;
	struct child *c = &s->streams[j->handler->stream];
	struct tq_err err = TQ_ERR_INIT;

	s->at = c;
	if (c->alive && c->dying) {
		c->restart = true;	/* when it has ended */
		return 0;
	}
	if (j->task->input != NULL && tq_files_fetch(w, s, &err) == -1)
		goto fail;
	if (!c->alive && launch(w, c, j, &err) == -1)
		goto fail;
	tq_child_reset(c);
	c->saved_at = w->now;
	tq_buf_clear(&c->tx);
	c->tx_at = 0;
	tq_stream_line(j->task, j->task->input ? s->input : NULL, s->output,
	    &c->tx);
	push(w, c);
	return 0;
fail:
	tq_outcome_err(j, tq_outcome_unstarted(&err), &err);
	return 1;
}

static void
finish_task(struct worker *w, struct child *c)
{
	struct slot *s = c->slot;

	if (!s->job->lost)
		tq_child_save_log(w, c, s->job);
	if (s->job->task->input != NULL)
		unlink(s->input);
	tq_slot_end(w, s);
}

static void
accept_result(struct worker *w, struct child *c, struct job *j,
    const struct tq_reply *r)
{
	struct tq_err err = TQ_ERR_INIT;

	j->out.end = TQ_END_DONE;
	if (r->output != NULL &&
	    tq_outcome_output_file(w, j, r->output, true, &err) == -1) {
		tq_outcome_err(j, tq_outcome_end_of(&err), &err);
		return;
	}
	if (r->output != NULL)
		unlink(c->slot->output);
	if (r->result.p != NULL && r->result.n <= TQ_RESULT_MAX) {
		j->out.result = tq_arena_span(&j->batch->arena, r->result);
		j->out.result_kind = TQ_KIND_JSON;
	}
}

static void
answered(struct worker *w, struct child *c, struct tq_span line)
{
	struct job *j = c->slot->job;
	struct tq_arena *a = &j->batch->arena;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_reply r;

	/* On its way out it may say anything; its end is what counts. */
	if (c->slot->stopping)
		return;
	if (tq_stream_reply(line, a, &r, &err) == -1) {
		/* It has lost its place: what else it says is not trusted. */
		tq_spawn_kill(&w->spawn, c->n, SIGKILL);
		c->dying = true;
		tq_outcome_err(j, TQ_END_ERROR, &err);
	} else if (r.ok) {
		accept_result(w, c, j, &r);
	} else {
		j->out.end = r.permanent ? TQ_END_PERMANENT : r.later ?
		    TQ_END_LATER : TQ_END_ERROR;
		j->out.retry_after = r.retry_after;
		j->out.stage = TQ_AT_EXEC;
		j->out.code = "stream";
		j->out.reason = (r.permanent ? tq_reason_final :
		    tq_reason_text)(a, j->task, "exec",
		    r.error ? r.error : "the handler gave no reason");
	}
	finish_task(w, c);
}

/* A line too many, or one that is too long: it is not to be used any more. */
static void
distrust(struct worker *w, struct child *c, const char *why)
{
	struct tq_err err = TQ_ERR_INIT;
	struct job *j = c->slot->at == c ? c->slot->job : NULL;

	tq_buf_clear(&c->rx);
	if (c->dying)
		return;
	tq_spawn_kill(&w->spawn, c->n, SIGKILL);
	c->dying = true;
	if (j == NULL)
		return;
	tq_err_set(&err, TQ_AT_PARSE, TQ_E_DATA, "bad answer: %s", why);
	tq_outcome_err(j, TQ_END_ERROR, &err);
	finish_task(w, c);
}

static void
out_ready(struct worker *w, struct watch *x, uint32_t events)
{
	struct child *c = x->owner;
	struct tq_buf *b = &c->rx;
	char *p, *end;
	ssize_t n;

	(void)events;
	if ((p = tq_buf_room(b, 16384)) == NULL) {
		distrust(w, c, b->no_memory ? "there is no memory for it" :
		    "it is over the limit");
		return;
	}
	if ((n = read(x->fd, p, 16384)) <= 0) {
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == -1)
			distrust(w, c, "it can't be read");
		tq_unwatch(&w->watches, x);
		return;
	}
	b->len += (size_t)n;
	if ((end = memchr(p, '\n', (size_t)n)) == NULL)
		return;
	if (c->slot->at != c || c->slot->job == NULL || c->dying ||
	    end + 1 != b->data + b->len) {
		distrust(w, c, "more than one line");
		return;
	}
	/* Else its stderr was read before this: see watch.first. */
	if (w->watches.crowded)
		tq_child_drain(w, c);
	answered(w, c, (struct tq_span){ b->data, b->len - 1 });
	tq_buf_clear(b);
}

static void
ended(struct worker *w, struct child *c, const struct tq_spawn_exit *e)
{
	struct slot *s = c->slot;
	struct tq_err err = TQ_ERR_INIT;
	struct job *j = s->at == c ? s->job : NULL;

	if (j != NULL && !c->dying && !c->restart && c->out.fd != -1) {
		out_ready(w, &c->out, 0);	/* an answer as its last word */
		j = s->at == c ? s->job : NULL;
	}
	c->dying = false;
	if (c->restart && !s->stopping) {
		assert(j != NULL);	/* start() left it waiting for this */
		c->restart = false;
		tq_child_close(w, c);
		if (start(w, s) == 1)
			tq_slot_end(w, s);
		return;
	}
	c->restart = false;
	if (j != NULL) {
		tq_outcome_exit(c, j, e);
		if (j->out.end == TQ_END_DONE) {
			tq_err_set(&err, TQ_AT_EXEC, TQ_E_IO,
			    "it ended without an answer");
			tq_outcome_err(j, TQ_END_ERROR, &err);
		}
		finish_task(w, c);
	}
	tq_child_close(w, c);
}

const struct tq_runner tq_runner_stream = { "stream", true, start,
    tq_child_stop, NULL, ended, TQ_OUTPUT_MAX };

/*
 * lib/serve/api/events.c -- a task's changes as server-sent events.
 *
 * Each event's id is the record's version; a client that comes back with
 * Last-Event-ID gets what is new, or 204 ("stop asking") when it has seen the
 * end.
 */
#include <string.h>

#include "serve/api/inside.h"
#include "util/limits.h"

#define EVENT_MAX	(2 * TQ_PAYLOAD_MAX + 1024 * 1024)

struct stream {
	uint64_t	rev;		/* the client has seen this one ... */
	int64_t		created_at;	/* ... of this task */
	int64_t		until;		/* it ends then */
	int64_t		alive_at;	/* a comment is due then */
	bool		looking;	/* a read was begun */
	bool		ended;
};

static bool
finished(const struct tq_task *t)
{
	return (TQ_BIT(t->status) & TQ_FINISHED) != 0;
}

/* The events of the last read, if any. */
static void
fill(struct sv_req *r, struct stream *st)
{
	const struct tq_task *t = r->task;

	if (r->op.rc == -1)
		return;		/* a store that is away is waited for */
	if (t == NULL) {
		tq_buf_str(&r->out, "event: gone\ndata: {}\n\n");
		st->ended = true;
	} else if (t->rev != st->rev || t->created_at != st->created_at) {
		tq_buf_fmt(&r->out, "id: %llu-%llx\nevent: %s\ndata: ",
		    (unsigned long long)t->rev, (unsigned long long)
		    t->created_at, finished(t) ? "end" : "task");
		sv_task_write(r, t, &r->out);	/* one line */
		tq_buf_str(&r->out, "\n\n");
		st->rev = t->rev;
		st->created_at = t->created_at;
		st->ended = finished(t);
	}
}

/* Until there is something to send: true; false: suspended, or the end. */
static bool
next_event(struct sv_req *r, struct stream *st, bool *end)
{
	int64_t now;

	for (;;) {
		now = tq_boot_ms(r->s->env);
		*end = st->ended || sv_stopping(r->s) || now >= st->until ||
		    !sv_who_still(r);
		if (*end)
			return false;
		if (!st->looking) {
			st->looking = true;
			if (!sv_read_stream(r, sv_reread_task))
				return false;
		}
		st->looking = false;
		fill(r, st);
		if (r->out.len == 0 && now >= st->alive_at)
			tq_buf_str(&r->out, ": still here\n\n");
		if (r->out.len > 0) {
			st->alive_at = now + SV_KEEPALIVE_MS;
			return true;
		}
		r->wait.created_at = st->created_at;
		if (sv_watch_wait(r, st->rev, false, st->alive_at))
			return false;
	}
}

static ssize_t
read_stream(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct sv_req *r = cls;
	size_t n;
	bool end;

	(void)pos;
	if (r->out.failed)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (r->out_at == r->out.len) {
		tq_buf_clear(&r->out);
		r->out_at = 0;
		if (!next_event(r, r->data, &end))
			return end ? MHD_CONTENT_READER_END_OF_STREAM : 0;
	}
	n = r->out.len - r->out_at;
	if (n > max)
		n = max;
	memcpy(buf, r->out.data + r->out_at, n);
	r->out_at += n;
	return (ssize_t)n;
}

static enum MHD_Result
begin_stream(struct sv_req *r)
{
	const char *last = sv_header(r, "Last-Event-ID");
	struct stream *st = tq_arena_alloc(&r->arena, sizeof(*st));
	int64_t now = tq_boot_ms(r->s->env);
	struct MHD_Response *resp;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (r->task == NULL)
		return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(
		    &r->arena, "no such task %s", r->task_id), NULL);
	if (last != NULL && strcmp(last, sv_version(r, r->task)) == 0) {
		if (finished(r->task))
			return sv_answer_empty(r, 204);
		st->rev = r->task->rev;
		st->created_at = r->task->created_at;
	}
	if (!sv_watch_enter(r))
		return sv_answer_crowded(r);
	st->until = now + SV_STREAM_MS;
	st->alive_at = now + SV_KEEPALIVE_MS;
	r->data = st;
	r->with = TQ_WITH_PAYLOAD | TQ_WITH_RESULT;
	r->out.max = EVENT_MAX;
	resp = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384,
	    read_stream, r, NULL);
	if (resp == NULL)
		return MHD_NO;
	sv_answer_header(resp, "Content-Type", "text/event-stream");
	sv_answer_header(resp, "X-Accel-Buffering", "no");
	return sv_answer(r, 200, resp, -1);
}

enum MHD_Result
sv_events_run(struct sv_req *r)
{
	return sv_read(r, sv_read_task, SV_QUICK, begin_stream);
}

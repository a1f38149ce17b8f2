/*
 * lib/serve/api/events.c -- a task's changes as server-sent events.
 *
 * Each event's id is the record's rev; a client that comes back with
 * Last-Event-ID gets what is new, or 204 ("stop asking") when it has seen the
 * end.
 */
#include <stdlib.h>
#include <string.h>

#include "serve/api/inside.h"
#include "util/limits.h"

#define EVENT_MAX	(2 * TQ_PAYLOAD_MAX + 1024 * 1024)

struct stream {
	uint64_t	rev;		/* the client has seen this one */
	int64_t		until;
	bool		ended;
};

static bool
finished(const struct tq_task *t)
{
	return (TQ_BIT(t->status) & TQ_FINISHED) != 0;
}

static void
put_event(struct sv_req *r, struct tq_buf *b, const struct tq_task *t)
{
	tq_buf_fmt(b, "id: %llu\nevent: %s\ndata: ",
	    (unsigned long long)t->rev, finished(t) ? "end" : "task");
	sv_task_write(r, t, b);	/* one line */
	tq_buf_str(b, "\n\n");
}

/* What there is to say; false: nothing has changed. */
static bool
fill(struct sv_req *r, struct stream *st)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_arena kept = r->arena;
	struct tq_task *t = NULL;

	/* Records of a long stream must not pile up in the request. */
	r->arena = (struct tq_arena)TQ_ARENA_INIT;
	if (sv_reader_task(r, r->task_id, TQ_WITH_PAYLOAD | TQ_WITH_RESULT, &t,
	    &err) == 0 && t == NULL) {
		tq_buf_str(&r->out, "event: gone\ndata: {}\n\n");
		st->ended = true;
	} else if (t != NULL && t->rev != st->rev) {
		put_event(r, &r->out, t);
		st->rev = t->rev;
		st->ended = finished(t);
	}
	tq_arena_free(&r->arena);
	r->arena = kept;
	return r->out.len > 0;
}

static ssize_t
read_stream(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct sv_req *r = cls;
	struct stream *st = r->data;
	int64_t now = tq_boot_ms(r->s->env);
	size_t n;

	(void)pos;
	if (r->out.failed)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (r->out_at == r->out.len) {
		tq_buf_clear(&r->out);
		r->out_at = 0;
		if (st->ended || sv_stopping(r->s) || now >= st->until)
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (!fill(r, st)) {
			if (r->wait.until != 0 && now >= r->wait.until) {
				tq_buf_str(&r->out, ": still here\n\n");
			} else {
				sv_watch_stream(r, r->task_id, st->rev,
				    SV_KEEPALIVE_MS);
				return 0;
			}
		}
		r->wait.until = 0;
	}
	n = r->out.len - r->out_at;
	if (n > max)
		n = max;
	memcpy(buf, r->out.data + r->out_at, n);
	r->out_at += n;
	return (ssize_t)n;
}

enum MHD_Result
sv_events_run(struct sv_req *r)
{
	const char *last = sv_header(r, "Last-Event-ID");
	struct stream *st = tq_arena_alloc(&r->arena, sizeof(*st));
	struct tq_err err = TQ_ERR_INIT;
	struct MHD_Response *resp;
	struct tq_task *t;

	if (sv_reader_task(r, r->task_id, 0, &t, &err) == -1)
		return sv_answer_err(r, &err);
	if (t == NULL)
		return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(
		    &r->arena, "no such task %s", r->task_id), NULL);
	if (last != NULL)
		st->rev = strtoull(last, NULL, 10);
	if (finished(t) && st->rev == t->rev)
		return sv_answer_empty(r, 204);
	st->until = tq_boot_ms(r->s->env) + SV_STREAM_MS;
	r->data = st;
	r->out.max = EVENT_MAX;
	resp = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384,
	    read_stream, r, NULL);
	if (resp == NULL)
		return MHD_NO;
	sv_answer_header(resp, "Content-Type", "text/event-stream");
	sv_answer_header(resp, "X-Accel-Buffering", "no");
	return sv_answer(r, 200, resp, -1);
}

/* lib/task/history.c -- see history.h. */
#include "task/history.h"

#include <string.h>

#include "util/json.h"
#include "util/limits.h"
#include "util/time.h"

#define MESSAGE_MAX	200	/* bytes kept of an attempt's message */

static bool
is_how(struct tq_span entry, const char *how)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span v;
	bool yes = tq_json_get(entry, "how", &v) && tq_json_str(v, &a, &v) &&
	    tq_span_eq(v, how);

	tq_arena_free(&a);
	return yes;
}

/* The entries of ${history}, the newest last; how many. */
static size_t
entries(struct tq_span history, struct tq_span out[TQ_HISTORY_MAX])
{
	struct tq_json_iter it = tq_json_iter(history);
	struct tq_span k, v;
	size_t n = 0;

	while (history.n > 0 && tq_json_next(&it, &k, &v)) {
		if (n == TQ_HISTORY_MAX) {
			memmove(out, out + 1, (n - 1) * sizeof(out[0]));
			n--;
		}
		out[n++] = v;
	}
	return n;
}

/* Cut between two characters of UTF-8. */
static struct tq_span
cut(const char *s)
{
	struct tq_span v = tq_span_of(s);

	if (v.n > MESSAGE_MAX)
		for (v.n = MESSAGE_MAX; v.n > 0 &&
		    ((unsigned char)v.p[v.n] & 0xc0) == 0x80; v.n--)
			;
	return v;
}

static void
write_entry(struct tq_buf *b, const struct tq_attempt *e)
{
	tq_buf_chr(b, '{');
	if (e->n > 0)
		tq_json_member_int(b, "n", e->n);
	tq_json_member_str(b, "how", e->how);
	if (strcmp(e->how, TQ_HOW_RUN) == 0)
		tq_json_member_str(b, "status", tq_status_name(e->status));
	tq_json_member_str(b, "submitId", e->submit_id);
	tq_json_member_str(b, "worker", e->worker);
	tq_json_member_time(b, "start", e->start);
	tq_json_member_time(b, "end", e->end);
	if (e->stage != TQ_AT_NONE)
		tq_json_member_str(b, "stage", tq_stage_name(e->stage));
	tq_json_member_str(b, "code", e->code);
	if (e->message != NULL) {
		tq_json_key(b, "message");
		tq_json_put_str(b, cut(e->message));
	}
	tq_json_member_str(b, "log", e->log);
	tq_buf_chr(b, '}');
}

void
tq_history_add(struct tq_task *t, const struct tq_attempt *e,
    struct tq_arena *a)
{
	struct tq_span old[TQ_HISTORY_MAX];
	struct tq_buf b = TQ_BUF_INIT(TQ_HISTORY_MAX * 2048);
	size_t n = entries(t->history, old), i = 0;

	if (n > 0 && strcmp(e->how, TQ_HOW_LATER) == 0 &&
	    is_how(old[n - 1], TQ_HOW_LATER))
		n--;
	if (n == TQ_HISTORY_MAX)
		i = 1;
	tq_buf_chr(&b, '[');
	for (; i < n; i++) {
		tq_buf_add(&b, old[i].p, old[i].n);
		tq_buf_chr(&b, ',');
	}
	write_entry(&b, e);
	tq_buf_chr(&b, ']');
	/* One that does not fit is forgotten: history is no promise. */
	if (!b.failed)
		t->history = tq_arena_span(a, tq_buf_span(&b));
	tq_buf_free(&b);
}

static const char *
text_of(struct tq_span entry, const char *key, struct tq_arena *a)
{
	struct tq_span v;

	return tq_json_get(entry, key, &v) && tq_json_str(v, a, &v) ? v.p :
	    NULL;
}

static int64_t
time_of(struct tq_span entry, const char *key, struct tq_arena *a)
{
	const char *s = text_of(entry, key, a);
	int64_t ms = 0;

	if (s != NULL)
		tq_time_parse(s, 0, &ms);
	return ms;
}

size_t
tq_history_read(const struct tq_task *t, struct tq_arena *a,
    struct tq_attempt out[TQ_HISTORY_MAX])
{
	struct tq_span v[TQ_HISTORY_MAX], num;
	size_t n = entries(t->history, v), i;
	const char *stage, *status;
	int64_t k;
	int s;

	for (i = 0; i < n; i++) {
		out[i] = (struct tq_attempt){ .how = text_of(v[i], "how", a),
		    .worker = text_of(v[i], "worker", a),
		    .start = time_of(v[i], "start", a),
		    .end = time_of(v[i], "end", a),
		    .code = text_of(v[i], "code", a),
		    .message = text_of(v[i], "message", a),
		    .submit_id = text_of(v[i], "submitId", a),
		    .log = text_of(v[i], "log", a) };
		if (tq_json_get(v[i], "n", &num) && tq_json_int(num, &k))
			out[i].n = (int)k;
		if ((status = text_of(v[i], "status", a)) != NULL)
			tq_status_parse(status, &out[i].status);
		stage = text_of(v[i], "stage", a);
		for (s = 1; stage != NULL && s < TQ_STAGE_MAX; s++)
			if (strcmp(tq_stage_name((enum tq_stage)s), stage) == 0)
				out[i].stage = (enum tq_stage)s;
	}
	return n;
}

bool
tq_history_end(const struct tq_task *t, const char *submit_id,
    struct tq_arena *a, struct tq_task *past)
{
	struct tq_attempt v[TQ_HISTORY_MAX];
	size_t n = t->history.n == 0 ? 0 : tq_history_read(t, a, v);

	while (n-- > 0)
		if (v[n].how != NULL && strcmp(v[n].how, TQ_HOW_RUN) == 0 &&
		    v[n].submit_id != NULL &&
		    strcmp(v[n].submit_id, submit_id) == 0) {
			past->status = v[n].status;
			past->created_at = v[n].start;
			past->finished_at = past->updated_at = v[n].end;
			past->reason = v[n].message;
			return true;
		}
	return false;
}

bool
tq_history_run(const struct tq_task *t, const char *submit_id,
    enum tq_status *status)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_task past = { 0 };
	bool found = tq_history_end(t, submit_id, &a, &past);

	if (found)
		*status = past.status;
	tq_arena_free(&a);
	return found;
}

const char *
tq_history_log(const struct tq_task *t, int n, struct tq_arena *a)
{
	struct tq_attempt v[TQ_HISTORY_MAX];
	size_t i = tq_history_read(t, a, v);

	/* Of an attempt that was given back and came again, the last try. */
	while (i-- > 0)
		if (v[i].n == n)
			return v[i].log;
	return t->attempts == n ? t->log : NULL;
}

bool
tq_history_names(const struct tq_task *t, const char *blob)
{
	struct tq_attempt v[TQ_HISTORY_MAX];
	struct tq_arena a = TQ_ARENA_INIT;
	size_t n = t->history.n == 0 ? 0 : tq_history_read(t, &a, v), i;

	for (i = 0; i < n; i++)
		if (v[i].log != NULL && strcmp(v[i].log, blob) == 0)
			break;
	tq_arena_free(&a);
	return i < n;
}

/* cmd/tq-status/history.c -- --history: how the last attempts ended. */
#include "status.h"

#include "task/failure.h"
#include "task/history.h"
#include "util/json.h"
#include "util/time.h"

#define NHEADS	6

static const char *const heads[NHEADS] = {
	"ATTEMPT", "STARTED", "TOOK", "WORKER", "END", "MESSAGE",
};

static const char *
took(int64_t from, int64_t to, char text[TQ_TIME_TEXT])
{
	return from == 0 || to < from ? "-" : tq_duration_text(to - from,
	    text);
}

static void
put_row(struct tq_table *t, const struct tq_attempt *e, struct tq_arena *a)
{
	struct tq_buf message = TQ_BUF_INIT(64 * 1024);
	char text[TQ_TIME_TEXT];

	tq_table_cell(t, e->n == 0 ? "-" : tq_arena_fmt(a, "%d", e->n));
	tq_table_cell(t, e->start == 0 ? "-" : tq_time_text(e->start, text));
	tq_table_cell(t, took(e->start, e->end, text));
	tq_table_cell(t, e->worker != NULL ? e->worker : "-");
	tq_table_cell(t, tq_arena_fmt(a, "%s%s%s", e->how != NULL ? e->how :
	    "?", e->code != NULL ? " " : "", e->code != NULL ? e->code : ""));
	if (t->cli->out_tty)
		tq_failure_shown(e->message, &message);
	else if (e->message != NULL)
		tq_buf_str(&message, e->message);
	tq_table_cell(t, message.data);
	tq_buf_free(&message);
}

/* The attempt that the history does not have yet, or never will: one that
   runs, and one that succeeded at once. */
static bool
last_attempt(const struct tq_task *t, const struct tq_attempt *v, size_t n,
    struct tq_attempt *out)
{
	if (t->attempts == 0 || t->started_at == 0 ||
	    (t->status != TQ_RUNNING && t->status != TQ_COMPLETED) ||
	    (n > 0 && t->status == TQ_COMPLETED && v[n - 1].n == t->attempts))
		return false;
	*out = (struct tq_attempt){ .n = t->attempts, .worker = t->worker,
	    .start = t->started_at, .end = t->finished_at,
	    .how = t->status == TQ_RUNNING ? "runs" : TQ_HOW_DONE,
	    .log = t->log };
	return true;
}

static int
print_table(struct status *s, const struct tq_task *t, struct tq_arena *a)
{
	struct tq_attempt v[TQ_HISTORY_MAX + 1];
	struct tq_table table;
	size_t n = tq_history_read(t, a, v), i;
	int rc;

	n += last_attempt(t, v, n, &v[n]);
	if (n == 0) {
		tq_cli_note(s->cli, "%s has no history: it has not run yet",
		    t->id);
		return 0;
	}
	tq_table_init(&table, s->cli, heads, NHEADS, NHEADS - 1);
	for (i = 0; i < n; i++)
		put_row(&table, &v[i], a);
	rc = tq_table_flush(&table);
	tq_table_free(&table);
	return rc;
}

/* The entries as the record has them, one a line. */
static int
print_json(struct status *s, const struct tq_task *t)
{
	struct tq_json_iter it = tq_json_iter(t->history);
	struct tq_span k, v;

	while (t->history.n > 0 && tq_json_next(&it, &k, &v))
		if (tq_cli_line(s->cli, v) == -1)
			return -1;
	return 0;
}

int
mode_history(struct status *s)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_task *t;
	int rc = status_one(s, 0, &a, &t);

	if (rc == 1)
		rc = s->cli->json ? print_json(s, t) : print_table(s, t, &a);
	tq_arena_free(&a);
	return rc == -1 ? -1 : s->rc;
}

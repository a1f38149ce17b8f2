/* cmd/tq-status/summary.c -- --summary: counts by queue and type. */
#include "status.h"

#include "task/rate.h"
#include "util/json.h"
#include "util/time.h"

#define NHEADS	11
#define NUMBERS	0x3fcu	/* the third to the tenth */

static const char *const heads[NHEADS] = {
	"QUEUE", "TYPE", "WAITING", "RUNNING", "RETRYING", "COMPLETED",
	"FAILED", "CANCELLED", "OLDEST", "WORKERS", "NOTE",
};
static const char *const narrow_heads[NHEADS] = {
	"QUEUE", "TYPE", "WAIT", "RUN", "RETRY", "DONE", "DEAD", "CANC",
	"OLDEST", "WORK", "NOTE",
};

static void
put_note(struct tq_table *t, const struct tq_facts_row *r, struct tq_arena *a)
{
	char rate[TQ_RATE_TEXT];
	const char *note = "";

	if (r->limit > 0)
		note = tq_arena_fmt(a, "%s; at most %d at once", note,
		    r->limit);
	if (r->rate > 0)
		note = tq_arena_fmt(a, "%s; starts at most %s", note,
		    tq_rate_text(r->rate, rate));
	if (r->paused)
		note = tq_arena_fmt(a, "; paused%s%s", r->pause, note);
	else if (r->cause != NULL && r->workers == 0)
		note = tq_arena_fmt(a, "; %s%s", r->cause, note);
	tq_table_cell(t, *note == ';' ? note + 2 : "-");
}

static void
put_row(struct tq_table *t, const struct tq_facts_row *r, struct tq_arena *a)
{
	const uint64_t counts[] = { r->waiting, r->running, r->retrying,
	    r->completed, r->failed, r->cancelled };
	char text[TQ_TIME_TEXT];
	size_t i;

	tq_table_cell(t, r->queue);
	tq_table_cell(t, r->type);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		tq_table_cell(t, tq_arena_fmt(a, "%llu",
		    (unsigned long long)counts[i]));
	tq_table_cell(t, r->oldest_ms == 0 ? "-" :
	    tq_duration_text(r->oldest_ms, text));
	tq_table_cell(t, tq_arena_fmt(a, "%d", r->workers));
	put_note(t, r, a);
}

static void
put_json(struct tq_cli *cli, const struct tq_facts_row *r)
{
	struct tq_buf *b = &cli->out;
	char rate[TQ_RATE_TEXT];

	tq_buf_chr(b, '{');
	tq_json_member_str(b, "queue", r->queue);
	tq_json_member_str(b, "type", r->type);
	tq_json_member_int(b, "waiting", (int64_t)r->waiting);
	tq_json_member_int(b, "running", (int64_t)r->running);
	tq_json_member_int(b, "retrying", (int64_t)r->retrying);
	tq_json_member_int(b, "completed", (int64_t)r->completed);
	tq_json_member_int(b, "failed", (int64_t)r->failed);
	tq_json_member_int(b, "cancelled", (int64_t)r->cancelled);
	tq_json_member_int(b, "oldestMs", r->oldest_ms);
	tq_json_member_int(b, "workers", r->workers);
	tq_json_member_bool(b, "paused", r->paused);
	if (r->paused)
		tq_json_member_str(b, "pause", *r->pause == ' ' ?
		    r->pause + 1 : r->pause);
	if (r->limit > 0)
		tq_json_member_int(b, "limit", r->limit);
	if (r->rate > 0)
		tq_json_member_str(b, "rate", tq_rate_text(r->rate, rate));
	tq_json_member_str(b, "cause", r->cause);
	tq_buf_str(b, "}\n");
}

int
mode_summary(struct status *s)
{
	struct tq_facts f = { .now = 0 };
	struct tq_table table;
	struct tq_facts_row *rows;
	size_t i, n;
	int rc = 0;

	if (status_facts(s, &f) == -1) {
		tq_facts_free(&f);
		return -1;
	}
	if (f.mistyped)
		tq_cli_no_tasks(s->cli, s->filter.queue);
	tq_facts_rows(&f, &f.a, &rows, &n);
	tq_table_init(&table, s->cli, s->cli->out_width < 110 ? narrow_heads :
	    heads, NHEADS, NHEADS - 1);
	table.right = NUMBERS;
	for (i = 0; i < n; i++) {
		if (s->cli->json)
			put_json(s->cli, &rows[i]);
		else
			put_row(&table, &rows[i], &f.a);
	}
	if (!s->cli->json)
		rc = tq_table_flush(&table);
	tq_table_free(&table);
	tq_facts_free(&f);
	return rc;
}

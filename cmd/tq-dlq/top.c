/* cmd/tq-dlq/top.c -- what dies most: dead tasks by type and error. */
#include <stdio.h>

#include "dlq.h"
#include "task/failure.h"
#include "task/fold.h"
#include "util/json.h"
#include "util/time.h"

static int
tally(struct dlq *d, struct tq_task *tasks, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		tq_failures_add(d->tally, &tasks[i]);
	return 0;
}

static int
print_json(struct tq_cli *cli, const struct tq_failure *k)
{
	struct tq_buf *b = &cli->out;

	tq_buf_chr(b, '{');
	tq_json_member_int(b, "count", (int64_t)k->count);
	tq_json_member_str(b, "type", k->type);
	tq_json_member_str(b, "error", k->error);
	tq_json_member_time(b, "newest", k->newest);
	tq_json_member_str(b, "taskId", k->example);
	tq_buf_chr(b, '}');
	return tq_cli_line(cli, TQ_SPAN_NONE);
}

static void
print_row(struct tq_table *t, const struct tq_failure *k)
{
	struct tq_buf shown = TQ_BUF_INIT(64 * 1024);
	char text[TQ_TIME_TEXT];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)k->count);
	tq_table_cell(t, text);
	tq_table_cell(t, k->type);
	if (t->cli->out_tty)
		tq_ago(tq_wall_ms(t->cli->env), k->newest, text);
	else
		tq_time_text(k->newest, text);
	tq_table_cell(t, text);
	tq_table_cell(t, k->example);
	if (t->cli->out_tty)
		tq_failure_shown(k->error, &shown);
	tq_table_cell(t, t->cli->out_tty ? shown.data : k->error);
	tq_buf_free(&shown);
}

static int
print(struct dlq *d, struct tq_failures *f)
{
	static const char *const heads[] = {
		"COUNT", "TYPE", "NEWEST", "EXAMPLE", "ERROR",
	};
	struct tq_failure **all = tq_failures_sorted(f);
	size_t i, n = f->n;
	struct tq_table t;
	int rc = 0;

	if (d->o->limit != 0 && (int64_t)n > d->o->limit)
		n = (size_t)d->o->limit;
	tq_table_init(&t, d->cli, heads, 5, 4);
	t.right = 1;
	t.whole = 1 << 3;
	for (i = 0; i < n && rc == 0; i++) {
		if (d->cli->json)
			rc = print_json(d->cli, all[i]);
		else
			print_row(&t, all[i]);
	}
	if (rc == 0)
		rc = tq_table_flush(&t);
	tq_table_free(&t);
	return rc;
}

int
dlq_top(struct dlq *d)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_failures f;
	int rc;

	tq_failures_init(&f, &a);
	/* Taken back below.  cppcheck-suppress autoVariables */
	d->tally = &f;
	d->max = INT64_MAX;
	rc = dlq_select(d, tally);
	if (rc == 0)
		rc = print(d, &f);
	if (rc == 0 && f.n == 0)
		dlq_none(d);
	d->tally = NULL;
	tq_buf_free(&f.text);
	tq_arena_free(&a);
	return rc;
}

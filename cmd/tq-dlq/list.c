/* cmd/tq-dlq/list.c -- dead tasks as a table, TSV or NDJSON. */
#include <stdio.h>
#include <string.h>

#include "dlq.h"
#include "task/failure.h"
#include "util/time.h"

static const char *const heads[] = {
	"TASK", "QUEUE", "TYPE", "TRIES", "DIED", "STAGE", "REASON",
};
/* Where there is no room for it, the reason says the stage. */
static const char *const narrow_heads[] = {
	"TASK", "QUEUE", "TYPE", "TRIES", "DIED", "REASON",
};
#define NCOLS(heads)	(sizeof(heads) / sizeof((heads)[0]))

static bool
is_narrow(const struct tq_cli *cli)
{
	return cli->out_tty && cli->out_width < 110;
}

void
dlq_table(struct dlq *d, struct tq_table *t)
{
	d->table = t;
	if (is_narrow(d->cli))
		tq_table_init(t, d->cli, narrow_heads, NCOLS(narrow_heads),
		    NCOLS(narrow_heads) - 1);
	else
		tq_table_init(t, d->cli, heads, NCOLS(heads),
		    NCOLS(heads) - 1);
}

/* Without the stage in front: that has a column of its own. */
static const char *
reason(const struct tq_task *t)
{
	const char *stage = tq_stage_name(t->err_stage);
	size_t n = strlen(stage);

	if (t->reason == NULL)
		return "";
	return n > 0 && strncmp(t->reason, stage, n) == 0 &&
	    strncmp(t->reason + n, ": ", 2) == 0 ? t->reason + n + 2 :
	    t->reason;
}

/* The handler's words first: there may be room for no more. */
static void
cell_shown(struct tq_table *tab, const char *reason)
{
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);

	tq_failure_shown(reason, &b);
	tq_table_cell(tab, b.data);
	tq_buf_free(&b);
}

static void
row(struct dlq *d, const struct tq_task *t)
{
	struct tq_table *tab = d->table;
	char tries[16], when[TQ_TIME_TEXT];

	snprintf(tries, sizeof(tries), "%d", t->attempts);
	tq_table_cell(tab, t->id);
	tq_table_cell(tab, t->queue);
	tq_table_cell(tab, t->type);
	tq_table_cell(tab, tries);
	if (d->cli->out_tty)
		tq_table_cell(tab, tq_ago(tq_wall_ms(d->cli->env),
		    t->finished_at, when));
	else
		tq_table_cell(tab, tq_time_text(t->finished_at, when));
	if (!is_narrow(d->cli))
		tq_table_cell(tab, tq_stage_name(t->err_stage));
	if (d->cli->out_tty)
		cell_shown(tab, t->reason);
	else
		tq_table_cell(tab, reason(t));
}

static int
print_json(struct dlq *d, struct tq_task *tasks, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		tq_task_write(&tasks[i], &d->cli->out);
		if (tq_cli_line(d->cli, TQ_SPAN_NONE) == -1)
			return -1;
	}
	return 0;
}

int
dlq_rows(struct dlq *d, struct tq_task *tasks, size_t n)
{
	size_t i;

	d->done += n;
	if (d->cli->json)
		return dlq_loaded(d, tasks, n, print_json);
	for (i = 0; i < n; i++)
		row(d, &tasks[i]);
	/* A table on a terminal is aligned over all of its rows. */
	return d->cli->out_tty && d->cmd->run == dlq_list ? 0 :
	    tq_table_flush(d->table);
}

void
dlq_none(const struct dlq *d)
{
	const struct opts *o = d->o;
	bool some = o->queue != NULL || dlq_filtered(o);

	if (d->cli->out_tty && !dlq_ids(d))
		tq_cli_note(d->cli, "no %s tasks%s in %s", o->drained ?
		    "drained" : "dead", some ? " that match" : "",
		    tq_store_name(d->st));
}

int
dlq_list(struct dlq *d)
{
	struct tq_table t;
	int rc;

	dlq_table(d, &t);
	rc = dlq_select(d, dlq_rows);
	if (rc == 0)
		rc = tq_table_flush(&t);
	if (rc == 0 && d->done == 0)
		dlq_none(d);
	tq_table_free(&t);
	return rc == -1 ? -1 : dlq_exit(d);
}

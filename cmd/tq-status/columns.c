/* cmd/tq-status/columns.c -- records as rows; see status.h. */
#include "status.h"

#include <string.h>

#include "task/failure.h"
#include "util/limits.h"
#include "util/time.h"

/* Append the cell; an empty one is shown as "-". */
typedef int column_fn(struct columns *c, const struct tq_task *t);

struct column {
	const char	*name;		/* as in --columns and JSON */
	const char	*head;		/* on a terminal */
	column_fn	*fn;
};

#define TEXT_COLUMN(fn, expr)						\
static int								\
fn(struct columns *c, const struct tq_task *t)				\
{									\
	const char *text = (expr);					\
									\
	tq_buf_str(&c->cell, text != NULL ? text : "");			\
	return 0;							\
}

#define NUMBER_COLUMN(fn, expr)						\
static int								\
fn(struct columns *c, const struct tq_task *t)				\
{									\
	tq_buf_fmt(&c->cell, "%lld", (long long)(expr));		\
	return 0;							\
}

#define TIME_COLUMN(fn, field)						\
static int								\
fn(struct columns *c, const struct tq_task *t)				\
{									\
	char text[TQ_TIME_TEXT];					\
									\
	tq_buf_str(&c->cell, tq_time_text(t->field, text));		\
	return 0;							\
}

#define SPAN_COLUMN(fn, field)						\
static int								\
fn(struct columns *c, const struct tq_task *t)				\
{									\
	tq_buf_add(&c->cell, t->field.p, t->field.n);			\
	return 0;							\
}

TEXT_COLUMN(col_id, t->id)
TEXT_COLUMN(col_status, tq_status_name(t->status))
TEXT_COLUMN(col_type, t->type)
TEXT_COLUMN(col_queue, t->queue)
TEXT_COLUMN(col_worker, t->worker)
TEXT_COLUMN(col_group, t->group)
TEXT_COLUMN(col_input, t->input)
TEXT_COLUMN(col_output, t->output)
NUMBER_COLUMN(col_attempts, t->attempts)
NUMBER_COLUMN(col_max_attempts, tq_task_max_attempts(t))
NUMBER_COLUMN(col_prio, t->prio)
TIME_COLUMN(col_created, created_at)
TIME_COLUMN(col_updated, updated_at)
TIME_COLUMN(col_started, started_at)
TIME_COLUMN(col_finished, finished_at)
TIME_COLUMN(col_not_before, not_before)
SPAN_COLUMN(col_labels, labels)
SPAN_COLUMN(col_progress, progress)

/* Scripts get the sentence as it stands in the record. */
static int
col_reason(struct columns *c, const struct tq_task *t)
{
	if (c->s->cli->out_tty)
		tq_failure_shown(t->reason, &c->cell);
	else if (t->reason != NULL)
		tq_buf_str(&c->cell, t->reason);
	return 0;
}

static int
col_tries(struct columns *c, const struct tq_task *t)
{
	tq_buf_fmt(&c->cell, "%d/%d", t->attempts, tq_task_max_attempts(t));
	return 0;
}

static int
col_age(struct columns *c, const struct tq_task *t)
{
	char text[32];

	tq_buf_str(&c->cell, tq_ago(tq_wall_ms(c->s->cli->env), t->updated_at,
	    text));
	return 0;
}

/* "(why)" for a waiting task; the surroundings are read when first needed. */
static int
where_waiting(struct columns *c, const struct tq_task *t)
{
	struct tq_why w;

	if (!c->facts_known && status_facts(c->s, &c->facts) == -1)
		return -1;
	c->facts_known = true;
	tq_facts_why(&c->facts, t, &w);
	tq_buf_chr(&c->cell, '(');
	tq_why_write(&w, &c->cell);
	tq_buf_chr(&c->cell, ')');
	return 0;
}

static int
col_where(struct columns *c, const struct tq_task *t)
{
	char text[TQ_TIME_TEXT];

	switch (t->status) {
	case TQ_RUNNING:
		if (t->cancel_requested)
			tq_buf_str(&c->cell, "cancelling: on ");
		return col_worker(c, t);
	case TQ_COMPLETED:
		tq_buf_fmt(&c->cell, "took %s", tq_duration_text(
		    t->finished_at - t->started_at, text));
		return 0;
	case TQ_FAILED:
		return col_reason(c, t);
	case TQ_CANCELLED:
		return 0;
	default:
		return where_waiting(c, t);
	}
}

static const struct column columns[] = {
	{ "taskId", "TASK", col_id },
	{ "status", "STATUS", col_status },
	{ "type", "TYPE", col_type },
	{ "queue", "QUEUE", col_queue },
	{ "attempts", "ATTEMPTS", col_attempts },
	{ "maxAttempts", "MAX", col_max_attempts },
	{ "createdAt", "CREATED", col_created },
	{ "updatedAt", "UPDATED", col_updated },
	{ "startedAt", "STARTED", col_started },
	{ "finishedAt", "FINISHED", col_finished },
	{ "notBefore", "NOT BEFORE", col_not_before },
	{ "worker", "WORKER", col_worker },
	{ "reason", "REASON", col_reason },
	{ "prio", "PRIO", col_prio },
	{ "group", "GROUP", col_group },
	{ "labels", "LABELS", col_labels },
	{ "progress", "PROGRESS", col_progress },
	{ "input", "INPUT", col_input },
	{ "output", "OUTPUT", col_output },
	{ "tries", "TRIES", col_tries },
	{ "age", "AGE", col_age },
	{ "where", "WHERE / WHY", col_where },
};

#define NCOLUMNS	(sizeof(columns) / sizeof(columns[0]))
#define MAX_CHOSEN	64

/* Scripts rely on these and their order. */
static const char pipe_columns[] = "taskId,status,type,queue,attempts,"
    "maxAttempts,createdAt,updatedAt,worker,reason";
static const char wide_columns[] = "taskId,status,type,queue,tries,age,where";
static const char narrow_columns[] = "taskId,status,type,where";

static const struct column *
column_find(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < NCOLUMNS; i++)
		if (strlen(columns[i].name) == n &&
		    strncasecmp(columns[i].name, name, n) == 0)
			return &columns[i];
	return NULL;
}

static int
unknown_column(struct columns *c, const char *name, size_t n)
{
	struct tq_buf b = TQ_BUF_INIT(1024);
	size_t i;
	int rc;

	for (i = 0; i < NCOLUMNS; i++)
		tq_buf_fmt(&b, "%s%s", i == 0 ? "" : " ", columns[i].name);
	rc = tq_cli_usage(c->s->cli, "--columns: no column \"%.*s\"; there "
	    "are %s", (int)(n < 40 ? n : 40), name, b.data);
	tq_buf_free(&b);
	return rc;
}

static const char *
default_columns(const struct tq_cli *cli)
{
	if (!cli->out_tty)
		return pipe_columns;
	return cli->out_width >= 110 ? wide_columns : narrow_columns;
}

int
columns_init(struct columns *c, struct status *s)
{
	const char *p = s->o->columns, **heads;
	size_t n;

	*c = (struct columns){ .s = s, .cell = TQ_BUF_INIT(TQ_LINE_MAX) };
	if (p == NULL)
		p = default_columns(s->cli);
	c->cols = tq_arena_alloc(&s->cli->arena,
	    MAX_CHOSEN * sizeof(*c->cols));
	heads = tq_arena_alloc(&s->cli->arena, MAX_CHOSEN * sizeof(*heads));
	for (;; p += n + 1) {
		n = strcspn(p, ",");
		if (c->n == MAX_CHOSEN)
			return tq_cli_usage(s->cli, "--columns: more than %d",
			    MAX_CHOSEN);
		if ((c->cols[c->n] = column_find(p, n)) == NULL)
			return unknown_column(c, p, n);
		heads[c->n] = c->cols[c->n]->head;
		c->n++;
		if (p[n] == '\0')
			break;
	}
	tq_table_init(&c->table, s->cli, heads, c->n, c->n - 1);
	for (n = 0; n < c->n; n++)
		if (c->cols[n]->fn == col_id)
			c->table.whole |= 1ULL << n;
	return 0;
}

int
columns_row(struct columns *c, const struct tq_task *t)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		tq_buf_clear(&c->cell);
		if (c->cols[i]->fn(c, t) == -1)
			return -1;
		tq_table_cell(&c->table, c->cell.len == 0 ? "-" :
		    c->cell.data);
	}
	return 0;
}

int
columns_end(struct columns *c)
{
	int rc = tq_table_flush(&c->table);

	columns_free(c);
	return rc;
}

void
columns_free(struct columns *c)
{
	tq_table_free(&c->table);
	tq_buf_free(&c->cell);
	tq_facts_free(&c->facts);
}

/* cmd/tq-dlq/select.c -- which dead tasks: by id, or by filter. */
#include <stdlib.h>

#include "cli/filter.h"
#include "dlq.h"
#include "store/as_read.h"

bool
dlq_ids(const struct dlq *d)
{
	return d->cli->argc > 0;
}

bool
dlq_filtered(const struct opts *o)
{
	return o->type != NULL || o->label != NULL || o->group != NULL ||
	    o->error != NULL || o->since != NULL || o->until != NULL ||
	    (o->statuses.n > 0 && !o->all);
}

int
dlq_filter(struct dlq *d)
{
	const struct opts *o = d->o;
	const struct tq_cli_filter in = { .queue = o->queue, .type = o->type,
	    .label = o->label, .group = o->group, .error = o->error,
	    .since = o->since, .until = o->until, .statuses = o->statuses };
	int rc;

	d->filter.drained = o->drained;
	d->max = o->max != 0 ? o->max : o->limit;
	if (d->max == 0)
		d->max = INT64_MAX;
	d->page = PAGE_TASKS;
	d->chunk = CHUNK_TASKS;
	if ((rc = tq_cli_filter_read(d->cli, &in, &d->filter)) != 0)
		return rc;
	if ((d->filter.statuses & ~d->cmd->statuses) != 0)
		return tq_cli_usage(d->cli, "%s does nothing to tasks of that "
		    "status", d->cmd->name);
	if (d->filter.statuses == 0)
		d->filter.statuses = TQ_BIT(TQ_FAILED);
	return TQ_EX_OK;
}

int
dlq_exit(const struct dlq *d)
{
	if (d->missing)
		return TQ_EX_NOTASK;
	return d->bad ? TQ_EX_NO : TQ_EX_OK;
}

/* Hand a page on, cut to what --max and --limit leave. */
static int
hand_on(struct dlq *d, struct tq_task *tasks, size_t n, dlq_page_fn *fn)
{
	if ((int64_t)n > d->max)
		n = (size_t)d->max;
	d->max -= (int64_t)n;
	if (n > 0 && fn(d, tasks, n) == -1)
		return -1;
	if (tq_cli_interrupted())
		return tq_err_set(&d->cli->err, TQ_AT_INPUT, TQ_E_INTR,
		    "interrupted");
	return 0;
}

struct by_id {
	struct dlq	*d;
	dlq_page_fn	*fn;
};

/* Is the record one that this command is about?  If not, say so. */
static bool
suits(struct dlq *d, const char *id, const struct tq_task *t)
{
	if (t == NULL) {
		tq_cli_warn(d->cli, "no such task %s in %s", id,
		    tq_store_name(d->st));
		d->missing = true;
		return false;
	}
	if ((d->cmd->statuses & TQ_BIT(t->status)) == 0) {
		tq_cli_warn(d->cli, "task %s is not dead: it is %s", id,
		    tq_status_name(t->status));
		d->bad = true;
		return false;
	}
	return true;
}

static int
take_ids(void *arg, const char *const *ids, size_t n)
{
	struct by_id *b = arg;
	struct dlq *d = b->d;
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_task **got, *tasks;
	size_t i, k = 0;
	int rc;

	got = tq_arena_alloc(&a, n * sizeof(*got));
	tasks = tq_arena_alloc(&a, n * sizeof(*tasks));
	rc = tq_store_get(d->st, ids, n, 0, &a, got, &d->cli->err);
	for (i = 0; rc == 0 && i < n; i++)
		if (suits(d, ids[i], got[i]))
			tasks[k++] = *got[i];
	if (rc == 0)
		rc = hand_on(d, tasks, k, b->fn);
	tq_arena_free(&a);
	return rc;
}

/*
 * As of our start: a task that is redriven and dies again while we page
 * must not be taken twice.
 */
static int
by_filter(struct dlq *d, dlq_page_fn *fn)
{
	struct tq_arena arenas[2] = { TQ_ARENA_INIT, TQ_ARENA_INIT };
	struct tq_list req = { .filter = d->filter, .limit = d->page,
	    .newest_first = !d->cmd->writes };
	struct tq_page page;
	int turn = 0, rc;

	if (req.filter.until == 0)
		req.filter.until = tq_wall_ms(d->cli->env) + 1;
	do {
		tq_arena_reset(&arenas[turn]);
		if ((rc = tq_store_list(d->st, &req, &arenas[turn], &page,
		    &d->cli->err)) == -1)
			break;
		rc = hand_on(d, page.tasks, page.n, fn);
		/* The cursor lives in the arena of the page before. */
		req.cursor = page.cursor;
		turn = !turn;
	} while (rc == 0 && page.cursor != NULL && d->max > 0);
	tq_arena_free(&arenas[0]);
	tq_arena_free(&arenas[1]);
	return rc;
}

int
dlq_select(struct dlq *d, dlq_page_fn *fn)
{
	struct by_id b = { d, fn };

	return dlq_ids(d) ? tq_cli_ids(d->cli, d->page, take_ids, &b) :
	    by_filter(d, fn);
}

/* How many tasks from ${tasks} on are loaded in one go. */
static size_t
chunk_of(const struct dlq *d, const struct tq_task *tasks, size_t n,
    bool *complete)
{
	size_t i, bytes = 0;

	*complete = true;
	for (i = 0; i < n && i < d->chunk; i++) {
		const struct tq_task *t = &tasks[i];

		bytes += t->payload_size + t->result_size;
		if (i > 0 && bytes > CHUNK_BYTES)
			break;
		if (t->payload.n != t->payload_size ||
		    t->result.n != t->result_size)
			*complete = false;
	}
	return i;
}

/* Read ${n} tasks again, with their bodies; those that went are left out. */
static int
load(struct dlq *d, const struct tq_task *tasks, size_t n, struct tq_arena *a,
    struct tq_task **out, size_t *nout)
{
	const char **ids = tq_arena_alloc(a, n * sizeof(*ids));
	struct tq_task **got = tq_arena_alloc(a, n * sizeof(*got));
	size_t i;

	*out = tq_arena_alloc(a, n * sizeof(**out));
	*nout = 0;
	for (i = 0; i < n; i++)
		ids[i] = tasks[i].id;
	if (tq_store_get(d->st, ids, n, TQ_WITH_PAYLOAD | TQ_WITH_RESULT, a,
	    got, &d->cli->err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (tq_as_read(&tasks[i], got[i]))
			(*out)[(*nout)++] = *got[i];
	return 0;
}

int
dlq_loaded(struct dlq *d, struct tq_task *tasks, size_t n, dlq_page_fn *fn)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_task *full;
	size_t at, k, nfull;
	bool complete;
	int rc = 0;

	for (at = 0; at < n && rc == 0; at += k) {
		k = chunk_of(d, tasks + at, n - at, &complete);
		full = tasks + at;
		nfull = k;
		if (!complete)
			rc = load(d, tasks + at, k, &a, &full, &nfull);
		if (rc == 0 && nfull > 0)
			rc = fn(d, full, nfull);
		tq_arena_reset(&a);
	}
	tq_arena_free(&a);
	return rc;
}

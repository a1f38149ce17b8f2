/* cmd/tq-dlq/redrive.c -- redrive, undrain, purge: one verb over many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/many.h"
#include "cli/tree.h"
#include "dlq.h"

struct verb {
	const char	*past, *would;
	dlq_verb_fn	*act;
};

/* Those that waited for ${root} and ended without it. */
static int
redrive_below(struct dlq *d, const char *root)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_answer out;
	struct tq_ref ref;
	const char **ids;
	size_t i, n = 0;
	int rc = tq_cli_tree(d->cli, d->st, root, &a, &ids, &n);

	for (i = 1; rc == 0 && i < n; i++) {
		ref = (struct tq_ref){ ids[i], 0 };
		rc = tq_store_redrive(d->st, &ref, 1, &out, &d->cli->err);
		if (rc == 0 && out.code == TQ_OK) {
			d->done++;
			rc = tq_cli_line(d->cli, tq_span_of(ids[i]));
		}
	}
	tq_arena_free(&a);
	return rc;
}

static int
act_redrive(struct dlq *d, const struct tq_ref *refs, size_t n,
    struct tq_answer *out)
{
	size_t i;
	int rc = tq_store_redrive(d->st, refs, n, out, &d->cli->err);

	for (i = 0; rc == 0 && d->o->tree && i < n; i++)
		if (out[i].code == TQ_OK)
			rc = redrive_below(d, refs[i].id);
	return rc;
}

static int
act_purge(struct dlq *d, const struct tq_ref *refs, size_t n,
    struct tq_answer *out)
{
	return d->o->tree ?
	    tq_store_purge_tree(d->st, refs, n, out, &d->cli->err) :
	    tq_store_purge(d->st, refs, n, out, &d->cli->err);
}

static int
act_undrain(struct dlq *d, const struct tq_ref *refs, size_t n,
    struct tq_answer *out)
{
	return dlq_set_drained(d, refs, n, false, out);
}

static const struct verb verb_redrive = { "redriven", "redrive", act_redrive };
static const struct verb verb_undrain = { "undrained", "undrain",
	act_undrain };
static const struct verb verb_purge = { "purged", "purge", act_purge };

/* It changed between our reading it and our asking. */
static void
skipped(struct dlq *d, const char *id, const struct tq_answer *a)
{
	d->skipped++;
	if (!dlq_ids(d) && d->cli->verbose == 0)
		return;
	if (a->code == TQ_E_NOTFOUND)
		tq_cli_warn(d->cli, "task %s is gone", id);
	else if (a->code == TQ_E_STATE && d->verb->act == act_purge &&
	    (TQ_BIT(a->status) & TQ_FINISHED) != 0)
		tq_cli_warn(d->cli, "task %s stays: others wait for it, or "
		    "run after it (--tree)", id);
	else
		tq_cli_warn(d->cli, "task %s changed meanwhile: it is %s", id,
		    tq_status_name(a->status));
	d->bad = d->bad || dlq_ids(d);
}

static int
print_ids(struct dlq *d, const struct tq_task *tasks, size_t n,
    const struct tq_answer *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((out == NULL || out[i].code == TQ_OK) &&
		    tq_cli_line(d->cli, tq_span_of(tasks[i].id)) == -1)
			return -1;
	return tq_cli_flush(d->cli);
}

static int
page(struct dlq *d, struct tq_task *tasks, size_t n)
{
	const struct verb *v = d->verb;
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_answer *out;
	size_t i;
	int rc;

	if (d->o->dry_run) {
		d->done += n;
		return print_ids(d, tasks, n, NULL);
	}
	out = tq_arena_alloc(&a, n * sizeof(*out));
	if ((rc = dlq_do(d, v->act, tasks, n, out)) == 0) {
		for (i = 0; i < n; i++)
			if (out[i].code == TQ_OK)
				d->done++;
			else
				skipped(d, tasks[i].id, &out[i]);
		rc = print_ids(d, tasks, n, out);
	}
	tq_arena_free(&a);
	if (d->total == 0 || d->total > d->done)
		tq_cli_work(d->cli, d->done, d->total, v->past);
	return rc == 0 ? dlq_pace(d) : rc;
}

static uint64_t
counted(const struct dlq *d, const struct tq_count *row)
{
	uint64_t n = 0;
	int s;

	for (s = 0; s < TQ_STATUS_MAX; s++)
		if ((d->filter.statuses & TQ_BIT(s)) != 0)
			n += row->by_status[s];
	return n;
}

/* How many such tasks the queue and type have; an upper bound. */
static int
count(struct dlq *d, uint64_t *total)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_count *rows;
	size_t i, n;
	int rc;

	*total = 0;
	if ((rc = tq_store_count(d->st, d->filter.queue, &a, &rows, &n,
	    &d->cli->err)) == 0)
		for (i = 0; i < n; i++)
			if (d->filter.type == NULL ||
			    strcmp(rows[i].type, d->filter.type) == 0)
				*total += d->filter.drained ?
				    rows[i].drained : counted(d, &rows[i]);
	tq_arena_free(&a);
	return rc;
}

static int
tally(struct dlq *d, struct tq_task *tasks, size_t n)
{
	(void)tasks;
	d->total += n;
	return 0;
}

/* How many the filter means, exactly. */
static int
measure(struct dlq *d)
{
	int64_t max = d->max;
	int rc;

	d->total = 0;
	rc = dlq_select(d, tally);
	d->max = max;
	return rc;
}

/*
 * May we do it to all of them?  0, or the exit status.  Of purge --all it is
 * asked whatever the number, and of undrain --all where there is a terminal.
 */
static int
confirm(struct dlq *d, const struct verb *v)
{
	if (d->o->yes || d->o->dry_run || dlq_ids(d) || (v == &verb_undrain &&
	    (!d->o->all || !d->cli->in_tty || !d->cli->err_tty)))
		return TQ_EX_OK;
	if (!d->o->all && measure(d) == -1)
		return -1;
	if (d->max > 0 && d->total > (uint64_t)d->max)
		d->total = (uint64_t)d->max;
	if (d->total <= TQ_CLI_UNASKED && (v == &verb_redrive || !d->o->all))
		return TQ_EX_OK;
	return tq_cli_many(d->cli, v->would, d->total, tq_arena_fmt(
	    &d->cli->arena, "%s%llu dead tasks%s%s in %s",
	    d->o->all ? "all " : "", (unsigned long long)d->total,
	    d->filter.queue == NULL ? "" : " of queue ",
	    d->filter.queue == NULL ? "" : d->filter.queue,
	    tq_store_name(d->st)));
}

static void
summary(struct dlq *d, const struct verb *v)
{
	char more[64] = "";

	if (d->skipped > 0)
		snprintf(more, sizeof(more), ", skipped %llu",
		    (unsigned long long)d->skipped);
	tq_cli_note(d->cli, "%s%s %llu%s", d->o->dry_run ? "would " : "",
	    d->o->dry_run ? v->would : v->past, (unsigned long long)d->done,
	    more);
}

static int
run(struct dlq *d, const struct verb *v)
{
	int rc;

	d->verb = v;
	if (!dlq_ids(d) && count(d, &d->total) == -1)
		return -1;
	if ((rc = confirm(d, v)) != 0)
		return rc;
	rc = dlq_select(d, page);
	tq_cli_work_end(d->cli);
	if (rc == -1)
		return tq_err_done(&d->cli->err, v->past, d->o->dry_run ? 0 :
		    d->done);
	summary(d, v);
	return dlq_exit(d);
}

int
dlq_redrive(struct dlq *d)
{
	return run(d, &verb_redrive);
}

int
dlq_undrain(struct dlq *d)
{
	d->filter.drained = true;
	return run(d, &verb_undrain);
}

int
dlq_purge(struct dlq *d)
{
	return run(d, &verb_purge);
}

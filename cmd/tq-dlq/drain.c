/*
 * cmd/tq-dlq/drain.c -- take dead tasks out: to stdout, a file, a program.
 *
 * In this order, so that a crash or a closed pipe repeats a task but never
 * loses one: write the records, make sure that they arrived, then mark them
 * drained or remove them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dlq.h"
#include "task/input.h"

static int
counted(struct dlq *d, const struct tq_task *tasks, size_t n,
    const struct tq_answer *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (out[i].code == TQ_OK) {
			d->done++;
			continue;
		}
		d->skipped++;
		if (out[i].code != TQ_E_NOTFOUND)
			tq_cli_warn(d->cli, "task %s changed meanwhile and "
			    "stays: it is %s", tasks[i].id,
			    tq_status_name(out[i].status));
	}
	return dlq_pace(d);
}

static int
set_drained(struct dlq *d, const struct tq_ref *refs, size_t n,
    struct tq_answer *out)
{
	return dlq_set_drained(d, refs, n, true, out);
}

static int
remove_all(struct dlq *d, const struct tq_ref *refs, size_t n,
    struct tq_answer *out)
{
	return tq_store_purge(d->st, refs, n, out, &d->cli->err);
}

static int
apply(struct dlq *d, dlq_verb_fn *fn, const struct tq_task *tasks, size_t n)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_answer *out = tq_arena_alloc(&a, n * sizeof(*out));
	int rc;

	if ((rc = dlq_do(d, fn, tasks, n, out)) == 0)
		rc = counted(d, tasks, n, out);
	tq_arena_free(&a);
	return rc;
}

static int
mark(struct dlq *d, const struct tq_task *tasks, size_t n)
{
	return apply(d, set_drained, tasks, n);
}

int
dlq_take_out(struct dlq *d, const struct tq_task *tasks, size_t n)
{
	return apply(d, remove_all, tasks, n);
}

/*
 * A file holds the record of a task, but not the bytes of its staged input:
 * those tasks are marked, and keep them.
 */
static int
remove_from_store(struct dlq *d, struct tq_task *tasks, size_t n)
{
	size_t i, gone = 0, kept = 0;
	struct tq_task *keep = calloc(n, sizeof(*keep));
	int rc = 0;

	if (keep == NULL)
		return tq_err_set(&d->cli->err, TQ_AT_INPUT, TQ_E_NOMEM,
		    "out of memory");
	for (i = 0; i < n; i++) {
		if (tq_blob_name(tasks[i].input) != NULL)
			keep[kept++] = tasks[i];
		else
			tasks[gone++] = tasks[i];
	}
	if (kept > 0) {
		tq_cli_note(d->cli, "%zu with a stored input only marked as "
		    "drained, so that the input stays", kept);
		rc = mark(d, keep, kept);
	}
	if (rc == 0 && gone > 0)
		rc = dlq_take_out(d, tasks, gone);
	free(keep);
	return rc;
}

static int
drain_loaded(struct dlq *d, struct tq_task *tasks, size_t n)
{
	int rc;

	if (d->o->dry_run) {
		d->done += n;
		return dlq_to_stdout(d, tasks, n);
	}
	if (d->o->exec != NULL)
		return dlq_exec_all(d, tasks, n);
	if (d->drain.fd != -1) {
		rc = dlq_to_file(d, tasks, n);
		return rc == 0 ? remove_from_store(d, tasks, n) : rc;
	}
	/* A reader that wants few gets few: groups start small. */
	if (d->chunk < CHUNK_TASKS && d->rate == 0)
		d->chunk *= 2;
	rc = dlq_to_stdout(d, tasks, n);
	return rc == 0 ? mark(d, tasks, n) : rc;
}

static int
drain_page(struct dlq *d, struct tq_task *tasks, size_t n)
{
	int rc = dlq_loaded(d, tasks, n, drain_loaded);

	if (!d->o->follow)
		tq_cli_work(d->cli, d->done, 0, "drained");
	return rc;
}

static int
pass(struct dlq *d)
{
	return dlq_select(d, drain_page);
}

static void
summary(struct dlq *d)
{
	char more[64] = "";

	if (d->skipped > 0)
		snprintf(more, sizeof(more), ", skipped %llu",
		    (unsigned long long)d->skipped);
	tq_cli_note(d->cli, "%s %llu%s%s%s",
	    d->o->dry_run ? "would drain" : "drained",
	    (unsigned long long)d->done, d->o->out == NULL ? "" : " to ",
	    d->o->out == NULL ? "" : d->o->out, more);
}

int
dlq_drain(struct dlq *d)
{
	int rc;

	if (d->o->out != NULL && d->o->exec != NULL)
		return tq_cli_usage(d->cli, "drain: --output and --exec "
		    "exclude each other");
	if (d->o->follow && (dlq_ids(d) || d->o->dry_run))
		return tq_cli_usage(d->cli, "drain: --follow goes with a "
		    "filter or --all");
	rc = dlq_output_open(d);
	if (d->drain.fd == -1 && d->o->exec == NULL)
		d->chunk = 1;
	if (rc == 0)
		rc = d->o->follow ? dlq_deaths(d, pass, drain_page) : pass(d);
	dlq_output_close(d);
	tq_cli_work_end(d->cli);
	if (rc != -1) {
		summary(d);
		return d->o->follow ? TQ_EX_INTR : dlq_exit(d);
	}
	return tq_err_done(&d->cli->err, "drained", d->done);
}

/* cmd/tq-ctl/filtered.c -- cancel, purge: all tasks that a filter means. */
#include "ctl.h"

#include <stdlib.h>

#include "cli/filter.h"
#include "cli/many.h"
#include "util/json.h"

static const struct words {
	const char	*verb, *done;
} words[] = {
	[TQ_BULK_CANCEL] = { "cancel", "cancelled" },
	[TQ_BULK_PURGE] = { "purge", "purged" },
};

struct run {
	struct tq_cli	*cli;
	const struct words *word;
	struct tq_store	*st;
	struct tq_bulk	 b;
	uint64_t	 total;		/* as counted before */
};

static void
tell(void *arg, const struct tq_task *t, const struct tq_answer *a)
{
	struct run *r = arg;
	struct tq_buf *out = &r->cli->out;
	bool done = a == NULL || a->code == TQ_OK;

	if (!done && r->b.verb == TQ_BULK_PURGE && a->code == TQ_E_STATE &&
	    (TQ_BIT(a->status) & TQ_FINISHED) != 0)
		tq_cli_warn(r->cli, "%s stays: a task waits for it (purge "
		    "--tree %s)", t->id, t->id);
	else if (!done && r->cli->verbose > 0)
		tq_cli_warn(r->cli, "%s changed meanwhile: it is %s", t->id,
		    a->code == TQ_E_NOTFOUND ? "gone" :
		    tq_status_name(a->status));
	if (!done)
		return;
	if (!r->cli->json) {
		tq_buf_fmt(out, "%s\t%s\n", t->id, tq_status_name(a == NULL ?
		    t->status : a->status));
		return;
	}
	tq_buf_chr(out, '{');
	tq_json_member_str(out, "taskId", t->id);
	tq_json_member_str(out, "status", tq_status_name(a == NULL ?
	    t->status : a->status));
	tq_buf_str(out, "}\n");
}

/* All rounds; with a bar once the number is known. */
static int
rounds(struct run *r, struct tq_bulk *b)
{
	struct tq_cli *cli = r->cli;
	int rc;

	do {
		if (tq_cli_interrupted())
			return tq_err_set(&cli->err, TQ_AT_INPUT, TQ_E_INTR,
			    "interrupted");
		if ((rc = tq_bulk_round(r->st, b, &cli->err)) == -1 ||
		    (b->tell != NULL && tq_cli_flush(cli) == -1))
			return -1;
		tq_cli_work(cli, b->done, r->total, b->dry_run ? "found" :
		    r->word->done);
	} while (rc == 1);
	tq_cli_work_end(cli);
	return 0;
}

/* How many are meant; counted one above what is done unasked, or all. */
static int
count(struct run *r, bool all)
{
	struct tq_bulk b = r->b;
	int rc;

	b.dry_run = true;
	b.tell = NULL;
	b.max = all ? 0 : TQ_CLI_UNASKED + 1;
	b.cursor = (struct tq_buf)TQ_BUF_INIT(b.cursor.max);
	rc = rounds(r, &b);
	tq_bulk_end(&b);
	r->total = b.done;
	return rc;
}

/* More than a few are asked about first.  0, or the exit status. */
static int
confirm(struct run *r)
{
	if (count(r, false) == -1)
		return -1;
	if (r->total <= TQ_CLI_UNASKED)
		return 0;
	if (count(r, true) == -1)
		return -1;
	return tq_cli_many(r->cli, r->word->verb, r->total, tq_arena_fmt(
	    &r->cli->arena, "%llu tasks in %s", (unsigned long long)r->total,
	    tq_store_name(r->st)));
}

static int
run(struct run *r, const struct opts *o)
{
	int rc;

	if (tq_bulk_begin(&r->b, tq_wall_ms(r->cli->env), &r->cli->err) == -1)
		return tq_cli_usage(r->cli, "%s", r->cli->err.msg);
	if (!o->dry_run && !o->yes && (rc = confirm(r)) != 0)
		return rc;
	if (rounds(r, &r->b) == -1)
		return tq_err_done(&r->cli->err, r->word->done, o->dry_run ?
		    0 : r->b.done);
	tq_cli_note(r->cli, "%s%s %llu%s", o->dry_run ? "would " : "",
	    o->dry_run ? r->word->verb : r->word->done,
	    (unsigned long long)r->b.done, r->b.skipped == 0 ? "" :
	    tq_arena_fmt(&r->cli->arena, ", %llu %s",
	    (unsigned long long)r->b.skipped, r->b.verb == TQ_BULK_PURGE ?
	    "stay" : "changed meanwhile"));
	return 0;
}

bool
ctl_filtered(const struct opts *o)
{
	return o->type != NULL || o->group != NULL || o->statuses.n > 0 || o->error != NULL ||
	    o->since != NULL || o->until != NULL || o->labels.n > 0 || o->all;
}

/* Options that may be repeated elsewhere name one thing here. */
static int
only_one(struct tq_cli *cli, const char *name, const struct tq_strs *list,
    const char **out)
{
	if (list->n > 1)
		return tq_cli_usage(cli, "--%s: one is enough for a filter",
		    name);
	*out = list->n == 1 ? list->v[0] : NULL;
	return 0;
}

int
ctl_read_filter(struct tq_cli *cli, const struct opts *o, struct tq_filter *f)
{
	struct tq_cli_filter in = { .type = o->type, .group = o->group,
	    .error = o->error,
	    .since = o->since, .until = o->until, .statuses = o->statuses };
	int rc;

	if ((rc = only_one(cli, "queue", &o->queues, &in.queue)) != 0 ||
	    (rc = only_one(cli, "label", &o->labels, &in.label)) != 0)
		return rc;
	return tq_cli_filter_read(cli, &in, f);
}

int
ctl_bulk(struct tq_cli *cli, const struct opts *o, enum tq_bulk_verb verb)
{
	struct run r = { .cli = cli, .word = &words[verb] };
	int rc;

	if ((rc = ctl_read_filter(cli, o, &r.b.filter)) != 0)
		return rc;
	r.b.verb = verb;
	r.b.all = o->all;
	r.b.dry_run = o->dry_run;
	r.b.tell = tell;
	r.b.arg = &r;
	if (tq_cli_open(cli, TQ_OPEN_WRITE, &r.st) == -1)
		return -1;
	rc = run(&r, o);
	tq_bulk_end(&r.b);
	tq_store_close(r.st);
	return rc;
}

/* lib/serve/api/bulk.c -- cancel, redrive and purge of all that a query means. */
#include "serve/api/inside.h"
#include "store/bulk.h"
#include "util/json.h"
#include "util/str.h"

#define LOOK_MS	10000	/* a request takes no longer than about this */

struct bulk {
	struct tq_bulk	 b;
	bool		 more;
};

static bool
may(void *arg, const struct tq_task *t)
{
	return sv_may(arg, t->queue, t->type);
}

static int
work(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct bulk *k = r->data;
	int64_t end = tq_boot_ms(r->s->env) + LOOK_MS;
	int rc;

	do
		rc = tq_bulk_round(st, &k->b, err);
	while (rc == 1 && tq_boot_ms(r->s->env) < end && !sv_stopping(r->s));
	k->more = rc == 1;
	tq_bulk_end(&k->b);
	return rc == -1 ? -1 : 0;
}

static enum MHD_Result
answer(struct sv_req *r)
{
	const struct bulk *k = r->data;
	struct tq_buf b = TQ_BUF_INIT(1024);

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	tq_buf_chr(&b, '{');
	tq_json_member_bool(&b, "dryRun", k->b.dry_run);
	tq_json_member_int(&b, "tasks", (int64_t)k->b.done);
	tq_json_member_int(&b, "changedMeanwhile", (int64_t)k->b.skipped);
	tq_json_member_bool(&b, "more", k->more);
	tq_buf_str(&b, "}\n");
	return sv_answer_json(r, 200, &b);
}

/* "true" or "false", or not there: false. */
static bool
take_bool(struct sv_req *r, const char *name, bool *out)
{
	const char *v = tq_uri_param(&r->uri, name);

	*out = v != NULL && tq_span_eq(tq_span_of(v), "true");
	return v == NULL || *out || tq_span_eq(tq_span_of(v), "false");
}

/* NULL, or what is wrong. */
static const char *
take_query(struct sv_req *r, struct tq_bulk *b)
{
	const char *v, *bad = sv_filter_take(r, &b->filter);

	if (bad != NULL)
		return bad;
	if ((bad = sv_filter_empty(r)) != NULL)
		return tq_arena_fmt(&r->arena, "%s: must not be empty", bad);
	if (!take_bool(r, "all", &b->all))
		return "all: must be true or false";
	if (!take_bool(r, "dryRun", &b->dry_run))
		return "dryRun: must be true or false";
	v = tq_uri_param(&r->uri, "limit");
	if (v != NULL && tq_str_int(v, 1, INT64_MAX, &b->max) == -1)
		return "limit: must be a number of tasks, at least 1";
	return NULL;
}

static enum MHD_Result
run(struct sv_req *r, enum tq_bulk_verb verb)
{
	struct bulk *k = tq_arena_alloc(&r->arena, sizeof(*k));
	struct tq_err err = TQ_ERR_INIT;
	const char *bad;

	k->b.verb = verb;
	k->b.may = may;
	k->b.arg = r;
	if ((bad = take_query(r, &k->b)) != NULL)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST, bad, NULL);
	if (tq_bulk_begin(&k->b, tq_wall_ms(r->s->env), &err) == -1)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST, err.msg, NULL);
	r->data = k;
	return sv_operate(r, work, answer);
}

enum MHD_Result
sv_cancel_all_run(struct sv_req *r)
{
	return run(r, TQ_BULK_CANCEL);
}

enum MHD_Result
sv_redrive_all_run(struct sv_req *r)
{
	return run(r, TQ_BULK_REDRIVE);
}

enum MHD_Result
sv_purge_all_run(struct sv_req *r)
{
	return run(r, TQ_BULK_PURGE);
}

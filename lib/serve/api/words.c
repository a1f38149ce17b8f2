/* lib/serve/api/words.c -- submissions and tasks in a dialect's words. */

#include "serve/api/inside.h"
#include "util/limits.h"

static enum MHD_Result
submit_done(struct sv_req *r)
{
	const struct tq_dialect *d = r->route->dialect;
	const struct tq_submitted *out = r->op.out;
	struct tq_buf b = TQ_BUF_INIT(4096);
	struct MHD_Response *resp;
	int64_t n;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (out->what == TQ_REFUSED)
		return sv_answer_refused(r);
	tq_dialect_accepted(d, r->tasks->id, &b);
	n = (int64_t)b.len;
	if ((resp = sv_answer_of(&b, "application/json")) == NULL)
		return MHD_NO;
	sv_answer_header(resp, "Location", tq_arena_fmt(&r->arena,
	    "%s%s/%s", r->via.prefix, d->prefix, r->tasks->id));
	return sv_answer(r, out->what == TQ_OWED ? 202 : d->accepted, resp, n);
}

enum MHD_Result
sv_dialect_submit_run(struct sv_req *r)
{
	struct tq_task *t = tq_arena_alloc(&r->arena, sizeof(*t));
	struct tq_err err = TQ_ERR_INIT;
	const char *why;

	if (tq_dialect_parse(r->route->dialect, tq_buf_span(&r->body),
	    &r->arena, t, &err) == -1 || sv_submit_check(r, t, &err) == -1)
		return sv_answer_err(r, &err);
	if (!sv_submit_may(r, t, &why))
		return sv_answer_problem(r, TQ_P_FORBIDDEN, why, NULL);
	sv_submit_new_id(r, t, NULL);
	r->task_id = t->id;
	return sv_submit_send(r, t, 1, submit_done);
}

static enum MHD_Result
answer_task(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(2 * TQ_PAYLOAD_MAX + 65536);

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (r->task == NULL)
		return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(
		    &r->arena, "no such task %s", r->task_id), NULL);
	tq_dialect_task(r->route->dialect, r->task, r->via.prefix, &b);
	return sv_answer_json(r, 200, &b);
}

enum MHD_Result
sv_dialect_get_run(struct sv_req *r)
{
	r->with = TQ_WITH_PAYLOAD | TQ_WITH_RESULT;
	return sv_read(r, sv_read_task, SV_QUICK, answer_task);
}

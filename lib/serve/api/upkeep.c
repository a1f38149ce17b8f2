/* lib/serve/api/upkeep.c -- looking after the store: sweep, doctor. */
#include "serve/api/inside.h"
#include "store/setup.h"
#include "util/json.h"

#define TEXT_MAX	(1024 * 1024)

static int
sweep(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct tq_swept *s = tq_arena_alloc(&r->arena, sizeof(*s));

	r->data = s;
	return tq_store_sweep(st, "tq-serve", false, s, err);
}

static enum MHD_Result
answer_sweep(struct sv_req *r)
{
	const struct tq_swept *s = r->data;
	struct tq_buf b = TQ_BUF_INIT(1024);

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	tq_buf_chr(&b, '{');
	tq_json_member_bool(&b, "skipped", s->skipped);
	tq_json_member_int(&b, "expired", (int64_t)s->expired);
	tq_json_member_int(&b, "removed", (int64_t)s->removed);
	tq_json_member_int(&b, "blobs", (int64_t)s->blobs);
	tq_json_member_int(&b, "rung", (int64_t)s->rung);
	tq_json_member_int(&b, "told", (int64_t)s->told);
	tq_json_member_bool(&b, "more", s->more);
	tq_buf_str(&b, "}\n");
	return sv_answer_json(r, 200, &b);
}

static enum MHD_Result
not_whole(struct sv_req *r)
{
	return sv_answer_problem(r, TQ_P_FORBIDDEN,
	    "the key is for some queues or types only", NULL);
}

enum MHD_Result
sv_sweep_run(struct sv_req *r)
{
	return sv_may_whole(r, NULL) ? sv_operate(r, sweep, answer_sweep) :
	    not_whole(r);
}

static void
put_finding(void *arg, const struct tq_finding *f)
{
	static const char *const levels[] = { [TQ_LEVEL_OK] = "ok",
	    [TQ_LEVEL_NOTE] = "note", [TQ_LEVEL_WARN] = "warn",
	    [TQ_LEVEL_FAIL] = "fail" };
	struct tq_buf *b = arg;

	if (b->data[b->len - 1] != '[')
		tq_buf_chr(b, ',');
	tq_buf_chr(b, '{');
	tq_json_member_str(b, "level", levels[f->level]);
	tq_json_member_str(b, "subject", f->subject);
	tq_json_member_str(b, "text", f->text);
	tq_json_member_str(b, "remedy", f->remedy);
	tq_buf_chr(b, '}');
}

static int
look(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	enum tq_level worst = TQ_LEVEL_OK;

	(void)st;
	r->out.max = TEXT_MAX;
	tq_buf_str(&r->out, "{\"findings\":[");
	if (tq_store_doctor(r->s->store_url, r->s->env, put_finding, &r->out,
	    &worst, err) == -1)
		return -1;
	tq_buf_str(&r->out, "]}\n");
	return 0;
}

static enum MHD_Result
answer_findings(struct sv_req *r)
{
	return r->op.rc == -1 ? sv_answer_err(r, &r->op.err) :
	    sv_answer_json(r, 200, &r->out);
}

enum MHD_Result
sv_findings_run(struct sv_req *r)
{
	return sv_may_whole(r, NULL) ? sv_operate(r, look, answer_findings) :
	    not_whole(r);
}

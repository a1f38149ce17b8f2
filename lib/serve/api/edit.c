/* lib/serve/api/edit.c -- PATCH /v1/tasks/{id}: hold, or change, what waits. */
#include <string.h>

#include "serve/api/inside.h"
#include "task/builtin.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"

#define ANSWER_MAX	(2 * TQ_PAYLOAD_MAX + 1024 * 1024)

struct edit {
	struct tq_task	 to;
	unsigned	 set;		/* TQ_SET_... */
	struct tq_answer answer;
	bool		 changed;	/* If-Match was of another state */
};

/* The fields to be changed over HTTP: never those a command is run with. */
static const struct {
	const char	*name;
	unsigned	 set;
} members[] = {
	{ "held", TQ_SET_HELD }, { "payload", TQ_SET_PAYLOAD },
	{ "payloadKind", TQ_SET_PAYLOAD }, { "prio", TQ_SET_PRIO },
	{ "delay", TQ_SET_NOT_BEFORE }, { "notBefore", TQ_SET_NOT_BEFORE },
	{ "expiresAt", TQ_SET_EXPIRES }, { "timeout", TQ_SET_TIMEOUT },
	{ "maxAttempts", TQ_SET_MAX_ATTEMPTS }, { "backoff", TQ_SET_BACKOFF },
	{ "backoffCap", TQ_SET_BACKOFF }, { "labels", TQ_SET_LABELS },
	{ "group", TQ_SET_GROUP }, { "keep", TQ_SET_KEEP },
};

static int
take_member(struct edit *e, struct tq_span key, struct tq_span v,
    struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(512);
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (tq_json_key_is(key, members[i].name)) {
			e->set |= members[i].set;
			return members[i].set != TQ_SET_HELD ||
			    tq_json_bool(v, &e->to.held) ? 0 : tq_err_set(err,
			    TQ_AT_PARSE, TQ_E_DATA,
			    "held: must be true or false");
		}
	tq_visible(&b, key, 60);
	tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "\"%s\" can't be changed",
	    b.data == NULL ? "" : b.data);
	tq_buf_free(&b);
	return -1;
}

static int
take_body(struct sv_req *r, struct edit *e, struct tq_err *err)
{
	/* Of no type yet: the record's is asked when it was read. */
	static const struct tq_task def = { .queue = "default", .type = "x" };
	struct tq_span text = tq_buf_span(&r->body), k, v;
	struct tq_json_iter it;
	const char *key = NULL;
	bool held;

	if (tq_task_parse(text, &def, tq_wall_ms(r->s->env), &r->arena,
	    &e->to, &key, err) == -1)
		return -1;
	it = tq_json_iter(text);
	while (tq_json_next(&it, &k, &v))
		if (take_member(e, k, v, err) == -1)
			return -1;
	held = (e->set & TQ_SET_HELD) != 0;
	if (held && e->set != TQ_SET_HELD)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "held: goes alone");
	return e->set != 0 ? 0 : tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
	    "nothing is to be changed");
}

static int
work(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	const char *match = sv_header(r, "If-Match");
	struct edit *e = r->data;
	struct tq_edit in = { { r->task_id, 0 }, e->set, &e->to };

	if (sv_read_task(r, st, err) == -1 || r->task == NULL)
		return r->task == NULL ? 0 : -1;
	e->changed = match != NULL && !tq_etag_match(match,
	    sv_etag(r, r->task));
	if (e->changed)
		return 0;
	if ((e->set & TQ_SET_PAYLOAD) != 0 &&
	    e->to.payload_kind == TQ_KIND_JSON && tq_builtin_check(
	    r->task->type, e->to.payload, err) == -1)
		return -1;
	if (match != NULL && strcmp(match, "*") != 0)
		in.ref.rev = r->task->rev;
	if (tq_store_edit(st, &in, 1, &e->answer, err) == -1)
		return -1;
	return e->answer.code == TQ_OK ? sv_read_task(r, st, err) : 0;
}

static enum MHD_Result
answer_record(struct sv_req *r)
{
	struct tq_buf b = TQ_BUF_INIT(ANSWER_MAX);
	struct MHD_Response *resp;
	int64_t n;

	sv_task_write(r, r->task, &b);
	tq_buf_chr(&b, '\n');
	n = (int64_t)b.len;
	if ((resp = sv_answer_of(&b, "application/json")) == NULL)
		return MHD_NO;
	sv_answer_header(resp, "ETag", sv_etag(r, r->task));
	return sv_answer(r, 200, resp, n);
}

static enum MHD_Result
answer(struct sv_req *r)
{
	const struct edit *e = r->data;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (r->task == NULL || e->answer.code == TQ_E_NOTFOUND)
		return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(
		    &r->arena, "no such task %s", r->task_id), NULL);
	if (e->changed)
		return sv_answer_problem(r, TQ_P_PRECONDITION,
		    "If-Match: the task is in another state", NULL);
	if (e->answer.code == TQ_E_DATA)
		return sv_answer_problem(r, TQ_P_DATA, "maxAttempts: must be "
		    "above the attempts already made", NULL);
	if (e->answer.code != TQ_OK)
		return sv_answer_problem(r, tq_problem_of(e->answer.code),
		    tq_arena_fmt(&r->arena, "task %s is %s", r->task_id,
		    tq_status_name(e->answer.status)), NULL);
	return answer_record(r);
}

enum MHD_Result
sv_edit_run(struct sv_req *r)
{
	struct edit *e = tq_arena_alloc(&r->arena, sizeof(*e));
	struct tq_err err = TQ_ERR_INIT;

	if (take_body(r, e, &err) == -1)
		return sv_answer_err(r, &err);
	r->data = e;
	r->with = TQ_WITH_PAYLOAD | TQ_WITH_RESULT;
	return sv_operate(r, work, answer);
}

/*
 * lib/serve/api/upload.c -- POST /v1/uploads: bytes that go to the store past
 * this server, by an address that is signed for them.
 * uploaded.c has what becomes of them.
 */
#include <inttypes.h>
#include <string.h>

#include "serve/api/inside.h"
#include "store/offer.h"
#include "task/input.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

#define VALID_MS	INT64_C(3600000)

struct offer {
	struct tq_task	 task;		/* to be: queue, type, id, input */
	int64_t		 size;
	const char	*url;
};

/* -- the request ----------------------------------------------------------- */

static int
bad(struct tq_err *err, const char *name, const char *what)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "%s: %s", name, what);
}

static int
take_size(struct offer *o, struct tq_span v, struct tq_err *err)
{
	if (!tq_json_int(v, &o->size) || o->size < 1)
		return bad(err, "size", "must be a number of bytes, from 1");
	return o->size <= (int64_t)TQ_OUTPUT_MAX ? 0 : tq_err_set(err,
	    TQ_AT_PARSE, TQ_E_TOOBIG, "size: is over the limit of 5 GiB");
}

static int
take_member(struct sv_req *r, struct offer *o, struct tq_span key,
    struct tq_span v, struct tq_err *err)
{
	const struct { const char *name, **to; } members[] = {
		{ "queue", &o->task.queue }, { "type", &o->task.type },
		{ "taskId", &o->task.id },
	};
	struct tq_span s;
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (!tq_json_key_is(key, members[i].name))
			continue;
		if (!tq_json_str(v, &r->arena, &s) || strlen(s.p) != s.n)
			return bad(err, members[i].name, "must be a string");
		*members[i].to = s.p;
		return 0;
	}
	return tq_json_key_is(key, "size") ? take_size(o, v, err) :
	    tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "the members of an upload "
	    "are type, size, queue and taskId");
}

static int
take_body(struct sv_req *r, struct offer *o, struct tq_err *err)
{
	struct tq_span text = tq_buf_span(&r->body), k, v;
	struct tq_json_iter it;

	if (tq_json_check(text, err) == -1)
		return -1;
	if (tq_json_kind(text) != TQ_JSON_OBJECT)
		return bad(err, "body", "must be an object");
	it = tq_json_iter(text);
	while (tq_json_next(&it, &k, &v))
		if (take_member(r, o, k, v, err) == -1)
			return -1;
	if (o->task.type == NULL)
		return bad(err, "type", "is missing");
	if (o->size == 0)
		return bad(err, "size", "is missing");
	return tq_task_check(&o->task, err);
}

/* -- the answer ------------------------------------------------------------ */

static int
make_offer(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct tq_buf url = TQ_BUF_INIT(16 * 1024);
	struct offer *o = r->data;
	int rc = tq_store_queue(st, o->task.queue, err);

	if (rc == 0)
		rc = tq_store_offer(st, o->task.input, o->size, VALID_MS,
		    &url, err);
	if (rc == 0)
		o->url = tq_arena_dup(&r->arena, url.data, url.len);
	tq_buf_free(&url);
	return rc;
}

static enum MHD_Result
answer_offer(struct sv_req *r)
{
	const struct offer *o = r->data;
	struct tq_buf b = TQ_BUF_INIT(32 * 1024);

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	tq_buf_chr(&b, '{');
	tq_json_member_str(&b, "taskId", o->task.id);
	tq_json_member_str(&b, "queue", o->task.queue);
	tq_json_member_str(&b, "type", o->task.type);
	tq_json_member_str(&b, "input", o->task.input);
	tq_json_member_str(&b, "method", "PUT");
	tq_json_member_str(&b, "url", o->url);
	tq_buf_fmt(&b, ",\"headers\":{\"Content-Length\":\"%" PRId64 "\","
	    "\"If-None-Match\":\"*\"}", o->size);
	tq_json_member_time(&b, "expiresAt", tq_wall_ms(r->s->env) + VALID_MS);
	tq_buf_str(&b, "}\n");
	return sv_answer_json(r, 201, &b);
}

enum MHD_Result
sv_upload_run(struct sv_req *r)
{
	struct offer *o = tq_arena_alloc(&r->arena, sizeof(*o));
	struct tq_err err = TQ_ERR_INIT;
	const char *why;

	*o = (struct offer){ .task = { .queue = "default" } };
	if (!r->s->offers)
		return sv_answer_problem(r, TQ_P_NOT_HERE, "this store has no "
		    "address of its own for uploads; send the bytes as the "
		    "body of POST /v1/tasks", NULL);
	if (take_body(r, o, &err) == -1)
		return sv_answer_err(r, &err);
	if (!sv_submit_may(r, &o->task, &why))
		return sv_answer_problem(r, TQ_P_FORBIDDEN, why, NULL);
	if (sv_submit_new_id(r, &o->task, NULL) == -1)
		return MHD_NO;
	o->task.input = sv_submit_input(r, &o->task);
	r->task_id = o->task.id;
	r->data = o;
	return sv_read(r, make_offer, SV_SLOW, answer_offer);
}

/* lib/serve/server/answer.c -- answers and errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/server/inside.h"

#define PROBLEM_MAX	(64 * 1024)

void
sv_answer_header(struct MHD_Response *resp, const char *name, const char *value)
{
	MHD_add_response_header(resp, name, value);
}

static void
put_cors(struct sv_req *r, struct MHD_Response *resp)
{
	if (r->s->o->ncors > 0)
		sv_answer_header(resp, "Vary", "Origin");
	if (r->origin == NULL)
		return;
	sv_answer_header(resp, "Access-Control-Allow-Origin", r->origin);
	sv_answer_header(resp, "Access-Control-Expose-Headers",
	    "Location, ETag, "
	    "Link, Retry-After, X-Request-Id, Idempotency-Replayed, "
	    "Preference-Applied, Content-Disposition");
}

enum MHD_Result
sv_answer(
    struct sv_req *r, int status, struct MHD_Response *resp, int64_t bytes)
{
	enum MHD_Result rc;

	if (resp == NULL)
		return MHD_NO;
	sv_answer_header(resp, "X-Request-Id", r->id);
	sv_answer_header(resp, "X-Content-Type-Options", "nosniff");
	if (MHD_get_response_header(resp, "Cache-Control") == NULL)
		sv_answer_header(resp, "Cache-Control", "no-store");
	if (r->content_range != NULL)
		sv_answer_header(resp, "Content-Range", r->content_range);
	if (r->prefer != NULL)
		sv_answer_header(resp, "Preference-Applied", r->prefer);
	put_cors(r, resp);
	if (sv_stopping(r->s) || r->close)
		sv_answer_header(resp, "Connection", "close");
	else
		sv_answer_header(resp, "Keep-Alive", r->s->keep_alive);
	r->status = status;
	r->bytes = bytes;
	if (bytes >= 0)
		sv_conn_deadline(r, SV_ANSWER_MS + bytes / SV_ANSWER_RATE);
	rc = MHD_queue_response(r->mc, (unsigned)status, resp);
	MHD_destroy_response(resp);
	return rc;
}

struct MHD_Response *
sv_answer_of(struct tq_buf *b, const char *type)
{
	struct MHD_Response *resp = NULL;

	if (!b->failed)
		resp = MHD_create_response_from_buffer(b->len, b->data,
		    MHD_RESPMEM_MUST_FREE);
	if (resp == NULL) {
		tq_buf_free(b);
		return NULL;
	}
	if (type != NULL)
		sv_answer_header(resp, "Content-Type", type);
	*b = (struct tq_buf)TQ_BUF_INIT(0);
	return resp;
}

enum MHD_Result
sv_answer_buf(struct sv_req *r, int status, const char *type, struct tq_buf *b)
{
	int64_t bytes = (int64_t)b->len;

	return sv_answer(r, status, sv_answer_of(b, type), bytes);
}

enum MHD_Result
sv_answer_json(struct sv_req *r, int status, struct tq_buf *b)
{
	return sv_answer_buf(r, status, "application/json", b);
}

enum MHD_Result
sv_answer_empty(struct sv_req *r, int status)
{
	return sv_answer(r, status, MHD_create_response_from_buffer(0, NULL,
	    MHD_RESPMEM_PERSISTENT), 0);
}

enum MHD_Result
sv_answer_same(struct sv_req *r, const char *tag)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(0, NULL,
	    MHD_RESPMEM_PERSISTENT);

	if (resp == NULL)
		return MHD_NO;
	sv_answer_header(resp, "ETag", tag);
	sv_answer_header(resp, "Cache-Control", "no-cache");
	return sv_answer(r, 304, resp, 0);
}

enum MHD_Result
sv_answer_problem(struct sv_req *r, enum tq_problem_id id, const char *detail,
    const char *extra)
{
	const struct tq_dialect *d = r->route != NULL ? r->route->dialect :
	    NULL;
	int status = tq_problems[id].status;
	struct tq_buf b = TQ_BUF_INIT(PROBLEM_MAX);
	struct MHD_Response *resp;
	char pointer[64];
	int64_t n;
	const char *type = "application/problem+json";
	bool has = id == TQ_P_DATA || id == TQ_P_TOO_BIG;

	if (d != NULL)
		status = r->s->o->api->error(d, id, detail, r->uri.path,
		    tq_wall_ms(r->s->env), &b, &type);
	else
		tq_problem_write(&b, id, detail, has && tq_problem_pointer(
		    detail, pointer, sizeof(pointer)) ? pointer : NULL, r->id);
	n = (int64_t)b.len;
	resp = sv_answer_of(&b, type);
	if (resp == NULL)
		return MHD_NO;
	if (status == 401)
		sv_answer_header(
		    resp, "WWW-Authenticate", "Bearer realm=\"tq\"");
	if (status == 429 || status == 503)
		sv_answer_header(resp, "Retry-After", "2");
	if (extra != NULL)
		sv_answer_header(resp, "Allow", extra);
	return sv_answer(r, status, resp, n);
}

enum MHD_Result
sv_answer_crowded(struct sv_req *r)
{
	r->close = true;
	return sv_answer_problem(r, TQ_P_BUSY, "too many wait already", NULL);
}

enum MHD_Result
sv_answer_no_range(struct sv_req *r, int64_t size)
{
	r->content_range = tq_arena_fmt(&r->arena, "bytes */%lld",
	    (long long)size);
	return sv_answer_problem(r, TQ_P_RANGE, "Range: there are no such "
	    "bytes", NULL);
}

enum MHD_Result
sv_answer_refused(struct sv_req *r)
{
	const char *detail;
	enum tq_problem_id id = tq_problem_refused(r->tasks, r->op.out->code,
	    r->op.out->parent,
	    &r->arena, &detail);

	return sv_answer_problem(r, id, detail, NULL);
}

enum MHD_Result
sv_answer_err(struct sv_req *r, const struct tq_err *err)
{
	return sv_answer_problem(r, tq_problem_of(err->code), err->msg, NULL);
}

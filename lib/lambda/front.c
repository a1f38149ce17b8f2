/* lib/lambda/front.c -- see front.h. */
#include "lambda/front.h"

#include <string.h>
#include <strings.h>

#include "lambda/event.h"
#include "util/json.h"

#define API		"2018-06-01/runtime"
#define INSIDE_MS	29000	/* an HTTP API waits for 30 s */
#define TELL_MS		10000
#define NEXT_MS		(INT64_C(15) * 60000)	/* then asked anew */

/* One request; true: it got an answer.  The result is the caller's to free. */
static bool
ask(struct tq_http *http, const struct tq_http_req *req,
    struct tq_http_res *res)
{
	return tq_http_perform(http, req, 1, res) == 0;
}

static void
tell(const struct tq_lambda_front *f, struct tq_http *http, const char *id,
    const char *how, struct tq_span body, struct tq_arena *a)
{
	const struct tq_http_header type = { "Content-Type",
	    "application/json" };
	struct tq_http_req req = { .method = "POST", .direct = true,
	    .headers = &type, .nheaders = 1, .body = body,
	    .timeout_ms = TELL_MS,
	    .url = tq_arena_fmt(a, "http://%s/" API "/invocation/%s/%s",
	    f->runtime, id, how) };
	struct tq_http_res res;

	/* What can't be told, Lambda finds out by its own timeout. */
	(void)ask(http, &req, &res);
	tq_http_res_free(&res);
}

static void
tell_error(const struct tq_lambda_front *f, struct tq_http *http,
    const char *id, const struct tq_err *err, struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(16 * 1024);

	tq_buf_chr(&b, '{');
	tq_json_member_str(&b, "errorMessage", err->msg);
	tq_json_member_str(&b, "errorType", "tq.Event");
	tq_buf_chr(&b, '}');
	tell(f, http, id, "error", tq_buf_span(&b), a);
	tq_buf_free(&b);
}

/* Asked with an authorizer's word, its own Authorization is not ours. */
static void
use_key(const struct tq_lambda_front *f, struct tq_lambda_event *e,
    struct tq_arena *a)
{
	size_t i, k = 0;

	if (!e->authorized)
		return;
	for (i = 0; i < e->nheaders; i++)
		if (strcasecmp(e->headers[i].name, "authorization") != 0 &&
		    strcasecmp(e->headers[i].name, "cookie") != 0)
			e->headers[k++] = e->headers[i];
	e->nheaders = k;
	e->headers[e->nheaders++] = (struct tq_http_header){ "Authorization",
	    tq_arena_fmt(a, "Bearer %s", f->keys[e->scopes]) };
}

static void
serve(const struct tq_lambda_front *f, struct tq_http *http,
    struct tq_lambda_event *e, struct tq_arena *a, struct tq_buf *out)
{
	struct tq_http_req req = { .method = e->method, .direct = true,
	    .headers = e->headers, .body = e->body, .timeout_ms = INSIDE_MS,
	    .url = tq_arena_fmt(a, "http://localhost:%u%s", f->port,
	    e->target) };
	struct tq_http_res res;

	if (e->stream) {
		tq_lambda_problem(e, 501, "no-stream", "a Lambda function can't "
		    "stream events; ask for /v1/tasks/ID?wait=25s instead",
		    out);
		return;
	}
	use_key(f, e, a);
	/* A thawed function finds its old connections dead. */
	e->headers[e->nheaders++] = (struct tq_http_header){ "Connection",
	    "close" };
	req.nheaders = e->nheaders;
	if (ask(http, &req, &res))
		tq_lambda_answer(e, &res, out);
	else
		tq_lambda_problem(e, 504, "timeout", "no answer in time", out);
	tq_http_res_free(&res);
}

static void
one(const struct tq_lambda_front *f, struct tq_http *http,
    const struct tq_http_res *next)
{
	struct tq_buf out = TQ_BUF_INIT(16u * 1024 * 1024);
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	const char *id = tq_http_get(next, "Lambda-Runtime-Aws-Request-Id");
	struct tq_lambda_event *e = tq_arena_alloc(&a, sizeof(*e));

	if (id == NULL)
		id = "unknown";
	if (tq_lambda_event_read(tq_buf_span(&next->body), f->port, &a, e,
	    &err) == -1) {
		tell_error(f, http, id, &err, &a);
	} else {
		serve(f, http, e, &a, &out);
		tell(f, http, id, "response", tq_buf_span(&out), &a);
	}
	tq_buf_free(&out);
	tq_arena_free(&a);
}

static int
run(const struct tq_lambda_front *f, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_http_req req = { .method = "GET", .direct = true,
	    .timeout_ms = NEXT_MS, .url = tq_arena_fmt(&a, "http://%s/" API
	    "/invocation/next", f->runtime) };
	struct tq_http_opts opts = { .conns = 2 };
	struct tq_http_res next;
	struct tq_http *http;
	bool gone = false;

	if (tq_http_new(&opts, &http, err) == -1) {
		tq_arena_free(&a);
		return -1;
	}
	while (!gone) {
		if (ask(http, &req, &next) && next.status == 200)
			one(f, http, &next);
		else if (next.err.code != TQ_E_TIMEOUT)
			gone = true;
		if (gone)
			tq_err_set(err, TQ_AT_RECEIVE, TQ_E_UNAVAILABLE,
			    "Lambda's Runtime API at %s: %s", f->runtime,
			    next.err.code != TQ_OK ? next.err.msg :
			    "no event but an error");
		tq_http_res_free(&next);
	}
	tq_http_free(http);
	tq_arena_free(&a);
	return -1;
}

const struct tq_lambda_module tq_lambda_module = { TQ_LAMBDA_VERSION, run };

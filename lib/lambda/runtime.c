/* lib/lambda/runtime.c -- see runtime.h. */
#include "lambda/runtime.h"

#include "net/http.h"
#include "util/json.h"
#include "util/str.h"

#define API		"2018-06-01/runtime"
#define TELL_MS		10000
#define NEXT_MS		(INT64_C(15) * 60000)	/* then asked anew */

struct runtime {
	const char	*at;		/* HOST:PORT */
	struct tq_http	*http;
};

/* POST ${body} to ${path}.  What can't be told, Lambda finds out by its own
   timeout. */
static void
tell(const struct runtime *r, const char *path, struct tq_span body,
    struct tq_arena *a)
{
	const struct tq_http_header head[] = {
		{ "Content-Type", "application/json" },
		{ "Lambda-Runtime-Function-Error-Type", "tq.Event" },
	};
	struct tq_http_req req = { .method = "POST", .direct = true,
	    .headers = head, .nheaders = tq_str_ends(path, "/error") ? 2 : 1,
	    .body = body, .timeout_ms = TELL_MS,
	    .url = tq_arena_fmt(a, "http://%s/" API "/%s", r->at, path) };
	struct tq_http_res res;

	tq_http_perform(r->http, &req, 1, &res);
	tq_http_res_free(&res);
}

static void
tell_error(const struct runtime *r, const char *path,
    const struct tq_err *err, struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(16 * 1024);

	tq_buf_chr(&b, '{');
	tq_json_member_str(&b, "errorMessage", err->msg);
	tq_json_member_str(&b, "errorType", "tq.Event");
	tq_buf_chr(&b, '}');
	tell(r, path, tq_buf_span(&b), a);
	tq_buf_free(&b);
}

static void
handle(const struct runtime *r, const struct tq_http_res *next,
    tq_lambda_fn *fn, void *arg)
{
	struct tq_buf out = TQ_BUF_INIT(16u * 1024 * 1024);
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	const char *by = tq_http_get(next, "Lambda-Runtime-Deadline-Ms");
	struct tq_lambda_call c = {
	    .id = tq_http_get(next, "Lambda-Runtime-Aws-Request-Id"),
	    .trace = tq_http_get(next, "Lambda-Runtime-Trace-Id"),
	    .event = tq_buf_span(&next->body) };

	if (c.id == NULL)
		c.id = "unknown";
	if (by != NULL)
		(void)tq_str_int(by, 0, INT64_MAX, &c.deadline_ms);
	if (fn(arg, &c, &out, &err) == -1)
		tell_error(r, tq_arena_fmt(&a, "invocation/%s/error", c.id),
		    &err, &a);
	else
		tell(r, tq_arena_fmt(&a, "invocation/%s/response", c.id),
		    tq_buf_span(&out), &a);
	tq_buf_free(&out);
	tq_arena_free(&a);
}

int
tq_lambda_loop(const char *runtime, tq_lambda_fn *fn, void *arg,
    struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_http_req req = { .method = "GET", .direct = true,
	    .timeout_ms = NEXT_MS, .url = tq_arena_fmt(&a, "http://%s/" API
	    "/invocation/next", runtime) };
	struct tq_http_opts opts = { .conns = 1 };
	struct runtime r = { .at = runtime };
	struct tq_http_res next;
	bool gone = tq_http_new(&opts, &r.http, err) == -1;

	while (!gone) {
		tq_http_perform(r.http, &req, 1, &next);
		if (next.status == 200)
			handle(&r, &next, fn, arg);
		else if (next.err.code != TQ_E_TIMEOUT)
			gone = true;
		if (gone)
			tq_err_set(err, TQ_AT_RECEIVE, TQ_E_UNAVAILABLE,
			    "Lambda's Runtime API at %s: %s", runtime,
			    next.err.code != TQ_OK ? next.err.msg :
			    "no event but an error");
		tq_http_res_free(&next);
	}
	tq_http_free(r.http);
	tq_arena_free(&a);
	return -1;
}

void
tq_lambda_unready(const char *runtime, const struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_http_opts opts = { .conns = 1 };
	struct runtime r = { .at = runtime };

	if (tq_http_new(&opts, &r.http, NULL) == 0)
		tell_error(&r, "init/error", err, &a);
	tq_http_free(r.http);
	tq_arena_free(&a);
}

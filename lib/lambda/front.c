/* lib/lambda/front.c -- see front.h. */
#include "lambda/front.h"

#include <string.h>
#include <strings.h>

#include "lambda/event.h"
#include "lambda/runtime.h"

#define INSIDE_MS	29000	/* an HTTP API waits for 30 s */

struct asking {
	const struct tq_lambda_front *f;
	struct tq_http	*http;		/* to the server */
};

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
	e->headers[e->nheaders++] = (struct tq_http_header){ TQ_LAMBDA_MOST,
	    tq_arena_fmt(a, "%zu", tq_lambda_most(e->form)) };
	req.nheaders = e->nheaders;
	if (tq_http_perform(http, &req, 1, &res) == 0)
		tq_lambda_answer(e, &res, out);
	else
		tq_lambda_problem(e, 504, "timeout", "no answer in time", out);
	tq_http_res_free(&res);
}

static int
one(void *arg, const struct tq_lambda_call *c, struct tq_buf *out,
    struct tq_err *err)
{
	const struct asking *w = arg;
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_lambda_event *e = tq_arena_alloc(&a, sizeof(*e));
	int rc = tq_lambda_event_read(c->event, w->f->port, &a, e, err);

	if (rc == 0)
		serve(w->f, w->http, e, &a, out);
	tq_arena_free(&a);
	return rc;
}

int
tq_lambda_front(const struct tq_lambda_front *f, struct tq_err *err)
{
	struct tq_http_opts opts = { .conns = 1 };
	struct asking w = { .f = f };
	int rc = tq_http_new(&opts, &w.http, err);

	if (rc == 0)
		rc = tq_lambda_loop(f->runtime, one, &w, err);
	tq_http_free(w.http);
	return rc;
}

/* lib/net/ecs.c -- see ecs.h. */
#include "net/ecs.h"

#include "net/http.h"
#include "util/json.h"

#define ANSWER_MS	3000

/* What the agent said: {"failure":{"Reason":...}}, {"error":{"Message":...}}. */
static int
refused(const struct tq_http_res *res, struct tq_err *err)
{
	struct tq_span body = tq_buf_span(&res->body);

	if (body.n > 300)
		body.n = 300;
	return tq_err_set(err, TQ_AT_SEND, TQ_E_DENIED, "ECS does not protect "
	    "this task: status %d: %.*s", res->status, (int)body.n,
	    body.p != NULL ? body.p : "");
}

static int
protect(const char *agent, int minutes, struct tq_err *err)
{
	const struct tq_http_header type = { "Content-Type",
	    "application/json" };
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_http_opts opts = { .conns = 1, .connect_ms = ANSWER_MS };
	struct tq_http_req req = { .method = "PUT", .direct = true,
	    .url = tq_arena_fmt(&a, "%s/task-protection/v1/state", agent),
	    .headers = &type, .nheaders = 1, .timeout_ms = ANSWER_MS };
	struct tq_http_res res = { .status = 0 };
	struct tq_http *http;
	struct tq_span failure;
	int rc = tq_http_new(&opts, &http, err);

	req.body = tq_span_of(minutes == 0 ? "{\"ProtectionEnabled\":false}" :
	    tq_arena_fmt(&a, "{\"ProtectionEnabled\":true,"
	    "\"ExpiresInMinutes\":%d}", minutes));
	if (rc == 0 && tq_http_perform(http, &req, 1, &res) > 0) {
		if (err != NULL)
			*err = res.err;
		rc = -1;
	} else if (rc == 0 && (res.status != 200 ||
	    tq_json_check(tq_buf_span(&res.body), NULL) == -1 ||
	    tq_json_kind(tq_buf_span(&res.body)) != TQ_JSON_OBJECT ||
	    tq_json_get(tq_buf_span(&res.body), "failure", &failure))) {
		rc = refused(&res, err);
	}
	tq_http_res_free(&res);
	tq_http_free(http);
	tq_arena_free(&a);
	return rc;
}

const struct tq_ecs_module tq_ecs_module = { TQ_ECS_VERSION, protect };

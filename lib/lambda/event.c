/* lib/lambda/event.c -- see event.h: payload format 2.0, and which it is. */
#include "lambda/event.h"
#include "lambda/parts.h"

#include <string.h>

#include "util/json.h"

#define NO_REQUEST	"not a request of an HTTP API, a REST API or a load " \
	"balancer"

/* -- cookies --------------------------------------------------------------- */

/* They come apart from the headers. */
static const char *
cookies_of(struct tq_span event, struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);
	struct tq_span list, key, val, s;
	const char *out = NULL;
	struct tq_json_iter it;

	if (!tq_json_get(event, "cookies", &list) ||
	    tq_json_kind(list) != TQ_JSON_ARRAY)
		return NULL;
	it = tq_json_iter(list);
	while (tq_json_next(&it, &key, &val))
		if (tq_json_str(val, a, &s))
			tq_buf_fmt(&b, "%s%s", b.len > 0 ? "; " : "", s.p);
	if (b.len > 0 && !b.failed)
		out = tq_arena_dup(a, b.data, b.len);
	tq_buf_free(&b);
	return out;
}

/* -- who ------------------------------------------------------------------- */

static void
read_jwt(struct tq_lambda_event *e, struct tq_span jwt, struct tq_arena *a)
{
	struct tq_span claims, list, key, val, s;
	struct tq_json_iter it;

	e->authorized = true;
	if (tq_json_get(jwt, "claims", &claims) &&
	    tq_json_kind(claims) == TQ_JSON_OBJECT)
		e->scopes |= lm_scopes(lm_text(claims, "scope", a));
	if (!tq_json_get(jwt, "scopes", &list) ||
	    tq_json_kind(list) != TQ_JSON_ARRAY)
		return;
	it = tq_json_iter(list);
	while (tq_json_next(&it, &key, &val))
		if (tq_json_str(val, a, &s))
			e->scopes |= lm_scopes(s.p);
}

static void
read_authorizer(struct tq_lambda_event *e, struct tq_span context,
    struct tq_arena *a)
{
	struct tq_span who, v;

	if (!tq_json_get(context, "authorizer", &who) ||
	    tq_json_kind(who) != TQ_JSON_OBJECT)
		return;
	if (tq_json_get(who, "jwt", &v) && tq_json_kind(v) == TQ_JSON_OBJECT)
		read_jwt(e, v, a);
	if (tq_json_get(who, "lambda", &v) &&
	    tq_json_kind(v) == TQ_JSON_OBJECT) {
		e->authorized = true;
		e->scopes |= lm_scopes(lm_text(v, "scope", a));
	}
	/* IAM says which callers may: execute-api:Invoke on each route. */
	if (tq_json_get(who, "iam", &v) && tq_json_kind(v) == TQ_JSON_OBJECT) {
		e->authorized = true;
		e->scopes |= TQ_LAMBDA_ADMIN | TQ_LAMBDA_OPERATE;
	}
}

/* -- all of it ------------------------------------------------------------- */

/* An event of an HTTP API or a function URL. */
static int
read_http_api(struct tq_lambda_event *e, struct tq_span text, unsigned port,
    struct tq_arena *a, struct tq_err *err)
{
	struct tq_span context, http, headers;
	const char *path, *ip, *cookies, *host;

	if (!tq_json_get(text, "requestContext", &context) ||
	    tq_json_kind(context) != TQ_JSON_OBJECT ||
	    !tq_json_get(context, "http", &http) ||
	    tq_json_kind(http) != TQ_JSON_OBJECT)
		return lm_bad(err, NO_REQUEST);
	e->method = lm_text(http, "method", a);
	path = lm_text(text, "rawPath", a);
	if (e->method == NULL || path == NULL || *path != '/')
		return lm_bad(err, "no method, or no path");
	if (lm_target(e, path, lm_text(text, "rawQueryString", a), a, err) == -1)
		return -1;
	host = lm_text(context, "domainName", a);
	if (tq_json_get(text, "headers", &headers) &&
	    tq_json_kind(headers) == TQ_JSON_OBJECT &&
	    lm_headers(e, headers, host, port, a, err) == -1)
		return -1;
	if ((cookies = cookies_of(text, a)) != NULL)
		lm_add(e, "Cookie", cookies);
	if ((ip = lm_text(http, "sourceIp", a)) != NULL)
		lm_add(e, "X-Forwarded-For", ip);
	lm_add(e, "X-Forwarded-Proto", "https");
	read_authorizer(e, context, a);
	return lm_body(e, text, a, err);
}

int
tq_lambda_event_read(struct tq_span text, unsigned port, struct tq_arena *a,
    struct tq_lambda_event *e, struct tq_err *err)
{
	struct tq_span v;
	int rc;

	memset(e, 0, sizeof(*e));
	if (tq_json_check(text, err) == -1)
		return -1;
	if (tq_json_kind(text) != TQ_JSON_OBJECT)
		return lm_bad(err, NO_REQUEST);
	rc = tq_json_get(text, "httpMethod", &v) ?
	    lm_rest(e, text, port, a, err) :
	    read_http_api(e, text, port, a, err);
	return rc == -1 ? -1 : lm_sendable(e, err);
}

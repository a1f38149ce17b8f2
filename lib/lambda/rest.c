/*
 * lib/lambda/rest.c -- events of a REST API (payload format 1.0) and of a load
 * balancer, which are nearly the same.
 *
 * Source: API Gateway Developer Guide, "Input format of a Lambda function for
 * proxy integration"; Elastic Load Balancing User Guide, "Lambda functions as
 * targets".  A REST API passes parameters decoded, a load balancer as they
 * came.
 */
#include <string.h>
#include <strings.h>

#include "lambda/parts.h"
#include "util/json.h"

static void
put_one(const char *name, struct tq_span val, bool decoded, struct tq_arena *a,
    struct tq_buf *out)
{
	/* Of a balancer only what can't stand in a line is encoded. */
	const char *also = decoded ? "" : "%!$'()*+,;:@/?=";
	struct tq_span s;

	if (!tq_json_str(val, a, &s))
		return;
	if (out->len > 0)
		tq_buf_chr(out, '&');
	lm_encode(name, also, out);
	if (s.n > 0) {
		tq_buf_chr(out, '=');
		lm_encode(s.p, also, out);
	}
}

/* The query of either member, NULL when there is none.  -1: it is too long. */
static int
query_of(struct tq_span event, bool decoded, struct tq_arena *a,
    const char **out, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);
	struct tq_span params, key, val, none, one, name;
	struct tq_json_iter it, list;
	int rc;

	*out = NULL;
	if ((!tq_json_get(event, "multiValueQueryStringParameters", &params) ||
	    tq_json_kind(params) != TQ_JSON_OBJECT) &&
	    (!tq_json_get(event, "queryStringParameters", &params) ||
	    tq_json_kind(params) != TQ_JSON_OBJECT))
		return 0;
	it = tq_json_iter(params);
	while (tq_json_next(&it, &key, &val)) {
		/* With its quotes around it, the key is a string to decode. */
		if (!tq_json_str((struct tq_span){ key.p - 1, key.n + 2 }, a,
		    &name))
			continue;
		if (tq_json_kind(val) != TQ_JSON_ARRAY) {
			put_one(name.p, val, decoded, a, &b);
			continue;
		}
		list = tq_json_iter(val);
		while (tq_json_next(&list, &none, &one))
			put_one(name.p, one, decoded, a, &b);
	}
	if (b.len > 0)
		*out = tq_arena_dup(a, b.data, b.len);
	rc = b.failed ? lm_too_long(&b, err) : 0;
	tq_buf_free(&b);
	return rc;
}

/* Cognito's claims, or the flat context that a function returned. */
static void
read_authorizer(struct tq_lambda_event *e, struct tq_span context,
    struct tq_arena *a)
{
	struct tq_span who, claims;

	if (!tq_json_get(context, "authorizer", &who) ||
	    tq_json_kind(who) != TQ_JSON_OBJECT)
		return;
	/* Each function that authorizes says for whom; without one there may
	   be an object too, of nulls. */
	if (lm_text(who, "principalId", a) != NULL) {
		e->authorized = true;
		e->scopes |= lm_scopes(lm_text(who, "scope", a));
	}
	if (tq_json_get(who, "claims", &claims) &&
	    tq_json_kind(claims) == TQ_JSON_OBJECT) {
		e->authorized = true;
		e->scopes |= lm_scopes(lm_text(claims, "scope", a));
	}
}

/* A header's value, of a list the last. */
static const char *
header_of(struct tq_span headers, const char *name, struct tq_arena *a)
{
	struct tq_span list, key, val, s;
	const char *last = lm_text(headers, name, a);
	struct tq_json_iter it;

	if (last != NULL || !tq_json_get(headers, name, &list) ||
	    tq_json_kind(list) != TQ_JSON_ARRAY)
		return last;
	it = tq_json_iter(list);
	while (tq_json_next(&it, &key, &val))
		if (tq_json_str(val, a, &s))
			last = s.p;
	return last;
}

/* The client's address: a REST API tells it; of a balancer's list the last. */
static const char *
client_of(struct tq_span context, struct tq_span headers, struct tq_arena *a)
{
	struct tq_span identity, elb;
	const char *list, *comma;

	if (!tq_json_get(context, "elb", &elb))
		return tq_json_get(context, "identity", &identity) &&
		    tq_json_kind(identity) == TQ_JSON_OBJECT ?
		    lm_text(identity, "sourceIp", a) : NULL;
	if ((list = header_of(headers, "x-forwarded-for", a)) == NULL)
		return NULL;
	comma = strrchr(list, ',');
	return comma == NULL ? list : comma + 1 + strspn(comma + 1, " ");
}

int
lm_rest(struct tq_lambda_event *e, struct tq_span event, unsigned port,
    struct tq_arena *a, struct tq_err *err)
{
	struct tq_span context, headers, elb;
	const char *raw = lm_text(event, "path", a), *query, *host, *ip, *proto;
	bool balancer;

	e->method = lm_text(event, "httpMethod", a);
	if (e->method == NULL || raw == NULL || *raw != '/' ||
	    !tq_json_get(event, "requestContext", &context) ||
	    tq_json_kind(context) != TQ_JSON_OBJECT)
		return lm_bad(err, "no method, no path or no context");
	balancer = tq_json_get(context, "elb", &elb);
	e->multi = tq_json_get(event, "multiValueHeaders", &headers) &&
	    tq_json_kind(headers) == TQ_JSON_OBJECT;
	e->form = balancer ? TQ_LAMBDA_BALANCER : TQ_LAMBDA_REST;
	if (query_of(event, !balancer, a, &query, err) == -1 ||
	    lm_target(e, raw, query, a, err) == -1)
		return -1;
	if (!e->multi && (!tq_json_get(event, "headers", &headers) ||
	    tq_json_kind(headers) != TQ_JSON_OBJECT))
		headers = tq_span_of("{}");
	host = balancer ? header_of(headers, "host", a) :
	    lm_text(context, "domainName", a);
	if (lm_headers(e, headers, host, port, a, err) == -1)
		return -1;
	if ((ip = client_of(context, headers, a)) != NULL)
		lm_add(e, "X-Forwarded-For", ip);
	proto = balancer ? header_of(headers, "x-forwarded-proto", a) : NULL;
	lm_add(e, "X-Forwarded-Proto", proto != NULL ? proto : "https");
	if (!balancer)
		read_authorizer(e, context, a);
	return lm_body(e, event, a, err);
}

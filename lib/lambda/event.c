/* lib/lambda/event.c -- see event.h. */
#include "lambda/event.h"

#include <string.h>
#include <strings.h>

#include "util/hash.h"
#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

static const char *
text_of(struct tq_span obj, const char *key, struct tq_arena *a)
{
	struct tq_span v, s;

	return tq_json_get(obj, key, &v) && tq_json_str(v, a, &s) ? s.p : NULL;
}

static int
bad(struct tq_err *err, const char *what)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "event: %s", what);
}

/* -- the target ------------------------------------------------------------ */

/* One parameter; "wait" no longer than API Gateway would. */
static void
put_param(struct tq_span p, struct tq_arena *a, struct tq_buf *out)
{
	const char *value;
	int64_t ms = TQ_LAMBDA_WAIT_MS;

	if (p.n < 4 || memcmp(p.p, "wait", 4) != 0 ||
	    (p.n > 4 && p.p[4] != '=')) {
		tq_buf_add(out, p.p, p.n);
		return;
	}
	value = p.n > 5 ? tq_arena_dup(a, p.p + 5, p.n - 5) : "";
	/* What is no duration is for the server to refuse. */
	if (*value != '\0' && tq_duration_parse(value, &ms) == -1)
		tq_buf_add(out, p.p, p.n);
	else
		tq_buf_fmt(out, "wait=%lldms", (long long)(ms <
		    TQ_LAMBDA_WAIT_MAX_MS ? ms : TQ_LAMBDA_WAIT_MAX_MS));
}

static const char *
target_of(const char *path, const char *query, struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);
	const char *out;
	size_t n;

	tq_buf_str(&b, path);
	for (; query != NULL && *query != '\0'; query += n + (query[n] != '\0')) {
		n = strcspn(query, "&");
		tq_buf_chr(&b, b.len == strlen(path) ? '?' : '&');
		put_param((struct tq_span){ query, n }, a, &b);
	}
	out = b.failed ? NULL : tq_arena_dup(a, b.data, b.len);
	tq_buf_free(&b);
	return out;
}

/* -- headers --------------------------------------------------------------- */

/* Those of the connection, and those that we say ourselves. */
static bool
left_out(const char *name)
{
	static const char *const names[] = { "connection", "content-length",
	    "expect", "forwarded", "host", "keep-alive", "proxy-authorization",
	    "te", "trailer", "transfer-encoding", "upgrade",
	    "x-forwarded-for", "x-forwarded-prefix", "x-forwarded-proto" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

static void
add_header(struct tq_lambda_event *e, const char *name, const char *value)
{
	e->headers[e->nheaders++] = (struct tq_http_header){ name, value };
}

/* An origin that is the address we were called at is ours. */
static const char *
origin_of(const char *origin, const char *host, unsigned port,
    struct tq_arena *a)
{
	if (host != NULL && tq_str_starts(origin, "https://") &&
	    strcasecmp(origin + strlen("https://"), host) == 0)
		return tq_arena_fmt(a, "http://localhost:%u", port);
	return origin;
}

static int
read_headers(struct tq_lambda_event *e, struct tq_span headers,
    const char *host, unsigned port, struct tq_arena *a, struct tq_err *err)
{
	struct tq_json_iter it = tq_json_iter(headers);
	struct tq_span key, val, s;
	const char *name;

	while (tq_json_next(&it, &key, &val)) {
		name = tq_arena_dup(a, key.p, key.n);
		if (!tq_json_str(val, a, &s))
			return bad(err, "a header is no text");
		if (left_out(name))
			continue;
		if (e->nheaders == TQ_LAMBDA_HEADERS)
			return bad(err, "too many headers");
		if (strcasecmp(name, "accept") == 0 &&
		    strstr(s.p, "text/event-stream") != NULL)
			e->stream = true;
		add_header(e, name, strcasecmp(name, "origin") == 0 ?
		    origin_of(s.p, host, port, a) : s.p);
	}
	return 0;
}

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

static unsigned
scope_bit(const char *p, size_t n)
{
	static const struct {
		const char	*name;
		unsigned	 bit;
	} scopes[] = {
		{ "read", TQ_LAMBDA_READ }, { "submit", TQ_LAMBDA_SUBMIT },
		{ "admin", TQ_LAMBDA_ADMIN },
	};
	size_t i;

	if (n > 3 && memcmp(p, "tq/", 3) == 0) {
		p += 3;
		n -= 3;
	}
	for (i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
		if (strlen(scopes[i].name) == n &&
		    memcmp(scopes[i].name, p, n) == 0)
			return scopes[i].bit;
	return 0;
}

/* "read tq/submit other" */
static unsigned
scopes_of(const char *text)
{
	unsigned bits = 0;
	size_t n;

	for (; text != NULL && *text != '\0'; text += n) {
		text += strspn(text, " ,");
		n = strcspn(text, " ,");
		bits |= scope_bit(text, n);
	}
	return bits;
}

static void
read_jwt(struct tq_lambda_event *e, struct tq_span jwt, struct tq_arena *a)
{
	struct tq_span claims, list, key, val, s;
	struct tq_json_iter it;

	e->authorized = true;
	if (tq_json_get(jwt, "claims", &claims) &&
	    tq_json_kind(claims) == TQ_JSON_OBJECT)
		e->scopes |= scopes_of(text_of(claims, "scope", a));
	if (!tq_json_get(jwt, "scopes", &list) ||
	    tq_json_kind(list) != TQ_JSON_ARRAY)
		return;
	it = tq_json_iter(list);
	while (tq_json_next(&it, &key, &val))
		if (tq_json_str(val, a, &s))
			e->scopes |= scopes_of(s.p);
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
		e->scopes |= scopes_of(text_of(v, "scope", a));
	}
	/* Who may call is IAM's to say: execute-api:Invoke on each route. */
	if (tq_json_get(who, "iam", &v) && tq_json_kind(v) == TQ_JSON_OBJECT) {
		e->authorized = true;
		e->scopes |= TQ_LAMBDA_ADMIN;
	}
}

/* -- all of it ------------------------------------------------------------- */

static int
read_body(struct tq_lambda_event *e, struct tq_span event, struct tq_arena *a,
    struct tq_err *err)
{
	const char *text = text_of(event, "body", a);
	bool base64 = false;
	struct tq_span v;
	char *bytes;
	long n;

	if (tq_json_get(event, "isBase64Encoded", &v))
		tq_json_bool(v, &base64);
	if (text == NULL)
		return 0;
	e->body = tq_span_of(text);
	if (!base64)
		return 0;
	bytes = tq_arena_alloc(a, strlen(text) + 4);
	if ((n = tq_base64_decode(text, strlen(text),
	    (unsigned char *)bytes)) == -1)
		return bad(err, "the body is not base64");
	e->body = (struct tq_span){ bytes, (size_t)n };
	return 0;
}

int
tq_lambda_event_read(struct tq_span text, unsigned port, struct tq_arena *a,
    struct tq_lambda_event *e, struct tq_err *err)
{
	struct tq_span context, http, headers;
	const char *path, *ip, *cookies, *host;

	memset(e, 0, sizeof(*e));
	if (tq_json_check(text, err) == -1)
		return -1;
	if (tq_json_kind(text) != TQ_JSON_OBJECT ||
	    !tq_json_get(text, "requestContext", &context) ||
	    tq_json_kind(context) != TQ_JSON_OBJECT ||
	    !tq_json_get(context, "http", &http) ||
	    tq_json_kind(http) != TQ_JSON_OBJECT)
		return bad(err, "not a request of payload format 2.0");
	e->method = text_of(http, "method", a);
	path = text_of(text, "rawPath", a);
	if (e->method == NULL || path == NULL || *path != '/')
		return bad(err, "no method, or no path");
	e->target = target_of(path, text_of(text, "rawQueryString", a), a);
	e->stream = ends_with(path, "/events");
	if (e->target == NULL)
		return bad(err, "the query is too long");
	host = text_of(context, "domainName", a);
	if (tq_json_get(text, "headers", &headers) &&
	    tq_json_kind(headers) == TQ_JSON_OBJECT &&
	    read_headers(e, headers, host, port, a, err) == -1)
		return -1;
	if ((cookies = cookies_of(text, a)) != NULL)
		add_header(e, "Cookie", cookies);
	if ((ip = text_of(http, "sourceIp", a)) != NULL)
		add_header(e, "X-Forwarded-For", ip);
	add_header(e, "X-Forwarded-Proto", "https");
	read_authorizer(e, context, a);
	return read_body(e, text, a, err);
}

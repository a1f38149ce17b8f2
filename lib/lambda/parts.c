/* lib/lambda/parts.c -- see parts.h. */
#include "lambda/parts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "util/hash.h"
#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

/* RFC 9110, 5.6.2. */
#define TOKEN	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789!#$%&'*+-.^_`|~"

/* What may stand as it is in a path (RFC 3986, 3.3) that is encoded, or in a
   query. */
#define PATH	"%!$&'()*+,;=:@/"
#define QUERY	PATH "?"

const char *
lm_text(struct tq_span obj, const char *key, struct tq_arena *a)
{
	struct tq_span v, s;

	return tq_json_get(obj, key, &v) && tq_json_str(v, a, &s) ? s.p : NULL;
}

int
lm_bad(struct tq_err *err, const char *what)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "event: %s", what);
}

int
lm_too_long(const struct tq_buf *query, struct tq_err *err)
{
	return query->no_memory ? tq_buf_why(query, err, TQ_AT_PARSE, "event") :
	    lm_bad(err, "the query is too long");
}

/* -- the target ------------------------------------------------------------ */

void
lm_encode(const char *s, const char *also, struct tq_buf *out)
{
	for (; *s != '\0'; s++)
		if (isalnum((unsigned char)*s) || strchr("-._~", *s) != NULL ||
		    strchr(also, *s) != NULL)
			tq_buf_chr(out, *s);
		else
			tq_buf_fmt(out, "%%%02X", (unsigned)(unsigned char)*s);
}

/* One parameter; "wait" no longer than API Gateway would. */
static void
put_param(struct tq_span p, struct tq_arena *a, struct tq_buf *out)
{
	const char *text = tq_arena_dup(a, p.p, p.n), *value;
	int64_t ms = TQ_LAMBDA_WAIT_MS;

	if (p.n < 4 || memcmp(text, "wait", 4) != 0 ||
	    (p.n > 4 && text[4] != '=')) {
		lm_encode(text, QUERY, out);
		return;
	}
	value = p.n > 5 ? text + 5 : "";
	/* The server refuses a value that is no duration. */
	if (*value != '\0' && tq_duration_parse(value, &ms) == -1)
		lm_encode(text, QUERY, out);
	else
		tq_buf_fmt(out, "wait=%lldms", (long long)(ms <
		    TQ_LAMBDA_WAIT_MAX_MS ? ms : TQ_LAMBDA_WAIT_MAX_MS));
}

int
lm_target(struct tq_lambda_event *e, const char *path, const char *query,
    struct tq_arena *a, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);
	char sep = '?';
	size_t n;
	int rc;

	lm_encode(path, PATH, &b);
	for (; query != NULL && *query != '\0'; query += n + (query[n] != '\0')) {
		n = strcspn(query, "&");
		tq_buf_chr(&b, sep);
		put_param((struct tq_span){ query, n }, a, &b);
		sep = '&';
	}
	rc = b.failed ? lm_too_long(&b, err) : 0;
	if (rc == 0)
		e->target = tq_arena_dup(a, b.data, b.len);
	e->stream = tq_str_ends(path, "/events");
	tq_buf_free(&b);
	return rc;
}

/* Those of the connection, and those that we say ourselves. */
bool
lm_left_out(const char *name)
{
	static const char *const names[] = { "connection", "content-length",
	    "expect", "forwarded", "host", "keep-alive", "proxy-authorization",
	    "te", "tq-most", "trailer", "transfer-encoding", "upgrade",
	    "x-forwarded-for", "x-forwarded-prefix", "x-forwarded-proto" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

void
lm_add(struct tq_lambda_event *e, const char *name, const char *value)
{
	e->headers[e->nheaders++] = (struct tq_http_header){ name, value };
}

/* An origin that is the address we were called at is ours. */
const char *
lm_origin(const char *origin, const char *host, unsigned port,
    struct tq_arena *a)
{
	if (host != NULL && tq_str_starts(origin, "https://") &&
	    strcasecmp(origin + strlen("https://"), host) == 0)
		return tq_arena_fmt(a, "http://localhost:%u", port);
	return origin;
}

static unsigned
scope_bit(const char *p, size_t n)
{
	static const struct {
		const char	*name;
		unsigned	 bit;
	} scopes[] = {
		{ "read", TQ_LAMBDA_READ }, { "submit", TQ_LAMBDA_SUBMIT },
		{ "admin", TQ_LAMBDA_ADMIN },
		{ "operate", TQ_LAMBDA_OPERATE },
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
unsigned
lm_scopes(const char *text)
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

/* One value of a header that has perhaps several. */
static int
take_header(struct tq_lambda_event *e, const char *name, struct tq_span val,
    const char *host, unsigned port, struct tq_arena *a, struct tq_err *err)
{
	struct tq_span s;

	if (!tq_json_str(val, a, &s))
		return lm_bad(err, "a header is no text");
	/* "cookie: a" would be a cookie behind it, and not be left out. */
	if (name[strspn(name, TOKEN)] != '\0' || name[0] == '\0')
		return lm_bad(err, "a header's name is malformed");
	if (lm_left_out(name))
		return 0;
	if (e->nheaders == TQ_LAMBDA_HEADERS)
		return lm_bad(err, "too many headers");
	if (strcasecmp(name, "accept") == 0 &&
	    strstr(s.p, "text/event-stream") != NULL)
		e->stream = true;
	lm_add(e, name, strcasecmp(name, "origin") == 0 ?
	    lm_origin(s.p, host, port, a) : s.p);
	return 0;
}

int
lm_sendable(const struct tq_lambda_event *e, struct tq_err *err)
{
	const unsigned char *p;
	size_t i;

	if (e->method[0] == '\0' || e->method[strspn(e->method, TOKEN)] != '\0')
		return lm_bad(err, "the method is malformed");
	for (i = 0; i < e->nheaders; i++)
		for (p = (const unsigned char *)e->headers[i].value; *p != '\0';
		    p++)
			if ((*p < ' ' && *p != '\t') || *p == 0x7f)
				return lm_bad(err, "a header holds a control "
				    "character");
	return 0;
}

int
lm_headers(struct tq_lambda_event *e, struct tq_span headers,
    const char *host, unsigned port, struct tq_arena *a, struct tq_err *err)
{
	struct tq_json_iter it = tq_json_iter(headers), list;
	struct tq_span key, val, none, one;
	const char *name;

	while (tq_json_next(&it, &key, &val)) {
		name = tq_arena_dup(a, key.p, key.n);
		if (tq_json_kind(val) != TQ_JSON_ARRAY) {
			if (take_header(e, name, val, host, port, a, err) == -1)
				return -1;
			continue;
		}
		list = tq_json_iter(val);
		while (tq_json_next(&list, &none, &one))
			if (take_header(e, name, one, host, port, a, err) == -1)
				return -1;
	}
	return 0;
}

int
lm_body(struct tq_lambda_event *e, struct tq_span event, struct tq_arena *a,
    struct tq_err *err)
{
	const char *text = lm_text(event, "body", a);
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
		return lm_bad(err, "the body is not base64");
	e->body = (struct tq_span){ bytes, (size_t)n };
	return 0;
}

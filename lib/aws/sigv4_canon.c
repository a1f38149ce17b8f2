/* lib/aws/sigv4_canon.c -- the canonical request; see sigv4.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/request.h"
#include "aws/sigv4.h"
#include "util/digest.h"

struct pair {
	struct tq_span	name, value;
	size_t		at;		/* keeps the sort stable */
};

static int
span_cmp(struct tq_span a, struct tq_span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/*
 * Drop ".", "..", and empty segments.  A final slash stays, but "/a/." is
 * "/a", against RFC 3986: so the SDKs do it.
 */
static void
normalize(struct tq_buf *out, struct tq_span path)
{
	const char *p = path.p, *end = path.p + path.n, *seg;
	size_t n;

	while (p < end) {
		seg = p;
		while (p < end && *p != '/')
			p++;
		n = (size_t)(p++ - seg);
		if (n == 0 || (n == 1 && seg[0] == '.'))
			continue;
		if (n == 2 && seg[0] == '.' && seg[1] == '.') {
			while (out->len > 0 && out->data[--out->len] != '/')
				;
			continue;
		}
		tq_buf_chr(out, '/');
		tq_buf_add(out, seg, n);
	}
	if (out->len == 0 || (path.n > 0 && end[-1] == '/'))
		tq_buf_chr(out, '/');
}

void
tq_sigv4_canon_path(struct tq_buf *out, struct tq_span wire, unsigned how)
{
	struct tq_buf plain = TQ_BUF_INIT(TQ_AWS_URL_MAX);

	if (how & TQ_SIGV4_NORMALIZE)
		normalize(&plain, wire);
	else
		tq_buf_add(&plain, wire.p, wire.n);
	if (plain.len == 0)
		tq_buf_chr(&plain, '/');
	if (how & TQ_SIGV4_ENCODE_PATH)
		tq_uri_put(out, tq_buf_span(&plain), true);
	else
		tq_buf_add(out, plain.data, plain.len);
	tq_buf_taint(out, &plain);
	tq_buf_free(&plain);
}

static int
pair_cmp(const void *va, const void *vb)
{
	const struct pair *a = va, *b = vb;
	int c = span_cmp(a->name, b->name);

	if (c == 0)
		c = span_cmp(a->value, b->value);
	return c;
}

/* Decoded and encoded again, so that "%2f" and a raw "=" come out right. */
static struct tq_span
recode(struct tq_arena *mem, struct tq_span s)
{
	struct tq_buf raw = TQ_BUF_INIT(TQ_AWS_URL_MAX);
	struct tq_buf enc = TQ_BUF_INIT(3 * TQ_AWS_URL_MAX);
	struct tq_span out;

	tq_uri_unescape(&raw, s);
	tq_uri_put(&enc, tq_buf_span(&raw), false);
	out = tq_arena_span(mem, tq_buf_span(&enc));
	tq_buf_free(&raw);
	tq_buf_free(&enc);
	return out;
}

static size_t
split_query(struct tq_arena *mem, struct tq_span wire, struct pair *pairs)
{
	const char *p = wire.p, *end = wire.p + wire.n, *amp, *eq;
	size_t n = 0;

	for (; p < end; p = amp + 1) {
		if ((amp = memchr(p, '&', (size_t)(end - p))) == NULL)
			amp = end;
		if (amp == p)
			continue;
		if ((eq = memchr(p, '=', (size_t)(amp - p))) == NULL)
			eq = amp;
		pairs[n].name = recode(mem, (struct tq_span){ p,
		    (size_t)(eq - p) });
		pairs[n++].value = eq == amp ? TQ_SPAN_NONE :
		    recode(mem, (struct tq_span){ eq + 1,
		    (size_t)(amp - eq - 1) });
	}
	return n;
}

void
tq_sigv4_canon_query(struct tq_buf *out, struct tq_span wire)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct pair *pairs;
	size_t i, n = 1;

	if (wire.n == 0)
		return;
	for (i = 0; i < wire.n; i++)
		n += wire.p[i] == '&';
	pairs = tq_arena_alloc(&mem, n * sizeof(*pairs));
	n = split_query(&mem, wire, pairs);
	/* By name, then value: never as "name=value", where '=' would count. */
	qsort(pairs, n, sizeof(*pairs), pair_cmp);
	for (i = 0; i < n; i++) {
		if (i > 0)
			tq_buf_chr(out, '&');
		tq_buf_add(out, pairs[i].name.p, pairs[i].name.n);
		tq_buf_chr(out, '=');
		tq_buf_add(out, pairs[i].value.p, pairs[i].value.n);
	}
	tq_arena_free(&mem);
}

/* Headers that proxies and libcurl add, change or drop on the way. */
static bool
unsigned_header(const char *name)
{
	static const char *const names[] = {
		"authorization", "connection", "expect", "keep-alive",
		"proxy-authenticate", "proxy-authorization",
		"proxy-connection", "te", "trailer", "transfer-encoding",
		"upgrade", "user-agent", "x-amzn-trace-id",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return strncmp(name, "sec-websocket-", 14) == 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct tq_span
lower(struct tq_arena *mem, const char *name)
{
	char *p = tq_arena_str(mem, name);
	size_t i;

	for (i = 0; p[i] != '\0'; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
	return (struct tq_span){ p, i };
}

/* Trimmed, and each run of blanks one space. */
static struct tq_span
squeeze(struct tq_arena *mem, const char *value)
{
	char *p = tq_arena_str(mem, value);
	size_t i, n = 0;

	for (i = 0; value[i] != '\0'; i++) {
		if (!is_blank(value[i]))
			p[n++] = value[i];
		else if (n > 0 && p[n - 1] != ' ')
			p[n++] = ' ';
	}
	if (n > 0 && p[n - 1] == ' ')
		n--;
	return (struct tq_span){ p, n };
}

static int
header_cmp(const void *va, const void *vb)
{
	const struct pair *a = va, *b = vb;
	int c = span_cmp(a->name, b->name);

	return c != 0 ? c : (a->at > b->at) - (a->at < b->at);
}

/* The Host header without the scheme's own port, which clients leave out. */
static struct tq_span
host_value(const struct tq_aws_req *r)
{
	struct tq_span h = tq_span_of(r->host);
	const char *port = strcmp(r->scheme, "https") == 0 ? ":443" : ":80";
	size_t n = strlen(port);

	if (h.n > n && memcmp(h.p + h.n - n, port, n) == 0)
		h.n -= n;
	return h;
}

void
tq_sigv4_canon_headers(const struct tq_sigv4 *s, const struct tq_aws_req *r,
    struct tq_buf *out, struct tq_buf *names)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct pair h[TQ_AWS_HEADERS_MAX + 1];
	size_t i, n = 0;

	h[n++] = (struct pair){ tq_span_of("host"), host_value(r), 0 };
	for (i = 0; i < r->nheaders; i++) {
		struct tq_span name = lower(&mem, r->header[i].name);

		if (unsigned_header(name.p) || strcmp(name.p, "host") == 0 ||
		    (s->how & TQ_SIGV4_TOKEN_LAST &&
		    strcmp(name.p, "x-amz-security-token") == 0))
			continue;
		h[n] = (struct pair){ name,
		    squeeze(&mem, r->header[i].value), n };
		n++;
	}
	qsort(h, n, sizeof(h[0]), header_cmp);
	for (i = 0; i < n; i++) {
		if (i > 0 && span_cmp(h[i].name, h[i - 1].name) == 0) {
			tq_buf_chr(out, ',');
		} else {
			tq_buf_str(out, i > 0 ? "\n" : "");
			tq_buf_add(out, h[i].name.p, h[i].name.n);
			tq_buf_chr(out, ':');
			tq_buf_str(names, i > 0 ? ";" : "");
			tq_buf_add(names, h[i].name.p, h[i].name.n);
		}
		tq_buf_add(out, h[i].value.p, h[i].value.n);
	}
	tq_buf_chr(out, '\n');
	tq_arena_free(&mem);
}

void
tq_sigv4_canon(const struct tq_sigv4 *s, const struct tq_aws_req *r,
    struct tq_buf *out, struct tq_buf *names)
{
	char hash[2 * TQ_SHA256_LEN + 1];

	tq_buf_str(out, r->method);
	tq_buf_chr(out, '\n');
	tq_sigv4_canon_path(out, tq_buf_span(&r->path), s->how);
	tq_buf_chr(out, '\n');
	tq_sigv4_canon_query(out, tq_buf_span(&r->query));
	tq_buf_chr(out, '\n');
	tq_sigv4_canon_headers(s, r, out, names);
	tq_buf_chr(out, '\n');
	tq_buf_add(out, names->data, names->len);
	tq_buf_chr(out, '\n');
	if (r->payload == NULL) {
		tq_sha256_hex(r->body.p, r->body.n, hash);
		tq_buf_str(out, hash);
	} else
		tq_buf_str(out, r->payload);
}

/* lib/aws/request.c -- see request.h. */
#include "aws/request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/digest.h"
#include "util/err.h"

/* Split "scheme://host[:port][/path]"; false when it is nothing of the kind. */
static bool
split_base(const char *base, struct tq_span *scheme, struct tq_span *host,
    struct tq_span *path)
{
	const char *p, *end;

	if (strncmp(base, "https://", 8) == 0)
		*scheme = (struct tq_span){ base, 5 };
	else if (strncmp(base, "http://", 7) == 0)
		*scheme = (struct tq_span){ base, 4 };
	else
		return false;
	p = base + scheme->n + 3;
	end = p + strcspn(p, "/");
	*host = (struct tq_span){ p, (size_t)(end - p) };
	*path = tq_span_of(end);
	return host->n > 0 && strpbrk(base, "?#@ \r\n\t") == NULL;
}

int
tq_aws_req_init(struct tq_aws_req *r, const char *method, const char *base,
    struct tq_err *err)
{
	struct tq_span scheme, host, path;

	*r = (struct tq_aws_req){ .method = method,
	    .path = TQ_BUF_INIT(TQ_AWS_URL_MAX),
	    .query = TQ_BUF_INIT(TQ_AWS_URL_MAX),
	    .text = TQ_BUF_INIT(TQ_AWS_BODY_MAX) };
	if (!split_base(base, &scheme, &host, &path))
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s: not an endpoint: want http(s)://host[:port]", base);
	r->scheme = tq_arena_dup(&r->mem, scheme.p, scheme.n);
	r->host = tq_arena_dup(&r->mem, host.p, host.n);
	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	tq_buf_add(&r->path, path.p, path.n);
	tq_buf_chr(&r->path, '/');
	return 0;
}

void
tq_aws_req_path(struct tq_aws_req *r, struct tq_span raw)
{
	tq_uri_put(&r->path, raw, true);
}

void
tq_aws_req_query(struct tq_aws_req *r, const char *name, const char *value)
{
	if (r->query.len > 0)
		tq_buf_chr(&r->query, '&');
	tq_uri_put(&r->query, tq_span_of(name), false);
	tq_buf_chr(&r->query, '=');
	tq_uri_put(&r->query, tq_span_of(value), false);
}

void
tq_aws_req_header(struct tq_aws_req *r, const char *name, const char *value)
{
	if (r->nheaders == TQ_AWS_HEADERS_MAX) {
		r->text.failed = true;
		return;
	}
	r->header[r->nheaders++] = (struct tq_http_header){
	    tq_arena_str(&r->mem, name), tq_arena_str(&r->mem, value) };
}

void
tq_aws_req_drop(struct tq_aws_req *r, const char *name)
{
	size_t i, kept = 0;

	for (i = 0; i < r->nheaders; i++)
		if (strcasecmp(r->header[i].name, name) != 0)
			r->header[kept++] = r->header[i];
	r->nheaders = kept;
}

const char *
tq_aws_req_find(const struct tq_aws_req *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->nheaders; i++)
		if (strcasecmp(r->header[i].name, name) == 0)
			return r->header[i].value;
	return NULL;
}

void
tq_aws_req_body(struct tq_aws_req *r)
{
	r->body = tq_buf_span(&r->text);
}

int
tq_aws_req_check(const struct tq_aws_req *r, struct tq_err *err)
{
	const struct tq_buf *b = r->path.failed ? &r->path :
	    r->query.failed ? &r->query : &r->text;
	size_t i;

	if (b->failed)
		return tq_buf_why(b, err, TQ_AT_SEND, "%s: request too big",
		    r->host != NULL ? r->host : "?");
	for (i = 0; i < r->nheaders; i++)
		if (strpbrk(r->header[i].value, "\r\n") != NULL)
			return tq_err_set(err, TQ_AT_SEND, TQ_E_DATA,
			    "header %s: a line break in its value",
			    r->header[i].name);
	return 0;
}

int
tq_aws_rpc_begin(struct tq_aws_req *r, const char *base, const char *service,
    const char *action, struct tq_err *err)
{
	char target[64];

	if (tq_aws_req_init(r, "POST", base, err) == -1)
		return -1;
	snprintf(target, sizeof(target), "%s.%s", service, action);
	tq_aws_req_header(r, "Content-Type", "application/x-amz-json-1.0");
	tq_aws_req_header(r, "X-Amz-Target", target);
	tq_buf_chr(&r->text, '{');
	return 0;
}

int
tq_aws_rpc_end(struct tq_aws_req *r, struct tq_err *err)
{
	tq_buf_chr(&r->text, '}');
	tq_aws_req_body(r);
	return tq_aws_req_check(r, err);
}

void
tq_aws_req_url(const struct tq_aws_req *r, struct tq_buf *out)
{
	tq_buf_str(out, r->scheme);
	tq_buf_str(out, "://");
	tq_buf_str(out, r->host);
	tq_buf_add(out, r->path.data, r->path.len);
	if (r->query.len > 0) {
		tq_buf_chr(out, '?');
		tq_buf_add(out, r->query.data, r->query.len);
	}
}

static void
wipe_buf(struct tq_buf *b)
{
	if (b->data != NULL)
		tq_wipe(b->data, b->cap);
	tq_buf_free(b);
}

void
tq_aws_req_free(struct tq_aws_req *r)
{
	size_t i;

	wipe_buf(&r->text);
	wipe_buf(&r->query);
	tq_buf_free(&r->path);
	/* Ours to write: the values are copies in the arena. */
	for (i = 0; i < r->nheaders; i++)
		tq_wipe((char *)(uintptr_t)r->header[i].value,
		    strlen(r->header[i].value));
	tq_arena_free(&r->mem);
	*r = (struct tq_aws_req){ 0 };
}

void
tq_uri_put(struct tq_buf *out, struct tq_span s, bool slash)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_' || c == '~' || (c == '/' && slash)) {
			tq_buf_chr(out, (char)c);
			continue;
		}
		tq_buf_chr(out, '%');
		tq_buf_chr(out, digits[c >> 4]);
		tq_buf_chr(out, digits[c & 15]);
	}
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
tq_uri_unescape(struct tq_buf *out, struct tq_span s)
{
	size_t i;
	int hi, lo;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && s.n - i > 2 &&
		    (hi = hex_digit(s.p[i + 1])) != -1 &&
		    (lo = hex_digit(s.p[i + 2])) != -1) {
			tq_buf_chr(out, (char)(hi << 4 | lo));
			i += 2;
		} else
			tq_buf_chr(out, s.p[i]);
	}
}

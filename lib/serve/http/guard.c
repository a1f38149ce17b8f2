/* lib/serve/http/guard.c -- see guard.h. */
#include "serve/http/guard.h"

#include <string.h>
#include <strings.h>

static bool
token_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') || (c != '\0' &&
	    strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_token(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!token_char((unsigned char)p[i]))
			return false;
	return n > 0;
}

static bool
crlf_at(const char *p)
{
	return p[0] == '\0' && p[1] == '\0';
}

bool
tq_guard_layout(const struct tq_head *h)
{
	const char *p = h->method + strlen(h->method) + 1;
	const struct tq_field *f;
	size_t i;

	/* Each step: what comes next must stand right behind. */
	if (h->uri != p || h->version != h->uri + h->uri_n + 1)
		return false;
	p = h->version + strlen(h->version);
	for (i = 0; i < h->nfields; i++) {
		f = &h->fields[i];
		if (!crlf_at(p) || f->name != p + 2)
			return false;
		for (p = f->name + f->name_n + 1; p < f->value; p++)
			if (*p != ' ' && *p != '\t')
				return false;
		if (p != f->value)
			return false;
		p = f->value + f->value_n;
	}
	/* Here ends the last line; one more, empty, and that is all. */
	return p + 4 == h->method + h->size;
}

static bool
refuse(struct tq_guard *g, int status, const char *why)
{
	g->status = status;
	g->why = why;
	return false;
}

static bool
check_line(const struct tq_head *h, struct tq_guard *g)
{
	size_t i;

	if (!is_token(h->method, strlen(h->method)))
		return refuse(g, 400, "the method is malformed");
	if (strcmp(h->version, "HTTP/1.1") != 0 &&
	    strcmp(h->version, "HTTP/1.0") != 0)
		return refuse(g, 400, "the version is not HTTP/1.1");
	if (h->uri_n == 0 || h->uri[0] != '/')
		return refuse(g, 400, "the target must be a path");
	/* Its bytes were checked when it was read: it is clobbered by now. */
	for (i = 0; i < h->nfields; i++)
		if (!is_token(h->fields[i].name, h->fields[i].name_n))
			return refuse(g, 400, "a header name is malformed");
	return true;
}

static bool
check_values(const struct tq_head *h, struct tq_guard *g)
{
	const struct tq_field *f;
	unsigned char c;
	size_t i, j;

	for (i = 0; i < h->nfields; i++) {
		f = &h->fields[i];
		for (j = 0; j < f->value_n; j++) {
			c = (unsigned char)f->value[j];
			if ((c < 0x20 && c != '\t') || c == 0x7f)
				return refuse(g, 400, "a header value holds "
				    "a control character");
		}
	}
	return true;
}

static bool
host_ok(const char *s)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	size_t n = s[0] == '[' ? 1 + strspn(s + 1, "0123456789abcdefABCDEF:.") :
	    strspn(s, allowed);

	if (s[0] == '[' && s[n++] != ']')
		return false;
	if (n == 0 || n > 255)
		return false;
	if (s[n] == '\0')
		return true;
	return s[n] == ':' && s[n + 1 + strspn(s + n + 1, "0123456789")] ==
	    '\0' && strlen(s + n + 1) <= 5;
}

int
tq_guard_length(const char *v, size_t n, uint64_t *length)
{
	size_t i;

	*length = 0;
	for (i = 0; i < n; i++) {
		if (v[i] < '0' || v[i] > '9')
			return 400;
		*length = *length * 10 + (uint64_t)(v[i] - '0');
	}
	return n == 0 ? 400 : n > 18 ? 413 : 0;
}

static bool
take_length(const struct tq_field *f, struct tq_guard *g)
{
	int status = tq_guard_length(f->value, f->value_n, &g->length);

	if (g->has_length)
		return refuse(g, 400, "Content-Length is given twice");
	if (status != 0)
		return refuse(g, status, status == 413 ?
		    "Content-Length is too large" :
		    "Content-Length is malformed");
	g->has_length = true;
	return true;
}

static bool
take_field(const struct tq_field *f, struct tq_guard *g)
{
	if (strcasecmp(f->name, "Host") == 0) {
		if (g->host != NULL)
			return refuse(g, 400, "Host is given twice");
		g->host = f->value;
		return host_ok(f->value) ? true :
		    refuse(g, 400, "Host is malformed");
	}
	if (strcasecmp(f->name, "Content-Length") == 0)
		return take_length(f, g);
	if (strcasecmp(f->name, "Transfer-Encoding") == 0) {
		if (g->chunked || strcasecmp(f->value, "chunked") != 0)
			return refuse(g, 400, "Transfer-Encoding must be "
			    "\"chunked\", once");
		g->chunked = true;
	}
	if (strcasecmp(f->name, "Expect") == 0 &&
	    strcasecmp(f->value, "100-continue") != 0)
		return refuse(g, 417, "Expect: only 100-continue is met");
	return true;
}

bool
tq_guard_check(const struct tq_head *h, struct tq_guard *g)
{
	size_t i;

	*g = (struct tq_guard){ 0 };
	if (h->nfields > TQ_GUARD_FIELDS_MAX)
		return refuse(g, 431, "more than 100 header fields");
	if (!check_line(h, g))
		return false;
	if (h->bytes && !tq_guard_layout(h))
		return refuse(g, 400, "lines must end in CRLF, must not be "
		    "folded and must not hold NUL");
	if (!check_values(h, g))
		return false;
	for (i = 0; i < h->nfields; i++)
		if (!take_field(&h->fields[i], g))
			return false;
	if (g->host == NULL && strcmp(h->version, "HTTP/1.0") == 0)
		g->host = "";	/* a probe's; nobody else gets in with it */
	if (g->host == NULL)
		return refuse(g, 400, "Host is missing");
	if (g->chunked && g->has_length)
		return refuse(g, 400, "Content-Length and Transfer-Encoding "
		    "exclude each other");
	if (g->chunked && strcmp(h->version, "HTTP/1.1") != 0)
		return refuse(g, 400, "Transfer-Encoding needs HTTP/1.1");
	if (g->chunked && h->bytes)
		return refuse(g, 411, "the HTTP library here takes bare line "
		    "feeds between chunks; send a Content-Length");
	return true;
}

static bool
is_loopback(const char *s, size_t n)
{
	static const char tail[] = ".localhost";
	size_t t = sizeof(tail) - 1;

	if (n == 9 && strncasecmp(s, "localhost", 9) == 0)
		return true;
	if (n > t && strncasecmp(s + n - t, tail, t) == 0)
		return true;
	if (n == 5 && memcmp(s, "[::1]", 5) == 0)
		return true;
	return n >= 7 && memcmp(s, "127.", 4) == 0 &&
	    strspn(s, "0123456789.") == n;
}

bool
tq_guard_host(const char *host, const char *const *names, size_t n)
{
	const char *end = strrchr(host, ']');
	size_t len, i;

	end = strchr(end != NULL ? end : host, ':');
	len = end != NULL ? (size_t)(end - host) : strlen(host);
	if (is_loopback(host, len))
		return true;
	for (i = 0; i < n; i++)
		if (strcasecmp(names[i], host) == 0 ||
		    (strlen(names[i]) == len &&
		    strncasecmp(names[i], host, len) == 0))
			return true;
	return false;
}

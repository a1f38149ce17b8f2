/* lib/serve/http/uri.c -- see uri.h. */
#include "serve/http/uri.h"

#include <string.h>
#include <strings.h>

#include "util/s3url.h"
#include "util/str.h"

#define IDEMPOTENCY_MAX	1024

static int
bad(struct tq_err *err, const char *why)
{
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "%s", why);
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ${plus}: "+" is a blank, as forms write it.  NULL: not well encoded. */
static char *
decode(const char *p, size_t n, bool plus, struct tq_arena *a)
{
	char *out = tq_arena_dup(a, p, n);
	size_t i, w = 0;
	int hi, lo;

	for (i = 0; i < n; i++) {
		if (p[i] != '%') {
			out[w++] = plus && p[i] == '+' ? ' ' : p[i];
			continue;
		}
		if (i + 2 >= n || (hi = hex(p[i + 1])) == -1 ||
		    (lo = hex(p[i + 2])) == -1 || (hi | lo) == 0)
			return NULL;
		out[w++] = (char)(hi << 4 | lo);
		i += 2;
	}
	out[w] = '\0';
	return tq_utf8_valid((struct tq_span){ out, w }) ? out : NULL;
}

static bool
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static int
take_segment(const char *p, size_t n, struct tq_arena *a, struct tq_uri *u,
    struct tq_err *err)
{
	char *s = decode(p, n, false, a);

	if (s == NULL || has_control(s) || strchr(s, '/') != NULL ||
	    strchr(s, '\\') != NULL)
		return bad(err, "the path is not well encoded");
	if (*s == '\0' || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return bad(err, "the path has an empty or a dot segment");
	if (u->nsegments == TQ_URI_SEGMENTS)
		return bad(err, "the path has too many segments");
	u->segment[u->nsegments++] = s;
	return 0;
}

static int
take_path(const char *p, size_t n, struct tq_arena *a, struct tq_uri *u,
    struct tq_err *err)
{
	size_t len;

	if (n == 1)
		return 0;
	while (n > 0) {
		p++;
		n--;
		for (len = 0; len < n && p[len] != '/'; len++)
			;
		if (take_segment(p, len, a, u, err) == -1)
			return -1;
		p += len;
		n -= len;
	}
	return 0;
}

static int
take_param(const char *p, size_t n, struct tq_arena *a, struct tq_uri *u,
    struct tq_err *err)
{
	const char *eq = memchr(p, '=', n);
	size_t name_n = eq != NULL ? (size_t)(eq - p) : n;
	char *name, *value;

	if (n == 0)
		return 0;
	name = decode(p, name_n, true, a);
	value = eq == NULL ? tq_arena_dup(a, "", 0) :
	    decode(eq + 1, n - name_n - 1, true, a);
	if (name == NULL || value == NULL)
		return bad(err, "the query is not well encoded");
	if (tq_uri_param(u, name) != NULL)
		return bad(err, "the query has a parameter twice");
	if (u->nparams == TQ_URI_PARAMS)
		return bad(err, "the query has too many parameters");
	u->params[u->nparams++] = (struct tq_param){ name, value };
	return 0;
}

int
tq_uri_parse(const char *raw, struct tq_arena *a, struct tq_uri *u,
    struct tq_err *err)
{
	const char *q, *p;
	size_t n;

	memset(u, 0, sizeof(*u));
	if (raw[0] != '/')
		return bad(err, "the target must be a path");
	for (p = raw; *p != '\0'; p++)
		if (*p <= 0x20 || *p >= 0x7f || *p == '#')
			return bad(err, "the target is not well encoded");
	q = strchr(raw, '?');
	n = q != NULL ? (size_t)(q - raw) : strlen(raw);
	u->path = tq_arena_dup(a, raw, n);
	u->query = q != NULL ? tq_arena_str(a, q + 1) : "";
	if (take_path(raw, n, a, u, err) == -1)
		return -1;
	for (p = u->query; *p != '\0'; p += n + (p[n] == '&')) {
		n = strcspn(p, "&");
		if (take_param(p, n, a, u, err) == -1)
			return -1;
	}
	return 0;
}

const char *
tq_uri_param(const struct tq_uri *u, const char *name)
{
	size_t i;

	for (i = 0; i < u->nparams; i++)
		if (strcmp(u->params[i].name, name) == 0)
			return u->params[i].value;
	return NULL;
}

void
tq_uri_escape(struct tq_buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		    (*s >= '0' && *s <= '9') || strchr("-._~", *s) != NULL)
			tq_buf_chr(b, *s);
		else
			tq_buf_fmt(b, "%%%02X", (unsigned char)*s);
	}
}

/* A segment "." or "..": S3 takes it as it is, what is before S3 may not. */
static bool
has_dots(const char *key)
{
	size_t n;

	for (;; key += n + 1) {
		n = strcspn(key, "/");
		if ((n == 1 || n == 2) && strspn(key, ".") >= n)
			return true;
		if (key[n] == '\0')
			return false;
	}
}

bool
tq_s3_ok(const char *url, const char *const *allowed, size_t n)
{
	const char *key;
	size_t i, len;

	if (!tq_s3url(url, NULL, &key) || has_dots(key))
		return false;
	url += strlen("s3://");
	for (i = 0; i < n; i++) {
		len = strlen(allowed[i]);
		if (len > 0 && strncmp(url, allowed[i], len) == 0 &&
		    (allowed[i][len - 1] == '/' || url[len] == '/' ||
		    url[len] == '\0'))
			return true;
	}
	return false;
}

bool
tq_s3_allow_ok(const char *s)
{
	struct tq_arena a = TQ_ARENA_INIT;
	/* Something in it must have an address. */
	bool ok = tq_s3url(tq_arena_fmt(&a, "s3://%s%sx", s,
	    strchr(s, '/') == NULL ? "/" : ""), NULL, NULL);

	tq_arena_free(&a);
	return ok;
}

const char *
tq_sf_string(const char *s, struct tq_arena *a)
{
	char *out, *w;

	s += strspn(s, " \t");
	if (*s++ != '"')
		return NULL;
	w = out = tq_arena_alloc(a, strlen(s) + 1);
	for (; *s != '"'; s++) {
		if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
			s++;
		else if (*s < 0x20 || *s >= 0x7f || *s == '\\')
			return NULL;
		*w++ = *s;
	}
	s++;
	return s[strspn(s, " \t")] == '\0' ? out : NULL;
}

const char *
tq_idempotency_key(const char *s, struct tq_arena *a)
{
	const char *p, *out;

	s += strspn(s, " \t");
	if (*s == '"') {
		out = tq_sf_string(s, a);
	} else {
		for (p = s; *p > 0x20 && *p < 0x7f && strchr("\",\\", *p) ==
		    NULL; p++)
			;
		out = p[strspn(p, " \t")] == '\0' ?
		    tq_arena_dup(a, s, (size_t)(p - s)) : NULL;
	}
	return out == NULL || *out == '\0' || strlen(out) > IDEMPOTENCY_MAX ?
	    NULL : out;
}

bool
tq_prefer_wait(const char *s, int64_t *ms)
{
	char digits[8];
	int64_t sec;
	size_t n;

	for (; *s != '\0'; s += *s == ',') {
		s += strspn(s, " \t");
		if (strncasecmp(s, "wait=", 5) == 0) {
			s += 5;
			n = strspn(s, "0123456789");
			if (n == 0 || n >= sizeof(digits) ||
			    strchr(" \t,;", s[n]) == NULL)
				return false;
			memcpy(digits, s, n);
			digits[n] = '\0';
			if (tq_str_int(digits, 0, 9999999, &sec) == -1)
				return false;
			*ms = sec * 1000;
			return true;
		}
		s += strcspn(s, ",");
	}
	return false;
}

bool
tq_etag_match(const char *list, const char *tag)
{
	size_t n = strlen(tag);
	const char *p;

	if (strcmp(list, "*") == 0)
		return true;
	for (p = list; (p = strchr(p, '"')) != NULL; p++) {
		if (strncmp(p, tag, n) == 0)
			return true;
		if ((p = strchr(p + 1, '"')) == NULL)
			return false;
	}
	return false;
}

/* Digits at *s, which goes behind them; -1: there are none. */
static int64_t
digits(const char **s)
{
	size_t n = strspn(*s, "0123456789"), i;
	int64_t v = n > 18 ? INT64_MAX : 0;	/* behind the end of anything */

	for (i = 0; i < n && n <= 18; i++)
		v = v * 10 + (*s)[i] - '0';
	*s += n;
	return n > 0 ? v : -1;
}

enum tq_range
tq_range(const char *s, int64_t size, int64_t *from, int64_t *n)
{
	int64_t first, last;

	*from = 0;
	*n = size;
	if (strncasecmp(s, "bytes=", 6) != 0)
		return TQ_RANGE_ALL;
	s += 6;
	first = digits(&s);
	if (*s++ != '-')
		return TQ_RANGE_ALL;
	last = digits(&s);
	if (*s != '\0' || (first == -1 && last == -1) ||
	    (first != -1 && last != -1 && last < first))
		return TQ_RANGE_ALL;
	if (first == -1) {	/* the last so many */
		first = last < size ? size - last : 0;
		last = last == 0 ? -1 : size - 1;
	} else if (last == -1 || last >= size) {
		last = size - 1;
	}
	if (last < first)
		return TQ_RANGE_NONE;
	*from = first;
	*n = last - first + 1;
	return TQ_RANGE_PART;
}

bool
tq_media_is(const char *value, const char *type)
{
	size_t n = strlen(type);

	if (value == NULL || strncasecmp(value, type, n) != 0)
		return false;
	return type[n - 1] == '/' || strchr(" \t;", value[n]) != NULL;
}

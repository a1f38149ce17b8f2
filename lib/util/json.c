/* lib/util/json.c -- see json.h; the only user of cJSON. */
#include "util/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "util/str.h"
#include "util/time.h"

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' ||
	    *p == '\r'))
		p++;
	return p;
}

/* Behind the string that starts at ${p}. */
static const char *
skip_string(const char *p, const char *end)
{
	const char *first = ++p, *q;
	size_t slashes;

	/* memchr() is many bytes at a time; most strings have no escape. */
	while (p < end && (p = memchr(p, '"', (size_t)(end - p))) != NULL) {
		for (q = p; q > first && q[-1] == '\\'; q--)
			;
		slashes = (size_t)(p - q);
		p++;
		if (slashes % 2 == 0)
			return p;
	}
	return end;
}

static const char *
skip_value(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++)
		switch (*p) {
		case '"':
			p = skip_string(p, end) - 1;
			if (depth == 0)
				return p + 1;
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (depth == 0)
				return p;
			if (--depth == 0)
				return p + 1;
			break;
		case ',':
		case ' ':
		case '\t':
		case '\n':
		case '\r':
			if (depth == 0)
				return p;
			break;
		}
	return p;
}

enum tq_json_kind
tq_json_kind(struct tq_span v)
{
	const char *p;

	if (v.n == 0 || (p = skip_blanks(v.p, v.p + v.n)) == v.p + v.n)
		return TQ_JSON_NONE;
	switch (*p) {
	case '{':
		return TQ_JSON_OBJECT;
	case '[':
		return TQ_JSON_ARRAY;
	case '"':
		return TQ_JSON_STRING;
	case 't':
	case 'f':
		return TQ_JSON_BOOL;
	case 'n':
		return TQ_JSON_NULL;
	default:
		return TQ_JSON_NUMBER;
	}
}

struct tq_json_iter
tq_json_iter(struct tq_span c)
{
	struct tq_json_iter it = { NULL, NULL, false };

	if (c.n == 0)
		return it;
	it.end = c.p + c.n;
	it.p = skip_blanks(c.p, it.end);
	if (it.p == it.end || (*it.p != '{' && *it.p != '[')) {
		it.p = it.end;
		return it;
	}
	it.object = *it.p == '{';
	it.p++;
	return it;
}

/* The key in front of a value, and its colon; false when none is there. */
static bool
next_key(struct tq_json_iter *it, struct tq_span *key)
{
	const char *from = it->p;

	it->p = skip_string(from, it->end);
	if (*from != '"' || it->p - from < 2)
		return false;
	*key = (struct tq_span){ from + 1, (size_t)(it->p - from) - 2 };
	it->p = skip_blanks(it->p, it->end);
	if (it->p == it->end || *it->p != ':')
		return false;
	it->p = skip_blanks(it->p + 1, it->end);
	return true;
}

/*
 * What a store has may have been written by others, and nobody checks it again:
 * of text that is no JSON the spans are anything, but within it.
 */
bool
tq_json_next(struct tq_json_iter *it, struct tq_span *key, struct tq_span *val)
{
	const char *from;

	*key = TQ_SPAN_NONE;
	it->p = skip_blanks(it->p, it->end);
	if (it->p < it->end && *it->p == ',')
		it->p = skip_blanks(it->p + 1, it->end);
	if (it->p >= it->end || *it->p == '}' || *it->p == ']')
		return false;
	if (it->object && !next_key(it, key)) {
		it->p = it->end;
		return false;
	}
	from = it->p;
	it->p = skip_value(it->p, it->end);
	*val = (struct tq_span){ from, (size_t)(it->p - from) };
	return true;
}

bool
tq_json_key_is(struct tq_span raw, const char *key)
{
	struct tq_arena a = TQ_ARENA_INIT;
	size_t n = strlen(key);
	struct tq_span k;
	bool same;

	/* An escape is longer than what it stands for. */
	if (raw.n < n || (raw.n == n && n > 0 && memcmp(raw.p, key, n) != 0))
		return false;
	if (raw.n == 0 || memchr(raw.p, '\\', raw.n) == NULL)
		return raw.n == n;
	/* With the quotes around it. */
	same = tq_json_str((struct tq_span){ raw.p - 1, raw.n + 2 }, &a, &k) &&
	    tq_span_eq(k, key);
	tq_arena_free(&a);
	return same;
}

bool
tq_json_get(struct tq_span obj, const char *key, struct tq_span *val)
{
	struct tq_json_iter it = tq_json_iter(obj);
	struct tq_span k, v;

	if (!it.object)
		return false;
	while (tq_json_next(&it, &k, &v))
		if (tq_json_key_is(k, key)) {
			*val = v;
			return true;
		}
	return false;
}

/* Where the next \u0000 is from ${i} on in the string ${v}, or its length. */
static size_t
find_nul(struct tq_span v, size_t i)
{
	for (; i + 6 <= v.n; i++) {
		if (v.p[i] != '\\')
			continue;
		if (memcmp(v.p + i, "\\u0000", 6) == 0)
			return i;
		i++;		/* the escaped byte, maybe a backslash */
	}
	return v.n;
}

bool
tq_json_str(struct tq_span v, struct tq_arena *a, struct tq_span *out)
{
	cJSON *node;

	if (v.n < 2 || v.p[0] != '"')
		return false;
	if (memchr(v.p, '\\', v.n) == NULL) {
		*out = (struct tq_span){ tq_arena_dup(a, v.p + 1, v.n - 2),
		    v.n - 2 };
		return true;
	}
	if (find_nul(v, 0) < v.n)
		return false;
	if ((node = cJSON_ParseWithLength(v.p, v.n)) == NULL)
		return false;
	*out = tq_span_of(cJSON_GetStringValue(node));
	*out = tq_arena_span(a, *out);
	cJSON_Delete(node);
	return true;
}

bool
tq_json_text(struct tq_span v, struct tq_arena *a, struct tq_span *out)
{
	struct tq_buf all = TQ_BUF_INIT(v.n), piece = TQ_BUF_INIT(v.n + 2);
	size_t at = 1, to;
	bool ok = v.n >= 2 && v.p[0] == '"';

	if (!ok || find_nul(v, 0) == v.n)
		return ok && tq_json_str(v, a, out);
	/* The strings between the NULs, each as one of its own. */
	for (; ok && at < v.n; at = to + 6) {
		to = find_nul(v, at);
		tq_buf_clear(&piece);
		tq_buf_chr(&piece, '"');
		tq_buf_add(&piece, v.p + at,
		    to < v.n ? to - at : v.n - 1 - at);
		tq_buf_chr(&piece, '"');
		ok = !piece.failed && tq_json_str(tq_buf_span(&piece), a, out);
		if (ok)
			tq_buf_add(&all, out->p, out->n);
		if (to < v.n)
			tq_buf_chr(&all, '\0');
	}
	ok = ok && !all.failed;
	if (ok)
		*out = tq_arena_span(a, tq_buf_span(&all));
	tq_buf_free(&all);
	tq_buf_free(&piece);
	return ok;
}

bool
tq_json_num(struct tq_span v, double *out)
{
	cJSON *node;
	bool ok;

	/* cJSON reads the first 63 bytes of a number and drops the rest. */
	if (tq_json_kind(v) != TQ_JSON_NUMBER || v.n > 60)
		return false;
	node = cJSON_ParseWithLength(v.p, v.n);
	ok = node != NULL && cJSON_IsNumber(node) && isfinite(node->valuedouble);
	if (ok)
		*out = node->valuedouble;
	cJSON_Delete(node);
	return ok;
}

bool
tq_json_int(struct tq_span v, int64_t *out)
{
	double d;

	/* From 2^53 on a double no longer holds every integer. */
	if (!tq_json_num(v, &d) || d >= 9007199254740992.0 ||
	    d <= -9007199254740992.0 || (double)(int64_t)d != d)
		return false;
	*out = (int64_t)d;
	return true;
}

bool
tq_json_bool(struct tq_span v, bool *out)
{
	if (tq_json_kind(v) != TQ_JSON_BOOL)
		return false;
	*out = *skip_blanks(v.p, v.p + v.n) == 't';
	return true;
}

void
tq_json_put_str(struct tq_buf *b, struct tq_span s)
{
	size_t i = 0, from = 0, len;
	unsigned char c;

	tq_buf_chr(b, '"');
	while (i < s.n) {
		c = (unsigned char)s.p[i];
		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			i++;
			continue;
		}
		len = c == 0x7f ? 0 : tq_utf8_len(s.p + i, s.n - i);
		if (c >= 0x80 && len > 0) {
			i += len;
			continue;
		}
		tq_buf_add(b, s.p + from, i - from);
		if (c == '"' || c == '\\')
			tq_buf_add(b, c == '"' ? "\\\"" : "\\\\", 2);
		else if (c == '\n')
			tq_buf_str(b, "\\n");
		else if (c == '\t')
			tq_buf_str(b, "\\t");
		else if (c == '\r')
			tq_buf_str(b, "\\r");
		else if (c < 0x80)
			tq_buf_fmt(b, "\\u%04x", c);
		else
			tq_buf_str(b, "\xef\xbf\xbd");
		from = ++i;
	}
	if (i > from)
		tq_buf_add(b, s.p + from, i - from);
	tq_buf_chr(b, '"');
}

void
tq_json_put_flat(struct tq_buf *b, struct tq_span v)
{
	char *at;
	size_t i;

	if (v.n == 0)
		return;
	if (memchr(v.p, '\n', v.n) == NULL &&
	    memchr(v.p, '\r', v.n) == NULL) {
		tq_buf_add(b, v.p, v.n);
		return;
	}
	if ((at = tq_buf_room(b, v.n)) == NULL)
		return;
	for (i = 0; i < v.n; i++)
		at[i] = v.p[i] == '\n' || v.p[i] == '\r' ? ' ' : v.p[i];
	at[v.n] = '\0';
	b->len += v.n;
}

void
tq_json_key(struct tq_buf *b, const char *key)
{
	size_t n = strlen(key);
	char *p = tq_buf_room(b, n + 4);

	if (p == NULL)
		return;
	if (b->len > 0 && p[-1] != '{')
		*p++ = ',';
	*p++ = '"';
	memcpy(p, key, n);
	memcpy(p + n, "\":", 3);
	b->len = (size_t)(p + n + 2 - b->data);
}

void
tq_json_member_str(struct tq_buf *b, const char *key, const char *val)
{
	if (val == NULL)
		return;
	tq_json_key(b, key);
	tq_json_put_str(b, tq_span_of(val));
}

void
tq_json_member_int(struct tq_buf *b, const char *key, int64_t val)
{
	tq_json_key(b, key);
	tq_buf_int(b, val);
}

void
tq_json_member_bool(struct tq_buf *b, const char *key, bool val)
{
	tq_json_key(b, key);
	tq_buf_str(b, val ? "true" : "false");
}

void
tq_json_member_time(struct tq_buf *b, const char *key, int64_t ms)
{
	char text[TQ_TIME_TEXT];

	if (ms > 0)
		tq_json_member_str(b, key, tq_time_text(ms, text));
}

void
tq_json_member_raw(struct tq_buf *b, const char *key, struct tq_span v)
{
	if (v.n == 0)
		return;
	tq_json_key(b, key);
	tq_json_put_flat(b, v);
}

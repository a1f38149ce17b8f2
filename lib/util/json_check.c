/*
 * lib/util/json_check.c -- the strict check of json.h.
 *
 * Our own scanner, because no packaged parser tells where in the input a
 * value stands, and cJSON takes "01", "1.", doubled keys and trailing bytes.
 */
#include "util/json.h"

#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/limits.h"
#include "util/str.h"

/* A key of the object being scanned, with its escapes resolved. */
struct key {
	const char	*p;
	size_t		 n;
};

struct scan {
	const char	*start, *p, *end;
	const char	*why;		/* set at the first fault */
	struct key	*keys;		/* of all open objects, innermost last */
	size_t		 nkeys, cap;
	struct tq_arena	 arena;		/* keys that had escapes */
};

static int value(struct scan *s, int depth);

static int
fault(struct scan *s, const char *why)
{
	if (s->why == NULL)
		s->why = why;
	return -1;
}

static void
blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' ||
	    *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

static int
hex4(const char *p, const char *end, unsigned *out)
{
	unsigned v = 0;
	int i;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		char c = p[i];

		v <<= 4;
		if (c >= '0' && c <= '9')
			v |= (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v |= (unsigned)((c | 32) - 'a' + 10);
		else
			return -1;
	}
	*out = v;
	return 0;
}

/* At the byte behind a backslash. */
static int
string_escape(struct scan *s)
{
	unsigned hi, lo;

	if (s->p == s->end)
		return fault(s, "unterminated string");
	if (*s->p != 'u') {
		if (strchr("\"\\/bfnrt", *s->p) == NULL || *s->p == '\0')
			return fault(s, "bad escape");
		s->p++;
		return 0;
	}
	if (hex4(s->p + 1, s->end, &hi) == -1)
		return fault(s, "bad \\u escape");
	if (hi >= 0xdc00 && hi <= 0xdfff)
		return fault(s, "unpaired surrogate");
	s->p += 5;
	if (hi < 0xd800 || hi > 0xdbff)
		return 0;
	if (s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u' ||
	    hex4(s->p + 2, s->end, &lo) == -1 || lo < 0xdc00 || lo > 0xdfff)
		return fault(s, "unpaired surrogate");
	s->p += 6;
	return 0;
}

/* At the opening quote; *escaped tells whether a backslash was seen. */
static int
string(struct scan *s, bool *escaped)
{
	size_t n;

	*escaped = false;
	s->p++;
	while (s->p < s->end) {
		unsigned char c = (unsigned char)*s->p;

		if (c == '"') {
			s->p++;
			return 0;
		}
		if (c < 0x20)
			return fault(s, "control character in a string");
		if (c == '\\') {
			*escaped = true;
			s->p++;
			if (string_escape(s) == -1)
				return -1;
		} else if (c < 0x80) {
			s->p++;
		} else {
			n = tq_utf8_len(s->p, (size_t)(s->end - s->p));
			if (n == 0)
				return fault(s, "not UTF-8");
			s->p += n;
		}
	}
	return fault(s, "unterminated string");
}

static int
digit_run(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p == from ? fault(s, "bad number") : 0;
}

static int
number(struct scan *s)
{
	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0')
		s->p++;
	else if (digit_run(s) == -1)
		return -1;
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (digit_run(s) == -1)
			return -1;
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		return digit_run(s);
	}
	return 0;
}

static int
word(struct scan *s, const char *w)
{
	size_t n = strlen(w);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, w, n) != 0)
		return fault(s, "not a JSON value");
	s->p += n;
	return 0;
}

static char *
put_utf8(char *out, unsigned c)
{
	if (c < 0x80) {
		*out++ = (char)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (c & 0x3f));
	return out;
}

/*
 * The bytes of a key that string() has passed.  Not tq_json_str(): a key may
 * hold \u0000, which that refuses.
 */
static struct tq_span
unescape(struct tq_arena *a, struct tq_span raw)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *p = raw.p, *end = raw.p + raw.n, *at;
	char *start = tq_arena_alloc(a, raw.n), *out = start;
	unsigned c = 0, lo = 0;

	while (p < end) {
		if (*p != '\\') {
			*out++ = *p++;
			continue;
		}
		if (p[1] != 'u') {
			at = strchr(from, p[1]);
			*out++ = at == NULL ? p[1] : to[at - from];
			p += 2;
			continue;
		}
		hex4(p + 2, end, &c);
		p += 6;
		if (c >= 0xd800 && c <= 0xdbff) {
			hex4(p + 2, end, &lo);
			p += 6;
			c = 0x10000 + ((c - 0xd800) << 10) + (lo - 0xdc00);
		}
		out = put_utf8(out, c);
	}
	return (struct tq_span){ start, (size_t)(out - start) };
}

static int
key_push(struct scan *s, struct tq_span raw, bool escaped)
{
	struct tq_span k = { raw.p + 1, raw.n - 2 };
	struct key *grown;

	if (escaped)
		k = unescape(&s->arena, k);
	if (s->nkeys == s->cap) {
		size_t cap = s->cap == 0 ? 32 : s->cap * 2;

		if ((grown = realloc(s->keys, cap * sizeof(*grown))) == NULL)
			return fault(s, "out of memory");
		s->keys = grown;
		s->cap = cap;
	}
	s->keys[s->nkeys++] = (struct key){ k.p, k.n };
	return 0;
}

static int
key_cmp(const void *va, const void *vb)
{
	const struct key *a = va, *b = vb;

	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return a->n == 0 ? 0 : memcmp(a->p, b->p, a->n);
}

/* Close an object whose keys start at ${base}: none may stand twice. */
static int
keys_close(struct scan *s, size_t base)
{
	struct key *k = s->keys + base;
	size_t n = s->nkeys - base, i, j;

	s->nkeys = base;
	if (n <= 8) {
		for (i = 1; i < n; i++)
			for (j = 0; j < i; j++)
				if (key_cmp(&k[i], &k[j]) == 0)
					return fault(s, "the same key twice");
		return 0;
	}
	qsort(k, n, sizeof(*k), key_cmp);
	for (i = 1; i < n; i++)
		if (key_cmp(&k[i - 1], &k[i]) == 0)
			return fault(s, "the same key twice");
	return 0;
}

static int
member(struct scan *s, int depth)
{
	const char *from = s->p;
	bool escaped;

	if (s->p == s->end || *s->p != '"')
		return fault(s, "expected a key in quotes");
	if (string(s, &escaped) == -1)
		return -1;
	if (key_push(s, (struct tq_span){ from, (size_t)(s->p - from) },
	    escaped) == -1)
		return -1;
	blanks(s);
	if (s->p == s->end || *s->p != ':')
		return fault(s, "expected ':'");
	s->p++;
	return value(s, depth);
}

static int
container(struct scan *s, int depth)
{
	char close = *s->p == '{' ? '}' : ']';
	size_t base = s->nkeys;

	if (depth >= TQ_JSON_DEPTH_MAX)
		return fault(s, "nested too deeply");
	s->p++;
	blanks(s);
	if (s->p < s->end && *s->p == close) {
		s->p++;
		return 0;
	}
	for (;;) {
		blanks(s);
		if ((close == '}' ? member(s, depth + 1) :
		    value(s, depth + 1)) == -1)
			return -1;
		blanks(s);
		if (s->p == s->end)
			return fault(s, "ends too early");
		if (*s->p == close)
			break;
		if (*s->p != ',')
			return fault(s, "expected ',' or a closing bracket");
		s->p++;
	}
	s->p++;
	return close == '}' ? keys_close(s, base) : 0;
}

static int
value(struct scan *s, int depth)
{
	bool escaped;

	blanks(s);
	if (s->p == s->end)
		return fault(s, "ends too early");
	switch (*s->p) {
	case '{':
	case '[':
		return container(s, depth);
	case '"':
		return string(s, &escaped);
	case 't':
		return word(s, "true");
	case 'f':
		return word(s, "false");
	case 'n':
		return word(s, "null");
	default:
		if (*s->p == '-' || (*s->p >= '0' && *s->p <= '9'))
			return number(s);
		/* Editors of Windows put it there, and none shows it. */
		if (s->end - s->p > 2 && memcmp(s->p, "\xef\xbb\xbf", 3) == 0)
			return fault(s, "a byte order mark (BOM), which JSON "
			    "has none of");
		return fault(s, "not a JSON value");
	}
}

int
tq_json_check(struct tq_span text, struct tq_err *err)
{
	struct scan s = { .start = text.p, .p = text.p,
	    .end = text.n == 0 ? text.p : text.p + text.n };
	int rc;

	if ((rc = value(&s, 0)) == 0) {
		blanks(&s);
		if (s.p != s.end)
			rc = fault(&s, "bytes behind the value");
	}
	if (rc == -1)
		tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "byte %zu: %s",
		    (size_t)(s.p - s.start), s.why);
	free(s.keys);
	tq_arena_free(&s.arena);
	return rc;
}

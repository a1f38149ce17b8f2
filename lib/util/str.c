/* lib/util/str.c -- see str.h. */
#include "util/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int
tq_str_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	char *end;
	long long v;

	if (!((s[0] >= '0' && s[0] <= '9') ||
	    (s[0] == '-' && s[1] >= '0' && s[1] <= '9')))
		return -1;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (*end != '\0' || errno != 0 || v < min || v > max)
		return -1;
	*out = v;
	return 0;
}

size_t
tq_utf8_len(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len, i;

	if (n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	len = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 :
	    p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
	if (len == 0 || len > n)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

bool
tq_utf8_valid(struct tq_span s)
{
	size_t i = 0, len;

	while (i < s.n) {
		if ((len = tq_utf8_len(s.p + i, s.n - i)) == 0)
			return false;
		i += len;
	}
	return true;
}

static uint32_t
code_point(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;

	switch (len) {
	case 2:
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	case 3:
		return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 |
		    (p[2] & 0x3fu);
	case 4:
		return (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 |
		    (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
	default:
		return p[0];
	}
}

/* Shown as it is?  Not controls, not what changes the text's direction. */
static bool
harmless(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	return !(c == 0x061c || c == 0x200e || c == 0x200f ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	    c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f));
}

static void
escape(struct tq_buf *out, uint32_t c)
{
	if (c == '\n')
		tq_buf_str(out, "\\n");
	else if (c == '\t')
		tq_buf_str(out, "\\t");
	else if (c == '\r')
		tq_buf_str(out, "\\r");
	else if (c < 0x100)
		tq_buf_fmt(out, "\\x%02x", c);
	else
		tq_buf_fmt(out, "\\u%04x", c);
}

size_t
tq_printable_len(const char *s, size_t n)
{
	size_t len = tq_utf8_len(s, n);

	return len > 0 && harmless(code_point(s, len)) ? len : 0;
}

void
tq_visible(struct tq_buf *out, struct tq_span s, size_t width)
{
	size_t i = 0, len;
	uint32_t c;

	while (i < s.n) {
		len = tq_utf8_len(s.p + i, s.n - i);
		if (width != 0 && i + (len ? len : 1) > width) {
			tq_buf_str(out, "...");
			return;
		}
		c = len == 0 ? (unsigned char)s.p[i] : code_point(s.p + i, len);
		if (len != 0 && harmless(c))
			tq_buf_add(out, s.p + i, len);
		else
			escape(out, c);
		i += len == 0 ? 1 : len;
	}
}

bool
tq_str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
tq_str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), k = strlen(suffix);

	return n >= k && strcmp(s + n - k, suffix) == 0;
}

bool
tq_str_scheme(const char *s, const char *scheme)
{
	return strncasecmp(s, scheme, strlen(scheme)) == 0;
}

char *
tq_str_fmt(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) == -1)
		s = NULL;
	va_end(ap);
	return tq_must(s);
}

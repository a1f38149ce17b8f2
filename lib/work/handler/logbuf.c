/* lib/work/handler/logbuf.c -- see logbuf.h. */
#include "work/handler/logbuf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LOGBUF_START	4096		/* most logs are short */

/* Only while nothing has been overwritten, so the bytes lie in order. */
static int
grow(struct tq_logbuf *r, size_t want)
{
	size_t cap = r->cap == 0 ? LOGBUF_START : r->cap;
	char *p;

	while (cap < want && cap < r->max)
		cap *= 2;
	if (cap > r->max)
		cap = r->max;
	if (cap == r->cap)
		return 0;
	if ((p = realloc(r->data, cap)) == NULL)
		return -1;
	r->data = p;
	r->cap = cap;
	r->at = r->len;
	return 0;
}

int
tq_logbuf_add(struct tq_logbuf *r, const char *p, size_t n)
{
	size_t part;

	if (r->len + n > r->cap && r->cap < r->max &&
	    grow(r, r->len + n) == -1)
		return -1;
	r->total += n;
	if (n > r->cap) {
		p += n - r->cap;
		n = r->cap;
	}
	while (n > 0) {
		if (r->at == r->cap)
			r->at = 0;
		part = n < r->cap - r->at ? n : r->cap - r->at;
		memcpy(r->data + r->at, p, part);
		r->at += part;
		r->len = r->len + part > r->cap ? r->cap : r->len + part;
		p += part;
		n -= part;
	}
	return 0;
}

void
tq_logbuf_spans(const struct tq_logbuf *r, struct tq_span out[2])
{
	out[0] = out[1] = TQ_SPAN_NONE;
	if (r->len < r->cap || r->at == r->cap) {
		out[0] = (struct tq_span){ r->data, r->len };
	} else {
		out[0] = (struct tq_span){ r->data + r->at, r->cap - r->at };
		out[1] = (struct tq_span){ r->data, r->at };
	}
}

static char
byte_at(const struct tq_span s[2], size_t i)
{
	if (i < s[0].n)
		return s[0].p[i];
	assert(i - s[0].n < s[1].n);
	return s[1].p[i - s[0].n];
}

static bool
blank(char c)
{
	return c == '\n' || c == '\r' || c == ' ' || c == '\t' || c == '\0';
}

const char *
tq_logbuf_last_line(const struct tq_logbuf *r, char *buf, size_t n)
{
	struct tq_span s[2];
	size_t start, end, i;

	tq_logbuf_spans(r, s);
	for (end = r->len; end > 0 && blank(byte_at(s, end - 1)); end--)
		continue;
	for (start = end; start > 0; start--)
		if (byte_at(s, start - 1) == '\n' ||
		    byte_at(s, start - 1) == '\r')
			break;
	for (i = 0; start + i < end && i < n - 1; i++)
		buf[i] = byte_at(s, start + i);
	buf[i] = '\0';
	return buf;
}

void
tq_logbuf_clear(struct tq_logbuf *r)
{
	if (r->cap > 16 * LOGBUF_START) {
		free(r->data);
		r->data = NULL;
		r->cap = 0;
	}
	r->len = r->at = 0;
	r->total = 0;
}

void
tq_logbuf_free(struct tq_logbuf *r)
{
	free(r->data);
	r->data = NULL;
	r->cap = r->len = r->at = 0;
}

/* lib/util/buf.c -- see buf.h. */
#include "util/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tq_span
tq_span_of(const char *s)
{
	return (struct tq_span){ s, s == NULL ? 0 : strlen(s) };
}

bool
tq_span_eq(struct tq_span a, const char *s)
{
	size_t n = strlen(s);

	return a.n == n && (n == 0 || memcmp(a.p, s, n) == 0);
}

char *
tq_buf_room(struct tq_buf *b, size_t n)
{
	size_t cap;
	char *p;

	if (n > b->max || b->len > b->max - n) {
		b->failed = true;
		return NULL;
	}
	if (b->len + n + 1 > b->cap) {
		cap = b->cap < 256 ? 256 : b->cap;
		while (cap < b->len + n + 1)
			cap += cap / 2;
		if ((p = realloc(b->data, cap)) == NULL) {
			b->failed = b->no_memory = true;
			return NULL;
		}
		b->data = p;
		b->cap = cap;
	}
	return b->data + b->len;
}

int
tq_buf_add(struct tq_buf *b, const void *data, size_t n)
{
	char *p = tq_buf_room(b, n);

	if (p == NULL)
		return -1;
	if (n > 0)
		memcpy(p, data, n);
	p[n] = '\0';
	b->len += n;
	return 0;
}

int
tq_buf_str(struct tq_buf *b, const char *s)
{
	return tq_buf_add(b, s, strlen(s));
}

int
tq_buf_chr(struct tq_buf *b, char c)
{
	if (b->len + 1 >= b->cap || b->len >= b->max)
		return tq_buf_add(b, &c, 1);
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
	return 0;
}

int
tq_buf_int(struct tq_buf *b, int64_t n)
{
	uint64_t u = n < 0 ? -(uint64_t)n : (uint64_t)n;
	char text[24], *p = text + sizeof(text);

	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) > 0);
	if (n < 0)
		*--p = '-';
	return tq_buf_add(b, p, (size_t)(text + sizeof(text) - p));
}

int
tq_buf_vfmt(struct tq_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *p;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || (p = tq_buf_room(b, (size_t)n)) == NULL) {
		b->failed = true;
		return -1;
	}
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
	return 0;
}

int
tq_buf_fmt(struct tq_buf *b, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = tq_buf_vfmt(b, fmt, ap);
	va_end(ap);
	return rc;
}

int
tq_buf_why(const struct tq_buf *b, struct tq_err *err, enum tq_stage stage,
    const char *fmt, ...)
{
	char text[TQ_ERR_MSG_MAX];
	va_list ap;

	if (b->no_memory)
		return tq_err_set(err, stage, TQ_E_NOMEM, "out of memory");
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return tq_err_set(err, stage, TQ_E_TOOBIG, "%s", text);
}

void
tq_buf_taint(struct tq_buf *b, const struct tq_buf *from)
{
	b->failed |= from->failed;
	b->no_memory |= from->no_memory;
}

struct tq_span
tq_buf_span(const struct tq_buf *b)
{
	return (struct tq_span){ b->data, b->len };
}

void
tq_buf_clear(struct tq_buf *b)
{
	b->len = 0;
	b->failed = b->no_memory = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
tq_buf_free(struct tq_buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
	b->failed = b->no_memory = false;
}

#define CHUNK_BYTES	(32 * 1024)
#define SMALL_BYTES	992		/* with its head: malloc() caches it */
#define SMALL_ALL	4096		/* after so much in small ones: large */

struct tq_chunk {
	struct tq_chunk	*next;
	size_t		 used, size;
	_Alignas(16) char data[];
};

static void (*_Atomic before)(void);

void
tq_before_giving_up(void (*fn)(void))
{
	before = fn;
}

void
tq_give_up(const char *why)
{
	void (*fn)(void) = before;

	if (fn != NULL)
		fn();
	fprintf(stderr, "tq: %s\n", why);
	_exit(70);
}

void *
tq_must(void *p)
{
	if (p == NULL)
		tq_give_up("out of memory");
	return p;
}

static struct tq_chunk *
chunk_new(struct tq_arena *a, size_t n)
{
	size_t least = a->total < SMALL_ALL ? SMALL_BYTES : CHUNK_BYTES;
	size_t size = n > least ? n : least;
	struct tq_chunk *c = tq_must(malloc(sizeof(*c) + size));

	c->next = a->head;
	c->used = 0;
	c->size = size;
	a->head = c;
	return c;
}

void *
tq_arena_room(struct tq_arena *a, size_t n)
{
	struct tq_chunk *c = a->head;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (c == NULL || c->size - c->used < n)
		c = chunk_new(a, n);
	p = c->data + c->used;
	c->used += n;
	a->total += n;
	return p;
}

void *
tq_arena_alloc(struct tq_arena *a, size_t n)
{
	return memset(tq_arena_room(a, n), 0, n);
}

char *
tq_arena_dup(struct tq_arena *a, const void *p, size_t n)
{
	char *s = tq_arena_alloc(a, n + 1);

	if (n > 0)
		memcpy(s, p, n);
	return s;
}

void *
tq_arena_more(struct tq_arena *a, void *v, size_t n, size_t size)
{
	void *grown;

	if (n > 0 && (n < 8 || (n & (n - 1)) != 0))
		return v;	/* room is 8 or the next power of two */
	grown = tq_arena_alloc(a, (n == 0 ? 8 : 2 * n) * size);
	if (n > 0)
		memcpy(grown, v, n * size);
	return grown;
}

char *
tq_arena_str(struct tq_arena *a, const char *s)
{
	return s == NULL ? NULL : tq_arena_dup(a, s, strlen(s));
}

struct tq_span
tq_arena_span(struct tq_arena *a, struct tq_span s)
{
	if (s.p == NULL)
		return s;
	return (struct tq_span){ tq_arena_dup(a, s.p, s.n), s.n };
}

char *
tq_arena_fmt(struct tq_arena *a, const char *fmt, ...)
{
	char most[128];		/* of what is made is shorter */
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(most, sizeof(most), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(most))
		return tq_arena_dup(a, most, (size_t)n);
	s = tq_arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void
tq_arena_reset(struct tq_arena *a)
{
	struct tq_chunk *keep = a->head;

	if (keep == NULL)
		return;
	a->head = keep->next;
	tq_arena_free(a);
	if (keep->size > CHUNK_BYTES) {
		free(keep);
		keep = NULL;
	} else {
		keep->next = NULL;
		keep->used = 0;
	}
	a->head = keep;
}

void
tq_arena_free(struct tq_arena *a)
{
	struct tq_chunk *c, *next;

	for (c = a->head; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	a->head = NULL;
	a->total = 0;
}

void
tq_arena_wipe(struct tq_arena *a)
{
	struct tq_chunk *c;

	for (c = a->head; c != NULL; c = c->next)
		explicit_bzero(c->data, c->used);
	tq_arena_free(a);
}

void
tq_buf_wipe(struct tq_buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	tq_buf_free(b);
}

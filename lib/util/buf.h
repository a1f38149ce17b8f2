/* lib/util/buf.h -- byte strings: borrowed spans, bounded buffers, arenas. */
#ifndef TQ_BUF_H
#define TQ_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/* A borrowed run of bytes; p may be NULL iff n is 0.  Not NUL-terminated. */
struct tq_span {
	const char	*p;
	size_t		 n;
};

#define TQ_SPAN_NONE	((struct tq_span){ NULL, 0 })

/* tq_span_of(s): the bytes of the C string ${s} (NULL: none). */
struct tq_span tq_span_of(const char *s);

/* tq_span_eq(a, s): are the bytes of ${a} exactly the C string ${s}? */
bool tq_span_eq(struct tq_span a, const char *s);

/*
 * A growing byte string born with its maximum.  data is NUL-terminated
 * (the NUL is not counted) once anything was appended.  The owner frees it;
 * a zeroed or freed buffer may be freed again.
 */
struct tq_buf {
	char	*data;
	size_t	 len;
	size_t	 cap;
	size_t	 max;
	bool	 failed;	/* an append failed: over max, or no memory */
	bool	 no_memory;	/* ... that */
};

#define TQ_BUF_INIT(max_bytes)	{ NULL, 0, 0, (max_bytes), false, false }

/*
 * tq_buf_add / _str / _chr / _fmt(b, ...):
 * Append.  Returns 0, or -1 when ${b} would pass its maximum or memory ran
 * out; then nothing is appended and ${b}->failed stays set, so that a run of
 * appends may be checked once at its end.
 */
int tq_buf_add(struct tq_buf *b, const void *data, size_t n);
int tq_buf_str(struct tq_buf *b, const char *s);
int tq_buf_chr(struct tq_buf *b, char c);
int tq_buf_int(struct tq_buf *b, int64_t n);	/* in decimal */
int tq_buf_fmt(struct tq_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int tq_buf_vfmt(struct tq_buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/*
 * tq_buf_room(b, n):
 * Make room for ${n} more bytes; returns where to write them, or NULL as the
 * appends fail.  The caller adds what it wrote to ${b}->len.
 */
char *tq_buf_room(struct tq_buf *b, size_t n);

/*
 * tq_buf_why(b, err, stage, fmt, ...):
 * Why ${b} has failed: TQ_E_TOOBIG with this message, or TQ_E_NOMEM, which the
 * limit has no part in and which may be over the next time.  Returns -1.
 */
int tq_buf_why(const struct tq_buf *b, struct tq_err *err, enum tq_stage stage,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* tq_buf_taint(b, from): ${b} has failed, too, if ${from} has, and as that did. */
void tq_buf_taint(struct tq_buf *b, const struct tq_buf *from);

/* tq_buf_span(b): the bytes, borrowed until the next append. */
struct tq_span tq_buf_span(const struct tq_buf *b);

/* tq_buf_clear(b): empty, keeps the memory and forgets failures. */
void tq_buf_clear(struct tq_buf *b);

/* tq_buf_free(b): give the memory back; ${b} is empty and usable after. */
void tq_buf_free(struct tq_buf *b);

/*
 * Memory that is given back all at once: records and their strings live in
 * one.  A zeroed arena is empty and usable.  Pointers stay valid until
 * _reset or _free; they are aligned for any type.
 */
struct tq_arena {
	struct tq_chunk	*head;
	size_t		 total;		/* bytes handed out since the reset */
};

#define TQ_ARENA_INIT { NULL, 0 }

/*
 * tq_before_giving_up(fn):
 * Have ${fn} called first thing by tq_give_up(), in whichever thread that is:
 * for what a process must not leave behind, as a terminal in raw mode.  NULL:
 * nothing, as at the start.  Meanwhile it may allocate nothing.
 */
void tq_before_giving_up(void (*fn)(void));

/* tq_give_up(why): say so on stderr and end the process with 70. */
_Noreturn void tq_give_up(const char *why);

/*
 * tq_must(p): ${p}, or tq_give_up() when it is NULL.
 * For small allocations without which nothing can go on: nothing that was
 * acknowledged depends on a process going on.
 */
void *tq_must(void *p);

/* tq_arena_alloc(a, n): ${n} zeroed bytes; as tq_must(), never NULL. */
void *tq_arena_alloc(struct tq_arena *a, size_t n);

/*
 * tq_arena_room(a, n): the same, not zeroed, for many rows of which each is
 * written before it is read: pages that none reaches are never touched.
 */
void *tq_arena_room(struct tq_arena *a, size_t n);

/* tq_arena_dup(a, p, n): a copy of ${n} bytes, with a NUL behind them. */
char *tq_arena_dup(struct tq_arena *a, const void *p, size_t n);

/*
 * tq_arena_more(a, v, n, size):
 * The array ${v} of ${n} elements of ${size} bytes with zeroed room for one
 * more: where it stands, or a copy with twice the room.  It counts on having
 * been called for each element, the first with ${v} NULL.
 */
void *tq_arena_more(struct tq_arena *a, void *v, size_t n, size_t size);

/* tq_arena_str(a, s): a copy of the C string ${s}; NULL gives NULL. */
char *tq_arena_str(struct tq_arena *a, const char *s);

/* tq_arena_span(a, s): a copy of the span. */
struct tq_span tq_arena_span(struct tq_arena *a, struct tq_span s);

/* tq_arena_fmt(a, fmt, ...): a formatted C string. */
char *tq_arena_fmt(struct tq_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* tq_arena_reset(a): empty it, keeping one chunk for reuse. */
void tq_arena_reset(struct tq_arena *a);
void tq_arena_free(struct tq_arena *a);

/* tq_arena_wipe(a) / tq_buf_wipe(b): _free for what was secret. */
void tq_arena_wipe(struct tq_arena *a);
void tq_buf_wipe(struct tq_buf *b);

#endif

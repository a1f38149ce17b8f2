/* lib/util/str.h -- small questions about text. */
#ifndef TQ_STR_H
#define TQ_STR_H

#include "util/buf.h"

/*
 * tq_str_int(s, min, max, out):
 * Parse all of ${s} as a decimal integer within [min, max].  Returns 0, or
 * -1 with ${out} unchanged (empty, trailing bytes, blanks, out of range).
 */
int tq_str_int(const char *s, int64_t min, int64_t max, int64_t *out);

/*
 * tq_utf8_len(s, n): the bytes of the valid UTF-8 sequence at ${s} (1..4; no
 * overlong forms, no surrogates, at most U+10FFFF: RFC 3629), or 0.
 */
size_t tq_utf8_len(const char *s, size_t n);

/* tq_utf8_valid(s): is every byte part of valid UTF-8? */
bool tq_utf8_valid(struct tq_span s);

/*
 * tq_printable_len(s, n): the bytes of the character at ${s} (1..4), or 0: a
 * control, what changes the direction of text, a byte order mark, bad UTF-8.
 */
size_t tq_printable_len(const char *s, size_t n);

/*
 * tq_visible(out, s, width):
 * Append ${s} so that a terminal shows it and does nothing else: control
 * characters, C1 controls, bidirectional overrides and bad UTF-8 become
 * \n, \t, \x1b, \u202e ...; backslashes stay, so that what has been through
 * it once is not changed again.  At most ${width} bytes are taken from ${s}
 * (0: all), cut at a character, with "..." behind.
 */
void tq_visible(struct tq_buf *out, struct tq_span s, size_t width);

/*
 * tq_str_fmt(fmt, ...): a formatted string in memory of its own, which the
 * caller frees; as tq_must(), never NULL.
 */
char *tq_str_fmt(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* tq_str_starts(s, prefix), tq_str_ends(s, suffix) */
bool tq_str_starts(const char *s, const char *prefix);
bool tq_str_ends(const char *s, const char *suffix);

/* tq_str_scheme(s, scheme): is ${s} a URL of "http:", in any case? */
bool tq_str_scheme(const char *s, const char *scheme);

#endif

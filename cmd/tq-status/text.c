/* cmd/tq-status/text.c -- bytes of tasks on their way out; see text.h. */
#include "text.h"

#include <stdlib.h>
#include <string.h>

#include "util/str.h"

/* Is ${s} the beginning of a character whose end is missing? */
static bool
cut(struct tq_span s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t i, whole = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	for (i = 1; i < s.n; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return false;
	return c >= 0xc2 && c <= 0xf4 && s.n < whole;
}

bool
text_binary(struct tq_span s)
{
	size_t i, n;

	for (i = 0; i < s.n; i += n) {
		n = tq_utf8_len(s.p + i, s.n - i);
		if (n == 0)
			return !cut((struct tq_span){ s.p + i, s.n - i });
		if (s.p[i] == '\0')
			return true;
	}
	return false;
}

void
text_visible(struct tq_buf *out, struct tq_span s)
{
	const char *end = s.p + s.n, *stop;

	while (s.p < end) {
		for (stop = s.p; stop < end && *stop != '\n' && *stop != '\t';
		    stop++)
			;
		tq_visible(out, (struct tq_span){ s.p,
		    (size_t)(stop - s.p) }, 0);
		if (stop < end)
			tq_buf_chr(out, *stop++);
		s.p = stop;
	}
}

/*
 * How much of ${with} a match of ${have} bytes makes, once ${c} follows; fall[i]
 * is the longest end of the first i + 1 bytes that they begin with, too (Knuth,
 * Morris, Pratt).
 */
static size_t
match_on(struct tq_span with, const uint32_t *fall, size_t have, char c)
{
	while (have > 0 && (have == with.n || with.p[have] != c))
		have = fall[have - 1];
	return have + (have < with.n && with.p[have] == c);
}

/* The longest end of ${old} that ${now} begins with, in one pass. */
static size_t
overlap(struct tq_span old, struct tq_span now)
{
	uint32_t *fall = tq_must(calloc(now.n, sizeof(*fall)));
	size_t i, have = 0;

	for (i = 1; i < now.n; i++)
		fall[i] = (uint32_t)(have = match_on(now, fall, have,
		    now.p[i]));
	for (i = have = 0; i < old.n; i++)
		have = match_on(now, fall, have, old.p[i]);
	free(fall);
	return have;
}

size_t
text_shown(struct tq_span old, struct tq_span now)
{
	if (old.n == 0 || now.n == 0)
		return 0;
	if (old.n <= now.n && memcmp(old.p, now.p, old.n) == 0)
		return old.n;
	return overlap(old, now);
}

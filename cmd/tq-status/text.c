/* cmd/tq-status/text.c -- bytes of tasks on their way out; see text.h. */
#include "text.h"

#include <string.h>

#include "util/str.h"

bool
text_binary(struct tq_span s)
{
	size_t i, n;

	for (i = 0; i < s.n; i += n) {
		n = tq_utf8_len(s.p + i, s.n - i);
		/* A character may have been cut at the very end. */
		if (n == 0 && s.n - i < 4 && ((unsigned char)s.p[i] & 0xc0) ==
		    0xc0)
			return false;
		if (n == 0 || s.p[i] == '\0')
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

size_t
text_shown(struct tq_span old, struct tq_span now)
{
	size_t probe = now.n < 64 ? now.n : 64, from, rest;
	const char *at;

	if (old.n <= now.n && (old.n == 0 ||
	    memcmp(old.p, now.p, old.n) == 0))
		return old.n;
	if (probe == 0)
		return 0;
	/* The front was cut off: find where ${now} starts in ${old}. */
	for (from = 1; from < old.n; from++) {
		rest = old.n - from;
		if (rest < probe)
			probe = rest;
		at = memmem(old.p + from, rest, now.p, probe);
		if (at == NULL)
			continue;
		from = (size_t)(at - old.p);
		rest = old.n - from;
		if (rest <= now.n && memcmp(at, now.p, rest) == 0)
			return rest;
	}
	return 0;
}

/* cmd/tq-dlq/fold.c -- see fold.h. */
#include "fold.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define HEX_MIN		7	/* a commit's short name */
#define MIXED_MIN	12	/* letters and digits in turn: an id */
#define NAME_DIGITS	3	/* in a row, that a name may have */
#define UUID_N		36

static bool
is_alnum(char c)
{
	return isalnum((unsigned char)c);
}

static bool
is_digit(char c)
{
	return isdigit((unsigned char)c);
}

/* How long the word at ${p} is if it is a name though it has a number. */
static size_t
name_at(const char *p)
{
	static const char *const names[] = { "utf-8", "utf-16", "sha-1",
	    "sha-256", "x86_64" };
	size_t i, n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = strlen(names[i]);
		if (strncasecmp(p, names[i], n) == 0 && !is_alnum(p[n]))
			return n;
	}
	return 0;
}

static bool
uuid_at(const char *p)
{
	size_t i;

	for (i = 0; i < UUID_N; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? p[i] != '-' :
		    !isxdigit((unsigned char)p[i]))
			return false;
	return !is_alnum(p[i]);
}

/* Is this run of letters and digits an id rather than a name or a number? */
static bool
is_id(const char *p, size_t n)
{
	size_t i, digits = 0, hex = 0, turns = 0;

	for (i = 0; i < n; i++) {
		digits += is_digit(p[i]);
		hex += isxdigit((unsigned char)p[i]) != 0;
		turns += i > 0 && is_digit(p[i]) != is_digit(p[i - 1]);
	}
	if (digits == n)
		return false;
	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		return n > 2 && hex == n - 1;
	return (hex == n && n >= HEX_MIN && digits >= 2) ||
	    (n >= MIXED_MIN && digits >= 3 && turns >= 3);
}

static void
add_run(struct tq_buf *b, const char *p, size_t n)
{
	size_t i, to;

	if (is_id(p, n)) {
		tq_buf_chr(b, '*');
		return;
	}
	for (i = 0; i < n; i = to) {
		for (to = i; to < n && is_digit(p[to]); to++)
			;
		if (to == i)
			tq_buf_chr(b, p[to++]);
		else if (is_digit(p[0]) || to - i > NAME_DIGITS)
			tq_buf_chr(b, 'N');
		else
			tq_buf_add(b, p + i, to - i);
	}
}

void
dlq_fold(struct tq_buf *b, const char *reason, size_t max)
{
	const char *p = reason;
	size_t n;

	tq_buf_clear(b);
	while (*p != '\0' && b->len < max) {
		if (!is_alnum(*p)) {
			tq_buf_chr(b, *p++);
			continue;
		}
		if ((n = name_at(p)) > 0) {
			tq_buf_add(b, p, n);
		} else if (uuid_at(p)) {
			tq_buf_chr(b, '*');
			n = UUID_N;
		} else {
			while (is_alnum(p[n]))
				n++;
			add_run(b, p, n);
		}
		p += n;
	}
}

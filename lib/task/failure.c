/* lib/task/failure.c -- see failure.h. */
#include "task/failure.h"

#include <string.h>

/* "3", or "N" where numbers were folded. */
static size_t
number(const char *p)
{
	return strspn(p, "0123456789N");
}

/* The length of " on attempt 1 of 3" or " (never again)" at ${p}; 0: neither. */
static size_t
marker(const char *p)
{
	static const char on[] = " on attempt ", never[] = " (never again)";
	const char *q = p + sizeof(on) - 1;
	size_t n;

	if (strncmp(p, never, sizeof(never) - 1) == 0)
		return sizeof(never) - 1;
	if (strncmp(p, on, sizeof(on) - 1) != 0 || (n = number(q)) == 0 ||
	    strncmp(q + n, " of ", 4) != 0)
		return 0;
	q += n + 4;
	return (n = number(q)) == 0 ? 0 : (size_t)(q + n - p);
}

/* How it ended, of "exec: thumb exited with status 3"; NULL: by words. */
static const char *
how(const char *reason, const char *end)
{
	static const char *const verbs[] = {
		" exited with status ", " was killed by signal ",
		" was stopped after ",
	};
	const char *p;
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if ((p = strstr(reason, verbs[i])) != NULL && p < end)
			return p + 1;
	return NULL;
}

/* The text behind "decode: image.grayscale: ". */
static const char *
text(const char *reason, const char *end)
{
	const char *stage = strstr(reason, ": "), *type = stage == NULL ? NULL :
	    strstr(stage + 2, ": ");

	return type != NULL && type + 2 < end ? type + 2 : reason;
}

void
tq_failure_shown(const char *reason, struct tq_buf *out)
{
	const char *p, *words, *ended;
	size_t n = 0;

	if (reason == NULL)
		return;
	for (p = reason; *p != '\0' && (n = marker(p)) == 0; p++)
		;
	words = p + n + (strncmp(p + n, ": ", 2) == 0 ? 2 : 0);
	ended = how(reason, p);
	if (n == 0)
		tq_buf_str(out, reason);
	else if (ended == NULL)
		tq_buf_add(out, text(reason, p), (size_t)(p -
		    text(reason, p)));
	else if (*words == '\0')
		tq_buf_add(out, ended, (size_t)(p - ended));
	else
		tq_buf_fmt(out, "%s (%.*s)", words, (int)(p - ended), ended);
}

/* lib/task/trace.c -- see trace.h. */
#include "task/trace.h"

#include <stdio.h>
#include <string.h>

/* Does ${s} begin as ${form} does, where an x stands for a hex digit? */
static bool
begins(const char *s, const char *form)
{
	for (; *form != '\0'; s++, form++)
		if (*form == 'x' ? *s == '\0' ||
		    strchr("0123456789abcdef", *s) == NULL : *s != *form)
			return false;
	return true;
}

bool
tq_traceparent_ok(const char *s)
{
	return begins(s,
	    "00-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx") &&
	    s[TQ_TRACEPARENT - 1] == '\0';
}

/* The value of a field of "A=1;B=2", or NULL. */
static const char *
field(const char *header, const char *name)
{
	size_t n = strlen(name);
	const char *p;

	for (p = header; ; p++) {
		p += strspn(p, " ");
		if (strncmp(p, name, n) == 0 && p[n] == '=')
			return p + n + 1;
		if ((p = strchr(p, ';')) == NULL)
			return NULL;
	}
}

bool
tq_traceparent_of_xray(const char *header, char out[TQ_TRACEPARENT])
{
	const char *root = field(header, "Root");
	const char *parent = field(header, "Parent");
	const char *sampled = field(header, "Sampled");

	if (root == NULL || !begins(root,
	    "1-xxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx") || parent == NULL ||
	    !begins(parent, "xxxxxxxxxxxxxxxx"))
		return false;
	snprintf(out, TQ_TRACEPARENT, "00-%.8s%.24s-%.16s-0%c", root + 2,
	    root + 11, parent, sampled != NULL && *sampled == '1' ? '1' : '0');
	return true;
}

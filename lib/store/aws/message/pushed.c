/*
 * lib/store/aws/message/pushed.c -- messages that somebody else receives and
 * deletes; see store/pushed.h.
 */
#include <string.h>

#include "store/aws/message/message.h"

bool
aq_pushed(const struct aq *s)
{
	return s->pushed.on;
}

bool
aq_pushed_gone(struct aq *s, const char *receipt)
{
	size_t i;

	for (i = 0; i < s->pushed.n; i++)
		if (strcmp(s->pushed.v[i].receipt, receipt) == 0) {
			s->pushed.v[i].gone = true;
			return true;
		}
	return false;
}

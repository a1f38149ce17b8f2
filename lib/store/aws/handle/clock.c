/*
 * lib/store/aws/handle/clock.c -- the services' time, and how it differs
 * from ours.
 */
#include <errno.h>
#include <time.h>

#include "store/aws/handle/handle.h"

int64_t
aq_now(const struct aq *s)
{
	return tq_aws_now(s->a);
}

int64_t
aq_ahead(const struct aq *s)
{
	return tq_aws_ahead(s->a);
}

int
aq_sleep(int64_t ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	return nanosleep(&ts, NULL) == -1 && errno == EINTR ? -1 : 0;
}

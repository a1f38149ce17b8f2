/* lib/store/aws/handle/clock.c -- the services' time, and how it differs from ours. */
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

/* lib/store/with.c -- a submit that stands or falls with another. */
#include "store/ops.h"

bool
tq_submit_with(struct tq_submit *in, struct tq_submitted *out)
{
	const struct tq_submitted *other = out - in->with;

	if (in->with == 0)
		return true;
	if (other->what == TQ_REFUSED) {
		*out = *other;
		return false;
	}
	if (other->what != TQ_EXISTS)
		in->replace = TQ_REPLACE_ENDED;
	return true;
}

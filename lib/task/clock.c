/* lib/task/clock.c -- see clock.h. */
#include "task/clock.h"

static bool
apart(int64_t a, int64_t b, int64_t most)
{
	return a > b ? a - b > most : b - a > most;
}

void
tq_clock_new(struct tq_clock *c, int64_t wall, int64_t boot)
{
	*c = (struct tq_clock){ .known = true, .offset = wall - boot,
	    .seen = wall - boot, .since = boot };
}

void
tq_clock_boot(struct tq_clock *c, int64_t wall, int64_t boot)
{
	*c = (struct tq_clock){ .known = false, .seen = wall - boot,
	    .since = boot, .high = c->high };
}

bool
tq_clock_turn(struct tq_clock *c, int64_t wall, int64_t boot)
{
	int64_t now = wall - boot;
	bool believed = c->known && c->offset == c->seen;

	if (apart(now, c->seen, TQ_CLOCK_JUMP_MS)) {
		c->seen = now;
		c->since = boot;
		return true;
	}
	if (apart(now, c->seen, TQ_CLOCK_DRIFT_MS)) {
		if (believed)
			c->high = tq_clock_expiry(c, boot);
		c->seen = now;
		if (believed)
			c->offset = now;
		return true;
	}
	if (believed || boot - c->since < TQ_CLOCK_TRUST_MS)
		return false;
	c->high = tq_clock_expiry(c, boot);
	c->offset = c->seen;
	c->known = true;
	return true;
}

int64_t
tq_clock_expiry(const struct tq_clock *c, int64_t boot)
{
	int64_t now = boot + c->offset;

	return c->known && now > c->high ? now : c->high;
}

/*
 * lib/task/clock.h -- the time by which a store lets deadlines pass.
 *
 * The wall clock jumps: a machine may start in 1970, and an operator may set
 * it by a day and back.  So nothing expires and nothing is removed by a clock
 * that has not agreed with CLOCK_BOOTTIME, which never jumps, for ten minutes
 * after a boot or a jump; until then the time before goes on.  Pure.
 */
#ifndef TQ_CLOCK_H
#define TQ_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define TQ_CLOCK_TRUST_MS	600000	/* agreed for so long: believed */
#define TQ_CLOCK_JUMP_MS	2000	/* more than clocks drift unnoticed */
#define TQ_CLOCK_DRIFT_MS	500	/* followed without doubt */

/* The part of a store's clock that it keeps; all in ms. */
struct tq_clock {
	bool	known;		/* there is an offset of this boot */
	int64_t	offset;		/* wall - boot time, believed */
	int64_t	seen;		/* wall - boot time, as last seen */
	int64_t	since;		/* boot time when `seen' began */
	int64_t	high;		/* expiry has reached this time */
};

/* tq_clock_new(c, wall, boot): a store that is made now believes the clock. */
void tq_clock_new(struct tq_clock *c, int64_t wall, int64_t boot);

/* tq_clock_boot(c, wall, boot): the machine was started anew meanwhile. */
void tq_clock_boot(struct tq_clock *c, int64_t wall, int64_t boot);

/* tq_clock_turn(c, wall, boot): note what the clocks say; true when ${c} is
   to be written down. */
bool tq_clock_turn(struct tq_clock *c, int64_t wall, int64_t boot);

/* tq_clock_expiry(c, boot): the store's time for expiry; never goes back. */
int64_t tq_clock_expiry(const struct tq_clock *c, int64_t boot);

#endif

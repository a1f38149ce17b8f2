/*
 * lib/store/rates.h -- part of the store contract: how many tasks were made
 * and how many ended, minute by minute.
 *
 * Counted from the indexes over records as they stand, so no write pays for
 * it: a task that was removed, or redriven after its end, no longer counts.
 */
#ifndef TQ_STORE_RATES_H
#define TQ_STORE_RATES_H

#include "store/store.h"

#define TQ_RATES_STEPS		60
#define TQ_RATES_STEP_MS	INT64_C(60000)

enum tq_rate { TQ_RATE_CREATED, TQ_RATE_COMPLETED, TQ_RATE_FAILED,
	TQ_RATE_CANCELLED, TQ_RATE_MAX };

struct tq_rates {
	/* Does a task of this queue and type count?  NULL: any does. */
	bool		(*want)(void *arg, const char *queue, const char *type);
	void		*arg;
	size_t		 look;		/* index entries to read at most */

	/* out */
	int64_t		 start;		/* wall clock: of step 0, a minute's */
	int64_t		 known;		/* what lies before is "at least" */
	uint32_t	 n[TQ_RATE_MAX][TQ_RATES_STEPS];
};

/*
 * tq_store_rates(st, r, a, err):
 * Count, the latest first, what was created and what ended within the last
 * TQ_RATES_STEPS minutes, the present one being the last.  When ${r}->look
 * entries were read and there are more, r->known is the time since when all
 * were counted; else it is r->start.
 */
int tq_store_rates(struct tq_store *st, struct tq_rates *r,
    struct tq_arena *a, struct tq_err *err);

/* For stores: the same with r->start set and all counters 0. */

/* tq_rates_add(r, rate, at): count what happened at ${at}, if it is within. */
static inline void
tq_rates_add(struct tq_rates *r, enum tq_rate rate, int64_t at)
{
	int64_t step = (at - r->start) / TQ_RATES_STEP_MS;

	if (at >= r->start && step < TQ_RATES_STEPS)
		r->n[rate][step]++;
}

/* tq_rates_miss(r, at): not all that happened before ${at} was counted. */
static inline void
tq_rates_miss(struct tq_rates *r, int64_t at)
{
	if (at > r->known)
		r->known = at;
}

#endif

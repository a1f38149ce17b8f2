/* lib/work/claim.h -- taking tasks from the store, and how many. */
#ifndef TQ_CLAIM_H
#define TQ_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "task/rate.h"
#include "work/rate.h"

struct worker; struct source; struct batch; struct tq_claim; struct tq_claimed;

/* Owned by claim.c; others only read. */
struct claims {
	double		 rate;		/* --rate, a second; 0: no limit */
	struct tq_bucket bucket;
	int64_t		 max;		/* --max-tasks; INT64_MAX: no limit */
	double		 task_us[2];	/* what a task takes of a slot, of
					   commands and of quick handlers;
					   -1: not known */
	int64_t		 round_us;	/* monotonic: the last claim's */
};

/* tq_claim_wanted(w): may and should something be claimed now? */
bool tq_claim_wanted(struct worker *w);

/* tq_claim(w): claim, if something may be. */
void tq_claim(struct worker *w);

/*
 * For a verb that claims in passing.  tq_claim_prepare(w, c, got, b): what to
 * claim next, into ${c}; NULL when nothing.  After the verb tq_claim_take()
 * what was claimed, or tq_claim_untake() when it failed.
 */
struct source *tq_claim_prepare(struct worker *w, struct tq_claim *c,
    struct tq_claimed *got, struct batch **b);
void tq_claim_take(struct worker *w, struct source *src,
    const struct tq_claim *c, struct batch *b, struct tq_claimed *got,
    int64_t asked_at);
void tq_claim_untake(struct worker *w, struct batch *b);

/* tq_claim_measure(w): learn from those in done how long tasks take. */
void tq_claim_measure(struct worker *w);

#endif

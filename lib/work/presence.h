/*
 * lib/work/presence.h -- what a worker does for the store by the clock: says
 * that it is there, and tells what its sweeper did.
 */
#ifndef TQ_PRESENCE_H
#define TQ_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

struct tq_sweeper; struct worker;

#define TQ_PRESENT_MS	20000	/* how often presence is renewed */

/* Owned by presence.c.  Times are boot_ms. */
struct presence {
	char		*types;		/* all, as the store shows them */
	int64_t		 at;		/* when next */
	struct tq_sweeper *sweeper;	/* NULL: this worker does not sweep */
	bool		 wanted;	/* by a function: it says so once */
	bool		 busy;		/* as last told: some slot is */
	int64_t		 stale;		/* since when that is wrong; 0 */
	bool		 cut_short;	/* the last time, by a signal */
};

/* tq_presence_init(w): nothing is told yet; _free(w) frees. */
void tq_presence_init(struct worker *w);
void tq_presence_free(struct worker *w);

/* tq_presence_tell(w, gone): write it, or that this worker has ended. */
void tq_presence_tell(struct worker *w, bool gone);

/*
 * tq_presence_correct_at(w): when to write it early because `busy' is stale:
 * 2 s after it became so, such that shorter tasks cost no write.
 */
int64_t tq_presence_correct_at(struct worker *w);

/* tq_presence_timers(w): do what is due; returns when the next thing is. */
int64_t tq_presence_timers(struct worker *w);

#endif

/*
 * cmd/tq-status/watch_tally.h -- counts that are kept up with changes.  Pure.
 *
 * Counting reads everything on a store that has to be asked, so between two
 * counts each change that is told moves its task from the state it was in to
 * the one it is in.  A change tells only the latter; the former is known of a
 * task that was told of before, and follows from its times for most others.
 * The next count puts right what did not.
 */
#ifndef TQ_WATCH_TALLY_H
#define TQ_WATCH_TALLY_H

#include "store/store.h"

#define WATCH_TALLY_MAX	8192	/* tasks told of between two counts */

/* Zeroed after each count, but for at. */
struct watch_tally {
	int64_t		 at;	/* wall clock: when it was counted */
	size_t		 n;
	struct {
		uint64_t	 hash;	/* of the id; 0: free */
		enum tq_status	 status;
	} seen[2 * WATCH_TALLY_MAX];
};

/*
 * watch_tally_change(tally, rows, n, t):
 * ${t} has changed: move it among the counts.  False when there is to be a new
 * count instead: there is no row for it, or too many were told of.
 */
bool watch_tally_change(struct watch_tally *tally, struct tq_count *rows,
    size_t n, const struct tq_task *t);

#endif

/*
 * lib/store/move.h -- tasks from one store to another, page by page.  Above the
 * contract: it asks any two stores by store.h alone.
 *
 * What waits is held in the first store with a label that says so, stored in
 * the second with its life so far, and then removed from the first.  At each
 * moment it can run in one of them at most, and a run that was broken off is
 * gone on with by running it again: the label says what was begun, and one's
 * own submitId that it has been stored.
 */
#ifndef TQ_MOVE_H
#define TQ_MOVE_H

#include "store/store.h"

#define TQ_MOVE_LABEL	"tq-moving"	/* of tasks on their way */

/* What became of one. */
enum tq_move_what {
	TQ_MOVE_DONE,		/* or would be, in a dry run */
	TQ_MOVE_RUNS,		/* left: it runs */
	TQ_MOVE_WAITS,		/* left: it waits for m->other */
	TQ_MOVE_AWAITED,	/* left: m->other waits for it */
	TQ_MOVE_TOLD,		/* left: it has waited, for m->other, and is to
				   be told how that ended (TQ_AFTER) */
	TQ_MOVE_CHANGED,	/* left: somebody was quicker */
	TQ_MOVE_TAKEN,		/* left: the id is another task there */
	TQ_MOVE_NAMES,		/* left: one name too many there */
	TQ_MOVE_DAMAGED,	/* left: its payload or input is not there */
	TQ_MOVE_ELSEWHERE	/* left: on its way to another store */
};

struct tq_move {
	struct tq_store	*from, *to;	/* to: NULL in a dry run */
	struct tq_filter filter;
	bool		 copy;		/* ended ones, which stay */
	bool		 dry_run;
	/* Told of each task.  May be NULL. */
	void		(*tell)(void *arg, const struct tq_task *t,
			    enum tq_move_what what);
	void		*arg;

	/* how far it is */
	uint64_t	 done, left;
	int		 step;
	const char	*other;		/* of the task that is told of; or NULL */
	bool		 begun;		/* the stores are known to be two */
	char		 mark[17];	/* of tasks on their way to ${to} */
	struct tq_buf	 cursor;
};

/*
 * tq_move_begin(m, now, err):
 * Check what is asked.  Fails with TQ_E_USAGE for a status that is not moved
 * (or, with copy, is not copied), and when the stores are one.
 */
int tq_move_begin(struct tq_move *m, int64_t now, struct tq_err *err);

/*
 * tq_move_round(m, err):
 * The next page.  1: there is more; 0: that was all; -1: a store could not be
 * asked, or has not the queue (TQ_E_NOQUEUE).  What m->done counts is done.
 */
int tq_move_round(struct tq_move *m, struct tq_err *err);

/* tq_move_end(m): frees what it holds. */
void tq_move_end(struct tq_move *m);

#endif

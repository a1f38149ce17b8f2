/*
 * lib/store/edges.h -- part of the store contract: tasks that wait for others.
 *
 * lib/task/edge.h has the rules; tq_store_submit() makes edges.  The effect
 * of an end on those that wait for it is durable with the end.  On sqlite it is
 * done then; on aws it is owed, and done soon after by the process that ended
 * it, or else by a sweep.
 */
#ifndef TQ_STORE_EDGES_H
#define TQ_STORE_EDGES_H

#include "store/store.h"

/* A task that another waits, or waited, for. */
struct tq_parent {
	const char	*id;
	bool		 ended;		/* any end will do */
	bool		 met;
	bool		 gone;		/* not met, and no longer there */
	enum tq_status	 status;	/* that it was met with; else its own,
					   now */
};

/*
 * tq_store_parents(st, id, a, out, n, err): what ${id} was submitted after, in
 * that order, in ${a}; none of a task that is not there.
 */
int tq_store_parents(struct tq_store *st, const char *id, struct tq_arena *a,
    struct tq_parent **out, size_t *n, struct tq_err *err);

/* tq_store_children(st, id, a, out, n, err): the tasks that were submitted
   after ${id} and are still there, each once. */
int tq_store_children(struct tq_store *st, const char *id, struct tq_arena *a,
    const char ***out, size_t *n, struct tq_err *err);

#endif

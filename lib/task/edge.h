/*
 * lib/task/edge.h -- tasks that wait for other tasks.  Pure.
 *
 * An edge leads from a parent to a child that was submitted `after' it (the
 * parent has to complete) or `afterEnded' (it has to end, however).  A child
 * is BLOCKED while one of its edges is open.  Edges are stored beside the
 * records; a record says only that there are some: `parents' of a child, the
 * mark `edges' of a parent.
 *
 * An edge is open until its parent's end meets it.  One that was met stays
 * met, whatever becomes of the parent later.  A dead parent leaves `after'
 * edges open: a redrive heals the graph.  A parent that is cancelled or purged
 * breaks them: the child is cancelled with the reason, and its edge stays open,
 * so that it waits again when both are redriven.  Nor does a cancelled parent
 * meet an edge of a child that has ended: a graph that was cancelled as a whole
 * is redriven as one.  Breaking is an event: a
 * child that is redriven before its cancelled parent waits for it, and does
 * not wait for one that is no longer there.
 *
 * No cycle can arise: a parent is stored before its child, and a record that
 * an unended child waits for is replaced only by a request without parents.
 */
#ifndef TQ_EDGE_H
#define TQ_EDGE_H

#include "task/task.h"

#define TQ_PARENTS_MAX	10000	/* of a task */

/* The waits that a request asks for. */
struct tq_edge {
	const char	*id;		/* of the parent */
	bool		 ended;		/* any end will do */
};

/*
 * tq_edges_of(t, a, out, n, err):
 * The edges that t->after and t->after_ended ask for, each parent once (one
 * in both is `after'), in the order of the request; in ${a}.  Fails with
 * stage parse: TQ_E_DATA (no id, the task itself), TQ_E_TOOBIG.
 */
int tq_edges_of(const struct tq_task *t, struct tq_arena *a,
    struct tq_edge **out, size_t *n, struct tq_err *err);

enum tq_edge_state { TQ_EDGE_OPEN, TQ_EDGE_MET, TQ_EDGE_BROKEN };

/*
 * tq_edge_state(ended, status, gone):
 * The effect on an open edge of a parent in ${status}; ${gone}: it was purged.
 */
enum tq_edge_state tq_edge_state(bool ended, enum tq_status status, bool gone);

/*
 * tq_after_line(b, id, status): a line of TQ_AFTER, the file that tells a
 * handler what its task waited for: "ID<TAB>STATUS".
 */
void tq_after_line(struct tq_buf *b, const char *id, enum tq_status status);

#endif

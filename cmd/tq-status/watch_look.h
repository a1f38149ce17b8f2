/* cmd/tq-status/watch_look.h -- one reading of the store; for watch_read.c. */
#ifndef TQ_WATCH_LOOK_H
#define TQ_WATCH_LOOK_H

#include "watch_tally.h"
#include "watch_view.h"

#define WATCH_ROWS	200	/* tasks of a part that are read */

struct watch_look {
	struct tq_arena	 a;
	struct tq_facts	 f;
	struct tq_facts_row	*rows;
	size_t		 nrows;
	struct tq_task	*tasks[NPARTS][WATCH_ROWS];
	size_t		 ntasks[NPARTS];
	int64_t		 at, cost_ms;	/* boot clock: when, and how long */
	struct watch_tally tally;
};

/*
 * watch_look_new(s, type):
 * Count, and list what of each part comes first, of s->filter.queue and
 * ${type} (NULL: of all).  NULL with s->cli->err.
 */
struct watch_look *watch_look_new(struct status *s, const char *type);
void watch_look_free(struct watch_look *l);

/*
 * watch_look_change(l, t, type, now):
 * ${t}, whose memory lives as long as ${l}, has changed.  False when a new look
 * is needed.  The rows follow by watch_look_rows().
 */
bool watch_look_change(struct watch_look *l, struct tq_task *t,
    const char *type);

/* watch_look_rows(l, now): make l->rows anew; ${now}: wall clock. */
void watch_look_rows(struct watch_look *l, int64_t now);

#endif

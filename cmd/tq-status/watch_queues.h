/* cmd/tq-status/watch_queues.h -- the table of queues.  Pure. */
#ifndef TQ_WATCH_QUEUES_H
#define TQ_WATCH_QUEUES_H

#include "watch_pen.h"
#include "watch_view.h"

#define QUEUE_COLUMNS	12

/* Which columns there is room for: 0 for one without. */
struct queue_layout {
	int	 width[QUEUE_COLUMNS];
};

/*
 * watch_queues_fit(s, width, l):
 * Choose the columns for the rows of ${s} in lines of ${width} columns: how much
 * waits stays until the end, what is of least use goes first.
 */
void watch_queues_fit(const struct watch_shown *s, int width,
    struct queue_layout *l);

void watch_queues_head(struct pen *p, const struct queue_layout *l);
void watch_queues_row(struct pen *p, const struct queue_layout *l,
    const struct tq_facts_row *r);

#endif

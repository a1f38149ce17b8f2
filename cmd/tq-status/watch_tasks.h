/* cmd/tq-status/watch_tasks.h -- the lists of tasks and workers.  Pure. */
#ifndef TQ_WATCH_TASKS_H
#define TQ_WATCH_TASKS_H

#include "watch_pen.h"
#include "watch_view.h"

/* watch_tasks_head(p, part): its heading, of all parts but the queues. */
void watch_tasks_head(struct pen *p, enum watch_part part);

/* watch_tasks_row(p, d, part, row): ${row} is a tq_task or a tq_presence. */
void watch_tasks_row(struct pen *p, const struct watch_data *d,
    enum watch_part part, const void *row);

/* watch_tasks_bar(p, progress): {"done":40,"total":100,"text":"..."}, as fd 3
   of a handler says it, as a bar, a percentage and the text. */
void watch_tasks_bar(struct pen *p, struct tq_span progress);

#endif

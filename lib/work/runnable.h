/* lib/work/runnable.h -- how much could be run now, as metrics. */
#ifndef TQ_RUNNABLE_H
#define TQ_RUNNABLE_H

#include <stddef.h>
#include <stdint.h>

struct tq_buf; struct tq_err; struct tq_store;

/* Tasks of a queue that are looked at, from those due first on: more than that
   is "that many", and costs no more. */
#define TQ_RUNNABLE_MAX	10000

/*
 * tq_runnable_metrics(st, queues, n, now, out, err):
 * Append a line of CloudWatch's embedded metric format (emf.h) for each queue:
 * Runnable, how many tasks are due and wait, and OldestRunnable, how many
 * seconds the first of them has; 0 for none.
 */
int tq_runnable_metrics(struct tq_store *st, const char *const *queues,
    size_t n, int64_t now, struct tq_buf *out, struct tq_err *err);

#endif

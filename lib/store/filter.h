/* lib/store/filter.h -- whether a filter means a task. */
#ifndef TQ_FILTER_H
#define TQ_FILTER_H

#include "store/store.h"

/*
 * tq_filter_matches(f, t):
 * Does ${t} pass the parts of ${f} that are looked at record by record:
 * drained, group, since, until, label, error?  Queue, type and statuses are the
 * store's, which finds records by them.
 */
bool tq_filter_matches(const struct tq_filter *f, const struct tq_task *t);

/* tq_filter_passes(f, t): all parts, for a task found by other means. */
bool tq_filter_passes(const struct tq_filter *f, const struct tq_task *t);

#endif

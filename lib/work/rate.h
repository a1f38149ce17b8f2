/* lib/work/rate.h -- how fast to start and how much to hold.  Pure. */
#ifndef TQ_RATE_H
#define TQ_RATE_H

#include <stddef.h>
#include <stdint.h>

#define TQ_PREFETCH_MAX	2048
#define TQ_PREFETCH_MS	50

/*
 * tq_prefetch(task_us, slots):
 * How many tasks to hold beyond the free slots: what ${slots} start within
 * 50 ms when a task takes ${task_us} microseconds (below 0: not measured,
 * then none), at most TQ_PREFETCH_MAX.
 */
size_t tq_prefetch(double task_us, int slots);

/* tq_ewma(avg, sample): the moving average; ${avg} below 0 starts it. */
double tq_ewma(double avg, double sample);

#endif

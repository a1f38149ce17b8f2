/* lib/work/rate.c -- see rate.h. */
#include "work/rate.h"

size_t
tq_prefetch(double task_us, int slots)
{
	double n;

	if (task_us < 0)
		return 0;
	if (task_us < 1)
		task_us = 1;
	n = TQ_PREFETCH_MS * 1000.0 / task_us * slots;
	return n > TQ_PREFETCH_MAX ? TQ_PREFETCH_MAX : (size_t)n;
}

double
tq_ewma(double avg, double sample)
{
	return avg < 0 ? sample : avg * 0.7 + sample * 0.3;
}

/* lib/work/rate.h -- how fast to start and how much to hold.  Pure. */
#ifndef TQ_RATE_H
#define TQ_RATE_H

#include <stddef.h>
#include <stdint.h>

/* A token bucket: --rate. */
struct tq_rate {
	double		per_s;		/* 0: no limit */
	double		tokens;
	int64_t		at;		/* ms, when tokens was right */
};

/*
 * tq_rate_parse(s, per_s): "10", "10/s", "600/m", "2/h"; 0, or -1 when it is
 * not that or not above 0.
 */
int tq_rate_parse(const char *s, double *per_s);

/*
 * tq_rate_may(r, now): how many may start at ${now}.  The bucket holds a
 * tenth of a second's worth, at least one: pauses earn no burst.
 */
size_t tq_rate_may(struct tq_rate *r, int64_t now);

/* tq_rate_took(r, n): so many have been started. */
void tq_rate_took(struct tq_rate *r, size_t n);

/* tq_rate_wait_ms(r): until the next may start, when none may now. */
int64_t tq_rate_wait_ms(const struct tq_rate *r);

#define TQ_PREFETCH_MAX	256
#define TQ_PREFETCH_MS	50

/*
 * tq_prefetch(task_us, slots):
 * How many tasks to hold beyond the free slots: what ${slots} start within
 * 50 ms when a task takes ${task_us} microseconds (below 0: not measured,
 * then none), at most 256.
 */
size_t tq_prefetch(double task_us, int slots);

/* tq_ewma(avg, sample): the moving average; ${avg} below 0 starts it. */
double tq_ewma(double avg, double sample);

#endif

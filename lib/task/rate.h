/* lib/task/rate.h -- a token bucket: so many starts a second.  Pure. */
#ifndef TQ_TASK_RATE_H
#define TQ_TASK_RATE_H

#include <stdint.h>

/*
 * Zeroed is a bucket that was never filled.  It holds a tenth of a second's
 * worth, at least one token, so that a pause earns no burst.
 */
struct tq_bucket {
	double		tokens;		/* may be below 0: a debt */
	int64_t		filled;		/* when, in ms of any clock; 0: never */
};

/*
 * tq_bucket_fill(b, per_s, now):
 * What came in since it was filled last; returns the tokens.  A clock that
 * went back (filled in another boot) fills it.
 */
double tq_bucket_fill(struct tq_bucket *b, double per_s, int64_t now);

/* tq_bucket_wait_ms(b, per_s): until there is a whole token; 0: there is. */
int64_t tq_bucket_wait_ms(const struct tq_bucket *b, double per_s);

#endif

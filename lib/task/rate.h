/*
 * lib/task/rate.h -- so many a second: as users write it, and the token bucket
 * that keeps to it.  Pure.
 */
#ifndef TQ_TASK_RATE_H
#define TQ_TASK_RATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * tq_rate_parse(s, per_s):
 * "10", "10/s", "2.5/m" or "600/h", over 0 and at most 1e9 a second.  Returns
 * 0, or -1.
 */
int tq_rate_parse(const char *s, double *per_s);

#define TQ_RATE_TEXT	32

/* tq_rate_text(per_s, out): as tq_rate_parse() reads it, in the largest unit in
   which it is a whole number: "5/s", "30/m", "3/h"; 0 is "0". */
const char *tq_rate_text(double per_s, char out[TQ_RATE_TEXT]);

/* A token bucket.  Zeroed is one that was never filled: it will be full. */
struct tq_bucket {
	double		tokens;		/* may be below 0: a debt */
	int64_t		filled;		/* when, in ms of any clock; 0: never */
};

/*
 * tq_burst(per_s): how many tokens a bucket for starts holds: a tenth of a
 * second's worth, at least one, so that a pause earns no burst.
 */
double tq_burst(double per_s);

/*
 * tq_bucket_fill(b, per_s, burst, now):
 * Add what came in since it was filled last, up to ${burst}; returns the
 * tokens.  A clock that went back (filled in another boot) fills it.
 */
double tq_bucket_fill(struct tq_bucket *b, double per_s, double burst,
    int64_t now);

/* tq_bucket_take(b, per_s, burst, now): fill it; take a token if there is one. */
bool tq_bucket_take(struct tq_bucket *b, double per_s, double burst,
    int64_t now);

/* tq_bucket_wait_ms(b, per_s): until there is a whole token; 0: there is. */
int64_t tq_bucket_wait_ms(const struct tq_bucket *b, double per_s);

#endif

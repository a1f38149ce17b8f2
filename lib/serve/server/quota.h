/*
 * lib/serve/server/quota.h -- how much somebody has, and how fast.  Pure; not
 * thread-safe.
 */
#ifndef TQ_SERVE_QUOTA_H
#define TQ_SERVE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "task/rate.h"

#define TQ_QUOTA_BUCKETS	256

/* How many of something each name holds; starts zeroed. */
struct tq_quota {
	struct tq_holder *bucket[TQ_QUOTA_BUCKETS];
};

/*
 * tq_quota_take(q, name, max): one more for ${name}, if it holds fewer than
 * ${max}; false if not, or without memory.
 */
bool tq_quota_take(struct tq_quota *q, const char *name, unsigned max);

/* tq_quota_give(q, name): one less for ${name}, which has one. */
void tq_quota_give(struct tq_quota *q, const char *name);

/* Token buckets by name, as many as fit: an old name makes room for a new. */
#define TQ_THROTTLE_ROWS	1024
struct tq_throttle {
	struct {
		char		 name[72];
		struct tq_bucket bucket;
	} row[TQ_THROTTLE_ROWS];
};

/* tq_throttle_take(t, name, rate, burst, now): a token of ${name}'s bucket. */
bool tq_throttle_take(struct tq_throttle *t, const char *name, double rate,
    double burst, int64_t now);

#endif

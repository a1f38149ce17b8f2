/* lib/task/control.h -- how a queue is controlled: pause, limits, rate.  Pure. */
#ifndef TQ_CONTROL_H
#define TQ_CONTROL_H

#include "util/buf.h"

struct tq_limit {
	const char	*type;
	int		 max;		/* running at once in the whole store */
};

#define TQ_LIMITS_PER_QUEUE	32
#define TQ_LIMIT_MAX	1000000	/* of one */
#define TQ_NO_LIMIT		INT64_MAX

struct tq_control {
	const char	*queue;
	uint64_t	 ver;		/* 0: no record yet */
	bool		 paused;
	const char	*reason;	/* why, for people; may be NULL */
	int64_t		 until;		/* resumes then by itself; 0: never */
	double		 rate;		/* starts per second; 0: no limit */
	struct tq_limit	 limits[TQ_LIMITS_PER_QUEUE];
	size_t		 nlimits;
};

/* tq_control_now(c, now): a pause whose end has come is over. */
void tq_control_now(struct tq_control *c, int64_t now);

/*
 * tq_limits_write(c, b), tq_limits_read(c, json, a):
 * The limits as a JSON object, {"type": max, ...}: appended to ${b}, and read
 * back into ${c} with the names in ${a}.  A member that is no such number is
 * passed over; text that is no JSON has no limits.
 */
void tq_limits_write(const struct tq_control *c, struct tq_buf *b);
void tq_limits_read(struct tq_control *c, struct tq_span json,
    struct tq_arena *a);

/* tq_control_write(c, b): append it as the JSON object that tools print. */
void tq_control_write(const struct tq_control *c, struct tq_buf *b);

/* tq_limit_of(own, n, c, type): the limit in force for ${type}: the smaller
   of a worker's ${own} and the queue's; TQ_NO_LIMIT without any. */
int64_t tq_limit_of(const struct tq_limit *own, size_t n,
    const struct tq_control *c, const char *type);

#endif

/*
 * lib/store/pushed.h -- messages that come without being received: Lambda
 * receives for a function, and hands on what came.
 */
#ifndef TQ_PUSHED_H
#define TQ_PUSHED_H

#include "util/buf.h"

struct tq_err; struct tq_store;

struct tq_pushed_attr {
	const char	*name, *type;
	struct tq_span	 value;
};

/* A message as it was received; NULL and 0: not known. */
struct tq_pushed {
	const char	*source;	/* its queue's name in SQS */
	const char	*id, *receipt;
	struct tq_span	 body;
	bool		 intact;	/* its MD5 is right */
	int64_t		 receives;	/* ApproximateReceiveCount */
	int64_t		 sent_ms;	/* SentTimestamp */
	const char	*group;		/* MessageGroupId */
	const char	*trace;		/* AWSTraceHeader */
	const struct tq_pushed_attr *attrs;
	size_t		 nattrs;
	bool		 gone;		/* out: it has no more to say */
};

/*
 * tq_store_push(st, queues, nqueues, msgs, n, err):
 * From now on claims of ${st} look at these messages and at nothing else, and
 * nothing is received.  A message is judged as ever (task/doorbell.h), but for
 * its end: instead of being deleted it is marked as gone, when what it rang for
 * is durable.  One that is not is to come again; if that has its time, it was
 * hidden until then.  ${msgs}, which the caller owns, must outlive ${st}; it is
 * written until ${st} is closed.  A queue that is paused or over its rate has
 * its messages put off.
 *
 * Fails with TQ_E_CONFIG, naming the queue, for messages of none of ${queues},
 * of a FIFO queue, and on a store that has no messages.
 */
int tq_store_push(struct tq_store *st, const char *const *queues,
    size_t nqueues, struct tq_pushed *msgs, size_t n, struct tq_err *err);

#endif

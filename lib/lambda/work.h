/*
 * lib/lambda/work.h -- what Lambda calls a worker for: messages of a queue, or
 * a schedule's word.  Pure.
 *
 * Source: Lambda Developer Guide, "Using Lambda with Amazon SQS" (the event,
 * and "Implementing partial batch responses").
 */
#ifndef TQ_LAMBDA_WORK_H
#define TQ_LAMBDA_WORK_H

#include "store/pushed.h"

struct tq_lambda_work {
	bool		 sweep;		/* {"tq":"sweep"}; else: */
	struct tq_pushed *msgs;
	size_t		 n;
};

/*
 * tq_lambda_work_read(event, a, out, err):
 * Read the event of an event source mapping of SQS, or a schedule's.  Strings
 * are the arena's.  Fails with TQ_E_DATA for any other.
 */
typedef int tq_lambda_work_fn(struct tq_span event, struct tq_arena *a,
    struct tq_lambda_work *out, struct tq_err *err);
tq_lambda_work_fn tq_lambda_work_read;

#endif

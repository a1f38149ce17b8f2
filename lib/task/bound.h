/*
 * lib/task/bound.h -- a record that was read from a store, which anybody who may
 * write there can have written.  Pure.
 */
#ifndef TQ_TASK_BOUND_H
#define TQ_TASK_BOUND_H

#include "task/task.h"

/*
 * tq_task_bound(t):
 * Bring ${t} within what tq itself writes, so that who computes with it need not
 * ask: a number or time that is out of its range becomes the nearest in it; of
 * labels, argv, env, progress and history what is no JSON, or of another kind,
 * is not set.  Its names, and the bytes of payload and result, stay.
 */
void tq_task_bound(struct tq_task *t);

#endif

/* lib/work/call.h -- a worker that is one invocation of a function. */
#ifndef TQ_CALL_H
#define TQ_CALL_H

#include <stdbool.h>

struct job; struct worker;

/*
 * tq_call_refuses(w, j):
 * Has its task a timeout, or its handler, for which there is no time left?
 * Then it was given back, with the reason: at once for the next invocation, or,
 * when that would not have the time either, for later.  Others run for as long
 * as there is.
 */
bool tq_call_refuses(struct worker *w, struct job *j);

/* tq_call_trace(w, j): a task without a trace of its own is of the
   invocation's. */
void tq_call_trace(struct worker *w, struct job *j);

#endif

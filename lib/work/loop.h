/* lib/work/loop.h -- the worker's one loop. */
#ifndef TQ_LOOP_H
#define TQ_LOOP_H

#include <signal.h>

struct worker; struct tq_err;

/*
 * tq_loop_init(w, mask, err): listen to the signals in ${mask} and to the
 * spawner.  Fails with stage exec.
 */
int tq_loop_init(struct worker *w, const sigset_t *mask, struct tq_err *err);
void tq_loop_free(struct worker *w);

/* tq_loop(w): until there is nothing more to do, or w->stop.failed. */
void tq_loop(struct worker *w);

#endif

/* lib/work/sweeper.h -- house-keeping beside the loop. */
#ifndef TQ_SWEEPER_H
#define TQ_SWEEPER_H

struct worker; struct tq_err; struct tq_sweeper;

/*
 * tq_sweeper_init(w, err): start a thread that sweeps every 30 s, or as often as
 * the worker's options say, through a store handle of its own, so that the loop
 * waits for none of it.  A round that removed much is followed by the next at
 * once.  With --emf a round also measures what is runnable (runnable.h).  A worker
 * that waits for nothing (--drain, --once) has no such thread; one that drains all
 * may wait for what only a sweep does, and sweeps half as often.  Fails with stage exec.
 * tq_sweeper_free(w): stop it.  A round in progress is not waited for longer
 * than a moment; what it has not done, the next sweep does.
 */
int tq_sweeper_init(struct worker *w, struct tq_err *err);
void tq_sweeper_free(struct worker *w);

/* tq_sweeper_tell(w): say what it did, or what failed, since the last call. */
void tq_sweeper_tell(struct worker *w);

#endif

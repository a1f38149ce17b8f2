/*
 * lib/util/periodic.h -- a thread that works in rounds until it is stopped.
 */
#ifndef TQ_UTIL_PERIODIC_H
#define TQ_UTIL_PERIODIC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define TQ_UNTIL_WOKEN	(-1)

/*
 * One round, with the lock held; what takes long lets go of it meanwhile.
 * Returns the ms to wait for the next round, or TQ_UNTIL_WOKEN; 0, for none, only
 * when it has let go of the lock: others would not get it.
 */
typedef int64_t tq_periodic_round(void *arg);

struct tq_periodic {
	pthread_mutex_t	 lock;	/* of what the round shares with others */
	/* Owned by periodic.c. */
	pthread_cond_t	 changed;
	bool		 woken, quit;
	int64_t		 first_ms;
	pthread_t	 thread;
	tq_periodic_round *round;
	void		*arg;
};

/*
 * tq_periodic_start(p, ms, round, arg):
 * The first round comes after ${ms}.  Neither ${p} nor ${arg} may move.  Returns 0,
 * or an error of errno(3) as pthread_create(3) does: then there is nothing to stop
 * or to free.
 */
int tq_periodic_start(struct tq_periodic *p, int64_t ms,
    tq_periodic_round *round, void *arg);

/*
 * tq_periodic_wake(p): the next round is now, or right after the one in progress;
 * however often it is called before that, it is one.  The lock is held.
 */
void tq_periodic_wake(struct tq_periodic *p);

/*
 * tq_periodic_stop(p, ms): no further round is begun; one in progress is waited
 * for, up to ${ms} (TQ_UNTIL_WOKEN: to its end).  The lock is not held.  Returns
 * false when it goes on: then it, and what it uses, is left to the end of the
 * process.
 * tq_periodic_free(p): after a stop that returned true; the lock is good until then.
 */
bool tq_periodic_stop(struct tq_periodic *p, int64_t ms);
void tq_periodic_free(struct tq_periodic *p);

#endif

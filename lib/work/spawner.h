/* lib/work/spawner.h -- the worker's eye on its spawner. */
#ifndef TQ_SPAWNER_H
#define TQ_SPAWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "work/watch.h"

struct worker; struct tq_err;

/* Owned by spawner.c. */
struct spawner_watch {
	struct watch	 ended;		/* its socket */
	int64_t		 at;		/* boot_ms; ask, or count, again */
	int		 missed;	/* looks without an answer */
};

/* tq_spawner_init(w, err): listen to it; fails with stage exec. */
int tq_spawner_init(struct worker *w, struct tq_err *err);

/*
 * tq_spawner_timers(w): while a child works, ask it every other second whether
 * it is there; one that has not answered five times is killed, as is every
 * child, and the worker ends.  Returns the next boot_ms, or INT64_MAX.
 *
 * It does not answer when somebody has stopped it, or while a program that it
 * starts hangs in execve(2), as on a mount whose server is gone.  Looks are
 * counted and not seconds, so that a worker that was stopped itself, or a
 * machine that slept, finds the answer that came meanwhile.
 */
int64_t tq_spawner_timers(struct worker *w);

#endif

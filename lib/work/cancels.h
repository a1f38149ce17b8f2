/*
 * lib/work/cancels.h -- a thread that sleeps until a running task is cancelled,
 * so that its worker renews leases, and learns of it, at once.
 */
#ifndef TQ_CANCELS_H
#define TQ_CANCELS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "work/watch.h"

struct worker; struct tq_err;

/* Owned by cancels.c. */
struct cancels {
	struct watch	 rang;		/* an eventfd */
	pthread_t	 thread;
	bool		 running, quit;	/* quit is read and written atomically */
	int64_t		 last;		/* boot_ms of the last renewal it led to */
};

/* tq_cancels_init(w, err): start it where the store tells; fails with stage
   exec. */
int tq_cancels_init(struct worker *w, struct tq_err *err);
void tq_cancels_free(struct worker *w);

#endif

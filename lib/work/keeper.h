/*
 * lib/work/keeper.h -- when leases are renewed, and a thread that does it
 * while the loop waits for the store.
 */
#ifndef TQ_KEEPER_H
#define TQ_KEEPER_H

#include <stdint.h>

struct worker; struct tq_err; struct tq_keeper;

/* Owned by keeper.c, but for `at', which lease.c moves on. */
struct leases {
	int64_t		 at;		/* boot_ms of the next renewal */
	struct tq_keeper *keeper;
};

/* tq_keeper_init(w, err): start the thread; fails with stage exec. */
int tq_keeper_init(struct worker *w, struct tq_err *err);
void tq_keeper_free(struct worker *w);

/*
 * tq_keeper_lend(w): before what may take long and touches nothing of the
 * worker; tq_keeper_back(w) after it.  Between them the keeper renews what
 * is held.
 */
void tq_keeper_lend(struct worker *w);
void tq_keeper_back(struct worker *w);

/* tq_keeper_hurry(w): a running task has news: renew in the next round. */
void tq_keeper_hurry(struct worker *w);

/*
 * tq_keeper_due(at, next, lease_ms): when the keeper is to renew, not before
 * ${next}.  Pure.
 */
int64_t tq_keeper_due(int64_t at, int64_t next, int64_t lease_ms);

#endif

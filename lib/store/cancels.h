/* lib/store/cancels.h -- to learn at once that a running task is cancelled. */
#ifndef TQ_STORE_CANCELS_H
#define TQ_STORE_CANCELS_H

#include <stdint.h>

struct tq_store;

/*
 * tq_store_wait_cancel(st, bell, timeout_ms):
 * Sleep, a second at most, until a running task of the store is cancelled,
 * whichever worker has it, or tq_store_wake() was called.  *${bell} is as the
 * last call left it, 0 at first, which may ring at once.  Returns 1 when leases
 * should be renewed to learn more, 0 when not, and -1 at once where the store
 * has no such bell (aws): renewals find out by themselves.
 */
int tq_store_wait_cancel(struct tq_store *st, uint64_t *bell,
    int64_t timeout_ms);

#endif

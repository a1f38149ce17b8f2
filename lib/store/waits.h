/* lib/store/waits.h -- is a handle kept waiting by another writer? */
#ifndef TQ_STORE_WAITS_H
#define TQ_STORE_WAITS_H

#include <stdint.h>

struct tq_store;

/*
 * tq_store_waits(st): since when (boot_ms) a verb of the handle, in another
 * thread, has been waiting for its turn to write; 0: none is.
 */
int64_t tq_store_waits(const struct tq_store *st);

#endif

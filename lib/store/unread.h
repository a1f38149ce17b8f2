/*
 * lib/store/unread.h -- one bad payload fails one task.
 *
 * A claim commits its leases and loads payloads afterwards.  One that is
 * missing, or is not what was stored, is its own task's failure: the others
 * go to the worker.  Stores and store.c alone include it.
 */
#ifndef TQ_UNREAD_H
#define TQ_UNREAD_H

#include "store/ops.h"

/*
 * tq_unread(got, i, why):
 * The payload of got->tasks[i] can't be had, as ${why} (copied) says:
 * TQ_E_NOTFOUND it is missing, TQ_E_CORRUPT it is another.
 */
void tq_unread(struct tq_claimed *got, size_t i, const struct tq_err *why);

/*
 * tq_unread_end(st, got, err):
 * End the leases of the tasks of ${got} whose payload can't be had: a missing
 * one is a failed attempt with backoff, a wrong one is dead, stage fetch.
 * They are taken out of ${got}, whose `more' is then set.
 */
int tq_unread_end(struct tq_store *st, struct tq_claimed *got,
    struct tq_err *err);

#endif

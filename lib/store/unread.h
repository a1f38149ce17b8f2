/*
 * lib/store/unread.h -- what a claim came upon beside the tasks it leased.
 *
 * One bad payload fails one task.
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
 * TQ_E_NOTFOUND it is missing, TQ_E_CORRUPT it is another, TQ_E_DENIED it may
 * be there, but not for this user.
 */
void tq_unread(struct tq_claimed *got, size_t i, const struct tq_err *why);

/* tq_passed(got, t): ${t} was ended in passing; got->passed tells of it. */
void tq_passed(struct tq_claimed *got, const struct tq_task *t);

/*
 * tq_unread_end(st, got):
 * End the leases of the tasks of ${got} whose payload can't be had: a missing
 * one is a failed attempt with backoff, a wrong one is dead, one that may not be
 * read is put off; stage fetch.
 * They are moved from got->tasks to got->passed, and `more' is set.  Where the
 * store fails, their leases run out: the others are to be worked all the same.
 */
void tq_unread_end(struct tq_store *st, struct tq_claimed *got);

/*
 * tq_unread_release(st, got):
 * The payloads can't be had because the store's place for them can't: no
 * task is to blame.  Give all leases of ${got} back, as far as that goes; the
 * others run out.
 */
void tq_unread_release(struct tq_store *st, const struct tq_claimed *got);

#endif

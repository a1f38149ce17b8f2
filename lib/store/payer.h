/*
 * lib/store/payer.h -- a thread that pays what a store's verbs owe.
 *
 * What the end of a task means to 100,000 children would hold up the verb that
 * ended it, and the worker's loop with it.  So it is written down as owed, and
 * paid by a thread with a handle of its own, which starts with the first debt.
 * Where there can be none, or it dies, a sweep pays.
 */
#ifndef TQ_STORE_PAYER_H
#define TQ_STORE_PAYER_H

#include <stdbool.h>

#include "store/ops.h"

struct tq_payer;

/* A store's part of it. */
struct tq_payer_ops {
	/* A handle of the thread's own on the store of ${st}; NULL: none. */
	struct tq_store	*(*open)(const struct tq_store *st);
	void		 (*close)(struct tq_store *own);
	/* One round of what ${what} owes; true: there is more. */
	bool		 (*pay)(struct tq_store *own, const char *what);
};

/*
 * tq_payer_tell(p, ops, st, what):
 * There is something to be paid; ${what} is copied.  *${p} is NULL at first.
 */
void tq_payer_tell(struct tq_payer **p, const struct tq_payer_ops *ops,
    const struct tq_store *st, const char *what);

/* tq_payer_busy(p): is something being paid, or to be? */
bool tq_payer_busy(struct tq_payer *p);

/*
 * tq_payer_end(p): the handle is being closed: what was told is paid, as far as
 * that can be done in ten seconds.  *${p} is NULL then.
 */
void tq_payer_end(struct tq_payer **p);

#endif

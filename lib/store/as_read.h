/*
 * lib/store/as_read.h -- verbs on tasks as they were read.  Above the contract.
 *
 * A store also writes to a record for its own sake: that a dead task's message has
 * gone to the dead-letter queue, say.  Its rev moves on then, and updatedAt does
 * not: what was read is still what there is.
 */
#ifndef TQ_STORE_AS_READ_H
#define TQ_STORE_AS_READ_H

#include "store/store.h"

/* tq_as_read(was, now): has nobody but the store written to it?  ${now} NULL: it
   is gone. */
bool tq_as_read(const struct tq_task *was, const struct tq_task *now);

/*
 * A verb of the store on ${n} tasks from the ${at}th on, at the revs of ${refs};
 * 0, or -1 with ${err}.
 */
typedef int tq_as_read_fn(void *arg, size_t at, const struct tq_ref *refs,
    size_t n, struct tq_answer *out, struct tq_err *err);

/*
 * tq_do_as_read(st, fn, arg, tasks, n, out, err):
 * ${fn} on all of ${tasks}, at the revs they were read with; then on each that was
 * answered TQ_E_LOST and is tq_as_read(), at the rev that it has now.  0, or -1
 * as ${fn} or the store.
 */
int tq_do_as_read(struct tq_store *st, tq_as_read_fn *fn, void *arg,
    const struct tq_task *tasks, size_t n, struct tq_answer *out,
    struct tq_err *err);

#endif

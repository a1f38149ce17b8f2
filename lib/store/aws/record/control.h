/*
 * lib/store/aws/record/control.h -- control records, and which workers are
 * there.
 */
#ifndef TQ_STORE_AWS_CONTROL_H
#define TQ_STORE_AWS_CONTROL_H

#include "store/aws/handle/handle.h"

/*
 * aq_control_lately(s, queue, a, c, err): as tq_store_control_get(), as it was
 * within the last second: a claim on each idle slot must not cost a read.
 */
int aq_control_lately(struct aq *s, const char *queue, struct tq_arena *a,
    struct tq_control *c, struct tq_err *err);
/* aq_control_forget(q): what was read of it is not to be gone by. */
void aq_control_forget(struct aq_queue *q);

/* -- the verbs, for the table in store.c ---------------------------------- */

int aq_control_get(struct tq_store *, const char *, struct tq_arena *,
    struct tq_control *, struct tq_err *);
int aq_control_list(struct tq_store *, struct tq_arena *,
    struct tq_control **, size_t *, struct tq_err *);
int aq_control_set(struct tq_store *, const struct tq_control *,
    struct tq_err *);
int aq_present(struct tq_store *, const struct tq_presence *, bool,
    struct tq_err *);
int aq_workers(struct tq_store *, struct tq_arena *, struct tq_presence **,
    size_t *, struct tq_err *);

#endif

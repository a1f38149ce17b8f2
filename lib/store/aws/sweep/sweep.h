/* lib/store/aws/sweep/sweep.h -- house-keeping. */
#ifndef TQ_STORE_AWS_SWEEP_H
#define TQ_STORE_AWS_SWEEP_H

#include "store/aws/message/message.h"

/* -- chores.c ------------------------------------------------------------- */

/*
 * aq_do_chores(s, queue, all, out, err): one bounded round, added to ${out};
 * more until each chore has been all round since aq_chores_anew().  ${all}: do
 * not leave what DynamoDB's TTL would remove.
 */
int aq_do_chores(struct aq *s, const char *queue, bool all,
    struct tq_swept *out, struct tq_err *err);
void aq_chores_anew(struct aq *s);
/* aq_chores_free(q): forget where they were. */
void aq_chores_free(struct aq_queue *q);

/* aq_orphans_remove(s, queue, count, err): remove blobs that no
   record names; bounded, goes on next time. */
int aq_orphans_remove(struct aq *s, const char *queue, uint64_t *count,
    struct tq_err *err);
void aq_orphans_free(struct aq_queue *q);

/* -- debts.c -------------------------------------------------------------- */

/* aq_debts_pay(s, queue, err): word and looks that are owed; bounded. */
int aq_debts_pay(struct aq *s, const char *queue, struct tq_err *err);

/* -- the verbs, for the table in store.c ---------------------------------- */

int aq_sweep(struct tq_store *, const char *, bool, struct tq_swept *,
    struct tq_err *);

#endif

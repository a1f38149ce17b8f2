/* lib/store/aws/sweep/sweep.h -- house-keeping. */
#ifndef TQ_STORE_AWS_SWEEP_H
#define TQ_STORE_AWS_SWEEP_H

#include "store/aws/message/message.h"
#include "task/doorbell.h"

/* -- chores.c ------------------------------------------------------------- */

/* What is known of a queue in a round; it is asked once, before it is rung for. */
struct aq_facts {
	bool			asked;
	struct tq_queue_facts	is;
};

/*
 * aq_do_chores(s, queue, shard, all, facts, out, err): one bounded round of a
 * shard, added to ${out}; more until each chore has been through since
 * aq_chores_anew().  ${all}: do not leave what DynamoDB's TTL would remove.
 */
int aq_do_chores(struct aq *s, const char *queue, int shard, bool all,
    struct aq_facts *facts, struct tq_swept *out, struct tq_err *err);
void aq_chores_anew(struct aq *s, int shard);
/* aq_chores_free(q): forget where they were. */
void aq_chores_free(struct aq_queue *q);

/* aq_orphans_remove(s, queue, count, err): remove blobs that no
   record names; bounded, goes on next time. */
int aq_orphans_remove(struct aq *s, const char *queue, uint64_t *count,
    struct tq_err *err);
void aq_orphans_free(struct aq_queue *q);

/* -- debts.c -------------------------------------------------------------- */

/* aq_debts_pay(s, queue, shard, out, err): word and looks that are owed; bounded.
   out->told counts the ends. */
int aq_debts_pay(struct aq *s, const char *queue, int shard,
    struct tq_swept *out, struct tq_err *err);

/* -- part.c --------------------------------------------------------------- */

/*
 * aq_parts_take(s, n, name, force, err): which of ${n} parts are ${name}'s for the
 * next two minutes?  s->sweeping.mine says so.  Returns how many (${force}: all),
 * or -1.
 * aq_part_swept(s, part, did): what a round in it did.
 */
int aq_parts_take(struct aq *s, int n, const char *name, bool force,
    struct tq_err *err);
void aq_part_swept(struct aq *s, int part, const struct tq_swept *did);

/* -- the verbs, for the table in store.c ---------------------------------- */

int aq_sweep(struct tq_store *, const char *, bool, struct tq_swept *,
    struct tq_err *);

#endif

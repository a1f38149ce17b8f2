/*
 * lib/store/stuck.h -- BLOCKED tasks that nothing but an operator will free.
 */
#ifndef TQ_STORE_STUCK_H
#define TQ_STORE_STUCK_H

#include "store/edges.h"

/*
 * tq_blocker(st, t, a, out, more, err):
 * The task that the BLOCKED ${t} waits for, in ${a}: a dead or cancelled parent
 * before all others; out->id NULL when nothing is open.  ${more}: how many
 * beside it.
 */
int tq_blocker(struct tq_store *st, const struct tq_task *t,
    struct tq_arena *a, struct tq_parent *out, uint64_t *more,
    struct tq_err *err);

/*
 * tq_stuck_count(st, queue, types, ntypes, n, all, err):
 * How many BLOCKED tasks of ${queue} (NULL: of all), of these types (none: of
 * any), wait for one that is dead,
 * cancelled or held, or for one that waits so; and how many are BLOCKED in
 * all.  Of more than 10,000 the rest counts as not stuck.
 */
int tq_stuck_count(struct tq_store *st, const char *queue,
    const char *const *types, size_t ntypes, uint64_t *n, uint64_t *all,
    struct tq_err *err);

#endif

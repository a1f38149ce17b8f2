/* lib/store/move_parts.h -- the parts of move.c: marks, and blobs. */
#ifndef TQ_MOVE_PARTS_H
#define TQ_MOVE_PARTS_H

#include "store/move.h"

/* tq_move_blobs(m, t, a, err): those that ${t} names, to the other store.  0,
   1 when its input or output is not there, -1. */
int tq_move_blobs(struct tq_move *m, const struct tq_task *t,
    struct tq_arena *a, struct tq_err *err);

/* tq_move_mark(m): make the mark of tasks on their way to m->to. */
void tq_move_mark(struct tq_move *m);

/*
 * The label TQ_MOVE_LABEL: which store a task is on its way to, and whether it
 * was held before.
 *
 * tq_move_marked(m, t, held, a): 1: ${t} is on its way, and *${held} says
 * whether it was held; 0: it is not; -1: to another store.
 * tq_move_labels(m, t, mark, a): the labels of ${t} with that one, or without.
 */
int tq_move_marked(const struct tq_move *m, const struct tq_task *t,
    bool *held, struct tq_arena *a);
struct tq_span tq_move_labels(const struct tq_move *m,
    const struct tq_task *t, bool mark, struct tq_arena *a);

#endif

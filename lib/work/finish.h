/* lib/work/finish.h -- tell the store what has ended, and claim with it. */
#ifndef TQ_FINISH_H
#define TQ_FINISH_H

#include <stdbool.h>

struct worker;

/* tq_finish_wanted(w): is it time to tell the store what has ended? */
bool tq_finish_wanted(const struct worker *w);

/* tq_finish(w): tell it, and claim the next tasks in the same commit. */
void tq_finish(struct worker *w);

#endif

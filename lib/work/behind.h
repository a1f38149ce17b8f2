/*
 * lib/work/behind.h -- tasks that are due behind a rate or a limit: what a worker
 * that is to end waits for.
 */
#ifndef TQ_BEHIND_H
#define TQ_BEHIND_H

#include <stdbool.h>

struct worker; struct source; struct tq_claimed;

#define TQ_BEHIND_LOOKS	10000	/* tasks that are looked at; behind more, it waits */

/*
 * tq_behind(w, s, got):
 * The claim ${got} had to leave tasks of ${s} alone, for a rate or a limit.  Is
 * there one that this worker, if it is to end, would wait for?  A rate that is
 * used up keeps a store from looking.  True where it does not matter now, or
 * can't be told.
 */
bool tq_behind(struct worker *w, const struct source *s,
    const struct tq_claimed *got);

/*
 * tq_behind_say(w, s, got):
 * Say once what keeps a worker that is to end from ${s}, which tq_source_found()
 * has filled: a pause, or a rate or limit, for which a drain has waited for two
 * seconds.
 */
void tq_behind_say(struct worker *w, struct source *s,
    const struct tq_claimed *got);

#endif

/*
 * lib/task/turned.h -- what the turns have in common; only turn*.c include it.
 */
#ifndef TQ_TURNED_H
#define TQ_TURNED_H

#include "task/turn.h"

#define TQ_CODE_LEASE	"lease-expired"
#define TQ_CODE_EXPIRED	"expired"
#define TQ_CODE_PARENT	"parent"

/*
 * turn_to(t, verb, to, now): the record's next status; rev + 1, updatedAt.
 * A cell that the table of verbs does not have is a bug of the caller.
 */
void turn_to(struct tq_task *t, enum tq_verb verb, enum tq_status to,
    int64_t now);

/*
 * turn_end(t, verb, to, at, now): ended as of ${at}: finishedAt, keepUntil;
 * what was about waiting or running is cleared, but for the deadline.
 */
void turn_end(struct tq_task *t, enum tq_verb verb, enum tq_status to,
    int64_t at, int64_t now);

/* turn_no_lease(t): nobody holds it. */
void turn_no_lease(struct tq_task *t);

void turn_reason(struct tq_task *t, const char *reason, enum tq_stage stage,
    const char *code);

#endif

/* lib/task/turned.c -- see turned.h. */
#include "task/turned.h"

#include <assert.h>

void
turn_to(struct tq_task *t, enum tq_verb verb, enum tq_status to, int64_t now)
{
	assert((tq_verb_to(verb, t->status) & TQ_BIT(to)) != 0);
	t->status = to;
	t->rev++;
	t->updated_at = now;
}

void
turn_no_lease(struct tq_task *t)
{
	t->lease_until = 0;
	t->alone = t->prefetched = false;
	t->cancel_requested = false;
	t->crashes = 0;		/* an attempt that ended in order clears it */
	t->progress = TQ_SPAN_NONE;
}

void
turn_reason(struct tq_task *t, const char *reason, enum tq_stage stage,
    const char *code)
{
	t->reason = reason;
	t->err_stage = stage;
	t->err_code = code;
}

int64_t
tq_keep_until(const struct tq_task *t)
{
	if (t->status == TQ_FAILED)
		return t->finished_at + TQ_KEEP_DEAD_MS;
	return t->finished_at + (t->keep_ms > 0 ? t->keep_ms : TQ_KEEP_MS);
}

bool
tq_turn_gone(const struct tq_task *t, int64_t now)
{
	return (TQ_BIT(t->status) & TQ_FINISHED) != 0 && t->edges == 0 &&
	    t->keep_until != 0 && t->keep_until <= now;
}

void
turn_end(struct tq_task *t, enum tq_verb verb, enum tq_status to, int64_t at,
    int64_t now)
{
	turn_to(t, verb, to, now);
	turn_no_lease(t);
	t->finished_at = at;
	t->keep_until = tq_keep_until(t);
	t->not_before = t->due_since = 0;
	t->held = false;
	t->waits = 0;
	t->stops = 0;
	t->give_up_at = 0;
}

bool
tq_turn_expire(struct tq_task *t, int64_t now, struct tq_arena *a)
{
	enum tq_status to = t->status == TQ_RETRYING ? TQ_FAILED :
	    TQ_CANCELLED;
	int64_t at = t->expires_at;

	if (tq_verb_to(TQ_V_EXPIRE, t->status) == 0 || at == 0 || at > now)
		return false;
	turn_end(t, TQ_V_EXPIRE, to, at, at);
	t->token++;
	turn_reason(t, to == TQ_CANCELLED || t->reason == NULL ?
	    "it was not started before its deadline" :
	    tq_arena_fmt(a, "it was not started again before its deadline; "
	    "the last attempt: %s", t->reason), TQ_AT_PROCESS,
	    TQ_CODE_EXPIRED);
	return true;
}

bool
tq_due(const struct tq_task *t, int64_t now)
{
	return (TQ_BIT(t->status) & TQ_WAITING) != 0 && !t->held &&
	    (t->not_before == 0 || t->not_before <= now);
}

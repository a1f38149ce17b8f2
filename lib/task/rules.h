/*
 * lib/task/rules.h -- what follows from what: backoff, the end of an
 * attempt, an expired lease, why a task is not running.  Pure.
 */
#ifndef TQ_RULES_H
#define TQ_RULES_H

#include "task/task.h"

/*
 * tq_backoff_ms(base_ms, cap_ms, attempt, rnd):
 * How long to wait before the try after attempt ${attempt} (1, 2, ...).
 * The ceiling doubles from ${base_ms} up to ${cap_ms}; the delay is uniform
 * on (previous ceiling, this ceiling], the first previous ceiling being 0.
 * That is full jitter within the step, as in "Exponential Backoff And Jitter"
 * (AWS Architecture Blog, 2015), and still grows from try to try, which full
 * jitter from 0 does not promise.  At the cap: uniform over the upper half.
 * base 0 and cap 0 mean the defaults; base -1 gives 0.
 */
int64_t tq_backoff_ms(int64_t base_ms, int64_t cap_ms, int attempt,
    uint64_t rnd);

/* How an attempt ended. */
enum tq_end {
	TQ_END_DONE,		/* the result counts */
	TQ_END_ERROR,		/* failed; policy decides about a retry */
	TQ_END_PERMANENT,	/* failed, never again (exit 65) */
	TQ_END_LATER,		/* not now, no attempt used (exit 75) */
	TQ_END_NO_HANDLER,	/* the worker's fault (126, 127): give back */
	TQ_END_TIMEOUT,		/* killed at its timeout: as ERROR */
	TQ_END_CANCELLED,	/* killed because cancel was requested */
	TQ_END_RELEASED,	/* stopped unfinished by a shutdown */
	TQ_END_UNSTARTED	/* given back before it started */
};

/* The ends that a worker may ask a store to write (store.h: finish). */
enum tq_how {
	TQ_COMPLETE, TQ_RETRY, TQ_FAIL, TQ_RELEASE, TQ_CANCEL
};

struct tq_verdict {
	enum tq_how	how;
	int64_t		not_before;	/* RETRY, RELEASE: due then; 0 at once */
	int64_t		give_up_at;	/* 0: leave the record's */
	bool		give_back;	/* the attempt does not count */
	bool		stopped;	/* a shutdown ended a started attempt */
};

#define TQ_STOPS_MAX	10	/* shutdowns that give an attempt back */

#define TQ_RETRY_AFTER_MAX_MS	86400000	/* a server, or a handler, may ask
						   for a day and no more */

/*
 * tq_verdict_of(t, end, retry_after_ms, now, rnd):
 * The verdict on attempt t->attempts, which ended like ${end}.  A handler's
 * retry-after (-1: none) replaces the backoff.  LATER gives back until
 * give_up_at (set at its first time, now + TQ_GIVE_UP_MS), then fails.
 * RELEASED, a shutdown, gives the attempt back too; but after TQ_STOPS_MAX of
 * those in a row the task may be what brings its workers down, and each
 * further one counts.
 */
struct tq_verdict tq_verdict_of(const struct tq_task *t, enum tq_end end,
    int64_t retry_after_ms, int64_t now, uint64_t rnd);

/* The ways out for a RUNNING record whose lease has expired. */
enum tq_expired { TQ_EXPIRED_CANCEL, TQ_EXPIRED_FAIL, TQ_EXPIRED_TAKE };

#define TQ_CRASHES_MAX	2

/*
 * tq_expired_rule(t, alone, prefetched, reason, n):
 * cancelRequested: CANCEL; its worker died twice holding it alone, or
 * attempts used up: FAIL with the ${reason} written; else TAKE.  ${alone}:
 * the expired lease was itself a take-over, so its death counts in crashes
 * (the caller's ${t} has the count before).  ${prefetched}: claimed ahead of
 * its start, so that the attempt may not have started and is given back.
 */
enum tq_expired tq_expired_rule(const struct tq_task *t, bool alone,
    bool prefetched, char *reason, size_t n);

/*
 * tq_submit_clash(old, new):
 * A submit met record ${old} under its id.  0: our own retried write
 * (same submitId) or the same keyed request: success.  TQ_E_TAKEN: another
 * task; TQ_E_CONFLICT: the same key with another request.  Replaced by
 * tq_turn_submit(); goes when no store calls it.
 */
enum tq_code tq_submit_clash(const struct tq_task *old,
    const struct tq_task *new_task, bool keyed);

#endif

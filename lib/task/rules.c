/* lib/task/rules.c -- see rules.h. */
#include "task/rules.h"

#include <stdio.h>
#include <string.h>

int64_t
tq_backoff_ms(int64_t base, int64_t cap, int attempt, uint64_t rnd)
{
	int64_t ceiling, floor;
	int i;

	if (base < 0)
		return 0;
	if (base == 0)
		base = TQ_BACKOFF_MS;
	if (cap <= 0)
		cap = TQ_BACKOFF_CAP_MS;
	ceiling = base;
	for (i = 1; i < attempt && ceiling < cap; i++)
		ceiling *= 2;
	if (ceiling > cap)
		ceiling = cap;
	floor = attempt <= 1 ? 0 : ceiling / 2;
	return ceiling - (int64_t)(rnd % (uint64_t)(ceiling - floor));
}

/* A failed attempt: another try if there is one left. */
static struct tq_verdict
retry_or_fail(const struct tq_task *t, int64_t retry_after, int64_t now,
    uint64_t rnd)
{
	struct tq_verdict v = { .how = TQ_RETRY };

	if (t->attempts >= tq_task_max_attempts(t)) {
		v.how = TQ_FAIL;
		return v;
	}
	v.not_before = now + (retry_after >= 0 ? retry_after :
	    tq_backoff_ms(t->backoff_ms, t->backoff_cap_ms, t->attempts, rnd));
	return v;
}

/* "Not now": no attempt used, until the give-up time has come. */
static struct tq_verdict
later(const struct tq_task *t, int64_t retry_after, int64_t now, uint64_t rnd)
{
	struct tq_verdict v = { .how = TQ_RELEASE, .give_back = true };

	if (t->give_up_at != 0 && now >= t->give_up_at) {
		v.how = TQ_FAIL;
		v.give_back = false;
		return v;
	}
	if (t->give_up_at == 0)
		v.give_up_at = now + TQ_GIVE_UP_MS;
	v.not_before = now + (retry_after >= 0 ? retry_after :
	    tq_backoff_ms(30000, 30000, 1, rnd));
	return v;
}

/* A shutdown: no fault of the task, unless it happens again and again. */
static struct tq_verdict
stopped(const struct tq_task *t)
{
	struct tq_verdict v = { .how = TQ_RELEASE, .stopped = true,
	    .give_back = t->stops < TQ_STOPS_MAX };

	if (!v.give_back && t->attempts >= tq_task_max_attempts(t))
		v = (struct tq_verdict){ .how = TQ_FAIL };
	return v;
}

struct tq_verdict
tq_verdict_of(const struct tq_task *t, enum tq_end end, int64_t retry_after,
    int64_t now, uint64_t rnd)
{
	struct tq_verdict v = { .how = TQ_COMPLETE };

	if (retry_after > TQ_RETRY_AFTER_MAX_MS)
		retry_after = TQ_RETRY_AFTER_MAX_MS;
	switch (end) {
	case TQ_END_DONE:
		return v;
	case TQ_END_ERROR:
	case TQ_END_TIMEOUT:
		return retry_or_fail(t, retry_after, now, rnd);
	case TQ_END_PERMANENT:
		v.how = TQ_FAIL;
		return v;
	case TQ_END_LATER:
		return later(t, retry_after, now, rnd);
	case TQ_END_CANCELLED:
		v.how = TQ_CANCEL;
		return v;
	case TQ_END_RELEASED:
		return stopped(t);
	case TQ_END_NO_HANDLER:
	case TQ_END_UNSTARTED:
		v.how = TQ_RELEASE;
		v.give_back = true;
		return v;
	}
	v.how = TQ_FAIL;
	return v;
}

enum tq_expired
tq_expired_rule(const struct tq_task *t, bool alone, bool prefetched,
    char *reason, size_t n)
{
	if (t->cancel_requested)
		return TQ_EXPIRED_CANCEL;
	if (alone && !prefetched && t->crashes + 1 >= TQ_CRASHES_MAX) {
		snprintf(reason, n, "its worker died twice while it held this "
		    "task alone (last: %s)", t->worker ? t->worker : "unknown");
		return TQ_EXPIRED_FAIL;
	}
	if (!prefetched && t->attempts >= tq_task_max_attempts(t)) {
		snprintf(reason, n, "the lease of attempt %d of %d ran out: "
		    "worker %s died or was cut off", t->attempts,
		    tq_task_max_attempts(t), t->worker ? t->worker : "unknown");
		return TQ_EXPIRED_FAIL;
	}
	return TQ_EXPIRED_TAKE;
}

enum tq_code
tq_submit_clash(const struct tq_task *old, const struct tq_task *new_task,
    bool keyed)
{
	if (old->submit_id != NULL && new_task->submit_id != NULL &&
	    strcmp(old->submit_id, new_task->submit_id) == 0)
		return TQ_OK;
	if (!keyed)
		return TQ_E_TAKEN;
	if (old->fingerprint != NULL && new_task->fingerprint != NULL &&
	    strcmp(old->fingerprint, new_task->fingerprint) == 0)
		return TQ_OK;
	return TQ_E_CONFLICT;
}

/* lib/task/turn_lease.c -- a lease's begin, renewal and end; see turn.h. */
#include <string.h>

#include "task/history.h"
#include "task/turn.h"
#include "task/turned.h"

/* Since when could the waiting ${t} run? */
static int64_t
since(const struct tq_task *t)
{
	if (t->due_since != 0)
		return t->due_since;
	return t->not_before != 0 ? t->not_before : t->created_at;
}

struct tq_turned
tq_turn_claim(struct tq_task *t, const struct tq_lease *lease, int64_t now,
    int64_t expiry, struct tq_arena *a)
{
	if (tq_turn_expire(t, expiry, a))
		return (struct tq_turned){ TQ_E_STATE, true };
	if (tq_verb_to(TQ_V_CLAIM, t->status) == 0 || t->held)
		return (struct tq_turned){ TQ_E_STATE, false };
	turn_to(t, TQ_V_CLAIM, TQ_RUNNING, now);
	t->due_since = since(t);
	t->not_before = 0;
	t->token++;
	t->claim = lease->rnd >> 1;
	t->attempts++;
	t->alone = false;
	t->prefetched = lease->prefetched;
	t->worker = lease->worker;
	t->started_at = now;
	t->lease_until = now + lease->lease_ms;
	t->progress = TQ_SPAN_NONE;
	return (struct tq_turned){ TQ_OK, true };
}

bool
tq_claim_alone(const struct tq_task *t)
{
	return t->stops >= TQ_STOPS_MAX;
}

/* The attempt whose lease ran out, for those who look later. */
static void
remember_death(struct tq_task *t, int64_t now, struct tq_arena *a)
{
	struct tq_attempt e = { .n = t->attempts, .how = TQ_HOW_DIED,
	    .worker = t->worker, .start = t->started_at,
	    .end = t->lease_until != 0 && t->lease_until < now ?
	    t->lease_until : now, .stage = TQ_AT_PROCESS,
	    .code = TQ_CODE_LEASE, .log = t->log };

	tq_history_add(t, &e, a);
}

/* Why a record whose lease ran out ends here; NULL: it goes on. */
static const char *
lapse_reason(const struct tq_task *t, int64_t expiry, struct tq_arena *a)
{
	char reason[256];

	if (tq_expired_rule(t, t->alone, t->prefetched, reason,
	    sizeof(reason)) == TQ_EXPIRED_FAIL)
		return tq_arena_str(a, reason);
	if (t->expires_at != 0 && t->expires_at <= expiry)
		return tq_arena_fmt(a, "its worker %s died or was cut off, and "
		    "it was not to be started again after its deadline",
		    t->worker != NULL ? t->worker : "");
	return NULL;
}

struct tq_turned
tq_turn_lapse(struct tq_task *t, int64_t now, int64_t expiry,
    struct tq_arena *a)
{
	bool cancel = t->cancel_requested;
	const char *reason;

	if (t->status != TQ_RUNNING)
		return (struct tq_turned){ TQ_E_STATE, false };
	reason = cancel ? NULL : lapse_reason(t, expiry, a);
	if (!cancel && reason == NULL)
		return (struct tq_turned){ TQ_E_STATE, false };
	if (!t->prefetched)
		remember_death(t, now, a);
	else if (t->attempts > 0)
		t->attempts--;
	turn_end(t, TQ_V_LAPSE, cancel ? TQ_CANCELLED : TQ_FAILED, now, now);
	t->token++;
	t->claim = 0;	/* who held it must not take this end for its own */
	if (reason != NULL)
		turn_reason(t, reason, TQ_AT_PROCESS, TQ_CODE_LEASE);
	return (struct tq_turned){ TQ_OK, true };
}

struct tq_turned
tq_turn_take_over(struct tq_task *t, const struct tq_lease *lease,
    int64_t now, int64_t expiry, struct tq_arena *a)
{
	struct tq_turned end = tq_turn_lapse(t, now, expiry, a);

	if (end.write || t->status != TQ_RUNNING)
		return (struct tq_turned){ TQ_E_STATE, end.write };
	turn_to(t, TQ_V_TAKE_OVER, TQ_RUNNING, now);
	/* One that was only held ahead did not kill its worker. */
	if (!t->prefetched) {
		remember_death(t, now, a);
		t->crashes += t->alone;
		t->attempts++;
	}
	t->token++;
	t->claim = lease->rnd >> 1;
	t->alone = true;
	t->prefetched = lease->prefetched;
	t->worker = lease->worker;
	t->started_at = now;
	t->lease_until = now + lease->lease_ms;
	t->not_before = 0;
	t->progress = TQ_SPAN_NONE;
	return (struct tq_turned){ TQ_OK, true };
}

static bool
holds(const struct tq_task *t, uint64_t token, uint64_t claim)
{
	return t->status == TQ_RUNNING && t->token == token &&
	    t->claim == claim;
}

struct tq_turned
tq_turn_extend(struct tq_task *t, const struct tq_extend *in, int64_t now)
{
	if (!holds(t, in->token, in->claim))
		return (struct tq_turned){ TQ_E_LOST, false };
	turn_to(t, TQ_V_EXTEND, TQ_RUNNING, now);
	t->lease_until = now + in->lease_ms;
	if (in->progress.n > 0)
		t->progress = in->progress;
	if (in->log != NULL)
		t->log = in->log;
	if (in->out_log != NULL)
		t->out_log = in->out_log;
	if (in->started)
		t->prefetched = false;
	return (struct tq_turned){ TQ_OK, true };
}

/* The word in the history for an attempt that ended like ${in}; NULL: none. */
static const char *
how_word(const struct tq_task *t, const struct tq_finish *in)
{
	switch (in->how) {
	case TQ_COMPLETE:	/* first-time success pays nothing */
		return t->history.n > 0 ? TQ_HOW_DONE : NULL;
	case TQ_RETRY:
	case TQ_FAIL:
		return TQ_HOW_FAILED;
	case TQ_RELEASE:
		return in->stopped ? TQ_HOW_STOPPED :
		    in->reason != NULL ? TQ_HOW_LATER : NULL;
	case TQ_CANCEL:
		return NULL;
	}
	return NULL;
}

static void
remember(struct tq_task *t, const struct tq_finish *in, int64_t now,
    struct tq_arena *a)
{
	struct tq_attempt e = { .n = t->attempts, .how = how_word(t, in),
	    .worker = t->worker, .start = in->began_at != 0 ? in->began_at :
	    t->started_at, .end = now, .stage = in->err_stage,
	    .code = in->err_code, .message = in->reason, .log = in->log };

	if (e.how != NULL)
		tq_history_add(t, &e, a);
}

static void
complete(struct tq_task *t, const struct tq_finish *in, int64_t now)
{
	turn_end(t, TQ_V_COMPLETE, TQ_COMPLETED, now, now);
	t->result = in->result;
	t->result_kind = in->result_kind;
	t->result_size = in->result.n;
	t->output = in->output;
	t->output_size = in->output_size;
	t->output_crc = in->output_crc;
	t->out_log = NULL;	/* it is the result */
	turn_reason(t, NULL, TQ_AT_NONE, NULL);
}

/* RETRY and RELEASE: back to waiting. */
static void
wait_again(struct tq_task *t, const struct tq_finish *in, int64_t now,
    int64_t expiry, struct tq_arena *a)
{
	bool retry = in->how == TQ_RETRY;
	int64_t due = in->not_before > now ? in->not_before : 0;

	if (!retry && in->give_back && t->attempts > 0)
		t->attempts--;
	if (retry)
		t->stops = 0;
	else
		t->stops += in->stopped;
	turn_to(t, retry ? TQ_V_RETRY : TQ_V_RELEASE, retry ? TQ_RETRYING :
	    TQ_PENDING, now);
	t->not_before = due;
	/* A failed attempt begins a new wait, one given back goes on with
	   the old. */
	if (retry)
		t->due_since = due != 0 ? due : now;
	turn_no_lease(t);
	tq_turn_expire(t, expiry, a);
}

struct tq_turned
tq_turn_finish(struct tq_task *t, const struct tq_finish *in, int64_t now,
    int64_t expiry, struct tq_arena *a)
{
	bool waits = in->how == TQ_RETRY || in->how == TQ_RELEASE;

	if (!holds(t, in->token, in->claim))
		return (struct tq_turned){ TQ_E_LOST, false };
	remember(t, in, now, a);
	if (in->log != NULL)
		t->log = in->log;
	if (in->out_log != NULL)
		t->out_log = in->out_log;
	if (in->how == TQ_COMPLETE) {
		complete(t, in, now);
		return (struct tq_turned){ TQ_OK, true };
	}
	if (in->reason != NULL)
		turn_reason(t, in->reason, in->err_stage, in->err_code);
	if (in->give_up_at != 0)
		t->give_up_at = in->give_up_at;
	t->token++;
	if (waits && !t->cancel_requested) {
		wait_again(t, in, now, expiry, a);
	} else {
		if (in->how == TQ_RELEASE && in->give_back && t->attempts > 0)
			t->attempts--;
		turn_end(t, in->how == TQ_FAIL ? TQ_V_FAIL : in->how ==
		    TQ_CANCEL ? TQ_V_CANCELLED : in->how == TQ_RETRY ?
		    TQ_V_RETRY : TQ_V_RELEASE, in->how == TQ_FAIL ? TQ_FAILED :
		    TQ_CANCELLED, now, now);
	}
	return (struct tq_turned){ TQ_OK, true };
}

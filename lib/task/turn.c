/* lib/task/turn.c -- submit, cancel, redrive, edit, unblock, purge. */
#include "task/turn.h"

#include <string.h>

#include "task/history.h"
#include "task/turned.h"

#define REFUSED	((struct tq_turned){ TQ_E_STATE, false })
#define DONE	((struct tq_turned){ TQ_OK, true })

/* Forget the outcome of a task, but for its log and its history. */
static void
forget(struct tq_task *t)
{
	turn_no_lease(t);
	turn_reason(t, NULL, TQ_AT_NONE, NULL);
	t->attempts = t->stops = 0;
	t->worker = NULL;
	t->started_at = t->finished_at = 0;
	t->keep_until = t->give_up_at = 0;
	t->not_before = t->due_since = 0;
	t->drained = t->dlq_owed = t->held = false;
	t->result = TQ_SPAN_NONE;
	t->result_kind = TQ_KIND_NONE;
	t->result_size = 0;
	t->result_crc = 0;
	t->output = NULL;
	t->output_size = 0;
	t->output_crc = 0;
}

void
tq_turn_new(struct tq_task *t, int64_t now)
{
	bool blocked = t->waits > 0;
	int64_t due = t->not_before > now && !(blocked && t->delay_ms > 0) ?
	    t->not_before : 0;

	forget(t);
	t->history = TQ_SPAN_NONE;
	t->log = NULL;
	t->out_log = NULL;
	t->status = blocked ? TQ_BLOCKED : TQ_PENDING;
	t->delay_ms = blocked ? t->delay_ms : 0;
	t->token = t->rev = 1;
	t->claim = 0;
	t->created_at = t->updated_at = now;
	t->not_before = due;
}

void
tq_turn_moved(struct tq_task *t, int64_t now)
{
	int crashes = t->crashes;

	turn_no_lease(t);
	t->crashes = crashes;
	t->token++;
	t->rev = 1;
	t->claim = 0;
	t->updated_at = now;
	t->edges = t->waits = t->parents = 0;
	t->after = t->after_ended = TQ_SPAN_NONE;
	t->dlq_owed = false;
}

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool
replaces(const struct tq_task *old, enum tq_replace replace, int64_t expiry)
{
	if (tq_turn_gone(old, expiry))
		return true;
	if (replace == TQ_REPLACE_DEAD)
		return old->status == TQ_FAILED ||
		    old->status == TQ_CANCELLED;
	return replace == TQ_REPLACE_ENDED &&
	    (TQ_BIT(old->status) & TQ_FINISHED) != 0;
}

/* The request begins where ${old} ends. */
static void
start_anew(const struct tq_task *old, struct tq_task *t, int64_t now,
    int64_t expiry, struct tq_arena *a)
{
	struct tq_attempt run = { .how = TQ_HOW_RUN, .status = old->status,
	    .submit_id = old->submit_id, .start = old->created_at,
	    .end = old->finished_at, .message = old->reason };

	tq_turn_new(t, now);
	t->token = old->token + 1;
	t->rev = old->rev + 1;
	t->edges = old->edges;
	if (!tq_turn_gone(old, expiry)) {
		t->history = old->history;
		tq_history_add(t, &run, a);
	}
}

enum tq_met
tq_turn_submit(const struct tq_task *old, struct tq_task *t, bool keyed,
    enum tq_replace replace, int64_t now, int64_t expiry, struct tq_arena *a)
{
	if (same(old->submit_id, t->submit_id))
		return TQ_MET_OURS;
	if (replaces(old, replace, expiry)) {
		start_anew(old, t, now, expiry, a);
		return TQ_MET_REPLACE;
	}
	if (!keyed)
		return TQ_MET_TAKEN;
	return replace == TQ_REPLACE_ENDED ||
	    same(old->fingerprint, t->fingerprint) ? TQ_MET_SAME :
	    TQ_MET_CONFLICT;
}

struct tq_turned
tq_turn_cancel(struct tq_task *t, int64_t now)
{
	if (tq_verb_to(TQ_V_CANCEL, t->status) == 0)
		return REFUSED;
	if (t->status == TQ_CANCELLED)
		return (struct tq_turned){ TQ_OK, false };
	if (t->status == TQ_RUNNING) {
		if (t->cancel_requested)
			return (struct tq_turned){ TQ_OK, false };
		turn_to(t, TQ_V_CANCEL, TQ_RUNNING, now);
		t->cancel_requested = true;
		return DONE;
	}
	turn_end(t, TQ_V_CANCEL, TQ_CANCELLED, now, now);
	t->token++;
	t->worker = NULL;
	t->started_at = 0;
	turn_reason(t, NULL, TQ_AT_NONE, NULL);
	return DONE;
}

struct tq_turned
tq_turn_redrive(struct tq_task *t, int64_t now)
{
	if (tq_verb_to(TQ_V_REDRIVE, t->status) == 0)
		return REFUSED;
	turn_to(t, TQ_V_REDRIVE, t->waits > 0 ? TQ_BLOCKED : TQ_PENDING, now);
	forget(t);
	t->token++;
	t->expires_at = 0;
	t->due_since = now;
	return DONE;
}

struct tq_turned
tq_turn_unblock(struct tq_task *t, int64_t now)
{
	if (tq_verb_to(TQ_V_UNBLOCK, t->status) == 0)
		return REFUSED;
	turn_to(t, TQ_V_UNBLOCK, TQ_PENDING, now);
	t->waits = 0;
	if (t->delay_ms > 0)
		t->not_before = now + t->delay_ms;
	else if (t->not_before <= now)
		t->not_before = 0;
	t->due_since = t->not_before != 0 ? t->not_before : now;
	return DONE;
}

struct tq_turned
tq_turn_break(struct tq_task *t, const char *parent, bool gone, int64_t now,
    struct tq_arena *a)
{
	if (t->status != TQ_BLOCKED)
		return REFUSED;
	turn_end(t, TQ_V_CANCEL, TQ_CANCELLED, now, now);
	t->token++;
	turn_reason(t, tq_arena_fmt(a, "it waited for task %s, which was %s",
	    parent, gone ? "purged" : "cancelled"), TQ_AT_PROCESS,
	    TQ_CODE_PARENT);
	return DONE;
}

struct tq_turned
tq_turn_mark(struct tq_task *t)
{
	t->edges++;
	t->rev++;
	return DONE;
}

struct tq_turned
tq_turn_purge(const struct tq_task *t)
{
	return (struct tq_turned){ tq_verb_to(TQ_V_PURGE, t->status) != 0 ?
	    TQ_OK : TQ_E_STATE, false };
}

static enum tq_code
may_edit(const struct tq_task *t, unsigned set, const struct tq_task *to)
{
	unsigned others = set & ~(unsigned)(TQ_SET_HELD | TQ_SET_DRAINED);

	if ((set & TQ_SET_HELD) != 0 &&
	    tq_verb_to(TQ_V_HOLD, t->status) == 0)
		return TQ_E_STATE;
	if ((set & TQ_SET_DRAINED) != 0 &&
	    tq_verb_to(TQ_V_DRAIN, t->status) == 0)
		return TQ_E_STATE;
	if (others != 0 && tq_verb_to(TQ_V_EDIT, t->status) == 0)
		return TQ_E_STATE;
	/* Attempts are told from others by the verb that redrives. */
	if ((set & TQ_SET_MAX_ATTEMPTS) != 0 && t->status != TQ_FAILED &&
	    to->max_attempts <= t->attempts)
		return TQ_E_DATA;
	return TQ_OK;
}

static void
set_asked(struct tq_task *t, unsigned set, const struct tq_task *to)
{
	if (set & TQ_SET_PAYLOAD) {
		t->payload = to->payload;
		t->payload_kind = to->payload_kind;
		t->payload_size = to->payload.n;
		t->payload_crc = to->payload_crc;
	}
	if (set & TQ_SET_ARGV) {
		t->argv = to->argv;
		t->uid = to->uid;
	}
	if (set & TQ_SET_PRIO)
		t->prio = to->prio;
	if (set & TQ_SET_EXPIRES)
		t->expires_at = to->expires_at;
	if (set & TQ_SET_TIMEOUT)
		t->timeout_ms = to->timeout_ms;
	if (set & TQ_SET_MAX_ATTEMPTS)
		t->max_attempts = to->max_attempts;
	if (set & TQ_SET_BACKOFF) {
		t->backoff_ms = to->backoff_ms;
		t->backoff_cap_ms = to->backoff_cap_ms;
	}
	if (set & TQ_SET_LABELS)
		t->labels = to->labels;
	if (set & TQ_SET_GROUP)
		t->group = to->group;
	if (set & TQ_SET_KEEP)
		t->keep_ms = to->keep_ms;
}

struct tq_turned
tq_turn_edit(struct tq_task *t, unsigned set, const struct tq_task *to,
    int64_t now)
{
	enum tq_code code = may_edit(t, set, to);
	enum tq_verb verb = (set & TQ_SET_DRAINED) != 0 ? TQ_V_DRAIN :
	    (set & TQ_SET_HELD) != 0 ? TQ_V_HOLD : TQ_V_EDIT;

	if (code != TQ_OK || set == 0)
		return (struct tq_turned){ code, false };
	turn_to(t, verb, t->status, now);
	t->token++;
	set_asked(t, set, to);
	if (set & TQ_SET_DRAINED)
		t->drained = to->drained;
	if (set & TQ_SET_HELD)
		t->held = to->held;
	if ((set & TQ_SET_NOT_BEFORE) == 0)
		return DONE;
	if (t->status == TQ_BLOCKED) {
		t->delay_ms = to->not_before > now ? to->not_before - now : 0;
	} else if (t->status != TQ_FAILED) {
		t->not_before = to->not_before > now ? to->not_before : 0;
		t->due_since = t->not_before != 0 ? t->not_before : now;
	}
	return DONE;
}

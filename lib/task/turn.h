/*
 * lib/task/turn.h -- the life of a task: what each verb makes of a record.
 *
 * One function a verb, from (record, request, now, random) to (record after,
 * answer).  A store reads a record, turns it, and writes it if it is still
 * the one it read; what the record becomes is decided here and nowhere else.
 * Which columns or attributes are written is the store's business.  Pure: no
 * I/O, no clock; texts that are made go to the caller's arena.
 *
 * Of a turned record the caller keeps these promises: rev is one more, and
 * the token too where the verb says so; nothing else of the record may be
 * changed before it is written, but for what a store keeps for itself
 * (bodies' places, ringAt, bell).
 */
#ifndef TQ_TURN_H
#define TQ_TURN_H

#include "task/rules.h"
#include "task/task.h"

/* The answer of a verb for one record. */
struct tq_turned {
	enum tq_code	code;	/* the item's answer */
	bool		write;	/* the record changed: write it.  An answer
				   other than TQ_OK may ask for it too: a claim
				   that met a task past its deadline ends it */
};

/* -- the verbs and where they lead --------------------------------------- */

enum tq_verb {
	TQ_V_SUBMIT,	/* onto a record: replace it */
	TQ_V_CLAIM,
	TQ_V_TAKE_OVER,	/* a lease that ran out */
	TQ_V_EXTEND,
	TQ_V_COMPLETE, TQ_V_RETRY, TQ_V_FAIL, TQ_V_RELEASE, TQ_V_CANCELLED,
	TQ_V_LAPSE,	/* a lease that ran out, and nobody takes it over */
	TQ_V_EXPIRE,	/* the deadline for a start has passed */
	TQ_V_CANCEL,
	TQ_V_REDRIVE,
	TQ_V_EDIT,
	TQ_V_DRAIN,	/* and undrain */
	TQ_V_HOLD,	/* and unhold */
	TQ_V_UNBLOCK,	/* the last task it waited for has ended */
	TQ_V_PURGE,
	TQ_VERB_MAX
};

/*
 * tq_verb_to(verb, from): bits of the statuses that ${verb} may lead to from
 * ${from}; 0: not legal there.  One table; tq_status_may() follows from it,
 * every function below keeps to it, tq(7) prints it.
 */
unsigned tq_verb_to(enum tq_verb verb, enum tq_status from);

/* tq_status_may(from, to): does any verb lead from ${from} to ${to}?  RUNNING
   to RUNNING is a take-over. */
bool tq_status_may(enum tq_status from, enum tq_status to);
const char *tq_verb_name(enum tq_verb verb);

/* -- deadlines and keeping ----------------------------------------------- */

/*
 * tq_turn_expire(t, now):
 * The deadline for a start (expiresAt).  A waiting record (held and BLOCKED
 * ones too) past it is ended as of that time: PENDING and BLOCKED become
 * CANCELLED, RETRYING becomes FAILED, with the reason; token + 1.  True if it
 * was.  Verbs that write write the outcome; verbs that read give it as if it
 * had been written.  ${now}: the store's time for expiry, which never goes
 * back, as ${expiry} is in all that follows.  A RUNNING record is not touched:
 * see tq_turn_lapse().
 */
bool tq_turn_expire(struct tq_task *t, int64_t now, struct tq_arena *a);

/*
 * tq_turn_gone(t, now): an ended record past its keepUntil counts as absent
 * in every verb, removed or not; but one that others wait for is there until
 * it has been removed.
 */
bool tq_turn_gone(const struct tq_task *t, int64_t now);

/* tq_keep_until(t): until when the ended ${t} is kept: --keep for COMPLETED
   and CANCELLED (default TQ_KEEP_MS), TQ_KEEP_DEAD_MS for FAILED. */
int64_t tq_keep_until(const struct tq_task *t);

/* -- submit -------------------------------------------------------------- */

enum tq_replace { TQ_REPLACE_NEVER, TQ_REPLACE_DEAD, TQ_REPLACE_ENDED };

/*
 * tq_turn_new(t, now):
 * Make the request ${t} a fresh record: PENDING, or BLOCKED while t->waits is
 * not 0; token 1, rev 1, no attempts; due at notBefore, or at once.  A delay
 * of a BLOCKED one counts from the unblocking.
 */
void tq_turn_new(struct tq_task *t, int64_t now);

/*
 * tq_turn_moved(t, now):
 * Make the record ${t} of another store one of this: as it was, with its
 * attempts, its times and its history, waiting or ended, but that nobody holds
 * it and nothing waits for it here.  Token + 1, rev 1.  Not for RUNNING and
 * BLOCKED records.
 */
void tq_turn_moved(struct tq_task *t, int64_t now);

enum tq_met {
	TQ_MET_OURS,	/* our own retried write: stored already */
	TQ_MET_SAME,	/* the same keyed request is there: success */
	TQ_MET_TAKEN,	/* another task has the id */
	TQ_MET_CONFLICT,	/* the key with another request */
	TQ_MET_REPLACE	/* *t is the record to write over ${old} */
};

/*
 * tq_turn_submit(old, t, keyed, replace, now, expiry, a):
 * The request ${t} meets the record ${old} under its id.  One's own submitId
 * comes before all else.  REPLACE_DEAD starts a FAILED or CANCELLED record
 * anew, REPLACE_ENDED any that has ended, and while one lives answers SAME
 * whatever the request; a record that tq_turn_gone() by ${expiry}, the store's
 * time for expiry, is always replaced.  On MET_REPLACE ${t} is the whole record
 * after: token and rev one more than ${old}'s, and a history that tells how the
 * replaced run ended.
 */
enum tq_met tq_turn_submit(const struct tq_task *old, struct tq_task *t,
    bool keyed, enum tq_replace replace, int64_t now, int64_t expiry,
    struct tq_arena *a);

/* -- claim, extend, finish ----------------------------------------------- */

struct tq_lease {
	const char	*worker;	/* host:pid:start, unique per process */
	int64_t		 lease_ms;
	bool		 prefetched;	/* claimed ahead of a free slot */
	uint64_t	 rnd;		/* 64 fresh random bits */
};

/*
 * tq_turn_claim(t, lease, now, expiry, a):
 * A waiting record becomes RUNNING: token + 1, a fresh claim, attempts + 1,
 * startedAt, worker, leaseUntil.  Whether it is due is the caller's question.
 * TQ_E_STATE: it is not waiting, is held, or its deadline has passed (then it
 * is ended, and to be written).  dueSince says since when it was due.
 */
struct tq_turned tq_turn_claim(struct tq_task *t, const struct tq_lease *lease,
    int64_t now, int64_t expiry, struct tq_arena *a);

/* tq_claim_alone(t): is ${t} to be the only task of its claim?  One that
   was given back TQ_STOPS_MAX times may be what brings workers down. */
bool tq_claim_alone(const struct tq_task *t);

/*
 * tq_turn_lapse(t, now, expiry, a):
 * The lease of a RUNNING record ran out (the caller has judged so by its own
 * clock).  cancelRequested: CANCELLED.  Its attempt counts, unless it was
 * prefetched and no renewal has said that it started: then it is given back.
 * Dead if the worker died twice holding it alone, if the attempts are used
 * up, or if the deadline for a start has passed.  TQ_OK with write: it has
 * ended.  TQ_E_STATE: it goes on, take it over; nothing was changed.
 */
struct tq_turned tq_turn_lapse(struct tq_task *t, int64_t now,
    int64_t expiry, struct tq_arena *a);

/*
 * tq_turn_take_over(t, lease, now, expiry, a):
 * As tq_turn_lapse() where that ends it (answer TQ_E_STATE, write), else the
 * record is RUNNING again under ${lease}: token + 1, alone.
 */
struct tq_turned tq_turn_take_over(struct tq_task *t,
    const struct tq_lease *lease, int64_t now, int64_t expiry,
    struct tq_arena *a);

struct tq_extend {
	const char	*id;
	uint64_t	 token, claim;
	int64_t		 lease_ms;
	struct tq_span	 progress;	/* JSON object; NONE: unchanged */
	const char	*log;		/* blob:...; NULL: unchanged */
	const char	*out_log;	/* the same */
	bool		 started;	/* a prefetched one runs now */
};

/*
 * tq_turn_extend(t, in, now): renew the lease to lease_ms from ${now}.
 * TQ_E_LOST when (token, claim) moved on.  t->cancel_requested tells the
 * worker.
 */
struct tq_turned tq_turn_extend(struct tq_task *t, const struct tq_extend *in,
    int64_t now);

struct tq_finish {
	const char	*id;
	const char	*queue;		/* the record's */
	uint64_t	 token, claim;
	enum tq_how	 how;
	int64_t		 not_before;	/* RETRY, RELEASE */
	int64_t		 give_up_at;	/* 0: unchanged */
	bool		 give_back;	/* RELEASE: attempts - 1 */
	bool		 stopped;	/* RELEASE: the worker ended an attempt
					   that had started: a shutdown */
	struct tq_span	 result;	/* COMPLETE */
	enum tq_kind	 result_kind;
	const char	*output;	/* COMPLETE: blob:..., written before */
	int64_t		 output_size;
	uint64_t	 output_crc;	/* see TQ_CRC_KNOWN */
	const char	*log;		/* blob:...; NULL: unchanged */
	const char	*out_log;	/* the same */
	const char	*reason;	/* RETRY, FAIL, and RELEASE if not NULL */
	enum tq_stage	 err_stage;
	const char	*err_code;
	int64_t		 began_at;	/* when it started; 0: at the claim */
};

/*
 * tq_turn_finish(t, in, now, expiry, a):
 * End a lease: COMPLETE -> COMPLETED, RETRY -> RETRYING, FAIL -> FAILED,
 * CANCEL -> CANCELLED, RELEASE -> PENDING; token + 1 but for COMPLETE.  RETRY
 * and RELEASE of a record with cancelRequested give CANCELLED; a COMPLETE
 * wins over it.  What would wait beyond its deadline ends at once.  A release
 * without a time goes back to its place in the queue (dueSince).  TQ_E_LOST
 * when (token, claim) moved on.
 */
struct tq_turned tq_turn_finish(struct tq_task *t, const struct tq_finish *in,
    int64_t now, int64_t expiry, struct tq_arena *a);

/* -- change -------------------------------------------------------------- */

/*
 * tq_turn_cancel(t, now): waiting: CANCELLED, token + 1.  RUNNING:
 * cancelRequested; the worker keeps its token, it may still complete.
 * CANCELLED already: TQ_OK, nothing to write.  Else TQ_E_STATE.
 */
struct tq_turned tq_turn_cancel(struct tq_task *t, int64_t now);

/*
 * tq_turn_redrive(t, now): FAILED and CANCELLED (drained too) -> PENDING, due
 * now: token + 1; attempts, crashes, stops 0; reason and deadline cleared.
 * BLOCKED again if t->waits is not 0.
 */
struct tq_turned tq_turn_redrive(struct tq_task *t, int64_t now);

/* The fields that an edit sets. */
enum {
	TQ_SET_PAYLOAD = 1 << 0, TQ_SET_ARGV = 1 << 1, TQ_SET_PRIO = 1 << 2,
	TQ_SET_NOT_BEFORE = 1 << 3, TQ_SET_EXPIRES = 1 << 4,
	TQ_SET_TIMEOUT = 1 << 5, TQ_SET_MAX_ATTEMPTS = 1 << 6,
	TQ_SET_BACKOFF = 1 << 7, TQ_SET_LABELS = 1 << 8,
	TQ_SET_GROUP = 1 << 9, TQ_SET_KEEP = 1 << 10,
	TQ_SET_HELD = 1 << 11,		/* to to->held: hold, unhold */
	TQ_SET_DRAINED = 1 << 12	/* to to->drained */
};

/*
 * tq_turn_edit(t, set, to, now):
 * Change in place what waits (PENDING, RETRYING, BLOCKED) or is dead; token
 * + 1.  ${to} has the values that ${set} names.  HELD only on what waits, where
 * it outlives an unblocking, and DRAINED only on FAILED.  TQ_E_STATE in another
 * status, TQ_E_DATA when maxAttempts would be below the attempts made.
 */
struct tq_turned tq_turn_edit(struct tq_task *t, unsigned set,
    const struct tq_task *to, int64_t now);

/* tq_turn_unblock(t, now): BLOCKED -> PENDING, --delay counts from now. */
struct tq_turned tq_turn_unblock(struct tq_task *t, int64_t now);

/*
 * tq_turn_break(t, parent, gone, now, a): BLOCKED -> CANCELLED, token + 1: the
 * task ${parent} that it waited for was cancelled, or is ${gone}.
 */
struct tq_turned tq_turn_break(struct tq_task *t, const char *parent,
    bool gone, int64_t now, struct tq_arena *a);

/*
 * tq_turn_mark(t): others wait for it: rev + 1, whatever its status, so that
 * of the mark and an end one sees the other.  Nothing that a user sees changes.
 */
struct tq_turned tq_turn_mark(struct tq_task *t);

/* tq_turn_purge(t): may the record be removed?  TQ_OK, or TQ_E_STATE while
   it has not ended. */
struct tq_turned tq_turn_purge(const struct tq_task *t);

/*
 * tq_due(t, now): is the waiting ${t} to be claimed now?  A task without a
 * delay is due whatever the clock says; a held or BLOCKED one never is.
 */
bool tq_due(const struct tq_task *t, int64_t now);

#endif

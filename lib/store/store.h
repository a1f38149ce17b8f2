/*
 * lib/store/store.h -- the store contract: where tasks live.
 *
 * One interface, two stores (sqlite/ and aws/); what the verbs mean is said
 * here once and tested once (tests/store/conformance), for every store; how
 * one is made and looked after, in setup.h, tasks that wait for others in
 * edges.h.  Batch first: verbs take arrays and answer per item.  No verb needs
 * a transaction over several records.
 *
 * Promises every store keeps:
 *   - What submit, finish, cancel, redrive, purge, edit answered is durable.
 *   - token starts at 1 and is never lowered or reused: claim, release,
 *     redrive, edit and cancel each add 1.  extend and finish are conditional
 *     on (token, claim), so that of two workers at most one is accepted.
 *   - rev grows by at least 1 with every write to a record.
 *   - An ended record past keepUntil is absent to every verb.
 *   - A waiting record past expiresAt is ended: verbs that write write it,
 *     verbs that read show it as if they had (tq_turn_expire()).
 *
 * A handle serves one thread at a time; only tq_store_wait_ready(), _cancel()
 * and tq_store_wake() may be called, by any number of threads, while another
 * thread is inside a verb.
 *
 * Verbs return 0 when every item was answered, however the answers are, and
 * -1 with err filled when the store could not be asked (TQ_E_UNAVAILABLE,
 * _DENIED, _CONFIG, _IO, _NEWER, ...): then no item's answer is valid, and
 * nothing that was not durable before is promised to be.
 */
#ifndef TQ_STORE_H
#define TQ_STORE_H

#include "task/control.h"
#include "task/turn.h"
#include "util/env.h"
#include "util/limits.h"

struct tq_store;

/* -- open ---------------------------------------------------------------- */

enum tq_open {
	TQ_OPEN_READ,	/* must exist; nothing is written */
	TQ_OPEN_WRITE,	/* must exist */
	TQ_OPEN_CREATE	/* made when missing: submit, work, serve, init */
};

/*
 * tq_store_open(url, env, how, out, err):
 * Open "sqlite:PATH[?sync=normal][&mode=0660]" (or "aws:..."; a bare path
 * is not accepted).  On success *${out} is the handle; ${env} is borrowed
 * until tq_store_close().  Fails with stage store: TQ_E_CONFIG (bad URL, a
 * network file system), TQ_E_UNAVAILABLE (missing; the message names the
 * path), TQ_E_NEWER (the schema is newer than this tq), TQ_E_DENIED, TQ_E_IO.
 */
int tq_store_open(const char *url, const struct tq_env *env,
    enum tq_open how, struct tq_store **out, struct tq_err *err);

/* tq_store_close(st): frees ${st}; NULL is a no-op. */
void tq_store_close(struct tq_store *st);

/* tq_store_name(st): "sqlite:/home/me/.local/share/tq/tq.db", for messages. */
const char *tq_store_name(const struct tq_store *st);

/* tq_store_url(st): opens the same store again, from whatever directory and
   through whatever links ${st} was opened. */
const char *tq_store_url(const struct tq_store *st);

/* tq_store_note(st): what is to be said of its URL, or NULL. */
const char *tq_store_note(const struct tq_store *st);

/* tq_store_shared(st): may several users of this machine write to it?  Then
   a queued command may be another's. */
bool tq_store_shared(const struct tq_store *st);

/*
 * tq_store_there(st, err): is it still the store that was opened?  A file may
 * be moved, replaced or emptied under a handle, which then works on a ghost:
 * -1 with TQ_E_UNAVAILABLE, not retryable.  Cheap enough for twice a second.
 */
int tq_store_there(struct tq_store *st, struct tq_err *err);

/* One answer for one record. */
struct tq_answer {
	enum tq_code	code;	/* TQ_OK, _NOTFOUND, _LOST, _STATE, ... */
	enum tq_status	status;	/* the record's, now; valid unless NOTFOUND */
};

/* A record, or that record only if it is still as it was read. */
struct tq_ref {
	const char	*id;
	uint64_t	 rev;	/* 0: whatever rev it has */
};

/* -- submit -------------------------------------------------------------- */

struct tq_submit {
	const struct tq_task	*task;	/* checked; id, queue, type set */
	bool	 keyed;		/* the id comes from a key: see below */
	enum tq_replace replace; /* start an ended one anew */
	bool	 moved;		/* a record of another store: tq_turn_moved() */
	size_t	 with;		/* not 0: goes with a parent, so many before */
};

enum tq_stored {
	TQ_STORED,	/* durable, and a worker can find it */
	TQ_OWED,	/* durable; the sweep will ring for it */
	TQ_EXISTS,	/* the same request is there already */
	TQ_REFUSED	/* see code: TAKEN, CONFLICT, NOQUEUE, ... */
};

struct tq_submitted {
	enum tq_stored	what;
	enum tq_code	code;	/* of REFUSED */
	enum tq_status	status;	/* of the record that stands there now */
	char		parent[TQ_NAME_MAX + 1]; /* NOTFOUND: it is not there */
};

/*
 * tq_store_submit(st, in, n, out, err):
 * Write ${n} new records, created now, in order.  tq_turn_submit() decides on
 * one whose id exists: STORED for our own retried write and for a
 * replaced record, EXISTS for the same keyed request, else refused as TAKEN
 * or CONFLICT.  One for a queue that is not there is refused (TQ_E_NOQUEUE),
 * so is one name too many (TQ_E_TOOBIG), and on aws too big a command or data:
 * input (TQ_E_DATA); the others go in.  Returns 0; if some are OWED, ${err} is why.
 *
 * One that waits for others (task->after, after_ended; task/edge.h) is BLOCKED
 * until its edges are met.  Its parents are stored already or stand before it
 * in ${in}: else it is refused (TQ_E_NOTFOUND; out->parent).  A record that an
 * unended task waits for is not replaced by a request with parents
 * (TQ_E_STATE).  One that goes ${with} another is refused when that is, with
 * its code, and started anew, if it ended, when the other was stored.
 */
int tq_store_submit(struct tq_store *st, const struct tq_submit *in, size_t n,
    struct tq_submitted *out, struct tq_err *err);

/*
 * tq_store_queue(st, queue, err): may tasks be put on ${queue}?  0, or -1:
 * TQ_E_NOQUEUE when it has to be made first, or the store can't be asked.
 * On sqlite a queue needs no making: 0.
 */
int tq_store_queue(struct tq_store *st, const char *queue,
    struct tq_err *err);

/* tq_store_no_queue(st, queue, err): fill ${err} for a task that was refused
   with TQ_E_NOQUEUE, with the remedy.  Asks nobody. */
void tq_store_no_queue(const struct tq_store *st, const char *queue,
    struct tq_err *err);

/* -- claim, extend, finish ----------------------------------------------- */

struct tq_claim {
	const char	*queue;
	const char *const *types;	/* claim only these */
	size_t		 ntypes;
	const char *const *others;	/* types that other claims of this
					   handle ask for: what this one comes
					   upon of them is kept for those */
	size_t		 nothers;
	const char *const *ids;		/* if nids > 0: only these tasks, due
					   or not, of any type */
	size_t		 nids;
	const char	*worker;	/* host:pid:start, unique per process */
	int64_t		 lease_ms;
	size_t		 n;		/* at most so many ... */
	size_t		 slots;		/* ... of which so many start now; the
					   rest is prefetched */
	const struct tq_limit *limits;	/* the worker's own, beside control's */
	size_t		 nlimits;
	const char	*adopt;		/* type of the tasks that others' messages
					   become; NULL: none do.  See below */
};

/* A task that a claim ended on its way, for the worker to tell. */
struct tq_passed {
	const char	*id, *type;
	enum tq_status	 status;
	const char	*reason;	/* NULL: it was cancelled */
};

struct tq_claimed {
	struct tq_task	*tasks;		/* with payload; in *arena */
	size_t		 n;
	struct tq_arena	*arena;		/* given by the caller */
	bool		 paused;	/* the queue is: nothing was claimed */
	bool		 limited;	/* a limit held tasks back */
	bool		 more;		/* not all was seen: the next goes on */
	bool		 owed;		/* word to children of what has ended */
	size_t		 foreign;	/* messages not tq's, moved to the DLQ */
	int64_t		 next_ms;	/* wall clock: when something is due or
					   a lease runs out; 0: nothing is */
	uint64_t	 bell;		/* for tq_store_wait_ready() */
	struct tq_passed *passed;	/* in *arena */
	size_t		 npassed;
	const struct tq_err **unread;	/* between a store and store.c */
};

/*
 * tq_store_claim(st, req, got, err):
 * Lease up to n due tasks: by prio (9 first), then due time, then age, as
 * tq_turn_claim() has it; due_since of the answer says since when a task was
 * due (0 for a take-over).  A task whose lease has expired comes first and
 * then alone (got->n is 1); so does one that shutdowns gave back too often.
 * Those that are past their deadline, or whose expired lease is their end, are
 * ended in passing (stores of several hosts give other clocks 5 s).  Stops at
 * 32 MiB of payloads.  A payload that can't be had ends its task's attempt
 * (unread.h), and no other's.
 *
 * got->n 0 means that nothing is due only when got->more is false too: then all
 * was looked at, got->next_ms says when to look again, and got->owed that some
 * may be due once they are told.  With more set the next claim of this handle goes
 * on where this one stopped.  The caller clears got->arena; got is overwritten.
 */
int tq_store_claim(struct tq_store *st, const struct tq_claim *req,
    struct tq_claimed *got, struct tq_err *err);

/*
 * tq_store_adopts(url):
 * Does the store at ${url} have a queue on which others put messages of their
 * own?  On such a one a claim with ${adopt} set makes a task of each message
 * that is not tq's, before it claims: of that type, with the body as payload
 * (JSON if it is, else text), and an id that follows from the message's, so
 * that there is one task however often it is delivered
 * (tq_id_of_message()).  From then on it is a task like any other, whoever
 * claims it.  Without ${adopt} such messages go to the dead-letter queue.  On
 * other stores ${adopt} means nothing.
 */
bool tq_store_adopts(const char *url);

struct tq_extended {
	enum tq_code	code;		/* TQ_OK, TQ_E_LOST, TQ_E_NOTFOUND */
	bool		cancel_requested;
};

/* tq_store_extend(...): renew leases to lease_ms from now. */
int tq_store_extend(struct tq_store *st, const struct tq_extend *in, size_t n,
    struct tq_extended *out, struct tq_err *err);

/*
 * tq_store_finish(st, in, n, out, next, got, err):
 * End leases, as tq_turn_finish() has it.  Answers TQ_OK with the status
 * reached, TQ_E_LOST when (token, claim) moved on, TQ_E_NOTFOUND.
 * With ${next} not NULL also claims, as tq_store_claim() into ${got}; where
 * the store can, all in one commit.  Where it can't, a claim that fails after
 * the leases were ended is no failure: ${got} then has more set.
 */
int tq_store_finish(struct tq_store *st, const struct tq_finish *in, size_t n,
    struct tq_answer *out, const struct tq_claim *next,
    struct tq_claimed *got, struct tq_err *err);

/* -- read ---------------------------------------------------------------- */

#define TQ_WITH_PAYLOAD	1u	/* load payload bytes of any size */
#define TQ_WITH_RESULT	2u

/*
 * tq_store_get(st, ids, n, with, a, out, err):
 * out[i] is the record of ids[i] in ${a}, or NULL when there is none.
 * Without a `with' bit those bytes are there only if they are small.
 */
int tq_store_get(struct tq_store *st, const char *const *ids, size_t n,
    unsigned with, struct tq_arena *a, struct tq_task **out,
    struct tq_err *err);

struct tq_filter {
	const char	*queue, *type, *group;	/* NULL: all */
	unsigned	 statuses;	/* TQ_BIT()s; 0: all */
	const char	*label_key, *label_value;
	const char	*error;		/* in failureReason or error.stage,
					   ignoring ASCII case */
	const char	*error_kind;	/* failureReason as task/fold.h has it */
	int64_t		 since, until;	/* updatedAt within [since, until) */
	bool		 drained;	/* only drained ones; else none of them */
};

struct tq_list {
	struct tq_filter filter;
	const char	*cursor;	/* NULL: from the start */
	size_t		 limit;		/* records in a page, 1..10000 */
	bool		 newest_first;	/* within a status, by index time */
	bool		 by_created;	/* all statuses, newest createdAt first;
					   aws: of the last 20,000, then by status */
	unsigned	 with;
};

struct tq_page {
	struct tq_task	*tasks;
	size_t		 n;
	const char	*cursor;	/* for the next page; NULL: the end */
	size_t		 seen;		/* see tq_store_wait_changes() */
};

/*
 * tq_store_list(st, req, a, page, err):
 * Records by status (RUNNING, RETRYING, PENDING, BLOCKED, FAILED, CANCELLED,
 * COMPLETED), within it by index time (due, lease end, finish time), then
 * age.  Cursors are opaque and stay valid; a record that changes status
 * while one pages may be met twice or not at all.  A page may be shorter
 * than the limit, or empty, and still have a cursor.
 */
int tq_store_list(struct tq_store *st, const struct tq_list *req,
    struct tq_arena *a, struct tq_page *page, struct tq_err *err);

struct tq_count {
	const char	*queue, *type;
	uint64_t	 by_status[TQ_STATUS_MAX];	/* FAILED: without drained */
	uint64_t	 drained;
	int64_t		 oldest_due;	/* wall clock, of the oldest due; 0: none */
};

/* tq_store_count(...): a row per queue and type; ${queue} NULL: of all. */
int tq_store_count(struct tq_store *st, const char *queue, struct tq_arena *a,
    struct tq_count **rows, size_t *n, struct tq_err *err);

/* -- wait ---------------------------------------------------------------- */

/*
 * tq_store_wait_ready(st, queue, bell, timeout_ms, err):
 * Sleep until the queue's bell is no longer ${bell} (a claim's; so nothing
 * that came after that claim is missed), tq_store_wake() was called, or the
 * time is up.  Returns 1 when there may be work, 0 when not.  Does not read
 * the database.  On aws: the long poll.
 */
int tq_store_wait_ready(struct tq_store *st, const char *queue, uint64_t bell,
    int64_t timeout_ms, struct tq_err *err);

/*
 * tq_store_wake(st): end a tq_store_wait_ready() of this handle, and let
 * tq_store_wait_changes() look soon; async-signal-safe.
 */
void tq_store_wake(struct tq_store *st);

/* tq_store_asked(st): does each look for a change cost requests? */
bool tq_store_asked(const struct tq_store *st);

/*
 * tq_store_wait_ids(st, refs, n, timeout_ms, a, out, err):
 * Wait until at least one record's rev differs from its ref's (rev 0: any
 * record that exists), or one is gone, or the time is up.  out[i] is then
 * the changed record in ${a} (no bodies), tq_is_gone() for one not there,
 * NULL for one that has not changed.  Returns how many changed, 0 on timeout
 * or after a signal (EINTR).  A store that has to be asked (aws) looks the
 * more seldom the longer nothing changes, over all calls with the same refs:
 * at worst 2 s late, but at once at a rev 0 and with a timeout of 0.
 */
static inline bool
tq_is_gone(const struct tq_task *t)
{
	return t->id == NULL;
}
int tq_store_wait_ids(struct tq_store *st, const struct tq_ref *refs, size_t n,
    int64_t timeout_ms, struct tq_arena *a, struct tq_task **out,
    struct tq_err *err);

/*
 * tq_store_wait_changes(st, queue, ended, cursor, timeout_ms, a, page, err):
 * The records of ${queue} (NULL: all) that changed since ${cursor}, each in
 * its present state, in the order of their last change, and where to go on.
 * ${ended}: those that have not ended may be left out, but count in page->seen.
 * A NULL cursor starts now with an empty page.  Empty after the timeout or a
 * signal.  On aws a change may be told 2 s late, unless the timeout is 0.  A
 * cursor unused for over 60 s fails with TQ_E_LOST: the caller lists anew.
 */
int tq_store_wait_changes(struct tq_store *st, const char *queue, bool ended,
    const char *cursor, int64_t timeout_ms, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err);

/* -- change -------------------------------------------------------------- */

/*
 * tq_store_cancel(st, ids, n, out, err):
 * Waiting: CANCELLED at once.  RUNNING: cancelRequested, answered TQ_OK with
 * status RUNNING; its worker learns by its next extend.  CANCELLED already:
 * TQ_OK.  COMPLETED or FAILED: TQ_E_STATE.
 */
int tq_store_cancel(struct tq_store *st, const char *const *ids, size_t n,
    struct tq_answer *out, struct tq_err *err);

/*
 * tq_store_redrive(st, refs, n, out, err):
 * FAILED and CANCELLED (drained too) -> PENDING, as tq_turn_redrive() has it.
 * Others TQ_E_STATE; another rev TQ_E_LOST.
 */
int tq_store_redrive(struct tq_store *st, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err);

/*
 * tq_store_purge(st, refs, n, out, err):
 * Remove finished records, bodies and blobs, for good.  TQ_E_STATE for one
 * that has not ended, and for one that an unended task was submitted after
 * (out->status tells them apart).  tq_store_purge_tree() takes the latter away
 * too; those that wait for its completion are cancelled.
 */
int tq_store_purge_tree(struct tq_store *st, const struct tq_ref *refs,
    size_t n, struct tq_answer *out, struct tq_err *err);
int tq_store_purge(struct tq_store *st, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err);

struct tq_edit {
	struct tq_ref	 ref;
	unsigned	 set;		/* TQ_SET_... */
	const struct tq_task *to;	/* the values that ${set} names */
};

/* tq_store_edit(...): change records in place, as tq_turn_edit() has it. */
int tq_store_edit(struct tq_store *st, const struct tq_edit *in, size_t n,
    struct tq_answer *out, struct tq_err *err);

/* -- control ------------------------------------------------------------- */

/* tq_store_control_get(...): the queue's record; a fresh one if none. */
int tq_store_control_get(struct tq_store *st, const char *queue,
    struct tq_arena *a, struct tq_control *out, struct tq_err *err);

/* tq_store_control_list(...): those of all queues that have one. */
int tq_store_control_list(struct tq_store *st, struct tq_arena *a,
    struct tq_control **out, size_t *n, struct tq_err *err);

/*
 * tq_store_control_set(st, c, err):
 * Write ${c} if the stored version is still c->ver; else fails with
 * TQ_E_LOST.  Wakes waiting workers.
 */
int tq_store_control_set(struct tq_store *st, const struct tq_control *c,
    struct tq_err *err);

/* A worker says that it is there; "tq-status --why" and the page read it. */
struct tq_presence {
	const char	*worker;
	const char	*queue;
	const char	*types;		/* separated by blanks */
	int		 slots, busy;
	int64_t		 started_at;
	int64_t		 seen_at;	/* out: when it last said so */
};

/* tq_store_present(st, p, gone, err): every 20 s, sooner when busy was 0 or is
   0 now for 2 s, and `gone' at the end. */
int tq_store_present(struct tq_store *st, const struct tq_presence *p,
    bool gone, struct tq_err *err);

/* tq_store_workers(...): those seen within the last minute. */
int tq_store_workers(struct tq_store *st, struct tq_arena *a,
    struct tq_presence **out, size_t *n, struct tq_err *err);

struct tq_swept {
	uint64_t	expired;	/* leases that ended as CANCELLED, FAILED */
	uint64_t	removed;	/* records past expiresAt */
	uint64_t	blobs;		/* blobs that no record names, 24 h old */
	uint64_t	told;		/* rounds of tasks that waited for an end */
	uint64_t	rung;		/* doorbells rung again (aws) */
	bool		skipped;	/* another process is sweeping */
	bool		more;		/* not all was looked at: once more */
};

/*
 * tq_store_sweep(st, sweeper, force, out, err):
 * One bounded round of house-keeping, by one process at a time, on aws by one
 * for each shard (a lease of 2 min, which its holder renews and ${force} ignores).  The next
 * round of this handle goes on where it stopped.
 */
int tq_store_sweep(struct tq_store *st, const char *sweeper, bool force,
    struct tq_swept *out, struct tq_err *err);

/* -- blobs --------------------------------------------------------------- */

/*
 * tq_store_blob_tmp(st, err): a descriptor (O_CLOEXEC) of an unnamed empty
 * file where tq_store_blob_put() can take it without copying, or -1.
 */
int tq_store_blob_tmp(struct tq_store *st, struct tq_err *err);

/*
 * tq_store_blob_put(st, name, fd, replace, err):
 * Store all bytes of the regular file ${fd} (stays the caller's) under
 * ${name} ("QUEUE/TASKID/..."), durable on return.  Blobs are write-once:
 * an existing name fails with TQ_E_TAKEN, unless ${replace} (logs only; then
 * not made durable).  Over a network the same bytes are no failure: it may be
 * one's own try whose answer was lost.
 */
int tq_store_blob_put(struct tq_store *st, const char *name, int fd,
    bool replace, struct tq_err *err);

/*
 * tq_store_blob_get(st, name, size, err): a descriptor to read the blob from
 * its start, which the caller closes, and its size; or -1 with TQ_E_NOTFOUND.
 * ${name} may have its "blob:" in front, here and below.
 */
int tq_store_blob_get(struct tq_store *st, const char *name, int64_t *size,
    struct tq_err *err);

/* tq_store_blob_del(st, name, err): a missing one is no failure. */
int tq_store_blob_del(struct tq_store *st, const char *name,
    struct tq_err *err);

/* tq_store_blob_url(...): an address others can read: file:// or presigned. */
int tq_store_blob_url(struct tq_store *st, const char *name, int64_t valid_ms,
    struct tq_buf *out, struct tq_err *err);

#endif

/*
 * lib/store/aws/aws.h -- the insides of the aws store.
 *
 *	url.c      the URL and the names that follow from it
 *	open.c     open, close, the table of verbs
 *	record.h   records and the table:
 *	record.c   an item <-> struct tq_task; docs/wire-format.md
 *	table.c    DynamoDB: get many, change many conditionally, query
 *	index.c    the index
 *	bodies.c   payloads and results too big for the record
 *	message.h  messages and what follows from them:
 *	queue.c    what is known of a queue; message.c: sent, hidden, deleted
 *	ring.c     doorbells for records; mark.c: what was received last
 *	gone.c		deleted, ten at a time
 *	held.c     the leases of this process
 *	dlq.c      the way of a dead task into the dead-letter queue and out
 *	foreign.c  what else is in there
 *	claim.h    door.c, due.c, behind.c: where claims come from
 *	adopt.c    messages of others become tasks
 *	submit.c receive.c claim.c limit.c finish.c change.c read.c list.c
 *	rhythm.c   when to look again, as nobody tells of changes
 *	wait.c follow.c control.c sweep.c chores.c tidy.c blob.c: the verbs
 *	setup.h    init, doctor, policies, failures in words
 *
 * The record is the truth, a message is a doorbell.  Every change of a record
 * is one write of the whole item on the condition that its rev is the one
 * that was read; what a write means is decided in C, by the same rules as on
 * sqlite.  `writeId' on the item tells our own write whose answer got lost
 * from another's.
 */
#ifndef TQ_STORE_AWS_H
#define TQ_STORE_AWS_H

#include <pthread.h>
#include <stdatomic.h>

#include "aws/call.h"
#include "aws/sqs.h"
#include "store/ops.h"
#include "util/limits.h"

struct tq_ddb_table;

#define AQ_INDEX	"by-status"
#define AQ_MARGIN_MS	5000	/* clocks of two hosts may differ so much */
#define AQ_RETENTION_S	1209600	/* 14 days: SQS's longest */
#define AQ_CALLS	32	/* sent at a time */
#define AQ_CHORES	10	/* of a sweep; chores.c */
#define AQ_BEHIND	64	/* tasks remembered behind limits */

/* -- url.c ------------------------------------------------------------------ */

struct aq_url {
	char		*prefix;
	char		*table;
	char		*bucket;	/* NULL: PREFIX-ACCOUNT-REGION */
	char		*text;		/* without queue addresses, for messages */
	struct tq_arena	 mem;
	struct aq_named {
		const char	*queue, *url;
		struct aq_named	*next;
	} *queues;
};

/* Parse "aws:PREFIX[?table=T&bucket=B&queue.NAME=URL]"; free in any case. */
int aq_url_parse(const char *url, struct aq_url *u, struct tq_err *err);
void aq_url_free(struct aq_url *u);

/* -- the handle --------------------------------------------------------------- */

/* A message that was received and not yet looked at. */
struct aq_msg {
	struct aq_msg	*next;
	char		*queue, *receipt, *id, *body;
	char		*group, *traceparent;	/* NULL: none */
	char		*type;		/* its task's: kept for those claims */
	struct tq_arena	 mem;		/* of its attributes */
	struct tq_sqs_attr *attrs;
	size_t		 nattrs;
	bool		 intact, kept;
	int64_t		 receives, sent_ms, received_at;
};

/* A lease of this process; see held.c. */
struct aq_held {
	char		*id;
	uint64_t	 claim;
	char		*receipt;	/* of its message; NULL: none */
	int64_t		 received_at;
	char		*item;		/* the record as we wrote it last */
	size_t		 item_n;
	char		*slot;		/* of a limit; NULL: none */
};

/* When which types were looked for in the index. */
struct aq_look {
	uint64_t	 types;		/* a hash */
	int64_t		 at;		/* boot */
};
#define AQ_LOOKS	2	/* a worker's claims are for two lists of types */

/* The long poll of one thread. */
struct aq_poller {
	struct aq_poller *next;
	struct tq_aws	*a;
	atomic_bool	 busy;
};

/* What this process knows of a queue. */
struct aq_queue {
	struct aq_queue	*next;
	char		*name;
	char		*url[2];	/* the queue's and its DLQ's; NULL: not asked */
	atomic_bool	 paused;	/* by the last claim */
	atomic_bool	 full;		/* all its types are at their limits */
	_Atomic int64_t	 watermark;	/* newest SentTimestamp received */
	int64_t		 marked, marked_ms;	/* the one written down; boot: when */
	struct aq_look	 looked[AQ_LOOKS];	/* for expired leases */
	struct aq_look	 held_up[AQ_LOOKS];	/* for what a limit holds up */
	struct aq_behind {
		char	*id, *type;
	} behind[AQ_BEHIND];		/* a limit: behind.c */
	size_t		 nbehind;
	_Atomic int64_t	 lease_ms;	/* of the last claim */
	char		*control;	/* its control item; NULL: not read */
	size_t		 control_n;	/* 0: there is none */
	int64_t		 control_ms;	/* boot: when it was read */
	char		*tidied;	/* the last blob that a sweep looked at */
	struct aq_spot {
		char	*pk;
		int64_t	 ring_at;
		bool	 round;		/* all was seen since the first round */
	} place[AQ_CHORES];		/* where each chore goes on */
	int64_t		 tidied_ms;	/* when a sweep had seen all blobs */
};

struct aq_seen;			/* follow.c */

/* Of looks that ask one question; see rhythm.c. */
struct aq_rhythm {
	int64_t		 min_ms;	/* the shortest rest between two */
	int64_t		 rest_ms;	/* from the last look to the next */
	int64_t		 next_at;	/* boot clock */
	unsigned	 wakes;		/* those that the last one knew of */
};

struct aq {
	struct tq_store	 base;
	struct tq_aws	*a;
	struct aq_url	 url;
	char		*bucket;
	pthread_mutex_t	 lock;		/* queues, stash, pollers' list */
	struct aq_queue	*queues;
	struct aq_msg	*stash;
	_Atomic(struct aq_poller *) pollers;
	atomic_uint	 wakes;
	struct aq_held	*held;
	size_t		 nheld, capheld;
	struct aq_note	*gone;		/* to be deleted; gone.c */
	size_t		 ngone;
	struct aq_seen	*seen;
	struct aq_rhythm follow;	/* of the looks behind `seen' */
	struct aq_rhythm waits;		/* of tq_store_wait_ids() ... */
	uint64_t	 waits_for;	/* ... for these records, hashed */
};

static inline struct aq *
aq_of(struct tq_store *st)
{
	return (struct aq *)st;
}

/* -- handle.c ----------------------------------------------------------------- */

typedef void aq_explain_fn(void *s, struct tq_aws_call *c);

/*
 * aq_new(url, env, attempts, explain, out, err):
 * A handle for the store at ${url}, which has not been asked anything yet.
 * ${attempts} of each call; 0: as configured.  ${explain} says what a failed
 * call means; see tq_aws_opts.  Fails with TQ_E_CONFIG.
 * aq_free(s): frees it and what is known of queues.
 */
int aq_new(const char *url, const struct tq_env *env, int attempts,
    aq_explain_fn *explain, struct aq **out, struct tq_err *err);
void aq_free(struct aq *s);

/* -- clock.c ------------------------------------------------------------------ */

/* aq_now(s): wall-clock milliseconds as the services see them. */
int64_t aq_now(const struct aq *s);

/*
 * aq_ahead(s): by how much that is more than this host's clock says, in which
 * callers' times (not_before, next_ms) are given.
 */
int64_t aq_ahead(const struct aq *s);

#include "store/aws/record.h"
#include "store/aws/message.h"

/* -- states.c ------------------------------------------------------------------ */

/*
 * aq_to_waiting(s, t, status, due): PENDING or RETRYING, due then by this
 * host's clock; 0: now.
 */
void aq_to_waiting(struct aq *s, struct tq_task *t, enum tq_status status,
    int64_t due);
/* aq_to_finished(s, t, status): finishedAt, expiresAt, ringAt. */
void aq_to_finished(struct aq *s, struct tq_task *t, enum tq_status status);
/* aq_running_ring_at(lease_ms, now): the index time of a running record. */
int64_t aq_running_ring_at(int64_t lease_ms, int64_t now);
/* aq_forget(t): what became of it before, but the log. */
void aq_forget(struct tq_task *t);

/* aq_end_expired(...): what becomes of ${r} under ${rule}; not written. */
void aq_end_expired(struct aq *s, struct aq_rec *r, enum tq_expired rule,
    const char *reason);

/* -- slots.c ------------------------------------------------------------------- */

/*
 * aq_slot_write(s, pk, t, until, old_until, err): take the slot for ${t} if it
 * is as free as it was seen to be.  1 taken, 0 somebody was quicker, -1.
 * aq_slot_extend(), aq_slot_free(): best effort; ${slot} NULL is a no-op.
 */
int aq_slot_write(struct aq *s, const char *pk, const struct tq_task *t,
    int64_t until, int64_t old_until, struct tq_err *err);
void aq_slot_extend(struct aq *s, const char *slot, const struct tq_task *t,
    int64_t until);
void aq_slot_free(struct aq *s, const char *slot, const char *id);

/* -- redrive.c ----------------------------------------------------------------- */

/*
 * aq_redrive_jobs(s, refs, n, jobs, out, a, err): redrive those of ${refs}
 * that can be, and ring for them.
 */
int aq_redrive_jobs(struct aq *s, const struct tq_ref *refs, size_t n,
    struct aq_job *jobs, struct tq_answer *out, struct tq_arena *a,
    struct tq_err *err);

/*
 * aq_redrive_back(s, ref): redrive the dead task whose message somebody moved
 * back from the DLQ, where there is thus nothing to be cleared.
 */
int aq_redrive_back(struct aq *s, const struct tq_ref *ref);

/* -- finish.c ------------------------------------------------------------------ */

/* aq_end_leases(...): as tq_store_finish() without a claim. */
int aq_end_leases(struct aq *s, const struct tq_finish *in, size_t n,
    struct tq_answer *out, struct tq_err *err);

/* -- claim.c ------------------------------------------------------------------- */

/* aq_claim(s, req, got, err): see store.h. */
int aq_claim(struct aq *s, const struct tq_claim *req,
    struct tq_claimed *got, struct tq_err *err);

/* -- chores.c -------------------------------------------------------------------------------- */

/*
 * aq_do_chores(s, queue, out, err): one bounded round, added to ${out}; more
 * until each chore has been all round since aq_chores_anew().
 */
int aq_do_chores(struct aq *s, const char *queue, struct tq_swept *out,
    struct tq_err *err);
void aq_chores_anew(struct aq *s);

/* -- rhythm.c -------------------------------------------------------------------------------- */

/*
 * aq_looked(s, r, quiet): a look was made, and told no change if ${quiet}.
 * aq_look_sooner(r): as if the last one had told a change.
 * aq_rest(s, r, end): sleep until the next one is due, or tq_store_wake()
 * was called since the last; false: ${end} (boot clock) or a signal came.
 * aq_nap(ms): sleep; -1 after a signal.
 */
void aq_looked(struct aq *s, struct aq_rhythm *r, bool quiet);
void aq_look_sooner(struct aq_rhythm *r);
bool aq_rest(struct aq *s, const struct aq_rhythm *r, int64_t end);
int aq_nap(int64_t ms);

/* -- blob.c ---------------------------------------------------------------------------------- */

int aq_bucket(struct aq *s, struct tq_s3_bucket *out, struct tq_err *err);
int aq_blob_write(struct aq *s, const char *name, struct tq_span bytes,
    struct tq_err *err);
int aq_blob_read(struct aq *s, const char *name, struct tq_arena *a,
    struct tq_span *out, struct tq_err *err);

/* aq_tidy_blobs(s, queue, count, err): tidy.c; bounded, goes on next time. */
int aq_tidy_blobs(struct aq *s, const char *queue, uint64_t *count,
    struct tq_err *err);

/* -- control.c ------------------------------------------------------------------------------- */

/*
 * aq_control_lately(s, queue, a, c, err): as tq_store_control_get(), as it was
 * within the last second: a claim on each idle slot must not cost a read.
 */
int aq_control_lately(struct aq *s, const char *queue, struct tq_arena *a,
    struct tq_control *c, struct tq_err *err);

/* -- the verbs, for the table in open.c --------------------------------------------------- */

void aq_seen_free(struct aq_seen *seen);
int aq_open(const char *, const struct tq_env *, enum tq_open,
    struct tq_store **, struct tq_err *);
void aq_close(struct tq_store *);
int aq_submit(struct tq_store *, const struct tq_submit *, size_t,
    struct tq_submitted *, struct tq_err *);
int aq_has_queue(struct tq_store *, const char *, struct tq_err *);
void aq_no_queue(const struct tq_store *, const char *, struct tq_err *);
int aq_extend(struct tq_store *, const struct tq_extend *, size_t,
    struct tq_extended *, struct tq_err *);
int aq_finish(struct tq_store *, const struct tq_finish *, size_t,
    struct tq_answer *, const struct tq_claim *, struct tq_claimed *,
    struct tq_err *);
int aq_get(struct tq_store *, const char *const *, size_t, unsigned,
    struct tq_arena *, struct tq_task **, struct tq_err *);
int aq_list(struct tq_store *, const struct tq_list *, struct tq_arena *,
    struct tq_page *, struct tq_err *);
int aq_count(struct tq_store *, const char *, struct tq_arena *,
    struct tq_count **, size_t *, struct tq_err *);
int aq_wait_ready(struct tq_store *, const char *, uint64_t, int64_t,
    struct tq_err *);
void aq_wake(struct tq_store *);
int aq_wait_ids(struct tq_store *, const struct tq_ref *, size_t, int64_t,
    struct tq_arena *, struct tq_task **, struct tq_err *);
int aq_wait_changes(struct tq_store *, const char *, const char *, int64_t,
    struct tq_arena *, struct tq_page *, struct tq_err *);
int aq_cancel(struct tq_store *, const char *const *, size_t,
    struct tq_answer *, struct tq_err *);
int aq_redrive(struct tq_store *, const struct tq_ref *, size_t,
    struct tq_answer *, struct tq_err *);
int aq_purge(struct tq_store *, const struct tq_ref *, size_t,
    struct tq_answer *, struct tq_err *);
int aq_edit(struct tq_store *, const struct tq_edit *, size_t,
    struct tq_answer *, struct tq_err *);
int aq_foreign(struct tq_store *, const char *, size_t, struct tq_arena *,
    struct tq_foreign **, size_t *, bool *, struct tq_err *);
int aq_control_get(struct tq_store *, const char *, struct tq_arena *,
    struct tq_control *, struct tq_err *);
int aq_control_list(struct tq_store *, struct tq_arena *,
    struct tq_control **, size_t *, struct tq_err *);
int aq_control_set(struct tq_store *, const struct tq_control *,
    struct tq_err *);
int aq_present(struct tq_store *, const struct tq_presence *, bool,
    struct tq_err *);
int aq_workers(struct tq_store *, struct tq_arena *, struct tq_presence **,
    size_t *, struct tq_err *);
int aq_sweep(struct tq_store *, const char *, bool, struct tq_swept *,
    struct tq_err *);
int aq_blob_tmp(struct tq_store *, struct tq_err *);
int aq_blob_put(struct tq_store *, const char *, int, bool, struct tq_err *);
int aq_blob_get(struct tq_store *, const char *, int64_t *, struct tq_err *);
int aq_blob_del(struct tq_store *, const char *, struct tq_err *);
int aq_blob_url(struct tq_store *, const char *, int64_t, struct tq_buf *,
    struct tq_err *);

#endif

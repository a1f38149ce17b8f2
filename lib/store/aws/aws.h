/*
 * lib/store/aws/aws.h -- the insides of the aws store.
 *
 *	url.c      the URL and the names that follow from it
 *	open.c     open, close, the table of verbs
 *	record.c   an item <-> struct tq_task; docs/wire-format.md
 *	table.c    DynamoDB: get many, change many conditionally, query
 *	bodies.c   payloads and results too big for the record
 *	queue.c    SQS: queue URLs, rings, what became of messages
 *	dlq.c      the way of a dead task into the dead-letter queue and out
 *	index.c    the index; door.c: where claims come from
 *	submit.c receive.c claim.c limit.c finish.c change.c read.c list.c
 *	wait.c follow.c control.c sweep.c tidy.c blob.c init.c: the verbs
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

struct tq_ddb_page;
struct tq_ddb_table;

#define AQ_INDEX	"by-status"
#define AQ_MARGIN_MS	5000	/* clocks of two hosts may differ so much */
#define AQ_RETENTION_S	1209600	/* 14 days: SQS's longest */
#define AQ_CALLS	32	/* sent at a time */

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
	bool		 intact, kept;
	int64_t		 receives, sent_ms, received_at;
};

/* A lease of this process and the message behind it. */
struct aq_held {
	char		*id, *queue, *receipt;
	uint64_t	 claim;
	int64_t		 received_at;
};

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
	int		 empties;	/* receives in a row that gave nothing */
	int64_t		 watermark;	/* newest SentTimestamp received */
	int64_t		 looked_ms;	/* boot: last look for expired leases */
	uint64_t	 looked_for;	/* ... of which types */
	_Atomic int64_t	 lease_ms;	/* of the last claim */
	char		*tidied;	/* the last blob that a sweep looked at */
};

struct aq_seen;			/* follow.c */

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
	struct aq_seen	*seen;
};

static inline struct aq *
aq_of(struct tq_store *st)
{
	return (struct aq *)st;
}

/* aq_now(s): wall-clock milliseconds as the services see them. */
int64_t aq_now(const struct aq *s);

/* -- record.c ------------------------------------------------------------------ */

/* A record with what struct tq_task does not say. */
struct aq_rec {
	struct tq_task	 t;
	const char	*payload_at;	/* "b#..." or "blob:..."; NULL: inline */
	const char	*result_at;
	const char	*slot;		/* of a limit */
	const char	*write_id;
	bool		 alone, prefetched;
	int		 v;
	struct tq_span	 item;		/* as it was read */
};

/* aq_rec_read(item, a, r): false when it is no task's item. */
bool aq_rec_read(struct tq_span item, struct tq_arena *a, struct aq_rec *r);

/* aq_rec_write(r, b): append the item, unknown attributes of r->item too. */
void aq_rec_write(const struct aq_rec *r, struct tq_buf *b);

/* aq_due(t): since when, or when, it may run. */
int64_t aq_due(const struct tq_task *t);

/* aq_expired(t, now): past its expiresAt? */
bool aq_expired(const struct tq_task *t, int64_t now);

/* -- table.c -------------------------------------------------------------------- */

/* One record to be changed; see aq_change(). */
struct aq_job {
	const char	*id;
	struct aq_rec	 rec;		/* as read, then as written */
	bool		 found;		/* there, and not expired */
	bool		 known;		/* rec is fresh: don't read first */
	bool		 done;
	bool		 wrote;
	/* its own */
	bool		 there;		/* an item is, expired or not */
	bool		 deleting;
	uint64_t	 old_rev;
	char		 write_id[17];
};

enum aq_do { AQ_NOTHING, AQ_WRITE, AQ_DELETE };

/*
 * Decide about jobs[i]: change job->rec (found or not) and return AQ_WRITE,
 * or AQ_DELETE, or AQ_NOTHING.  Called again when somebody else was quicker.
 */
typedef enum aq_do aq_change_fn(struct aq *s, struct aq_job *jobs, size_t i,
    void *arg);

/*
 * aq_change(s, jobs, n, fn, arg, a, err):
 * Read what is not known, ask ${fn}, write conditionally, until all are done.
 * rev and writeId are set here.  -1: at least one could not be asked; those
 * that are done say so.
 */
int aq_change(struct aq *s, struct aq_job *jobs, size_t n, aq_change_fn *fn,
    void *arg, struct tq_arena *a, struct tq_err *err);

/* aq_fetch(s, jobs, n, a, err): read those neither known nor done. */
int aq_fetch(struct aq *s, struct aq_job *jobs, size_t n, struct tq_arena *a,
    struct tq_err *err);

/*
 * aq_items(s, pks, n, a, out, err): consistent reads; out[i] is an item or
 * none.  Keys may repeat.
 */
int aq_items(struct aq *s, const char *const *pks, size_t n,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err);

/*
 * aq_put(s, item, condition, values, err): a conditional PutItem; names "#r"
 * and "#u" stand for rev and until.  1 written, 0 the condition failed, -1.
 * ${condition} NULL: none.
 */
int aq_put(struct aq *s, struct tq_span item, const char *condition,
    const char *const *names, struct tq_span values, struct tq_err *err);

/* aq_delete(s, pk, err): unconditionally. */
int aq_delete(struct aq *s, const char *pk, struct tq_err *err);

/* A position in the index: behind this entry; pk NULL: at the start. */
struct aq_at {
	const char	*pk;
	int64_t		 ring_at;
};

struct aq_query {
	const char	*gsi;
	struct aq_at	 after;
	int64_t		 until;		/* ringAt at most this; 0: any */
	int64_t		 since;		/* ... at least this */
	int64_t		 limit;		/* 0: a page */
	bool		 backward;
};

/* What the index has of an item. */
struct aq_entry {
	const char	*pk, *id;	/* id: of tasks */
	int64_t		 ring_at;
	const char	*type;
	bool		 drained, owed;
	int64_t		 due, expires_at;
	struct tq_span	 item;
};

/* aq_query(s, q, a, out, n, more, err): one page, appended to no list. */
int aq_query(struct aq *s, const struct aq_query *q, struct tq_arena *a,
    struct aq_entry **out, size_t *n, bool *more, struct tq_err *err);

/* aq_gsi(queue, status, a): "QUEUE#STATUS#0". */
const char *aq_gsi(const char *queue, enum tq_status status,
    struct tq_arena *a);

/* aq_queues(s, a, names, n, err): all queues of the store, sorted. */
int aq_queues(struct aq *s, struct tq_arena *a, const char ***names,
    size_t *n, struct tq_err *err);

/* The table as init makes it. */
struct tq_ddb_table aq_table(const struct aq *s);

/* -- bodies.c --------------------------------------------------------------------- */

/*
 * aq_body_store(s, t, tag, which, bytes, a, at, err): put bytes that are too
 * big for the record where they belong; ${at} says where (NULL: inline).
 */
int aq_body_store(struct aq *s, const char *queue, const char *id,
    const char *tag, const char *which, struct tq_span bytes,
    struct tq_arena *a, const char **at, struct tq_err *err);
int aq_body_load(struct aq *s, const char *id, const char *at,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err);
/* Best effort: what stays is an orphan for the sweep. */
void aq_body_drop(struct aq *s, const char *at);
/* aq_rec_load(s, r, with, a, err): fill t.payload and t.result. */
int aq_rec_load(struct aq *s, struct aq_rec *r, unsigned with,
    struct tq_arena *a, struct tq_err *err);
/* aq_rec_drop(s, r): bodies and blobs of a record that is gone. */
void aq_rec_drop(struct aq *s, const struct aq_rec *r);

/* -- queue.c ------------------------------------------------------------------------ */

/* aq_queue(s, name): what is known of it; never NULL. */
struct aq_queue *aq_queue(struct aq *s, const char *name);

/*
 * aq_queue_url(s, a, name, dlq, url, err): its address; fails with
 * TQ_E_CONFIG, naming the remedy, when there is no such queue.
 */
int aq_queue_url(struct aq *s, struct tq_aws *a, const char *name, bool dlq,
    const char **url, struct tq_err *err);

/* A message to send: dead is the token of a dead task's, else 0. */
struct aq_ring {
	const struct tq_task *t;
	uint64_t	 dead;
	int64_t		 delay_ms;	/* at most 15 min */
	bool		 sent;		/* out */
	char		 id[104];	/* out: MessageId */
};
#define AQ_DELAY_MAX_MS	(INT64_C(1000) * TQ_SQS_DELAY_MAX)

/* aq_send(s, queue, dlq, rings, n): what fails is not sent, no error. */
void aq_send(struct aq *s, const char *queue, bool dlq,
    struct aq_ring *rings, size_t n);

/* aq_unsend(s, queue, dlq, receipt): delete a message; best effort. */
void aq_unsend(struct aq *s, const char *queue, bool dlq,
    const char *receipt);
/* aq_unsend_all(...): many, ten at a time; ${receipts} may hold NULLs. */
void aq_unsend_all(struct aq *s, const char *queue,
    const char *const *receipts, size_t n);
/* aq_hide(s, queue, dlq, receipt, ms): best effort. */
bool aq_hide(struct aq *s, const char *queue, bool dlq, const char *receipt,
    int64_t ms);

/* aq_hold / aq_held / aq_let_go: leases of this process. */
void aq_hold(struct aq *s, const char *id, uint64_t claim, const char *queue,
    const char *receipt, int64_t received_at);
struct aq_held *aq_held(struct aq *s, const char *id, uint64_t claim);
void aq_let_go(struct aq *s, struct aq_held *h);

/* -- receive.c ------------------------------------------------------------------------ */

/* Receive up to ${n} messages, of the stash first; free with aq_msg_free(). */
int aq_receive(struct aq *s, const char *queue, size_t n, int64_t lease_ms,
    struct aq_msg **out, size_t *got, struct tq_err *err);
/* One long poll into the stash; how many came, or -1. */
int aq_poll(struct aq *s, struct tq_aws *a, const char *queue,
    int64_t timeout_ms, struct tq_err *err);
void aq_msg_free(struct aq_msg *m);

/* -- dlq.c ------------------------------------------------------------------------------ */

/*
 * aq_bury(s, t, receipt): finish the way of a FAILED task with dlqOwed: send
 * to the DLQ, delete the source, clear the flag.  What fails is left to the
 * sweep.
 */
void aq_bury(struct aq *s, const struct tq_task *t, const char *receipt);
/* A message that is not ours goes to the DLQ with the reason. */
void aq_bury_foreign(struct aq *s, const char *queue,
    const struct aq_msg *m, const char *reason);
/* One bounded pass over the DLQ: messages of no dead task are removed. */
void aq_dlq_tidy(struct aq *s, const char *queue);

/* -- claim.c, limit.c ---------------------------------------------------------------------- */

/* aq_claim(s, req, got, err): see store.h. */
int aq_claim(struct aq *s, const struct tq_claim *req,
    struct tq_claimed *got, struct tq_err *err);

/* aq_end_expired(...): what becomes of ${r} under ${rule}; not written. */
void aq_end_expired(struct aq *s, struct aq_rec *r, enum tq_expired rule,
    const char *reason);

/* A limit's slots: 1 taken, 0 none is free, -1.  See limit.c. */
int aq_slot_take(struct aq *s, const struct tq_task *t, int max,
    int64_t until, struct tq_arena *a, const char **slot,
    struct tq_err *err);
void aq_slot_extend(struct aq *s, const char *slot, const struct tq_task *t,
    int64_t until);
void aq_slot_free(struct aq *s, const char *slot);
int aq_limit_of(const struct tq_claim *req, const struct tq_control *c,
    const char *type);

/* The queue's rate: up to ${n} starts, less what is given back. */
int aq_rate_take(struct aq *s, const struct tq_control *c, size_t *n,
    int64_t *next_ms, struct tq_err *err);
void aq_rate_back(struct aq *s, const struct tq_control *c, size_t n);

/* aq_to_waiting(s, t, status, due): PENDING or RETRYING, due then. */
void aq_to_waiting(struct aq *s, struct tq_task *t, enum tq_status status,
    int64_t due);
/* aq_to_finished(s, t, status): finishedAt, expiresAt, ringAt. */
void aq_to_finished(struct aq *s, struct tq_task *t, enum tq_status status);
/* aq_running_ring_at(lease_ms, now): the index time of a running record. */
int64_t aq_running_ring_at(int64_t lease_ms, int64_t now);
/* aq_forget(t): what became of it before, but the log. */
void aq_forget(struct tq_task *t);

/* -- blob.c ---------------------------------------------------------------------------------- */

int aq_bucket(struct aq *s, struct tq_s3_bucket *out, struct tq_err *err);
int aq_blob_write(struct aq *s, const char *name, struct tq_span bytes,
    struct tq_err *err);
int aq_blob_read(struct aq *s, const char *name, struct tq_arena *a,
    struct tq_span *out, struct tq_err *err);

/* aq_tidy_blobs(s, queue, count, err): tidy.c; bounded, goes on next time. */
int aq_tidy_blobs(struct aq *s, const char *queue, uint64_t *count,
    struct tq_err *err);

/* -- the verbs, for the table in open.c --------------------------------------------------- */

void aq_seen_free(struct aq_seen *seen);
int aq_open(const char *, const struct tq_env *, enum tq_open,
    struct tq_store **, struct tq_err *);
int aq_handle(const char *, const struct tq_env *, struct aq **,
    struct tq_err *);
void aq_close(struct tq_store *);
int aq_submit(struct tq_store *, const struct tq_submit *, size_t,
    struct tq_submitted *, struct tq_err *);
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
int aq_init(const char *, const struct tq_env *, const struct tq_init *,
    tq_finding_fn *, void *, struct tq_err *);
int aq_doctor(const char *, const struct tq_env *, tq_finding_fn *, void *,
    enum tq_level *, struct tq_err *);

#endif

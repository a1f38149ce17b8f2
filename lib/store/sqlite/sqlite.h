/*
 * lib/store/sqlite/sqlite.h -- the insides of the sqlite store.
 *
 *	url.c      the URL, the files beside the database
 *	step.c     prepared statements, SQLite's errors as ours
 *	open.c     open and close
 *	schema.c   tables and migrations
 *	txn.c      a write: turn-taking, version check, tallies, bells
 *	wake.c     the mapped file of futex words
 *	lane.c     (queue, type) <-> small integer
 *	row.c      a row <-> struct tq_task; bodies.c: where big bytes live
 *	submit.c claim.c finish.c read.c list.c wait.c change.c control.c
 *	sweep.c blob.c init.c: the verbs; tidy.c: blobs that nobody names
 *
 * How it is fast and fair: DESIGN.md, "The sqlite store".
 */
#ifndef TQ_SQLITE_H
#define TQ_SQLITE_H

#include <sqlite3.h>

#include "store/ops.h"
#include "util/limits.h"
#include "util/sys.h"

/* -- url.c ------------------------------------------------------------------ */

struct sq_url {
	char		*path;		/* of the database; malloced */
	bool		 sync_normal;
	unsigned	 mode;		/* of new files: 0600 */
};

/* Parse "sqlite:PATH[?opts]"; "~/" is $HOME.  Free with sq_url_free(). */
int sq_url_parse(const char *url, const struct tq_env *env, struct sq_url *u,
    struct tq_err *err);
void sq_url_free(struct sq_url *u);

/* -- wake.c ----------------------------------------------------------------- */

#define SQ_BELLS	256

/*
 * Shared by all processes that use the database: "PATH.wake", mapped.  Words
 * only ever grow (and wrap); nothing in here is needed to be right, only to
 * be quick: a lost file costs a waiter at most a second.
 */
struct sq_wake {
	uint32_t	changes;	/* +1 with every commit */
	uint32_t	pad;
	int64_t		followers_until; /* boot ms: somebody follows changes */
	uint32_t	bell[SQ_BELLS];	/* by queue: +1 when work may be ready */
};

/* sq_bell_index(queue): which bell is this queue's. */
unsigned sq_bell_index(const char *queue);
int sq_wake_open(const struct tq_sys *sys, const char *path, unsigned mode,
    bool writable, struct sq_wake **out, struct tq_err *err);
void sq_wake_close(const struct tq_sys *sys, struct sq_wake *w);
/* Ring: increment (before COMMIT, under the write lock), then sys->wake(). */
void sq_word_bump(uint32_t *word);
/* Sleep until *word != seen, at most ms; 1 when it differs, 0 on timeout or a
   signal. */
int sq_word_wait(const struct tq_sys *sys, const uint32_t *word,
    uint32_t seen, int64_t ms);

/* -- statements -------------------------------------------------------------- */

/* Every SQL text of the hot path, prepared once per handle: stmts.c. */
enum sq_stmt {
	SQ_BEGIN, SQ_COMMIT, SQ_ROLLBACK, SQ_META, SQ_META_SEQ, SQ_META_BOOT,
	SQ_LEASES_VOID,
	SQ_LANE_FIND, SQ_LANE_ADD, SQ_LANE_ALL, SQ_TALLY_ADD,
	SQ_INSERT, SQ_BY_ID, SQ_BY_RID, SQ_HEAD_BY_ID,
	SQ_READY, SQ_READY_TOP, SQ_EXPIRED, SQ_LEASED_N, SQ_NEXT_LEASE,
	SQ_CLAIM, SQ_EXTEND, SQ_COMPLETE, SQ_END, SQ_STATE, SQ_DELETE,
	SQ_EDIT, SQ_MARK, SQ_FLAG, SQ_REPLACE,
	SQ_BODY_PUT, SQ_BODY_GET, SQ_BODY_DEL,
	SQ_SPAN_READY, SQ_SPAN_READY_DOWN, SQ_SPAN_LEASE, SQ_SPAN_LEASE_DOWN,
	SQ_SPAN_DONE, SQ_SPAN_DONE_DOWN, SQ_TALLY_ALL, SQ_CHANGED,
	SQ_CONTROL_GET, SQ_CONTROL_ALL, SQ_CONTROL_SET, SQ_CONTROL_ADD,
	SQ_CONTROL_SWEEPER,
	SQ_BUCKET_GET, SQ_BUCKET_SET,
	SQ_WORKER_PUT, SQ_WORKER_DEL, SQ_WORKER_ALL, SQ_WORKER_OLD,
	SQ_OLD_DONE, SQ_OLD_WAITING, SQ_ALL_EXPIRED,
	SQ_STMT_MAX
};
extern const char *const sq_stmt_sql[SQ_STMT_MAX];

/* -- the handle --------------------------------------------------------------- */

struct sq_lane {
	int64_t		 lane;
	char		*queue, *type;
};

/* What a transaction changed, applied or rung when it commits. */
#define SQ_STATUS_DRAINED	7	/* in tallies: FAILED and drained */
struct sq_delta {
	int64_t		 lane;
	int		 status;
	int64_t		 n;
};

struct sq {
	struct tq_store	 base;
	const struct tq_sys *sys;
	struct sq_url	 url;
	sqlite3		*db;
	int		 frames;	/* in the WAL after the last commit */
	bool		 writable;
	int		 lock_fd;	/* PATH.lock; -1 when read only */
	struct sq_wake	*wake;		/* NULL: could not be mapped */
	bool		 wake_rw;	/* ... and may be written */
	char		*blob_dir;	/* PATH.blobs */
	sqlite3_stmt	*stmt[SQ_STMT_MAX];
	struct sq_lane	*lanes;
	size_t		 nlanes;
	/* within a write transaction */
	bool		 in_txn;
	int64_t		 wall, boot;	/* "now" of this verb, ms */
	bool		 followed;	/* give changed rows a seq */
	int64_t		 seq;
	struct sq_delta	*delta;
	size_t		 ndelta, capdelta;
	uint8_t		 rung[SQ_BELLS];
	bool		 ring_any;
	uint64_t	 rnd[32];	/* random numbers not yet used */
	size_t		 nrnd;
	struct tq_buf	 text[2];	/* for sq_bind_asked() and its like */
	/* blobs to remove once the transaction is durable */
	struct tq_arena	 trash_arena;
	const char	**trash;
	size_t		 ntrash, captrash;
};

static inline struct sq *
sq_of(struct tq_store *st)
{
	return (struct sq *)st;
}

/* -- step.c ------------------------------------------------------------------- */

/* sq_fail(s, err, what): SQLite's last error as ours; returns -1. */
int sq_fail(struct sq *s, struct tq_err *err, const char *what);

/* sq_stmt(s, which, err): the prepared statement, reset and unbound. */
sqlite3_stmt *sq_stmt(struct sq *s, enum sq_stmt which, struct tq_err *err);

/*
 * sq_step(s, q, err):
 * The next row of ${q}: 1 when there is one, 0 after the last, -1 when it
 * can't be read (I/O error, damaged page, no memory).  But for a row, ${q} has
 * been reset.  Nothing else calls sqlite3_step(): an answer that is neither
 * row nor end must not pass for an empty table.
 */
int sq_step(struct sq *s, sqlite3_stmt *q, struct tq_err *err);

/*
 * sq_step_one(s, q, err): the row that ${q} must have: 0, or -1; a store
 * without it is damaged (TQ_E_CORRUPT).
 */
int sq_step_one(struct sq *s, sqlite3_stmt *q, struct tq_err *err);

/* sq_run(s, q, err): step to the end, reset; rows are passed over. */
int sq_run(struct sq *s, sqlite3_stmt *q, struct tq_err *err);

/* -- schema.c ------------------------------------------------------------------ */

#define SQ_SCHEMA	1	/* what this code writes */

/* Create the tables in a fresh database; within no transaction. */
int sq_schema_create(struct sq *s, struct tq_err *err);

/* -- txn.c ---------------------------------------------------------------------- */

/* sq_now(s): take "now" for a verb that only reads. */
void sq_now(struct sq *s);

/*
 * sq_txn_begin(s, err): wait for our turn (flock), BEGIN IMMEDIATE, check
 * min_writer, void the leases of another boot, take "now".
 */
int sq_txn_begin(struct sq *s, struct tq_err *err);
/* sq_txn_commit(s, err): write tallies, ring, commit, remove trash. */
int sq_txn_commit(struct sq *s, struct tq_err *err);
/* sq_txn_abort(s): roll back; harmless outside a transaction. */
void sq_txn_abort(struct sq *s);

/* sq_move(s, lane, from, to): one task's status changed; -1: none. */
int sq_move(struct sq *s, int64_t lane, int from, int to, struct tq_err *err);
/* sq_ring(s, queue): its work may be ready. */
void sq_ring(struct sq *s, const char *queue);
/* sq_bind_seq(s, q, i): the next change number, or NULL when nobody follows. */
void sq_bind_seq(struct sq *s, sqlite3_stmt *q, int i);
/* sq_trash(s, name): remove this blob after the commit. */
void sq_trash(struct sq *s, const char *name);

/* -- lane.c ----------------------------------------------------------------------- */

/* sq_lane_get(s, lane): its names; loads what another process added. */
const struct sq_lane *sq_lane_get(struct sq *s, int64_t lane,
    struct tq_err *err);
/* sq_lane_find(s, queue, type, add, lane, err): 1 found, 0 none, -1. */
int sq_lane_find(struct sq *s, const char *queue, const char *type, bool add,
    int64_t *lane, struct tq_err *err);
/* sq_lanes_load(s, err): all lanes into s->lanes. */
int sq_lanes_load(struct sq *s, struct tq_err *err);
void sq_lanes_free(struct sq *s);

/* -- row.c ------------------------------------------------------------------------- */

/* flags column */
#define SQ_ALONE	(1 << 0)	/* claimed by take-over */
#define SQ_PREFETCHED	(1 << 1)
#define SQ_CANCEL	(1 << 2)
#define SQ_DRAINED	(1 << 3)
#define SQ_PKIND(k)	((int)(k) << 4)
#define SQ_RKIND(k)	((int)(k) << 6)
#define SQ_PPLACE(p)	((int)(p) << 8)
#define SQ_RPLACE(p)	((int)(p) << 10)
#define SQ_GET_PKIND(f)	((enum tq_kind)((f) >> 4 & 3))
#define SQ_GET_RKIND(f)	((enum tq_kind)((f) >> 6 & 3))
#define SQ_GET_PPLACE(f) ((enum sq_place)((f) >> 8 & 3))
#define SQ_GET_RPLACE(f) ((enum sq_place)((f) >> 10 & 3))
#define SQ_RESULT_MASK	(SQ_RKIND(3) | SQ_RPLACE(3))
#define SQ_CRASHES(n)	((int)(n) << 12)
#define SQ_CRASHES_MASK	SQ_CRASHES(7)
#define SQ_GET_CRASHES(f) ((f) >> 12 & 7)

/* Where a payload or result is. */
enum sq_place { SQ_INLINE, SQ_BODY, SQ_BLOB };
#define SQ_PAYLOAD	0
#define SQ_RESULT	1

/* A row with what struct tq_task does not say. */
struct sq_row {
	struct tq_task	t;
	int64_t		rid, lane;
	int64_t		at;		/* due, lease end (boot ms), finish */
	int		flags;
	const char	*blob[2];	/* SQ_PAYLOAD, SQ_RESULT: their names
					   when they are in blobs */
};

/* The columns sq_row_read() expects, for SELECTs. */
#define SQ_COLS								\
	"rid,id,lane,status,at,prio,token,claim,rev,attempts,flags,"	\
	"created,updated,started,worker,expires,submit_id,asked,became,"	\
	"payload,result"

/* sq_row_read(s, q, a, row, err): the row q stands on; strings in ${a}. */
int sq_row_read(struct sq *s, sqlite3_stmt *q, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err);

/* sq_row_by_id(s, id, a, row, err): 1, 0 when absent (or expired), -1. */
int sq_row_by_id(struct sq *s, const char *id, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err);

/* sq_bind_id(q, i, id): 16 bytes for a UUID, else text. */
void sq_bind_id(sqlite3_stmt *q, int i, const char *id);

/*
 * The two JSON columns: what a submitter asked for beyond the common, what
 * became of the task beyond its status.  Bound as NULL when there is nothing;
 * the text is made in ${b}, which must live until the statement has run.
 */
void sq_bind_asked(sqlite3_stmt *q, int i, const struct tq_task *t,
    struct tq_buf *b);
void sq_bind_became(sqlite3_stmt *q, int i, const struct tq_task *t,
    struct tq_buf *b);
void sq_read_asked(const char *text, struct tq_arena *a, struct tq_task *t);
void sq_read_became(const char *text, struct tq_arena *a, struct tq_task *t);

/* sq_expired(s, row): past its expiresAt? */
bool sq_expired(const struct sq *s, const struct sq_row *row);

/* sq_tally_status(status, flags): the status that tallies count it under. */
int sq_tally_status(int status, int flags);

/* -- bodies.c ---------------------------------------------------------------------- */

/*
 * Place bytes that are too big for the row.  sq_body_place() decides and, for
 * SQ_BLOB, has written the blob ${name} when it returns (before the
 * transaction: it syncs); the row's column then holds the name.
 * sq_body_store() puts a SQ_BODY row inside the transaction; sq_body_load()
 * reads either back.
 */
int sq_body_place(struct sq *s, struct tq_span bytes, const char *name,
    enum sq_place *place, struct tq_err *err);
/*
 * sq_bind_body(q, i, place, bytes, name, b): the column's value: the bytes,
 * their number (SQ_BODY), or "NUMBER NAME" (SQ_BLOB), made in ${b}.
 */
void sq_bind_body(sqlite3_stmt *q, int i, enum sq_place place,
    struct tq_span bytes, const char *name, struct tq_buf *b);
int sq_body_store(struct sq *s, int64_t rid, int which, struct tq_span bytes,
    struct tq_err *err);
int sq_body_load(struct sq *s, const struct sq_row *row, int which,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err);
/* sq_blob_write(s, name, bytes, err): put a blob from memory. */
int sq_blob_write(struct sq *s, const char *name, struct tq_span bytes,
    struct tq_err *err);
/* sq_bodies_drop(s, row, err): remove bodies and blobs of a record. */
int sq_bodies_drop(struct sq *s, const struct sq_row *row,
    struct tq_err *err);

/* -- claim.c ------------------------------------------------------------------------ */

/* sq_claim_in_txn(s, req, got, err): the claim, inside a transaction. */
int sq_claim_in_txn(struct sq *s, const struct tq_claim *req,
    struct tq_claimed *got, struct tq_err *err);

/* sq_end_expired(s, row, rule, reason, err): FAILED or CANCELLED in txn. */
int sq_end_expired(struct sq *s, const struct sq_row *row,
    enum tq_expired rule, const char *reason, struct tq_err *err);

/* -- tidy.c ------------------------------------------------------------------------- */

/*
 * sq_tidy_blobs(s, count, err):
 * Remove blobs of a day ago that no record names, as many as a sweep may look
 * at; adds to *${count}.  Takes no transaction: a blob is named within the
 * day, or never.
 */
int sq_tidy_blobs(struct sq *s, uint64_t *count, struct tq_err *err);

/* -- change.c ----------------------------------------------------------------------- */

/* sq_remove(s, row, err): delete a record with all it has, in txn. */
int sq_remove(struct sq *s, const struct sq_row *row, struct tq_err *err);

/* -- the verbs, for the table in open.c ----------------------------------------------- */

int sq_open(const char *, const struct tq_env *, enum tq_open,
    struct tq_store **, struct tq_err *);
void sq_close(struct tq_store *);
int sq_submit(struct tq_store *, const struct tq_submit *, size_t,
    struct tq_submitted *, struct tq_err *);
int sq_extend(struct tq_store *, const struct tq_extend *, size_t,
    struct tq_extended *, struct tq_err *);
int sq_finish(struct tq_store *, const struct tq_finish *, size_t,
    struct tq_answer *, const struct tq_claim *, struct tq_claimed *,
    struct tq_err *);
int sq_get(struct tq_store *, const char *const *, size_t, unsigned,
    struct tq_arena *, struct tq_task **, struct tq_err *);
int sq_list(struct tq_store *, const struct tq_list *, struct tq_arena *,
    struct tq_page *, struct tq_err *);
int sq_count(struct tq_store *, const char *, struct tq_arena *,
    struct tq_count **, size_t *, struct tq_err *);
int sq_wait_ready(struct tq_store *, const char *, uint64_t, int64_t,
    struct tq_err *);
void sq_store_wake(struct tq_store *);
int sq_wait_ids(struct tq_store *, const struct tq_ref *, size_t, int64_t,
    struct tq_arena *, struct tq_task **, struct tq_err *);
int sq_wait_changes(struct tq_store *, const char *, const char *, int64_t,
    struct tq_arena *, struct tq_page *, struct tq_err *);
int sq_cancel(struct tq_store *, const char *const *, size_t,
    struct tq_answer *, struct tq_err *);
int sq_redrive(struct tq_store *, const struct tq_ref *, size_t,
    struct tq_answer *, struct tq_err *);
int sq_purge(struct tq_store *, const struct tq_ref *, size_t,
    struct tq_answer *, struct tq_err *);
int sq_edit(struct tq_store *, const struct tq_edit *, size_t,
    struct tq_answer *, struct tq_err *);
int sq_control_get(struct tq_store *, const char *, struct tq_arena *,
    struct tq_control *, struct tq_err *);
int sq_control_list(struct tq_store *, struct tq_arena *,
    struct tq_control **, size_t *, struct tq_err *);
int sq_control_set(struct tq_store *, const struct tq_control *,
    struct tq_err *);
int sq_present(struct tq_store *, const struct tq_presence *, bool,
    struct tq_err *);
int sq_workers(struct tq_store *, struct tq_arena *, struct tq_presence **,
    size_t *, struct tq_err *);
int sq_sweep(struct tq_store *, const char *, bool, struct tq_swept *,
    struct tq_err *);
int sq_blob_tmp(struct tq_store *, struct tq_err *);
int sq_blob_put(struct tq_store *, const char *, int, bool, struct tq_err *);
int sq_blob_get(struct tq_store *, const char *, int64_t *, struct tq_err *);
int sq_blob_del(struct tq_store *, const char *, struct tq_err *);
int sq_blob_url(struct tq_store *, const char *, int64_t, struct tq_buf *,
    struct tq_err *);
int sq_init(const char *, const struct tq_env *, const struct tq_init *,
    tq_finding_fn *, void *, struct tq_err *);
int sq_doctor(const char *, const struct tq_env *, tq_finding_fn *, void *,
    enum tq_level *, struct tq_err *);

#endif

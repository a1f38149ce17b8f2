/*
 * lib/store/sqlite/sqlite.h -- the insides of the sqlite store.
 *
 *	url.c      the URL; path.c  where its path points
 *	own.c      modes, owners and groups of what is made
 *	there.c    are the files still those that were opened?
 *	step.c     prepared statements, SQLite's errors as ours
 *	folder.c   names that survive a power failure; distrust.c, distrust.h
 *	file.c     the database's file; wal.c  its log; open.c  open and close
 *	schema.c   tables and migrations
 *	txn.c      a write: turn-taking, version check, tallies, bells
 *	wake.c     the mapped file of futex words
 *	lane.c     (queue, type) <-> small integer
 *	row.c row_json.c bodies.c find.c record.c span.c: records, see record.h
 *	edge_read.c edge.c edge_tell.c owed.c: tasks that wait for other tasks
 *	fill.c     which tasks a claim takes
 *	submit.c claim.c finish.c read.c list.c rates.c wait.c change.c control.c
 *	sweep.c blob.c: the verbs; tidy.c: blobs that nobody names
 *	share.c init.c doctor.c: making a store, and looking after it
 *	snapshot.c backup.c restore_read.c restore_settle.c restore.c: a store
 *	as one archive, and back; see backup.h
 *	version.c  is this a store?  migrate.c: from an older schema to this
 *
 * How it is fast and fair: DESIGN.md, "The sqlite store".
 */
#ifndef TQ_SQLITE_H
#define TQ_SQLITE_H

#include <sqlite3.h>

#include "store/ops.h"
#include "task/clock.h"
#include "util/limits.h"
#include "util/sys.h"

/* -- url.c ------------------------------------------------------------------ */

struct sq_url {
	char		*path;		/* of the database; malloced */
	bool		 sync_normal;
	unsigned	 mode;		/* of a store that is made: 0600 */
	bool		 mode_said;	/* the URL says so */
	int64_t		 types, queues;	/* as many names may have tasks */
};

/* Parse "sqlite:PATH[?opts]"; "~/" is $HOME.  Free with sq_url_free(). */
int sq_url_parse(const char *url, const struct tq_env *env, struct sq_url *u,
    struct tq_err *err);
void sq_url_free(struct sq_url *u);

/* -- path.c ------------------------------------------------------------------ */

/*
 * sq_path_resolve(sys, path): the absolute path that ${path} stands for, through
 * all symbolic links, also when the file is not there yet; malloced.  What
 * can't be resolved is returned as it is, for open(2) to refuse.
 */
char *sq_path_resolve(const struct tq_sys *sys, const char *path);

/* -- own.c ------------------------------------------------------------------- */

/* The mode and the owner that a store's files are to have. */
struct sq_own {
	mode_t		 mode;		/* of files */
	uid_t		 uid;
	gid_t		 gid;
	bool		 shared;	/* others may write, too */
	bool		 fix;		/* what is made has to be changed */
};

/* sq_own_read(o, sb): as the database has it, whose stat ${sb} is. */
void sq_own_read(struct sq_own *o, const struct stat *database);
/* sq_own_folder(o): the mode of folders. */
mode_t sq_own_folder(const struct sq_own *o);
/*
 * sq_own_alone(sb): is it a plain file of one name?  Others who may write to its
 * folder can have made a hard link there, to a file that only we may write.
 */
bool sq_own_alone(const struct stat *sb);
/*
 * sq_own_open(sys, path, flags, o, err): open(2) a file beside the database,
 * made with the store's mode.  Follows no link: that is TQ_E_DENIED, and so is a
 * file that is not alone where others than we may write.  Returns it, or -1.
 */
int sq_own_open(const struct tq_sys *sys, const char *path, int flags,
    const struct sq_own *o, struct tq_err *err);
/* sq_own_log(o, path): the group of the log beside the database ${path}, if
   SQLite has just made it for us in a folder without set-group-ID. */
void sq_own_log(const struct sq_own *o, const char *database);
/* sq_own_set(o, fd, folder): make the file or folder ${fd} the store's. */
void sq_own_set(const struct sq_own *o, int fd, bool folder);

/* -- folder.c -------------------------------------------------------------- */

/* sq_folder_sync(sys, path): the names in this folder; 0, or -1 with errno. */
int sq_folder_sync(const struct tq_sys *sys, const char *path);
/* sq_name_sync(sys, path): the name of this file or folder; as above. */
int sq_name_sync(const struct tq_sys *sys, const char *path);

/*
 * sq_folder_above(sys, path, err):
 * Make the folders above ${path}, mode 0700 as for the default store, and sync
 * the name of each that is made and of the lowest one that was there.
 */
int sq_folder_above(const struct tq_sys *sys, const char *path,
    struct tq_err *err);

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
	uint32_t	cancels;	/* +1 when a running task is cancelled */
};

/* sq_bell_index(queue): which bell is this queue's. */
unsigned sq_bell_index(const char *queue);
int sq_wake_open(const struct tq_sys *sys, const char *path,
    const struct sq_own *own, bool writable, struct sq_wake **out,
    struct tq_err *err);
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
	SQ_BEGIN, SQ_BEGIN_READ, SQ_COMMIT, SQ_ROLLBACK, SQ_META, SQ_META_SEQ, SQ_META_CLOCK,
	SQ_META_LANES, SQ_LEASES_VOID,
	SQ_LANE_FIND, SQ_LANE_ADD, SQ_LANE_ALL, SQ_LANE_COUNT, SQ_LANE_IDLE,
	SQ_LANE_DEL, SQ_TALLY_ADD, SQ_TALLY_ALL, SQ_TALLY_EMPTY,
	SQ_RID, SQ_REV_READY, SQ_REV_LEASE, SQ_REV_ENDED, SQ_REV_PARKED,
	SQ_ROW_BY_RID, SQ_ROW_BY_ID, SQ_ROW_BY_ID_READY,
	SQ_TASK_ADD, SQ_TASK_SET, SQ_TASK_KEY, SQ_TASK_DEL,
	SQ_READY_ADD, SQ_LEASE_ADD, SQ_ENDED_ADD, SQ_PARKED_ADD,
	SQ_READY_DEL, SQ_LEASE_DEL, SQ_ENDED_DEL, SQ_PARKED_DEL,
	SQ_READY_NEW, SQ_READY_HEAD_DEL, SQ_LEASE_DEL_IF,
	SQ_LEASE_SET,
	SQ_READY, SQ_READY_TOP, SQ_READY_HEAD, SQ_READY_SINCE, SQ_HELD_LEASE,
	SQ_EXPIRED, SQ_LEASED_N, SQ_NEXT_LEASE,
	SQ_BODY_PUT, SQ_BODY_GET, SQ_BODY_DEL,
	SQ_SPAN_READY, SQ_SPAN_READY_DOWN, SQ_SPAN_WAITING,
	SQ_SPAN_WAITING_DOWN, SQ_SPAN_LEASE, SQ_SPAN_LEASE_DOWN,
	SQ_SPAN_ENDED, SQ_SPAN_ENDED_DOWN, SQ_SPAN_PARKED,
	SQ_SPAN_PARKED_DOWN, SQ_SPAN_OVERDUE, SQ_SPAN_OVERDUE_DOWN,
	SQ_SPAN_CREATED,
	SQ_CHANGE_ADD, SQ_CHANGED, SQ_CHANGE_OLD,
	SQ_CONTROL_GET, SQ_CONTROL_ALL, SQ_CONTROL_SET, SQ_CONTROL_ADD,
	SQ_CONTROL_SWEEPER,
	SQ_BUCKET_GET, SQ_BUCKET_SET,
	SQ_WORKER_PUT, SQ_WORKER_DEL, SQ_WORKER_ALL, SQ_WORKER_OLD,
	SQ_OLD_ENDED, SQ_OLD_KEPT, SQ_OVERDUE, SQ_OVERDUE_COUNT,
	SQ_ALL_EXPIRED,
	SQ_MARK_READY, SQ_MARK_LEASE, SQ_MARK_ENDED, SQ_MARK_PARKED,
	SQ_EDGE_ADD, SQ_EDGE_OPEN, SQ_EDGE_MEET, SQ_EDGE_LEFT,
	SQ_EDGE_PARENTS, SQ_EDGE_CHILDREN, SQ_EDGE_LIVE, SQ_EDGE_DEL,
	SQ_OWED_ADD, SQ_OWED_SET, SQ_OWED_DEL, SQ_OWED_COUNT, SQ_OWED_NEXT,
	SQ_OWED_OF,
	SQ_STMT_MAX
};
extern const char *const sq_stmt_sql[SQ_STMT_MAX];

/* -- the handle --------------------------------------------------------------- */

struct sq_lane {
	int64_t		 lane;
	char		*queue, *type;
};

/* The changes of a transaction, applied or rung when it commits. */
#define SQ_STATUS_DRAINED	7	/* in tallies: FAILED and drained */
struct sq_delta {
	int64_t		 lane;
	int		 status;
	int64_t		 n;
};

struct sq_row; struct sq_end; struct tq_payer;

/*
 * A handle's memory of a lease that it gave out, so that a completion
 * need not read it: a write on the condition that (claim, rev) are still
 * these.  One that is forgotten is read.
 */
struct sq_memo {
	uint64_t	claim, token, rev;
	int64_t		rid, lane, started;
	int		attempts, stops;
};
#define SQ_MEMOS	4096	/* by claim; a later one takes the place */

struct sq {
	struct tq_store	 base;
	const struct tq_sys *sys;
	struct sq_url	 url;
	struct sq_own	 own;
	char		 me[16];	/* our user, decimal */
	sqlite3		*db;
	int		 frames;	/* in the WAL after the last commit */
	bool		 writable;
	bool		 migrate;	/* an older schema is brought up to date */
	int		 lock_fd;	/* PATH.lock; -1 when read only */
	int64_t		 waits;		/* for the lock, since then; atomic */
	struct sq_wake	*wake;		/* NULL: could not be mapped */
	bool		 wake_rw;	/* ... and may be written */
	char		*blob_dir;	/* PATH.blobs */
	bool		 blob_dir_safe;	/* its name has been synced */
	uint64_t	 tidied;	/* shares of it; 0: not begun */
	bool		 met_file, met_blobs;	/* what these were then: */
	struct stat	 file, blobs;
	sqlite3_stmt	*stmt[SQ_STMT_MAX];
	struct sq_lane	*lanes;
	size_t		 nlanes;
	int64_t		 lanes_gen;	/* of the lanes it knows; see lane.c */
	/* within a write transaction */
	bool		 in_txn;
	int64_t		 wall, boot;	/* "now" of this verb, ms */
	struct tq_clock	 clock;		/* as read from ... */
	unsigned	 clock_version;	/* ... this version of the data */
	bool		 clock_met;
	bool		 met_ready;	/* get: the last one waited */
	int64_t		 expiry;	/* deadlines up to here have passed */
	bool		 followed;	/* number what changes */
	int64_t		 seq, seq_begun;	/* the last number; before this */
	struct sq_delta	*delta;
	size_t		 ndelta, capdelta;
	uint8_t		 rung[SQ_BELLS];
	bool		 ring_any, ring_cancels;
	uint64_t	 rnd[32];	/* random numbers not yet used */
	size_t		 nrnd;
	struct sq_memo	*memo;		/* SQ_MEMOS of them, or NULL */
	char		*memo_worker;	/* who holds those leases */
	int64_t		 new_first, new_last; /* rows of `task' whose rows in
					   `ready' are to be written */
	struct tq_buf	 text[2];	/* for what is bound: row_json.c */
	/* blobs to remove once the transaction is durable */
	struct tq_arena	 trash_arena;
	const char	**trash;
	size_t		 ntrash, captrash;
	/* parents that ended; edge_tell.c */
	struct tq_arena	 ends_arena;
	struct sq_end	*ends;
	size_t		 nends, capends;
	int64_t		 owed;		/* debts to children; owed.c */
	bool		 owes;		/* one of them is to be paid by us */
	struct tq_payer	*payer;
};

static inline struct sq *
sq_of(struct tq_store *st)
{
	return (struct sq *)st;
}

/* -- there.c ------------------------------------------------------------------ */

/*
 * sq_there(st, err): 0, or -1 with an error that is not retryable when the
 * database or its blobs were taken away since ${st} was opened.  Two stat(2).
 */
int sq_there(struct tq_store *st, struct tq_err *err);
int64_t sq_waits(const struct tq_store *st);

/* -- file.c -------------------------------------------------------------------- */

/*
 * sq_file_reach(s, how, err): is the database's file there, for us to use, and
 * on a local disk?  Made when missing and ${how} says so.
 */
int sq_file_reach(struct sq *s, enum tq_open how, struct tq_err *err);

/* -- wal.c ---------------------------------------------------------------------- */

#define SQ_WAL_BYTES	(32 << 20)	/* a longer log is cut to this */
/*
 * sq_wal_vfs(below): the name of a VFS over ${below} (NULL: the default), which
 * does not sync the folder of a log whose name is safe.  Made once a process.
 */
const char *sq_wal_vfs(const char *below);
void sq_wal_keep(struct sq *s);		/* just opened: the log stays at close */
void sq_wal_spill(struct sq *s);	/* after a commit: copy a long log */
void sq_wal_tidy(struct sq *s);		/* before close: leave little to read */

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

#define SQ_SCHEMA	2	/* what this code reads and writes */
#define SQ_APPLICATION	0x74715f32	/* "tq_2": whose database it is */

/* Create the tables in a fresh database; within no transaction. */
int sq_schema_create(struct sq *s, struct tq_err *err);

/* -- txn.c ---------------------------------------------------------------------- */

/* sq_now(s): take "now". */
void sq_now(struct sq *s);

/*
 * sq_read_begin(s, err): reads up to sq_read_end() are of one moment: a record
 * that moves meanwhile is in one table.  Takes "now" and the time for expiry,
 * waits for nobody.  After -1 the end does nothing.
 */
int sq_read_begin(struct sq *s, struct tq_err *err);
void sq_read_end(struct sq *s);

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
/* sq_changed(s, rid, err): note the change for those who follow. */
int sq_changed(struct sq *s, int64_t rid, struct tq_err *err);
/* sq_trash(s, name): remove this blob after the commit. */
void sq_trash(struct sq *s, const char *name);
/* sq_ended(s, id, status, gone): a parent ended, or is being purged; what that
   means for its children is sq_edges_settle()'s. */
void sq_ended(struct sq *s, const char *id, enum tq_status status, bool gone);

/* -- lane.c ----------------------------------------------------------------------- */

/* sq_lane_get(s, lane): its names; loads what another process added. */
const struct sq_lane *sq_lane_get(struct sq *s, int64_t lane,
    struct tq_err *err);
/*
 * sq_lane_find(s, queue, type, add, lane, err): 1 found, 0 none, -1.  With
 * ${add} 0 means that the store has as many names as it takes.
 */
int sq_lane_find(struct sq *s, const char *queue, const char *type, bool add,
    int64_t *lane, struct tq_err *err);
/* sq_lanes_load(s, err): all lanes into s->lanes. */
int sq_lanes_load(struct sq *s, struct tq_err *err);
void sq_lanes_free(struct sq *s);
/* sq_lanes_tidy(s, err): drop lanes without tasks, in a transaction; their
   numbers are not used again. */
int sq_lanes_tidy(struct sq *s, struct tq_err *err);

/* -- blob.c ---------------------------------------------------------------------------- */

/* sq_blob_write(): put a blob from memory; 1: a folder of ${name} is another's. */
int sq_blob_write(struct sq *s, const char *name, struct tq_span bytes,
    struct tq_err *err);

/*
 * sq_blobs_keep(s, err): from now on, until the descriptor that it returns is
 * closed (sys->close()), no blob is removed by any process: a backup is taken.
 * Waits for another backup.  -1 on failure.
 */
int sq_blobs_keep(struct sq *s, struct tq_err *err);

/* sq_blobs_kept(s): is a backup being taken?  Then sq_blob_del() leaves blobs
   to the sweep of another day. */
bool sq_blobs_kept(struct sq *s);

/* -- claim.c ------------------------------------------------------------------------ */

/* sq_claim_in_txn(s, req, got, rows, err): the claim, inside a transaction;
   ${rows} are those of got->tasks, in got->arena. */
int sq_claim_in_txn(struct sq *s, const struct tq_claim *req,
    struct tq_claimed *got, struct sq_row **rows, struct tq_err *err);

/* sq_claim_load(s, got, rows, err): after the commit: payloads that are not
   in the rows. */
int sq_claim_load(struct sq *s, struct tq_claimed *got,
    const struct sq_row *rows, struct tq_err *err);

/* -- tidy.c ------------------------------------------------------------------------- */

/*
 * sq_tidy_blobs(s, count, err):
 * Remove blobs of a day ago that no record names, of as many tasks as a sweep
 * may look at; the next of this handle goes on with others.  Adds to
 * *${count}.  Takes no transaction: a blob is named within the day, or never.
 */
int sq_tidy_blobs(struct sq *s, uint64_t *count, struct tq_err *err);

/* -- migrate.c ---------------------------------------------------------------------- */

/* sq_migrate(s, err): bring the tables of schema 1 to SQ_SCHEMA, within a
   transaction of the caller. */
int sq_migrate(struct sq *s, struct tq_err *err);

/* -- version.c (see meta.h) --------------------------------------------------------- */

/* sq_open_migrating(url, env, out, err): as sq_open() with TQ_OPEN_CREATE,
   and an older store is brought up to date. */
int sq_open_migrating(const char *url, const struct tq_env *env,
    struct tq_store **out, struct tq_err *err);

/* -- the verbs, for the table in ops.c ----------------------------------------------- */

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
int sq_rates(struct tq_store *, struct tq_rates *, struct tq_arena *,
    struct tq_err *);
int sq_wait_cancel(struct tq_store *st, uint64_t *bell, int64_t timeout_ms);
int sq_wait_ready(struct tq_store *, const char *, uint64_t, int64_t,
    struct tq_err *);
void sq_store_wake(struct tq_store *);
int sq_wait_ids(struct tq_store *, const struct tq_ref *, size_t, int64_t,
    struct tq_arena *, struct tq_task **, struct tq_err *);
int sq_wait_changes(struct tq_store *, const char *, bool, const char *,
    int64_t, struct tq_arena *, struct tq_page *, struct tq_err *);
int sq_cancel(struct tq_store *, const char *const *, size_t,
    struct tq_answer *, struct tq_err *);
int sq_redrive(struct tq_store *, const struct tq_ref *, size_t,
    struct tq_answer *, struct tq_err *);
int sq_purge(struct tq_store *, const struct tq_ref *, size_t, bool,
    struct tq_answer *, struct tq_err *);
int sq_edit(struct tq_store *, const struct tq_edit *, size_t,
    struct tq_answer *, struct tq_err *);
int sq_parents(struct tq_store *, const char *, struct tq_arena *,
    struct tq_parent **, size_t *, struct tq_err *);
int sq_children(struct tq_store *, const char *, struct tq_arena *,
    const char ***, size_t *, struct tq_err *);
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

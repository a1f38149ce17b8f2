/*
 * lib/store/sqlite/record.h -- records in their tables.
 *
 *	memo.c     what a handle remembers of the leases it gave out
 *	row.c      a row of `task' and its state <-> struct tq_task
 *	row_json.c the fields that few tasks have
 *	bodies.c   where big bytes live
 *	find.c     a record is found, wherever it is
 *	record.c   it is written, moved between its tables, removed
 *	edge_read.c edge.c edge_tell.c owed.c: tasks that wait for other tasks
 *	span.c     the ordered pieces that list.c merges
 */
#ifndef TQ_SQLITE_RECORD_H
#define TQ_SQLITE_RECORD_H

#include "store/sqlite/sqlite.h"
#include "task/edge.h"

/* -- row.c ------------------------------------------------------------------------- */

/* `flags' of a state table */
#define SQ_ALONE	(1 << 0)	/* claimed by take-over */
#define SQ_PREFETCHED	(1 << 1)
#define SQ_CANCEL	(1 << 2)
#define SQ_EDGES	(1 << 3)	/* others wait for it; stmts.c too */
#define SQ_KEEPS	(1 << 4)	/* has a --keep of its own */
#define SQ_HELD		(1 << 5)	/* while it is BLOCKED; else its table says so */
#define SQ_CRASHES(n)	((int)(n) << 6)
#define SQ_GET_CRASHES(f) ((f) >> 6 & 3)
#define SQ_STOPS(n)	((int)(n) << 8)
#define SQ_GET_STOPS(f)	((f) >> 8 & 31)
#define SQ_RKIND(k)	((int)(k) << 13)
#define SQ_GET_RKIND(f)	((enum tq_kind)((f) >> 13 & 3))
#define SQ_RPLACE(p)	((int)(p) << 15)
#define SQ_GET_RPLACE(f) ((enum sq_place)((f) >> 15 & 3))

/* `info' of a task: what its payload is, and where */
#define SQ_INFO(kind, place) ((int)(kind) | (int)(place) << 2)
#define SQ_INFO_KIND(i)	((enum tq_kind)((i) & 3))
#define SQ_INFO_PLACE(i) ((enum sq_place)((i) >> 2 & 3))

/* Where a payload or result is. */
enum sq_place { SQ_INLINE, SQ_BODY, SQ_BLOB };
#define SQ_PAYLOAD	0
#define SQ_RESULT	1

/* The state tables; a record's state stands in one of them. */
enum sq_home { SQ_IN_READY, SQ_IN_LEASE, SQ_IN_ENDED, SQ_IN_PARKED, SQ_HOMES };

/* Where a waiting record stands in `ready'. */
struct sq_key {
	int	prio;
	int	late;		/* it has a delay, and waits for the clock */
	int64_t	at;		/* due, or since when it is */
};

/* A record with what struct tq_task does not say. */
struct sq_row {
	struct tq_task	t;
	int64_t		rid, lane;
	enum sq_home	home;
	struct sq_key	key;		/* as it stands in `task' */
	bool		partial;	/* what was asked has not been read */
	enum sq_place	place[2];	/* SQ_PAYLOAD, SQ_RESULT */
	const char	*blob[2];	/* their names when they are in blobs */
};

/*
 * The columns sq_row_read() expects: of `task' t, and of a state table s,
 * whose columns are made the same for all.
 */
#define SQ_TASK_COLS							\
	"t.rid,t.id,t.lane,t.created,t.info,t.submit_id,t.asked,t.payload,"	\
	"t.prio,t.late,t.at,t.expires,"
#define SQ_READY_COLS							\
	"0,s.status,0,s.token,0,s.rev,s.attempts,s.flags,s.updated,NULL,"	\
	"NULL,s.became,NULL"
#define SQ_LEASE_COLS							\
	"1,2,s.at,s.token,s.claim,s.rev,s.attempts,s.flags,s.updated,"	\
	"s.started,s.worker,s.became,NULL"
#define SQ_ENDED_COLS							\
	"2,s.status,s.at,s.token,0,s.rev,s.attempts,s.flags,s.updated,"	\
	"s.started,s.worker,s.became,s.result"
#define SQ_PARKED_COLS							\
	"3,s.status,0,s.token,0,s.rev,s.attempts,s.flags,s.updated,NULL,"	\
	"NULL,s.became,NULL"

/* sq_row_read(s, q, a, row, err): the row q stands on; strings in ${a}. */
int sq_row_read(struct sq *s, sqlite3_stmt *q, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err);

/*
 * sq_row_read_lease(s, q, a, row): the row of SQ_HELD_LEASE that q stands on:
 * the state of a lease alone, without what was asked.
 */
void sq_row_read_lease(struct sq *s, sqlite3_stmt *q, struct tq_arena *a,
    struct sq_row *row);

/* sq_key_of(t): where ${t} stands in `ready' while it waits. */
struct sq_key sq_key_of(const struct tq_task *t);

/* sq_home_of(t): in which table its state belongs. */
enum sq_home sq_home_of(const struct tq_task *t);

/* sq_bind_id(q, i, id): 16 bytes for a UUID, else text. */
void sq_bind_id(sqlite3_stmt *q, int i, const char *id);

/* sq_id_text(q, c, a): the id in this column, in ${a}. */
const char *sq_id_text(sqlite3_stmt *q, int c, struct tq_arena *a);

/* sq_tally_of(t): the status that tallies count it under. */
int sq_tally_of(const struct tq_task *t);

/*
 * The two JSON columns: what a submitter asked for beyond the common, what
 * became of the task beyond its status.  Bound as NULL when there is nothing;
 * the text is made in ${b}, which must live until the statement has run.
 */
void sq_bind_asked(sqlite3_stmt *q, int i, const struct tq_task *t,
    struct tq_buf *b);
void sq_bind_became(sqlite3_stmt *q, int i, const struct tq_task *t,
    enum sq_home home, struct tq_buf *b);
void sq_read_asked(const char *text, struct tq_arena *a, struct tq_task *t);
void sq_read_became(const char *text, struct tq_arena *a, struct tq_task *t);

/* -- bodies.c ---------------------------------------------------------------------- */

/* Bytes on their way into a record: where they go, how they are checked. */
struct sq_body {
	enum sq_place	place;
	uint64_t	crc;		/* of what is not inline */
	char		name[TQ_QUEUE_MAX + TQ_NAME_MAX + 64]; /* of a blob */
};

/*
 * Place bytes that are too big for the row.  sq_body_place() decides and, for
 * SQ_BLOB, has written the blob ${b}->name when it returns (before the
 * transaction: it syncs); bytes whose blob's folder is not ours to write to go
 * into a row, whatever their size.  sq_body_store() puts a SQ_BODY row inside
 * the transaction; sq_body_load() reads either back and checks size and CRC.  It
 * fails with TQ_E_NOTFOUND when the bytes are missing, TQ_E_CORRUPT when they
 * are others, TQ_E_DENIED when these alone can't be read; stage fetch in all
 * three cases.
 */
int sq_body_place(struct sq *s, struct tq_span bytes, struct sq_body *b,
    struct tq_err *err);
/*
 * sq_bind_body(q, i, bytes, b, text): the column's value: the bytes, or
 * "SIZE,CRC" (SQ_BODY), or "SIZE,CRC NAME" (SQ_BLOB), made in ${text}.
 */
void sq_bind_body(sqlite3_stmt *q, int i, struct tq_span bytes,
    const struct sq_body *b, struct tq_buf *text);
int sq_body_store(struct sq *s, int64_t rid, int which, struct tq_span bytes,
    struct tq_err *err);
int sq_body_load(struct sq *s, const struct sq_row *row, int which,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err);
/* sq_load_bodies(s, row, with, a, err): the TQ_WITH_ bytes that can be read;
   those that can't are left out: only the doctor speaks of them. */
int sq_load_bodies(struct sq *s, struct sq_row *row, unsigned with,
    struct tq_arena *a, struct tq_err *err);
/* sq_body_drop(s, row, which, err): remove one, in txn. */
int sq_body_drop(struct sq *s, const struct sq_row *row, int which,
    struct tq_err *err);
/* sq_bodies_drop(s, row, err): remove bodies and blobs of a record. */
int sq_bodies_drop(struct sq *s, const struct sq_row *row,
    struct tq_err *err);

/* -- find.c ---------------------------------------------------------------------- */

/* sq_row_by_id / _by_rid(s, id, a, row, err): 1, 0 when absent, -1. */
int sq_row_by_id(struct sq *s, const char *id, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err);
int sq_row_by_rid(struct sq *s, int64_t rid, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err);

/* sq_rid(s, id, rid, err): 1 found, 0 none, -1. */
int sq_rid(struct sq *s, const char *id, int64_t *rid, struct tq_err *err);

/*
 * sq_as_of_now(s, row, a): what readers are given: the record as the next
 * verb that writes will leave it if its deadline has passed.  False: it is
 * past its time of keeping, and so absent.
 */
bool sq_as_of_now(struct sq *s, struct sq_row *row, struct tq_arena *a);

/* -- record.c ---------------------------------------------------------------------- */

/*
 * sq_put(s, was, t, result, err):
 * The record ${was} has become ${t}: write its state where it belongs now,
 * with ${result} if it has one in this moment.  The request is written
 * only by sq_put_asked().  In a transaction.
 */
int sq_put(struct sq *s, const struct sq_row *was, const struct tq_task *t,
    const struct sq_body *result, struct tq_err *err);

/* sq_put_asked(s, row, t, payload, err): what was asked of ${row} is now as
   ${t} has it; ${payload} NULL: the payload stays. */
int sq_put_asked(struct sq *s, const struct sq_row *row,
    const struct tq_task *t, const struct sq_body *payload,
    struct tq_err *err);

/*
 * sq_add(s, t, lane, payload, result, added, err): a new record; *${added} false when
 * its id exists.  Rows of `ready' are written many at a time: sq_add_end()
 * comes before anything else is read or written.
 */
int sq_add(struct sq *s, const struct tq_task *t, int64_t lane,
    const struct sq_body *payload, const struct sq_body *result, bool *added,
    struct tq_err *err);

/* sq_add_end(s, err): write what sq_add() has put off. */
int sq_add_end(struct sq *s, struct tq_err *err);

/*
 * sq_put_moved(s, was, t, err): as sq_put(), for a claim: the rows of `ready'
 * that a look took from its head are deleted together, by sq_ready_taken().
 */
int sq_put_moved(struct sq *s, const struct sq_row *was,
    const struct tq_task *t, struct tq_err *err);

/* sq_ready_taken(s, last, err): all rows of this half of (lane, prio) up to
   ${last} have been moved. */
int sq_ready_taken(struct sq *s, const struct sq_row *last,
    struct tq_err *err);

/*
 * sq_memo_keep(s, row, t): remember the lease ${t} of ${row}.
 * sq_memo_find(s, token, claim, row): true, with the state in ${row}.
 */
void sq_memo_keep(struct sq *s, const struct sq_row *row,
    const struct tq_task *t);
bool sq_memo_find(struct sq *s, uint64_t token, uint64_t claim,
    struct sq_row *row);

/*
 * sq_put_ended(s, was, t, result, err): as sq_put() of a lease that has ended,
 * if it is still as ${was} says: 1, or 0 when it is not.
 */
int sq_put_ended(struct sq *s, const struct sq_row *was,
    const struct tq_task *t, const struct sq_body *result,
    struct tq_err *err);

/* sq_remove(s, row, err): delete a record with all it has. */
int sq_remove(struct sq *s, const struct sq_row *row, struct tq_err *err);

/* -- edge_read.c -------------------------------------------------------------------- */

/* sq_parent_now(s, id, a, row, err): as it is now: 1, 0 when it is not there,
   -1. */
int sq_parent_now(struct sq *s, const char *id, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err);

/* sq_edges_read(s, child, a, out, n, err): all edges of a child, in ${a}. */
int sq_edges_read(struct sq *s, int64_t child, struct tq_arena *a,
    struct tq_parent **out, size_t *n, struct tq_err *err);

/* sq_edges_look_up(s, v, n, err): what stands at the end of the open ones. */
int sq_edges_look_up(struct sq *s, struct tq_parent *v, size_t n,
    struct tq_err *err);

/* -- edge.c ------------------------------------------------------------------------- */

/* A parent that ended in this transaction; its children are to be told. */
struct sq_end {
	const char	*id;
	enum tq_status	 status;
	bool		 gone;
};

/* The findings at the parents of a new task. */
struct sq_look {
	struct tq_edge	*edges;
	size_t		 n;
	int		*met;		/* of each: the status, or -1 */
	int		 waits;		/* how many are open */
	const char	*missing;	/* a parent that is not there */
	const char	*broken;	/* one that was cancelled */
};

/*
 * sq_edges_look(s, t, a, look, err): what ${t} asks to wait for, as it is now,
 * in ${a}; in a transaction.
 */
int sq_edges_look(struct sq *s, const struct tq_task *t, struct tq_arena *a,
    struct sq_look *look, struct tq_err *err);

/* sq_edges_add(s, id, look, err): the edges of the new record ${id}; its
   parents are marked. */
int sq_edges_add(struct sq *s, const char *id, const struct sq_look *look,
    struct tq_err *err);

/*
 * sq_edges_again(s, child, waits, err): ${child} is to be redriven: meet what
 * its parents meet now; a parent that is not there is no longer waited for.
 * ${waits}: how many are open.
 */
int sq_edges_again(struct sq *s, int64_t child, int *waits,
    struct tq_err *err);

/* sq_edges_live(s, id, any, err): does a task that has not ended wait for
   ${id} (${any}: or did)?  1, 0, -1. */
int sq_edges_live(struct sq *s, const char *id, bool any,
    struct tq_err *err);

/* sq_edge_meet(s, child, n, status, err): this edge is met, with ${status}. */
int sq_edge_meet(struct sq *s, int64_t child, int64_t n,
    enum tq_status status, struct tq_err *err);

/* -- edge_tell.c -------------------------------------------------------------------- */

#define SQ_ROUND	500	/* edges told in a transaction */

/* sq_round(): SQ_ROUND; the simulator has a smaller one. */
int sq_round(void);

/* The edges of a parent come in the order of their children; up to here. */
struct sq_told {
	int64_t	child, n;
};

/*
 * sq_edges_tell(s, end, told, may, err): tell the next *${may} children of
 * ${end} behind ${told}, both of which move on: 1 when that was all, 0, -1.
 */
int sq_edges_tell(struct sq *s, const struct sq_end *end,
    struct sq_told *told, int *may, struct tq_err *err);

/*
 * sq_edges_settle(s, err): tell the children of all that ended in this
 * transaction, and theirs, as many as one may; what is left is owed.
 */
int sq_edges_settle(struct sq *s, struct tq_err *err);

/* -- owed.c ------------------------------------------------------------------------- */

#define SQ_OWED_MS	2000	/* whoever has not paid for so long has died */

/* sq_commit(s, err): settle, commit, and have what is owed paid. */
int sq_commit(struct sq *s, struct tq_err *err);

/*
 * sq_owed_round(s, id, idle_ms, err):
 * A transaction that tells some children of what is owed: to ${id} or by it;
 * NULL: by anybody, if nobody has done so for ${idle_ms}.  1 when it did, and
 * there may be more, 0 when there is nothing, -1.
 */
int sq_owed_round(struct sq *s, const char *id, int64_t idle_ms,
    struct tq_err *err);

/*
 * sq_owed_first(s, id, err): the same in this transaction and to the end, before
 * ${id} starts anew: what an earlier end meant comes before what follows.
 */
int sq_owed_first(struct sq *s, const char *id, struct tq_err *err);

/* sq_owed_look(s, err): nobody pays what is owed: it will be done by us, once
   this transaction is committed. */
int sq_owed_look(struct sq *s, struct tq_err *err);

/* -- span.c ------------------------------------------------------------------------- */

/* An entry in the order of a list: index time, then lane, then age. */
struct sq_entry {
	int64_t	at, lane, rid;
	int	status;		/* as it is stored */
};

/*
 * sq_span(s, stmt, arg, from, out, want, n, err):
 * Up to ${want} entries behind ${from} of the span that ${stmt} and its three
 * arguments name.
 */
int sq_span(struct sq *s, enum sq_stmt stmt, const int64_t arg[3],
    const struct sq_entry *from, struct sq_entry *out, size_t want,
    size_t *n, struct tq_err *err);

#endif

/* lib/store/sqlite/sweep.c -- house-keeping, one process at a time. */
#include <stdlib.h>

#include "store/sqlite/sqlite.h"
#include "util/time.h"

#define SWEEPER_MS	(2 * TQ_MINUTE_MS)
#define ROUND		500		/* records in a transaction */
#define ROUNDS		20		/* of each kind in one sweep */

/* 1: the sweep is ours; 0: somebody else's. */
static int
become_sweeper(struct sq *s, const char *name, bool force, struct tq_err *err)
{
	sqlite3_stmt *q;
	int won;

	if (sq_txn_begin(s, err) == -1)
		return -1;
	if ((q = sq_stmt(s, SQ_CONTROL_SWEEPER, err)) == NULL)
		goto fail;
	sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, s->base.env->boot_id(s->base.env->arg), -1,
	    SQLITE_STATIC);
	sqlite3_bind_int64(q, 3, s->boot + SWEEPER_MS);
	sqlite3_bind_int(q, 4, force);
	sqlite3_bind_int64(q, 5, s->boot);
	if (sq_run(s, q, err) == -1)
		goto fail;
	won = sqlite3_changes(s->db) > 0;
	if (won) {
		if ((q = sq_stmt(s, SQ_WORKER_OLD, err)) == NULL)
			goto fail;
		sqlite3_bind_int64(q, 1, s->wall - TQ_HOUR_MS);
		if (sq_run(s, q, err) == -1)
			goto fail;
	}
	return sq_txn_commit(s, err) == -1 ? -1 : won;
fail:
	sq_txn_abort(s);
	return -1;
}

/* Rows that ${q} finds, read before any is changed. */
static int
collect(struct sq *s, sqlite3_stmt *q, struct tq_arena *a,
    struct sq_row *rows, size_t *n, struct tq_err *err)
{
	int rc = 0;

	*n = 0;
	while (*n < ROUND && (rc = sq_step(s, q, err)) == 1)
		if (sq_row_read(s, q, a, &rows[(*n)++], err) == -1) {
			sqlite3_reset(q);
			return -1;
		}
	sqlite3_reset(q);
	return rc == -1 ? -1 : 0;
}

static int
end_one(struct sq *s, struct sq_row *row, uint64_t *count, struct tq_err *err)
{
	char reason[TQ_REASON_MAX];
	enum tq_expired rule = tq_expired_rule(&row->t,
	    (row->flags & SQ_ALONE) != 0, (row->flags & SQ_PREFETCHED) != 0,
	    reason, sizeof(reason));

	/* Take-overs are for the workers: they have the handlers. */
	if (rule == TQ_EXPIRED_TAKE)
		return 0;
	++*count;
	return sq_end_expired(s, row, rule, reason, err);
}

static int
remove_one(struct sq *s, struct sq_row *row, uint64_t *count,
    struct tq_err *err)
{
	++*count;
	return sq_remove(s, row, err);
}

/* One kind of work: rows found by a statement, a change for each. */
struct chore {
	enum sq_stmt	stmt;
	int		status;		/* of SQ_OLD_DONE */
	int64_t		keep_ms;
	int		(*each)(struct sq *, struct sq_row *, uint64_t *,
			    struct tq_err *);
};

static void
bind_chore(struct sq *s, sqlite3_stmt *q, const struct chore *c, int64_t lane)
{
	switch ((int)c->stmt) {
	case SQ_OLD_DONE:
		sqlite3_bind_int64(q, 1, lane);
		sqlite3_bind_int(q, 2, c->status);
		sqlite3_bind_int64(q, 3, s->wall - c->keep_ms);
		sqlite3_bind_int(q, 4, ROUND);
		return;
	case SQ_OLD_WAITING:
		sqlite3_bind_int64(q, 1, s->wall);
		sqlite3_bind_int(q, 2, ROUND);
		return;
	default:
		sqlite3_bind_int64(q, 1, lane);
		sqlite3_bind_int64(q, 2, s->boot);
		sqlite3_bind_int(q, 3, ROUND);
	}
}

/* One transaction of a chore; the number of rows found, or -1. */
static int
chore_round(struct sq *s, const struct chore *c, int64_t lane,
    struct sq_row *rows, struct tq_arena *a, uint64_t *count,
    struct tq_err *err)
{
	sqlite3_stmt *q;
	size_t i, n;

	if (sq_txn_begin(s, err) == -1)
		return -1;
	if ((q = sq_stmt(s, c->stmt, err)) == NULL)
		goto fail;
	bind_chore(s, q, c, lane);
	if (collect(s, q, a, rows, &n, err) == -1)
		goto fail;
	for (i = 0; i < n; i++)
		if (c->each(s, &rows[i], count, err) == -1)
			goto fail;
	if (n == 0) {
		sq_txn_abort(s);
		return 0;
	}
	return sq_txn_commit(s, err) == -1 ? -1 : (int)n;
fail:
	sq_txn_abort(s);
	return -1;
}

static int
do_chore(struct sq *s, const struct chore *c, int64_t lane, uint64_t *count,
    struct tq_err *err)
{
	struct sq_row *rows = calloc(ROUND, sizeof(*rows));
	struct tq_arena a = TQ_ARENA_INIT;
	uint64_t before;
	int i, n = 0;

	if (rows == NULL)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
	for (i = 0; i < ROUNDS; i++) {
		before = *count;
		n = chore_round(s, c, lane, rows, &a, count, err);
		tq_arena_reset(&a);
		if (n < ROUND || *count == before)
			break;
	}
	tq_arena_free(&a);
	free(rows);
	return n == -1 ? -1 : 0;
}

int
sq_sweep(struct tq_store *st, const char *sweeper, bool force,
    struct tq_swept *out, struct tq_err *err)
{
	static const struct chore expired = { SQ_ALL_EXPIRED, 0, 0, end_one };
	static const struct chore waiting = { SQ_OLD_WAITING, 0, 0,
	    remove_one };
	static const struct chore done[] = {
		{ SQ_OLD_DONE, TQ_COMPLETED, TQ_KEEP_MS, remove_one },
		{ SQ_OLD_DONE, TQ_CANCELLED, TQ_KEEP_MS, remove_one },
		{ SQ_OLD_DONE, TQ_FAILED, TQ_KEEP_DEAD_MS, remove_one },
	};
	struct sq *s = sq_of(st);
	size_t i, k, nlanes;
	int won;

	*out = (struct tq_swept){ 0 };
	if ((won = become_sweeper(s, sweeper, force, err)) == -1)
		return -1;
	out->skipped = !won;
	if (!won)
		return 0;
	if (sq_lanes_load(s, err) == -1)
		return -1;
	nlanes = s->nlanes;	/* numbered from 1, none is ever removed */
	if (do_chore(s, &waiting, 0, &out->removed, err) == -1)
		return -1;
	for (i = 1; i <= nlanes; i++) {
		if (do_chore(s, &expired, (int64_t)i, &out->expired, err) == -1)
			return -1;
		for (k = 0; k < sizeof(done) / sizeof(done[0]); k++)
			if (do_chore(s, &done[k], (int64_t)i, &out->removed,
			    err) == -1)
				return -1;
	}
	/* A passive checkpoint never makes a writer wait. */
	sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
	    NULL);
	return sq_tidy_blobs(s, &out->blobs, err);
}

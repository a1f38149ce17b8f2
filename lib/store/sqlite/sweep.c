/* lib/store/sqlite/sweep.c -- house-keeping, one process at a time. */
#include <stdlib.h>

#include "store/sqlite/record.h"
#include "util/time.h"

#define SWEEPER_MS	(2 * TQ_MINUTE_MS)
#define ROUND		500		/* records in a transaction */
#define ROUNDS		20		/* of each kind in one sweep */
#define CHANGES_MAX	2000		/* that go at once */

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

/* One kind of work: records found by a statement, a change for each. */
struct chore {
	enum sq_stmt	stmt;
	int		status;		/* of SQ_OLD_ENDED */
	int64_t		keep_ms;	/* before the time for expiry */
	int		(*each)(struct sq *, struct sq_row *,
			    struct tq_arena *, uint64_t *, struct tq_err *);
};

/* A lease that ran out; take-overs are for workers: they have handlers. */
static int
end_lease(struct sq *s, struct sq_row *row, struct tq_arena *a,
    uint64_t *count, struct tq_err *err)
{
	struct tq_task t = row->t;
	struct tq_turned turned = tq_turn_lapse(&t, s->wall, s->expiry, a);

	*count += turned.write;
	return turned.write ? sq_put(s, row, &t, NULL, err) : 0;
}

/* A deadline for a start that has passed. */
static int
end_waiting(struct sq *s, struct sq_row *row, struct tq_arena *a,
    uint64_t *count, struct tq_err *err)
{
	struct tq_task t = row->t;

	if (!tq_turn_expire(&t, s->expiry, a))
		return 0;
	++*count;
	return sq_put(s, row, &t, NULL, err);
}

static int
remove_one(struct sq *s, struct sq_row *row, struct tq_arena *a,
    uint64_t *count, struct tq_err *err)
{
	int live = row->t.edges == 0 ? 0 :
	    sq_edges_live(s, row->t.id, true, err);

	(void)a;
	if (live != 0)		/* a task that has not ended names it */
		return live == 1 ? 0 : -1;
	++*count;
	return sq_remove(s, row, err);
}

/* Up to ROUND records that the chore finds behind ${from}. */
static int
collect(struct sq *s, const struct chore *c, struct sq_entry *from,
    struct sq_entry *found, size_t *n, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, c->stmt, err);
	int rc = 0;

	*n = 0;
	if (q == NULL)
		return -1;
	sqlite3_bind_int(q, 1, c->status);
	sqlite3_bind_int64(q, 2, c->stmt == SQ_ALL_EXPIRED ? s->boot :
	    s->expiry - c->keep_ms);
	sqlite3_bind_int64(q, 3, from->at);
	sqlite3_bind_int64(q, 4, from->rid);
	sqlite3_bind_int(q, 5, ROUND);
	while (*n < ROUND && (rc = sq_step(s, q, err)) == 1) {
		found[*n].rid = sqlite3_column_int64(q, 0);
		found[(*n)++].at = sqlite3_column_int64(q, 1);
	}
	sqlite3_reset(q);
	if (*n > 0)
		*from = found[*n - 1];
	return rc == -1 ? -1 : 0;
}

/* One transaction of a chore; the number of records found, or -1. */
static int
chore_round(struct sq *s, const struct chore *c, struct sq_entry *from,
    struct sq_entry *found, uint64_t *count, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct sq_row row;
	size_t i, n;
	int rc;

	if (sq_txn_begin(s, err) == -1)
		return -1;
	if ((rc = collect(s, c, from, found, &n, err)) == -1)
		goto out;
	for (i = 0; rc != -1 && i < n; i++) {
		tq_arena_reset(&a);
		rc = sq_row_by_rid(s, found[i].rid, &a, &row, err);
		if (rc == 1)
			rc = c->each(s, &row, &a, count, err);
	}
	if (rc != -1 && n > 0)
		rc = sq_commit(s, err);
out:
	sq_txn_abort(s);
	tq_arena_free(&a);
	return rc == -1 ? -1 : (int)n;
}

/* Sets *${more} if there may be others, unless none of these would go. */
static int
do_chore(struct sq *s, const struct chore *c, uint64_t *count, bool *more,
    struct tq_err *err)
{
	uint64_t before = *count;
	struct sq_entry *found = calloc(ROUND, sizeof(*found));
	struct sq_entry from = { INT64_MIN, 0, INT64_MIN, 0 };
	int i, n = 0;

	if (found == NULL)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
	for (i = 0; i < ROUNDS; i++)
		if ((n = chore_round(s, c, &from, found, count, err)) < ROUND)
			break;
	free(found);
	*more = *more || (n == ROUND && *count > before);
	return n == -1 ? -1 : 0;
}

/* What is owed by processes that have died. */
static int
pay_debts(struct sq *s, bool force, struct tq_swept *out, struct tq_err *err)
{
	int64_t idle_ms = force ? 0 : SQ_OWED_MS;
	int i, rc = 1;

	for (i = 0; i < ROUNDS && rc == 1; i++, idle_ms = 0)
		if ((rc = sq_owed_round(s, NULL, idle_ms, err)) == 1)
			out->told++;
	out->more |= rc == 1;
	return rc == -1 ? -1 : 0;
}

/* Names without tasks, and changes that nobody follows. */
static int
tidy_tables(struct sq *s, struct tq_err *err)
{
	sqlite3_stmt *q;

	if (sq_txn_begin(s, err) == -1)
		return -1;
	if (sq_lanes_tidy(s, err) == -1)
		goto fail;
	if (!s->followed) {
		if ((q = sq_stmt(s, SQ_CHANGE_OLD, err)) == NULL)
			goto fail;
		sqlite3_bind_int64(q, 1, INT64_MAX);
		sqlite3_bind_int64(q, 2, CHANGES_MAX);
		if (sq_run(s, q, err) == -1)
			goto fail;
	}
	return sq_txn_commit(s, err);
fail:
	sq_txn_abort(s);
	return -1;
}

int
sq_sweep(struct tq_store *st, const char *sweeper, bool force,
    struct tq_swept *out, struct tq_err *err)
{
	static const struct chore ends[] = {
		{ SQ_OVERDUE, 0, 0, end_waiting },
		{ SQ_ALL_EXPIRED, 0, 0, end_lease },
	};
	static const struct chore removes[] = {
		{ SQ_OLD_ENDED, TQ_COMPLETED, TQ_KEEP_MS, remove_one },
		{ SQ_OLD_ENDED, TQ_CANCELLED, TQ_KEEP_MS, remove_one },
		{ SQ_OLD_ENDED, TQ_FAILED, TQ_KEEP_DEAD_MS, remove_one },
		{ SQ_OLD_ENDED, SQ_STATUS_DRAINED, TQ_KEEP_DEAD_MS,
		    remove_one },
		{ SQ_OLD_KEPT, 0, 0, remove_one },
	};
	struct sq *s = sq_of(st);
	size_t i;
	int won;

	*out = (struct tq_swept){ 0 };
	if ((won = become_sweeper(s, sweeper, force, err)) == -1)
		return -1;
	out->skipped = !won;
	if (!won)
		return 0;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (do_chore(s, &ends[i], &out->expired, &out->more,
		    err) == -1)
			return -1;
	if (pay_debts(s, force, out, err) == -1)
		return -1;
	for (i = 0; i < sizeof(removes) / sizeof(removes[0]); i++)
		if (do_chore(s, &removes[i], &out->removed, &out->more,
		    err) == -1)
			return -1;
	if (tidy_tables(s, err) == -1)
		return -1;
	/* A passive checkpoint never makes a writer wait. */
	sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
	    NULL);
	return sq_tidy_blobs(s, &out->blobs, err);
}

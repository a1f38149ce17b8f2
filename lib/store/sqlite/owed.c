/*
 * lib/store/sqlite/owed.c -- what an end means to many children, bit by bit.
 *
 * A debt is told in transactions of SQ_ROUND edges by a thread of the handle
 * that made it (store/payer.h).  One that nobody pays, because that process has
 * died, is taken over by a worker that finds nothing to do, or by a sweep.  As
 * long as there is one, its parent stays as it ended.
 */
#include <time.h>

#include "store/payer.h"
#include "store/sqlite/record.h"

#define REST_MS	100	/* between two rounds, at most */

struct debt {
	int64_t		seq;
	struct sq_end	end;
	struct sq_told	told;
};

/* 1 found, 0 none, -1; see sq_owed_round(). */
static int
find(struct sq *s, const char *id, int64_t idle_ms, struct tq_arena *a,
    struct debt *d, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, id == NULL ? SQ_OWED_NEXT : SQ_OWED_OF,
	    err);
	int rc;

	if (q == NULL)
		return -1;
	if (id != NULL)
		sq_bind_id(q, 1, id);
	/* Another boot's time is of no meaning, and mostly later. */
	sqlite3_bind_int64(q, 2, s->boot - idle_ms + 1);
	sqlite3_bind_int64(q, 3, idle_ms == 0 ? INT64_MIN : s->boot);
	if ((rc = sq_step(s, q, err)) == 1)
		*d = (struct debt){ sqlite3_column_int64(q, 0),
		    { sq_id_text(q, 1, a),
		    (enum tq_status)sqlite3_column_int(q, 2),
		    sqlite3_column_int(q, 3) != 0 },
		    { sqlite3_column_int64(q, 4), sqlite3_column_int64(q, 5) } };
	sqlite3_reset(q);
	return rc;
}

static int
paid(struct sq *s, const struct debt *d, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_OWED_DEL, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, d->seq);
	if (sq_run(s, q, err) == -1 ||
	    (q = sq_stmt(s, SQ_OWED_COUNT, err)) == NULL)
		return -1;
	sqlite3_bind_int(q, 1, -1);
	s->owed--;
	return sq_run(s, q, err);
}

static int
pay_some(struct sq *s, struct debt *d, struct tq_err *err)
{
	int may = sq_round(), rc = sq_edges_tell(s, &d->end, &d->told, &may,
	    err);
	sqlite3_stmt *q;

	if (rc != 0)
		return rc == -1 ? -1 : paid(s, d, err);
	if ((q = sq_stmt(s, SQ_OWED_SET, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, d->seq);
	sqlite3_bind_int64(q, 2, d->told.child);
	sqlite3_bind_int64(q, 3, d->told.n);
	sqlite3_bind_int64(q, 4, s->boot);
	return sq_run(s, q, err);
}

int
sq_owed_round(struct sq *s, const char *id, int64_t idle_ms,
    struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct debt d;
	int rc;

	if (sq_txn_begin(s, err) == -1)
		return -1;
	rc = s->owed == 0 ? 0 : find(s, id, idle_ms, &a, &d, err);
	if (rc == 1 && (pay_some(s, &d, err) == -1 ||
	    sq_edges_settle(s, err) == -1 || sq_txn_commit(s, err) == -1))
		rc = -1;
	sq_txn_abort(s);
	tq_arena_free(&a);
	return rc;
}

int
sq_owed_first(struct sq *s, const char *id, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct debt d;
	int rc = 0;

	while (s->owed > 0 && (rc = find(s, id, 0, &a, &d, err)) == 1 &&
	    (rc = pay_some(s, &d, err)) == 0)
		;
	tq_arena_free(&a);
	return rc;
}

int
sq_owed_look(struct sq *s, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct debt d;
	int rc = s->owed == 0 ? 0 : find(s, NULL, SQ_OWED_MS, &a, &d, err);

	if (rc == 1)
		s->owes = true;
	tq_arena_free(&a);
	return rc == -1 ? -1 : 0;
}

/* -- the thread ------------------------------------------------------------- */

static struct tq_store *
open_own(const struct tq_store *st)
{
	struct tq_store *own;

	return sq_open(st->url, st->env, TQ_OPEN_WRITE, &own, NULL) == -1 ?
	    NULL : own;
}

/* As long a rest as the round took leaves half of the time to others. */
static bool
pay(struct tq_store *own, const char *what)
{
	int64_t from = tq_mono_us(), us;
	bool more = sq_owed_round(sq_of(own), NULL, 0, NULL) == 1;

	(void)what;
	if (more) {
		us = tq_mono_us() - from;
		if (us > REST_MS * 1000)
			us = REST_MS * 1000;
		nanosleep(&(struct timespec){ 0, us * 1000 }, NULL);
	}
	return more;
}

int
sq_commit(struct sq *s, struct tq_err *err)
{
	static const struct tq_payer_ops ops = { open_own, sq_close, pay };

	if (sq_edges_settle(s, err) == -1) {
		sq_txn_abort(s);
		return -1;
	}
	if (sq_txn_commit(s, err) == -1)
		return -1;
	if (s->owes)
		tq_payer_tell(&s->payer, &ops, &s->base, "");
	s->owes = false;
	return 0;
}

/* lib/store/sqlite/finish.c -- leases renewed and ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/record.h"
#include "store/unread.h"

/*
 * The lease of ${id}: 1, with the state alone in ${row}, or 0 when it is not
 * leased; then ${code} and ${status} say what it is instead.
 */
static int
read_lease(struct sq *s, const char *id, struct tq_arena *a,
    struct sq_row *row, enum tq_code *code, enum tq_status *status,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_HELD_LEASE, err);
	int rc;

	if (q == NULL)
		return -1;
	sq_bind_id(q, 1, id);
	if ((rc = sq_step(s, q, err)) == 1)
		sq_row_read_lease(s, q, a, row);
	sqlite3_reset(q);
	*code = TQ_OK;
	*status = TQ_RUNNING;
	if (rc != 0)
		return rc;
	if ((rc = sq_row_by_id(s, id, a, row, err)) == -1)
		return -1;
	*code = rc == 0 ? TQ_E_NOTFOUND : TQ_E_LOST;
	*status = rc == 0 ? TQ_PENDING : row->t.status;
	return 0;
}

static int
extend_one(struct sq *s, const struct tq_extend *in, struct tq_arena *a,
    struct tq_extended *out, struct tq_err *err)
{
	struct tq_turned turned;
	enum tq_status status;
	struct sq_row row;
	struct tq_task t;
	int rc;

	out->cancel_requested = false;
	rc = read_lease(s, in->id, a, &row, &out->code, &status, err);
	if (rc != 1)
		return rc;
	t = row.t;
	turned = tq_turn_extend(&t, in, s->wall);
	out->code = turned.code;
	out->cancel_requested = t.cancel_requested;
	return turned.write ? sq_put(s, &row, &t, NULL, err) : 0;
}

int
sq_extend(struct tq_store *st, const struct tq_extend *in, size_t n,
    struct tq_extended *out, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	struct tq_arena a = TQ_ARENA_INIT;
	size_t i;
	int rc = 0;

	if (sq_txn_begin(s, err) == -1)
		return -1;
	for (i = 0; rc == 0 && i < n; i++)
		rc = extend_one(s, &in[i], &a, &out[i], err);
	tq_arena_free(&a);
	if (rc == 0)
		return sq_txn_commit(s, err);
	sq_txn_abort(s);
	return -1;
}

/* A completion needs the state alone, unless the task has a --keep, or others
   wait for it; what is to wait or die is read whole. */
static int
read_whole(struct sq *s, const struct tq_finish *in, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err)
{
	if (!row->partial || (in->how == TQ_COMPLETE &&
	    row->t.keep_ms == 0 && row->t.edges == 0))
		return 0;
	return sq_row_by_rid(s, row->rid, a, row, err) == -1 ? -1 : 0;
}

/*
 * A completion of a lease that this handle gave out, and that nobody has
 * touched: one conditional write, and no read.  1 done, 0 it is to be read.
 */
static int
finish_memo(struct sq *s, const struct tq_finish *in, const struct sq_body *b,
    struct tq_arena *a, struct tq_answer *out, struct tq_err *err)
{
	struct sq_row row;
	struct tq_task t;

	if (in->how != TQ_COMPLETE || !sq_memo_find(s, in->token, in->claim,
	    &row))
		return 0;
	t = row.t;
	if (tq_turn_finish(&t, in, s->wall, s->expiry, a).code != TQ_OK)
		return 0;
	*out = (struct tq_answer){ TQ_OK, t.status };
	return sq_put_ended(s, &row, &t, b, err);
}

static int
finish_read(struct sq *s, const struct tq_finish *in, const struct sq_body *b,
    struct tq_arena *a, struct tq_answer *out, struct tq_err *err)
{
	struct tq_turned turned;
	struct sq_row row;
	struct tq_task t;
	int rc = read_lease(s, in->id, a, &row, &out->code, &out->status, err);

	if (rc == -1 || (rc == 1 && read_whole(s, in, a, &row, err) == -1))
		return -1;
	t = row.t;
	if (rc == 1) {
		turned = tq_turn_finish(&t, in, s->wall, s->expiry, a);
		out->code = turned.code;
		out->status = t.status;
	}
	if (out->code == TQ_OK)
		return sq_put(s, &row, &t, t.status == TQ_COMPLETED ? b :
		    NULL, err);
	if (b->place == SQ_BLOB)
		sq_trash(s, b->name);
	return 0;
}

static int
finish_one(struct sq *s, const struct tq_finish *in, const struct sq_body *b,
    struct tq_arena *a, struct tq_answer *out, struct tq_err *err)
{
	int rc = finish_memo(s, in, b, a, out, err);

	return rc == 0 ? finish_read(s, in, b, a, out, err) :
	    rc == 1 ? 0 : -1;
}

static int
place_all(struct sq *s, const struct tq_finish *in, size_t n,
    struct sq_body *bodies, struct tq_err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (in[i].how != TQ_COMPLETE)
			continue;
		if (in[i].result.n > TQ_BODY_MAX)
			snprintf(bodies[i].name, sizeof(bodies[i].name),
			    "%s/%s/%llu/result-%llx", in[i].queue, in[i].id,
			    (unsigned long long)in[i].token,
			    (unsigned long long)in[i].claim);
		if (sq_body_place(s, in[i].result, &bodies[i], err) == -1 &&
		    (err == NULL || err->code != TQ_E_TAKEN))
			return -1;
	}
	return 0;
}

int
sq_finish(struct tq_store *st, const struct tq_finish *in, size_t n,
    struct tq_answer *out, const struct tq_claim *next,
    struct tq_claimed *got, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	struct sq_body *bodies = calloc(n + 1, sizeof(*bodies));
	struct tq_arena a = TQ_ARENA_INIT;
	struct sq_row *rows = NULL;
	size_t i;
	int rc = -1;

	if (bodies == NULL)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
	if (place_all(s, in, n, bodies, err) == -1 ||
	    sq_txn_begin(s, err) == -1)
		goto out;
	for (i = 0; i < n; i++)
		if (finish_one(s, &in[i], &bodies[i], &a, &out[i],
		    err) == -1)
			goto out;
	/* Those that waited for what has ended can be claimed at once. */
	if (next != NULL && (sq_edges_settle(s, err) == -1 ||
	    sq_claim_in_txn(s, next, got, &rows, err) == -1))
		goto out;
	rc = sq_commit(s, err);
	if (rc == 0 && next != NULL && sq_claim_load(s, got, rows, n > 0 ?
	    NULL : err) == -1) {
		tq_unread_release(st, got);
		/* The ends are written; the next claim will say what is wrong. */
		got->n = 0;
		got->more = true;
		rc = n > 0 ? 0 : -1;
	}
out:
	sq_txn_abort(s);
	tq_arena_free(&a);
	free(bodies);
	return rc;
}

/* lib/store/sqlite/finish.c -- leases renewed and ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/sqlite.h"

/* What a change needs to know of a record. */
struct head {
	int64_t		rid, lane;
	int		status, flags, attempts;
	uint64_t	token, claim;
	struct tq_task	t;		/* the fields of `became' only */
};

/* 1 found, 0 none, -1. */
static int
read_head(struct sq *s, const char *id, struct tq_arena *a, struct head *h,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_HEAD_BY_ID, err);
	int rc;

	if (q == NULL)
		return -1;
	sq_bind_id(q, 1, id);
	if ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		h->rid = sqlite3_column_int64(q, 0);
		h->lane = sqlite3_column_int64(q, 1);
		h->status = sqlite3_column_int(q, 2);
		h->flags = sqlite3_column_int(q, 3);
		h->token = (uint64_t)sqlite3_column_int64(q, 4);
		h->claim = (uint64_t)sqlite3_column_int64(q, 5);
		h->attempts = sqlite3_column_int(q, 7);
		memset(&h->t, 0, sizeof(h->t));
		sq_read_became((const char *)sqlite3_column_text(q, 8), a,
		    &h->t);
		rc = 1;
	} else {
		rc = rc == SQLITE_DONE ? 0 : sq_fail(s, err, "read");
	}
	sqlite3_reset(q);
	return rc;
}

/* Does the caller still hold the lease it speaks of?  As read_head(). */
static int
read_held(struct sq *s, const char *id, uint64_t token, uint64_t claim,
    struct tq_arena *a, struct head *h, enum tq_code *code,
    struct tq_err *err)
{
	int rc = read_head(s, id, a, h, err);

	if (rc == -1)
		return -1;
	*code = rc == 0 ? TQ_E_NOTFOUND : h->status != TQ_RUNNING ||
	    h->token != token || h->claim != claim ? TQ_E_LOST : TQ_OK;
	return 0;
}

static int
extend_one(struct sq *s, const struct tq_extend *in, struct tq_arena *a,
    struct tq_extended *out, struct tq_err *err)
{
	sqlite3_stmt *q;
	struct head h;

	out->cancel_requested = false;
	if (read_held(s, in->id, in->token, in->claim, a, &h, &out->code,
	    err) == -1)
		return -1;
	if (out->code != TQ_OK)
		return 0;
	out->cancel_requested = (h.flags & SQ_CANCEL) != 0;
	if ((q = sq_stmt(s, SQ_EXTEND, err)) == NULL)
		return -1;
	if (in->progress.n > 0)
		h.t.progress = in->progress;
	if (in->log != NULL)
		h.t.log = in->log;
	sqlite3_bind_int64(q, 1, h.rid);
	sqlite3_bind_int64(q, 2, s->boot + in->lease_ms);
	sqlite3_bind_int64(q, 3, s->wall);
	sq_bind_became(q, 4, &h.t, &s->text[0]);
	sq_bind_seq(s, q, 5);
	return sq_run(s, q, err);
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

/* A result on its way: where it goes, and its name if it is a blob. */
struct body {
	enum sq_place	place;
	char		name[TQ_QUEUE_MAX + TQ_NAME_MAX + 64];
};

static int
complete(struct sq *s, const struct tq_finish *in, struct head *h,
    const struct body *b, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_COMPLETE, err);
	struct tq_task t = { .output = in->output,
	    .output_size = in->output_size, .log = in->log != NULL ? in->log :
	    h->t.log };
	int flags = h->flags & ~(SQ_RESULT_MASK | SQ_ALONE | SQ_PREFETCHED |
	    SQ_CANCEL | SQ_CRASHES_MASK);

	if (q == NULL)
		return -1;
	flags |= SQ_RKIND(in->result_kind) | SQ_RPLACE(b->place);
	sqlite3_bind_int64(q, 1, h->rid);
	sqlite3_bind_int64(q, 2, s->wall);
	sqlite3_bind_int(q, 3, flags);
	sq_bind_became(q, 4, &t, &s->text[0]);
	if (in->result_kind == TQ_KIND_NONE)
		sqlite3_bind_null(q, 5);
	else
		sq_bind_body(q, 5, b->place, in->result, b->name, &s->text[1]);
	sq_bind_seq(s, q, 6);
	if (sq_run(s, q, err) == -1)
		return -1;
	return b->place != SQ_BODY ? 0 :
	    sq_body_store(s, h->rid, SQ_RESULT, in->result, err);
}

static int
end_status(const struct tq_finish *in, const struct head *h)
{
	if (in->how == TQ_FAIL)
		return TQ_FAILED;
	if (in->how == TQ_CANCEL || (h->flags & SQ_CANCEL) != 0)
		return TQ_CANCELLED;
	return in->how == TQ_RETRY ? TQ_RETRYING : TQ_PENDING;
}

/* RETRY, FAIL, CANCEL, RELEASE. */
static int
end(struct sq *s, const struct tq_finish *in, struct head *h, int to,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_END, err);
	bool back = in->how == TQ_RELEASE && in->give_back && h->attempts > 0;
	int64_t at = s->wall;

	if (q == NULL)
		return -1;
	if ((to == TQ_PENDING || to == TQ_RETRYING) && in->not_before > at)
		at = in->not_before;
	if (in->reason != NULL) {
		h->t.reason = in->reason;
		h->t.err_stage = in->err_stage;
		h->t.err_code = in->err_code;
	}
	if (in->log != NULL)
		h->t.log = in->log;
	if (in->give_up_at != 0)
		h->t.give_up_at = in->give_up_at;
	h->t.progress = TQ_SPAN_NONE;
	sqlite3_bind_int64(q, 1, h->rid);
	sqlite3_bind_int(q, 2, to);
	sqlite3_bind_int64(q, 3, at);
	sqlite3_bind_int(q, 4, h->attempts - back);
	/* An attempt that ended in order clears suspicion. */
	sqlite3_bind_int(q, 5, h->flags & ~(SQ_ALONE | SQ_PREFETCHED |
	    SQ_CANCEL | SQ_CRASHES_MASK));
	sqlite3_bind_int64(q, 6, s->wall);
	sq_bind_became(q, 7, &h->t, &s->text[0]);
	sq_bind_seq(s, q, 8);
	return sq_run(s, q, err);
}

static int
finish_one(struct sq *s, const struct tq_finish *in, const struct body *b,
    struct tq_arena *a, struct tq_answer *out, struct tq_err *err)
{
	struct head h;
	int to;

	if (read_held(s, in->id, in->token, in->claim, a, &h, &out->code,
	    err) == -1)
		return -1;
	out->status = out->code == TQ_E_NOTFOUND ? TQ_PENDING :
	    (enum tq_status)h.status;
	if (out->code != TQ_OK) {
		if (b->place == SQ_BLOB)
			sq_trash(s, b->name);
		return 0;
	}
	to = in->how == TQ_COMPLETE ? TQ_COMPLETED : end_status(in, &h);
	if ((to == TQ_COMPLETED ? complete(s, in, &h, b, err) :
	    end(s, in, &h, to, err)) == -1)
		return -1;
	out->status = (enum tq_status)to;
	if (to == TQ_PENDING || to == TQ_RETRYING)
		sq_ring(s, in->queue);
	return sq_move(s, h.lane, TQ_RUNNING, to, err);
}

static int
place_all(struct sq *s, const struct tq_finish *in, size_t n,
    struct body *bodies, struct tq_err *err)
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
		if (sq_body_place(s, in[i].result, bodies[i].name,
		    &bodies[i].place, err) == -1 &&
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
	struct body *bodies = calloc(n + 1, sizeof(*bodies));
	struct tq_arena a = TQ_ARENA_INIT;
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
	if (next != NULL && sq_claim_in_txn(s, next, got, err) == -1)
		goto out;
	rc = sq_txn_commit(s, err);
out:
	sq_txn_abort(s);
	tq_arena_free(&a);
	free(bodies);
	return rc;
}

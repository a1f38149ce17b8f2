/* lib/store/sqlite/change.c -- cancel, redrive, purge, edit. */
#include <stdio.h>
#include <string.h>

#include "store/sqlite/sqlite.h"
#include "task/turn.h"

/* What the verbs below have in common: look, decide, write one record. */
typedef int change_fn(struct sq *s, struct sq_row *row, const void *item,
    struct tq_answer *out, struct tq_err *err);

static int
change_one(struct sq *s, const char *id, uint64_t rev, change_fn *fn,
    const void *item, struct tq_answer *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct sq_row row;
	int rc = sq_row_by_id(s, id, &a, &row, err);

	if (rc == 0) {
		*out = (struct tq_answer){ TQ_E_NOTFOUND, TQ_PENDING };
	} else if (rc == 1) {
		*out = (struct tq_answer){ TQ_OK, row.t.status };
		rc = 0;
		if (rev != 0 && rev != row.t.rev)
			out->code = TQ_E_LOST;
		else
			rc = fn(s, &row, item, out, err);
	}
	tq_arena_free(&a);
	return rc;
}

/* Write a new status; what became of it before is forgotten but the log. */
static int
set_state(struct sq *s, const struct sq_row *row, int to, int attempts,
    int flags, struct tq_err *err)
{
	struct tq_task t = { .log = row->t.log };
	sqlite3_stmt *q = sq_stmt(s, SQ_STATE, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, row->rid);
	sqlite3_bind_int(q, 2, to);
	sqlite3_bind_int64(q, 3, s->wall);
	sqlite3_bind_int(q, 4, attempts);
	sqlite3_bind_int(q, 5, flags & ~SQ_CRASHES_MASK);
	sq_bind_became(q, 6, &t, &s->text[0]);
	sq_bind_seq(s, q, 7);
	if (sq_run(s, q, err) == -1)
		return -1;
	return sq_move(s, row->lane, sq_tally_status((int)row->t.status,
	    row->flags), sq_tally_status(to, flags), err);
}

/* RUNNING keeps its token: its worker must learn, and may still complete. */
static int
ask_to_cancel(struct sq *s, const struct sq_row *row, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_FLAG, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, row->rid);
	sqlite3_bind_int(q, 2, row->flags | SQ_CANCEL);
	sqlite3_bind_int64(q, 3, s->wall);
	sq_bind_seq(s, q, 4);
	return sq_run(s, q, err);
}

static int
cancel_one(struct sq *s, struct sq_row *row, const void *item,
    struct tq_answer *out, struct tq_err *err)
{
	(void)item;
	if (TQ_BIT(row->t.status) & TQ_WAITING) {
		out->status = TQ_CANCELLED;
		return set_state(s, row, TQ_CANCELLED, row->t.attempts,
		    row->flags, err);
	}
	if (row->t.status == TQ_RUNNING)
		return ask_to_cancel(s, row, err);
	if (row->t.status != TQ_CANCELLED)
		out->code = TQ_E_STATE;
	return 0;
}

static int
redrive_one(struct sq *s, struct sq_row *row, const void *item,
    struct tq_answer *out, struct tq_err *err)
{
	(void)item;
	if (!tq_status_may(row->t.status, TQ_PENDING) ||
	    row->t.status == TQ_RUNNING) {
		out->code = TQ_E_STATE;
		return 0;
	}
	out->status = TQ_PENDING;
	sq_ring(s, row->t.queue);
	return set_state(s, row, TQ_PENDING, 0, row->flags & ~(SQ_DRAINED |
	    SQ_CANCEL | SQ_ALONE | SQ_PREFETCHED), err);
}

static int
purge_one(struct sq *s, struct sq_row *row, const void *item,
    struct tq_answer *out, struct tq_err *err)
{
	(void)item;
	if ((TQ_BIT(row->t.status) & TQ_FINISHED) == 0) {
		out->code = TQ_E_STATE;
		return 0;
	}
	return sq_remove(s, row, err);
}

int
sq_remove(struct sq *s, const struct sq_row *row, struct tq_err *err)
{
	sqlite3_stmt *q;

	if (sq_bodies_drop(s, row, err) == -1 ||
	    (q = sq_stmt(s, SQ_DELETE, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, row->rid);
	if (sq_run(s, q, err) == -1)
		return -1;
	return sq_move(s, row->lane, sq_tally_status((int)row->t.status,
	    row->flags), -1, err);
}

/* The new payload goes where its size belongs; the old place is emptied. */
static int
edit_payload(struct sq *s, const struct sq_row *row, const struct tq_edit *e,
    int flags, struct tq_err *err)
{
	char name[TQ_QUEUE_MAX + TQ_NAME_MAX + 64];
	struct sq_row old = *row;
	enum sq_place place;
	sqlite3_stmt *q;

	snprintf(name, sizeof(name), "%s/%s/%llu/payload", row->t.queue,
	    row->t.id, (unsigned long long)row->t.token + 1);
	if (sq_body_place(s, e->payload, name, &place, err) == -1)
		return -1;
	if (place == SQ_BODY && sq_body_store(s, row->rid, SQ_PAYLOAD,
	    e->payload, err) == -1)
		return -1;
	if (SQ_GET_PPLACE(old.flags) == SQ_BLOB)
		sq_trash(s, old.blob[SQ_PAYLOAD]);
	flags &= ~(SQ_PKIND(3) | SQ_PPLACE(3));
	flags |= SQ_PKIND(e->payload_kind) | SQ_PPLACE(place);
	if ((q = sq_stmt(s, SQ_EDIT, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, row->rid);
	sqlite3_bind_int(q, 2, flags);
	sqlite3_bind_int64(q, 3, s->wall);
	sq_bind_body(q, 4, place, e->payload, name, &s->text[0]);
	sq_bind_seq(s, q, 5);
	return sq_run(s, q, err);
}

static int
edit_one(struct sq *s, struct sq_row *row, const void *item,
    struct tq_answer *out, struct tq_err *err)
{
	const struct tq_edit *e = item;
	int flags = row->flags;
	sqlite3_stmt *q;

	if (row->t.status != TQ_FAILED) {
		out->code = TQ_E_STATE;
		return 0;
	}
	if (e->drained > 0)
		flags |= SQ_DRAINED;
	else if (e->drained < 0)
		flags &= ~SQ_DRAINED;
	if (sq_move(s, row->lane, sq_tally_status(TQ_FAILED, row->flags),
	    sq_tally_status(TQ_FAILED, flags), err) == -1)
		return -1;
	if (e->payload_kind != TQ_KIND_NONE)
		return edit_payload(s, row, e, flags, err);
	if ((q = sq_stmt(s, SQ_MARK, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, row->rid);
	sqlite3_bind_int(q, 2, flags);
	sqlite3_bind_int64(q, 3, s->wall);
	sq_bind_seq(s, q, 4);
	return sq_run(s, q, err);
}

int
sq_cancel(struct tq_store *st, const char *const *ids, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	size_t i;

	if (sq_txn_begin(s, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (change_one(s, ids[i], 0, cancel_one, NULL, &out[i], err) ==
		    -1) {
			sq_txn_abort(s);
			return -1;
		}
	return sq_txn_commit(s, err);
}

static int
change_refs(struct tq_store *st, const struct tq_ref *refs, size_t n,
    change_fn *fn, struct tq_answer *out, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	size_t i;

	if (sq_txn_begin(s, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (change_one(s, refs[i].id, refs[i].rev, fn, NULL, &out[i],
		    err) == -1) {
			sq_txn_abort(s);
			return -1;
		}
	return sq_txn_commit(s, err);
}

int
sq_redrive(struct tq_store *st, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	return change_refs(st, refs, n, redrive_one, out, err);
}

int
sq_purge(struct tq_store *st, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	return change_refs(st, refs, n, purge_one, out, err);
}

int
sq_edit(struct tq_store *st, const struct tq_edit *in, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	size_t i;

	if (sq_txn_begin(s, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (change_one(s, in[i].ref.id, in[i].ref.rev, edit_one,
		    &in[i], &out[i], err) == -1) {
			sq_txn_abort(s);
			return -1;
		}
	return sq_txn_commit(s, err);
}

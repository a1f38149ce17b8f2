/* lib/store/sqlite/submit.c -- new records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/sqlite.h"

/* 0 is "none", and NULL takes no room in the row. */
static void
bind_opt(sqlite3_stmt *q, int i, int64_t v)
{
	if (v == 0)
		sqlite3_bind_null(q, i);
	else
		sqlite3_bind_int64(q, i, v);
}

/* A payload on its way: where it goes, and its name if it is a blob. */
struct body {
	enum sq_place	place;
	char		name[TQ_QUEUE_MAX + TQ_NAME_MAX + 64];
};

/* The parameters from lane on are those of SQ_INSERT and of SQ_REPLACE. */
static void
bind_request(struct sq *s, sqlite3_stmt *q, int i, const struct tq_task *t,
    int64_t lane, const struct body *b)
{
	int64_t due = t->not_before > s->wall ? t->not_before : s->wall;

	sqlite3_bind_int64(q, i++, lane);
	sqlite3_bind_int64(q, i++, due);
	sqlite3_bind_int(q, i++, t->prio);
	sqlite3_bind_int(q, i++, SQ_PKIND(t->payload_kind) |
	    SQ_PPLACE(b->place));
	sqlite3_bind_int64(q, i++, s->wall);
	bind_opt(q, i++, t->expires_at);
	if (t->submit_id == NULL)
		sqlite3_bind_null(q, i++);
	else
		sqlite3_bind_int64(q, i++, (int64_t)strtoull(t->submit_id,
		    NULL, 16));
	sq_bind_seq(s, q, i++);
	sq_bind_asked(q, i++, t, &s->text[0]);
	sq_bind_body(q, i, b->place, t->payload, b->name, &s->text[1]);
}

static int
after_write(struct sq *s, const struct tq_task *t, int64_t rid,
    const struct body *b, struct tq_err *err)
{
	if (b->place == SQ_BODY && sq_body_store(s, rid, SQ_PAYLOAD,
	    t->payload, err) == -1)
		return -1;
	sq_ring(s, t->queue);
	return 0;
}

/* The id is dead (or expired): its record starts anew with this request. */
static int
replace(struct sq *s, const struct tq_task *t, int64_t lane,
    const struct sq_row *old, const struct body *b, struct tq_err *err)
{
	sqlite3_stmt *q;

	if (sq_bodies_drop(s, old, err) == -1 ||
	    (q = sq_stmt(s, SQ_REPLACE, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, old->rid);
	bind_request(s, q, 2, t, lane, b);
	if (sq_run(s, q, err) == -1)
		return -1;
	if (sq_move(s, old->lane, sq_tally_status((int)old->t.status,
	    old->flags), -1, err) == -1 ||
	    sq_move(s, lane, -1, TQ_PENDING, err) == -1)
		return -1;
	return after_write(s, t, old->rid, b, err);
}

/* The id is there already: what does that mean? */
static int
clash(struct sq *s, const struct tq_submit *in, int64_t lane,
    const struct body *b, struct tq_submitted *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct sq_row old;
	bool dead;
	int rc = sq_row_by_id(s, in->task->id, &a, &old, err);

	if (rc == -1)
		goto out;
	out->status = old.t.status;
	out->code = tq_submit_clash(&old.t, in->task, in->keyed);
	dead = old.t.status == TQ_FAILED || old.t.status == TQ_CANCELLED;
	if (rc == 0 || (dead && in->replace_dead)) {
		rc = replace(s, in->task, lane, &old, b, err);
		out->what = TQ_STORED;
		out->code = TQ_OK;
		out->status = TQ_PENDING;
		goto out;
	}
	rc = 0;
	if (out->code != TQ_OK)
		out->what = TQ_REFUSED;
	else if (old.t.submit_id != NULL && in->task->submit_id != NULL &&
	    strcmp(old.t.submit_id, in->task->submit_id) == 0)
		out->what = TQ_STORED;
	else
		out->what = TQ_EXISTS;
	if (b->place == SQ_BLOB && out->what != TQ_STORED)
		sq_trash(s, b->name);
out:
	tq_arena_free(&a);
	return rc;
}

static int
submit_one(struct sq *s, const struct tq_submit *in, const struct body *b,
    struct tq_submitted *out, struct tq_err *err)
{
	const struct tq_task *t = in->task;
	sqlite3_stmt *q;
	int64_t lane;

	*out = (struct tq_submitted){ TQ_STORED, TQ_OK, TQ_PENDING };
	if (sq_lane_find(s, t->queue, t->type, true, &lane, err) == -1 ||
	    (q = sq_stmt(s, SQ_INSERT, err)) == NULL)
		return -1;
	sq_bind_id(q, 1, t->id);
	bind_request(s, q, 2, t, lane, b);
	if (sq_run(s, q, err) == -1)
		return -1;
	if (sqlite3_changes(s->db) == 0)
		return clash(s, in, lane, b, out, err);
	if (sq_move(s, lane, -1, TQ_PENDING, err) == -1)
		return -1;
	return after_write(s, t, sqlite3_last_insert_rowid(s->db), b, err);
}

/* Blobs are written before the transaction: they are synced one by one. */
static int
place_all(struct sq *s, const struct tq_submit *in, size_t n,
    struct body *bodies, struct tq_err *err)
{
	const struct tq_task *t;
	size_t i;

	for (i = 0; i < n; i++) {
		t = in[i].task;
		if (t->payload.n > TQ_BODY_MAX)
			snprintf(bodies[i].name, sizeof(bodies[i].name),
			    "%s/%s/%s/payload", t->queue, t->id,
			    t->submit_id != NULL ? t->submit_id : "0");
		if (sq_body_place(s, t->payload, bodies[i].name,
		    &bodies[i].place, err) == -1)
			return -1;
	}
	return 0;
}

int
sq_submit(struct tq_store *st, const struct tq_submit *in, size_t n,
    struct tq_submitted *out, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	struct body *bodies = calloc(n, sizeof(*bodies));
	size_t i;
	int rc = -1;

	if (bodies == NULL)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
	if (place_all(s, in, n, bodies, err) == -1 ||
	    sq_txn_begin(s, err) == -1)
		goto out;
	for (i = 0; i < n; i++)
		if (submit_one(s, &in[i], &bodies[i], &out[i], err) == -1)
			goto out;
	rc = sq_txn_commit(s, err);
out:
	sq_txn_abort(s);
	free(bodies);
	return rc;
}

/*
 * lib/store/sqlite/record.c -- a record is written, moved, removed.
 *
 * lib/task/turn decides the fate of a record; here it is written where
 * it belongs: a row of `task' for what was asked, a row of the table that says
 * where it is in its life.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store/sqlite/record.h"

/* 0 is "none", and NULL takes no room in the row. */
static void
bind_opt(sqlite3_stmt *q, int i, int64_t v)
{
	if (v == 0)
		sqlite3_bind_null(q, i);
	else
		sqlite3_bind_int64(q, i, v);
}

static void
bind_text(sqlite3_stmt *q, int i, const char *s)
{
	if (s == NULL)
		sqlite3_bind_null(q, i);
	else
		sqlite3_bind_text(q, i, s, -1, SQLITE_STATIC);
}

/* -- the state tables -------------------------------------------------------- */

static int
flags_of(const struct tq_task *t, const struct sq_body *result)
{
	return (t->alone ? SQ_ALONE : 0) |
	    (t->prefetched ? SQ_PREFETCHED : 0) |
	    (t->cancel_requested ? SQ_CANCEL : 0) |
	    (t->held ? SQ_HELD : 0) | (t->edges != 0 ? SQ_EDGES : 0) | (t->keep_ms != 0 ? SQ_KEEPS : 0) |
	    SQ_CRASHES(t->crashes & 3) | SQ_STOPS(t->stops & 31) |
	    SQ_RKIND(t->result_kind) |
	    SQ_RPLACE(result != NULL ? result->place : SQ_INLINE);
}

static int
add_ready(struct sq *s, const struct sq_row *r, const struct tq_task *t,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_READY_ADD, err);
	struct sq_key k = sq_key_of(t);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, r->lane);
	sqlite3_bind_int(q, 2, k.prio);
	sqlite3_bind_int(q, 3, k.late);
	sqlite3_bind_int64(q, 4, k.at);
	sqlite3_bind_int64(q, 5, r->rid);
	sqlite3_bind_int(q, 6, (int)t->status);
	sqlite3_bind_int64(q, 7, (int64_t)t->token);
	sqlite3_bind_int64(q, 8, (int64_t)t->rev);
	sqlite3_bind_int(q, 9, t->attempts);
	sqlite3_bind_int(q, 10, flags_of(t, NULL));
	sqlite3_bind_int64(q, 11, t->updated_at);
	bind_opt(q, 12, t->expires_at);
	bind_opt(q, 13, k.late && t->due_since < k.at ? t->due_since : 0);
	sq_bind_became(q, 14, t, SQ_IN_READY, &s->text[0]);
	sq_ring(s, t->queue);
	return sq_run(s, q, err);
}

static int
add_lease(struct sq *s, const struct sq_row *r, const struct tq_task *t,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_LEASE_ADD, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, r->rid);
	sqlite3_bind_int64(q, 2, r->lane);
	sqlite3_bind_int64(q, 3, s->boot + (t->lease_until - s->wall));
	sqlite3_bind_int64(q, 4, (int64_t)t->token);
	sqlite3_bind_int64(q, 5, (int64_t)t->claim);
	sqlite3_bind_int64(q, 6, (int64_t)t->rev);
	sqlite3_bind_int(q, 7, t->attempts);
	sqlite3_bind_int(q, 8, flags_of(t, NULL));
	sqlite3_bind_int64(q, 9, t->updated_at);
	bind_opt(q, 10, t->started_at);
	bind_text(q, 11, t->worker);
	sq_bind_became(q, 12, t, SQ_IN_LEASE, &s->text[0]);
	return sq_run(s, q, err);
}

static int
add_ended(struct sq *s, const struct sq_row *r, const struct tq_task *t,
    const struct sq_body *result, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_ENDED_ADD, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, r->rid);
	sqlite3_bind_int64(q, 2, r->lane);
	sqlite3_bind_int(q, 3, sq_tally_of(t));
	sqlite3_bind_int64(q, 4, t->finished_at);
	sqlite3_bind_int64(q, 5, (int64_t)t->token);
	sqlite3_bind_int64(q, 6, (int64_t)t->rev);
	sqlite3_bind_int(q, 7, t->attempts);
	sqlite3_bind_int(q, 8, flags_of(t, result));
	sqlite3_bind_int64(q, 9, t->updated_at);
	bind_opt(q, 10, t->started_at);
	bind_text(q, 11, t->worker);
	bind_opt(q, 12, t->keep_ms != 0 && t->status != TQ_FAILED ?
	    t->keep_until : 0);
	sq_bind_became(q, 13, t, SQ_IN_ENDED, &s->text[0]);
	if (t->result_kind == TQ_KIND_NONE)
		sqlite3_bind_null(q, 14);
	else
		sq_bind_body(q, 14, t->result, result, &s->text[1]);
	if (sq_run(s, q, err) == -1)
		return -1;
	return result == NULL || result->place != SQ_BODY ? 0 :
	    sq_body_store(s, r->rid, SQ_RESULT, t->result, err);
}

static int
add_parked(struct sq *s, const struct sq_row *r, const struct tq_task *t,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_PARKED_ADD, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, r->rid);
	sqlite3_bind_int64(q, 2, r->lane);
	sqlite3_bind_int(q, 3, (int)t->status);
	sqlite3_bind_int64(q, 4, sq_key_of(t).at);
	sqlite3_bind_int64(q, 5, (int64_t)t->token);
	sqlite3_bind_int64(q, 6, (int64_t)t->rev);
	sqlite3_bind_int(q, 7, t->attempts);
	sqlite3_bind_int(q, 8, flags_of(t, NULL));
	sqlite3_bind_int64(q, 9, t->updated_at);
	bind_opt(q, 10, t->expires_at);
	sq_bind_became(q, 11, t, SQ_IN_PARKED, &s->text[0]);
	return sq_run(s, q, err);
}

static int
add_state(struct sq *s, const struct sq_row *r, const struct tq_task *t,
    const struct sq_body *result, struct tq_err *err)
{
	switch (sq_home_of(t)) {
	case SQ_IN_READY:
		return add_ready(s, r, t, err);
	case SQ_IN_LEASE:
		return add_lease(s, r, t, err);
	case SQ_IN_ENDED:
		return add_ended(s, r, t, result, err);
	default:
		return add_parked(s, r, t, err);
	}
}

static int
del_state(struct sq *s, const struct sq_row *r, struct tq_err *err)
{
	static const enum sq_stmt stmts[SQ_HOMES] = { SQ_READY_DEL,
	    SQ_LEASE_DEL, SQ_ENDED_DEL, SQ_PARKED_DEL };
	sqlite3_stmt *q = sq_stmt(s, stmts[r->home], err);

	if (q == NULL)
		return -1;
	if (r->home == SQ_IN_READY) {
		sqlite3_bind_int64(q, 1, r->lane);
		sqlite3_bind_int(q, 2, r->key.prio);
		sqlite3_bind_int(q, 3, r->key.late);
		sqlite3_bind_int64(q, 4, r->key.at);
		sqlite3_bind_int64(q, 5, r->rid);
	} else {
		sqlite3_bind_int64(q, 1, r->rid);
	}
	return sq_run(s, q, err);
}

/* The key of a waiting record, where `task' repeats it. */
static int
put_key(struct sq *s, const struct sq_row *r, const struct tq_task *t,
    struct tq_err *err)
{
	struct sq_key k = sq_key_of(t);
	sqlite3_stmt *q;

	if (k.prio == r->key.prio && k.late == r->key.late &&
	    k.at == r->key.at)
		return 0;
	if ((q = sq_stmt(s, SQ_TASK_KEY, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, r->rid);
	sqlite3_bind_int(q, 2, k.prio);
	sqlite3_bind_int(q, 3, k.late);
	sqlite3_bind_int64(q, 4, k.at);
	return sq_run(s, q, err);
}

/* A renewed lease, or one that is asked to end. */
static int
put_lease(struct sq *s, const struct sq_row *r, const struct tq_task *t,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_LEASE_SET, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, r->rid);
	sqlite3_bind_int64(q, 2, s->boot + (t->lease_until - s->wall));
	sqlite3_bind_int64(q, 3, (int64_t)t->rev);
	sqlite3_bind_int(q, 4, flags_of(t, NULL));
	sqlite3_bind_int64(q, 5, t->updated_at);
	sq_bind_became(q, 6, t, SQ_IN_LEASE, &s->text[0]);
	return sq_run(s, q, err) == -1 ? -1 : sq_changed(s, r->rid, err);
}

/* The record has left its old table: into the new one, and the counts. */
static int
put_new(struct sq *s, const struct sq_row *was, const struct tq_task *t,
    const struct sq_body *result, struct tq_err *err)
{
	if (add_state(s, was, t, result, err) == -1 ||
	    sq_changed(s, was->rid, err) == -1)
		return -1;
	if (t->edges != 0 && was->home != SQ_IN_ENDED &&
	    sq_home_of(t) == SQ_IN_ENDED)
		sq_ended(s, t->id, t->status, false);
	return sq_move(s, was->lane, sq_tally_of(&was->t), sq_tally_of(t),
	    err);
}

int
sq_put_moved(struct sq *s, const struct sq_row *was, const struct tq_task *t,
    struct tq_err *err)
{
	return put_new(s, was, t, NULL, err);
}

int
sq_ready_taken(struct sq *s, const struct sq_row *last, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_READY_HEAD_DEL, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, last->lane);
	sqlite3_bind_int(q, 2, last->key.prio);
	sqlite3_bind_int(q, 3, last->key.late);
	sqlite3_bind_int64(q, 4, last->key.at);
	sqlite3_bind_int64(q, 5, last->rid);
	return sq_run(s, q, err);
}

int
sq_put_ended(struct sq *s, const struct sq_row *was, const struct tq_task *t,
    const struct sq_body *result, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_LEASE_DEL_IF, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, was->rid);
	sqlite3_bind_int64(q, 2, (int64_t)was->t.claim);
	sqlite3_bind_int64(q, 3, (int64_t)was->t.rev);
	if (sq_run(s, q, err) == -1)
		return -1;
	if (sqlite3_changes(s->db) == 0)
		return 0;
	return put_new(s, was, t, result, err) == -1 ? -1 : 1;
}

int
sq_put(struct sq *s, const struct sq_row *was, const struct tq_task *t,
    const struct sq_body *result, struct tq_err *err)
{
	enum sq_home home = sq_home_of(t);

	if (home == SQ_IN_LEASE && was->home == SQ_IN_LEASE &&
	    t->token == was->t.token)
		return put_lease(s, was, t, err);
	if (del_state(s, was, err) == -1 ||
	    (home != SQ_IN_LEASE && home != SQ_IN_ENDED &&
	    put_key(s, was, t, err) == -1))
		return -1;
	return put_new(s, was, t, result, err);
}

/* -- `task' ------------------------------------------------------------------- */

int
sq_put_asked(struct sq *s, const struct sq_row *row, const struct tq_task *t,
    const struct sq_body *payload, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_TASK_SET, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, row->rid);
	sqlite3_bind_int(q, 2, SQ_INFO(t->payload_kind, payload != NULL ?
	    payload->place : row->place[SQ_PAYLOAD]));
	bind_opt(q, 3, t->expires_at);
	sq_bind_asked(q, 4, t, &s->text[0]);
	sqlite3_bind_int(q, 5, payload != NULL);
	if (payload != NULL)
		sq_bind_body(q, 6, t->payload, payload, &s->text[1]);
	if (sq_run(s, q, err) == -1)
		return -1;
	return payload == NULL || payload->place != SQ_BODY ? 0 :
	    sq_body_store(s, row->rid, SQ_PAYLOAD, t->payload, err);
}

static int
add_task(struct sq *s, const struct tq_task *t, int64_t lane,
    const struct sq_body *payload, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_TASK_ADD, err);
	struct sq_key k = sq_key_of(t);

	if (q == NULL)
		return -1;
	sq_bind_id(q, 1, t->id);
	sqlite3_bind_int64(q, 2, lane);
	sqlite3_bind_int64(q, 3, t->created_at);
	sqlite3_bind_int(q, 4, SQ_INFO(t->payload_kind, payload->place));
	sqlite3_bind_int(q, 5, k.prio);
	sqlite3_bind_int(q, 6, k.late);
	sqlite3_bind_int64(q, 7, k.at);
	bind_opt(q, 8, t->expires_at);
	if (t->submit_id == NULL)
		sqlite3_bind_null(q, 9);
	else
		sqlite3_bind_int64(q, 9, (int64_t)strtoull(t->submit_id, NULL,
		    16));
	sq_bind_asked(q, 10, t, &s->text[0]);
	sq_bind_body(q, 11, t->payload, payload, &s->text[1]);
	return sq_run(s, q, err);
}

/* A record whose row in `ready' says nothing that `task' does not. */
static bool
is_plain(const struct tq_task *t)
{
	return t->status == TQ_PENDING && !t->held && t->edges == 0 &&
	    t->token == 1 && t->keep_ms == 0 && t->history.n == 0;
}

int
sq_add_end(struct sq *s, struct tq_err *err)
{
	sqlite3_stmt *q;

	if (s->new_first == 0)
		return 0;
	if ((q = sq_stmt(s, SQ_READY_NEW, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, s->new_first);
	sqlite3_bind_int64(q, 2, s->new_last);
	s->new_first = 0;
	return sq_run(s, q, err);
}

/* The new row's state: put off, in a run of such rows, or written now. */
static int
add_first_state(struct sq *s, const struct sq_row *r, const struct tq_task *t,
    const struct sq_body *result, struct tq_err *err)
{
	if (!is_plain(t))
		return sq_add_end(s, err) == -1 ? -1 :
		    add_state(s, r, t, result, err);
	if (s->new_first != 0 && r->rid != s->new_last + 1 &&
	    sq_add_end(s, err) == -1)
		return -1;
	if (s->new_first == 0)
		s->new_first = r->rid;
	s->new_last = r->rid;
	sq_ring(s, t->queue);
	return 0;
}

int
sq_add(struct sq *s, const struct tq_task *t, int64_t lane,
    const struct sq_body *payload, const struct sq_body *result, bool *added,
    struct tq_err *err)
{
	struct sq_row r = { .lane = lane };

	if (add_task(s, t, lane, payload, err) == -1)
		return -1;
	*added = sqlite3_changes(s->db) > 0;
	if (!*added)
		return 0;
	r.rid = sqlite3_last_insert_rowid(s->db);
	if (payload->place == SQ_BODY && sq_body_store(s, r.rid, SQ_PAYLOAD,
	    t->payload, err) == -1)
		return -1;
	if (add_first_state(s, &r, t, result, err) == -1 ||
	    sq_changed(s, r.rid, err) == -1)
		return -1;
	return sq_move(s, lane, -1, sq_tally_of(t), err);
}

int
sq_remove(struct sq *s, const struct sq_row *row, struct tq_err *err)
{
	sqlite3_stmt *q;

	if (sq_bodies_drop(s, row, err) == -1 ||
	    del_state(s, row, err) == -1 ||
	    (q = sq_stmt(s, SQ_TASK_DEL, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, row->rid);
	if (sq_run(s, q, err) == -1)
		return -1;
	if (row->t.parents > 0) {
		if ((q = sq_stmt(s, SQ_EDGE_DEL, err)) == NULL)
			return -1;
		sqlite3_bind_int64(q, 1, row->rid);
		if (sq_run(s, q, err) == -1)
			return -1;
	}
	return sq_move(s, row->lane, sq_tally_of(&row->t), -1, err);
}

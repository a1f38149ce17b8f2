/* lib/store/sqlite/submit.c -- new records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/record.h"

/* A queued command is that of the user who runs this process. */
static struct tq_task
to_store(const struct sq *s, const struct tq_submit *in)
{
	struct tq_task t = *in->task;

	if (!in->moved || t.uid == NULL)
		t.uid = t.argv.n > 0 ? s->me : NULL;
	return t;
}

static void
no_parent(const struct sq_look *look, struct tq_submitted *out)
{
	*out = (struct tq_submitted){ TQ_REFUSED, TQ_E_NOTFOUND, out->status,
	    "" };
	snprintf(out->parent, sizeof(out->parent), "%s", look->missing);
}

/* What a request brings beside the record. */
enum { PAYLOAD, RESULT, BODIES };

static void
trash(struct sq *s, const struct sq_body *b)
{
	int i;

	for (i = 0; i < BODIES; i++)
		if (b[i].place == SQ_BLOB)
			sq_trash(s, b[i].name);
}

/* Store a record with its edges; one of its parents may have been cancelled. */
static int
add(struct sq *s, struct tq_task *t, int64_t lane, const struct sq_look *look,
    const struct sq_body *b, bool *added, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	int rc;

	if (look->broken != NULL)
		tq_turn_break(t, look->broken, false, s->wall, &a);
	rc = sq_add(s, t, lane, &b[PAYLOAD], &b[RESULT], added, err);
	if (rc == 0 && *added)
		rc = sq_edges_add(s, t->id, look, err);
	tq_arena_free(&a);
	return rc;
}

/* 0, or 1 when the record stays: ${out} says why. */
static int
may_replace(struct sq *s, const struct tq_task *old,
    const struct sq_look *look, struct tq_submitted *out, struct tq_err *err)
{
	int rc;

	if (look->missing != NULL) {
		no_parent(look, out);
		return 1;
	}
	/* A task that waits for it can't be its parent. */
	if (look->n == 0 || old->edges == 0)
		return 0;
	if ((rc = sq_edges_live(s, old->id, false, err)) == 1)
		*out = (struct tq_submitted){ TQ_REFUSED, TQ_E_STATE,
		    old->status, "" };
	return rc;
}

/* A row of its own: rows stand in the order they came in. */
static int
replace(struct sq *s, const struct sq_row *old, struct tq_task *t,
    int64_t lane, const struct sq_look *look, const struct sq_body *b,
    struct tq_submitted *out, struct tq_err *err)
{
	bool added;

	if (sq_remove(s, old, err) == -1 ||
	    add(s, t, lane, look, b, &added, err) == -1)
		return -1;
	out->status = t->status;
	return 0;
}

/* The id is there already: what does that mean? */
static int
meet(struct sq *s, const struct tq_submit *in, int64_t lane,
    const struct sq_look *look, const struct sq_body *b,
    struct tq_submitted *out, struct tq_err *err)
{
	static const struct tq_submitted says[] = {
		[TQ_MET_OURS] = { TQ_STORED, TQ_OK, 0, "" },
		[TQ_MET_SAME] = { TQ_EXISTS, TQ_OK, 0, "" },
		[TQ_MET_TAKEN] = { TQ_REFUSED, TQ_E_TAKEN, 0, "" },
		[TQ_MET_CONFLICT] = { TQ_REFUSED, TQ_E_CONFLICT, 0, "" },
		[TQ_MET_REPLACE] = { TQ_STORED, TQ_OK, 0, "" },
	};
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_task t = to_store(s, in);
	struct sq_row old, was;
	enum tq_met met;
	int rc = sq_row_by_id(s, t.id, &a, &was, err);

	if (rc != 1) {
		rc = rc == -1 ? -1 : tq_err_set(err, TQ_AT_STORE,
		    TQ_E_CORRUPT, "%s: is damaged: task %s has no state",
		    s->base.name, t.id);
		goto out;
	}
	old = was;
	if (tq_turn_expire(&old.t, s->expiry, &a) &&
	    (rc = sq_put(s, &was, &old.t, NULL, err)) == -1)
		goto out;
	old.home = sq_home_of(&old.t);
	t.waits = look->waits;
	t.parents = (int)look->n;
	met = tq_turn_submit(&old.t, &t, in->keyed, in->replace, s->wall,
	    s->expiry, &a);
	*out = says[met];
	out->status = old.t.status;
	rc = 0;
	if (met == TQ_MET_REPLACE &&
	    (rc = may_replace(s, &old.t, look, out, err)) == 0)
		rc = replace(s, &old, &t, lane, look, b, out, err);
	else if (rc == 1)
		rc = 0;
	if (rc == 0 && met != TQ_MET_OURS && out->what != TQ_STORED)
		trash(s, b);
out:
	tq_arena_free(&a);
	return rc;
}

static int
submit_task(struct sq *s, const struct tq_submit *in, int64_t lane,
    const struct sq_look *look, const struct sq_body *b,
    struct tq_submitted *out, struct tq_err *err)
{
	struct tq_task t = to_store(s, in);
	bool added = false;
	int64_t rid;
	int rc;

	t.waits = look->waits;
	t.parents = (int)look->n;
	if (in->moved)
		tq_turn_moved(&t, s->wall);
	else
		tq_turn_new(&t, s->wall);
	*out = (struct tq_submitted){ TQ_STORED, TQ_OK, t.status, "" };
	if (look->missing == NULL &&
	    add(s, &t, lane, look, b, &added, err) == -1)
		return -1;
	out->status = t.status;
	if (added)
		return 0;
	if (sq_add_end(s, err) == -1 ||
	    (rc = sq_rid(s, t.id, &rid, err)) == -1)
		return -1;
	if (rc == 1)
		return meet(s, in, lane, look, b, out, err);
	no_parent(look, out);
	trash(s, b);
	return 0;
}

static int
submit_one(struct sq *s, struct tq_submit in, const struct sq_body *b,
    struct tq_submitted *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct sq_look look;
	int64_t lane;
	int rc;

	if (!tq_submit_with(&in, out)) {
		trash(s, b);
		return 0;
	}
	if (s->owed > 0 && (sq_add_end(s, err) == -1 ||
	    sq_owed_first(s, in.task->id, err) == -1))
		return -1;
	rc = sq_lane_find(s, in.task->queue, in.task->type, true, &lane, err);
	if (rc == -1)
		return -1;
	if (rc == 0) {
		*out = (struct tq_submitted){ TQ_REFUSED, TQ_E_TOOBIG, 0, "" };
		trash(s, b);
		return 0;
	}
	rc = sq_edges_look(s, in.task, &a, &look, err);
	if (rc == 0)
		rc = submit_task(s, &in, lane, &look, b, out, err);
	tq_arena_free(&a);
	return rc;
}

static int
place_one(struct sq *s, const struct tq_submit *in, struct tq_span bytes,
    const char *what, struct sq_body *b, struct tq_err *err)
{
	const struct tq_task *t = in->task;
	struct tq_err why = TQ_ERR_INIT;

	if (bytes.n > TQ_BODY_MAX)
		snprintf(b->name, sizeof(b->name), "%s/%s/%s/%s", t->queue,
		    t->id, t->submit_id != NULL ? t->submit_id : "0", what);
	if (sq_body_place(s, bytes, b, &why) == 0)
		return 0;
	/* A move that was broken off has put it there before. */
	if (in->moved && why.code == TQ_E_TAKEN)
		return 0;
	if (err != NULL)
		*err = why;
	return -1;
}

/* Blobs are written before the transaction: they are synced one by one. */
static int
place_all(struct sq *s, const struct tq_submit *in, size_t n,
    struct sq_body *bodies, struct tq_err *err)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (place_one(s, &in[i], in[i].task->payload, "payload",
		    &bodies[BODIES * i + PAYLOAD], err) == -1 ||
		    (in[i].moved && place_one(s, &in[i], in[i].task->result,
		    "result", &bodies[BODIES * i + RESULT], err) == -1))
			return -1;
	return 0;
}

int
sq_submit(struct tq_store *st, const struct tq_submit *in, size_t n,
    struct tq_submitted *out, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	struct sq_body *bodies = calloc(BODIES * n, sizeof(*bodies));
	size_t i;
	int rc = -1;

	if (bodies == NULL)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
	if (place_all(s, in, n, bodies, err) == -1 ||
	    sq_txn_begin(s, err) == -1)
		goto out;
	for (i = 0; i < n; i++)
		if (submit_one(s, in[i], &bodies[BODIES * i], &out[i],
		    err) == -1)
			goto out;
	if (sq_add_end(s, err) == 0)
		rc = sq_commit(s, err);
out:
	sq_txn_abort(s);
	free(bodies);
	return rc;
}

/* lib/store/sqlite/change.c -- cancel, redrive, purge, edit. */
#include <stdio.h>
#include <string.h>

#include "store/sqlite/record.h"

/* One verb over many records: read, turn, write. */
struct changing {
	const char *const	*ids;
	const struct tq_ref	*refs;
	const struct tq_edit	*edits;
	struct sq_body		*bodies;	/* new payloads of edits */
	bool			 tree;		/* purge */
	const char		*me;		/* our user, decimal */
	struct tq_answer	*out;
};

typedef struct tq_turned turn_fn(const struct changing *c, size_t i,
    struct tq_task *t, int64_t now);

static struct tq_turned
turn_cancel(const struct changing *c, size_t i, struct tq_task *t,
    int64_t now)
{
	(void)c;
	(void)i;
	return tq_turn_cancel(t, now);
}

static struct tq_turned
turn_redrive(const struct changing *c, size_t i, struct tq_task *t,
    int64_t now)
{
	(void)c;
	(void)i;
	return tq_turn_redrive(t, now);
}

static struct tq_turned
turn_purge(const struct changing *c, size_t i, struct tq_task *t,
    int64_t now)
{
	(void)c;
	(void)i;
	(void)now;
	return tq_turn_purge(t);
}

static struct tq_turned
turn_edit(const struct changing *c, size_t i, struct tq_task *t, int64_t now)
{
	struct tq_task to = *c->edits[i].to;

	to.uid = c->me;		/* of a command that is given anew */
	return tq_turn_edit(t, c->edits[i].set, &to, now);
}

static struct tq_ref
ref_of(const struct changing *c, size_t i)
{
	if (c->edits != NULL)
		return c->edits[i].ref;
	return c->refs != NULL ? c->refs[i] :
	    (struct tq_ref){ c->ids[i], 0 };
}

/* Write the request's fields where the verb changed them; a refused edit
   changed none, though the record be written because it expired. */
static int
put_asked(struct sq *s, const struct changing *c, size_t i,
    const struct sq_row *row, const struct tq_task *t, struct tq_err *err)
{
	bool edit = c->edits != NULL && c->out[i].code == TQ_OK &&
	    (c->edits[i].set & ~(unsigned)(TQ_SET_HELD | TQ_SET_DRAINED)) != 0;
	bool payload = edit && (c->edits[i].set & TQ_SET_PAYLOAD) != 0;

	if (payload && sq_body_drop(s, row, SQ_PAYLOAD, err) == -1)
		return -1;
	if (!edit && t->expires_at == row->t.expires_at)
		return 0;
	return sq_put_asked(s, row, t, payload ? &c->bodies[i] : NULL, err);
}

/* A redriven task's result and output are forgotten with its end. */
static int
drop_result(struct sq *s, const struct sq_row *row, const struct tq_task *t,
    struct tq_err *err)
{
	if (row->t.result_kind == TQ_KIND_NONE ||
	    t->result_kind != TQ_KIND_NONE)
		return 0;
	return sq_body_drop(s, row, SQ_RESULT, err);
}

/*
 * A record goes for good, but not from under those that wait for it unless
 * the caller says so; then their waits are broken.
 */
static int
purge(struct sq *s, bool tree, const struct sq_row *row,
    struct tq_answer *out, struct tq_err *err)
{
	int live = row->t.edges == 0 ? 0 :
	    sq_edges_live(s, row->t.id, true, err);

	if (live == -1)
		return -1;
	if (live == 1 && !tree) {
		out->code = TQ_E_STATE;
		return 0;
	}
	if (live == 1)
		sq_ended(s, row->t.id, out->status, true);
	return sq_remove(s, row, err);
}

/* The open edges of a redriven record. */
static int
look_again(struct sq *s, turn_fn *fn, const struct sq_row *row,
    struct tq_task *t, struct tq_err *err)
{
	return fn != turn_redrive || row->t.parents == 0 ||
	    tq_verb_to(TQ_V_REDRIVE, t->status) == 0 ? 0 :
	    sq_edges_again(s, row->rid, &t->waits, err);
}

static int
change_row(struct sq *s, const struct changing *c, size_t i, turn_fn *fn,
    const struct sq_row *row, struct tq_arena *a, struct tq_err *err)
{
	struct tq_ref ref = ref_of(c, i);
	struct tq_answer *out = &c->out[i];
	struct tq_turned turned = { TQ_E_LOST, false };
	struct tq_task t = row->t;
	bool expired = tq_turn_expire(&t, s->expiry, a);

	if (ref.rev == 0 || ref.rev == t.rev) {
		if (look_again(s, fn, row, &t, err) == -1)
			return -1;
		turned = fn(c, i, &t, s->wall);
	}
	*out = (struct tq_answer){ turned.code, t.status };
	if (turned.code == TQ_OK && fn == turn_purge)
		return purge(s, c->tree, row, out, err);
	if (!turned.write && !expired)
		return 0;
	if (fn == turn_cancel && t.status == TQ_RUNNING)
		s->ring_cancels = true;
	if (put_asked(s, c, i, row, &t, err) == -1 ||
	    drop_result(s, row, &t, err) == -1)
		return -1;
	return sq_put(s, row, &t, NULL, err);
}

/* Verbs that come after what an earlier end meant to the children. */
static bool
starts_anew(turn_fn *fn)
{
	return fn == turn_redrive || fn == turn_purge;
}

/* In short transactions; what is owed since then is paid with the change. */
static int
pay_first(struct sq *s, const struct changing *c, size_t n,
    struct tq_err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		while ((rc = sq_owed_round(s, ref_of(c, i).id, 0, err)) == 1)
			;
		if (rc == -1 || s->owed == 0)
			return rc;
	}
	return 0;
}

static int
change_one(struct sq *s, const struct changing *c, size_t i, turn_fn *fn,
    struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *id = ref_of(c, i).id;
	struct sq_row row;
	int rc = starts_anew(fn) && sq_owed_first(s, id, err) == -1 ? -1 :
	    sq_row_by_id(s, id, &a, &row, err);

	if (rc == 1 && tq_turn_gone(&row.t, s->expiry))
		rc = 0;
	if (rc == 0)
		c->out[i] = (struct tq_answer){ TQ_E_NOTFOUND, TQ_PENDING };
	else if (rc == 1)
		rc = change_row(s, c, i, fn, &row, &a, err);
	tq_arena_free(&a);
	return rc;
}

static int
change_all(struct sq *s, const struct changing *c, size_t n, turn_fn *fn,
    struct tq_err *err)
{
	size_t i;

	if ((starts_anew(fn) && pay_first(s, c, n, err) == -1) ||
	    sq_txn_begin(s, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (change_one(s, c, i, fn, err) == -1) {
			sq_txn_abort(s);
			return -1;
		}
	return sq_commit(s, err);
}

int
sq_cancel(struct tq_store *st, const char *const *ids, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct changing c = { .ids = ids, .out = out };

	return change_all(sq_of(st), &c, n, turn_cancel, err);
}

int
sq_redrive(struct tq_store *st, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct changing c = { .refs = refs, .out = out };

	return change_all(sq_of(st), &c, n, turn_redrive, err);
}

int
sq_purge(struct tq_store *st, const struct tq_ref *refs, size_t n, bool tree,
    struct tq_answer *out, struct tq_err *err)
{
	struct changing c = { .refs = refs, .out = out, .tree = tree };

	return change_all(sq_of(st), &c, n, turn_purge, err);
}

/*
 * New payloads go to their place before the transaction.  Each try has a name
 * of its own: one whose edit was rolled back must not be in its way.
 */
static int
place_payloads(struct sq *s, const struct tq_edit *in, size_t n,
    struct changing *c, struct tq_arena *a, struct tq_err *err)
{
	struct sq_row row;
	size_t i;
	int rc;

	c->bodies = tq_arena_alloc(a, n * sizeof(*c->bodies));
	for (i = 0; i < n; i++) {
		if ((in[i].set & TQ_SET_PAYLOAD) == 0)
			continue;
		if ((rc = sq_row_by_id(s, in[i].ref.id, a, &row, err)) == -1)
			return -1;
		if (rc == 0)
			continue;
		snprintf(c->bodies[i].name, sizeof(c->bodies[i].name),
		    "%s/%s/edit-%016llx/payload", row.t.queue, row.t.id,
		    (unsigned long long)tq_random_u64(s->base.env));
		if (sq_body_place(s, in[i].to->payload, &c->bodies[i], err) ==
		    -1)
			return -1;
	}
	return 0;
}

int
sq_edit(struct tq_store *st, const struct tq_edit *in, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	struct changing c = { .edits = in, .out = out, .me = s->me };
	struct tq_arena a = TQ_ARENA_INIT;
	size_t i;
	int rc;

	rc = place_payloads(s, in, n, &c, &a, err);
	if (rc == 0)
		rc = change_all(s, &c, n, turn_edit, err);
	for (i = 0; c.bodies != NULL && i < n; i++)
		if (c.bodies[i].place == SQ_BLOB && (rc == -1 ||
		    out[i].code != TQ_OK))
			sq_blob_del(&s->base, c.bodies[i].name, NULL);
	tq_arena_free(&a);
	return rc;
}

/* lib/store/aws/claim/finish.c -- leases ended. */
#include <string.h>

#include "store/aws/claim/claim.h"

struct finishing {
	const struct tq_finish	*in;
	struct tq_answer	*out;
	const char		**result_at;
	const char		**permit;	/* that it held */
	struct tq_arena		*a;
};

/* An answer that got lost: is the record as our own write left it? */
static bool
ours_already(const struct tq_task *t, const struct tq_finish *in)
{
	return t->claim == in->claim && t->status != TQ_RUNNING &&
	    (in->how == TQ_COMPLETE ? t->status == TQ_COMPLETED &&
	    t->token == in->token : t->token == in->token + 1);
}

/* The request, with times as the services see them. */
static struct tq_finish
as_theirs(struct aq *s, const struct tq_finish *in)
{
	struct tq_finish f = *in;

	if (f.not_before != 0)
		f.not_before += aq_ahead(s);
	if (f.give_up_at != 0)
		f.give_up_at += aq_ahead(s);
	return f;
}

/* Its bytes are where ${at} says; NULL: in the record. */
static void
place_result(struct aq_rec *r, const char *at)
{
	r->result_at = at;
	if (at == NULL)
		return;
	r->t.result_crc = aq_crc(r->t.result);
	r->t.result = TQ_SPAN_NONE;
}

static enum aq_do
decide(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct finishing *f = arg;
	const struct tq_finish in = as_theirs(s, &f->in[i]);
	struct aq_rec *r = &ups[i].rec;
	const char *permit = r->permit;
	struct tq_turned turned;
	int64_t now = aq_now(s);

	f->out[i] = (struct tq_answer){ TQ_E_NOTFOUND, TQ_PENDING };
	if (!ups[i].found)
		return AQ_NOTHING;
	turned = tq_turn_finish(&r->t, &in, now, now, f->a);
	f->out[i] = (struct tq_answer){ turned.code, r->t.status };
	if (turned.code == TQ_E_LOST && ups[i].write_id[0] != '\0' &&
	    ours_already(&r->t, &in)) {
		f->out[i].code = TQ_OK;
		return AQ_WRITTEN;
	}
	if (turned.code != TQ_OK)
		return AQ_NOTHING;
	f->permit[i] = permit;
	if (r->t.status == TQ_COMPLETED)
		place_result(r, f->result_at[i]);
	return aq_turned(s, r, false, turned, now);
}

/* Messages to be dealt with once the records are written. */
struct settling {
	struct aq_receipt	*gone;		/* to be deleted */
	struct aq_receipt	*later;		/* to be hidden until due */
	struct aq_update	**dead;
	const char	**dead_receipt;
	size_t		 ndead;
	struct aq_update **again; /* to be rung for, if not hidden */
};

static void
sort_one(struct aq *s, struct settling *w, size_t i, struct aq_update *j,
    const char *receipt)
{
	const struct tq_task *t = &j->rec.t;
	struct aq_receipt note = { .queue = t->queue, .receipt = receipt };
	int64_t delay = t->not_before - aq_now(s);

	if (t->status == TQ_FAILED) {
		w->dead[w->ndead] = j;
		w->dead_receipt[w->ndead++] = receipt;
	} else if ((TQ_BIT(t->status) & TQ_WAITING) == 0 ||
	    delay > AQ_DELAY_MAX_MS) {
		w->gone[i] = note;	/* the sweep rings, if it waits */
	} else {
		note.hide_ms = delay > 0 ? delay : 0;
		w->later[i] = note;
		w->again[i] = j;
	}
}

/* The steps after the records are written. */
static void
settle(struct aq *s, const struct finishing *f, struct aq_update *ups, size_t n,
    struct tq_arena *a)
{
	struct settling w = {
	    tq_arena_alloc(a, n * sizeof(*w.gone)),
	    tq_arena_alloc(a, n * sizeof(*w.later)),
	    tq_arena_alloc(a, n * sizeof(*w.dead)),
	    tq_arena_alloc(a, n * sizeof(*w.dead_receipt)), 0,
	    tq_arena_alloc(a, n * sizeof(*w.again)) };
	struct aq_lease *h;
	size_t i, m = 0;

	for (i = 0; i < n; i++) {
		/* The task may have submitted more. */
		aq_look_anew(aq_queue(s, f->in[i].queue), AQ_LOOK_TASKS);
		h = aq_lease_of(s, f->in[i].id, f->in[i].claim);
		if (ups[i].wrote)
			sort_one(s, &w, i, &ups[i], h == NULL ||
			    h->receipt == NULL ? NULL :
			    tq_arena_str(a, h->receipt));
		if (ups[i].wrote)
			aq_permit_free(s, f->permit[i], f->in[i].id);
		else	/* one that we finished before keeps its result */
			aq_body_undo(s, &ups[i], f->result_at[i]);
		aq_lease_drop(s, h);
	}
	aq_hide_all(s, false, w.later, n);
	for (i = 0; i < n; i++)
		if (w.again[i] != NULL && !w.later[i].done)
			w.again[m++] = w.again[i];
	aq_doorbells_send(s, w.again, m, a, NULL);
	aq_dlq_move_all(s, w.dead, w.dead_receipt, w.ndead);
	aq_delete_soon(s, w.gone, n);
}

/* A result's body stays a day longer than its record, however long that is. */
static int64_t
kept_longer(const struct aq *s, const struct aq_update *up)
{
	int64_t keep = up->known ? up->rec.t.keep_ms : 0;

	return keep > TQ_KEEP_MS ? aq_now(s) + keep - TQ_KEEP_MS : 0;
}

/* For its result. */
static size_t
room(const struct aq_update *up, const struct tq_finish *in)
{
	return !up->known || in->result.n <= TQ_INLINE_MAX ? TQ_INLINE_MAX :
	    aq_body_room(&up->rec, true);
}

int
aq_end_leases(struct aq *s, const struct tq_finish *in, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, n * sizeof(*ups));
	struct finishing f = { in, out,
	    tq_arena_alloc(&a, n * sizeof(*f.result_at)),
	    tq_arena_alloc(&a, n * sizeof(*f.permit)), &a };
	const char *tag;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++) {
		ups[i] = aq_lease_update(aq_lease_of(s, in[i].id, in[i].claim),
		    in[i].id, &a);
		tag = tq_arena_fmt(&a, "%llu-%llx",
		    (unsigned long long)in[i].token,
		    (unsigned long long)in[i].claim);
		if (in[i].how == TQ_COMPLETE)
			rc = aq_body_store(s, in[i].queue, in[i].id,
			    kept_longer(s, &ups[i]), tag, "result",
			    in[i].result, room(&ups[i], &in[i]), &a,
			    &f.result_at[i], err);
	}
	if (rc == 0)
		rc = aq_update(s, ups, n, decide, &f, &a, err);
	if (rc == 0)
		settle(s, &f, ups, n, &a);
	tq_arena_free(&a);
	return rc;
}

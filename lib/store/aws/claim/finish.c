/* lib/store/aws/claim/finish.c -- leases ended. */
#include <string.h>

#include "store/aws/claim/claim.h"

struct finishing {
	const struct tq_finish	*in;
	struct tq_answer	*out;
	const char		**result_at;
	const char		**slot;		/* that it held */
};

static enum tq_status
end_status(const struct tq_finish *in, const struct tq_task *t)
{
	if (in->how == TQ_COMPLETE)
		return TQ_COMPLETED;
	if (in->how == TQ_FAIL)
		return TQ_FAILED;
	if (in->how == TQ_CANCEL || t->cancel_requested)
		return TQ_CANCELLED;
	return in->how == TQ_RETRY ? TQ_RETRYING : TQ_PENDING;
}

static void
complete(struct tq_task *t, const struct tq_finish *in, struct aq_rec *r,
    const char *result_at)
{
	t->result = result_at == NULL ? in->result : TQ_SPAN_NONE;
	t->result_kind = in->result_kind;
	t->result_size = in->result.n;
	r->result_at = result_at;
	t->output = in->output;
	t->output_size = in->output_size;
	t->reason = NULL;
	t->err_stage = TQ_AT_NONE;
	t->err_code = NULL;
	t->give_up_at = 0;
}

static void
end(struct tq_task *t, const struct tq_finish *in)
{
	if (in->how == TQ_RELEASE && in->give_back && t->attempts > 0)
		t->attempts--;
	if (in->reason != NULL) {
		t->reason = in->reason;
		t->err_stage = in->err_stage;
		t->err_code = in->err_code;
	}
	if (in->give_up_at != 0)
		t->give_up_at = in->give_up_at;
	t->token++;
}

/* An answer that got lost: is the record as our own write left it? */
static bool
ours_already(const struct tq_task *t, const struct tq_finish *in)
{
	return t->claim == in->claim && t->status != TQ_RUNNING &&
	    (in->how == TQ_COMPLETE ? t->status == TQ_COMPLETED &&
	    t->token == in->token : t->token == in->token + 1);
}

static enum aq_do
decide_finish(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct finishing *f = arg;
	const struct tq_finish *in = &f->in[i];
	struct aq_rec *r = &ups[i].rec;
	struct tq_task *t = &r->t;
	enum tq_status to;

	f->out[i] = (struct tq_answer){ TQ_OK, TQ_PENDING };
	if (!ups[i].found) {
		f->out[i].code = TQ_E_NOTFOUND;
		return AQ_NOTHING;
	}
	f->out[i].status = t->status;
	if (t->status != TQ_RUNNING || t->token != in->token ||
	    t->claim != in->claim) {
		if (ups[i].write_id[0] != '\0' && ours_already(t, in))
			return AQ_WRITTEN;
		f->out[i].code = TQ_E_LOST;
		return AQ_NOTHING;
	}
	to = end_status(in, t);
	f->out[i].status = to;
	f->slot[i] = r->slot;
	r->slot = NULL;
	r->alone = r->prefetched = false;
	t->progress = TQ_SPAN_NONE;
	if (in->log != NULL)
		t->log = in->log;
	if (to == TQ_COMPLETED)
		complete(t, in, r, f->result_at[i]);
	else
		end(t, in);
	if (TQ_BIT(to) & TQ_WAITING) {
		t->crashes = 0;
		aq_to_waiting(s, t, to, in->not_before);
	} else {
		aq_to_finished(s, t, to);
	}
	t->updated_at = aq_now(s);
	return AQ_WRITE;
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

/* What follows once the records are written. */
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
		h = aq_lease_of(s, f->in[i].id, f->in[i].claim);
		if (ups[i].wrote)
			sort_one(s, &w, i, &ups[i], h == NULL ||
			    h->receipt == NULL ? NULL :
			    tq_arena_str(a, h->receipt));
		if (ups[i].wrote)
			aq_slot_free(s, f->slot[i], f->in[i].id);
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

int
aq_end_leases(struct aq *s, const struct tq_finish *in, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, n * sizeof(*ups));
	struct finishing f = { in, out,
	    tq_arena_alloc(&a, n * sizeof(*f.result_at)),
	    tq_arena_alloc(&a, n * sizeof(*f.slot)) };
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
			rc = aq_body_store(s, in[i].queue, in[i].id, 0, tag,
			    "result", in[i].result, &a, &f.result_at[i], err);
	}
	if (rc == 0)
		rc = aq_update(s, ups, n, decide_finish, &f, &a, err);
	if (rc == 0)
		settle(s, &f, ups, n, &a);
	tq_arena_free(&a);
	return rc;
}

/* lib/store/aws/change.c -- cancel, redrive, purge, edit. */
#include <string.h>

#include "store/aws/aws.h"
#include "store/aws/message/message.h"

struct changing {
	const struct tq_ref	*refs;
	const struct tq_edit	*edits;
	struct tq_answer	*out;
	const char		**payload_at;
	const char		**old_at;
};

static enum aq_do
decide_cancel(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct changing *c = arg;
	struct tq_task *t = &ups[i].rec.t;

	if (!aq_ref_ok(&ups[i], 0, &c->out[i]))
		return AQ_NOTHING;
	if (TQ_BIT(t->status) & TQ_WAITING) {
		aq_forget(t);
		t->token++;
		aq_to_finished(s, t, TQ_CANCELLED);
		c->out[i].status = TQ_CANCELLED;
	} else if (t->status == TQ_RUNNING) {
		/* It keeps its token: its worker may still complete it. */
		t->cancel_requested = true;
	} else {
		if (t->status != TQ_CANCELLED)
			c->out[i].code = TQ_E_STATE;
		return AQ_NOTHING;
	}
	t->updated_at = aq_now(s);
	return AQ_WRITE;
}

static enum aq_do
decide_purge(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct changing *c = arg;

	(void)s;
	if (!aq_ref_ok(&ups[i], c->refs[i].rev,
	    &c->out[i]))
		return AQ_NOTHING;
	if ((TQ_BIT(ups[i].rec.t.status) & TQ_FINISHED) == 0) {
		c->out[i].code = TQ_E_STATE;
		return AQ_NOTHING;
	}
	return AQ_DELETE;
}

static enum aq_do
decide_edit(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct changing *c = arg;
	const struct tq_edit *e = &c->edits[i];
	struct aq_rec *r = &ups[i].rec;
	struct tq_task *t = &r->t;

	if (!aq_ref_ok(&ups[i], e->ref.rev, &c->out[i]))
		return AQ_NOTHING;
	if (t->status != TQ_FAILED) {
		c->out[i].code = TQ_E_STATE;
		return AQ_NOTHING;
	}
	if (e->set & TQ_SET_DRAINED)
		t->drained = e->to->drained;
	c->old_at[i] = NULL;
	if (e->set & TQ_SET_PAYLOAD) {
		c->old_at[i] = r->payload_at;
		r->payload_at = c->payload_at[i];
		t->payload = r->payload_at == NULL ? e->to->payload :
		    TQ_SPAN_NONE;
		t->payload_kind = e->to->payload_kind;
		t->payload_size = e->to->payload.n;
	}
	t->token++;
	t->updated_at = aq_now(s);
	return AQ_WRITE;
}

int
aq_cancel(struct tq_store *st, const char *const *ids, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, n * sizeof(*ups));
	struct changing c = { .out = out };
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		ups[i].id = ids[i];
	rc = aq_update(aq_of(st), ups, n, decide_cancel, &c, &a, err);
	tq_arena_free(&a);
	return rc;
}

static int
change_refs(struct aq *s, const struct tq_ref *refs, size_t n,
    struct aq_update *ups, aq_decide_fn *fn, struct tq_answer *out,
    struct tq_arena *a, struct tq_err *err)
{
	struct changing c = { .refs = refs, .out = out };
	size_t i;

	for (i = 0; i < n; i++)
		ups[i].id = refs[i].id;
	return aq_update(s, ups, n, fn, &c, a, err);
}

/* Stale messages in the DLQs of the tasks that were changed. */
static void
tidy(struct aq *s, const struct aq_update *ups, const bool *was_dead, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		if (!ups[i].wrote || !was_dead[i])
			continue;
		for (k = 0; k < i; k++)
			if (ups[k].wrote && was_dead[k] &&
			    strcmp(ups[k].rec.t.queue, ups[i].rec.t.queue) ==
			    0)
				break;
		if (k == i)
			aq_dlq_tidy(s, ups[i].rec.t.queue);
	}
}

int
aq_redrive(struct tq_store *st, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, n * sizeof(*ups));
	bool *all = tq_arena_alloc(&a, n * sizeof(*all));
	int rc = aq_redrive_all(aq_of(st), refs, n, ups, out, &a, err);

	memset(all, true, n * sizeof(*all));
	tidy(aq_of(st), ups, all, n);
	tq_arena_free(&a);
	return rc;
}

int
aq_purge(struct tq_store *st, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, n * sizeof(*ups));
	bool *dead = tq_arena_alloc(&a, n * sizeof(*dead));
	size_t i;
	int rc = change_refs(s, refs, n, ups, decide_purge, out, &a, err);

	for (i = 0; i < n; i++) {
		dead[i] = ups[i].rec.t.status == TQ_FAILED;
		if (ups[i].wrote)
			aq_rec_drop(s, &ups[i].rec);
	}
	tidy(s, ups, dead, n);
	tq_arena_free(&a);
	return rc;
}

int
aq_edit(struct tq_store *st, const struct tq_edit *in, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, n * sizeof(*ups));
	struct changing c = { .edits = in, .out = out };
	const char *tag;
	size_t i;
	int rc;

	c.payload_at = tq_arena_alloc(&a, n * sizeof(*c.payload_at));
	c.old_at = tq_arena_alloc(&a, n * sizeof(*c.old_at));
	for (i = 0; i < n; i++)
		ups[i].id = in[i].ref.id;
	rc = aq_fetch(s, ups, n, &a, err);
	for (i = 0; rc == 0 && i < n; i++) {
		if ((in[i].set & TQ_SET_PAYLOAD) == 0 || !ups[i].found ||
		    ups[i].rec.t.status != TQ_FAILED)
			continue;
		tag = tq_arena_fmt(&a, "edit-%016llx", (unsigned long long)
		    tq_random_u64(s->base.env));
		rc = aq_body_store(s, ups[i].rec.t.queue, in[i].ref.id, 0, tag,
		    "payload", in[i].to->payload, &a, &c.payload_at[i], err);
	}
	if (rc == 0)
		rc = aq_update(s, ups, n, decide_edit, &c, &a, err);
	for (i = 0; rc == 0 && i < n; i++)
		if (ups[i].wrote)
			aq_body_drop(s, c.old_at[i]);
		else
			aq_body_undo(s, &ups[i], c.payload_at[i]);
	tq_arena_free(&a);
	return rc;
}

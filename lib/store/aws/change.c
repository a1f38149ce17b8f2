/* lib/store/aws/change.c -- cancel, redrive, purge, edit. */
#include <string.h>

#include "store/aws/aws.h"
#include "store/aws/edge/edge.h"

struct changing {
	const struct tq_ref	*refs;
	const struct tq_edit	*edits;
	struct tq_answer	*out;
	const char		**payload_at;
	const char		**old_at;
	struct tq_arena		*a;
	int64_t			 now;
	bool			 tree;		/* purge */
};

/* Answer for item ${i}, whose record is turned; then it is placed. */
static enum aq_do
answer(struct aq *s, struct changing *c, struct aq_update *up, size_t i, bool expired,
    struct tq_turned turned)
{
	c->out[i] = (struct tq_answer){ turned.code, up->rec.t.status };
	return aq_turned(s, &up->rec, expired, turned, c->now);
}

static enum aq_do
decide_cancel(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct changing *c = arg;
	struct tq_task *t = &ups[i].rec.t;
	bool expired;

	if (!aq_ref_ok(&ups[i], 0, &c->out[i]))
		return AQ_NOTHING;
	c->now = aq_now(s);
	expired = tq_turn_expire(t, c->now, c->a);
	return answer(s, c, &ups[i], i, expired, tq_turn_cancel(t, c->now));
}

/*
 * A record that others wait, or waited, for.  Not from under those that still
 * do, unless the caller says so: then it goes when they have been told.
 */
static enum aq_do
purge_parent(struct aq *s, struct changing *c, struct aq_rec *r, size_t i,
    bool expired)
{
	int live;

	if (r->unblock_owed && !expired)
		return aq_pay_word(s, r->t.id, NULL) >= 0 ? AQ_AGAIN :
		    AQ_NOTHING;
	if ((live = aq_edges_live(s, &r->t, true, c->a, NULL)) == 0)
		return AQ_DELETE;
	if (live == -1 || !c->tree) {
		c->out[i].code = live == -1 ? TQ_E_UNAVAILABLE : TQ_E_STATE;
		return AQ_NOTHING;
	}
	aq_rec_place(s, r, c->now);
	r->purging = r->unblock_owed = true;
	r->t.dlq_owed = false;
	return AQ_WRITE;
}

static enum aq_do
decide_purge(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct changing *c = arg;
	struct tq_task *t = &ups[i].rec.t;
	bool expired;

	if (!aq_ref_ok(&ups[i], c->refs[i].rev, &c->out[i]))
		return AQ_NOTHING;
	c->now = aq_now(s);
	expired = tq_turn_expire(t, c->now, c->a);
	c->out[i] = (struct tq_answer){ tq_turn_purge(t).code, t->status };
	if (c->out[i].code != TQ_OK)
		return AQ_NOTHING;
	return t->edges == 0 ? AQ_DELETE : purge_parent(s, c, &ups[i].rec, i,
	    expired);
}

/* The record names the new payload, and ${i}'s old one is to go. */
static void
place_payload(struct changing *c, struct aq_rec *r, size_t i)
{
	c->old_at[i] = r->payload_at;
	r->payload_at = c->payload_at[i];
	if (r->payload_at == NULL)
		return;
	r->t.payload_crc = aq_crc(r->t.payload);
	r->t.payload = TQ_SPAN_NONE;
}

/* Is a message to be sent for what was edited? */
static bool
due_anew(const struct tq_task *t, unsigned set)
{
	return (set & (TQ_SET_NOT_BEFORE | TQ_SET_HELD)) != 0 &&
	    (TQ_BIT(t->status) & TQ_WAITING) != 0;
}

static enum aq_do
decide_edit(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct changing *c = arg;
	const struct tq_edit *e = &c->edits[i];
	struct tq_task to = *e->to;
	struct aq_rec *r = &ups[i].rec;
	struct tq_turned turned;
	bool expired;

	if (!aq_ref_ok(&ups[i], e->ref.rev, &c->out[i]))
		return AQ_NOTHING;
	c->old_at[i] = NULL;
	/* Our own write, whose answer was lost, and somebody went on from it. */
	if (c->payload_at[i] != NULL && r->payload_at != NULL &&
	    strcmp(c->payload_at[i], r->payload_at) == 0)
		return AQ_WRITTEN;
	c->now = aq_now(s);
	expired = tq_turn_expire(&r->t, c->now, c->a);
	if (to.not_before != 0)
		to.not_before += aq_ahead(s);
	to.payload_crc = 0;
	turned = tq_turn_edit(&r->t, e->set, &to, c->now);
	if (turned.write && (e->set & TQ_SET_PAYLOAD) != 0)
		place_payload(c, r, i);
	if (expired || due_anew(&r->t, e->set))
		return answer(s, c, &ups[i], i, expired, turned);
	/* It stands where it stood, and its message is on its way. */
	aq_ring_in_time(&r->t);
	c->out[i] = (struct tq_answer){ turned.code, r->t.status };
	return turned.write ? AQ_WRITE : AQ_NOTHING;
}

int
aq_cancel(struct tq_store *st, const char *const *ids, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, n * sizeof(*ups));
	struct changing c = { .out = out, .a = &a };
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		ups[i].id = ids[i];
	rc = aq_update(aq_of(st), ups, n, decide_cancel, &c, &a, err);
	aq_settle(aq_of(st));
	tq_arena_free(&a);
	return rc;
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
	aq_settle(aq_of(st));
	tq_arena_free(&a);
	return rc;
}

int
aq_purge(struct tq_store *st, const struct tq_ref *refs, size_t n, bool tree,
    struct tq_answer *out, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, n * sizeof(*ups));
	bool *dead = tq_arena_alloc(&a, n * sizeof(*dead));
	const struct aq_rec **gone = tq_arena_alloc(&a, (n + 1) *
	    sizeof(*gone));
	struct changing c = { .refs = refs, .out = out, .a = &a,
	    .tree = tree };
	size_t i, m = 0;
	int rc;

	for (i = 0; i < n; i++)
		ups[i].id = refs[i].id;
	rc = aq_update(s, ups, n, decide_purge, &c, &a, err);
	for (i = 0; i < n; i++) {
		dead[i] = ups[i].rec.t.status == TQ_FAILED;
		if (!ups[i].wrote || !ups[i].deleting)
			continue;
		gone[m++] = &ups[i].rec;
		aq_edges_drop(s, &ups[i].rec);
	}
	aq_recs_drop(s, gone, m);
	aq_settle(s);
	tidy(s, ups, dead, n);
	tq_arena_free(&a);
	return rc;
}

/* The payloads that nobody names any more, and messages for what is due. */
static void
settle_edit(struct aq *s, struct aq_update *ups, size_t n,
    const struct changing *c)
{
	struct aq_update **due = tq_arena_alloc(c->a, (n + 1) * sizeof(*due));
	size_t i, m = 0;

	for (i = 0; i < n; i++) {
		if (!ups[i].wrote) {
			aq_body_undo(s, &ups[i], c->payload_at[i]);
			continue;
		}
		aq_bodies_drop(s, &c->old_at[i], 1);
		if (due_anew(&ups[i].rec.t, c->edits[i].set) &&
		    !ups[i].rec.t.held)
			due[m++] = &ups[i];
	}
	aq_doorbells_send(s, due, m, c->a, NULL);
}

int
aq_edit(struct tq_store *st, const struct tq_edit *in, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, n * sizeof(*ups));
	struct changing c = { .edits = in, .out = out, .a = &a };
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
		    tq_verb_to(TQ_V_EDIT, ups[i].rec.t.status) == 0)
			continue;
		tag = tq_arena_fmt(&a, "edit-%016llx", (unsigned long long)
		    tq_random_u64(s->base.env));
		rc = aq_body_store(s, ups[i].rec.t.queue, in[i].ref.id, 0, tag,
		    "payload", in[i].to->payload, TQ_INLINE_MAX, &a,
		    &c.payload_at[i], err);
	}
	if (rc == 0)
		rc = aq_update(s, ups, n, decide_edit, &c, &a, err);
	if (rc == 0)
		settle_edit(s, ups, n, &c);
	aq_settle(s);
	tq_arena_free(&a);
	return rc;
}

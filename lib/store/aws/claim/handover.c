/*
 * lib/store/aws/claim/handover.c -- leased records go to the caller of a
 * claim.
 */
#include "store/aws/claim/claim.h"
#include "store/unread.h"

static void
hold(struct claiming *c, const struct candidate *k, const struct aq_update *j)
{
	aq_lease_add(c->s, j, k->msg != NULL ? k->msg->receipt : NULL,
	    k->msg != NULL ? k->msg->received_at : 0);
}

/* Hand a claimed record to the caller. */
static void
hand_over(struct claiming *c, struct candidate *k, struct aq_update *j)
{
	struct tq_claimed *got = c->got;
	struct tq_task *t = &j->rec.t;

	hold(c, k, j);
	got->tasks[got->n] = *t;
	if (k->over)
		got->tasks[got->n].due_since = 0;
	got->tasks[got->n].worker = tq_arena_str(got->arena, t->worker);
	if (t->traceparent == NULL && k->msg != NULL)
		got->tasks[got->n].traceparent = tq_arena_str(got->arena,
		    k->msg->traceparent);
	got->tasks[got->n++].bell = NULL;
}

/*
 * Leased, but its payload can't be had now: it waits again, and has not been
 * tried.  The next worker may be luckier, and need not wait for our lease.
 */
static void
give_back(struct claiming *c, struct aq_update *const *ups, size_t n)
{
	struct tq_arena *a = c->got->arena;
	struct tq_finish *in = tq_arena_alloc(a, (n + 1) * sizeof(*in));
	struct tq_answer *out = tq_arena_alloc(a, (n + 1) * sizeof(*out));
	const struct tq_task *t;
	size_t i;

	for (i = 0; i < n; i++) {
		t = &ups[i]->rec.t;
		in[i] = (struct tq_finish){ .id = t->id, .queue = t->queue,
		    .token = t->token, .claim = t->claim, .how = TQ_RELEASE,
		    .give_back = true };
	}
	if (n > 0)
		aq_end_leases(c->s, in, n, out, NULL);
	for (i = 0; i < n; i++)
		aq_lease_drop(c->s, aq_lease_of(c->s, in[i].id, in[i].claim));
}

int
aq_hand_over(struct claiming *c, struct aq_update *ups, size_t n,
    struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	struct aq_rec **recs = tq_arena_alloc(a, (n + 1) * sizeof(*recs)), *r;
	struct aq_update **back = tq_arena_alloc(a, (n + 1) * sizeof(*back));
	size_t i, m = 0, first = c->got->n;
	int rc;

	for (i = 0; i < n; i++)
		if (ups[i].wrote && !c->chosen[i]->ended)
			recs[m++] = &ups[i].rec;
	rc = aq_recs_load(c->s, recs, m, TQ_WITH_PAYLOAD, a, err);
	for (i = m = 0; i < n; i++) {
		r = &ups[i].rec;
		if (!ups[i].wrote || c->chosen[i]->ended)
			continue;
		if (r->unread == NULL && r->payload_at != NULL &&
		    r->t.payload.n == 0) {
			hold(c, c->chosen[i], &ups[i]);
			back[m++] = &ups[i];
			continue;
		}
		recs[c->got->n - first] = r;
		hand_over(c, c->chosen[i], &ups[i]);
	}
	for (i = first; i < c->got->n; i++) {
		if (recs[i - first]->unread == NULL)
			continue;
		/* For those that this claim leases later, too. */
		if (c->got->unread == NULL)
			c->got->unread = tq_arena_alloc(a, c->req->n *
			    sizeof(*c->got->unread));
		tq_unread(c->got, i, recs[i - first]->unread);
	}
	give_back(c, back, m);
	return rc;
}

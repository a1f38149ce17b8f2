/*
 * lib/store/aws/claim/handover.c -- leased records go to the caller of a
 * claim.
 */
#include "store/aws/claim/claim.h"

static void
hold(struct claiming *c, const struct cand *k, const struct aq_update *j)
{
	aq_lease_add(c->s, j, k->msg != NULL ? k->msg->receipt : NULL,
	    k->msg != NULL ? k->msg->received_at : 0);
}

/* Hand a claimed record to the caller. */
static void
hand_over(struct claiming *c, struct cand *k, struct aq_update *j)
{
	struct tq_claimed *got = c->got;
	struct tq_task *t = &j->rec.t;

	hold(c, k, j);
	got->tasks[got->n] = *t;
	/* In the answer it says since when the task was due. */
	got->tasks[got->n].due_since = k->over ? 0 : k->due;
	got->tasks[got->n].worker = tq_arena_str(got->arena, t->worker);
	got->tasks[got->n++].bell = NULL;
}

static enum aq_do
decide_broken(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	const struct aq_update *claimed = arg;
	struct aq_rec *r = &ups[i].rec;

	if (!ups[i].found || r->t.status != TQ_RUNNING ||
	    r->t.claim != claimed->rec.t.claim)
		return AQ_NOTHING;
	aq_end_expired(s, r, TQ_EXPIRED_FAIL, "store: its payload is gone");
	r->t.err_stage = TQ_AT_STORE;
	r->t.err_code = "payload-missing";
	return AQ_WRITE;
}

/* A task without its payload is dead, and must not hold up the others. */
static int
end_broken(struct claiming *c, const struct cand *k, struct aq_update *j,
    struct tq_err *err)
{
	struct aq_update again = aq_update_again(j);

	if (aq_update(c->s, &again, 1, decide_broken, j, c->got->arena,
	    err) == -1)
		return -1;
	aq_slot_free(c->s, k->slot, j->id);
	if (again.wrote)
		aq_dlq_move(
		    c->s, &again, k->msg != NULL ? k->msg->receipt : NULL);
	return 0;
}

/*
 * Leased, but its payload can't be had now: it waits again, and has not been
 * tried.  Who comes next may be luckier, and need not wait for our lease.
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
	size_t i, m = 0;
	int rc;

	for (i = 0; i < n; i++)
		if (ups[i].wrote && !c->chosen[i]->ended)
			recs[m++] = &ups[i].rec;
	rc = aq_recs_load(c->s, recs, m, TQ_WITH_PAYLOAD, a, err);
	for (i = m = 0; i < n; i++) {
		r = &ups[i].rec;
		if (!ups[i].wrote || c->chosen[i]->ended)
			continue;
		if (r->missing) {
			if (end_broken(c, c->chosen[i], &ups[i], err) == -1)
				rc = -1;
		} else if (r->payload_at != NULL && r->t.payload.n == 0) {
			hold(c, c->chosen[i], &ups[i]);
			back[m++] = &ups[i];
		} else {
			hand_over(c, c->chosen[i], &ups[i]);
		}
	}
	give_back(c, back, m);
	return rc;
}

/* lib/store/aws/claim/lease.c -- candidates become leased records. */
#include <string.h>

#include "store/aws/claim/claim.h"

#define CLAIM_BYTES_MAX	(32u * 1024 * 1024)

/* What a claim makes of a record. */
static void
lease(struct claiming *c, struct cand *k, struct aq_rec *r)
{
	struct tq_task *t = &r->t;
	bool back = k->over && r->prefetched;

	k->due = aq_due(t);
	/* One that was only held ahead did not kill its worker. */
	if (k->over && r->alone && !back)
		t->crashes++;
	r->alone = k->over;
	r->prefetched = k->prefetch;
	r->slot = k->slot;
	t->token++;
	t->claim = tq_random_u64(c->s->base.env) >> 1;
	t->attempts += !back;
	t->status = TQ_RUNNING;
	t->worker = c->req->worker;
	t->lease_until = c->now + c->req->lease_ms;
	t->started_at = t->updated_at = c->now;
	t->not_before = 0;
	t->expires_at = 0;	/* was about the wait for a start */
	t->progress = TQ_SPAN_NONE;
	t->bell = k->msg != NULL ? k->msg->id : NULL;
	t->rings = 0;
	t->ring_at = aq_running_ring_at(c->req->lease_ms, c->now);
}

static enum aq_do
decide(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct claiming *c = arg;
	struct cand *k = c->chosen[i];
	struct aq_rec *r = &ups[i].rec;
	enum tq_expired rule;

	k->ended = false;
	if (!ups[i].found || strcmp(r->t.queue, c->req->queue) != 0)
		return AQ_NOTHING;
	if (!k->over) {
		if ((TQ_BIT(r->t.status) & TQ_WAITING) == 0 ||
		    (c->req->nids == 0 && aq_due(&r->t) > c->now))
			return AQ_NOTHING;
		lease(c, k, r);
		return AQ_WRITE;
	}
	if (r->t.status != TQ_RUNNING ||
	    r->t.lease_until + AQ_MARGIN_MS > c->now)
		return AQ_NOTHING;
	rule = tq_expired_rule(&r->t, r->alone, r->prefetched, k->reason,
	    sizeof(k->reason));
	k->ended = rule != TQ_EXPIRED_TAKE;
	if (k->ended)
		aq_end_expired(s, r, rule, k->reason);
	else
		lease(c, k, r);
	return AQ_WRITE;
}

/* The message of a task that the rule of expired leases ended. */
static void
follow_up(struct claiming *c, const struct cand *k, struct aq_update *j)
{
	if (j->rec.t.dlq_owed)
		aq_dlq_move(c->s, j, k->msg != NULL ? k->msg->receipt : NULL);
	else if (k->msg != NULL)
		aq_unsend(c->s, c->req->queue, false, k->msg->receipt);
}

/* Slots under a limit, and how much may be held at once. */
static int
choose(struct claiming *c, struct cand *cands, size_t n, size_t max,
    size_t *nchosen, struct tq_err *err)
{
	struct cand *k;
	size_t i;
	int rc;

	*nchosen = 0;
	for (i = 0; i < n && *nchosen < max && c->bytes < CLAIM_BYTES_MAX;
	     i++) {
		k = &cands[i];
		k->prefetch = c->got->n + *nchosen >= c->req->slots;
		if ((rc = aq_slot_take(c, &k->up.rec.t, &k->slot, err)) == -1)
			return -1;
		if (rc == 0) {
			aq_limited(c);
			continue;
		}
		c->bytes += k->up.rec.t.payload_size;
		k->chosen = true;
		c->chosen[(*nchosen)++] = k;
	}
	return 0;
}

int
aq_claim_cands(struct claiming *c, struct cand *cands, size_t n, size_t max,
    struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	struct aq_update *ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	struct cand *k;
	size_t i, m;
	int rc;

	c->chosen = tq_arena_alloc(a, (n + 1) * sizeof(*c->chosen));
	if (choose(c, cands, n, max, &m, err) == -1)
		return -1;
	for (i = 0; i < m; i++)
		ups[i] = c->chosen[i]->up;
	rc = aq_update(c->s, ups, m, decide, c, a, err);
	for (i = 0; i < m; i++) {
		k = c->chosen[i];
		if (!ups[i].wrote || k->ended)
			aq_slot_free(c->s, k->slot, ups[i].id);
		if (ups[i].wrote && k->ended)
			follow_up(c, k, &ups[i]);
	}
	return aq_hand_over(c, ups, m, err) == -1 ? -1 : rc;
}

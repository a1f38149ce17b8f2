/* lib/store/aws/claim/lease.c -- candidates become leased records. */
#include <string.h>

#include "store/aws/claim/claim.h"
#include "store/unread.h"

#define CLAIM_BYTES_MAX	(32u * 1024 * 1024)

/* Claimed, or ended because its time was over. */
static struct tq_turned
turn(struct claiming *c, struct candidate *k, struct aq_rec *r)
{
	const struct tq_lease lease = { .worker = c->req->worker,
	    .lease_ms = c->req->lease_ms, .prefetched = k->prefetch,
	    .rnd = tq_random_u64(c->s->base.env) };

	return k->over ?
	    tq_turn_take_over(&r->t, &lease, c->now, c->now, c->got->arena) :
	    tq_turn_claim(&r->t, &lease, c->now, c->now, c->got->arena);
}

static bool
may_turn(const struct claiming *c, const struct candidate *k,
    const struct tq_task *t)
{
	if (strcmp(t->queue, c->req->queue) != 0)
		return false;
	if (k->over)
		return t->status == TQ_RUNNING &&
		    t->lease_until + AQ_MARGIN_MS <= c->now;
	return c->req->nids > 0 || tq_due(t, c->now) || aq_overdue(t, c->now);
}

static enum aq_do
decide(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct claiming *c = arg;
	struct candidate *k = c->chosen[i];
	struct aq_rec *r = &ups[i].rec;
	struct tq_turned turned;

	k->ended = false;
	if (!ups[i].found || !may_turn(c, k, &r->t))
		return AQ_NOTHING;
	if (k->over)
		r->t.ring_at = 0;	/* its entry is for those that run */
	turned = turn(c, k, r);
	k->ended = turned.code != TQ_OK && turned.write;
	if (turned.code == TQ_OK) {
		r->permit = k->permit;
		r->t.bell = k->msg != NULL ? k->msg->id : NULL;
	}
	return aq_turned(s, r, false, turned, c->now);
}

/* The message of a task that the claim ended. */
static void
follow_up(struct claiming *c, const struct candidate *k, struct aq_update *j)
{
	if (j->rec.t.dlq_owed)
		aq_dlq_move(c->s, j, k->msg != NULL ? k->msg->receipt : NULL);
	else if (k->msg != NULL)
		aq_unsend(c->s, c->req->queue, false, k->msg->receipt);
}

/*
 * The next of ${list} from *${from} on, up to ${max} to be leased: those that
 * get their limit's permit, and no more bytes than may be held at once.  What
 * is overdue is chosen too, to be ended.
 */
static int
choose(struct claiming *c, struct candidate *list, size_t n, size_t *from,
    size_t max, size_t *nchosen, struct tq_err *err)
{
	const struct tq_task *t;
	struct candidate *k;
	size_t live = 0;
	int rc;

	for (*nchosen = 0; *from < n && live < max &&
	    c->bytes < CLAIM_BYTES_MAX; ++*from) {
		k = &list[*from];
		t = &k->up.rec.t;
		k->prefetch = c->got->n + live >= c->req->slots;
		if (!aq_overdue(t, c->now)) {
			/* One that may be what brings workers down: alone. */
			if (tq_claim_alone(t) && c->got->n + live > 0)
				continue;
			if ((rc = aq_permit_take(c, t, &k->permit, err)) == -1)
				return -1;
			if (rc == 0) {
				aq_limited(c);
				continue;
			}
			c->bytes += t->payload_size;
			live = tq_claim_alone(t) ? max : live + 1;
		}
		k->chosen = true;
		c->chosen[(*nchosen)++] = k;
	}
	return 0;
}

/* Lease, or end, those that were chosen. */
static int
claim_chosen(struct claiming *c, size_t n, struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	struct aq_update *ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	struct candidate *k;
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		ups[i] = c->chosen[i]->up;
	rc = aq_update(c->s, ups, n, decide, c, a, err);
	for (i = 0; i < n; i++) {
		k = c->chosen[i];
		if (!ups[i].wrote || k->ended)
			aq_permit_free(c->s, k->permit, ups[i].id);
		if (ups[i].wrote && k->ended) {
			tq_passed(c->got, &ups[i].rec.t);
			follow_up(c, k, &ups[i]);
		}
	}
	return aq_hand_over(c, ups, n, err) == -1 ? -1 : rc;
}

int
aq_claim_candidates(struct claiming *c, struct candidate *list, size_t n,
    size_t max, struct tq_err *err)
{
	size_t from = 0, m;
	int rc = 0;

	c->chosen = tq_arena_alloc(c->got->arena, (n + 1) *
	    sizeof(*c->chosen));
	/* Others may have been quicker with the first of them. */
	while (rc == 0 && from < n && c->got->n < max) {
		rc = choose(c, list, n, &from, max - c->got->n, &m, err);
		if (rc == 0 && m == 0)
			break;
		if (rc == 0)
			rc = claim_chosen(c, m, err);
	}
	return rc;
}

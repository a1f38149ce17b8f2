/*
 * lib/store/aws/claim/claim.c -- records are leased: those a message
 * announced, and those the index knows to be due or to have lost their
 * worker.
 */
#include "store/aws/claim/claim.h"
#include "store/aws/edge/edge.h"
#include "store/aws/record/control.h"
#include "store/aws/record/shards.h"

static int
claim_ids(struct claiming *c, struct tq_err *err)
{
	const struct tq_claim *req = c->req;
	struct candidate *list = tq_arena_alloc(c->got->arena,
	    req->nids * sizeof(*list));
	size_t i;

	for (i = 0; i < req->nids; i++)
		list[i] = (struct candidate){ .up.id = req->ids[i] };
	return aq_claim_candidates(c, list, req->nids, req->n, err);
}

/*
 * Under a full limit a claim comes once a second until a permit is free.
 * Meanwhile messages that nobody has room for stay on the queue, and tasks
 * behind the limit are assumed to wait still, and looked for now and then.
 */
static int
claim_next(struct claiming *c, struct tq_err *err)
{
	struct aq_queue *q = aq_queue(c->s, c->req->queue);
	int64_t boot = tq_boot_ms(c->s->base.env);
	uint64_t types = aq_types_hash(c->req);
	bool none = aq_room(c) == 0;
	bool looked = !none && aq_look_due(q, AQ_LOOK_EXPIRED, types, boot);

	if (looked && aq_claim_expired(c, err) == -1)
		return -1;
	if (looked && c->got->n == 0 && aq_look_due(q, AQ_LOOK_LEFT, types,
	    boot) && aq_claim_left(c, err) == -1)
		return -1;
	if (c->got->n > 0)
		return 0;	/* a take-over is claimed alone */
	if (aq_claim_deferred(c, err) == -1)
		return -1;
	if (c->got->n == 0 && aq_claim_messages(c, !none &&
	    !aq_poll_resting(q, boot), err) == -1)
		return -1;
	if (c->got->n > 0)
		aq_poll_no_strangers(q);
	else if (c->strangers > 0)
		aq_poll_strangers(q, boot);
	aq_watermark_write(c->s, q);
	if (c->got->n > 0)
		return 0;
	if (aq_some_full(c) && !aq_look_due(q, AQ_LOOK_LIMITED, types, boot)) {
		aq_limited(c);
		return 0;
	}
	if (aq_claim_due(c, err) == -1)
		return -1;
	if (c->got->n > 0)
		aq_poll_no_strangers(q);
	if (c->got->n > 0 || looked || none)
		return 0;
	return aq_claim_expired(c, err);
}

/*
 * The messages that were pushed, and nothing else.  Those that can't be claimed
 * now were hidden until they may be, and come again by themselves.
 */
static int
claim_pushed(struct claiming *c, struct tq_err *err)
{
	const struct tq_claim *req = c->req;
	struct tq_claim fewer = *req;
	bool paced = c->control->rate > 0 && !c->control->paused;
	int rc;

	if (paced && aq_rate_take(c->s, c->control, &fewer.n,
	    &c->got->next_ms, err) == -1)
		return -1;
	c->put_off = c->control->paused || fewer.n == 0;
	if (fewer.n > 0)
		c->req = &fewer;
	rc = aq_claim_messages(c, false, err);
	c->req = req;
	if (paced && c->got->n < fewer.n)
		aq_rate_back(c->s, c->control, fewer.n - c->got->n);
	aq_watermark_write(c->s, aq_queue(c->s, req->queue));
	c->got->limited = false;
	c->got->next_ms = 0;
	c->got->more = aq_pushed_more(c->s, c->req);
	return c->got->n > 0 ? 0 : rc;
}

static int
claim_at_rate(struct claiming *c, struct tq_err *err)
{
	const struct tq_claim *req = c->req;
	struct tq_claim fewer = *req;
	int rc;

	if (aq_rate_take(c->s, c->control, &fewer.n, &c->got->next_ms, err) ==
	    -1)
		return -1;
	if (fewer.n == 0) {
		c->got->limited = true;
		return 0;
	}
	c->req = &fewer;
	rc = claim_next(c, err);
	c->req = req;
	if (c->got->n < fewer.n)
		aq_rate_back(c->s, c->control, fewer.n - c->got->n);
	return rc;
}

int
aq_claim(struct aq *s, const struct tq_claim *req, struct tq_claimed *got,
    struct tq_err *err)
{
	struct aq_queue *q = aq_queue(s, req->queue);
	struct tq_arena *a = got->arena;
	struct tq_control control;
	struct claiming c = { .s = s, .req = req, .got = got,
	    .control = &control };
	int rc;

	*got = (struct tq_claimed){ .arena = a };
	got->bell = atomic_load(&s->wakes);
	if (aq_control_lately(s, req->queue, a, &control, err) == -1)
		return -1;
	aq_shards_settle(s, req->queue);
	c.now = aq_now(s);
	got->tasks = tq_arena_alloc(a, req->n * sizeof(*got->tasks));
	aq_poll_claimed(q, req->lease_ms, control.paused);
	if (control.paused && !aq_pushed(s)) {
		got->paused = true;
		got->next_ms = control.until;
		return 0;
	}
	if (req->nids > 0)
		return claim_ids(&c, err);
	if (aq_rooms(&c, err) == -1)
		return -1;
	if (aq_pushed(s))
		return claim_pushed(&c, err);
	rc = control.rate > 0 && aq_room(&c) > 0 ? claim_at_rate(&c, err) :
	    claim_next(&c, err);
	if (rc == 0)
		aq_poll_full(q, (got->limited || got->n > 0) &&
		    aq_all_full(&c));
	aq_shards_heat(s, req->queue);
	if (got->next_ms != 0)
		got->next_ms -= aq_ahead(s);
	if (got->n == 0 && !got->limited)
		aq_deletes_flush(s);	/* what ends from now on, ends slowly */
	/* A task that no receive brought may be there all the same. */
	got->more |= got->n > 0;
	/* Leased tasks are to be worked; the next claim fails, if it must. */
	return got->n > 0 ? 0 : rc;
}

int
aq_finish(struct tq_store *st, const struct tq_finish *in, size_t n,
    struct tq_answer *out, const struct tq_claim *next,
    struct tq_claimed *got, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	bool owed;
	int rc;

	if (n > 0 && aq_end_leases(s, in, n, out, err) == -1)
		return -1;
	/* What a child is told meanwhile may come behind the claim's look. */
	owed = aq_settling(s);
	rc = next == NULL ? 0 : aq_claim(s, next, got, n > 0 ? NULL : err);
	owed = aq_settle_soon(s) || owed;
	if (next != NULL)
		got->owed = owed;
	if (rc == 0)
		return 0;
	/* The ends are written; the next claim will say what is wrong. */
	got->more = true;
	return n > 0 ? 0 : -1;
}

/*
 * lib/store/aws/claim.c -- records are leased: those a message announced, and
 * those the index knows to be due or to have lost their worker.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/aws/claim.h"

#define CLAIM_BYTES_MAX	(32u * 1024 * 1024)
#define RUNNING_MS	(15 * INT64_C(60000))	/* of the index entry, at least */
#define LIMITED_MS	1000	/* when to look again under a limit */

void
aq_next(struct tq_claimed *got, int64_t wall)
{
	if (got->next_ms == 0 || wall < got->next_ms)
		got->next_ms = wall;
}

void
aq_limited(struct claiming *c)
{
	c->got->limited = true;
	aq_next(c->got, c->now + LIMITED_MS);
}

static bool
among(const char *const *types, size_t n, const char *type)
{
	size_t i;

	for (i = 0; type != NULL && i < n; i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

bool
aq_wants(const struct tq_claim *req, const char *type)
{
	return among(req->types, req->ntypes, type);
}

bool
aq_wants_otherwise(const struct tq_claim *req, const char *type)
{
	return among(req->others, req->nothers, type);
}

int64_t
aq_running_ring_at(int64_t lease_ms, int64_t now)
{
	return now + (2 * lease_ms > RUNNING_MS ? 2 * lease_ms : RUNNING_MS);
}

void
aq_end_expired(struct aq *s, struct aq_rec *r, enum tq_expired rule,
    const char *reason)
{
	struct tq_task *t = &r->t;

	if (rule == TQ_EXPIRED_FAIL) {
		t->reason = reason;
		t->err_stage = TQ_AT_PROCESS;
		t->err_code = "lease-expired";
	}
	r->alone = r->prefetched = false;
	r->slot = NULL;
	t->progress = TQ_SPAN_NONE;
	t->token++;
	aq_to_finished(s, t, rule == TQ_EXPIRED_CANCEL ? TQ_CANCELLED :
	    TQ_FAILED);
	t->updated_at = t->finished_at;
}

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
decide(struct aq *s, struct aq_job *jobs, size_t i, void *arg)
{
	struct claiming *c = arg;
	struct cand *k = c->chosen[i];
	struct aq_rec *r = &jobs[i].rec;
	enum tq_expired rule;

	k->ended = false;
	if (!jobs[i].found || strcmp(r->t.queue, c->req->queue) != 0)
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
follow_up(struct claiming *c, const struct cand *k, struct aq_job *j)
{
	if (j->rec.t.dlq_owed)
		aq_bury(c->s, j, k->msg != NULL ? k->msg->receipt : NULL);
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
	for (i = 0; i < n && *nchosen < max && c->bytes < CLAIM_BYTES_MAX; i++) {
		k = &cands[i];
		k->prefetch = c->got->n + *nchosen >= c->req->slots;
		if ((rc = aq_slot_take(c, &k->job.rec.t, &k->slot, err)) == -1)
			return -1;
		if (rc == 0) {
			aq_limited(c);
			continue;
		}
		c->bytes += k->job.rec.t.payload_size;
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
	struct aq_job *jobs = tq_arena_alloc(a, (n + 1) * sizeof(*jobs));
	struct cand *k;
	size_t i, m;
	int rc;

	c->chosen = tq_arena_alloc(a, (n + 1) * sizeof(*c->chosen));
	if (choose(c, cands, n, max, &m, err) == -1)
		return -1;
	for (i = 0; i < m; i++)
		jobs[i] = c->chosen[i]->job;
	rc = aq_change(c->s, jobs, m, decide, c, a, err);
	for (i = 0; i < m; i++) {
		k = c->chosen[i];
		if (!jobs[i].wrote || k->ended)
			aq_slot_free(c->s, k->slot, jobs[i].id);
		if (jobs[i].wrote && k->ended)
			follow_up(c, k, &jobs[i]);
	}
	return aq_hand_over(c, jobs, m, err) == -1 ? -1 : rc;
}

/* By prio, then due time, then age. */
static int
by_turn(const void *va, const void *vb)
{
	const struct tq_task *a = &((const struct cand *)va)->job.rec.t;
	const struct tq_task *b = &((const struct cand *)vb)->job.rec.t;
	int64_t x = aq_due(a), y = aq_due(b);

	if (a->prio != b->prio)
		return b->prio - a->prio;
	if (x != y)
		return x < y ? -1 : 1;
	if (a->created_at != b->created_at)
		return a->created_at < b->created_at ? -1 : 1;
	return strcmp(a->id, b->id);
}

void
aq_sort_cands(struct cand *cands, size_t n)
{
	if (n > 1)
		qsort(cands, n, sizeof(*cands), by_turn);
}

static int
claim_ids(struct claiming *c, struct tq_err *err)
{
	const struct tq_claim *req = c->req;
	struct cand *cands = tq_arena_alloc(c->got->arena,
	    req->nids * sizeof(*cands));
	size_t i;

	for (i = 0; i < req->nids; i++)
		cands[i] = (struct cand){ .job.id = req->ids[i] };
	return aq_claim_cands(c, cands, req->nids, req->n, err);
}

/* A number for the claim's types (FNV-1a). */
static uint64_t
types_hash(const struct tq_claim *req)
{
	uint64_t h = UINT64_C(14695981039346656037);
	const char *p;
	size_t i;

	for (i = 0; i < req->ntypes; i++)
		for (p = req->types[i]; ; p++) {
			h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
			if (*p == '\0')
				break;
		}
	return h;
}

/*
 * Under a limit a claim is asked for each second, until a slot is free.  Then
 * messages that nobody has room for stay where they are, and what waits
 * behind the limit is looked for now and then, else taken for granted.
 */
static int
claim_next(struct claiming *c, struct tq_err *err)
{
	struct aq_queue *q = aq_queue(c->s, c->req->queue);
	int64_t boot = tq_boot_ms(c->s->base.env);
	uint64_t types = types_hash(c->req);
	bool none = aq_room(c) == 0;
	bool looked = !none && aq_look_due(q->looked, types, boot);

	if (looked) {
		if (aq_claim_expired(c, err) == -1)
			return -1;
		if (c->got->n > 0)
			return 0;	/* a take-over is claimed alone */
	}
	if (aq_claim_behind(c, err) == -1)
		return -1;
	if (c->got->n == 0 && aq_claim_messages(c, !none, err) == -1)
		return -1;
	aq_mark(c->s, q);
	if (c->got->n > 0)
		return 0;
	if (aq_some_full(c) && !aq_look_due(q->held_up, types, boot)) {
		aq_limited(c);
		return 0;
	}
	if (aq_claim_due(c, err) == -1)
		return -1;
	if (c->got->n > 0 || looked || none)
		return 0;
	return aq_claim_expired(c, err);
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
	c.now = aq_now(s);
	got->tasks = tq_arena_alloc(a, req->n * sizeof(*got->tasks));
	q->paused = control.paused;
	q->lease_ms = req->lease_ms;
	if (control.paused) {
		got->paused = true;
		got->next_ms = control.until;
		return 0;
	}
	if (req->nids > 0)
		return claim_ids(&c, err);
	if (aq_rooms(&c, err) == -1)
		return -1;
	rc = control.rate > 0 && aq_room(&c) > 0 ? claim_at_rate(&c, err) :
	    claim_next(&c, err);
	if (rc == 0)
		q->full = (got->limited || got->n > 0) && aq_all_full(&c);
	if (got->next_ms != 0)
		got->next_ms -= aq_ahead(s);
	if (got->n == 0 && !got->limited)
		aq_gone_flush(s);	/* what ends from now on, ends slowly */
	/* What a receive did not bring may be there all the same. */
	got->more |= got->n > 0;
	/* What is leased is to be worked; the next claim fails, if it must. */
	return got->n > 0 ? 0 : rc;
}

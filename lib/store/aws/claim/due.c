/*
 * lib/store/aws/claim/due.c -- where claims come from: the index, which
 * knows what is due, and what has lost its worker, though no message says
 * so.
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/claim/claim.h"
#include "store/aws/record/table.h"

#define LOOK	25	/* entries looked at when no message came */

/* Read up to LOOK entries of a status as ups; the caller filters. */
static int
look(struct claiming *c, enum tq_status status, struct aq_entry **e,
    size_t *n, struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	struct aq_query q = { .gsi = aq_gsi(c->req->queue, status, a),
	    .limit = c->req->n > LOOK ? (int64_t)c->req->n : LOOK };
	bool more;

	return aq_query(c->s, &q, a, e, n, &more, err);
}

int
aq_claim_due(struct claiming *c, struct tq_err *err)
{
	static const enum tq_status statuses[] = { TQ_PENDING, TQ_RETRYING };
	struct tq_arena *a = c->got->arena;
	struct aq_entry *e[2];
	struct aq_update *ups;
	struct cand *cands;
	size_t n[2], i, k, m = 0, live = 0;

	for (i = 0; i < 2; i++)
		if (look(c, statuses[i], &e[i], &n[i], err) == -1)
			return -1;
	ups = tq_arena_alloc(a, (n[0] + n[1] + 1) * sizeof(*ups));
	for (i = 0; i < 2; i++)
		for (k = 0; k < n[i]; k++) {
			if (e[i][k].id == NULL || !aq_wants(c->req,
			    e[i][k].type))
				continue;
			if (e[i][k].rings == AQ_RINGS_HELD)
				continue;
			if (e[i][k].due > c->now)
				aq_next(c->got, e[i][k].due);
			else if (aq_full(c, e[i][k].type))
				aq_limited(c);
			else
				ups[m++] = (struct aq_update){
				    .id = e[i][k].id };
		}
	if (aq_fetch(c->s, ups, m, a, err) == -1)
		return -1;
	cands = tq_arena_alloc(a, (m + 1) * sizeof(*cands));
	for (i = 0; i < m; i++)
		if (ups[i].found && ups[i].rec.v <= TQ_TASK_VERSION &&
		    (TQ_BIT(ups[i].rec.t.status) & TQ_WAITING) != 0)
			cands[live++] = (struct cand){ .up = ups[i] };
	aq_sort_cands(cands, live);
	return aq_claim_cands(c, cands, live, c->req->n, err);
}

int
aq_take_over(struct claiming *c, struct cand *cands, size_t n,
    struct tq_err *err)
{
	size_t i;

	for (i = 0; i < n && c->got->n == 0; i++) {
		cands[i].chosen = true;
		if (cands[i].over && aq_claim_cands(c, &cands[i], 1, 1, err) ==
		    -1)
			return -1;
	}
	return 0;
}

/* The longest expired first; of several the one that was claimed for first. */
static int
by_lease(const void *va, const void *vb)
{
	const struct tq_task *a = &((const struct cand *)va)->up.rec.t;
	const struct tq_task *b = &((const struct cand *)vb)->up.rec.t;

	if (a->lease_until != b->lease_until)
		return a->lease_until < b->lease_until ? -1 : 1;
	if (a->created_at != b->created_at)
		return a->created_at < b->created_at ? -1 : 1;
	return strcmp(a->id, b->id);
}

int
aq_claim_expired(struct claiming *c, struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	struct aq_entry *e;
	struct aq_update *ups;
	struct cand *cands;
	const struct tq_task *t;
	size_t n, i, m = 0, live = 0;

	if (look(c, TQ_RUNNING, &e, &n, err) == -1)
		return -1;
	ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	for (i = 0; i < n; i++)
		if (e[i].id != NULL && aq_wants(c->req, e[i].type))
			ups[m++] = (struct aq_update){ .id = e[i].id };
	if (aq_fetch(c->s, ups, m, a, err) == -1)
		return -1;
	cands = tq_arena_alloc(a, (m + 1) * sizeof(*cands));
	for (i = 0; i < m; i++) {
		t = &ups[i].rec.t;
		if (!ups[i].found || t->status != TQ_RUNNING ||
		    ups[i].rec.v > TQ_TASK_VERSION)
			continue;
		if (t->lease_until + AQ_MARGIN_MS > c->now)
			aq_next(c->got, t->lease_until + AQ_MARGIN_MS);
		else
			cands[live++] = (struct cand){ .up = ups[i],
			    .over = true };
	}
	if (live > 1)
		qsort(cands, live, sizeof(*cands), by_lease);
	if (aq_take_over(c, cands, live, err) == -1)
		return -1;
	if (c->got->n > 0 && live > 1)	/* there may be more */
		aq_look_anew(aq_queue(c->s, c->req->queue),
		    AQ_LOOK_EXPIRED);
	return 0;
}

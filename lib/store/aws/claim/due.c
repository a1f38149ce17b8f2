/*
 * lib/store/aws/claim/due.c -- where claims come from: the index, which
 * knows what is due, and what has lost its worker, though no message says
 * so.
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/claim/claim.h"
#include "store/aws/record/shards.h"
#include "store/aws/record/table.h"

#define PAGE		500	/* index entries looked at in a claim */
#define READS		25	/* records read for it, at least */
#define LEASE_MS	2000	/* no worker's is shorter */
#define FAR_MS		TQ_SQS_HIDE_MAX_MS	/* nothing due is placed later */

static const enum tq_status waiting[] = { TQ_PENDING, TQ_RETRYING };

/* One page of the index for a claim. */
struct paging {
	struct claiming		*c;
	struct aq_look		*look;		/* NULL: the head will do */
	struct aq_update	*ups;		/* records to be read */
	size_t			 n, max;
	int64_t			 next;		/* when one is due; 0: none is */
	int			 shards;	/* to be gone through */
	bool			 strangers;	/* some of other types are due */
	bool			 left;		/* only what runs is looked for */
	size_t			 over;		/* whose lease ran out */
};

static void
is_due_at(struct paging *p, int64_t at)
{
	if (p->next == 0 || at < p->next)
		p->next = at;
}

/* Is the record of ${e} worth reading? */
static bool
is_wanted(struct paging *p, enum tq_status status, const struct aq_entry *e)
{
	struct claiming *c = p->c;

	if (e->id != NULL && e->rings != AQ_RINGS_HELD && e->due <= c->now &&
	    !aq_wants(c->req, e->type) && !aq_wants_otherwise(c->req, e->type))
		p->strangers = true;
	if (e->id == NULL || !aq_wants(c->req, e->type) ||
	    e->rings == AQ_RINGS_HELD)
		return false;
	if (status == TQ_RUNNING)
		return true;
	if (p->left)
		return e->due + LEASE_MS <= c->now;
	if (e->due > c->now) {
		is_due_at(p, e->due);
		return e->expires_at != 0 && e->expires_at <= c->now;
	}
	/* Unless it is one of those that fill the limit: its record tells. */
	if (aq_full(c, e->type) && !aq_entry_may_run(e, status, c->now)) {
		aq_limited(c);
		return false;
	}
	return true;
}

/* The next page of a part: what of it is to be read. */
static int
read_part(struct paging *p, size_t part, enum tq_status status,
    struct tq_err *err)
{
	struct tq_arena *a = p->c->got->arena;
	struct aq_part *at = p->look != NULL ? &p->look->part[part] : NULL;
	struct aq_query q = { .limit = p->c->req->n > PAGE ?
	    (int64_t)p->c->req->n : PAGE };
	struct aq_entry *e;
	size_t n, i, room = p->n + p->max;
	bool more, far = false;

	if (at != NULL && at->end)
		return 0;
	/* Heads are looked at in turn, a shard a second. */
	q.shard = at != NULL ? at->shard :
	    (int)(p->c->now / 1000 % p->shards);
	q.gsi = aq_gsi(p->c->req->queue, status, q.shard, a);
	if (at != NULL && at->pk != NULL)
		q.after = (struct aq_at){ at->pk, at->ring_at };
	if (aq_query(p->c->s, &q, a, &e, &n, &more, err) == -1)
		return -1;
	for (i = 0; i < n && p->n < room && !far; i++) {
		if (is_wanted(p, status, &e[i]))
			p->ups[p->n++] = (struct aq_update){ .id = e[i].id };
		far = status != TQ_RUNNING && e[i].ring_at > p->c->now + FAR_MS;
	}
	if (at != NULL)
		aq_look_seen(at, i > 0 ? &e[i - 1] : NULL,
		    i > 0 && !far && (i < n || more), p->shards);
	return 0;
}

static int
read_page(struct paging *p, const enum tq_status *parts, size_t nparts,
    enum aq_look_for what, struct tq_err *err)
{
	struct claiming *c = p->c;
	size_t i;

	if (aq_shards_walk(c->s, c->req->queue, &p->shards, err) == -1)
		return -1;
	if (!p->left)
		p->look = aq_look_begin(aq_queue(c->s, c->req->queue), what,
		    aq_types_hash(c->req), tq_boot_ms(c->s->base.env));
	p->max = c->req->n > READS ? c->req->n : READS;
	p->ups = tq_arena_alloc(c->got->arena, (nparts * p->max + 1) *
	    sizeof(*p->ups));
	for (i = 0; i < nparts; i++)
		if (read_part(p, i, parts[i], err) == -1)
			return -1;
	return aq_fetch(c->s, p->ups, p->n, c->got->arena, err);
}

/* The page is done: has all been seen, or does the next claim go on? */
static void
end_page(struct paging *p, size_t nparts)
{
	struct claiming *c = p->c;
	int64_t next = p->next;

	if (p->look == NULL) {
		if (next != 0)
			aq_next(c->got, next);
		return;
	}
	if (p->look->next != 0 && (next == 0 || p->look->next < next))
		next = p->look->next;
	p->look->next = next;
	if (!aq_look_end(p->look, nparts, c->got->n > 0,
	    tq_boot_ms(c->s->base.env)))
		c->got->more = true;
	if (next != 0)
		aq_next(c->got, next);
}

int
aq_take_over(struct claiming *c, struct candidate *list, size_t n,
    struct tq_err *err)
{
	size_t i;

	for (i = 0; i < n && c->got->n == 0; i++) {
		list[i].chosen = true;
		if (list[i].over &&
		    aq_claim_candidates(c, &list[i], 1, 1, err) == -1)
			return -1;
	}
	return 0;
}

/* The longest expired first; of several the one that was claimed for first. */
static int
by_lease(const void *va, const void *vb)
{
	const struct tq_task *a = &((const struct candidate *)va)->up.rec.t;
	const struct tq_task *b = &((const struct candidate *)vb)->up.rec.t;

	if (a->lease_until != b->lease_until)
		return a->lease_until < b->lease_until ? -1 : 1;
	if (a->created_at != b->created_at)
		return a->created_at < b->created_at ? -1 : 1;
	return strcmp(a->id, b->id);
}

/* Of those read, what runs: the lease that ran out first, if one did. */
static int
take_over_some(struct paging *p, struct tq_err *err)
{
	struct claiming *c = p->c;
	struct candidate *list = tq_arena_alloc(c->got->arena, (p->n + 1) *
	    sizeof(*list));
	const struct tq_task *t;
	size_t i;

	for (i = 0; i < p->n; i++) {
		t = &p->ups[i].rec.t;
		if (!p->ups[i].found || t->status != TQ_RUNNING ||
		    p->ups[i].rec.v > TQ_TASK_VERSION)
			continue;
		if (t->lease_until + AQ_MARGIN_MS > c->now)
			is_due_at(p, t->lease_until + AQ_MARGIN_MS);
		else
			list[p->over++] = (struct candidate){
			    .up = p->ups[i], .over = true };
	}
	if (p->over > 1)
		qsort(list, p->over, sizeof(*list), by_lease);
	return aq_take_over(c, list, p->over, err);
}

int
aq_claim_left(struct claiming *c, struct tq_err *err)
{
	struct paging p = { .c = c, .left = true };

	if (read_page(&p, waiting, 2, AQ_LOOK_LEFT, err) == -1)
		return -1;
	return take_over_some(&p, err);
}

int
aq_claim_due(struct claiming *c, struct tq_err *err)
{
	struct paging p = { .c = c };
	struct candidate *list;
	size_t i, live = 0;

	/* It sees those, too. */
	aq_look_done(aq_queue(c->s, c->req->queue), AQ_LOOK_LEFT,
	    aq_types_hash(c->req), tq_boot_ms(c->s->base.env));
	if (read_page(&p, waiting, 2, AQ_LOOK_TASKS, err) == -1 ||
	    take_over_some(&p, err) == -1)
		return -1;
	list = tq_arena_alloc(c->got->arena, (p.n + 1) * sizeof(*list));
	for (i = 0; c->got->n == 0 && i < p.n; i++) {
		if (!p.ups[i].found || p.ups[i].rec.v > TQ_TASK_VERSION ||
		    (TQ_BIT(p.ups[i].rec.t.status) & TQ_WAITING) == 0)
			continue;
		if (aq_full(c, p.ups[i].rec.t.type))
			aq_limited(c);
		else
			list[live++] = (struct candidate){ .up = p.ups[i] };
	}
	aq_sort_candidates(list, live);
	if (aq_claim_candidates(c, list, live, c->req->n, err) == -1)
		return -1;
	if (!p.strangers && p.look != NULL && p.look->pages == 0)
		aq_poll_no_strangers(aq_queue(c->s, c->req->queue));
	end_page(&p, 2);
	return 0;
}

int
aq_claim_expired(struct claiming *c, struct tq_err *err)
{
	static const enum tq_status parts[] = { TQ_RUNNING };
	struct paging p = { .c = c };

	if (read_page(&p, parts, 1, AQ_LOOK_EXPIRED, err) == -1 ||
	    take_over_some(&p, err) == -1)
		return -1;
	end_page(&p, 1);
	if (c->got->n > 0 && p.over > 1)	/* there may be more */
		aq_look_anew(aq_queue(c->s, c->req->queue), AQ_LOOK_EXPIRED);
	return 0;
}

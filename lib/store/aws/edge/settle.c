/* lib/store/aws/edge/settle.c -- what is owed to those that wait is paid. */
#include <stdlib.h>
#include <string.h>

#include "store/aws/edge/edge.h"
#include "store/aws/record/table.h"
#include "util/json.h"

#define TRIES	20	/* of sets that others change too */

/* -- edges are met --------------------------------------------------------- */

/* Does its parent meet the open edge ${p}?  Then with p->status. */
typedef bool meet_fn(struct tq_parent *p, const void *arg);

/* Meet what ${fn} says in these sets, which are then as they stand. */
static int
meet(struct aq *s, struct aq_set *sets, size_t n, meet_fn *fn,
    const void *arg, struct tq_arena *a, struct tq_err *err)
{
	struct aq_set *left = tq_arena_alloc(a, (n + 1) * sizeof(*left));
	size_t *which = tq_arena_alloc(a, (n + 1) * sizeof(*which));
	size_t i, k, m;
	int tries;

	if (aq_sets_read(s, sets, n, a, err) == -1)
		return -1;
	for (tries = 0; tries < TRIES; tries++) {
		for (i = m = 0; i < n; i++) {
			for (k = 0; k < sets[i].n; k++)
				if (!sets[i].v[k].met && fn(&sets[i].v[k], arg))
					sets[i].v[k].met = sets[i].dirty = true;
			if (sets[i].dirty)
				which[m] = i;
			if (sets[i].dirty)
				left[m++] = sets[i];
			sets[i].dirty = false;
		}
		if (m == 0)
			return 0;
		if (aq_sets_write(s, left, m, a, err) == -1)
			return -1;
		for (i = k = 0; i < m; i++)
			if (left[i].stale) {
				which[k] = which[i];
				left[k++].pk = left[i].pk;
			}
		if (k > 0 && aq_sets_read(s, left, k, a, err) == -1)
			return -1;
		for (i = 0; i < k; i++)
			sets[which[i]] = left[i];
	}
	return tq_err_set(err, TQ_AT_STORE, TQ_E_THROTTLED, "%s: %s is being "
	    "changed by others all the time", s->base.name, left[0].pk);
}

/* -- a look ----------------------------------------------------------------- */

/* The tasks at the other end of open edges, sorted by id. */
struct others {
	struct tq_parent *v;	/* gone, or its status */
	size_t		 n;
	bool		 again;	/* a redriven child: see edge.h */
};

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct tq_parent *)a)->id,
	    ((const struct tq_parent *)b)->id);
}

static const struct tq_parent *
other(const struct others *o, const char *id)
{
	const struct tq_parent key = { .id = id };

	return o->n == 0 ? NULL : bsearch(&key, o->v, o->n, sizeof(*o->v),
	    by_id);
}

static bool
meet_look(struct tq_parent *p, const void *arg)
{
	const struct others *o = arg;
	const struct tq_parent *is = other(o, p->id);

	if (is == NULL || !((is->gone && o->again) || tq_edge_state(p->ended,
	    is->status, is->gone) == TQ_EDGE_MET))
		return false;
	p->status = is->status;
	return true;
}

/* Read the parents of the open edges in ${sets}. */
static int
read_others(struct aq *s, const struct aq_set *sets, size_t n,
    struct others *o, struct tq_arena *a, struct tq_err *err)
{
	struct aq_update *ups;
	size_t i, k, most = 0;
	int64_t now = aq_now(s);

	for (i = 0; i < n; i++)
		most += aq_set_open(&sets[i]);
	o->v = tq_arena_alloc(a, (most + 1) * sizeof(*o->v));
	ups = tq_arena_alloc(a, (most + 1) * sizeof(*ups));
	for (i = 0; i < n; i++)
		for (k = 0; k < sets[i].n; k++)
			if (!sets[i].v[k].met)
				o->v[o->n++].id = sets[i].v[k].id;
	for (i = 0; i < o->n; i++)
		ups[i].id = o->v[i].id;
	if (aq_fetch(s, ups, o->n, a, err) == -1)
		return -1;
	for (i = 0; i < o->n; i++) {
		if (ups[i].found)
			tq_turn_expire(&ups[i].rec.t, now, a);
		o->v[i].gone = !ups[i].found;
		o->v[i].status = ups[i].found ? ups[i].rec.t.status :
		    TQ_CANCELLED;
	}
	if (o->n > 0)
		qsort(o->v, o->n, sizeof(*o->v), by_id);
	return 0;
}

/* A parent that breaks an edge in ${sets}; NULL: none does. */
static const struct tq_parent *
breaks(const struct aq_set *sets, size_t n, const struct others *o)
{
	const struct tq_parent *is;
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < sets[i].n; k++)
			if (!sets[i].v[k].met &&
			    (is = other(o, sets[i].v[k].id)) != NULL &&
			    tq_edge_state(sets[i].v[k].ended, is->status,
			    is->gone) == TQ_EDGE_BROKEN)
				return is;
	return NULL;
}

/* The sets that `open' of ${r} names. */
static struct aq_set *
open_sets(const struct aq_rec *r, struct tq_arena *a, size_t **number,
    size_t *n)
{
	size_t most = aq_sets_of((size_t)r->t.parents);
	struct aq_set *sets = tq_arena_alloc(a, (most + 1) * sizeof(*sets));
	struct tq_json_iter it = tq_json_iter(r->open);
	struct tq_span k, v;
	int64_t set;

	*number = tq_arena_alloc(a, (most + 1) * sizeof(**number));
	*n = 0;
	while (r->open.n > 0 && *n < most && tq_json_next(&it, &k, &v)) {
		if (!tq_json_int(v, &set))
			continue;
		(*number)[*n] = (size_t)set;
		sets[(*n)++].pk = aq_set_pk(r->t.id, aq_tag(&r->t),
		    (size_t)set, a);
	}
	return sets;
}

/* The findings of the child ${r} at its parents, as ${turn}. */
static int
look(struct aq *s, const struct aq_rec *r, struct aq_turn *turn,
    struct tq_arena *a, struct tq_err *err)
{
	struct others o = { .again = r->look_owed != AQ_LOOK_FIRST };
	const struct tq_parent *broken;
	size_t *number, n, i;
	struct aq_set *sets = open_sets(r, a, &number, &n);

	*turn = (struct aq_turn){ .id = r->t.id, .tag = aq_tag(&r->t),
	    .closed = number, .looked = true };
	if (aq_sets_read(s, sets, n, a, err) == -1 ||
	    read_others(s, sets, n, &o, a, err) == -1 ||
	    meet(s, sets, n, meet_look, &o, a, err) == -1)
		return -1;
	broken = o.again ? NULL : breaks(sets, n, &o);
	if (broken != NULL) {
		turn->broken = broken->id;
		turn->gone = broken->gone;
	}
	for (i = 0; i < n; i++)
		if (aq_set_open(&sets[i]) == 0)
			number[turn->nclosed++] = number[i];
	return 0;
}

int
aq_pay_looks(struct aq *s, const char *const *ids, size_t n,
    struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, (n + 1) * sizeof(*ups));
	struct aq_turn *turns = tq_arena_alloc(&a, (n + 1) * sizeof(*turns));
	size_t i, m = 0;
	int rc;

	for (i = 0; i < n; i++)
		ups[i].id = ids[i];
	rc = aq_fetch(s, ups, n, &a, err);
	for (i = 0; rc == 0 && i < n; i++)
		if (ups[i].found && ups[i].rec.look_owed != 0)
			rc = look(s, &ups[i].rec, &turns[m++], &a, err);
	if (rc == 0)
		rc = aq_children_turn(s, turns, m, &a, err);
	tq_arena_free(&a);
	return rc;
}

/* -- an ended parent's word -------------------------------------------------- */

struct word {
	const char	*id;
	enum tq_status	 status;
	bool		 gone;
};

static bool
meet_word(struct tq_parent *p, const void *arg)
{
	const struct word *w = arg;

	if (strcmp(p->id, w->id) != 0 ||
	    tq_edge_state(p->ended, w->status, w->gone) != TQ_EDGE_MET)
		return false;
	p->status = w->status;
	return true;
}

/* Does ${set} still wait for ${id}? */
static bool
waits_for(const struct aq_set *set, const char *id)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (!set->v[i].met && strcmp(set->v[i].id, id) == 0)
			return true;
	return false;
}

/* A cancelled parent has no word for children that have ended. */
static int
leave_ended(struct aq *s, struct aq_kid *kids, size_t *n, struct tq_arena *a,
    struct tq_err *err)
{
	struct aq_update *ups = tq_arena_alloc(a, (*n + 1) * sizeof(*ups));
	size_t i, m = 0;

	for (i = 0; i < *n; i++)
		ups[i].id = kids[i].id;
	if (aq_fetch(s, ups, *n, a, err) == -1)
		return -1;
	for (i = 0; i < *n; i++)
		if (!ups[i].found ||
		    (TQ_BIT(ups[i].rec.t.status) & TQ_FINISHED) == 0)
			kids[m++] = kids[i];
	*n = m;
	return 0;
}

static int
tell(struct aq *s, const struct word *w, struct aq_kid *kids, size_t n,
    struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_set *sets = tq_arena_alloc(&a, (n + 1) * sizeof(*sets));
	struct aq_turn *turns = tq_arena_alloc(&a, (n + 1) * sizeof(*turns));
	size_t i, m = 0;
	int rc = w->status != TQ_CANCELLED || w->gone ? 0 :
	    leave_ended(s, kids, &n, &a, err);

	for (i = 0; i < n; i++)
		sets[i].pk = aq_set_pk(kids[i].id, kids[i].tag, kids[i].set,
		    &a);
	if (rc == 0)
		rc = meet(s, sets, n, meet_word, w, &a, err);
	for (i = 0; rc == 0 && i < n; i++) {
		if (sets[i].rev == 0)
			continue;
		turns[m] = (struct aq_turn){ .id = kids[i].id,
		    .tag = kids[i].tag };
		if (aq_set_open(&sets[i]) == 0) {
			turns[m].closed = &kids[i].set;
			turns[m++].nclosed = 1;
		} else if (waits_for(&sets[i], w->id) && tq_edge_state(
		    kids[i].ended, w->status, w->gone) == TQ_EDGE_BROKEN) {
			turns[m].broken = w->id;
			turns[m++].gone = w->gone;
		}
	}
	if (rc == 0)
		rc = aq_children_turn(s, turns, m, &a, err);
	tq_arena_free(&a);
	return rc;
}

static enum aq_do
decide_paid(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct aq_rec *r = &ups[i].rec;

	(void)s;
	(void)arg;
	if (!ups[i].there || !r->unblock_owed)
		return AQ_NOTHING;
	if (r->purging)
		return AQ_DELETE;
	r->unblock_owed = false;
	r->t.ring_at = r->t.finished_at;
	return AQ_WRITE;
}

/* All of the children that the record's items name. */
static int
tell_all(struct aq *s, const struct aq_rec *r, struct tq_arena *a,
    struct tq_err *err)
{
	const struct word w = { r->t.id, r->t.status, r->purging };
	size_t slots = (size_t)r->t.edges, from, n, i;
	struct aq_kid *kids;

	for (from = 0; from < slots; from += AQ_SET_MAX) {
		n = slots - from < AQ_SET_MAX ? slots - from : AQ_SET_MAX;
		if (aq_kids_read(s, r->t.id, from, n, a, &kids, &n, err) == -1)
			return -1;
		for (i = 0; i < n; i += AQ_ROUND)
			if (tell(s, &w, kids + i, n - i < AQ_ROUND ? n - i :
			    AQ_ROUND, err) == -1)
				return -1;
	}
	return 0;
}

int
aq_pay_word(struct aq *s, const char *id, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update up = { .id = id };
	const struct aq_rec *gone;
	int rc = aq_fetch(s, &up, 1, &a, err);

	if (rc == 0 && up.there && up.rec.unblock_owed) {
		rc = tell_all(s, &up.rec, &a, err);
		if (rc == 0)
			rc = aq_update(s, &up, 1, decide_paid, NULL, &a, err);
		if (rc == 0 && up.wrote && up.deleting) {
			gone = &up.rec;
			aq_recs_drop(s, &gone, 1);
			aq_edges_drop(s, &up.rec);
		}
		rc = rc == 0 ? up.wrote : rc;
	}
	tq_arena_free(&a);
	return rc;
}

void
aq_settle(struct aq *s)
{
	char *id;

	/* Children that are cancelled owe theirs a word in turn. */
	while ((id = aq_owed_next(s)) != NULL) {
		aq_pay_word(s, id, NULL);
		free(id);
	}
}

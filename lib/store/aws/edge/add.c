/* lib/store/aws/edge/add.c -- a submit: parents are marked, items written. */
#include <stdlib.h>
#include <string.h>

#include "store/aws/edge/edge.h"
#include "util/json.h"
#include "util/time.h"

/* How long the TTL leaves a set whose record never came. */
#define ORPHAN_MS	(INT64_C(3) * 365 * TQ_DAY_MS)

/* An edge of one of the requests, under its parent. */
struct pair {
	const char	*parent;
	struct aq_kid	 kid;
	size_t		 task;
};

struct adding {
	const struct tq_submit *in;
	size_t		 n;
	struct tq_edge	**edges;	/* of each request */
	size_t		*nedges;
	struct pair	*pairs;		/* sorted by parent */
	size_t		 npairs;
	struct aq_update *ups;		/* a parent each */
	size_t		*slots, *base;	/* items it needs, the first of them */
	size_t		 nups;
	struct tq_arena	*a;
};

size_t
aq_sets_of(size_t parents)
{
	return (parents + AQ_SET_MAX - 1) / AQ_SET_MAX;
}

size_t
aq_parents_asked(const struct tq_task *t)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_edge *v;
	size_t n = 0;

	if (t->after.n > 0 || t->after_ended.n > 0)
		tq_edges_of(t, &a, &v, &n, NULL);
	tq_arena_free(&a);
	return n;
}

static int
by_parent(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return strcmp(x->parent, y->parent);
}

/* The edges that all requests ask for, by parent. */
static int
gather(struct adding *w, struct tq_err *err)
{
	const struct tq_task *t;
	size_t i, j, most = 0;

	w->edges = tq_arena_alloc(w->a, w->n * sizeof(*w->edges));
	w->nedges = tq_arena_alloc(w->a, w->n * sizeof(*w->nedges));
	for (i = 0; i < w->n; i++) {
		if (tq_edges_of(w->in[i].task, w->a, &w->edges[i],
		    &w->nedges[i], err) == -1)
			return -1;
		most += w->nedges[i];
	}
	w->pairs = tq_arena_alloc(w->a, (most + 1) * sizeof(*w->pairs));
	for (i = 0; i < w->n; i++)
		for (j = 0; j < w->nedges[i]; j++) {
			t = w->in[i].task;
			w->pairs[w->npairs++] = (struct pair){
			    w->edges[i][j].id, { t->id, aq_tag(t),
			    j / AQ_SET_MAX, w->edges[i][j].ended }, i };
		}
	qsort(w->pairs, w->npairs, sizeof(*w->pairs), by_parent);
	return 0;
}

/* Room for its children; an end that comes now will know of them. */
static enum aq_do
decide_mark(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct adding *w = arg;
	struct tq_task *t = &ups[i].rec.t;

	(void)s;
	if (!ups[i].found)
		return AQ_NOTHING;
	w->base[i] = (size_t)t->edges;
	tq_turn_mark(t);
	t->edges = (int)(w->base[i] + w->slots[i]);
	return AQ_WRITE;
}

static int
mark(struct aq *s, struct adding *w, const char **missing, struct tq_err *err)
{
	size_t i, first = 0, k;

	w->ups = tq_arena_alloc(w->a, (w->npairs + 1) * sizeof(*w->ups));
	w->slots = tq_arena_alloc(w->a, (w->npairs + 1) * sizeof(*w->slots));
	w->base = tq_arena_alloc(w->a, (w->npairs + 1) * sizeof(*w->base));
	for (i = 0; i < w->npairs; i++) {
		if (i > 0 && by_parent(&w->pairs[first], &w->pairs[i]) == 0)
			continue;
		for (k = i; k < w->npairs && by_parent(&w->pairs[i],
		    &w->pairs[k]) == 0; k++)
			;
		first = i;
		w->slots[w->nups] = aq_sets_of(k - i);
		w->ups[w->nups++].id = w->pairs[i].parent;
	}
	if (aq_update(s, w->ups, w->nups, decide_mark, w, w->a, err) == -1)
		return -1;
	for (i = k = 0; i < w->npairs; i++) {
		while (strcmp(w->ups[k].id, w->pairs[i].parent) != 0)
			k++;
		if (!w->ups[k].wrote)
			missing[w->pairs[i].task] = w->pairs[i].parent;
	}
	return 0;
}

/* The sets of each request whose parents are all there. */
static int
put_sets(struct aq *s, struct adding *w, const char **missing,
    struct tq_err *err)
{
	struct tq_span *items = tq_arena_alloc(w->a, (w->npairs + w->n) *
	    sizeof(*items));
	int64_t until = (aq_now(s) + ORPHAN_MS) / 1000;
	struct tq_parent v[AQ_SET_MAX];
	struct aq_set set;
	size_t i, j, n = 0;

	for (i = 0; i < w->n; i++) {
		if (missing[i] != NULL)
			continue;
		for (j = 0; j < w->nedges[i]; j++) {
			v[j % AQ_SET_MAX] = (struct tq_parent){
			    .id = w->edges[i][j].id,
			    .ended = w->edges[i][j].ended };
			if ((j + 1) % AQ_SET_MAX != 0 && j + 1 < w->nedges[i])
				continue;
			set = (struct aq_set){ .v = v,
			    .n = j % AQ_SET_MAX + 1,
			    .pk = aq_set_pk(w->in[i].task->id,
			    aq_tag(w->in[i].task), j / AQ_SET_MAX, w->a) };
			items[n++] = aq_set_item(&set, until, w->a);
		}
	}
	return aq_items_put(s, items, n, true, err);
}

/* Each parent's new children, in the room that its mark made. */
static int
put_kids(struct aq *s, struct adding *w, const char **missing,
    struct tq_err *err)
{
	struct tq_span *items = tq_arena_alloc(w->a, (w->npairs + 1) *
	    sizeof(*items));
	struct aq_kid kids[AQ_SET_MAX];
	size_t i = 0, k, n = 0, m, slot;

	for (k = 0; k < w->nups; k++) {
		slot = w->base[k];
		for (m = 0; i < w->npairs && strcmp(w->pairs[i].parent,
		    w->ups[k].id) == 0; i++) {
			if (missing[w->pairs[i].task] == NULL)
				kids[m++] = w->pairs[i].kid;
			if (m < AQ_SET_MAX)
				continue;
			items[n++] = aq_kids_item(aq_kids_pk(w->ups[k].id,
			    slot++, w->a), kids, m, w->a);
			m = 0;
		}
		if (m > 0)
			items[n++] = aq_kids_item(aq_kids_pk(w->ups[k].id,
			    slot, w->a), kids, m, w->a);
	}
	return aq_items_put(s, items, n, false, err);
}

int
aq_edges_add(struct aq *s, const struct tq_submit *in, size_t n,
    const char **missing, struct tq_arena *a, struct tq_err *err)
{
	struct adding w = { .in = in, .n = n, .a = a };

	/* The child knows its parents before they know it. */
	return gather(&w, err) == -1 || (w.npairs > 0 &&
	    (mark(s, &w, missing, err) == -1 ||
	    put_sets(s, &w, missing, err) == -1 ||
	    put_kids(s, &w, missing, err) == -1)) ? -1 : 0;
}

void
aq_edges_ask(struct aq_rec *r, const struct tq_task *t, struct tq_arena *a)
{
	size_t n = aq_sets_of((size_t)t->parents), i;
	struct tq_buf b = TQ_BUF_INIT(4096);

	if (n == 0)
		return;
	for (i = 0; i < n; i++)
		tq_buf_fmt(&b, "%c%zu", i == 0 ? '[' : ',', i);
	tq_buf_chr(&b, ']');
	r->open = tq_arena_span(a, tq_buf_span(&b));
	r->look_owed = AQ_LOOK_FIRST;
	tq_buf_free(&b);
}

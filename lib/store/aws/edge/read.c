/* lib/store/aws/edge/read.c -- parents and children, for readers. */
#include <stdlib.h>
#include <string.h>

#include "store/aws/edge/edge.h"

/* The tasks at the other end of the open edges. */
static int
look_up(struct aq *s, struct tq_parent *v, size_t n, struct tq_arena *a,
    struct tq_err *err)
{
	struct aq_update *ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	int64_t now = aq_now(s);
	size_t i;

	for (i = 0; i < n; i++) {
		ups[i].id = v[i].id;
		ups[i].done = v[i].met;
	}
	if (aq_fetch(s, ups, n, a, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (v[i].met)
			continue;
		if (ups[i].found)
			tq_turn_expire(&ups[i].rec.t, now, a);
		v[i].gone = !ups[i].found;
		v[i].status = ups[i].found ? ups[i].rec.t.status :
		    TQ_CANCELLED;
	}
	return 0;
}

int
aq_parents(struct tq_store *st, const char *id, struct tq_arena *a,
    struct tq_parent **out, size_t *n, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct aq_update up = { .id = id };
	struct aq_set *sets;
	size_t i, nsets;

	*n = 0;
	*out = NULL;
	if (aq_fetch(s, &up, 1, a, err) == -1)
		return -1;
	if (!up.found || up.rec.t.parents == 0)
		return 0;
	nsets = aq_sets_of((size_t)up.rec.t.parents);
	sets = tq_arena_alloc(a, nsets * sizeof(*sets));
	for (i = 0; i < nsets; i++)
		sets[i].pk = aq_set_pk(id, aq_tag(&up.rec.t), i, a);
	if (aq_sets_read(s, sets, nsets, a, err) == -1)
		return -1;
	*out = tq_arena_alloc(a, (nsets * AQ_SET_MAX + 1) * sizeof(**out));
	for (i = 0; i < nsets; i++)
		if (sets[i].n <= AQ_SET_MAX && sets[i].n > 0) {
			memcpy(*out + *n, sets[i].v, sets[i].n *
			    sizeof(**out));
			*n += sets[i].n;
		}
	return look_up(s, *out, *n, a, err);
}

static int
by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* Those of ${kids} that are there, in the run that the parent knows of. */
static int
add_kids(struct aq *s, const struct aq_kid *kids, size_t n,
    struct tq_arena *a, const char **out, size_t *nout, struct tq_err *err)
{
	struct aq_update *ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	size_t i;

	for (i = 0; i < n; i++)
		ups[i].id = kids[i].id;
	if (aq_fetch(s, ups, n, a, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (ups[i].found && strcmp(aq_tag(&ups[i].rec.t),
		    kids[i].tag) == 0)
			out[(*nout)++] = kids[i].id;
	return 0;
}

int
aq_children(struct tq_store *st, const char *id, struct tq_arena *a,
    const char ***out, size_t *n, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct aq_update up = { .id = id };
	size_t slots, i, k, m = 0;
	struct aq_kid *kids;

	*n = 0;
	*out = NULL;
	if (aq_fetch(s, &up, 1, a, err) == -1)
		return -1;
	slots = up.found ? (size_t)up.rec.t.edges : 0;
	if (slots == 0)
		return 0;
	if (aq_kids_read(s, id, 0, slots, a, &kids, &k, err) == -1)
		return -1;
	*out = tq_arena_alloc(a, (k + 1) * sizeof(**out));
	for (i = 0; i < k; i += AQ_ROUND)
		if (add_kids(s, kids + i, k - i < AQ_ROUND ? k - i : AQ_ROUND,
		    a, *out, &m, err) == -1)
			return -1;
	/* A submit that was tried again has marked its parents twice. */
	if (m > 0)
		qsort(*out, m, sizeof(**out), by_name);
	for (i = 0; i < m; i++)
		if (i == 0 || strcmp((*out)[*n - 1], (*out)[i]) != 0)
			(*out)[(*n)++] = (*out)[i];
	return 0;
}

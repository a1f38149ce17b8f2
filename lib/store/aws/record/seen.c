/* lib/store/aws/record/seen.c -- see seen.h. */
#include <stdlib.h>
#include <string.h>

#include "store/aws/record/seen.h"

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct aq_seen_entry *)a)->id,
	    ((const struct aq_seen_entry *)b)->id);
}

void
aq_seen_add(struct aq_seen *seen, const struct aq_entry *e, int status,
    int64_t now)
{
	struct aq_seen_entry *v;

	if (e->id == NULL)
		return;
	if (seen->n == seen->cap) {
		seen->cap = seen->cap == 0 ? 64 : 2 * seen->cap;
		v = tq_arena_alloc(&seen->mem, seen->cap * sizeof(*v));
		if (seen->n > 0)
			memcpy(v, seen->v, seen->n * sizeof(*v));
		seen->v = v;
	}
	seen->v[seen->n++] = (struct aq_seen_entry){
	    .id = tq_arena_str(&seen->mem, e->id), .ring_at = e->ring_at,
	    .status = status, .alive = status == TQ_RUNNING ||
	    aq_entry_may_run(e, (enum tq_status)status, now) };
}

/* A record whose status changes during a look is met in both: once will do. */
void
aq_seen_sort(struct aq_seen *seen)
{
	size_t i, n = 0;

	if (seen->n > 0)
		qsort(seen->v, seen->n, sizeof(*seen->v), by_id);
	for (i = 0; i < seen->n; i++)
		if (n == 0 || by_id(&seen->v[n - 1], &seen->v[i]) != 0)
			seen->v[n++] = seen->v[i];
	seen->n = n;
}

size_t
aq_seen_news(const struct aq_seen *old, struct aq_seen *now, size_t *which)
{
	const struct aq_seen_entry *was;
	struct aq_seen_entry *is;
	size_t i, m = 0;

	for (i = 0; i < now->n; i++) {
		is = &now->v[i];
		was = old->n == 0 ? NULL : bsearch(is, old->v, old->n,
		    sizeof(*is), by_id);
		is->known = was != NULL;
		if (was != NULL)
			is->face = was->face;
		if (was == NULL || was->status != is->status ||
		    was->ring_at != is->ring_at || is->alive)
			which[m++] = i;
	}
	return m;
}

bool
aq_seen_changed(struct aq_seen_entry *is, const struct tq_task *t,
    int64_t since, int64_t overlap)
{
	struct aq_face was = is->face;

	is->face = (struct aq_face){ t->updated_at, t->token,
	    (int)t->status };
	if (was.updated_at == 0)
		return t->updated_at >= (is->known ? since : since - overlap);
	return t->updated_at != was.updated_at || t->token != was.token ||
	    (int)t->status != was.status;
}

/* lib/store/aws/edge/live.c -- does anybody still wait for a record? */
#include <string.h>

#include "store/aws/edge/edge.h"

/* One of these children, in the run that its parent knows of. */
static int
one_lives(struct aq *s, const struct aq_kid *kids, size_t n, bool any,
    struct tq_arena *a, struct tq_err *err)
{
	struct aq_update *ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	const struct tq_task *t;
	int64_t now = aq_now(s);
	size_t i;

	for (i = 0; i < n; i++)
		ups[i].id = kids[i].id;
	if (aq_fetch(s, ups, n, a, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		t = &ups[i].rec.t;
		if (!ups[i].found || strcmp(aq_tag(t), kids[i].tag) != 0 ||
		    aq_overdue(t, now))
			continue;
		if (t->status == TQ_BLOCKED || (any &&
		    (TQ_BIT(t->status) & TQ_FINISHED) == 0))
			return 1;
	}
	return 0;
}

int
aq_edges_live(struct aq *s, const struct tq_task *t, bool any,
    struct tq_arena *a, struct tq_err *err)
{
	size_t slots = (size_t)t->edges, from, n, i;
	struct aq_kid *kids;
	int rc = 0;

	for (from = 0; rc == 0 && from < slots; from += AQ_SET_MAX) {
		n = slots - from < AQ_SET_MAX ? slots - from : AQ_SET_MAX;
		if (aq_kids_read(s, t->id, from, n, a, &kids, &n, err) == -1)
			return -1;
		for (i = 0; rc == 0 && i < n; i += AQ_ROUND)
			rc = one_lives(s, kids + i, n - i < AQ_ROUND ? n - i :
			    AQ_ROUND, any, a, err);
	}
	return rc;
}

/*
 * lib/store/aws/claim/candidates.c -- records that may be claimed, in their
 * order.
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/claim/claim.h"

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

/* By prio, then due time, then age. */
static int
by_turn(const void *va, const void *vb)
{
	const struct tq_task *a = &((const struct candidate *)va)->up.rec.t;
	const struct tq_task *b = &((const struct candidate *)vb)->up.rec.t;
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
aq_sort_candidates(struct candidate *list, size_t n)
{
	if (n > 1)
		qsort(list, n, sizeof(*list), by_turn);
}

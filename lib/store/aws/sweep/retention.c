/* lib/store/aws/sweep/retention.c -- records past their time. */
#include "store/aws/edge/edge.h"
#include "store/aws/sweep/chore.h"
#include "util/time.h"

#define TTL_LATE_MS	(3 * TQ_DAY_MS)

bool
aq_chore_overdue(const struct chore *c, struct doing *d,
    const struct aq_entry *e)
{
	(void)c;
	return e->expires_at != 0 && e->expires_at <= d->now;
}

/*
 * DynamoDB removes what owns nothing, which costs nothing, and takes up to two
 * days for it; so it may be off, if such a record is still there later.
 */
bool
aq_chore_old(const struct chore *c, struct doing *d, const struct aq_entry *e)
{
	if (!aq_chore_overdue(c, d, e))
		return false;
	return e->rings != AQ_RINGS_TTL || (!d->s->no_delete && (d->all ||
	    e->expires_at <= d->now - TTL_LATE_MS));
}

/* Past its time, and no task that has not ended names it as its parent. */
static bool
is_over(struct aq *s, const struct tq_task *t, struct tq_arena *a)
{
	struct tq_task alone = *t;

	alone.edges = 0;
	return tq_turn_gone(&alone, aq_now(s)) && (t->edges == 0 ||
	    aq_edges_live(s, t, true, a, NULL) == 0);
}

/* Its belongings go now; the record itself by its TTL, or here. */
enum aq_do
aq_chore_remove(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct doing *d = arg;
	struct aq_rec *r = &ups[i].rec;

	if (!ups[i].there || r->unblock_owed || !is_over(s, &r->t, d->a))
		return AQ_NOTHING;
	if (!aq_rec_owns(r) && r->t.rings == AQ_RINGS_TTL)
		return AQ_DELETE;
	if (d->owner[i] == NULL) {
		d->owner[i] = tq_arena_alloc(d->a, sizeof(*r));
		*d->owner[i] = *r;
	}
	aq_rec_disown(r);
	return AQ_WRITE;
}

void
aq_chore_removed(struct doing *d, struct aq_update **ups, size_t n)
{
	const struct aq_rec **recs = tq_arena_alloc(d->a, (n + 1) *
	    sizeof(*recs));
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		if (d->owner[ups[i] - d->ups] != NULL)
			recs[m++] = d->owner[ups[i] - d->ups];
	d->out->removed += n;
	aq_recs_drop(d->s, recs, m);
	for (i = 0; i < m; i++)
		aq_edges_drop(d->s, recs[i]);
}

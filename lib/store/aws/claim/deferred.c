/*
 * lib/store/aws/claim/deferred.c -- tasks whose messages were put off
 * because their limit was full.  They are remembered: when a permit comes
 * free one of them starts, whatever else is due, and its message, which may
 * stay hidden for long, is deleted when it comes.
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/claim/claim.h"

void
aq_defer(struct aq_queue *q, const char *id, const char *type)
{
	size_t i;

	for (i = 0; i < q->deferred.n; i++)
		if (strcmp(q->deferred.task[i].id, id) == 0)
			return;
	/* Of more than that the index knows. */
	if (q->deferred.n == AQ_DEFERRED_MAX)
		return;
	q->deferred.task[q->deferred.n].id = tq_must(strdup(id));
	q->deferred.task[q->deferred.n++].type = tq_must(strdup(type));
}

void
aq_deferred_free(struct aq_queue *q)
{
	while (q->deferred.n > 0) {
		free(q->deferred.task[--q->deferred.n].id);
		free(q->deferred.task[q->deferred.n].type);
	}
}

/* Take the first that there is room for, up to ${max}; how many. */
static size_t
take(struct claiming *c, struct aq_queue *q, size_t max, struct aq_update *ups)
{
	size_t i, n = 0, kept = 0;
	struct aq_deferred_task b;

	for (i = 0; i < q->deferred.n; i++) {
		b = q->deferred.task[i];
		if (n == max || !aq_wants(c->req, b.type) ||
		    aq_full(c, b.type)) {
			q->deferred.task[kept++] = b;
			continue;
		}
		ups[n++] = (struct aq_update){ .id = tq_arena_str(c->got->arena,
		    b.id) };
		free(b.id);
		free(b.type);
	}
	q->deferred.n = kept;
	return n;
}

int
aq_claim_deferred(struct claiming *c, struct tq_err *err)
{
	struct aq_queue *q = aq_queue(c->s, c->req->queue);
	struct tq_arena *a = c->got->arena;
	struct aq_update *ups =
	    tq_arena_alloc(a, AQ_DEFERRED_MAX * sizeof(*ups));
	struct candidate *list;
	size_t n, i, live = 0;

	if (q->deferred.n == 0)
		return 0;
	n = take(c, q, c->req->n, ups);
	if (aq_fetch(c->s, ups, n, a, err) == -1)
		return -1;
	list = tq_arena_alloc(a, (n + 1) * sizeof(*list));
	for (i = 0; i < n; i++)
		if (ups[i].found && ups[i].rec.v <= TQ_TASK_VERSION &&
		    (TQ_BIT(ups[i].rec.t.status) & TQ_WAITING) != 0 &&
		    aq_due(&ups[i].rec.t) <= c->now)
			list[live++] = (struct candidate){ .up = ups[i] };
	aq_sort_candidates(list, live);
	if (aq_claim_candidates(c, list, live, c->req->n, err) == -1)
		return -1;
	for (i = 0; i < live; i++)
		if (!list[i].chosen)
			aq_defer(q, list[i].up.id, list[i].up.rec.t.type);
	return 0;
}

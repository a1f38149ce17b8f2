/*
 * lib/store/aws/claim/deferred.c -- tasks whose messages were put off because their
 * limit was full.  They are remembered: when a slot comes free one of them
 * starts, whatever else is due, and its message, which may stay hidden for
 * long, is deleted when it comes.
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/claim/claim.h"

void
aq_behind(struct aq_queue *q, const char *id, const char *type)
{
	size_t i;

	for (i = 0; i < q->nbehind; i++)
		if (strcmp(q->behind[i].id, id) == 0)
			return;
	/* Of more than that the index knows. */
	if (q->nbehind == AQ_BEHIND)
		return;
	q->behind[q->nbehind++] = (struct aq_behind){ tq_must(strdup(id)),
	    tq_must(strdup(type)) };
}

void
aq_behind_free(struct aq_queue *q)
{
	while (q->nbehind > 0) {
		free(q->behind[--q->nbehind].id);
		free(q->behind[q->nbehind].type);
	}
}

/* Take the first that there is room for, up to ${max}; how many. */
static size_t
take(struct claiming *c, struct aq_queue *q, size_t max, struct aq_job *jobs)
{
	size_t i, n = 0, kept = 0;
	struct aq_behind b;

	for (i = 0; i < q->nbehind; i++) {
		b = q->behind[i];
		if (n == max || !aq_wants(c->req, b.type) ||
		    aq_full(c, b.type)) {
			q->behind[kept++] = b;
			continue;
		}
		jobs[n++] = (struct aq_job){ .id = tq_arena_str(c->got->arena,
		    b.id) };
		free(b.id);
		free(b.type);
	}
	q->nbehind = kept;
	return n;
}

int
aq_claim_behind(struct claiming *c, struct tq_err *err)
{
	struct aq_queue *q = aq_queue(c->s, c->req->queue);
	struct tq_arena *a = c->got->arena;
	struct aq_job *jobs = tq_arena_alloc(a, AQ_BEHIND * sizeof(*jobs));
	struct cand *cands;
	size_t n, i, live = 0;

	if (q->nbehind == 0)
		return 0;
	n = take(c, q, c->req->n, jobs);
	if (aq_fetch(c->s, jobs, n, a, err) == -1)
		return -1;
	cands = tq_arena_alloc(a, (n + 1) * sizeof(*cands));
	for (i = 0; i < n; i++)
		if (jobs[i].found && jobs[i].rec.v <= TQ_TASK_VERSION &&
		    (TQ_BIT(jobs[i].rec.t.status) & TQ_WAITING) != 0 &&
		    aq_due(&jobs[i].rec.t) <= c->now)
			cands[live++] = (struct cand){ .job = jobs[i] };
	aq_sort_cands(cands, live);
	if (aq_claim_cands(c, cands, live, c->req->n, err) == -1)
		return -1;
	for (i = 0; i < live; i++)
		if (!cands[i].chosen)
			aq_behind(q, cands[i].job.id, cands[i].job.rec.t.type);
	return 0;
}

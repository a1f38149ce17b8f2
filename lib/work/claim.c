/* lib/work/claim.c -- see claim.h. */
#include "work/claim.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "work/worker.h"

#define AHEAD	4	/* commands for each slot */

/* -- the request ----------------------------------------------------------- */

/* How many to ask ${s} for, and how many of them start at once. */
static size_t
room(struct worker *w, const struct source *s, size_t *slots)
{
	size_t ahead, n;
	int64_t left;

	*slots = (size_t)w->slots.nfree > w->jobs.nready ?
	    (size_t)w->slots.nfree - w->jobs.nready : 0;
	/*
	 * Commands too are held ahead, a few for each slot, when they end so
	 * fast that they start within the same 50 ms: else each slot would
	 * stand still while the store commits.
	 */
	ahead = tq_prefetch(w->claims.task_us[s->quick], w->slots.n);
	if (!s->quick && ahead > AHEAD * (size_t)w->slots.n)
		ahead = AHEAD * (size_t)w->slots.n;
	n = *slots + (ahead > w->jobs.nready ? ahead - w->jobs.nready : 0);
	left = w->claims.max - w->jobs.taken;
	return (int64_t)n > left ? (size_t)left : n;
}

/* How many --rate allows now. */
static size_t
allowed(struct worker *w)
{
	struct claims *c = &w->claims;

	if (c->rate == 0)
		return SIZE_MAX;
	if (tq_bucket_fill(&c->bucket, c->rate, tq_burst(c->rate), w->now) < 1)
		return 0;
	return (size_t)c->bucket.tokens;
}

bool
tq_claim_wanted(struct worker *w)
{
	struct source *s;
	size_t i, slots;

	if (w->stop.phase != PHASE_RUN || w->jobs.nready > 0 ||
	    !tq_contact_may(w) || allowed(w) == 0)
		return false;
	for (i = 0; i < w->sources.n; i++) {
		s = &w->sources.v[i];
		if (s->empty && s->next != 0 && w->now >= s->next &&
		    s->ntypes > 0) {
			s->empty = false;
			s->next = 0;
		}
		if (!s->empty && w->slots.nfree > 0 &&
		    room(w, s, &slots) > 0)
			return true;
	}
	return false;
}

static struct source *
choose(struct worker *w, size_t *n, size_t *slots)
{
	struct source *s;
	size_t i;

	for (i = 0; i < w->sources.n; i++) {
		s = &w->sources.v[(w->sources.turn + i) % w->sources.n];
		if (s->empty || s->ntypes == 0)
			continue;
		if ((*n = room(w, s, slots)) > 0) {
			w->sources.turn = (size_t)(s - w->sources.v) + 1;
			return s;
		}
	}
	return NULL;
}

struct source *
tq_claim_prepare(struct worker *w, struct tq_claim *c, struct tq_claimed *got,
    struct batch **b)
{
	struct source *s;
	size_t n, slots, may;

	if (w->stop.phase != PHASE_RUN || w->stop.failed)
		return NULL;
	if ((may = allowed(w)) == 0 ||
	    (s = choose(w, &n, &slots)) == NULL)
		return NULL;
	if (n > may)
		n = may;
	s->asked = w->jobs.told;
	*b = tq_batch_new(&w->jobs);
	memset(got, 0, sizeof(*got));
	got->arena = &(*b)->arena;
	*c = (struct tq_claim){
		.queue = w->o->queues.v[s->queue],
		.types = s->types,
		.ntypes = s->ntypes,
		/* The queue's quick types and its others stand in pairs. */
		.others = w->sources.v[(s - w->sources.v) ^ 1].types,
		.nothers = w->sources.v[(s - w->sources.v) ^ 1].ntypes,
		.worker = w->id,
		.lease_ms = w->lease_ms,
		.n = n,
		.slots = slots < n ? slots : n,
		.limits = w->h.limits,
		.nlimits = w->h.nlimits,
		.adopt = w->o->adopt,
	};
	return s;
}

/* Their sender waits for something to happen. */
static void
say_foreign(struct worker *w, const char *queue, size_t n)
{
	tq_say(w, SAY_LOUD, "foreign", "queue %s: %zu message%s not tq's, "
	    "moved to its dead-letter queue (tq-dlq list --foreign); --adopt "
	    "TYPE makes tasks of such", queue, n, n == 1 ? " is" : "s are");
}

void
tq_claim_take(struct worker *w, struct source *src, const struct tq_claim *c,
    struct batch *b, struct tq_claimed *got, int64_t asked_at)
{
	struct job *jobs, *j;
	size_t i;

	tq_source_found(w, src, c, got);
	if (got->foreign > 0)
		say_foreign(w, c->queue, got->foreign);
	tq_say_passed(w, got);
	if (got->n == 0) {
		tq_batch_put(&w->jobs, b);
		return;
	}
	jobs = tq_arena_alloc(&b->arena, got->n * sizeof(*jobs));
	b->live = got->n;
	w->jobs.taken += (int64_t)got->n;
	w->claims.bucket.tokens -= (double)got->n;
	for (i = 0; i < got->n; i++) {
		j = &jobs[i];
		j->task = &got->tasks[i];
		j->batch = b;
		j->lease_end = asked_at + w->lease_ms;
		j->handler = tq_handlers_find(&w->h, j->task->type);
		if (j->handler == NULL) {
			tq_job_end(w, j, TQ_END_UNSTARTED);
			continue;
		}
		tq_call_trace(w, j);
		tq_job_ready(w, j);
	}
	w->claims.round_us = tq_mono_us();
}

void
tq_claim_untake(struct worker *w, struct batch *b)
{
	tq_batch_put(&w->jobs, b);
}

/* Learn from the last round for how long a task takes a slot. */
void
tq_claim_measure(struct worker *w)
{
	int64_t us = tq_mono_us() - w->claims.round_us;
	size_t i, n[2] = { 0, 0 };

	for (i = 0; i < w->jobs.ndone; i++)
		if (w->jobs.done[i]->started != 0)
			n[w->jobs.done[i]->handler->runner->quick]++;
	for (i = 0; i < 2; i++)
		if (n[i] > 0 && w->claims.round_us != 0)
			w->claims.task_us[i] = tq_ewma(w->claims.task_us[i],
			    (double)us * w->slots.n / (double)n[i]);
}

void
tq_claim(struct worker *w)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_claimed got;
	struct tq_claim c;
	struct source *src;
	struct batch *b;
	int64_t asked_at = tq_boot_ms(w->env);
	int rc;

	if ((src = tq_claim_prepare(w, &c, &got, &b)) == NULL)
		return;
	tq_keeper_lend(w);
	rc = tq_store_claim(w->st, &c, &got, &err);
	tq_keeper_back(w);
	if (tq_contact_said(w, rc, &err) == -1)
		tq_claim_untake(w, b);
	else
		tq_claim_take(w, src, &c, b, &got, asked_at);
}

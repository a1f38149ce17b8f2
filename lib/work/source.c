/* lib/work/source.c -- where to look for tasks, and when to look again. */
#include <stdlib.h>

#include "work/inside.h"

#define LOOK_MS		1000	/* at limits and other workers' leases */

static void
name_types(struct worker *w)
{
	struct tq_handler *h;
	struct source *s;
	size_t i, k;

	for (i = 0; i < w->nsources; i++) {
		s = &w->sources[i];
		s->ntypes = 0;
		for (k = 0; k < w->h.n; k++) {
			h = &w->h.v[k];
			if (h->runner->quick == s->quick)
				s->types[s->ntypes++] = h->type;
		}
		s->empty = s->ntypes == 0;
	}
}

int
tq_source_init(struct worker *w, struct tq_err *err)
{
	size_t i;

	w->nsources = 2 * w->o->queues.n;
	w->sources = calloc(w->nsources, sizeof(*w->sources));
	for (i = 0; w->sources != NULL && i < w->nsources; i++) {
		w->sources[i].queue = i / 2;
		w->sources[i].quick = i % 2 == 0;
		w->sources[i].types = calloc(w->h.n + 1,
		    sizeof(*w->sources[i].types));
		if (w->sources[i].types == NULL)
			break;
	}
	if (w->sources == NULL || i < w->nsources)
		return tq_err_set(err, TQ_AT_EXEC, TQ_E_NOMEM, "out of memory");
	name_types(w);
	return 0;
}

void
tq_source_free(struct worker *w)
{
	size_t i;

	for (i = 0; w->sources != NULL && i < w->nsources; i++)
		free(w->sources[i].types);
	free(w->sources);
}

/* -- what a claim has found ------------------------------------------------ */

static void
arm(struct worker *w, const struct source *src)
{
	uint64_t bell = src->bell;
	struct source *s;
	size_t i;

	if (w->bells == NULL)
		return;
	/* The other group of the queue may have looked before: miss nothing. */
	for (i = 0; i < w->nsources; i++) {
		s = &w->sources[i];
		if (s->queue == src->queue && s->ntypes > 0 && s->empty &&
		    (int64_t)(bell - s->bell) > 0)
			bell = s->bell;
	}
	tq_bells_arm(w->bells, src->queue, bell);
}

void
tq_source_found(struct worker *w, struct source *s, const struct tq_claim *c,
    const struct tq_claimed *got)
{
	int64_t look = w->now + LOOK_MS;

	s->paused = got->paused;
	s->limited = got->limited;
	s->later = got->next_ms != 0;
	s->next = got->next_ms == 0 ? 0 : got->next_ms <= w->wall ? w->now + 1 :
	    w->now + (got->next_ms - w->wall);
	s->bell = got->bell;
	/* One alone may be a take-over, behind which there is more. */
	s->empty = (got->n == 0 || (got->n > 1 && got->n < c->n)) &&
	    !got->more;
	s->seen = s->asked;
	if (!s->empty)
		return;
	if ((s->limited || (s->later && w->o->drain == TQ_DRAIN_ALL)) &&
	    (s->next == 0 || s->next > look))
		s->next = look;
	arm(w, s);
}

/* -- when ------------------------------------------------------------------ */

void
tq_source_look(struct worker *w, bool all)
{
	size_t i;

	for (i = 0; i < w->nsources; i++)
		if (w->sources[i].ntypes > 0 &&
		    (all || w->sources[i].limited))
			w->sources[i].empty = false;
}

void
tq_source_rung(struct worker *w)
{
	size_t i, q;

	for (q = 0; q < w->o->queues.n; q++) {
		if (!tq_bells_rang(w->bells, q))
			continue;
		for (i = 0; i < w->nsources; i++)
			if (w->sources[i].queue == q &&
			    w->sources[i].ntypes > 0)
				w->sources[i].empty = false;
	}
}

int64_t
tq_source_next(const struct worker *w)
{
	int64_t next = INT64_MAX, may = w->now + tq_rate_wait_ms(&w->rate);
	const struct source *s;
	size_t i;

	if (w->stop.phase != PHASE_RUN || w->nfree == 0 || w->jobs.taken >= w->max_jobs)
		return next;
	if (may < w->contact.retry)
		may = w->contact.retry;
	for (i = 0; i < w->nsources; i++) {
		s = &w->sources[i];
		if (s->ntypes == 0)
			continue;
		if (!s->empty)
			next = may;
		else if (s->next != 0 && s->next < next)
			next = s->next;
	}
	return next < may ? may : next;
}

bool
tq_source_stale(struct worker *w)
{
	struct source *s;
	bool any = false;
	size_t i;

	for (i = 0; i < w->nsources; i++) {
		s = &w->sources[i];
		if (s->ntypes == 0 || s->seen == w->ended)
			continue;
		s->empty = false;
		any = true;
	}
	return any;
}

bool
tq_source_drained(const struct worker *w)
{
	const struct source *s;
	size_t i;

	for (i = 0; i < w->nsources; i++) {
		s = &w->sources[i];
		if (s->ntypes == 0 || s->paused)
			continue;
		if (!s->empty)
			return false;
		if (w->o->once)
			continue;
		if (s->limited || (s->later && w->o->drain == TQ_DRAIN_ALL))
			return false;
	}
	return true;
}

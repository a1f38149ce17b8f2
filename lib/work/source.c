/* lib/work/source.c -- see source.h. */
#include "work/source.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "store/stuck.h"
#include "work/behind.h"
#include "work/bell.h"
#include "work/worker.h"

#define LOOK_MS		1000	/* at limits and other workers' leases */
#define OWED_MS		50	/* before a drain ends: at what is on its way */
#define BLOCKED_MS	500	/* at what is blocked, before a drain ends */

static void
name_types(struct worker *w)
{
	struct tq_handler *h;
	struct source *s;
	size_t i, k;

	for (i = 0; i < w->sources.n; i++) {
		s = &w->sources.v[i];
		s->ntypes = 0;
		for (k = 0; k < w->h.n; k++) {
			h = &w->h.v[k];
			if (h->runner->quick == s->quick)
				s->types[s->ntypes++] = h->type;
		}
		s->empty = s->ntypes == 0;
	}
}

static int
make_sources(struct worker *w, struct tq_err *err)
{
	struct sources *q = &w->sources;
	size_t i;

	q->n = 2 * w->o->queues.n;
	q->v = calloc(q->n, sizeof(*q->v));
	for (i = 0; q->v != NULL && i < q->n; i++) {
		q->v[i].queue = i / 2;
		q->v[i].quick = i % 2 == 0;
		q->v[i].types = calloc(w->h.n + 1, sizeof(*q->v[i].types));
		if (q->v[i].types == NULL)
			break;
	}
	if (q->v == NULL || i < q->n)
		return tq_err_set(err, TQ_AT_EXEC, TQ_E_NOMEM, "out of memory");
	name_types(w);
	return 0;
}

/* A bell has rung: there may be work on its queue. */
static void
rung(struct worker *w, struct watch *x, uint32_t events)
{
	struct source *s;
	uint64_t n;
	size_t q;

	(void)events;
	if (read(x->fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return;
	for (q = 0; q < w->o->queues.n; q++) {
		if (!tq_bells_rang(w->sources.bells, q))
			continue;
		for (s = w->sources.v; s < w->sources.v + w->sources.n; s++)
			if (s->queue == q && s->ntypes > 0)
				s->empty = false;
	}
}

int
tq_source_init(struct worker *w, struct tq_err *err)
{
	int fd;

	if (make_sources(w, err) == -1)
		return -1;
	/* A worker that will not wait needs no bell thread. */
	if (w->o->once || w->o->drain == TQ_DRAIN_DUE)
		return 0;
	if ((fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errno, "eventfd");
	w->sources.rung.ready = rung;
	if (tq_watch(&w->watches, &w->sources.rung, fd, EPOLLIN, err) == -1) {
		close(fd);
		return -1;
	}
	w->sources.bells = tq_bells_new(w->st, w->o->queues.v, w->o->queues.n,
	    fd, err);
	return w->sources.bells == NULL ? -1 : 0;
}

void
tq_source_free(struct worker *w)
{
	size_t i;

	tq_bells_free(w->sources.bells);
	tq_unwatch(&w->watches, &w->sources.rung);
	for (i = 0; w->sources.v != NULL && i < w->sources.n; i++)
		free(w->sources.v[i].types);
	free(w->sources.v);
}

/* -- what a claim has found ------------------------------------------------ */

static void
arm(struct worker *w, const struct source *src)
{
	uint64_t bell = src->bell;
	struct source *s;
	size_t i;

	if (w->sources.bells == NULL)
		return;
	/* The other group of the queue may have looked before: miss nothing. */
	for (i = 0; i < w->sources.n; i++) {
		s = &w->sources.v[i];
		if (s->queue == src->queue && s->ntypes > 0 && s->empty &&
		    (int64_t)(bell - s->bell) > 0)
			bell = s->bell;
	}
	tq_bells_arm(w->sources.bells, src->queue, bell);
}

void
tq_source_found(struct worker *w, struct source *s, const struct tq_claim *c,
    const struct tq_claimed *got)
{
	int64_t look = w->now + LOOK_MS;

	s->paused = got->paused;
	s->limited = got->limited && tq_behind(w, s, got);
	s->owed = got->owed;
	s->later = got->next_ms != 0 && s->limited == got->limited;
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
	if (s->owed && w->o->drain != TQ_DRAIN_NO)
		s->next = w->now + OWED_MS;
	arm(w, s);
	tq_behind_say(w, s, got);
}

/* -- when ------------------------------------------------------------------ */

void
tq_source_look(struct worker *w, bool all)
{
	size_t i;

	for (i = 0; i < w->sources.n; i++)
		if (w->sources.v[i].ntypes > 0 &&
		    (all || w->sources.v[i].limited))
			w->sources.v[i].empty = false;
}

int64_t
tq_source_next(const struct worker *w)
{
	const struct claims *c = &w->claims;
	int64_t may = w->now + (c->rate == 0 ? 0 :
	    tq_bucket_wait_ms(&c->bucket, c->rate));
	int64_t next = INT64_MAX;
	const struct source *s;
	size_t i;

	if (w->stop.phase != PHASE_RUN || w->slots.nfree == 0 ||
	    w->jobs.taken >= c->max)
		return next;
	if (may < w->contact.retry)
		may = w->contact.retry;
	for (i = 0; i < w->sources.n; i++) {
		s = &w->sources.v[i];
		if (s->ntypes == 0)
			continue;
		if (!s->empty)
			next = may;
		else if (s->next != 0 && s->next < next)
			next = s->next;
	}
	if (c->max > w->jobs.taken && w->sources.blocked_at > w->now &&
	    w->sources.blocked_at < next)
		next = w->sources.blocked_at;
	return next < may ? may : next;
}

bool
tq_source_stale(struct worker *w)
{
	struct source *s;
	bool any = false;
	size_t i;

	for (i = 0; i < w->sources.n; i++) {
		s = &w->sources.v[i];
		if (s->ntypes == 0 || s->seen == w->jobs.told)
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

	for (i = 0; i < w->sources.n; i++) {
		s = &w->sources.v[i];
		if (s->ntypes == 0 || s->paused)
			continue;
		if (!s->empty)
			return false;
		if (w->o->once)
			continue;
		if (s->limited || s->owed || (s->later && w->o->drain == TQ_DRAIN_ALL))
			return false;
	}
	return true;
}

/* Those of one source, added; true when it can't be said. */
static bool
count_blocked(struct worker *w, const struct source *s, uint64_t *stuck,
    uint64_t *all)
{
	struct tq_err err = TQ_ERR_INIT;
	uint64_t n, m;
	int rc;

	tq_keeper_lend(w);
	rc = tq_stuck_count(w->st, w->o->queues.v[s->queue], s->types,
	    s->ntypes, &n, &m, &err);
	tq_keeper_back(w);
	if (rc == -1)
		return true;
	*stuck += n;
	*all += m;
	return false;
}

bool
tq_source_blocked(struct worker *w)
{
	uint64_t stuck = 0, all = 0;
	bool unknown = false;
	size_t i;

	if (w->o->drain != TQ_DRAIN_ALL)
		return false;
	if (w->sources.blocked_at > w->now)
		return true;
	for (i = 0; i < w->sources.n && !unknown; i++)
		if (w->sources.v[i].ntypes > 0)
			unknown = count_blocked(w, &w->sources.v[i], &stuck,
			    &all);
	if (unknown || all > stuck) {
		w->sources.blocked_at = w->now + BLOCKED_MS;
		w->sources.counted = 0;
		tq_source_look(w, true);
		return true;
	}
	/* One that was unblocked between the last look and this count is due
	   now: a look after it makes sure. */
	if (w->sources.counted != w->jobs.told + 1) {
		w->sources.counted = w->jobs.told + 1;
		tq_source_look(w, true);
		return true;
	}
	if (stuck > 0 && w->sources.stuck == 0)
		tq_say(w, SAY_LOUD, "drain", "%llu task%s left blocked behind "
		    "dead or held ones", (unsigned long long)stuck,
		    stuck == 1 ? " is" : "s are");
	w->sources.stuck = stuck;
	return false;
}

/* lib/work/presence.c -- see presence.h. */
#include "work/presence.h"

#include <stdlib.h>

#include "work/worker.h"

#define STALE_MS	2000	/* how long a stale presence is tolerated */

void
tq_presence_init(struct worker *w)
{
	struct tq_buf b = TQ_BUF_INIT(1024 * 1024);
	size_t i;

	tq_buf_str(&b, "");
	for (i = 0; i < w->h.n; i++)
		tq_buf_fmt(&b, "%s%s", i > 0 ? " " : "", w->h.v[i].type);
	w->presence.types = b.data;
	w->presence.at = w->now;
	w->presence.wanted = w->o->call == NULL || w->o->call->present;
}

void
tq_presence_free(struct worker *w)
{
	free(w->presence.types);
}

/* Nothing is in hand: a worker that is told to end need not wait for the store. */
static bool
is_idle(const struct worker *w)
{
	return w->slots.nfree == w->slots.n && w->jobs.nready == 0 &&
	    w->jobs.ndone == 0;
}

static int
present(struct worker *w, const struct tq_presence *p, bool gone,
    struct tq_err *err)
{
	bool lets = !gone && w->o->let_in != NULL && is_idle(w);
	int rc;

	if (lets)
		w->o->let_in(true);
	tq_keeper_lend(w);
	rc = tq_store_present(w->st, p, gone, err);
	tq_keeper_back(w);
	if (lets) {
		w->o->let_in(false);
		w->signals.ready(w, &w->signals, 0);
	}
	return rc;
}

void
tq_presence_tell(struct worker *w, bool gone)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_presence p;
	size_t i;
	int rc = 0;

	/* On the way out nobody waits for a store that does not answer.  A
	   function comes and goes: it is there while it is called. */
	if (gone && (w->contact.bad != 0 || w->o->call != NULL ||
	    w->presence.cut_short))
		return;
	for (i = 0; rc == 0 && i < w->o->queues.n; i++) {
		p = (struct tq_presence){ .worker = w->id,
		    .queue = w->o->queues.v[i], .types = w->presence.types,
		    .slots = w->slots.n, .busy = w->slots.n - w->slots.nfree,
		    .started_at = w->born_wall };
		rc = present(w, &p, gone, &err);
	}
	w->presence.cut_short = rc == -1 && err.code == TQ_E_INTR;
	if (w->presence.cut_short)
		return;
	if (!gone && tq_contact_said(w, rc, &err) == 0) {
		w->presence.busy = w->slots.nfree < w->slots.n;
		w->presence.stale = 0;
	}
}

int64_t
tq_presence_correct_at(struct worker *w)
{
	if ((w->slots.nfree < w->slots.n) == w->presence.busy)
		w->presence.stale = 0;
	else if (w->presence.stale == 0)
		w->presence.stale = w->now;
	return w->presence.stale == 0 ? INT64_MAX :
	    w->presence.stale + STALE_MS;
}

int64_t
tq_presence_timers(struct worker *w)
{
	int64_t next;

	if (w->o->call != NULL && !w->presence.wanted)
		return INT64_MAX;
	w->presence.wanted = w->o->call == NULL;
	if (w->now >= w->presence.at && tq_contact_may(w)) {
		w->presence.at = w->now + TQ_PRESENT_MS;
		tq_presence_tell(w, false);
		/* A bell that was missed costs no more than this. */
		tq_source_look(w, true);
	} else if (w->now >= tq_presence_correct_at(w) && tq_contact_may(w)) {
		tq_presence_tell(w, false);
	}
	tq_sweeper_tell(w);
	if ((next = tq_presence_correct_at(w)) > w->presence.at)
		next = w->presence.at;
	/* Not at once again and again while the store is left alone. */
	return next < w->contact.retry ? w->contact.retry : next;
}

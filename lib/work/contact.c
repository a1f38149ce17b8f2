/* lib/work/contact.c -- staying in touch with the store. */
#include <string.h>

#include "work/inside.h"

#define PAUSE_MIN_MS	100
#define PAUSE_MAX_MS	5000

/* Asking again is of no use: the set-up has to change first. */
static bool
hopeless(const struct tq_err *err)
{
	switch (err->code) {
	case TQ_E_NEWER:
	case TQ_E_CONFIG:
	case TQ_E_NOQUEUE:
	case TQ_E_DENIED:
	case TQ_E_BUG:
		return true;
	case TQ_E_CORRUPT:
		/* A store that is, not an answer that was on its way. */
		return !err->retryable;
	default:
		return false;
	}
}

/* Nobody waits beside a worker that is to end when nothing is due. */
static bool
never_there(const struct worker *w, const struct tq_err *err)
{
	return !w->store_met && err->code == TQ_E_UNAVAILABLE &&
	    (w->o->once || w->o->drain != TQ_DRAIN_NO);
}

/* Why was said when it began: now only what did not work. */
static void
no_answer(struct worker *w, const struct tq_err *err)
{
	const char *colon = strstr(err->msg, ": ");
	size_t n = colon == NULL || w->o->quiet ? strlen(err->msg) :
	    (size_t)(colon - err->msg);
	struct tq_err gone;

	tq_err_set(&gone, TQ_AT_STORE, TQ_E_UNAVAILABLE,
	    "%s: no answer for %d s (%.*s)", tq_store_name(w->st),
	    TQ_STORE_GONE_MS / 1000, (int)n, err->msg);
	tq_work_fail(w, &gone);
}

int
tq_contact_said(struct worker *w, int rc, const struct tq_err *err)
{
	if (rc != -1) {
		if (w->store_bad != 0)
			tq_say(w, SAY_LOUD, "store", "answers again");
		w->store_bad = w->store_retry = w->store_pause = 0;
		w->store_met = true;
		return rc;
	}
	/* What ends the worker is said once, at its end. */
	if (hopeless(err) || never_there(w, err)) {
		tq_work_fail(w, err);
	} else if (w->store_bad == 0) {
		tq_say(w, SAY_LOUD, "store", "%s; trying again", err->msg);
	} else if (w->now - w->store_bad >= TQ_STORE_GONE_MS) {
		no_answer(w, err);
	}
	if (w->store_bad == 0)
		w->store_bad = w->now;
	w->store_pause = w->store_pause == 0 ? PAUSE_MIN_MS :
	    w->store_pause * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS :
	    w->store_pause * 2;
	w->store_retry = w->now + w->store_pause;
	return -1;
}

bool
tq_contact_may(const struct worker *w)
{
	return w->now >= w->store_retry;
}

void
tq_contact_present(struct worker *w, bool gone)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_presence p;
	size_t i;
	int rc = 0;

	/* On the way out nobody waits for a store that does not answer. */
	if (gone && w->store_bad != 0)
		return;
	for (i = 0; rc == 0 && i < w->o->queues.n; i++) {
		p = (struct tq_presence){ .worker = w->id,
		    .queue = w->o->queues.v[i], .types = w->types,
		    .slots = w->nslots, .busy = w->nslots - w->nfree,
		    .started_at = w->born_wall };
		tq_keeper_lend(w);
		rc = tq_store_present(w->st, &p, gone, &err);
		tq_keeper_back(w);
	}
	if (!gone && tq_contact_said(w, rc, &err) == 0) {
		w->told_busy = w->nfree < w->nslots;
		w->told_wrong = 0;
	}
}

int64_t
tq_contact_correct_at(struct worker *w)
{
	if ((w->nfree < w->nslots) == w->told_busy)
		w->told_wrong = 0;
	else if (w->told_wrong == 0)
		w->told_wrong = w->now;
	return w->told_wrong == 0 ? INT64_MAX : w->told_wrong + TQ_BUSY_MS;
}

static void
sweep(struct worker *w)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_swept s;
	int rc;

	tq_keeper_lend(w);
	rc = tq_store_sweep(w->st, w->id, false, &s, &err);
	tq_keeper_back(w);
	if (tq_contact_said(w, rc, &err) == -1 || s.skipped)
		return;
	if (s.expired + s.removed + s.blobs + s.rung > 0)
		tq_say(w, SAY_EVENT, "sweep", "%llu leases ended, %llu records "
		    "and %llu blobs removed, %llu rung again",
		    (unsigned long long)s.expired,
		    (unsigned long long)s.removed,
		    (unsigned long long)s.blobs, (unsigned long long)s.rung);
}

int64_t
tq_contact_timers(struct worker *w)
{
	int64_t next;

	if (w->now >= w->present_at && tq_contact_may(w)) {
		w->present_at = w->now + TQ_PRESENT_MS;
		tq_contact_present(w, false);
		/* A bell that was missed costs no more than this. */
		tq_source_look(w, true);
	} else if (w->now >= tq_contact_correct_at(w) && tq_contact_may(w)) {
		tq_contact_present(w, false);
	}
	if (w->sweep_at != 0 && w->now >= w->sweep_at && tq_contact_may(w)) {
		w->sweep_at = w->now + TQ_SWEEP_MS;
		sweep(w);
	}
	if ((next = tq_contact_correct_at(w)) > w->present_at)
		next = w->present_at;
	if (w->sweep_at != 0 && w->sweep_at < next)
		next = w->sweep_at;
	/* Not at once again and again while the store is left alone. */
	return next < w->store_retry ? w->store_retry : next;
}

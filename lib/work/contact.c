/* lib/work/contact.c -- see contact.h. */
#include "work/contact.h"

#include <string.h>

#include "work/worker.h"

#define PAUSE_MIN_MS	100
#define PAUSE_MAX_MS	5000
#define LOOK_MS		500	/* how late a store that is gone is noticed */

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
	case TQ_E_CORRUPT:	/* a store, not an answer on its way */
	case TQ_E_UNAVAILABLE:	/* its file was taken away */
		return !err->retryable;
	default:
		return false;
	}
}

/* Nobody waits beside a worker that is to end when nothing is due. */
static bool
never_there(const struct worker *w, const struct tq_err *err)
{
	return !w->contact.met && err->code == TQ_E_UNAVAILABLE &&
	    (w->o->once || w->o->drain != TQ_DRAIN_NO);
}

/* Cron's next run is better than one that waits. */
static int64_t
patience(const struct worker *w)
{
	return w->o->once || w->o->drain != TQ_DRAIN_NO ? TQ_DRAIN_GONE_MS :
	    TQ_STORE_GONE_MS;
}

/* Why was said when it began: now only what did not work. */
static void
no_answer(struct worker *w, const struct tq_err *err)
{
	const char *colon = strstr(err->msg, ": ");
	size_t n = colon == NULL || w->o->quiet ? strlen(err->msg) :
	    (size_t)(colon - err->msg);
	struct tq_err gone;

	/* A full disk has answered, and is 74. */
	if (err->code == TQ_E_IO) {
		tq_stop_fail(w, err);
		return;
	}
	tq_err_set(&gone, TQ_AT_STORE, TQ_E_UNAVAILABLE,
	    "%s: no answer for %d s (%.*s)", tq_store_name(w->st),
	    (int)(patience(w) / 1000), (int)n, err->msg);
	tq_stop_fail(w, &gone);
}

int
tq_contact_said(struct worker *w, int rc, const struct tq_err *err)
{
	if (rc != -1) {
		if (w->contact.bad != 0)
			tq_say(w, SAY_LOUD, "store", "answers again");
		w->contact.bad = w->contact.retry = w->contact.pause = 0;
		w->contact.met = true;
		return rc;
	}
	/* A reason that ends the worker is said once, at its end. */
	if (hopeless(err) || never_there(w, err)) {
		tq_stop_fail(w, err);
	} else if (w->contact.bad == 0) {
		tq_say(w, SAY_LOUD, "store", "%s; trying again", err->msg);
	} else if (w->now - w->contact.bad >= patience(w)) {
		no_answer(w, err);
	}
	if (w->contact.bad == 0)
		w->contact.bad = w->now;
	w->contact.pause = w->contact.pause == 0 ? PAUSE_MIN_MS :
	    w->contact.pause * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS :
	    w->contact.pause * 2;
	w->contact.retry = w->now + w->contact.pause;
	return -1;
}

int64_t
tq_contact_timers(struct worker *w)
{
	struct tq_err err = TQ_ERR_INIT;

	if (w->now < w->contact.look)
		return w->contact.look;
	w->contact.look = w->now + LOOK_MS;
	if (tq_store_there(w->st, &err) == -1)
		tq_contact_said(w, -1, &err);
	return w->contact.look;
}

bool
tq_contact_may(const struct worker *w)
{
	return w->now >= w->contact.retry;
}

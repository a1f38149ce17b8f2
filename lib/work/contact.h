/* lib/work/contact.h -- staying in touch with a store that may fall silent. */
#ifndef TQ_CONTACT_H
#define TQ_CONTACT_H

#include <stdbool.h>
#include <stdint.h>

struct worker; struct tq_err;

#define TQ_STORE_GONE_MS	60000	/* no answer for so long: exit 69 */

#define TQ_DRAIN_GONE_MS	5000	/* of one that is to end by itself */

/* Owned by contact.c; others only read.  Times are boot_ms. */
struct contact {
	bool		 met;		/* the store has answered once */
	int64_t		 bad;		/* since when it does not; 0: it does */
	int64_t		 retry;		/* ask again then */
	int64_t		 pause;		/* ms, before the next try */
	int64_t		 look;		/* is it still there?  Look then */
};

/*
 * tq_contact_said(w, rc, err): what each verb of the store returned; passes
 * ${rc} on.  Says when the store falls silent and when it is back, ends the
 * worker when asking again can't help or the silence is too long.
 */
int tq_contact_said(struct worker *w, int rc, const struct tq_err *err);

/* tq_contact_timers(w): end the worker when its store was taken away; returns
   when to look again. */
int64_t tq_contact_timers(struct worker *w);

/* tq_contact_may(w): may the store be asked now, or is it left alone? */
bool tq_contact_may(const struct worker *w);

#endif

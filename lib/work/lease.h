/* lib/work/lease.h -- keep what we hold; find out what we lost. */
#ifndef TQ_LEASE_H
#define TQ_LEASE_H

struct worker;

/* tq_lease_renew(w): renew all leases; -1 when the store did not answer. */
int tq_lease_renew(struct worker *w);

/*
 * tq_lease_check_done(w): ask about those that ended after their lease was
 * over, before they are finished.  -1 when the store did not answer.
 */
int tq_lease_check_done(struct worker *w);

#endif

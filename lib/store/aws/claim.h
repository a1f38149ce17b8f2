/* lib/store/aws/claim.h -- shared by claim.c, door.c, due.c and adopt.c. */
#ifndef TQ_STORE_AWS_CLAIM_H
#define TQ_STORE_AWS_CLAIM_H

#include "store/aws/aws.h"

#define AQ_LOOK_MS	10000	/* between looks for leases that ran out */

/* A record that may be claimed. */
struct cand {
	struct aq_job	 job;
	struct aq_msg	*msg;		/* NULL: found in the index */
	bool		 over;		/* its lease ran out */
	bool		 prefetch, chosen, ended;
	int64_t		 due;
	const char	*slot;
	char		 reason[TQ_REASON_MAX];
};

/* The state of one claim. */
struct claiming {
	struct aq		*s;
	const struct tq_claim	*req;
	struct tq_claimed	*got;
	const struct tq_control	*control;
	int64_t			 now;
	size_t			 bytes;
	struct cand		**chosen;
	struct aq_note		*later, *gone;	/* messages to hide, to delete */
	size_t			 nlater, ngone;
};

/* aq_next(got, wall): something is due then. */
void aq_next(struct tq_claimed *got, int64_t wall);
/* aq_wants(req, type): is it one of the claim's types?  Or of its others? */
bool aq_wants(const struct tq_claim *req, const char *type);
bool aq_wants_otherwise(const struct tq_claim *req, const char *type);
void aq_sort_cands(struct cand *cands, size_t n);

/* Lease up to ${max} of ${cands}, in their order, into c->got. */
int aq_claim_cands(struct claiming *c, struct cand *cands, size_t n,
    size_t max, struct tq_err *err);

/*
 * handover.c: put those of ${jobs} (c->chosen's) that were leased into c->got,
 * with their payloads; one whose payload is gone is dead.
 */
int aq_hand_over(struct claiming *c, struct aq_job *jobs, size_t n,
    struct tq_err *err);

/* door.c: what messages announce. */
int aq_claim_messages(struct claiming *c, struct tq_err *err);

/* due.c: what the index says is due, or has lost its worker; bounded. */
int aq_claim_due(struct claiming *c, struct tq_err *err);
int aq_claim_expired(struct claiming *c, struct tq_err *err);
/* Take over the first of ${cands} that can be; those the rule ends are ended. */
int aq_take_over(struct claiming *c, struct cand *cands, size_t n,
    struct tq_err *err);

/*
 * aq_adopt(c, msgs, jobs, n, err): adopt.c.
 * Make a task of each of the messages, which nobody has yet; jobs[i] names the
 * id that it gets, and has been fetched and not found.  Then jobs[i] is found,
 * as written here or by somebody who was quicker.  -1: claim nothing; what is
 * not adopted yet will be at its next delivery.
 */
int aq_adopt(struct claiming *c, struct aq_msg *const *msgs,
    struct aq_job *jobs, size_t n, struct tq_err *err);

#endif

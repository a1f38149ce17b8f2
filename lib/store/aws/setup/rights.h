/* lib/store/aws/setup/rights.h -- who may call what, for policy.c. */
#ifndef TQ_STORE_AWS_RIGHTS_H
#define TQ_STORE_AWS_RIGHTS_H

#include "store/aws/setup/setup.h"

#define SUBMITTER	1u	/* tq-submit, tq-status */
#define WORKER		2u	/* tq-work */
#define OPERATOR	4u	/* all tools: tq-ctl, tq-dlq, tq-serve too */
#define ALL		(SUBMITTER | WORKER | OPERATOR)

/*
 * The bounds of a right, beside the account that the store is in.  IAM sees a
 * table's keys, but no condition of a write: whoever may put a task's record may
 * put another in its place.
 */
enum limit {
	NONE,
	TASKS,		/* records of tasks, and their bodies */
	WORK,		/* all records but control records */
	LEFT,		/* what a task or a worker leaves: bodies, slots,
			   presence; no record of a task */
	INDEX,		/* the queues' own parts of the index, and the lists of
			   queues and workers */
	NEW,		/* an object that there is not: If-None-Match */
	PARTS,		/* what comes before an object: uploads and their parts */
	MAKES,		/* it is not in an account yet */
	LIMITS
};

struct aq_right {
	const char	*what;		/* the call */
	const char	*action;	/* that IAM asks for it */
	enum aq_thing	 on;
	unsigned	 who;		/* of the roles above */
	enum limit	 limit;
};

extern const struct aq_right aq_rights[];
extern const size_t aq_nrights;

#endif

/* lib/store/sqlite/fill.h -- a claim as it fills up; claim.c and fill.c. */
#ifndef TQ_SQLITE_FILL_H
#define TQ_SQLITE_FILL_H

#include "store/sqlite/record.h"

/* The state of one claim as it fills up. */
struct sq_filling {
	struct sq		*s;
	const struct tq_claim	*req;
	struct tq_claimed	*got;
	const struct tq_control	*control;
	const char		*worker;	/* in the caller's arena */
	struct sq_row		*rows;		/* those of got->tasks */
	size_t			 n;		/* at most so many */
	size_t			 bytes;
	size_t			 ended;
	bool			 full;		/* one of them wants to be alone */
};

/* sq_fill_due(got, wall): something is due at ${wall}, or to be looked at. */
void sq_fill_due(struct tq_claimed *got, int64_t wall);

/* sq_fill_ids(f, err): lease the tasks that f->req names, due or not. */
int sq_fill_ids(struct sq_filling *f, struct tq_err *err);

/* sq_fill_next(f, err): lease what is due, at most f->n; f->got says when to
   look again, and whether there is more. */
int sq_fill_next(struct sq_filling *f, struct tq_err *err);

#endif

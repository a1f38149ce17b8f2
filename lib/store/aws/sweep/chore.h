/* lib/store/aws/sweep/chore.h -- what the files of a sweep's chores share. */
#ifndef TQ_STORE_AWS_CHORE_H
#define TQ_STORE_AWS_CHORE_H

#include "store/aws/record/table.h"
#include "store/aws/sweep/sweep.h"

/* The state of the sweep of a queue's shard. */
struct doing {
	struct aq		*s;
	const char		*queue;
	int			 shard;
	int64_t			 now;
	struct aq_facts		*facts;
	struct tq_swept		*out;
	struct tq_arena		*a;
	unsigned		 wakes;		/* when it began */
	bool			 all;		/* what the TTL would remove, too */
	struct aq_update	*ups;		/* of a page, and what each ... */
	struct aq_rec		**owner;	/* ... owned before its chore */
};

/* The work on records of one kind. */
struct chore {
	enum tq_status	 status;
	int64_t		 until;		/* ringAt at most this; 0: any */
	int64_t		 since;		/* ... at least this */
	size_t		 most;		/* looked at in one sweep; 0: PAGES */
	bool		 backward;
	bool		 (*wants)(const struct chore *, struct doing *,
			    const struct aq_entry *);
	aq_decide_fn	*fn;		/* NULL: only ${after} */
	void		 (*after)(struct doing *, struct aq_update **, size_t);
};

/* aq_chore_overdue(c, d, e): its deadline, or its time to be kept, is over. */
bool aq_chore_overdue(const struct chore *c, struct doing *d,
    const struct aq_entry *e);

/* -- retention.c: records past their time --------------------------------- */

bool aq_chore_old(const struct chore *c, struct doing *d,
    const struct aq_entry *e);
enum aq_do aq_chore_remove(struct aq *s, struct aq_update *ups, size_t i,
    void *arg);
void aq_chore_removed(struct doing *d, struct aq_update **ups, size_t n);

#endif

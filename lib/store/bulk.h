/*
 * lib/store/bulk.h -- one verb over all tasks that a filter means, page by
 * page.  Above the contract: it asks any store by store.h alone.
 *
 * Only tasks that were there at the start are meant: one that changed since
 * is passed over.  Each page is done before the next is read, and what is done
 * the filter no longer means, so a run that was broken off is gone on with by
 * running it again.
 */
#ifndef TQ_BULK_H
#define TQ_BULK_H

#include "store/store.h"

enum tq_bulk_verb { TQ_BULK_CANCEL, TQ_BULK_REDRIVE, TQ_BULK_PURGE };

#define TQ_BULK_PAGE	500	/* tasks in a round, at most */

struct tq_bulk {
	enum tq_bulk_verb verb;
	struct tq_filter filter;
	bool		 all;		/* the queue, or nothing, is filter
					   enough */
	bool		 dry_run;	/* nothing is changed */
	int64_t		 max;		/* tasks, at most; 0: no limit */
	/* Asked of each task first; NULL: all may be dealt with. */
	bool		(*may)(void *arg, const struct tq_task *t);
	/* Told of each task; ${a} is NULL in a dry run.  May be NULL. */
	void		(*tell)(void *arg, const struct tq_task *t,
			    const struct tq_answer *a);
	void		*arg;

	/* how far it is; 0 and NULL at first */
	uint64_t	 done;		/* or would be */
	uint64_t	 skipped;	/* changed by others meanwhile */
	struct tq_buf	 cursor;
};

/*
 * tq_bulk_begin(b, now, err):
 * Check what is asked, and fill in the statuses: without any, cancel means
 * those that wait, redrive the dead, purge those that have ended.  Fails with
 * TQ_E_USAGE when nothing narrows it down and ${b}->all is not set, or when
 * the verb can't change a task of such a status.
 */
int tq_bulk_begin(struct tq_bulk *b, int64_t now, struct tq_err *err);

/*
 * tq_bulk_round(st, b, err):
 * The next page.  Returns 1 when there is more, 0 at the end, -1 when the
 * store could not be asked: what b->done counts is done.
 */
int tq_bulk_round(struct tq_store *st, struct tq_bulk *b, struct tq_err *err);

/* tq_bulk_end(b): frees what it holds. */
void tq_bulk_end(struct tq_bulk *b);

#endif

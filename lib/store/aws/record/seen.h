/* lib/store/aws/record/seen.h -- what a look at the index saw; for follow.c. */
#ifndef TQ_STORE_AWS_SEEN_H
#define TQ_STORE_AWS_SEEN_H

#include "store/aws/record/table.h"

/* An entry of the index. */
struct aq_seen_entry {
	const char	*id;
	int64_t		 ring_at;	/* of its entry */
	int		 status;
	bool		 alive;		/* runs, or may run: it changes in place */
	bool		 known;		/* to the last look, too */
	struct aq_face {		/* of the record, if it was read */
		int64_t		 updated_at;	/* 0: it was not */
		uint64_t	 token;
		int		 status;
	} face;
};

/* The records that one look saw, sorted by id. */
struct aq_seen {
	struct tq_arena	 mem;
	struct aq_seen_entry *v;
	size_t		 n, cap;
	int64_t		 at;		/* wall clock */
	unsigned	 number;	/* in the cursor */
};

/* aq_seen_add(seen, e, status, now): one more, before aq_seen_sort(). */
void aq_seen_add(struct aq_seen *seen, const struct aq_entry *e, int status,
    int64_t now);

/* aq_seen_sort(seen): by id; what was met twice is kept once. */
void aq_seen_sort(struct aq_seen *seen);

/*
 * aq_seen_news(old, now, which): the entries of ${now} whose records are worth
 * reading, as indexes in ${which}; how many.  What ${old} knows of the others
 * is carried on.
 */
size_t aq_seen_news(const struct aq_seen *old, struct aq_seen *now,
    size_t *which);

/*
 * aq_seen_changed(is, t, since, overlap): is the record ${t} of ${is} not as it
 * was seen?  Then it is now.  One that was not read before has changed if that
 * was after ${since}, or, if its entry is new, up to ${overlap} ms before.
 */
bool aq_seen_changed(struct aq_seen_entry *is, const struct tq_task *t,
    int64_t since, int64_t overlap);

#endif

/* lib/store/aws/record/merge.h -- the shards of a status as one list. */
#ifndef TQ_STORE_AWS_MERGE_H
#define TQ_STORE_AWS_MERGE_H

#include "store/aws/record/shards.h"
#include "store/aws/record/table.h"

/* A position in such a list: behind this entry; pk NULL: at the start. */
struct aq_mark {
	const char	*pk;
	int64_t		 ring_at;
	int		 shard;
};

struct aq_merge {
	const char	*queue;
	enum tq_status	 status;
	struct aq_mark	 after;
	int64_t		 since, until;	/* ringAt; 0: any */
	int64_t		 limit;		/* entries, at most; not 0 */
	bool		 backward;
};

/*
 * aq_merge(s, m, a, out, n, more, err): the next page, in the order of
 * (ringAt, shard, the shard's own order), or in its opposite; one query a
 * shard.  Less than ${m}->limit may come while there is ${more}, but then at
 * least one entry does.
 */
int aq_merge(struct aq *s, const struct aq_merge *m, struct tq_arena *a,
    struct aq_entry **out, size_t *n, bool *more, struct tq_err *err);

#endif

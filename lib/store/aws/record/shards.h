/*
 * lib/store/aws/record/shards.h -- into how many partitions of the index the
 * tasks of a queue go.
 *
 * DynamoDB writes 1,000 units a second to a partition key, of an index too, and
 * a hot one holds up the writes of the table.  So the entries of a status are
 * spread over shards, by a hash of the id, when one is too slow.
 *
 * The item n#QUEUE says `walk', how many shards are read, and `shards', how
 * many are written, 1 where there is no item; it stands in the list of queues
 * (#control), with walk as its ringAt.  `walk' is raised first and
 * `shards' AQ_SHARDS_SETTLE_MS later, and nobody goes by what was read longer
 * ago than AQ_SHARDS_FRESH_MS: so whoever looks finds what anybody writes.  A
 * record keeps the shard that it was written to.  Neither number ever falls.
 */
#ifndef TQ_STORE_AWS_SHARDS_H
#define TQ_STORE_AWS_SHARDS_H

#include "store/aws/handle/handle.h"

#define AQ_SHARDS_FRESH_MS	4000
#define AQ_SHARDS_SETTLE_MS	10000
#define AQ_SHARDS_REST_MS	600000	/* doubled so often at most */

/* An n# item. */
struct aq_shards {
	int64_t	walk, write;	/* at least 1 */
	int64_t	raised_at;	/* ms; 0: never */
	int64_t	ver;		/* 0: there is no item */
};

/* aq_shards_read(item, out): no item is one shard. */
void aq_shards_read(struct tq_span item, struct aq_shards *out);

/* aq_shards_pk(queue, a): the key of its item. */
const char *aq_shards_pk(const char *queue, struct tq_arena *a);

/* aq_shards_saw(s, q, item): it was read just now; item none: there is none. */
void aq_shards_saw(struct aq *s, struct aq_queue *q, struct tq_span item);

/*
 * aq_shards_walk(s, queue, n, err): how many shards a look has to go through;
 * asks when that was not read lately.
 */
int aq_shards_walk(struct aq *s, const char *queue, int *n,
    struct tq_err *err);

/*
 * aq_shards_listed(s, q, walk): the list of queues, which is in the index, says
 * so; 0: it names none.
 */
void aq_shards_listed(struct aq *s, struct aq_queue *q, int64_t walk);

/*
 * aq_shard_of(s, queue, id): the shard for a new record.  0 where this process
 * has not read how many there are, which it does once it has submitted a few.
 */
int aq_shard_of(struct aq *s, const char *queue, const char *id);

/* aq_shard_hash(id, n): FNV-1a of the id, modulo ${n}. */
int aq_shard_hash(const char *id, int64_t n);

/*
 * aq_shards_settle(s, queue): what was raised long enough ago is written to
 * from now on.  By workers; best effort.
 */
void aq_shards_settle(struct aq *s, const char *queue);

/*
 * aq_shards_heat(s, queue): were writes of this process throttled because a
 * partition of the index was hot?  Then there are twice as many shards, unless
 * that was done within ten minutes, or there are 16.  Best effort: a role that
 * may not leaves it to others.
 */
void aq_shards_heat(struct aq *s, const char *queue);

/*
 * aq_shards_set(s, queue, n, settled, err): at least ${n}.  ${settled}: of a
 * queue that nobody looks at yet, or for the second step.  Returns 1 when that
 * many are walked and written, 0 when they are walked and the rest is to be done
 * AQ_SHARDS_SETTLE_MS later, -1.
 */
int aq_shards_set(struct aq *s, const char *queue, int n, bool settled,
    struct tq_err *err);

#endif

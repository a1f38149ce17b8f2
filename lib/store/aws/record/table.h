/* lib/store/aws/record/table.h -- the table: items, and the index over them. */
#ifndef TQ_STORE_AWS_TABLE_H
#define TQ_STORE_AWS_TABLE_H

#include "store/aws/handle/handle.h"

struct tq_ddb_table;

#define AQ_INDEX	"by-status"

/* -- table.c -------------------------------------------------------------- */

/*
 * aq_items(s, pks, n, a, out, err): consistent reads; out[i] is an item or
 * none.  Keys may repeat.
 */
int aq_items(struct aq *s, const char *const *pks, size_t n,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err);

/*
 * aq_put(s, item, condition, values, err): a conditional PutItem; names "#r"
 * and "#u" stand for rev and until.  1 written, 0 the condition failed, -1.
 * ${condition} NULL: none.
 */
int aq_put(struct aq *s, struct tq_span item, const char *condition,
    const char *const *names, struct tq_span values, struct tq_err *err);

/* aq_key_of(pk, a): the key of an item. */
struct tq_span aq_key_of(const char *pk, struct tq_arena *a);

/* aq_delete(s, pk, err): unconditionally. */
int aq_delete(struct aq *s, const char *pk, struct tq_err *err);

/* The table as init makes it. */
struct tq_ddb_table aq_table(const struct aq *s);

/* -- index.c -------------------------------------------------------------- */

/* A position in the index: behind this entry; pk NULL: at the start. */
struct aq_at {
	const char	*pk;
	int64_t		 ring_at;
};

struct aq_query {
	const char	*gsi;
	int		 shard;		/* that ${gsi} names, for the entries */
	struct aq_at	 after;
	int64_t		 until;		/* ringAt at most this; 0: any */
	int64_t		 since;		/* ... at least this */
	int64_t		 limit;		/* 0: a page */
	bool		 backward;
};

/* The attributes of an item in the index. */
struct aq_entry {
	const char	*pk, *id;	/* id: of tasks */
	int		 shard;
	int64_t		 ring_at;
	int		 rings;
	const char	*type;
	bool		 drained, owed;
	int64_t		 created, due, expires_at;
	bool		 put_off;	/* its record says since when it was
					   due before */
};

/*
 * aq_entry_may_run(e, status, now): may the task of an entry that waits run all
 * the same?  A claim leaves the entry where it is as long as that is ahead of
 * the lease, which saves two writes.
 */
bool aq_entry_may_run(const struct aq_entry *e, enum tq_status status,
    int64_t now);

/* aq_query(s, q, a, out, n, more, err): one page, appended to no list. */
int aq_query(struct aq *s, const struct aq_query *q, struct tq_arena *a,
    struct aq_entry **out, size_t *n, bool *more, struct tq_err *err);

/* aq_gsi(queue, status, shard, a): "QUEUE#STATUS#SHARD". */
const char *aq_gsi(const char *queue, enum tq_status status, int shard,
    struct tq_arena *a);

/* aq_queues(s, a, names, n, err): all queues of the store, sorted. */
int aq_queues(struct aq *s, struct tq_arena *a, const char ***names,
    size_t *n, struct tq_err *err);

#endif

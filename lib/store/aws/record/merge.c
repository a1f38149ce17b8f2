/*
 * lib/store/aws/record/merge.c -- the shards of a status as one list, ordered
 * by (ringAt, shard, the shard's own order).
 */
#include <stdlib.h>

#include "store/aws/record/merge.h"

/* Where a shard's page was, and whether there is more of it. */
struct of_shard {
	struct aq_entry	*e;
	size_t		 n, at;
	bool		 more;
};

/* Entries of one ringAt go by shard: those before it have given theirs. */
static void
start_at(const struct aq_merge *m, int shard, struct aq_query *q)
{
	int64_t ring_at = m->after.ring_at;	/* a cursor's: any number */
	bool passed = m->backward ? shard > m->after.shard :
	    shard < m->after.shard;

	q->since = m->since;
	q->until = m->until;
	if (m->after.pk == NULL)
		return;
	if (shard == m->after.shard)
		q->after = (struct aq_at){ m->after.pk, ring_at };
	else if (m->backward)
		q->until = ring_at - (passed && ring_at > INT64_MIN);
	else
		q->since = ring_at + (passed && ring_at < INT64_MAX);
}

static int
read_shard(struct aq *s, const struct aq_merge *m, int shard,
    struct tq_arena *a, struct of_shard *out, struct tq_err *err)
{
	struct aq_query q = { .gsi = aq_gsi(m->queue, m->status, shard, a),
	    .shard = shard, .limit = m->limit, .backward = m->backward };

	start_at(m, shard, &q);
	*out = (struct of_shard){ .n = 0 };
	if (q.until != 0 && q.since > q.until)
		return 0;
	if (aq_query(s, &q, a, &out->e, &out->n, &out->more, err) == -1)
		return -1;
	out->more = out->more && out->n > 0;
	return 0;
}

/* The shard whose next entry is the next of all; -1: none can be told. */
static int
next_of(const struct aq_merge *m, const struct of_shard *v, int n)
{
	const struct aq_entry *e, *best = NULL;
	int i, k, which = -1;

	for (k = 0; k < n; k++) {
		i = m->backward ? n - 1 - k : k;
		if (v[i].at == v[i].n) {
			/* The entries behind it are not known. */
			if (v[i].more)
				return -1;
			continue;
		}
		e = &v[i].e[v[i].at];
		if (best == NULL || (m->backward ? e->ring_at > best->ring_at :
		    e->ring_at < best->ring_at)) {
			best = e;
			which = i;
		}
	}
	return which;
}

int
aq_merge(struct aq *s, const struct aq_merge *m, struct tq_arena *a,
    struct aq_entry **out, size_t *n, bool *more, struct tq_err *err)
{
	struct of_shard v[AQ_SHARDS_MAX];
	size_t all = 0;
	int i, shards;

	if (aq_shards_walk(s, m->queue, &shards, err) == -1)
		return -1;
	for (i = 0; i < shards; i++) {
		if (read_shard(s, m, i, a, &v[i], err) == -1)
			return -1;
		all += v[i].n;
	}
	*out = tq_arena_alloc(a, (all + 1) * sizeof(**out));
	for (*n = 0; *n < (size_t)m->limit && (i = next_of(m, v, shards)) !=
	    -1; )
		(*out)[(*n)++] = v[i].e[v[i].at++];
	*more = false;
	for (i = 0; i < shards; i++)
		*more |= v[i].more || v[i].at < v[i].n;
	return 0;
}

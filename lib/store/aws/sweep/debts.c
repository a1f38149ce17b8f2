/*
 * lib/store/aws/sweep/debts.c -- what is owed to tasks that wait for others,
 * where those who owed it have died.
 */
#include "store/aws/edge/edge.h"
#include "store/aws/record/table.h"
#include "store/aws/sweep/sweep.h"

#define PAGE	500

/* One status' debts, which stand first in its index. */
static int
pay_status(struct aq *s, const char *queue, enum tq_status status, int shard,
    struct tq_swept *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_query q = { .gsi = aq_gsi(queue, status, shard, &a),
	    .until = AQ_OWES_AT, .limit = PAGE };
	struct aq_entry *e;
	const char **ids;
	size_t i, n, m = 0;
	bool more;
	int rc = aq_query(s, &q, &a, &e, &n, &more, err);

	if (rc == 0) {
		ids = tq_arena_alloc(&a, (n + 1) * sizeof(*ids));
		for (i = 0; i < n; i++)
			if (e[i].id != NULL)
				ids[m++] = e[i].id;
		if (status == TQ_BLOCKED && m > 0)
			rc = aq_pay_looks(s, ids, m, err);
		for (i = 0; status != TQ_BLOCKED && rc != -1 && i < m; i++)
			if ((rc = aq_pay_word(s, ids[i], err)) == 1)
				out->told++;
	}
	tq_arena_free(&a);
	return rc == -1 ? -1 : 0;
}

int
aq_debts_pay(struct aq *s, const char *queue, int shard, struct tq_swept *out,
    struct tq_err *err)
{
	static const enum tq_status owe[] = { TQ_BLOCKED, TQ_COMPLETED,
	    TQ_FAILED, TQ_CANCELLED };
	const size_t n = sizeof(owe) / sizeof(owe[0]);
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++)
		rc = pay_status(s, queue, owe[i], shard, out, err);
	aq_settle(s);
	return rc;
}

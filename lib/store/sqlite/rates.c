/* lib/store/sqlite/rates.c -- what was made and what ended, by the minute. */
#include "store/rates.h"
#include "store/sqlite/record.h"

#define BATCH	1024	/* entries read at a time */

/* A way through an index, from its latest entry down. */
struct way {
	enum sq_stmt	stmt;
	int64_t		status;
	enum tq_rate	rate;
};

static const struct way ways[] = {
	{ SQ_SPAN_CREATED, 0, TQ_RATE_CREATED },
	{ SQ_SPAN_ENDED_DOWN, TQ_COMPLETED, TQ_RATE_COMPLETED },
	{ SQ_SPAN_ENDED_DOWN, TQ_FAILED, TQ_RATE_FAILED },
	{ SQ_SPAN_ENDED_DOWN, SQ_STATUS_DRAINED, TQ_RATE_FAILED },
	{ SQ_SPAN_ENDED_DOWN, TQ_CANCELLED, TQ_RATE_CANCELLED },
};
#define NWAYS	(sizeof(ways) / sizeof(ways[0]))

/* Entries of one lane follow each other: its answer is kept. */
struct lanes {
	int64_t	lane;
	bool	known, wanted;
};

static int
wanted(struct sq *s, const struct tq_rates *r, struct lanes *l, int64_t lane,
    struct tq_err *err)
{
	const struct sq_lane *names;

	if (r->want == NULL)
		return 1;
	if (!l->known || l->lane != lane) {
		if ((names = sq_lane_get(s, lane, err)) == NULL)
			return -1;
		*l = (struct lanes){ lane, true, r->want(r->arg, names->queue,
		    names->type) };
	}
	return l->wanted;
}

static int
walk(struct sq *s, struct tq_rates *r, const struct way *w, size_t look,
    struct sq_entry *e, struct tq_err *err)
{
	const int64_t arg[3] = { w->status, 0, 0 };
	struct sq_entry from = { INT64_MAX, INT64_MAX, INT64_MAX, 0 };
	struct lanes l = { 0, false, false };
	size_t i, n = BATCH;
	int rc;

	for (; look > 0 && n == BATCH; look -= n < look ? n : look) {
		if (sq_span(s, w->stmt, arg, &from, e, BATCH, &n, err) == -1)
			return -1;
		for (i = 0; i < n; i++) {
			if (e[i].at < r->start)
				return 0;
			if ((rc = wanted(s, r, &l, e[i].lane, err)) == -1)
				return -1;
			if (rc == 1)
				tq_rates_add(r, w->rate, e[i].at);
			from = e[i];
		}
	}
	if (n == BATCH)
		tq_rates_miss(r, from.at);
	return 0;
}

int
sq_rates(struct tq_store *st, struct tq_rates *r, struct tq_arena *a,
    struct tq_err *err)
{
	struct sq_entry *e = tq_arena_alloc(a, BATCH * sizeof(*e));
	struct sq *s = sq_of(st);
	int rc = sq_read_begin(s, err);
	size_t i;

	for (i = 0; i < NWAYS && rc == 0; i++)
		rc = walk(s, r, &ways[i], r->look / NWAYS, e, err);
	sq_read_end(s);
	return rc;
}

/*
 * lib/store/aws/rates.c -- what was made and what ended, by the minute.
 *
 * An ended record stands in the index at its end, and no record stands before
 * its createdAt: so the entries since a time have all that was created or
 * ended since, and a few more.
 */
#include "store/aws/aws.h"
#include "store/aws/record/merge.h"
#include "store/rates.h"

#define BATCH	1000

static const enum tq_status statuses[] = {
	TQ_COMPLETED, TQ_FAILED, TQ_CANCELLED, TQ_RUNNING, TQ_RETRYING,
	TQ_PENDING, TQ_BLOCKED,
};
#define NSTATUSES	(sizeof(statuses) / sizeof(statuses[0]))

/* A status of a queue, read from its latest entry down. */
struct head {
	struct aq_merge	 q;
	int64_t		 bound;		/* all after it was read */
	bool		 end;
};

static void
count(struct tq_rates *r, const struct head *h, const struct aq_entry *e)
{
	static const enum tq_rate rates[TQ_STATUS_MAX] = {
		[TQ_COMPLETED] = TQ_RATE_COMPLETED,
		[TQ_FAILED] = TQ_RATE_FAILED,
		[TQ_CANCELLED] = TQ_RATE_CANCELLED,
	};

	if (e->id == NULL || e->type == NULL ||
	    (r->want != NULL && !r->want(r->arg, h->q.queue, e->type)))
		return;
	tq_rates_add(r, TQ_RATE_CREATED, e->created);
	if ((TQ_BIT(h->q.status) & TQ_FINISHED) != 0)
		tq_rates_add(r, rates[h->q.status], e->ring_at);
}

static int
read_some(struct aq *s, struct tq_rates *r, struct head *h, size_t *look,
    struct tq_arena *a, struct tq_err *err)
{
	struct aq_entry *e;
	size_t i, n;
	bool more;

	h->q.limit = *look < BATCH ? (int64_t)*look : BATCH;
	if (aq_merge(s, &h->q, a, &e, &n, &more, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		count(r, h, &e[i]);
	if (n > 0) {
		h->q.after = (struct aq_mark){ e[n - 1].pk, e[n - 1].ring_at,
		    e[n - 1].shard };
		h->bound = e[n - 1].ring_at;
	}
	h->end = !more || n == 0;
	*look -= n < *look ? n : *look;
	return 0;
}

/* That of which the most may be unread after the others; NULL: all is read. */
static struct head *
latest(struct head *h, size_t n)
{
	struct head *best = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (!h[i].end && (best == NULL || h[i].bound > best->bound))
			best = &h[i];
	return best;
}

int
aq_rates(struct tq_store *st, struct tq_rates *r, struct tq_arena *a,
    struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct head *heads, *h;
	const char **queues;
	size_t i, n, look = r->look;

	if (aq_queues(s, a, &queues, &n, err) == -1)
		return -1;
	n *= NSTATUSES;
	heads = tq_arena_alloc(a, (n + 1) * sizeof(*heads));
	for (i = 0; i < n; i++)
		heads[i] = (struct head){ .bound = INT64_MAX, .q = {
		    .queue = queues[i / NSTATUSES], .since = r->start,
		    .status = statuses[i % NSTATUSES], .backward = true } };
	while ((h = latest(heads, n)) != NULL) {
		if (look == 0) {
			tq_rates_miss(r, h->bound);
			return 0;
		}
		if (read_some(s, r, h, &look, a, err) == -1)
			return -1;
	}
	return 0;
}

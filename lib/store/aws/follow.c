/*
 * lib/store/aws/follow.c -- what changed since: by comparing.
 *
 * There is no index by time of change, so a look reads the index from a time
 * on: what ended since, what waits and was placed since, and what runs.  What
 * it costs does not grow with what waits.
 *
 *	ended		ringAt is when
 *	waiting		ringAt is ahead: two minutes behind the time when it is
 *			due (task/doorbell.h).  The next WIDE entries are read,
 *			and where more than these are ahead, those that were due
 *			at once when they were written
 *	BLOCKED		ringAt is a hundred years ahead of when
 *	running		all that the index has
 *
 * So where thousands of delayed tasks wait, another one is told of when it
 * starts, not when it is submitted.  Records are read only for entries that
 * were not there at the last look, and for what runs or may run.
 *
 * A change of a record in place (an edit) is not told, nor writes about
 * messages, which users don't see.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/aws/aws.h"
#include "store/aws/record/record.h"
#include "store/aws/record/seen.h"
#include "store/aws/record/shards.h"
#include "store/aws/record/table.h"
#include "task/doorbell.h"

#define FOLLOW_MS	60000	/* how long a cursor stays good unused */
#define OVERLAP_MS	10000	/* clocks of other hosts, the index's delay */
#define WIDE		1000	/* entries ahead that are read in any case */
#define REST_MS		200	/* between two looks, at least */

/* A look at one queue. */
struct looking {
	struct aq	*s;
	struct aq_seen	*seen;
	const char	*queue;
	int64_t		 since;		/* OVERLAP_MS before the last look */
	int64_t		 now;
	int		 shard;
};

void
aq_seen_free(struct aq_seen *seen)
{
	if (seen != NULL)
		tq_arena_free(&seen->mem);
	free(seen);
}

/* A part of the index from ${since} to ${until}; ${limit} 0: all of it. */
static int
see_range(struct looking *l, enum tq_status status, int64_t since,
    int64_t until, int64_t limit, bool *more, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_query q = { .gsi = aq_gsi(l->queue, status, l->shard, &a),
	    .shard = l->shard, .since = since, .until = until,
	    .limit = limit };
	struct aq_entry *e;
	size_t i, n;
	int rc = 0;

	do {
		rc = aq_query(l->s, &q, &a, &e, &n, more, err);
		for (i = 0; rc == 0 && i < n; i++)
			aq_seen_add(l->seen, &e[i], status, l->now);
		if (rc == 0 && n > 0)
			q.after = (struct aq_at){ e[n - 1].pk,
			    e[n - 1].ring_at };
		*more = *more && n > 0;
	} while (*more && rc == 0 && limit == 0);
	tq_arena_free(&a);
	return rc;
}

static int
see_waiting(struct looking *l, enum tq_status status, struct tq_err *err)
{
	int64_t step = tq_ring_step_ms(0);
	bool more;

	if (see_range(l, status, l->since, 0, WIDE, &more, err) == -1)
		return -1;
	/* Owed, or with a deadline; then due at once when it was written. */
	return !more ? 0 : see_range(l, status, l->since, l->now, 0, &more,
	    err) == -1 ? -1 : see_range(l, status, l->since + step, l->now +
	    step + OVERLAP_MS, 0, &more, err);
}

static int
see_status(struct looking *l, enum tq_status status, struct tq_err *err)
{
	bool more;

	if (status == TQ_BLOCKED)
		return see_range(l, status, l->since + AQ_BLOCKED_MS, 0, 0,
		    &more, err);
	if ((TQ_BIT(status) & TQ_WAITING) != 0)
		return see_waiting(l, status, err);
	return see_range(l, status, status == TQ_RUNNING ? 0 : l->since, 0, 0,
	    &more, err);
}

/* One look at what may have changed since ${since}. */
static int
see(struct aq *s, const char *queue, int64_t since, struct aq_seen *seen,
    struct tq_err *err)
{
	struct looking l = { .s = s, .seen = seen, .since = since,
	    .now = aq_now(s) };
	const char **queues = &queue;
	size_t i, n = 1;
	int status, shards;

	seen->at = l.now;
	if (queue == NULL && aq_queues(s, &seen->mem, &queues, &n, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		l.queue = queues[i];
		if (aq_shards_walk(s, l.queue, &shards, err) == -1)
			return -1;
		for (l.shard = 0; l.shard < shards; l.shard++)
			for (status = 0; status < TQ_STATUS_MAX; status++)
				if (see_status(&l, (enum tq_status)status,
				    err) == -1)
					return -1;
	}
	aq_seen_sort(seen);
	return 0;
}

static int
by_update(const void *va, const void *vb)
{
	const struct tq_task *a = va, *b = vb;

	if (a->updated_at != b->updated_at)
		return a->updated_at < b->updated_at ? -1 : 1;
	return strcmp(a->id, b->id);
}

/* The records of ${now} that are not as they were in ${old}. */
static int
compare(struct aq *s, const struct aq_seen *old, struct aq_seen *now,
    struct tq_arena *a, struct tq_page *page, struct tq_err *err)
{
	size_t *which = tq_arena_alloc(a, (now->n + 1) * sizeof(*which));
	size_t i, m = aq_seen_news(old, now, which);
	struct aq_update *ups = tq_arena_alloc(a, (m + 1) * sizeof(*ups));

	for (i = 0; i < m; i++)
		ups[i].id = now->v[which[i]].id;
	if (aq_fetch(s, ups, m, a, err) == -1)
		return -1;
	page->tasks = tq_arena_alloc(a, (m + 1) * sizeof(*page->tasks));
	for (i = 0; i < m; i++) {
		if (!ups[i].found)
			continue;
		tq_turn_expire(&ups[i].rec.t, now->at, a);
		if (aq_seen_changed(&now->v[which[i]], &ups[i].rec.t,
		    old->at, OVERLAP_MS))
			page->tasks[page->n++] = ups[i].rec.t;
	}
	if (page->n > 1)
		qsort(page->tasks, page->n, sizeof(*page->tasks), by_update);
	return 0;
}

static int
check_cursor(struct aq *s, const char *cursor, struct tq_err *err)
{
	unsigned number;
	long long when;
	int64_t boot = tq_boot_ms(s->base.env);

	if (sscanf(cursor, "f1.%u.%lld", &number, &when) != 2)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "cursor \"%.80s\" is not one of ours", cursor);
	if (s->follow.seen == NULL || s->follow.seen->number != number ||
	    when < boot - FOLLOW_MS || when > boot)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_LOST,
		    "the cursor was not used for over a minute: changes may "
		    "have been missed");
	return 0;
}

/*
 * Replace what was seen by a new look; -1 and unchanged on failure.  The first
 * only notes which entries there are.
 */
static int
look(struct aq *s, const char *queue, bool first, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err)
{
	struct aq_seen *now = tq_must(calloc(1, sizeof(*now)));
	int64_t since = (first ? aq_now(s) : s->follow.seen->at) - OVERLAP_MS;

	if (see(s, queue, since, now, err) == -1 || (!first && compare(s,
	    s->follow.seen, now, a, page, err) == -1)) {
		aq_seen_free(now);
		return -1;
	}
	s->follow.interval.min_ms = REST_MS;
	aq_polled(s, &s->follow.interval, !first && page->n == 0);
	now->number = (s->follow.seen != NULL ? s->follow.seen->number : 0) + 1;
	aq_seen_free(s->follow.seen);
	s->follow.seen = now;
	return 0;
}

/* All are read to know what has changed: so ${ended} would spare nothing. */
int
aq_wait_changes(struct tq_store *st, const char *queue, bool ended,
    const char *cursor, int64_t timeout_ms, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	int64_t end = tq_boot_ms(st->env) + timeout_ms;
	bool first = cursor == NULL;

	(void)ended;
	*page = (struct tq_page){ 0 };
	if (!first && check_cursor(s, cursor, err) == -1)
		return -1;
	do {
		if (!first && timeout_ms > 0 &&
		    !aq_poll_wait(s, &s->follow.interval, end))
			break;
		if (look(s, queue, first, a, page, err) == -1)
			return -1;
	} while (!first && page->n == 0 && tq_boot_ms(st->env) < end);
	page->seen = page->n;
	page->cursor = tq_arena_fmt(a, "f1.%u.%lld", s->follow.seen->number,
	    (long long)tq_boot_ms(st->env));
	return 0;
}

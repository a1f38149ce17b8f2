/*
 * lib/store/aws/follow.c -- what changed since: by comparing.
 *
 * There is no index by time of change.  The handle remembers the index
 * entries of what waits, and when what runs was changed; what finished is
 * found by its finish time.  A change of a finished record in place (an edit)
 * is not told, nor are writes about messages, which users don't see.
 *
 * A look costs a Query for each queue and status; see interval.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/aws/aws.h"
#include "store/aws/record/record.h"
#include "store/aws/record/table.h"

#define FOLLOW_MS	60000	/* how long a cursor stays good unused */
#define OVERLAP_MS	10000	/* finish times of other hosts' clocks */
#define REST_MS		200	/* between two looks, at least */

struct seen {
	const char	*id;
	int64_t		 ring_at;	/* of its entry */
	int		 status;
	struct face {			/* of the record, if it was read */
		int64_t		 updated_at;
		uint64_t	 token;
		int		 status;
	} face;
};

/* What one look saw, sorted by id. */
struct aq_seen {
	struct tq_arena	 mem;
	struct seen	*v;
	size_t		 n, cap;
	int64_t		 at;		/* wall clock */
	unsigned	 number;	/* in the cursor */
};

void
aq_seen_free(struct aq_seen *seen)
{
	if (seen != NULL)
		tq_arena_free(&seen->mem);
	free(seen);
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct seen *)a)->id,
	    ((const struct seen *)b)->id);
}

static void
add(struct aq_seen *seen, const struct aq_entry *e, int status)
{
	struct seen *v;

	if (e->id == NULL)
		return;
	if (seen->n == seen->cap) {
		seen->cap = seen->cap == 0 ? 64 : 2 * seen->cap;
		v = tq_arena_alloc(&seen->mem, seen->cap * sizeof(*v));
		if (seen->n > 0)
			memcpy(v, seen->v, seen->n * sizeof(*v));
		seen->v = v;
	}
	seen->v[seen->n++] = (struct seen){ .id = tq_arena_str(&seen->mem,
	    e->id), .ring_at = e->ring_at, .status = status };
}

static int
see_status(struct aq *s, const char *queue, int status, int64_t since,
    struct aq_seen *seen, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_query q = { .gsi = aq_gsi(queue, (enum tq_status)status, &a),
	    .since = since };
	struct aq_entry *e;
	bool more = true;
	size_t i, n;
	int rc = 0;

	while (more && rc == 0) {
		rc = aq_query(s, &q, &a, &e, &n, &more, err);
		for (i = 0; rc == 0 && i < n; i++)
			add(seen, &e[i], status);
		if (rc == 0 && n > 0)
			q.after = (struct aq_at){ e[n - 1].pk,
			    e[n - 1].ring_at };
		more = more && n > 0;
	}
	tq_arena_free(&a);
	return rc;
}

/* What changes its status during a look is met in both: once is enough. */
static void
sort_out(struct aq_seen *seen)
{
	size_t i, n = 0;

	if (seen->n > 0)
		qsort(seen->v, seen->n, sizeof(*seen->v), by_id);
	for (i = 0; i < seen->n; i++)
		if (n == 0 || by_id(&seen->v[n - 1], &seen->v[i]) != 0)
			seen->v[n++] = seen->v[i];
	seen->n = n;
}

/* One look at everything that may change, and at what has ended lately. */
static int
see(struct aq *s, const char *queue, int64_t since, struct aq_seen *seen,
    struct tq_err *err)
{
	const char **queues = &queue;
	size_t i, n = 1;
	int status;

	seen->at = aq_now(s);
	if (queue == NULL && aq_queues(s, &seen->mem, &queues, &n, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		for (status = 0; status < TQ_STATUS_MAX; status++)
			if (see_status(s, queues[i],
			    status, TQ_BIT(status) & TQ_FINISHED ? since : 0,
			    seen, err) == -1)
				return -1;
	sort_out(seen);
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

/* Is the record not as it was seen?  Then it is now. */
static bool
changed(struct seen *is, const struct tq_task *t)
{
	struct face was = is->face;

	is->face = (struct face){ t->updated_at, t->token, (int)t->status };
	return t->updated_at != was.updated_at || t->token != was.token ||
	    (int)t->status != was.status;
}

/* The records of ${now} that are not as they were in ${old}. */
static int
compare(struct aq *s, const struct aq_seen *old, struct aq_seen *now,
    struct tq_arena *a, struct tq_page *page, struct tq_err *err)
{
	struct aq_update *ups = tq_arena_alloc(a, (now->n + 1) * sizeof(*ups));
	size_t *which = tq_arena_alloc(a, (now->n + 1) * sizeof(*which));
	const struct seen *was;
	struct seen *is;
	size_t i, m = 0;

	for (i = 0; i < now->n; i++) {
		is = &now->v[i];
		was = old->n == 0 ? NULL : bsearch(is, old->v, old->n,
		    sizeof(*is), by_id);
		if (was != NULL)
			is->face = was->face;
		if (was != NULL && was->status == is->status &&
		    was->ring_at == is->ring_at && is->status != TQ_RUNNING)
			continue;
		ups[m].id = is->id;
		which[m++] = i;
	}
	if (aq_fetch(s, ups, m, a, err) == -1)
		return -1;
	page->tasks = tq_arena_alloc(a, (m + 1) * sizeof(*page->tasks));
	for (i = 0; i < m; i++) {
		if (ups[i].found)
			tq_turn_expire(&ups[i].rec.t, now->at, a);
		if (ups[i].found && changed(&now->v[which[i]],
		    &ups[i].rec.t))
			page->tasks[page->n++] = ups[i].rec.t;
	}
	if (page->n > 1)
		qsort(page->tasks, page->n, sizeof(*page->tasks), by_update);
	return 0;
}

/* The first look: records too, so that only changes are told. */
static int
start(struct aq *s, struct aq_seen *seen, struct tq_err *err)
{
	struct aq_seen none = { .n = 0 };
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_page page = { NULL, 0, NULL };
	int rc = compare(s, &none, seen, &a, &page, err);

	tq_arena_free(&a);
	return rc;
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

/* Replace what was seen by a new look; -1 and unchanged on failure. */
static int
look(struct aq *s, const char *queue, bool first, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err)
{
	struct aq_seen *now = tq_must(calloc(1, sizeof(*now)));
	int64_t since = (first ? aq_now(s) : s->follow.seen->at) - OVERLAP_MS;

	if (see(s, queue, since, now, err) == -1 || (first ? start(s, now,
	    err) : compare(s, s->follow.seen, now, a, page, err)) == -1) {
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

int
aq_wait_changes(struct tq_store *st, const char *queue, const char *cursor,
    int64_t timeout_ms, struct tq_arena *a, struct tq_page *page,
    struct tq_err *err)
{
	struct aq *s = aq_of(st);
	int64_t end = tq_boot_ms(st->env) + timeout_ms;
	bool first = cursor == NULL;

	*page = (struct tq_page){ NULL, 0, NULL };
	if (!first && check_cursor(s, cursor, err) == -1)
		return -1;
	do {
		if (!first && timeout_ms > 0 &&
		    !aq_poll_wait(s, &s->follow.interval, end))
			break;
		if (look(s, queue, first, a, page, err) == -1)
			return -1;
	} while (!first && page->n == 0 && tq_boot_ms(st->env) < end);
	page->cursor = tq_arena_fmt(a, "f1.%u.%lld", s->follow.seen->number,
	    (long long)tq_boot_ms(st->env));
	return 0;
}

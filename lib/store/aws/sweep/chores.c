/*
 * lib/store/aws/sweep/chores.c -- what a sweep does for a queue's shard: leases
 * that ran out end, dead tasks reach the DLQ, old records go, lost
 * doorbells ring again.
 *
 * Each chore walks a part of the index.  A walk is bounded; the next sweep of
 * this process goes on where it stopped.
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/record/table.h"
#include "store/aws/sweep/chore.h"
#include "util/str.h"
#include "util/time.h"

#define PAGE	2000	/* index entries looked at in a query */
#define PAGES	5	/* of a chore in one sweep */

/*
 * Leases that ran out are looked for in the parts of those that wait, too, for
 * so long after their entries are due; from then on they are rung for.  Only
 * the records tell, so a sweep reads few of them, the next goes on behind: a
 * task's message finds such a lease as well, and soon.
 */
#define LEFT_LATE_MS	(2 * TQ_MINUTE_MS)
#define LEFT_MOST	500

static bool
any(const struct chore *c, struct doing *d, const struct aq_entry *e)
{
	(void)c;
	(void)d;
	(void)e;
	return true;
}

/* -- leases that ran out -------------------------------------------------- */

static enum aq_do
end_lease(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct doing *d = arg;
	struct tq_task *t = &ups[i].rec.t;
	int64_t now = aq_now(s);

	/* Take-overs are for the workers: they have the handlers. */
	if (!ups[i].found || t->status != TQ_RUNNING ||
	    t->lease_until + AQ_MARGIN_MS > now)
		return AQ_NOTHING;
	return aq_turned(s, &ups[i].rec, false, tq_turn_lapse(t, now, now,
	    d->a), now);
}

/* May it have been claimed, and left where it waited? */
static bool
left(const struct chore *c, struct doing *d, const struct aq_entry *e)
{
	(void)c;
	return e->due <= d->now && e->rings != AQ_RINGS_HELD;
}

/* -- deadlines for a start ------------------------------------------------- */

static enum aq_do
end_overdue(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct doing *d = arg;
	int64_t now = aq_now(s);

	return aq_turned(s, &ups[i].rec, ups[i].found &&
	    tq_turn_expire(&ups[i].rec.t, now, d->a),
	    (struct tq_turned){ TQ_OK, false }, now);
}

/* -- the way into the DLQ ------------------------------------------------- */

static bool
owed(const struct chore *c, struct doing *d, const struct aq_entry *e)
{
	(void)c;
	(void)d;
	return e->owed;
}

static void
bury(struct doing *d, struct aq_update **ups, size_t n)
{
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		if (ups[i]->found && ups[i]->rec.t.status == TQ_FAILED &&
		    ups[i]->rec.t.dlq_owed)
			ups[m++] = ups[i];
	aq_dlq_move_all(d->s, ups, NULL, m);
}

static void
ended(struct doing *d, struct aq_update **ups, size_t n)
{
	d->out->expired += n;
	bury(d, ups, n);
}

/* -- doorbells ------------------------------------------------------------ */

/*
 * May this one's message be lost?  Most that are late only wait behind others:
 * that is seen in the index, and they are neither read nor written.
 */
static bool
to_ring(const struct chore *c, struct doing *d, const struct aq_entry *e)
{
	struct tq_task t = { .status = c->status, .ring_at = e->ring_at,
	    .rings = e->rings, .not_before = e->due };
	int64_t next;

	if (e->rings == AQ_RINGS_HELD)
		return false;
	if (e->rings != TQ_RINGS_OWED && !d->facts->asked) {
		d->facts->is.empty = aq_queue_empty(d->s, d->queue);
		d->facts->is.watermark = aq_watermark_read(d->s,
		    aq_queue(d->s, d->queue));
		d->facts->asked = true;
	}
	tq_ring_due(&t, &d->facts->is, d->now, &next);
	return next != t.ring_at;
}

/* The new ringAt is written first: of two sweepers one sends. */
static enum aq_do
move_ring(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct doing *d = arg;
	struct tq_task *t = &ups[i].rec.t;
	int64_t next = t->ring_at;
	bool due;

	if (!ups[i].found || t->held ||
	    ((TQ_BIT(t->status) & TQ_WAITING) == 0 &&
	    t->status != TQ_RUNNING))
		return AQ_NOTHING;
	due = tq_ring_due(t, &d->facts->is, aq_now(s), &next);
	if (next == t->ring_at || aq_overdue(t, aq_now(s)))
		return AQ_NOTHING;
	t->ring_at = next;
	if (t->status == TQ_RUNNING)
		ups[i].rec.stands = TQ_RUNNING;
	aq_ring_in_time(t);
	if (due)
		t->rings = t->rings > 0 ? t->rings + 1 : 1;
	t->bell = due ? NULL : t->bell;
	return AQ_WRITE;
}

static void
rung(struct doing *d, struct aq_update **ups, size_t n)
{
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		if (ups[i]->rec.t.rings > 0 && ups[i]->rec.t.bell == NULL)
			ups[m++] = ups[i];
	aq_doorbells_send(d->s, ups, m, d->a, NULL);
	for (i = 0; i < m; i++)
		d->out->rung += !ups[i]->owed;
}

/* Did tq_store_wake() end the round? */
static bool
stopped(const struct doing *d)
{
	return atomic_load(&d->s->wakes) != d->wakes;
}

/* -- the walk ------------------------------------------------------------- */

/* Read ${ups}; a newer tq's are left to it and keep nobody from the rest. */
static int
read_ours(struct doing *d, struct aq_update *ups, size_t *n, struct tq_err *err)
{
	size_t i, m = 0;

	if (aq_fetch(d->s, ups, *n, d->a, err) == -1)
		return -1;
	for (i = 0; i < *n; i++)
		if (!ups[i].there || ups[i].rec.v <= TQ_TASK_VERSION)
			ups[m++] = ups[i];
	*n = m;
	return 0;
}

/* Do the chore for a page's records. */
static int
page(struct doing *d, const struct chore *c, const struct aq_entry *e,
    size_t n, struct tq_err *err)
{
	struct aq_update *ups = tq_arena_alloc(d->a, (n + 1) * sizeof(*ups));
	struct aq_update **done = tq_arena_alloc(d->a, (n + 1) * sizeof(*done));
	size_t i, m = 0, ndone = 0;
	int rc;

	for (i = 0; i < n; i++)
		if (e[i].id != NULL && c->wants(c, d, &e[i]))
			ups[m++].id = e[i].id;
	d->ups = ups;
	d->owner = tq_arena_alloc(d->a, (n + 1) * sizeof(*d->owner));
	rc = read_ours(d, ups, &m, err);
	if (rc == 0 && c->fn != NULL)
		rc = aq_update(d->s, ups, m, c->fn, d, d->a, err);
	if (rc == -1 && c->fn == aq_chore_remove && err->code == TQ_E_DENIED) {
		/* A worker's role may not: it is left to an operator's. */
		d->s->no_delete = true;
		rc = 0;
	}
	for (i = 0; i < m; i++)
		if (ups[i].wrote || (rc == 0 && c->fn == NULL))
			done[ndone++] = &ups[i];
	/* Records that were written are followed up in any case. */
	if (ndone > 0)
		c->after(d, done, ndone);
	return rc;
}

/* From ${at} on, which is moved; pk NULL: at the start. */
static int
walk(struct doing *d, const struct chore *c, struct aq_walk *at,
    struct tq_err *err)
{
	struct aq_query q = { .since = c->since, .until = c->until,
	    .limit = c->most > 0 ? c->most : PAGE, .shard = d->shard,
	    .backward = c->backward };
	int i, rc = 0, pages = c->most > 0 ? 1 : PAGES;
	struct aq_entry *e;
	bool more = true;
	size_t n = 0;

	/* A start before what is asked for is no start (DynamoDB refuses it). */
	if (at->ring_at < c->since) {
		free(at->pk);
		at->pk = NULL;
	}
	for (i = 0; rc == 0 && more && i < pages && !stopped(d); i++) {
		q.gsi = aq_gsi(d->queue, c->status, d->shard, d->a);
		q.after = (struct aq_at){ at->pk, at->ring_at };
		rc = aq_query(d->s, &q, d->a, &e, &n, &more, err);
		if (rc == 0)
			rc = page(d, c, e, n, err);
		if (rc == -1)
			break;
		more = more && n > 0;
		free(at->pk);
		at->pk = more ? tq_must(strdup(e[n - 1].pk)) : NULL;
		at->ring_at = more ? e[n - 1].ring_at : 0;
		tq_arena_reset(d->a);
	}
	/* Chores are of different lengths: each has to get round once. */
	at->round |= !more || c->most > 0;
	d->out->more |= !at->round;
	return rc;
}

void
aq_chores_anew(struct aq *s, int shard)
{
	struct aq_queue *q;
	size_t i;

	pthread_mutex_lock(&s->lock);
	for (q = s->queues; q != NULL; q = q->next)
		for (i = 0; i < AQ_CHORES; i++)
			q->walks.place[shard][i].round = false;
	pthread_mutex_unlock(&s->lock);
}

int
aq_do_chores(struct aq *s, const char *queue, int shard, bool all,
    struct aq_facts *facts, struct tq_swept *out, struct tq_err *err)
{
	int64_t now = aq_now(s);
	const int64_t from = now - LEFT_LATE_MS, to = now + AQ_LEFT_MS;
	const struct chore chores[AQ_CHORES] = {
		{ TQ_RUNNING, 0, 0, 0, false, any, end_lease, ended },
		{ TQ_PENDING, to, from, LEFT_MOST, false, left, end_lease,
		    ended },
		{ TQ_RETRYING, to, from, LEFT_MOST, false, left, end_lease,
		    ended },
		{ TQ_FAILED, 0, 0, 0, true, owed, NULL, bury },
		{ TQ_PENDING, now, 0, 0, false, aq_chore_overdue,
		    end_overdue, ended },
		{ TQ_RETRYING, now, 0, 0, false, aq_chore_overdue,
		    end_overdue, ended },
		{ TQ_BLOCKED, now, 0, 0, false, aq_chore_overdue,
		    end_overdue, ended },
		{ TQ_COMPLETED, now - TQ_KEEP_MIN_MS, 0, 0, false, aq_chore_old,
		    aq_chore_remove, aq_chore_removed },
		{ TQ_CANCELLED, now - TQ_KEEP_MIN_MS, 0, 0, false, aq_chore_old,
		    aq_chore_remove, aq_chore_removed },
		{ TQ_FAILED, now - TQ_KEEP_DEAD_MS, 0, 0, false, aq_chore_old,
		    aq_chore_remove, aq_chore_removed },
		{ TQ_PENDING, now, 0, 0, false, to_ring, move_ring, rung },
		{ TQ_RETRYING, now, 0, 0, false, to_ring, move_ring, rung },
		{ TQ_RUNNING, now, 0, 0, false, any, move_ring, rung },
	};
	struct aq_queue *q = aq_queue(s, queue);
	struct tq_arena a = TQ_ARENA_INIT;
	struct doing d = { .s = s, .queue = queue, .shard = shard, .now = now,
	    .out = out, .a = &a, .all = all, .wakes = atomic_load(&s->wakes),
	    .facts = facts };
	struct tq_err why = TQ_ERR_INIT;
	size_t i;
	int rc = 0;

	/* One that fails keeps nobody from the others. */
	for (i = 0; i < AQ_CHORES && !aq_unreachable(&why); i++)
		if (walk(&d, &chores[i], &q->walks.place[shard][i], &why) == -1)
			rc = -1;
	if (rc == -1 && err != NULL)
		*err = why;
	tq_arena_free(&a);
	return rc;
}

void
aq_chores_free(struct aq_queue *q)
{
	size_t i, k;

	for (i = 0; i < AQ_SHARDS_MAX; i++)
		for (k = 0; k < AQ_CHORES; k++)
			free(q->walks.place[i][k].pk);
}

/* lib/store/aws/sweep.c -- house-keeping, one process at a time. */
#include <stdlib.h>
#include <string.h>

#include "aws/item.h"
#include "store/aws/aws.h"
#include "task/doorbell.h"
#include "util/time.h"

#define SWEEPER_MS	(2 * TQ_MINUTE_MS)
#define ROUND		500	/* index entries looked at per status */
#define ROUNDS		20

/* 1: the sweep is ours; 0: somebody else's; -1. */
static int
become_sweeper(struct aq *s, const char *name, bool force, struct tq_err *err)
{
	static const char *const names[] = { "#p", "pk", "#u", "until", "#s",
	    "sweeper", NULL };
	struct tq_buf b = TQ_BUF_INIT(4096), v = TQ_BUF_INIT(256);
	int64_t now = aq_now(s);
	int rc;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", "s#sweeper");
	tq_item_text(&b, "sweeper", name);
	tq_item_int(&b, "until", now + SWEEPER_MS);
	tq_item_close(&b, NULL);
	tq_item_open(&v, NULL);
	tq_item_int(&v, ":n", now);
	tq_item_text(&v, ":s", name);
	tq_item_close(&v, NULL);
	rc = force ? aq_put(s, tq_buf_span(&b), NULL, NULL, TQ_SPAN_NONE,
	    err) : aq_put(s, tq_buf_span(&b),
	    "attribute_not_exists(#p) OR #u < :n OR #s = :s", names, tq_buf_span(&v),
	    err);
	tq_buf_free(&b);
	tq_buf_free(&v);
	return rc;
}

/* What is to be done with records of one kind. */
struct chore {
	enum tq_status	 status;
	int64_t		 until;		/* ringAt at most this; 0: any */
	bool		 backward;
	bool		 (*wants)(const struct chore *, const struct aq_entry *,
			    int64_t now);
	aq_change_fn	*fn;
	void		 (*after)(struct aq *, struct aq_job *,
			    struct tq_swept *);
};

/* The jobs' argument. */
struct doing {
	const char		*queue;
	struct tq_queue_facts	 facts;
	struct tq_arena		*a;
};

static bool
any(const struct chore *c, const struct aq_entry *e, int64_t now)
{
	(void)c;
	(void)e;
	(void)now;
	return true;
}

static bool
too_old(const struct chore *c, const struct aq_entry *e, int64_t now)
{
	(void)c;
	return e->expires_at != 0 && e->expires_at <= now;
}

static bool
owed(const struct chore *c, const struct aq_entry *e, int64_t now)
{
	(void)c;
	(void)now;
	return e->owed;
}

static enum aq_do
end_lease(struct aq *s, struct aq_job *jobs, size_t i, void *arg)
{
	struct doing *d = arg;
	struct aq_rec *r = &jobs[i].rec;
	char reason[TQ_REASON_MAX];
	enum tq_expired rule;

	if (!jobs[i].found || r->t.status != TQ_RUNNING ||
	    r->t.lease_until + AQ_MARGIN_MS > aq_now(s))
		return AQ_NOTHING;
	rule = tq_expired_rule(&r->t, r->alone, r->prefetched, reason,
	    sizeof(reason));
	/* Take-overs are for the workers: they have the handlers. */
	if (rule == TQ_EXPIRED_TAKE)
		return AQ_NOTHING;
	aq_end_expired(s, r, rule, tq_arena_str(d->a, reason));
	return AQ_WRITE;
}

static void
ended(struct aq *s, struct aq_job *j, struct tq_swept *out)
{
	out->expired++;
	if (j->rec.t.dlq_owed)
		aq_bury(s, &j->rec.t, NULL);
}

static enum aq_do
remove_old(struct aq *s, struct aq_job *jobs, size_t i, void *arg)
{
	(void)arg;
	if (!jobs[i].there || !aq_expired(&jobs[i].rec.t, aq_now(s)))
		return AQ_NOTHING;
	return AQ_DELETE;
}

static void
removed(struct aq *s, struct aq_job *j, struct tq_swept *out)
{
	out->removed++;
	aq_rec_drop(s, &j->rec);
}

/* The new ringAt is written first: of two sweepers one sends. */
static enum aq_do
move_ring(struct aq *s, struct aq_job *jobs, size_t i, void *arg)
{
	struct doing *d = arg;
	struct tq_task *t = &jobs[i].rec.t;
	int64_t next = t->ring_at;
	bool due;

	if (!jobs[i].found || ((TQ_BIT(t->status) & TQ_WAITING) == 0 &&
	    t->status != TQ_RUNNING))
		return AQ_NOTHING;
	due = tq_ring_due(t, &d->facts, aq_now(s), &next);
	if (next == t->ring_at)
		return AQ_NOTHING;
	t->ring_at = next;
	if (due)
		t->rings = t->rings > 0 ? t->rings + 1 : 1;
	t->bell = due ? NULL : t->bell;
	return AQ_WRITE;
}

static void
rung(struct aq *s, struct aq_job *j, struct tq_swept *out)
{
	struct aq_ring ring = { .t = &j->rec.t };

	if (j->rec.t.rings <= 0 || j->rec.t.bell != NULL)
		return;
	aq_send(s, j->rec.t.queue, false, &ring, 1);
	out->rung += ring.sent;
}

static enum aq_do
nothing(struct aq *s, struct aq_job *jobs, size_t i, void *arg)
{
	(void)s;
	(void)jobs;
	(void)i;
	(void)arg;
	return AQ_NOTHING;
}

static void
bury(struct aq *s, struct aq_job *j, struct tq_swept *out)
{
	(void)out;
	if (j->found && j->rec.t.status == TQ_FAILED && j->rec.t.dlq_owed)
		aq_bury(s, &j->rec.t, NULL);
}

/* One page of a chore; *more: there is another. */
static int
chore_page(struct aq *s, const struct chore *c, struct doing *d,
    struct aq_query *q, struct tq_arena *a, struct tq_swept *out, bool *more,
    struct tq_err *err)
{
	struct aq_entry *e;
	struct aq_job *jobs;
	size_t i, n, m = 0;

	if (aq_query(s, q, a, &e, &n, more, err) == -1)
		return -1;
	jobs = tq_arena_alloc(a, (n + 1) * sizeof(*jobs));
	for (i = 0; i < n; i++)
		if (e[i].id != NULL && c->wants(c, &e[i], aq_now(s)))
			jobs[m++].id = e[i].id;
	if (n > 0)
		q->after = (struct aq_at){ e[n - 1].pk, e[n - 1].ring_at };
	*more = *more && n > 0;
	d->a = a;
	if (aq_change(s, jobs, m, c->fn, d, a, err) == -1)
		return -1;
	for (i = 0; i < m; i++)
		if (jobs[i].wrote || c->fn == nothing)
			c->after(s, &jobs[i], out);
	return 0;
}

static int
do_chore(struct aq *s, const struct chore *c, struct doing *d,
    struct tq_swept *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_query q = { .gsi = aq_gsi(d->queue, c->status, &a),
	    .until = c->until, .limit = ROUND, .backward = c->backward };
	bool more = true;
	int i, rc = 0;

	for (i = 0; rc == 0 && more && i < ROUNDS; i++)
		rc = chore_page(s, c, d, &q, &a, out, &more, err);
	tq_arena_free(&a);
	return rc;
}

static int
sweep_queue(struct aq *s, const char *queue, struct tq_swept *out,
    struct tq_err *err)
{
	int64_t now = aq_now(s);
	const struct chore chores[] = {
		{ TQ_RUNNING, 0, false, any, end_lease, ended },
		{ TQ_FAILED, 0, true, owed, nothing, bury },
		{ TQ_PENDING, 0, false, too_old, remove_old, removed },
		{ TQ_RETRYING, 0, false, too_old, remove_old, removed },
		{ TQ_COMPLETED, now - TQ_KEEP_MS, false, any, remove_old,
		    removed },
		{ TQ_CANCELLED, now - TQ_KEEP_MS, false, any, remove_old,
		    removed },
		{ TQ_FAILED, now - TQ_KEEP_DEAD_MS, false, any, remove_old,
		    removed },
		{ TQ_PENDING, now, false, any, move_ring, rung },
		{ TQ_RETRYING, now, false, any, move_ring, rung },
		{ TQ_RUNNING, now, false, any, move_ring, rung },
	};
	const struct aq_queue *q = aq_queue(s, queue);
	struct doing d = { .queue = queue, .facts = { q->watermark,
	    q->empties >= 3, AQ_RETENTION_S * INT64_C(1000) } };
	size_t i;

	for (i = 0; i < sizeof(chores) / sizeof(chores[0]); i++)
		if (do_chore(s, &chores[i], &d, out, err) == -1)
			return -1;
	return 0;
}

int
aq_sweep(struct tq_store *st, const char *sweeper, bool force,
    struct tq_swept *out, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_arena a = TQ_ARENA_INIT;
	const char **queues;
	size_t i, n;
	int rc = 0, won;

	*out = (struct tq_swept){ 0 };
	if ((won = become_sweeper(s, sweeper, force, err)) == -1)
		return -1;
	out->skipped = !won;
	if (!won)
		return 0;
	rc = aq_queues(s, &a, &queues, &n, err);
	for (i = 0; rc == 0 && i < n; i++) {
		rc = sweep_queue(s, queues[i], out, err);
		if (rc == 0)
			rc = aq_tidy_blobs(s, queues[i], &out->blobs, err);
	}
	tq_arena_free(&a);
	return rc;
}

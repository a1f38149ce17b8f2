/* lib/store/aws/setup/doctor_work.c -- doctor: do tasks get done? */
#include <string.h>

#include "aws/item.h"
#include "store/aws/record/control.h"
#include "store/aws/record/record.h"
#include "store/aws/record/shards.h"
#include "store/aws/record/table.h"
#include "store/aws/setup/setup.h"
#include "store/causes.h"
#include "task/doorbell.h"
#include "util/time.h"

#define OVERDUE_MS	(10 * 60 * 1000)	/* sweeps come each 30 s */
#define OWED_MAX	200	/* records that are read for it */
#define LOOK_AT		1000	/* records; a count of all would cost */

#define UNSURE_MAX	100	/* ... for whether they run, a query */
#define ENDED_MAX	50	/* ... for those of what ended last, a shard */

/* Findings in the first records of a queue. */
struct seen {
	size_t	dead, failed;	/* without and with the drained ones */
	size_t	nlate;		/* whose message may be owed */
	const char *late[OWED_MAX];
	int64_t	oldest;		/* since when one is due; 0: none is */
};

/* Tasks whose objects are asked for: payloads and inputs that are still to be
   read, outputs and results. */
struct samples {
	struct aq_sample left, ended;
};

/* As aq_count() does, which reads all records. */
static struct tq_count *
count_of(struct aq_setup *w, struct tq_facts *f, const char *queue,
    const char *type)
{
	struct tq_count *grown;
	size_t i;

	for (i = 0; i < f->ncounts; i++)
		if (strcmp(f->counts[i].queue, queue) == 0 &&
		    strcmp(f->counts[i].type, type) == 0)
			return &f->counts[i];
	if ((f->ncounts & (f->ncounts - 1)) == 0) {
		grown = tq_arena_alloc(&w->mem, (2 * f->ncounts + 1) *
		    sizeof(*grown));
		if (f->ncounts > 0)
			memcpy(grown, f->counts, f->ncounts * sizeof(*grown));
		f->counts = grown;
	}
	f->counts[f->ncounts] = (struct tq_count){ .queue = queue,
	    .type = type };
	return &f->counts[f->ncounts++];
}

static void
see_cause(struct aq_setup *w, struct tq_facts *f, const char *queue,
    const struct aq_entry *e, enum tq_status status)
{
	struct tq_count *c;

	if (e->type == NULL || (e->expires_at != 0 && e->expires_at <= f->now))
		return;
	c = count_of(w, f, queue, e->type);
	c->by_status[status]++;
	if ((TQ_BIT(status) & TQ_WAITING) != 0 && e->due <= f->now &&
	    e->rings != AQ_RINGS_HELD &&
	    (c->oldest_due == 0 || e->due < c->oldest_due))
		c->oldest_due = e->due;
}

static void
see(struct seen *seen, const struct aq_entry *e, enum tq_status status,
    int64_t now)
{
	if (status == TQ_FAILED && e->expires_at != 0 && e->expires_at <= now)
		return;
	if (status == TQ_FAILED) {
		seen->dead += !e->drained;
		seen->failed++;
		return;
	}
	if (status == TQ_RUNNING)
		return;
	if (e->ring_at < now - OVERDUE_MS && seen->nlate < OWED_MAX)
		seen->late[seen->nlate++] = e->pk;
	if (e->due <= now && (seen->oldest == 0 || e->due < seen->oldest))
		seen->oldest = e->due;
}

/*
 * Only its record says whether a task runs that stands where it waited, and
 * since when one was due that was put off.  ${is} becomes what each entry is,
 * ${due} of an entry since when that task waits.
 */
static int
read_unsure(struct aq_setup *w, enum tq_status stands, struct aq_entry *e,
    size_t n, int64_t now, enum tq_status *is, struct tq_err *err)
{
	struct aq_update ups[UNSURE_MAX];
	size_t of[UNSURE_MAX], i, m = 0;
	const struct tq_task *t;

	for (i = 0; i < n; i++) {
		is[i] = stands;
		if (e[i].id == NULL || m == UNSURE_MAX || !(e[i].put_off ||
		    aq_entry_may_run(&e[i], stands, now)))
			continue;
		ups[m] = (struct aq_update){ .id = e[i].id };
		of[m++] = i;
	}
	if (m > 0 && aq_fetch(w->s, ups, m, &w->mem, err) == -1)
		return -1;
	for (i = 0; i < m; i++) {
		t = &ups[i].rec.t;
		if (ups[i].found && t->status == TQ_RUNNING)
			is[of[i]] = TQ_RUNNING;
		else if (ups[i].found && t->due_since != 0)
			e[of[i]].due = t->due_since;
	}
	return 0;
}

static void
take_sample(struct aq_sample *of, const struct aq_entry *e, int64_t now)
{
	if (of->n < AQ_SAMPLE_MAX && e->id != NULL && (e->expires_at == 0 ||
	    e->expires_at > now))
		of->ids[of->n++] = e->id;
}

/* The latest of a shard that completed. */
static int
look_at_ended(struct aq_setup *w, const char *queue, int shard,
    struct aq_sample *of, int64_t now, struct tq_err *err)
{
	struct aq_query q = { .limit = ENDED_MAX, .backward = true,
	    .gsi = aq_gsi(queue, TQ_COMPLETED, shard, &w->mem) };
	struct aq_entry *e;
	size_t i, n;
	bool more;

	if (aq_query(w->s, &q, &w->mem, &e, &n, &more, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		take_sample(of, &e[i], now);
	return 0;
}

static int
look(struct aq_setup *w, const char *queue, struct seen *seen,
    struct samples *of, struct tq_facts *f, struct tq_err *err)
{
	static const enum tq_status which[] = { TQ_PENDING, TQ_RETRYING,
	    TQ_RUNNING, TQ_FAILED };
	const size_t nwhich = sizeof(which) / sizeof(which[0]);
	struct aq_entry *e;
	enum tq_status status, *is;
	size_t i, k, n;
	int shards;
	bool more;

	*seen = (struct seen){ 0 };
	if (aq_shards_walk(w->s, queue, &shards, err) == -1)
		return -1;
	for (i = 0; i < nwhich * (size_t)shards; i++) {
		struct aq_query q = { .limit = LOOK_AT };

		status = which[i % nwhich];
		q.gsi = aq_gsi(queue, status, (int)(i / nwhich), &w->mem);
		if (aq_query(w->s, &q, &w->mem, &e, &n, &more, err) == -1)
			return -1;
		is = tq_arena_alloc(&w->mem, (n + 1) * sizeof(*is));
		if (read_unsure(w, status, e, n, f->now, is, err) == -1)
			return -1;
		for (k = 0; k < n; k++) {
			see(seen, &e[k], is[k], f->now);
			see_cause(w, f, queue, &e[k], is[k]);
			take_sample(&of->left, &e[k], f->now);
		}
	}
	for (k = 0; k < (size_t)shards; k++)
		if (look_at_ended(w, queue, (int)k, &of->ended, f->now, err) ==
		    -1)
			return -1;
	return 0;
}

/* Sends that failed, and that no sweep has made good since. */
static void
say_owed(struct aq_setup *w, const char *subject, const struct seen *seen)
{
	struct tq_span items[OWED_MAX];
	struct tq_err ignored = TQ_ERR_INIT;
	size_t i, owed = 0;
	int64_t rings;

	if (seen->nlate == 0 || aq_items(w->s, seen->late, seen->nlate,
	    &w->mem, items, &ignored) == -1)
		return;
	for (i = 0; i < seen->nlate; i++)
		owed += items[i].n > 0 && tq_item_get_int(items[i], "rings",
		    &rings) && rings == TQ_RINGS_OWED;
	if (owed > 0)
		aq_say(w, TQ_LEVEL_WARN, subject, tq_arena_fmt(&w->mem,
		    "%zu task%s no message for over 10 minutes: sending "
		    "failed, and nothing sweeps", owed, owed == 1 ? " has" :
		    "s have"), "tq-ctl sweep, or a tq-work that stays");
}

/* A message is forgotten by then; only sweeps bring the task back. */
static void
say_oldest(struct aq_setup *w, const char *subject, int64_t waits_ms)
{
	char waits[TQ_TIME_TEXT];

	if (waits_ms > AQ_RETENTION_S * INT64_C(750))
		aq_say(w, TQ_LEVEL_WARN, subject, tq_arena_fmt(&w->mem,
		    "its oldest due task has waited for %s, and SQS keeps "
		    "messages for 14 days at most",
		    tq_duration_text(waits_ms, waits)),
		    "run more workers, or tq-ctl cancel what is stale");
}

static void
say_dead(struct aq_setup *w, const char *subject, const struct seen *seen)
{
	if (seen->dead > 0)
		aq_say(w, TQ_LEVEL_NOTE, subject, tq_arena_fmt(&w->mem,
		    "%zu%s dead task%s for a decision", seen->dead,
		    seen->dead >= LOOK_AT ? " or more" : "", seen->dead == 1 ?
		    " waits" : "s wait"), "tq-dlq top");
}

/* Each dead task has one message there at most. */
static void
say_foreign(struct aq_setup *w, const char *subject, const char *queue,
    const struct seen *seen)
{
	struct tq_err ignored = TQ_ERR_INIT;
	struct aq_attrs dlq;
	const char *url;
	int64_t n;

	if (seen->failed >= LOOK_AT ||
	    aq_queue_look(w, queue, true, &url, &ignored) != 1 ||
	    aq_attrs_get(w, url, &dlq, &ignored) == -1)
		return;
	if ((n = dlq.messages - (int64_t)seen->failed) > 0)
		aq_say(w, TQ_LEVEL_NOTE, subject, tq_arena_fmt(&w->mem,
		    "about %lld message%s in its dead-letter queue %s of no "
		    "dead task", (long long)n, n == 1 ? "" : "s", n == 1 ?
		    "is" : "are"), "tq-dlq list --foreign");
}

/* Without work, no worker is needed: cron may start them. */
static void
say_workers(struct aq_setup *w, size_t n, int64_t waits_ms)
{
	char waits[TQ_TIME_TEXT];

	if (n > 0)
		aq_say(w, TQ_LEVEL_OK, "workers", tq_arena_fmt(&w->mem,
		    "%zu running", n), NULL);
	else if (waits_ms == 0)
		aq_say(w, TQ_LEVEL_OK, "workers", "none is running, and "
		    "nothing waits", NULL);
	else
		aq_say(w, TQ_LEVEL_WARN, "workers", tq_arena_fmt(&w->mem,
		    "none is running, and the oldest due task has waited for "
		    "%s", tq_duration_text(waits_ms, waits)), "tq-work");
}

static void
relay(void *arg, const struct tq_finding *f)
{
	aq_say(arg, f->level, f->subject, f->text, f->remedy);
}

static int
look_at_queue(struct aq_setup *w, const char *queue, struct tq_facts *f,
    int64_t *oldest, struct samples *of, struct tq_err *err)
{
	const char *subject = tq_arena_fmt(&w->mem, "queue %s", queue);
	struct seen seen;

	if (look(w, queue, &seen, of, f, err) == -1)
		return -1;
	say_owed(w, subject, &seen);
	if (seen.oldest != 0)
		say_oldest(w, subject, f->now - seen.oldest);
	say_dead(w, subject, &seen);
	say_foreign(w, subject, queue, &seen);
	if (seen.oldest != 0 && seen.oldest < *oldest)
		*oldest = seen.oldest;
	return 0;
}

void
aq_doctor_work(struct aq_setup *w, const char *const *queues, size_t n)
{
	struct tq_facts f = { .now = aq_now(w->s) };
	struct tq_store *st = &w->s->base;
	struct tq_err err = TQ_ERR_INIT;
	struct samples of = { .left.n = 0 };
	int64_t oldest = f.now;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++)
		rc = look_at_queue(w, queues[i], &f, &oldest, &of, &err);
	if (rc == -1 ||
	    aq_workers(st, &w->mem, &f.workers, &f.nworkers, &err) == -1 ||
	    aq_control_list(st, &w->mem, &f.controls, &f.ncontrols,
	    &err) == -1) {
		aq_say(w, TQ_LEVEL_FAIL, "records", err.msg, NULL);
	} else {
		say_workers(w, f.nworkers, f.now - oldest);
		tq_causes(&f, relay, w);
		aq_doctor_blobs(w, &of.left, &of.ended);
	}
	tq_facts_free(&f);
}

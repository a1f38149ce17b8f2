/*
 * lib/serve/server/watch.c -- waiting for tasks, for all connections at once.
 *
 * One thread follows the store's changes and wakes the requests that wait for
 * a changed task.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "serve/server/inside.h"
#include "util/thread.h"

#define WAITS_PART	2	/* the part of all connections that may wait */
#define SLEEP_MS	250	/* how late a waiter's time-out is noticed */
#define PROBE_MS	1000	/* how often the store is looked for */
#define REST_MS		21000	/* between looks that cost, while nobody waits:
					   never more than three a minute */
#define BITE_MS		2	/* a burst of changes is taken in bites ... */
#define MORSEL_MS	50	/* ... while nobody waits, in larger ones */
#define BURST		100	/* changes at a look: more are there already */

static uint32_t
hash_of(const char *id)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * 16777619u;
	return h;
}

static struct sv_waiter **
bucket_of(struct tq_serve *s, const char *id)
{
	return &s->waiting[hash_of(id) % WATCH_BUCKETS];
}

/* The counters of a waiter: its key's, and its address's if it is far. */
static void
names_of(const struct sv_req *r, char key[80], char from[80])
{
	snprintf(key, 80, "key:%s", r->who.id);
	snprintf(from, 80, "from:%s", r->client);
}

/* One more that waits, or false: too many do.  The lock is held. */
static bool
count(struct sv_req *r)
{
	struct tq_serve *s = r->s;
	size_t max = s->conns_max / WAITS_PART;
	char key[80], from[80];

	names_of(r, key, from);
	if (s->nwaits >= max)
		return false;
	if (r->who.id[0] != '\0' &&
	    !tq_quota_take(&s->waits, key, (unsigned)max / 2))
		return false;
	if (!sv_client_local(r) && !tq_quota_take(&s->waits, from,
	    SV_CONNS_PER_IP)) {
		tq_quota_give(&s->waits, key);
		return false;
	}
	s->nwaits++;
	return true;
}

static void
uncount(struct sv_req *r)
{
	struct tq_serve *s = r->s;
	char key[80], from[80];

	names_of(r, key, from);
	s->nwaits--;
	tq_quota_give(&s->waits, key);
	tq_quota_give(&s->waits, from);
}

bool
sv_watch_enter(struct sv_req *r)
{
	struct tq_serve *s = r->s;
	struct sv_waiter *w = &r->wait, **bucket = bucket_of(s, r->task_id);
	bool fine;

	pthread_mutex_lock(&s->watch_lock);
	if ((fine = count(r))) {
		w->req = r;
		w->state = SV_ENTERED;
		w->next = *bucket;
		*bucket = w;
	}
	pthread_mutex_unlock(&s->watch_lock);
	__atomic_store_n(&s->watch_soon, true, __ATOMIC_RELEASE);
	pthread_cond_signal(&s->watch_come);
	return fine;
}

void
sv_watch_leave(struct sv_req *r)
{
	struct tq_serve *s = r->s;
	struct sv_waiter *w = &r->wait, **at;

	if (w->state == SV_OUT)
		return;
	pthread_mutex_lock(&s->watch_lock);
	for (at = bucket_of(s, r->task_id); *at != w; at = &(*at)->next)
		;
	*at = w->next;
	w->state = SV_OUT;
	uncount(r);
	pthread_mutex_unlock(&s->watch_lock);
}

bool
sv_watch_wait(struct sv_req *r, uint64_t rev, bool finished, int64_t until)
{
	struct tq_serve *s = r->s;
	struct sv_waiter *w = &r->wait;
	bool wait;

	pthread_mutex_lock(&s->watch_lock);
	wait = !w->changed;
	w->changed = false;
	w->rev = rev;
	w->finished = finished;
	w->until = until;
	if (wait) {
		MHD_suspend_connection(r->mc);
		w->state = SV_WAITING;
	}
	pthread_mutex_unlock(&s->watch_lock);
	return wait;
}

/* An id that was purged and is used again begins with rev 1 again. */
static bool
meets(const struct sv_waiter *w, const struct tq_task *t)
{
	return w->created_at != t->created_at || (t->rev != w->rev &&
	    (!w->finished || (TQ_BIT(t->status) & TQ_FINISHED) != 0));
}

/*
 * Wake a waiter: one that is suspended goes on, one that is not yet will not
 * be.  The lock is held: a request that goes on needs it to leave.
 */
static void
wake(struct sv_waiter *w)
{
	if (w->state == SV_WAITING) {
		w->state = SV_ENTERED;
		sv_resume(w->req);
	} else {
		w->changed = true;
	}
}

static void
wake_task(struct tq_serve *s, const struct tq_task *t)
{
	struct sv_waiter *w;

	pthread_mutex_lock(&s->watch_lock);
	for (w = *bucket_of(s, t->id); w != NULL; w = w->next)
		if (strcmp(w->req->task_id, t->id) == 0 &&
		    (w->state == SV_ENTERED || meets(w, t)))
			wake(w);
	pthread_mutex_unlock(&s->watch_lock);
}

/* Those whose time is up; ${all}: everybody. */
static void
wake_late(struct tq_serve *s, bool all)
{
	int64_t now = tq_boot_ms(s->env);
	struct sv_waiter *w;
	size_t i;

	pthread_mutex_lock(&s->watch_lock);
	for (i = 0; i < WATCH_BUCKETS; i++)
		for (w = s->waiting[i]; w != NULL; w = w->next)
			if (all || (w->state == SV_WAITING && w->until <= now))
				wake(w);
	pthread_mutex_unlock(&s->watch_lock);
}

void
sv_watch_wake_all(struct tq_serve *s)
{
	wake_late(s, true);
}

/* Count the wait of a task that has ended; an edit of a dead one is no end. */
static void
measure(struct tq_serve *s, const struct tq_task *t)
{
	int64_t due = t->not_before > t->created_at && t->attempts == 1 ?
	    t->not_before : t->created_at;

	if ((TQ_BIT(t->status) & TQ_FINISHED) == 0 || t->finished_at == 0 ||
	    t->finished_at != t->updated_at)
		return;
	tq_histogram_add(&s->metrics.total, t->finished_at - t->created_at);
	if (t->attempts == 1 && t->started_at != 0)
		tq_histogram_add(&s->metrics.queue_wait, t->started_at - due);
}

struct watch {
	struct tq_serve	*s;
	struct tq_store	*st;
	struct tq_arena	 arena[2];	/* the cursor lives in the other one */
	int		 turn;
	const char	*cursor;
	int64_t		 probed_at, looked_at;
	bool		 down;
};

static void
nap(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

/* Another file in its place is not for us to fill: the server ends. */
static void
fail(struct tq_serve *s, const struct tq_err *err)
{
	if (!__atomic_load_n(&s->failed, __ATOMIC_ACQUIRE)) {
		s->failure = *err;
		__atomic_store_n(&s->store_down, true, __ATOMIC_RELEASE);
		__atomic_store_n(&s->failed, true, __ATOMIC_RELEASE);
		s->o->failed(s->o->arg);
	}
	nap(SLEEP_MS);
}

static void
lost(struct watch *w, const struct tq_err *err)
{
	w->cursor = NULL;
	if (err->code == TQ_E_LOST) {
		sv_watch_wake_all(w->s);	/* they look for themselves */
		return;
	}
	if (!err->retryable && err->code == TQ_E_UNAVAILABLE) {
		fail(w->s, err);
		return;
	}
	tq_store_close(w->st);
	w->st = NULL;
	if (!w->down) {
		sv_note(w->s, "%s", err->msg);
		/* No handle may go on with a file that was taken away. */
		__atomic_add_fetch(&w->s->generation, 1, __ATOMIC_ACQ_REL);
	}
	w->down = true;
	__atomic_store_n(&w->s->store_down, true, __ATOMIC_RELEASE);
	nap(SLEEP_MS);
}

/* Is the store still there, and, each second, can it be opened? */
static int
probe(struct watch *w, struct tq_err *err)
{
	struct tq_serve *s = w->s;
	struct tq_store *st;
	int64_t now = tq_boot_ms(s->env);

	if (w->st != NULL && tq_store_there(w->st, err) == -1)
		return -1;
	if (now - w->probed_at < PROBE_MS && !w->down)
		return 0;
	w->probed_at = now;
	if (tq_store_open(s->store_url, s->env, TQ_OPEN_WRITE, &st,
	    err) == -1)
		return -1;
	/* To open a store that is far away says nothing about it. */
	if (w->down && sv_ask(st, err) == -1) {
		tq_store_close(st);
		return -1;
	}
	if (w->down || __atomic_load_n(&s->store_down, __ATOMIC_ACQUIRE)) {
		if (w->down)
			sv_note(
			    s, "%s: is there again", tq_store_name(st));
		/* All handles are opened anew: it may be another file. */
		__atomic_add_fetch(&s->generation, 1, __ATOMIC_ACQ_REL);
		__atomic_store_n(&s->store_down, false, __ATOMIC_RELEASE);
		tq_store_close(w->st);
		w->st = NULL;
		w->cursor = NULL;
		w->down = false;
	}
	tq_store_close(st);
	/* To follow is to read: that takes a smaller cache. */
	if (w->st == NULL && tq_store_open(s->store_url, s->env,
	    TQ_OPEN_READ, &w->st, err) == -1) {
		w->st = NULL;
		return -1;
	}
	return 0;
}

static bool
somebody_waits(struct tq_serve *s)
{
	bool waits;

	pthread_mutex_lock(&s->watch_lock);
	waits = s->nwaits > 0;
	pthread_mutex_unlock(&s->watch_lock);
	return waits;
}

/* Nobody waits for what a look would tell, and it costs requests. */
static bool
may_rest(struct watch *w)
{
	struct tq_serve *s = w->s;
	int64_t rest = tq_store_asked(w->st) ? REST_MS : 0;

	__atomic_store_n(&s->watch_rest, rest, __ATOMIC_RELEASE);
	return rest > 0 && !somebody_waits(s) && w->cursor != NULL &&
	    tq_boot_ms(s->env) - w->looked_at < rest;
}

/* After ${n} changes more are likely: one look at all of them costs less. */
static void
let_them_come(struct tq_serve *s, size_t n)
{
	if (n >= BURST || somebody_waits(s)) {
		nap(BITE_MS);
		return;
	}
	pthread_mutex_lock(&s->watch_lock);
	if (s->nwaits == 0)
		tq_cond_wait(&s->watch_come, &s->watch_lock, MORSEL_MS);
	pthread_mutex_unlock(&s->watch_lock);
}

/*
 * How many changes there were, or -1.  While nobody waits only the ends count;
 * who has begun to wait meanwhile may have missed something, and looks again.
 */
static int
look_once(struct watch *w, struct tq_err *err)
{
	struct tq_arena *a = &w->arena[w->turn ^ 1];
	bool started = w->cursor == NULL, alone = !somebody_waits(w->s);
	struct tq_page page;
	size_t i;

	/* A store that has to be asked is asked more often then. */
	if (__atomic_exchange_n(&w->s->watch_soon, false, __ATOMIC_ACQ_REL)) {
		tq_store_wake(w->st);
	} else if (may_rest(w)) {
		nap(SLEEP_MS);
		return 0;
	}
	w->turn ^= 1;
	w->looked_at = tq_boot_ms(w->s->env);
	tq_arena_reset(a);
	if (tq_store_wait_changes(w->st, NULL, alone, w->cursor, SLEEP_MS, a,
	    &page, err) == -1)
		return -1;
	w->cursor = page.cursor;
	__atomic_store_n(&w->s->store_seen, tq_boot_ms(w->s->env),
	    __ATOMIC_RELEASE);
	for (i = 0; i < page.n; i++) {
		measure(w->s, &page.tasks[i]);
		wake_task(w->s, &page.tasks[i]);
	}
	wake_late(w->s, started || (alone && somebody_waits(w->s)));
	return (int)page.seen;
}

void *
sv_watch_run(void *cls)
{
	struct watch w = { .s = cls };
	struct tq_err err;
	int rc;

	while (!__atomic_load_n(&w.s->watch_stop, __ATOMIC_ACQUIRE)) {
		err = (struct tq_err)TQ_ERR_INIT;
		if ((rc = probe(&w, &err)) == 0)
			rc = look_once(&w, &err);
		if (rc == -1) {
			lost(&w, &err);
			wake_late(w.s, false);
		} else if (rc > 0) {
			let_them_come(w.s, (size_t)rc);
		}
	}
	tq_store_close(w.st);
	tq_arena_free(&w.arena[0]);
	tq_arena_free(&w.arena[1]);
	return NULL;
}

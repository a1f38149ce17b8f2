/*
 * lib/serve/server/watch.c -- waiting for tasks, for all connections at once.
 *
 * One thread follows the store's changes and wakes who waits for a changed
 * task.  A waiter is entered first and looks at its record afterwards, so a
 * change is either seen by that look or met by the thread.
 */
#include <string.h>
#include <time.h>

#include "serve/server/inside.h"

#define SLEEP_MS	250	/* how late a waiter's time-out is noticed */
#define PROBE_MS	1000	/* how often the store is looked for */

static unsigned
bucket_of(const char *id)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * 16777619u;
	return h % WATCH_BUCKETS;
}

static void
enter(struct sv_req *r, const char *id, uint64_t rev, int64_t ms, bool finished)
{
	struct tq_serve *s = r->s;
	struct sv_waiter *w = &r->wait, **bucket = &s->waiting[bucket_of(id)];

	w->req = r;
	w->id = id;
	w->rev = rev;
	w->finished = finished;
	w->until = tq_boot_ms(s->env) + ms;
	pthread_mutex_lock(&s->watch_lock);
	w->armed = true;
	w->next = *bucket;
	*bucket = w;
	pthread_mutex_unlock(&s->watch_lock);
	__atomic_store_n(&s->watch_soon, true, __ATOMIC_RELEASE);
}

/* Take it out, if it is still in.  The lock is held. */
static bool
leave(struct tq_serve *s, struct sv_waiter *w)
{
	struct sv_waiter **at = &s->waiting[bucket_of(w->id)];

	if (!w->armed)
		return false;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	w->armed = false;
	return true;
}

static bool
meets(const struct sv_waiter *w, const struct tq_task *t)
{
	if (t == NULL)
		return true;	/* gone */
	return t->rev != w->rev && (!w->finished ||
	    (TQ_BIT(t->status) & TQ_FINISHED) != 0);
}

/* The look behind the entry; also ends waits that nobody would end. */
static void
look(struct sv_req *r, const char *id)
{
	struct tq_serve *s = r->s;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_task *t = NULL;
	bool mine;
	int rc = sv_reader_task(r, id, 0, &t, &err);

	/* A store that is away is waited for, too. */
	if (!sv_stopping(s) && (rc == -1 || !meets(&r->wait, t)))
		return;
	pthread_mutex_lock(&s->watch_lock);
	mine = leave(s, &r->wait);
	pthread_mutex_unlock(&s->watch_lock);
	if (mine)
		sv_resume(r);
}

void
sv_watch_for(struct sv_req *r, const struct tq_task *t, int64_t ms,
    bool finished, sv_handler *next)
{
	const char *id = tq_arena_str(&r->arena, t->id);

	sv_suspend(r, next);
	enter(r, id, t->rev, ms, finished);
	look(r, id);
}

void
sv_watch_stream(struct sv_req *r, const char *id, uint64_t rev, int64_t ms)
{
	MHD_suspend_connection(r->mc);
	enter(r, id, rev, ms, false);
	look(r, id);
}

/* Resume those of a list that was taken out under the lock. */
static void
resume_all(struct sv_waiter *list)
{
	struct sv_waiter *next;

	for (; list != NULL; list = next) {
		next = list->next;	/* the request may end right away */
		sv_resume(list->req);
	}
}

static void
wake_task(struct tq_serve *s, const struct tq_task *t)
{
	struct sv_waiter **at, *w, *woken = NULL;

	pthread_mutex_lock(&s->watch_lock);
	at = &s->waiting[bucket_of(t->id)];
	while ((w = *at) != NULL) {
		if (strcmp(w->id, t->id) != 0 || !meets(w, t)) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->armed = false;
		w->next = woken;
		woken = w;
	}
	pthread_mutex_unlock(&s->watch_lock);
	resume_all(woken);
}

/* Those whose time is up; ${all}: everybody. */
static void
wake_late(struct tq_serve *s, bool all)
{
	struct sv_waiter **at, *w, *woken = NULL;
	int64_t now = tq_boot_ms(s->env);
	size_t i;

	pthread_mutex_lock(&s->watch_lock);
	for (i = 0; i < WATCH_BUCKETS; i++)
		for (at = &s->waiting[i]; (w = *at) != NULL; ) {
			if (!all && w->until > now) {
				at = &w->next;
				continue;
			}
			*at = w->next;
			w->armed = false;
			w->next = woken;
			woken = w;
		}
	pthread_mutex_unlock(&s->watch_lock);
	resume_all(woken);
}

void
sv_watch_wake_all(struct tq_serve *s)
{
	wake_late(s, true);
}

/* What a task's end tells about waiting; an edit of a dead one is none. */
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
	int64_t		 probed_at;
	bool		 down;
};

static void
nap(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static void
lost(struct watch *w, const struct tq_err *err)
{
	w->cursor = NULL;
	if (err->code == TQ_E_LOST) {
		sv_watch_wake_all(w->s);	/* they look for themselves */
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

/*
 * Handles go on reading and writing a file that was taken away.  So the store
 * is opened anew each second: is it still there?
 */
static int
probe(struct watch *w, struct tq_err *err)
{
	struct tq_serve *s = w->s;
	struct tq_store *st;
	int64_t now = tq_boot_ms(s->env);

	if (now - w->probed_at < PROBE_MS && !w->down)
		return 0;
	w->probed_at = now;
	if (tq_store_open(s->o->store_url, s->env, TQ_OPEN_WRITE, &st,
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
	if (w->st == NULL && tq_store_open(s->o->store_url, s->env,
	    TQ_OPEN_READ, &w->st, err) == -1) {
		w->st = NULL;
		return -1;
	}
	return 0;
}

static int
look_once(struct watch *w, struct tq_err *err)
{
	struct tq_arena *a = &w->arena[w->turn ^= 1];
	bool started = w->cursor == NULL;
	struct tq_page page;
	size_t i;

	tq_arena_reset(a);
	/* A store that has to be asked is asked more often then. */
	if (__atomic_exchange_n(&w->s->watch_soon, false, __ATOMIC_ACQ_REL))
		tq_store_wake(w->st);
	if (tq_store_wait_changes(w->st, NULL, w->cursor, SLEEP_MS, a, &page,
	    err) == -1)
		return -1;
	w->cursor = page.cursor;
	for (i = 0; i < page.n; i++) {
		measure(w->s, &page.tasks[i]);
		wake_task(w->s, &page.tasks[i]);
	}
	wake_late(w->s, started);
	return page.n > 0;
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
		} else if (rc == 1) {
			nap(2);		/* a burst is taken in bites */
		}
	}
	tq_store_close(w.st);
	tq_arena_free(&w.arena[0]);
	tq_arena_free(&w.arena[1]);
	return NULL;
}

/*
 * lib/work/keeper.c -- see keeper.h.
 *
 * The loop waits for each verb of the store, and some take long: a call that
 * gets no answer is tried again, a file of megabytes is synced.  So a thread
 * with a store handle of its own looks at the clock.  The lock is the loop's,
 * which lends it for as long as it waits: then nothing of the worker changes,
 * and what it holds can be read.  Answers (lost, to be cancelled) reach the
 * loop by its own next renewal, which is overdue then.
 */
#include "work/keeper.h"

#include <stdlib.h>

#include "util/periodic.h"
#include "work/worker.h"

struct tq_keeper {
	struct tq_periodic beside;	/* the lock is lent by the loop */
	struct worker	*w;
	struct tq_store	*st;		/* opened when it is needed first */
	int64_t		 next;		/* not before */
};

int64_t
tq_keeper_due(int64_t at, int64_t next, int64_t lease_ms)
{
	/* A third has passed, and time enough for the loop to see to it. */
	int64_t due = at + lease_ms / 6;

	return due > next ? due : next;
}

static void
add(struct tq_extend *in, size_t *n, const struct job *j, int64_t lease_ms,
    struct tq_arena *a)
{
	if (j == NULL || j->lost)
		return;
	in[(*n)++] = (struct tq_extend){ .id = tq_arena_str(a, j->task->id),
	    .token = j->task->token, .claim = j->task->claim,
	    .lease_ms = lease_ms };
}

/* All that is held, copied: it may be gone when the loop has the lock back. */
static struct tq_extend *
held(const struct worker *w, struct tq_arena *a, size_t *n)
{
	struct tq_extend *in = tq_arena_alloc(a, ((size_t)w->slots.n +
	    w->jobs.nready + w->jobs.ndone + 1) * sizeof(*in));
	const struct job *j;
	size_t i;

	*n = 0;
	for (i = 0; i < (size_t)w->slots.n; i++)
		add(in, n, w->slots.v[i].job, w->lease_ms, a);
	for (j = w->jobs.ready; j != NULL; j = j->next)
		add(in, n, j, w->lease_ms, a);
	for (i = 0; i < w->jobs.ndone; i++)
		add(in, n, w->jobs.done[i], w->lease_ms, a);
	return in;
}

/* The lock is held, but not while the store is asked. */
static void
renew(struct tq_keeper *k)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct worker *w = k->w;
	int64_t asked_at = tq_boot_ms(w->env);
	struct tq_extended *out;
	struct tq_extend *in;
	size_t n;
	int rc = 0;

	in = held(w, &a, &n);
	out = tq_arena_alloc(&a, (n + 1) * sizeof(*out));
	pthread_mutex_unlock(&k->beside.lock);
	if (n > 0 && k->st == NULL)
		rc = tq_store_open(tq_store_url(w->st), w->env,
		    TQ_OPEN_WRITE, &k->st, NULL);
	if (rc == 0)
		rc = tq_store_extend(k->st, in, n, out, NULL);
	pthread_mutex_lock(&k->beside.lock);
	k->next = rc == 0 ? asked_at + w->lease_ms / 3 :
	    tq_boot_ms(w->env) + w->lease_ms / 12;
	if (rc == 0 && n > 0)
		tq_say(w, SAY_EVENT, "lease", "%zu renewed beside a call that "
		    "takes long", n);
	tq_arena_free(&a);
}

static int64_t
keep(void *arg)
{
	struct tq_keeper *k = arg;
	int64_t ms = tq_keeper_due(k->w->leases.at, k->next, k->w->lease_ms) -
	    tq_boot_ms(k->w->env);

	if (ms > 0)
		return ms;
	renew(k);
	return 0;
}

int
tq_keeper_init(struct worker *w, struct tq_err *err)
{
	struct tq_keeper *k = tq_must(calloc(1, sizeof(*k)));
	int rc;

	k->w = w;
	w->leases.at = w->now + w->lease_ms / 3;
	rc = tq_periodic_start(&k->beside, 0, keep, k);
	if (rc == 0) {
		w->leases.keeper = k;
		tq_keeper_back(w);
		return 0;
	}
	free(k);
	return tq_err_start(err, rc, "a thread");
}

void
tq_keeper_free(struct worker *w)
{
	struct tq_keeper *k = w->leases.keeper;

	if (k == NULL)
		return;
	tq_keeper_lend(w);
	tq_periodic_stop(&k->beside, TQ_UNTIL_WOKEN);
	tq_periodic_free(&k->beside);
	tq_store_close(k->st);
	free(k);
	w->leases.keeper = NULL;
}

void
tq_keeper_hurry(struct worker *w)
{
	if (w->leases.at > w->now)
		w->leases.at = w->now;
}

void
tq_keeper_lend(struct worker *w)
{
	if (w->leases.keeper != NULL)
		pthread_mutex_unlock(&w->leases.keeper->beside.lock);
}

void
tq_keeper_back(struct worker *w)
{
	if (w->leases.keeper != NULL)
		pthread_mutex_lock(&w->leases.keeper->beside.lock);
}

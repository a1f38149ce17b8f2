/*
 * lib/work/sweeper.c -- see sweeper.h.
 *
 * The thread shares nothing with the worker but what is in struct tq_sweeper,
 * under its lock: so it may outlive the loop by a call that takes long.
 */
#include "work/sweeper.h"

#include <stdlib.h>
#include <string.h>

#include "util/periodic.h"
#include "work/runnable.h"
#include "work/worker.h"

#define SWEEP_MS	30000	/* from the end of a round to the next */
#define MUCH		500	/* removed in a round: the next is at once */
#define LEAVE_MS	2000	/* a round in progress is waited for so long */

struct tq_sweeper {
	struct tq_periodic beside;
	char		*url, *id;
	char		**queues;	/* of --emf: what is runnable in them */
	size_t		 nqueues;
	struct tq_buf	 metrics;	/* not yet handed to the worker */
	const struct tq_env *env;
	int64_t		 every_ms;	/* from one round to the next */
	struct tq_store	*st;		/* the thread's */
	struct tq_swept	 sum;		/* since it was told last */
	struct tq_err	 err;		/* of the last round that failed */
	char		*said;		/* the failure that was said last */
};

static void
discard(struct tq_sweeper *k)
{
	tq_store_close(k->st);
	while (k->nqueues > 0)
		free(k->queues[--k->nqueues]);
	free(k->queues);
	tq_buf_free(&k->metrics);
	free(k->url);
	free(k->id);
	free(k->said);
	free(k);
}

/* What is runnable, when it was this worker that swept: one tells it for all. */
static int
measure(struct tq_sweeper *k, struct tq_store *st, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);
	int rc = tq_runnable_metrics(st, (const char *const *)k->queues,
	    k->nqueues, tq_wall_ms(k->env), &b, err);

	pthread_mutex_lock(&k->beside.lock);
	tq_buf_add(&k->metrics, b.data, b.len);
	pthread_mutex_unlock(&k->beside.lock);
	tq_buf_free(&b);
	return rc;
}

/* One round; true when there may be as much to do at once. */
static bool
round_of(struct tq_sweeper *k)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_store *st = k->st;
	struct tq_swept s = { 0 };
	int rc = 0;

	if (st == NULL)
		rc = tq_store_open(k->url, k->env, TQ_OPEN_WRITE, &st, &err);
	pthread_mutex_lock(&k->beside.lock);
	k->st = rc == 0 ? st : NULL;
	pthread_mutex_unlock(&k->beside.lock);
	if (rc == 0)
		rc = tq_store_sweep(st, k->id, false, &s, &err);
	if (rc == 0 && !s.skipped && k->nqueues > 0)
		rc = measure(k, st, &err);
	pthread_mutex_lock(&k->beside.lock);
	k->sum.expired += s.expired;
	k->sum.removed += s.removed;
	k->sum.blobs += s.blobs;
	k->sum.rung += s.rung;
	if (rc == -1)
		k->err = err;
	pthread_mutex_unlock(&k->beside.lock);
	return rc == 0 && s.more && (s.removed >= MUCH || s.told > 0);
}

static int64_t
sweep(void *arg)
{
	struct tq_sweeper *k = arg;
	bool again;

	pthread_mutex_unlock(&k->beside.lock);
	again = round_of(k);
	pthread_mutex_lock(&k->beside.lock);
	return again ? 0 : k->every_ms;
}

static void
take_queues(struct tq_sweeper *k, const struct tq_work_opts *o)
{
	size_t i, n = o->emf ? o->queues.n : 0;

	k->metrics = (struct tq_buf)TQ_BUF_INIT(256 * 1024);
	k->queues = tq_must(calloc(n + 1, sizeof(*k->queues)));
	for (i = 0; i < n; i++)
		k->queues[i] = tq_must(strdup(o->queues.v[i]));
	k->nqueues = n;
}

int
tq_sweeper_init(struct worker *w, struct tq_err *err)
{
	struct tq_sweeper *k;
	int rc;

	if (w->o->drain == TQ_DRAIN_DUE || w->o->once)
		return 0;
	k = tq_must(calloc(1, sizeof(*k)));
	k->url = tq_must(strdup(w->o->store_url));
	k->id = tq_must(strdup(w->id));
	k->env = w->env;
	k->every_ms = w->o->sweep_ms > 0 ? w->o->sweep_ms :
	    w->o->drain == TQ_DRAIN_ALL ? 2 * SWEEP_MS : SWEEP_MS;
	take_queues(k, w->o);
	rc = tq_periodic_start(&k->beside, k->every_ms, sweep, k);
	if (rc == 0) {
		w->presence.sweeper = k;
		return 0;
	}
	discard(k);
	return tq_err_start(err, rc, "a thread");
}

void
tq_sweeper_free(struct worker *w)
{
	struct tq_sweeper *k = w->presence.sweeper;

	if (k == NULL)
		return;
	w->presence.sweeper = NULL;
	pthread_mutex_lock(&k->beside.lock);
	if (k->st != NULL)
		tq_store_wake(k->st);
	pthread_mutex_unlock(&k->beside.lock);
	if (!tq_periodic_stop(&k->beside, LEAVE_MS))
		return;
	tq_periodic_free(&k->beside);
	discard(k);
}

void
tq_sweeper_tell(struct worker *w)
{
	struct tq_sweeper *k = w->presence.sweeper;
	struct tq_err err;
	struct tq_swept s;

	if (k == NULL)
		return;
	pthread_mutex_lock(&k->beside.lock);
	s = k->sum;
	err = k->err;
	if (k->metrics.len > 0)
		tq_buf_add(&w->report.metrics, k->metrics.data,
		    k->metrics.len);
	tq_buf_clear(&k->metrics);
	k->sum = (struct tq_swept){ 0 };
	k->err = (struct tq_err)TQ_ERR_INIT;
	pthread_mutex_unlock(&k->beside.lock);
	if (s.expired + s.removed + s.blobs + s.rung > 0)
		tq_say(w, SAY_EVENT, "sweep", "%llu leases ended, %llu records "
		    "and %llu blobs removed, %llu rung again",
		    (unsigned long long)s.expired,
		    (unsigned long long)s.removed,
		    (unsigned long long)s.blobs, (unsigned long long)s.rung);
	/* A store that is away for the loop too is said by that. */
	if (err.code == TQ_OK || w->contact.bad != 0 ||
	    (k->said != NULL && strcmp(k->said, err.msg) == 0))
		return;
	tq_say(w, SAY_LOUD, "sweep", "%s", err.msg);
	free(k->said);
	k->said = tq_must(strdup(err.msg));
}

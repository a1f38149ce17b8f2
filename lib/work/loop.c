/* lib/work/loop.c -- the worker's one loop; see inside.h. */
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "util/time.h"
#include "work/inside.h"

#define HOLD_MS		(2 * TQ_PREFETCH_MS)	/* then it was too much */

/* -- what the loop listens to ---------------------------------------------- */

void
tq_loop_signals(struct worker *w, struct watch *x, uint32_t events)
{
	struct signalfd_siginfo si;

	(void)events;
	while (read(x->fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo == SIGUSR1)
			tq_say_slots(w);
		else
			tq_stop_signal(w, (int)si.ssi_signo);
}

void
tq_loop_bell(struct worker *w, struct watch *x, uint32_t events)
{
	uint64_t n;

	(void)events;
	if (read(x->fd, &n, sizeof(n)) == (ssize_t)sizeof(n))
		tq_source_rung(w);
}

/* Without the spawner nothing can be started and nothing be told apart. */
static void
spawner_gone(struct worker *w)
{
	struct child *c;
	struct slot *s;
	size_t k;
	int i;

	tq_say(w, SAY_ALWAYS, "stop", "the spawner died: every child is "
	    "killed and its task given back");
	tq_spawn_kill_all(&w->spawn);
	tq_unwatch(&w->watches, &w->spawned);
	w->spawn.fd = -1;
	tq_stop_loudly(w, TQ_WORK_BUG);
	for (i = 0; i < w->nslots; i++) {
		s = &w->slots[i];
		for (k = 0; k <= w->h.nstreams; k++) {
			c = k == 0 ? &s->child : &s->streams[k - 1];
			c->alive = false;
			tq_child_close(w, c);
		}
		if (s->job == NULL)
			continue;
		s->job->out.end = TQ_END_RELEASED;
		tq_slot_end(w, s);
	}
}

void
tq_loop_spawned(struct worker *w, struct watch *x, uint32_t events)
{
	struct tq_spawn_exit e;
	int rc;

	(void)x;
	(void)events;
	while ((rc = tq_spawn_next(&w->spawn, &e)) == 1)
		tq_child_ended(w, &e);
	if (rc == -1)
		spawner_gone(w);
}

/* -- a round --------------------------------------------------------------- */

static void
refresh(struct worker *w)
{
	w->now = tq_boot_ms(w->env);
	w->wall = tq_wall_ms(w->env);
}

static void
start_ready(struct worker *w)
{
	int i = 0;

	/* What we gave back waits again, whether its bell was heard or not. */
	if (w->nfree > 0 && tq_jobs_gave_back(&w->jobs))
		tq_source_look(w, true);
	while (w->jobs.nready > 0 && w->nfree > 0 && w->stop.phase == PHASE_RUN) {
		while (w->slots[i].job != NULL)
			if (++i == w->nslots)
				return;
		tq_slot_start(w, &w->slots[i], tq_job_next(w));
	}
}

static void
kill_slots(struct worker *w)
{
	int i;

	for (i = 0; i < w->nslots; i++)
		tq_slot_stop(w, &w->slots[i], TQ_END_RELEASED,
		    w->stop.nsignals > 1 ? TQ_STOP_NOW_MS : TQ_STOP_KILL_MS);
}

static int64_t
min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Everything that is due by the clock; returns when something is again. */
static int64_t
timers(struct worker *w)
{
	int64_t next;
	int i;

	next = tq_stop_timers(w);
	if (w->stop.phase == PHASE_KILLING)
		kill_slots(w);
	if (w->jobs.nready > 0 && w->nfree == 0 && w->now - w->jobs.ready_at >= HOLD_MS)
		tq_jobs_give_back(w);
	next = min64(next, tq_presence_timers(w));
	for (i = 0; i < w->nslots; i++)
		next = min64(next, tq_slot_timers(w, &w->slots[i]));
	if (w->now >= w->renew_at && tq_contact_may(w))
		tq_lease_renew(w);
	next = min64(next, w->renew_at > w->now ? w->renew_at :
	    w->contact.retry);
	next = min64(next, tq_beat(&w->beat, w->env, w->now));
	if (w->jobs.nready > 0)
		next = min64(next, w->jobs.ready_at + HOLD_MS);
	if (w->jobs.ndone > 0)
		next = min64(next, w->contact.retry > w->now ? w->contact.retry :
		    w->jobs.done_at + 20);
	if (w->contact.retry > w->now)
		next = min64(next, w->contact.retry);
	return min64(next, tq_source_next(w));
}

static bool
over(struct worker *w)
{
	if (w->stop.failed)
		return true;
	/* A store that is silent must not keep us for ever. */
	if (w->stop.phase == PHASE_KILLING && w->now - w->stop.by >=
	    TQ_KILL_AFTER_MS && w->nfree == w->nslots)
		return true;
	if (w->nfree < w->nslots || w->jobs.nready > 0 || w->jobs.ndone > 0)
		return false;
	if (w->stop.phase != PHASE_RUN || w->jobs.taken >= w->max_jobs)
		return true;
	return (w->o->drain != TQ_DRAIN_NO || w->o->once) &&
	    w->contact.bad == 0 && tq_source_drained(w) &&
	    !tq_source_stale(w);
}

static void
listen_for(struct worker *w, int64_t ms)
{
	struct watch_ready r[TQ_WATCH_READY];
	struct watch *x;
	int i, k, n;

	n = tq_watches_wait(&w->watches, ms, r);
	refresh(w);
	for (k = 1; k >= 0; k--) {
		for (i = 0; i < n; i++) {
			x = r[i].x;
			if (x->first == k && x->fd != -1)
				x->ready(w, x, r[i].events);
		}
	}
}

void
tq_work_loop(struct worker *w)
{
	int64_t next;
	bool more;

	refresh(w);
	/* Who stays is known before it takes a task. */
	if (w->presence.sweep_at != 0)
		tq_presence_timers(w);
	for (;;) {
		refresh(w);
		start_ready(w);
		if (tq_finish_wanted(w))
			tq_finish(w);
		else if (tq_claim_wanted(w))
			tq_claim(w);
		if (over(w))
			return;
		next = timers(w);
		more = (w->jobs.nready > 0 && w->nfree > 0) || over(w) ||
		    tq_finish_wanted(w) || tq_claim_wanted(w);
		tq_say_progress(w, false);
		tq_say_metrics(w, false);
		tq_say_flush(w);
		listen_for(w, more || next <= w->now ? 0 : next - w->now);
	}
}

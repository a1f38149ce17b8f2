/* lib/work/loop.c -- see loop.h. */
#include "work/loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "work/finish.h"
#include "work/lease.h"
#include "work/worker.h"

#define HOLD_MS		(2 * TQ_PREFETCH_MS)	/* then it was too much */
#define STOP_NOW_MS	50	/* from TERM to KILL, after a second signal */

/* -- what the loop listens to ---------------------------------------------- */

static void
signalled(struct worker *w, struct watch *x, uint32_t events)
{
	struct signalfd_siginfo si;

	(void)events;
	while (read(x->fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo == SIGUSR1)
			tq_say_slots(w);
		else
			tq_stop_signal(w, (int)si.ssi_signo);
}

int
tq_loop_init(struct worker *w, const sigset_t *mask, struct tq_err *err)
{
	int fd;

	w->signals.ready = signalled;
	w->signals.first = true;	/* before the ends of children */
	if (tq_watches_init(&w->watches, err) == -1)
		return -1;
	if ((fd = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errno, "signalfd");
	if (tq_watch(&w->watches, &w->signals, fd, EPOLLIN, err) == -1) {
		close(fd);
		return -1;
	}
	return tq_spawner_init(w, err);
}

void
tq_loop_free(struct worker *w)
{
	tq_unwatch(&w->watches, &w->signals);
	tq_watches_free(&w->watches);
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
	struct job *j;
	int i = 0;

	/* A task we gave back waits again, whether its bell was heard or
	   not. */
	if (w->slots.nfree > 0 && tq_jobs_gave_back(&w->jobs))
		tq_source_look(w, true);
	while (w->jobs.nready > 0 && w->slots.nfree > 0 &&
	    w->stop.phase == PHASE_RUN) {
		while (w->slots.v[i].job != NULL ||
		    w->slots.v[i].stuck != NULL)
			if (++i == w->slots.n)
				return;
		if (!tq_call_refuses(w, j = tq_job_next(w)))
			tq_slot_start(w, &w->slots.v[i], j);
	}
}

static void
kill_slots(struct worker *w)
{
	int i;

	for (i = 0; i < w->slots.n; i++)
		tq_slot_stop(w, &w->slots.v[i], TQ_END_RELEASED,
		    w->stop.nsignals > 1 ? STOP_NOW_MS : w->stop.kill_ms);
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
	if (w->jobs.nready > 0 && w->slots.nfree == 0 &&
	    w->now - w->jobs.ready_at >= HOLD_MS)
		tq_jobs_give_back(w);
	tq_protect_look(w);
	next = min64(next, tq_contact_timers(w));
	next = min64(next, tq_presence_timers(w));
	for (i = 0; i < w->slots.n; i++)
		next = min64(next, tq_slot_timers(w, &w->slots.v[i]));
	next = min64(next, tq_spawner_timers(w));
	if (w->now >= w->leases.at && tq_contact_may(w))
		tq_lease_renew(w);
	next = min64(next, w->leases.at > w->now ? w->leases.at :
	    w->contact.retry);
	next = min64(next, tq_beat(&w->beat, w->env, w->now));
	if (w->jobs.nready > 0)
		next = min64(next, w->jobs.ready_at + HOLD_MS);
	if (w->jobs.ndone > 0)
		next = min64(next, w->contact.retry > w->now ?
		    w->contact.retry : w->jobs.done_at + 20);
	if (w->contact.retry > w->now)
		next = min64(next, w->contact.retry);
	return min64(next, tq_source_next(w));
}

static bool
over(struct worker *w)
{
	int idle = w->slots.nfree + w->slots.nstuck;

	if (w->stop.failed)
		return true;
	/* A store that is silent must not keep us for ever. */
	if (w->stop.phase == PHASE_KILLING && w->now - w->stop.by >=
	    w->stop.kill_ms && idle == w->slots.n)
		return true;
	if (idle < w->slots.n || w->jobs.nready > 0 ||
	    w->jobs.ndone > 0)
		return false;
	if (w->stop.phase != PHASE_RUN || w->jobs.taken >= w->claims.max)
		return true;
	return (w->o->drain != TQ_DRAIN_NO || w->o->once) &&
	    w->contact.bad == 0 && tq_source_drained(w) &&
	    !tq_source_stale(w) && !tq_source_blocked(w);
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
tq_loop(struct worker *w)
{
	int64_t next;
	bool more;

	refresh(w);
	/* A worker that stays is known before it takes a task. */
	if (w->o->drain == TQ_DRAIN_NO && !w->o->once)
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
		more = (w->jobs.nready > 0 && w->slots.nfree > 0) || over(w) ||
		    tq_finish_wanted(w) || tq_claim_wanted(w);
		tq_say_progress(w, false);
		tq_say_metrics(w, false);
		tq_say_flush(w);
		listen_for(w, more || next <= w->now ? 0 : next - w->now);
	}
}

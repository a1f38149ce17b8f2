/* lib/work/stop.c -- see stop.h. */
#include "work/stop.h"

#include <signal.h>

#include "util/notify.h"
#include "util/time.h"
#include "work/worker.h"

void
tq_stop_fail(struct worker *w, const struct tq_err *err)
{
	if (!w->stop.failed)
		w->stop.err = *err;
	w->stop.failed = true;
}

void
tq_stop_begin(struct worker *w, int exit_status)
{
	if (exit_status != TQ_WORK_OK && w->stop.exit == TQ_WORK_OK)
		w->stop.exit = exit_status;
	if (w->stop.phase != PHASE_RUN)
		return;
	w->stop.phase = PHASE_STOPPING;
	w->stop.by = w->now + w->grace_ms;
	tq_notify(w->env, "STOPPING=1");
	tq_jobs_give_back(w);
}

void
tq_stop_loudly(struct worker *w, int exit_status)
{
	w->stop.told = true;
	tq_stop_begin(w, exit_status);
}

void
tq_stop_signal(struct worker *w, int sig)
{
	int running = w->slots.n - w->slots.nfree;
	char grace[TQ_TIME_TEXT];

	if (w->stop.nsignals++ == 0)
		w->stop.signal = sig;
	else
		w->stop.by = w->now;
	if (w->stop.nsignals == 1 && running > 0)
		tq_say(w, SAY_LOUD, "stop", "%s: %d running may take up to %s "
		    "more; a second signal ends them now",
		    sig == SIGINT ? "SIGINT" : sig == SIGHUP ? "SIGHUP" :
		    "SIGTERM", running,
		    tq_duration_text(w->grace_ms, grace));
	tq_stop_loudly(w, sig == SIGINT ? TQ_WORK_INTR : TQ_WORK_OK);
}

/* When a worker is to end that nobody tells to. */
static int64_t
last_ms(const struct worker *w)
{
	const struct tq_work_call *c = w->o->call;
	int64_t last = w->o->max_time_ms > 0 ? w->born + w->o->max_time_ms :
	    INT64_MAX;

	return c != NULL && c->stop_at < last ? c->stop_at : last;
}

static void
time_is_over(struct worker *w)
{
	int running = w->slots.n - w->slots.nfree;

	if (w->o->call == NULL) {
		tq_stop_begin(w, TQ_WORK_OK);
		return;
	}
	if (running > 0)
		tq_say(w, SAY_LOUD, "stop", "the function's time is over: %d "
		    "running %s stopped", running, running == 1 ? "is" : "are");
	tq_stop_loudly(w, TQ_WORK_OK);
}

int64_t
tq_stop_timers(struct worker *w)
{
	int64_t last = last_ms(w);

	if (w->stop.phase == PHASE_RUN && w->now >= last)
		time_is_over(w);
	if (w->stop.phase == PHASE_STOPPING && w->now >= w->stop.by)
		w->stop.phase = PHASE_KILLING;
	return w->stop.phase == PHASE_RUN ? last :
	    w->stop.phase == PHASE_STOPPING ? w->stop.by : INT64_MAX;
}

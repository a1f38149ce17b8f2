/* lib/work/stop.h -- how a worker comes to its end. */
#ifndef TQ_STOP_H
#define TQ_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

struct worker;

enum phase {
	PHASE_RUN,
	PHASE_STOPPING,		/* take nothing, let run what runs */
	PHASE_KILLING		/* the grace is over */
};

/* Owned by stop.c; others only read. */
struct stop {
	enum phase	 phase;
	int		 signal;	/* the first one; 0: none */
	int		 nsignals;
	int64_t		 by;		/* boot_ms; when the grace is over */
	int64_t		 kill_ms;	/* then, from TERM to KILL */
	bool		 told;		/* say what becomes of each task */
	int		 exit;		/* enum tq_work_end */
	bool		 failed;	/* end at once, with err */
	struct tq_err	 err;
};

/*
 * tq_stop_begin(w, exit_status): take no more tasks, give back what no slot
 * has started, and wait for what runs until the grace is over.  The first
 * ${exit_status} that is not 0 is the worker's.
 */
void tq_stop_begin(struct worker *w, int exit_status);

/* tq_stop_loudly(w, exit_status): and say what becomes of each task. */
void tq_stop_loudly(struct worker *w, int exit_status);

/* tq_stop_fail(w, err): end with the first of such errors. */
void tq_stop_fail(struct worker *w, const struct tq_err *err);

/* tq_stop_signal(w, sig): one that asks the worker to end, or to hurry. */
void tq_stop_signal(struct worker *w, int sig);

/*
 * tq_stop_timers(w): enter the phase that is due (--max-time, an invocation's end, the grace);
 * returns when the next one is, INT64_MAX if none.
 */
int64_t tq_stop_timers(struct worker *w);

#endif

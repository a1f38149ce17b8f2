/*
 * lib/work/worker.h -- a worker: the settings, the clock, and one part for
 * each file that has state.
 *
 * One thread runs one loop (loop.c).  A claimed task is a job: it waits until
 * a slot is free, runs there, and is told to the store (job.h).  Times are
 * boot_ms unless they say wall.  Other threads: one a queue waits for work
 * (bell.c), one for cancels (cancels.c), one renews leases when the loop is
 * kept waiting (keeper.c), and one sweeps (sweeper.c).
 *
 * From the bottom to the top, each file calling only those before it:
 *
 *	watch say job	what is listened to, what is said, what is held
 *	folder		where the files are
 *	keeper files	leases beside a long call; a task's files
 *	child outcome	a process; how its attempt ended
 *	contact stop	a store that is silent; the end
 *	slot line	a job's way through a slot; slots that wait
 *	call		a function's invocation: is there time?
 *	runner_*	by its kind of handler
 *	cancels		a bell that makes the keeper hurry
 *	spawner		is it there, and what it tells
 *	handlers options  which types there are
 *	behind		tasks that a rate or a limit keeps from a drain
 *	source claim	where to look, how many to take
 *	lease finish	what is renewed, what is told
 *	protect		from a scale-in
 *	runnable	how much is due
 *	sweeper presence loop run
 */
#ifndef TQ_WORKER_H
#define TQ_WORKER_H

#include "store/store.h"
#include "util/env.h"
#include "util/limits.h"
#include "work/beat.h"
#include "work/call.h"
#include "work/cancels.h"
#include "work/claim.h"
#include "work/contact.h"
#include "work/handlers.h"
#include "work/keeper.h"
#include "work/line.h"
#include "work/patience.h"
#include "work/presence.h"
#include "work/protect.h"
#include "work/runner.h"
#include "work/say.h"
#include "work/slot.h"
#include "work/source.h"
#include "work/spawner.h"
#include "work/stop.h"
#include "work/sweeper.h"
#include "work/work.h"

struct worker {
	/* Settings: run.c. */
	const struct tq_work_opts *o;
	const struct tq_env *env;
	struct tq_store	*st;
	char		 id[TQ_WORKER_MAX];
	char		 dir[256];	/* of the slots' directories */
	int		 dir_lock;	/* see folder.h */
	char		*store_env;	/* TQ_STORE=... */
	int64_t		 lease_ms, grace_ms;
	double		 failure_rate;	/* of simulate tasks that say none */
	struct tq_handlers h;
	struct tq_spawn	 spawn;

	/* The clock: loop.c. */
	int64_t		 now, wall;
	int64_t		 born, born_wall;
	struct tq_beat	 beat;

	struct watches	 watches;
	struct watch	 signals;
	struct spawner_watch spawner;
	struct report	 report;
	struct jobs	 jobs;
	struct leases	 leases;
	struct contact	 contact;
	struct stop	 stop;
	struct slots	 slots;
	struct fetching	 fetch;
	struct tq_webhook_keys *webhook_keys;	/* runner_post.c */
	struct line	 line;
	struct cancels	 cancels;
	struct sources	 sources;
	struct claims	 claims;
	struct presence	 presence;
	struct protect	 protect;
	struct tq_patience *patience;
	struct tq_arena	 scratch;	/* of one finish */
};

#endif

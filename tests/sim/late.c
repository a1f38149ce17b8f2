/*
 * tests/sim/late.c -- one that is stopped in the middle of a verb.
 *
 * Meanwhile another process goes on with the only task: leases run out, it runs
 * to its end, its key is used anew, and that runs, too.  Then the first one goes
 * on: its write may have been done in time, whose answer is late, or be done now,
 * or must be refused.
 */
#include "actors.h"
#include "model.h"
#include "world.h"

#define LEASE_MS	5000
#define ROUNDS		30	/* of the other: of eight seconds or more */
#define NAP		((LEASE_MS - 1000) * SIM_MS)

static struct sim_worker stopped = { .lease_ms = LEASE_MS };
static struct sim_task *task;
static uint64_t stop_at;
static bool ended;

static void
end_lease(struct sim_self *me)
{
	sim_finish(me, &stopped, NULL);
}

static void
submit(struct sim_self *me)
{
	sim_submit_key(me, task, true);
}

/* Who is stopped: each seed has one verb. */
static const struct verb {
	void		(*fn)(struct sim_self *);
	bool		 first;		/* nobody has submitted it */
	bool		 claims;	/* ... before that */
} verbs[] = {
	{ submit, true, false },
	{ end_lease, false, true },
	{ sim_cancel, false, false },
	{ end_lease, false, true },
	{ submit, false, false },
	{ sim_redrive, false, false },
	{ sim_hold, false, false },
	{ sim_sweep, false, false },
};
#define NVERBS	(sizeof(verbs) / sizeof(verbs[0]))

static struct tq_claim
any_of(const struct sim_self *me)
{
	return (struct tq_claim){ .queue = task->queue, .types = sim_type,
	    .ntypes = SIM_TYPES, .worker = me->name, .lease_ms = LEASE_MS,
	    .n = 1, .slots = 1 };
}

static void
go_on(struct sim_proc *p, void *arg)
{
	struct sim_worker w = { .lease_ms = LEASE_MS };
	struct tq_claim req;
	struct sim_self me;
	int i;

	(void)arg;
	if (!sim_come_in(&me, p))
		return;
	req = any_of(&me);
	for (i = 0; i < ROUNDS; i++) {
		sim_submit_key(&me, task, true);
		sim_finish(&me, &w, &req);
		sim_sleep(NAP);
		if (w.n > 0)
			sim_finish(&me, &w, NULL);
		tq_arena_reset(&me.arena);
		sim_sleep(NAP);
	}
	tq_store_close(me.st);
}

static void
be_stopped(struct sim_proc *p, void *arg)
{
	const struct verb *v = &verbs[sim.seed % NVERBS];
	struct tq_claim req;
	struct sim_self me;

	(void)arg;
	if (!sim_come_in(&me, p))
		return;
	task = sim_some_keyed();
	if (!v->first)
		submit(&me);
	req = any_of(&me);
	while (v->claims && stopped.n == 0) {
		sim_finish(&me, &stopped, &req);
		sim_sleep(SIM_SEC);
	}
	sim_spawn("other", go_on, NULL, SIM_SEC);
	if (!v->first && !v->claims)
		sim_sleep((int64_t)sim_below(2 * ROUNDS * (uint64_t)NAP));
	p->stops_at = p->ops + stop_at;
	v->fn(&me);
	ended = p->ops < p->stops_at;
	p->stops_at = 0;
	tq_store_close(me.st);
}

void
sim_late(uint64_t at)
{
	stop_at = at;
	sim_spawn("stopped", be_stopped, NULL, 0);
}

bool
sim_late_ended(void)
{
	return ended;
}

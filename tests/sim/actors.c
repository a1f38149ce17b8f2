/* tests/sim/actors.c -- who uses the store in a run. */
#include "actors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud.h"
#include "model.h"
#include "util/time.h"
#include "world.h"

static int64_t until = INT64_MAX;
static struct sim_proc *closer;

/* The answers a verb may give when the world is bad, and none else. */
void
sim_failed(struct sim_self *me, const char *verb)
{
	sim_log("%s %s fails: %s", me->name, verb, me->err.msg);
	if (me->err.code == TQ_E_CORRUPT || me->err.code == TQ_E_BUG)
		sim_fail("%s %s: %s", me->name, verb, me->err.msg);
	if (sim.errors == 0 && sim.knobs.stall == 0 &&
	    me->err.code != TQ_E_LOST)
		sim_fail("%s %s, without a cause: %s", me->name, verb,
		    me->err.msg);
	me->err = (struct tq_err)TQ_ERR_INIT;
	sim_sleep((int64_t)sim_below(2 * SIM_SEC));
}

/* -- their lives --------------------------------------------------------------------- */

static const struct actor {
	const char	*name;
	void		(*act)(struct sim_self *);
	int64_t		 pause;		/* between two acts, at most */
} cast[] = {
	{ "producer", sim_produce, 4 * SIM_SEC },
	{ "producer", sim_produce, 9 * SIM_SEC },
	{ "worker", sim_work, SIM_SEC },
	{ "worker", sim_work, SIM_SEC },
	{ "worker", sim_work, 4 * SIM_SEC },
	{ "operator", sim_operate, 3 * SIM_SEC },
	{ "operator", sim_operate, 6 * SIM_SEC },
	{ "sweeper", sim_sweep, 30 * SIM_SEC },
};
#define NCAST	(sizeof(cast) / sizeof(cast[0]))
static struct sim_proc *playing[NCAST];

bool
sim_come_in(struct sim_self *me, struct sim_proc *p)
{
	*me = (struct sim_self){ .proc = p, .err = TQ_ERR_INIT };
	snprintf(me->name, sizeof(me->name), "%s.%d", p->name, p->id);
	while (tq_store_open(SIM_URL, &p->env, TQ_OPEN_CREATE, &me->st,
	    &me->err) == -1) {
		if (sim.now >= until && p != closer)
			return false;
		sim_failed(me, "open");
	}
	return true;
}

static void
live(struct sim_proc *p, void *arg)
{
	const struct actor *role = arg;
	struct sim_self me;

	if (!sim_come_in(&me, p))
		return;
	while (sim.now < until) {
		role->act(&me);
		tq_arena_reset(&me.arena);
		sim_sleep((int64_t)sim_below((uint64_t)role->pause));
		if (sim_below(30) == 0)
			break;		/* a one-shot tool ends here */
	}
	tq_store_close(me.st);
}

static void
play(size_t i)
{
	playing[i] = sim_spawn(cast[i].name, live, (void *)&cast[i],
	    (int64_t)sim_below(3 * SIM_SEC));
}

/* An actor that was killed, or ended, is started anew. */
static void
supervise(struct sim_proc *p, void *arg)
{
	size_t i;

	(void)p;
	(void)arg;
	while (sim.now < until) {
		sim_sleep(2 * SIM_SEC);
		for (i = 0; i < NCAST; i++)
			if (!playing[i]->alive && sim_below(2) == 0)
				play(i);
		sim_model_look_all(false);
	}
}

/* Set forward by up to a year or back by up to a week, and mended before
   anybody may believe it (task/clock.h). */
static void
set_clock(struct sim_proc *p, void *arg)
{
	(void)p;
	(void)arg;
	/* A store believes the clock by which it was made. */
	while (sim.now < until && (sim_ntasks == 0 || !sim_tasks[0].acked))
		sim_sleep(SIM_SEC);
	while (sim.now < until) {
		sim_sleep((int64_t)sim_below(10) * SIM_SEC);
		sim.wall_off = sim_below(2) == 0 ? (int64_t)sim_below(365) *
		    TQ_DAY_MS : -(int64_t)sim_below(7) * TQ_DAY_MS;
		sim.jumps++;
		sim_log("the clock is wrong by %lld s",
		    (long long)(sim.wall_off / 1000));
		sim_sleep((int64_t)sim_below(20) * SIM_SEC);
		sim.wall_off = 0;
		sim_log("the clock is right");
	}
}

void
sim_actors_restart(void)
{
	size_t i;

	for (i = 0; i < NCAST; i++)
		play(i);
	sim_spawn("supervisor", supervise, NULL, 0);
	sim.wall_off = 0;
	if (sim.knobs.jumps)
		sim_spawn("clock", set_clock, NULL, 0);
}

void
sim_actors_begin(int64_t end)
{
	until = end;
	sim_actors_restart();
}

/* -- the script ------------------------------------------------------------------------ */

static void
play_script(struct sim_proc *p, void *arg)
{
	static void (*const acts[])(struct sim_self *) = { sim_submit_new,
	    sim_submit_keyed, sim_work, sim_edit, sim_cancel, sim_submit_new,
	    sim_work, sim_redrive, sim_submit_keyed, sim_work };
	struct sim_self me;
	size_t i;

	(void)arg;
	if (!sim_come_in(&me, p))
		return;
	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		acts[i](&me);
		tq_arena_reset(&me.arena);
	}
	tq_store_close(me.st);
}

void
sim_actors_script(void)
{
	sim_spawn("script", play_script, NULL, 0);
}

/* -- the end -------------------------------------------------------------------------- */

static void
unhold_all(struct sim_self *me)
{
	const struct tq_task to = { .held = false };
	struct tq_answer out;
	struct tq_edit in;
	size_t i;

	for (i = 0; i < sim_ntasks; i++) {
		if (sim_tasks[i].edits == 0)
			continue;
		in = (struct tq_edit){ { sim_tasks[i].id, 0 }, TQ_SET_HELD,
		    &to };
		sim_tasks[i].held = 0;
		if (tq_store_edit(me->st, &in, 1, &out, &me->err) == -1)
			sim_fail("unhold at rest: %s", me->err.msg);
	}
}

/* Tasks that are blocked behind dead ones would never end. */
static void
cancel_stuck(struct sim_self *me)
{
	static char ids[SIM_TASKS][TQ_UUID_TEXT];
	size_t n = sim_model_stuck(ids, SIM_TASKS), i;
	const char *id;
	struct tq_answer out;

	for (i = 0; i < n; i++) {
		id = ids[i];
		if (tq_store_cancel(me->st, &id, 1, &out, &me->err) == -1)
			sim_fail("cancel at rest: %s", me->err.msg);
	}
}

static void
sweep_up(struct sim_self *me)
{
	struct tq_swept swept;

	if (tq_store_sweep(me->st, me->name, true, &swept, &me->err) == -1)
		sim_fail("sweep at rest: %s", me->err.msg);
}

/* Completes whatever there is, in all queues. */
static void
close_up(struct sim_proc *p, void *arg)
{
	struct sim_self me;
	struct sim_worker w = { .lease_ms = 60000 };
	struct tq_control c;
	struct tq_claim req = { .types = sim_type, .ntypes = SIM_TYPES,
	    .lease_ms = 60000, .n = SIM_BATCH, .slots = SIM_BATCH };
	/* A round of ten is ten seconds: on aws, of all time-outs there are. */
	int rounds = sim.aws ? 600 + (int)sim_ntasks : 4 * SIM_TASKS;
	size_t q = 0;

	(void)arg;
	if (!sim_come_in(&me, p))
		sim_fail("the store can't be opened at rest");
	for (q = 0; q < SIM_QUEUES; q++) {
		sim_model_controls(sim_queue[q]);
		if (tq_store_control_get(me.st, sim_queue[q], &me.arena, &c,
		    &me.err) == -1)
			sim_fail("control at rest: %s", me.err.msg);
		c.paused = false;
		if (tq_store_control_set(me.st, &c, &me.err) == -1)
			sim_fail("control at rest: %s", me.err.msg);
	}
	unhold_all(&me);
	req.worker = me.name;
	/* To look at all is dear: only when there is nothing in hand. */
	while (w.n > 0 || sim_model_open() != 0) {
		if (rounds-- == 0)
			sim_fail("%d tasks never end", sim_model_open());
		req.queue = sim_queue[q++ % SIM_QUEUES];
		sim_finish(&me, &w, &req);
		tq_arena_reset(&me.arena);
		if (w.n == 0 && q % 10 == 0) {
			cancel_stuck(&me);
			/* Pays what is owed. */
			sweep_up(&me);
			sim_sleep(10 * SIM_SEC);
		}
	}
	sweep_up(&me);
	tq_store_close(me.st);
	sim_sleep(SIM_LAG_MAX);
}

void
sim_actors_close(void)
{
	/* One that was stopped still has a verb to end, and may undo ours. */
	sim_run(INT64_MAX - 1);
	closer = sim_spawn("closer", close_up, NULL, 0);
	if (!sim_run(INT64_MAX - 1))
		sim_fail("the closer does not end");
	sim_model_rest();
	sim_after();
}

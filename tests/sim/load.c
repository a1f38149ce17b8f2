/*
 * tests/sim/load.c -- producers and workers at a rate: they submit, claim and
 * finish, as tools do, over a network that is near and loses nothing.
 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud.h"
#include "store/aws/record/shards.h"
#include "world.h"

#define TASKS		60000
#define PRODUCERS	8
#define WORKERS		24
#define SLOTS		32
#define GROUP		25		/* submitted at once */

struct sim_load sim_load;
static unsigned char starts[TASKS];
static char text[8192];			/* results are its start */

void
sim_load_open(struct sim_self *me, struct sim_proc *p)
{
	*me = (struct sim_self){ .proc = p, .err = TQ_ERR_INIT };
	snprintf(me->name, sizeof(me->name), "%s.%d", p->name, p->id);
	if (tq_store_open(SIM_CLOUD_URL, &p->env, TQ_OPEN_CREATE, &me->st,
	    &me->err) == -1)
		sim_fail("open: %s", me->err.msg);
}

/* A verb has failed: may it be tried again? */
void
sim_load_failed(struct sim_self *me, const char *verb)
{
	if (!sim_load.patient || me->err.code != TQ_E_THROTTLED)
		sim_fail("%s: %s", verb, me->err.msg);
	me->err = (struct tq_err)TQ_ERR_INIT;
	sim_sleep(SIM_SEC);
}

static void
submit(struct sim_self *me, size_t first, size_t n)
{
	struct tq_submit in[GROUP];
	struct tq_submitted out[GROUP];
	struct tq_task t[GROUP];
	size_t i;

	for (i = 0; i < n; i++) {
		t[i] = (struct tq_task){ .queue = SIM_LOAD_QUEUE, .type = "x",
		    .id = tq_arena_fmt(&me->arena, "task-%zu", first + i),
		    .max_attempts = 3, .submit_id = "1",
		    .payload = { "{\"n\":1}", 7 } };
		in[i] = (struct tq_submit){ .task = &t[i] };
	}
	while (tq_store_submit(me->st, in, n, out, &me->err) == -1)
		sim_load_failed(me, "submit");
	for (i = 0; i < n; i++)
		if (out[i].what != TQ_STORED)
			sim_fail("%s is not stored", t[i].id);
	tq_arena_reset(&me->arena);
}

static void
produce(struct sim_proc *p, void *arg)
{
	struct sim_self me;
	int64_t due;
	size_t first, n;

	(void)arg;
	sim_load_open(&me, p);
	while (sim_load.sent < sim_load.all) {
		n = sim_load.all - sim_load.sent < GROUP ? sim_load.all - sim_load.sent : GROUP;
		due = sim_load.from + (int64_t)sim_load.sent * SIM_SEC / sim_load.rate;
		first = sim_load.first + sim_load.sent;
		sim_load.sent += n;
		if (due > sim.now)
			sim_sleep(due - sim.now);
		submit(&me, first, n);
	}
	tq_store_close(me.st);
}

static struct tq_finish
started(const struct tq_task *t)
{
	size_t i = strtoul(strchr(t->id, '-') + 1, NULL, 10);

	if (i >= TASKS || starts[i]++ > 0 || t->attempts != 1)
		sim_fail("%s is started again", t->id);
	return (struct tq_finish){ .id = t->id, .queue = SIM_LOAD_QUEUE,
	    .token = t->token, .claim = t->claim, .how = TQ_COMPLETE,
	    .result = { text, sim_load.result }, .result_kind = TQ_KIND_TEXT };
}

/* Handlers take no time. */
static void
work(struct sim_proc *p, void *arg)
{
	static const char *const types[] = { "x" };
	struct tq_arena mem[2] = { TQ_ARENA_INIT, TQ_ARENA_INIT };
	struct tq_claimed got = { .n = 0 };
	struct tq_finish f[SLOTS];
	struct tq_answer out[SLOTS];
	struct tq_claim req = { .queue = SIM_LOAD_QUEUE, .types = types, .ntypes = 1,
	    .lease_ms = 60000, .n = SLOTS, .slots = SLOTS };
	struct sim_self me;
	size_t i, n = 0, turn = 0;

	(void)arg;
	sim_load_open(&me, p);
	req.worker = me.name;
	while (sim_load.done < sim_load.all) {
		if (sim.now > sim_load.from + sim_load.seconds * SIM_SEC + SIM_LOAD_LATE)
			sim_fail("%zu tasks are lost", sim_load.all - sim_load.done);
		tq_arena_reset(&mem[turn]);
		got = (struct tq_claimed){ .arena = &mem[turn] };
		turn = !turn;
		if (tq_store_finish(me.st, f, n, out, &req, &got, &me.err) ==
		    -1) {
			sim_load_failed(&me, "finish");
			continue;	/* those anew that it did not end */
		}
		for (i = 0; i < n; i++)
			if (out[i].code != TQ_OK)
				sim_fail("%s: %s", f[i].id,
				    tq_code_name(out[i].code));
		sim_load.done += n;
		for (n = 0; n < got.n; n++)
			f[n] = started(&got.tasks[n]);
		if (n == 0)
			sim_sleep(50 * SIM_MS);
	}
	tq_store_close(me.st);
}

/* What the store says when all is done. */
static void
count_up(struct sim_proc *p, void *arg)
{
	struct tq_count *rows;
	struct sim_self me;
	size_t n;

	(void)arg;
	sim_load_open(&me, p);
	if (tq_store_count(me.st, SIM_LOAD_QUEUE, &me.arena, &rows, &n, &me.err) == -1 ||
	    aq_shards_walk(aq_of(me.st), SIM_LOAD_QUEUE, &sim_load.walk, &me.err) == -1)
		sim_fail("count: %s", me.err.msg);
	if (n != 1 || rows[0].by_status[TQ_COMPLETED] != sim_load.first + sim_load.all)
		sim_fail("%llu have ended of %zu", n == 0 ? 0ULL :
		    (unsigned long long)rows[0].by_status[TQ_COMPLETED],
		    sim_load.first + sim_load.all);
	tq_store_close(me.st);
}

static void
set_shards(struct sim_proc *p, void *arg)
{
	struct tq_control c;
	struct sim_self me;

	sim_load_open(&me, p);
	if (tq_store_control_get(me.st, SIM_LOAD_QUEUE, &me.arena, &c, &me.err) == -1 ||
	    tq_store_control_set(me.st, &c, &me.err) == -1 ||
	    aq_shards_set(aq_of(me.st), SIM_LOAD_QUEUE, *(int *)arg, true, &me.err) == -1)
		sim_fail("init: %s", me.err.msg);
	tq_store_close(me.st);
}

void
sim_load_run(void)
{
	if (!sim_run(INT64_MAX - 1))
		sim_fail("it does not end");
}

void
sim_load_burst(int rate, int seconds, size_t result, bool patient)
{
	int i;

	sim_load = (struct sim_load){ .rate = rate, .seconds = seconds,
	    .result = result, .patient = patient, .first = sim_load.first + sim_load.all,
	    .all = (size_t)(rate * seconds), .from = sim.now };
	if (sim_load.first + sim_load.all > TASKS)
		sim_fail("too many tasks");
	sim.throttled = 0;
	for (i = 0; i < PRODUCERS; i++)
		sim_spawn("producer", produce, NULL, 0);
	for (i = 0; i < WORKERS; i++)
		sim_spawn("worker", work, NULL, 0);
	sim_load_run();
	sim_load.took = sim.now - sim_load.from;
	sim_spawn("count", count_up, NULL, 100 * SIM_MS);
	sim_load_run();
	printf("# %d shards, %d tasks a second: %.1f s for %d, %u writes "
	    "throttled\n", sim_load.walk, rate, (double)sim_load.took / SIM_SEC, seconds,
	    sim.throttled);
}

void
sim_load_begin(int shards, unsigned table_units)
{
	sim_begin(1);
	memset(text, 'x', sizeof(text));
	sim.aws = true;
	sim.knobs.key_units = 1000;
	sim.knobs.table_units = table_units;
	sim_spawn("init", set_shards, &shards, 0);
	sim_load_run();
}


/*
 * tests/sim/rate.c -- so many tasks a second on a DynamoDB that throttles, in
 * virtual time: a core that is slow takes longer, and sees the same.
 *
 * Producers submit and workers claim and finish, as tools do, over a network that
 * is near and loses nothing.  A task that fails, is lost or starts twice ends the
 * run.
 */
#include "rate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actors.h"
#include "cloud.h"
#include "store/aws/record/shards.h"
#include "world.h"

#define QUEUE		"default"
#define TASKS		60000
#define PRODUCERS	8
#define WORKERS		24
#define SLOTS		32
#define GROUP		25		/* submitted at once */
#define LATE		(120 * SIM_SEC)	/* after the last: then it is lost */

/* A load, and what there was at its end. */
static struct load {
	int	 rate, seconds;
	bool	 patient;	/* a verb that was throttled is tried again */
	size_t	 first, all;	/* its tasks */
	size_t	 sent, done;
	int64_t	 from, took;
	int	 walk;
} now;
static unsigned char starts[TASKS];

static void
come_in(struct sim_self *me, struct sim_proc *p)
{
	*me = (struct sim_self){ .proc = p, .err = TQ_ERR_INIT };
	snprintf(me->name, sizeof(me->name), "%s.%d", p->name, p->id);
	if (tq_store_open(SIM_CLOUD_URL, &p->env, TQ_OPEN_CREATE, &me->st,
	    &me->err) == -1)
		sim_fail("open: %s", me->err.msg);
}

/* A verb has failed: may it be tried again? */
static void
failed(struct sim_self *me, const char *verb)
{
	if (!now.patient || me->err.code != TQ_E_THROTTLED)
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
		t[i] = (struct tq_task){ .queue = QUEUE, .type = "x",
		    .id = tq_arena_fmt(&me->arena, "task-%zu", first + i),
		    .max_attempts = 3, .submit_id = "1",
		    .payload = { "{\"n\":1}", 7 } };
		in[i] = (struct tq_submit){ .task = &t[i] };
	}
	while (tq_store_submit(me->st, in, n, out, &me->err) == -1)
		failed(me, "submit");
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
	come_in(&me, p);
	while (now.sent < now.all) {
		n = now.all - now.sent < GROUP ? now.all - now.sent : GROUP;
		due = now.from + (int64_t)now.sent * SIM_SEC / now.rate;
		first = now.first + now.sent;
		now.sent += n;
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
	return (struct tq_finish){ .id = t->id, .queue = QUEUE,
	    .token = t->token, .claim = t->claim, .how = TQ_COMPLETE,
	    .result = { "{}", 2 } };
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
	struct tq_claim req = { .queue = QUEUE, .types = types, .ntypes = 1,
	    .lease_ms = 60000, .n = SLOTS, .slots = SLOTS };
	struct sim_self me;
	size_t i, n = 0, turn = 0;

	(void)arg;
	come_in(&me, p);
	req.worker = me.name;
	while (now.done < now.all) {
		if (sim.now > now.from + now.seconds * SIM_SEC + LATE)
			sim_fail("%zu tasks are lost", now.all - now.done);
		tq_arena_reset(&mem[turn]);
		got = (struct tq_claimed){ .arena = &mem[turn] };
		turn = !turn;
		if (tq_store_finish(me.st, f, n, out, &req, &got, &me.err) ==
		    -1) {
			failed(&me, "finish");
			continue;	/* those anew that it did not end */
		}
		for (i = 0; i < n; i++)
			if (out[i].code != TQ_OK)
				sim_fail("%s: %s", f[i].id,
				    tq_code_name(out[i].code));
		now.done += n;
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
	come_in(&me, p);
	if (tq_store_count(me.st, QUEUE, &me.arena, &rows, &n, &me.err) == -1 ||
	    aq_shards_walk(aq_of(me.st), QUEUE, &now.walk, &me.err) == -1)
		sim_fail("count: %s", me.err.msg);
	if (n != 1 || rows[0].by_status[TQ_COMPLETED] != now.first + now.all)
		sim_fail("%llu have ended of %zu", n == 0 ? 0ULL :
		    (unsigned long long)rows[0].by_status[TQ_COMPLETED],
		    now.first + now.all);
	tq_store_close(me.st);
}

static void
set_shards(struct sim_proc *p, void *arg)
{
	struct sim_self me;

	come_in(&me, p);
	if (aq_shards_set(aq_of(me.st), QUEUE, *(int *)arg, true, &me.err) == -1)
		sim_fail("shards: %s", me.err.msg);
	tq_store_close(me.st);
}

static void
until_all_ended(void)
{
	if (!sim_run(INT64_MAX - 1))
		sim_fail("it does not end");
}

static void
burst(int rate, int seconds, bool patient)
{
	int i;

	now = (struct load){ .rate = rate, .seconds = seconds,
	    .patient = patient, .first = now.first + now.all,
	    .all = (size_t)(rate * seconds), .from = sim.now };
	if (now.first + now.all > TASKS)
		sim_fail("too many tasks");
	sim.throttled = 0;
	for (i = 0; i < PRODUCERS; i++)
		sim_spawn("producer", produce, NULL, 0);
	for (i = 0; i < WORKERS; i++)
		sim_spawn("worker", work, NULL, 0);
	until_all_ended();
	now.took = sim.now - now.from;
	sim_spawn("count", count_up, NULL, 100 * SIM_MS);
	until_all_ended();
	printf("# %d shards, %d tasks a second: %.1f s for %d, %u writes "
	    "throttled\n", now.walk, rate, (double)now.took / SIM_SEC, seconds,
	    sim.throttled);
}

static void
begin(int shards, unsigned table_units)
{
	sim_begin(1);
	sim.aws = true;
	sim.knobs.key_units = 1000;
	sim.knobs.table_units = table_units;
	sim_spawn("init", set_shards, &shards, 0);
	until_all_ended();
}

/* -- the loads ---------------------------------------------------------------- */

/* By AWS's quota, as after init --rate. */
#define QUOTA	40000

static bool
four_take_a_thousand(int seconds)
{
	begin(4, QUOTA);
	burst(1000, seconds, false);
	return now.walk == 4 && sim.throttled == 0 &&
	    now.took < (seconds + 2) * SIM_SEC;
}

static bool
eight_take_two_thousand(int seconds)
{
	begin(8, QUOTA);
	burst(2000, seconds, false);
	return now.walk == 8 && sim.throttled == 0 &&
	    now.took < (seconds + 2) * SIM_SEC;
}

/* One takes 500; it is doubled at once, and again ten minutes later. */
static bool
one_is_doubled(int seconds)
{
	begin(1, QUOTA);
	burst(1000, seconds, true);
	if (sim.throttled == 0 || now.walk != 2)
		return false;
	sim.now += AQ_SHARDS_SETTLE_MS * SIM_MS;
	burst(2000, seconds, true);
	if (sim.throttled == 0 || now.walk != 2)
		return false;
	sim.now += AQ_SHARDS_REST_MS * SIM_MS;
	burst(2000, seconds, true);
	if (sim.throttled == 0 || now.walk != 4)
		return false;
	sim.now += AQ_SHARDS_SETTLE_MS * SIM_MS;
	burst(1000, seconds, false);
	return sim.throttled == 0 && now.walk == 4;
}

/* A new table takes 4,000: more shards would not help it. */
static bool
table_doubles_none(int seconds)
{
	begin(8, 1500);
	burst(1000, seconds, true);
	return sim.throttled > 0 && now.walk == 8;
}

static const struct {
	const char	*what;
	bool		(*fn)(int seconds);
} loads[] = {
	{ "1,000 tasks a second with 4 shards: none fails, no write is "
	    "throttled", four_take_a_thousand },
	{ "2,000 tasks a second with 8 shards: none fails, no write is "
	    "throttled", eight_take_two_thousand },
	{ "too much for one shard: it is late, and doubled once in ten minutes",
	    one_is_doubled },
	{ "too much for the table: it is late, and no shards are added",
	    table_doubles_none },
};
#define NLOADS	(sizeof(loads) / sizeof(loads[0]))

/* In a child, as each run: a world is used up by it. */
static bool
apart(bool (*fn)(int), int seconds)
{
	pid_t pid;
	int status;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		status = !fn(seconds);
		fflush(stdout);
		_exit(status);
	}
	return pid != -1 && waitpid(pid, &status, 0) == pid && status == 0;
}

int
sim_rates(int seconds)
{
	int bad = 0;
	size_t i;

	printf("1..%zu\n", NLOADS);
	for (i = 0; i < NLOADS; i++) {
		if (apart(loads[i].fn, seconds)) {
			printf("ok %zu - %s\n", i + 1, loads[i].what);
			continue;
		}
		printf("not ok %zu - %s\n", i + 1, loads[i].what);
		bad++;
	}
	return bad;
}

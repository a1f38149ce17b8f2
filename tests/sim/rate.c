/*
 * tests/sim/rate.c -- so many tasks a second on a DynamoDB that throttles, in
 * virtual time: a core that is slow takes longer, and sees the same.  A task that
 * fails, is lost or starts twice ends the run (load.c).
 */
#include "rate.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"
#include "store/aws/record/shards.h"
#include "world.h"

/* -- what is past its time ---------------------------------------------------- */

#define SWEEPERS	4
#define ROUND		(30 * SIM_SEC)	/* a worker sweeps so often */
#define ROUNDS		4

/* What a round removed, by whom, and how long it took. */
static struct {
	size_t	by[SWEEPERS], all;
	int64_t	took;
} swept[ROUNDS];

/* As a worker's thread does; the rounds of all begin at the same time. */
static void
sweep(struct sim_proc *p, void *arg)
{
	size_t who = (size_t)(uintptr_t)arg, i;
	int64_t begun = sim_load.from;
	struct tq_swept did;
	struct sim_self me;

	sim_load_open(&me, p);
	for (i = 0; i < ROUNDS; i++, begun += ROUND) {
		if (begun > sim.now)
			sim_sleep(begun - sim.now);
		if (tq_store_sweep(me.st, me.name, false, &did, &me.err) == -1)
			sim_load_failed(&me, "sweep");
		swept[i].by[who] = did.removed;
		swept[i].all += did.removed;
		if (did.removed > 0)
			swept[i].took = sim.now - begun;
	}
	tq_store_close(me.st);
}

/* -- the loads ---------------------------------------------------------------- */

/* By AWS's quota, as after init --rate. */
#define QUOTA	40000

static bool
four_take_a_thousand(int seconds)
{
	sim_load_begin(4, QUOTA);
	sim_load_burst(1000, seconds, 2, false);
	return sim_load.walk == 4 && sim.throttled == 0 &&
	    sim_load.took < (seconds + 2) * SIM_SEC;
}

static bool
eight_take_two_thousand(int seconds)
{
	sim_load_begin(8, QUOTA);
	sim_load_burst(2000, seconds, 2, false);
	return sim_load.walk == 8 && sim.throttled == 0 &&
	    sim_load.took < (seconds + 2) * SIM_SEC;
}

/* One takes 500; it is doubled at once, and again ten minutes later. */
static bool
one_is_doubled(int seconds)
{
	sim_load_begin(1, QUOTA);
	sim_load_burst(1000, seconds, 2, true);
	if (sim.throttled == 0 || sim_load.walk != 2)
		return false;
	sim.now += AQ_SHARDS_SETTLE_MS * SIM_MS;
	sim_load_burst(2000, seconds, 2, true);
	if (sim.throttled == 0 || sim_load.walk != 2)
		return false;
	sim.now += AQ_SHARDS_REST_MS * SIM_MS;
	sim_load_burst(2000, seconds, 2, true);
	if (sim.throttled == 0 || sim_load.walk != 4)
		return false;
	sim.now += AQ_SHARDS_SETTLE_MS * SIM_MS;
	sim_load_burst(1000, seconds, 2, false);
	return sim.throttled == 0 && sim_load.walk == 4;
}

/* A new table takes 4,000: more shards would not help it. */
static bool
table_doubles_none(int seconds)
{
	sim_load_begin(8, 1500);
	sim_load_burst(1000, seconds, 2, true);
	return sim.throttled > 0 && sim_load.walk == 8;
}

static double
a_second(size_t round)
{
	size_t k;

	printf("# round %zu:", round);
	for (k = 0; k < SWEEPERS; k++)
		printf(" %zu", swept[round].by[k]);
	printf(" removed in %.1f s\n", (double)swept[round].took / SIM_SEC);
	return swept[round].took == 0 ? 0 : (double)swept[round].all *
	    SIM_SEC / (double)swept[round].took;
}

/*
 * Two weeks later the records and the bodies that they own have to go: in each
 * round as many.  The first is for who comes first; in the end each sweeper has
 * a shard of its own.
 */
static bool
sweepers_share(int seconds)
{
	int64_t from;
	size_t all = 0;
	uintptr_t i;

	(void)seconds;
	sim_load_begin(SWEEPERS, QUOTA);
	from = sim.now;
	for (i = 0; i < ROUNDS; i++) {
		sim.now = from + (int64_t)i * ROUND;
		sim_load_burst(1300, 2, 5000, true);
	}
	sim.now = sim_load.from = from + 14 * 24 * 60 * SIM_MIN + ROUND / 2;
	for (i = 0; i < SWEEPERS; i++)
		sim_spawn("sweeper", sweep, (void *)i, 0);
	sim_load_run();
	for (i = 0; i < ROUNDS; all += swept[i++].all)
		if (a_second(i) < 1000)
			return false;
	for (i = 0; i < SWEEPERS; i++)
		if (swept[ROUNDS - 1].by[i] == 0)
			return false;
	return all == sim_load.first + sim_load.all && a_second(ROUNDS - 1) > 2000;
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
	{ "sweepers remove 1,000 records and bodies a second, sharing 2,000",
	    sweepers_share },
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
sim_rates(int seconds, const char *word)
{
	int bad = 0;
	size_t i;

	printf("1..%zu\n", NLOADS);
	for (i = 0; i < NLOADS; i++) {
		if (strstr(loads[i].what, word) == NULL)
			continue;
		if (apart(loads[i].fn, seconds)) {
			printf("ok %zu - %s\n", i + 1, loads[i].what);
			continue;
		}
		printf("not ok %zu - %s\n", i + 1, loads[i].what);
		bad++;
	}
	return bad;
}

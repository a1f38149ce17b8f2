/*
 * tests/sim/main.c -- seeds, and what to do with them.
 *
 *	sim [--tap] [--aws] SEED [RUNS]	so many runs from this seed on
 *	sim [--tap] --power N SEED [RUNS]	a short run, again and again,
 *		each time with a power failure N operations later
 *	sim [--tap] [--aws] --late SEED [RUNS]	one verb, again and again, each
 *		time stopped for long an operation later
 *	sim --rate SECONDS [WORD]	loads on a DynamoDB that throttles
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actors.h"
#include "cloud.h"
#include "model.h"
#include "rate.h"
#include "world.h"

#define ALL_SEEN	9	/* it ended before that operation */
#define SEED_SECONDS	60	/* of CPU; one takes a tenth; then it hangs */

/* The faults of a seed: some have one kind only, some all, some none. */
static void
choose_knobs(void)
{
	uint64_t kinds = sim_below(32);

	if (kinds & 1)
		sim.knobs.kill = (unsigned)(1 + sim_below(4)) * 300;
	if (kinds & 2)
		sim.knobs.power = (unsigned)(1 + sim_below(4)) * 50;
	if (kinds & 4)
		sim.knobs.stall = (unsigned)(1 + sim_below(4)) * 50;
	if (kinds & 8)
		sim.knobs.io_error = (unsigned)(1 + sim_below(4)) * 100;
	sim.knobs.jumps = (kinds & 16) != 0;
}

/* The services lose nothing by a power failure, and their clock is right. */
static void
choose_cloud_knobs(void)
{
	uint64_t kinds = sim_below(32);

	if (kinds & 1)
		sim.knobs.kill = (unsigned)(1 + sim_below(4)) * 500;
	if (kinds & 2)
		sim.knobs.stall = (unsigned)(1 + sim_below(4)) * 100;
	if (kinds & 12)
		sim.knobs.cloud = (unsigned)(1 + sim_below(8)) * 4000;
	if (kinds & 8 && sim_below(4) == 0)
		sim.knobs.in_flight = 3;
	sim.knobs.skewed = (kinds & 16) != 0;
}

/* There in a build for tests/cover: what ran, as _exit() does not say it. */
void __gcov_dump(void) __attribute__((weak));

static bool ended;		/* before the power could fail */

typedef void run_fn(uint64_t seed, uint64_t at);

static void
run_seed(uint64_t seed, uint64_t at)
{
	int64_t until = (15 + (int64_t)(seed % 4) * 15) * SIM_SEC;

	(void)at;
	sim_begin(seed);
	sim_disk_begin();
	sim_vfs_begin();
	if (sim.aws)
		choose_cloud_knobs();
	else
		choose_knobs();
	sim_actors_begin(until);
	while (!sim_run(until + 10 * SIM_MIN) && sim.powered_off) {
		sim_model_look_all(true);
		sim_actors_restart();
	}
	sim.knobs = (struct sim_knobs){ 0 };
	sim_actors_close();
}

/* The power fails at operation ${at}, and nothing that was not synced is kept;
   by every third seed a beginning of it, or any. */
static void
run_script(uint64_t seed, uint64_t at)
{
	sim_begin(seed);
	sim_disk_begin();
	sim_vfs_begin();
	sim.script = true;
	sim.knobs.power_at = at;
	sim.knobs.lose = 1 + (unsigned)((seed - 1) % 3);
	sim_actors_script();
	sim_run(INT64_MAX - 1);
	ended = !sim.powered_off;
	if (ended)
		sim_power_off();
	sim.knobs = (struct sim_knobs){ 0 };
	sim_model_look_all(true);
	sim_actors_close();
}

/* Somebody is stopped at operation ${at} of a verb. */
static void
run_late(uint64_t seed, uint64_t at)
{
	sim_begin(seed);
	sim_disk_begin();
	sim_vfs_begin();
	sim.script = true;
	sim_late(at);
	sim_run(INT64_MAX - 1);
	ended = sim_late_ended();
	sim_actors_close();
}

/* In a child: what it leaks, and whatever it breaks, goes with it. */
static int
one(uint64_t seed, uint64_t at, run_fn *run)
{
	pid_t pid;
	const struct itimerval most = { .it_value = { SEED_SECONDS, 0 } };
	int status;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		setitimer(ITIMER_PROF, &most, NULL);
		alarm(20 * SEED_SECONDS);	/* it waits for something */
		run(seed, at);
		if (getenv("V") != NULL)
			printf("seed %llu: %zu tasks, %llu operations, %u kills,"
			    " %u power failures, %u errors\n",
			    (unsigned long long)seed, sim_ntasks,
			    (unsigned long long)sim.ops, sim.kills, sim.powers,
			    sim.errors);
		fflush(stdout);
		if (__gcov_dump != NULL)
			__gcov_dump();
		_exit(ended ? ALL_SEEN : 0);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return 1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == ALL_SEEN)
		return ALL_SEEN;
	if (WIFSIGNALED(status))
		printf("# seed %llu: %s (signal %d)\n",
		    (unsigned long long)seed, WTERMSIG(status) == SIGALRM ?
		    "hangs" : "is killed", WTERMSIG(status));
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* At each operation there is, or every so many, and one after the last; up to the
   first run that fails. */
static int
each_operation(uint64_t seed, uint64_t step, run_fn *run)
{
	uint64_t at;
	int rc;

	for (at = 1 + seed % step; (rc = one(seed, at, run)) == 0; at += step)
		;
	if (rc != ALL_SEEN)
		printf("# that was at operation %llu\n",
		    (unsigned long long)at);
	return rc != ALL_SEEN;
}

static bool
option(int *argc, char ***argv, const char *name)
{
	if (*argc < 2 || strcmp((*argv)[1], name) != 0)
		return false;
	++*argv;
	--*argc;
	return true;
}

int
main(int argc, char **argv)
{
	bool tap = option(&argc, &argv, "--tap");
	bool aws = option(&argc, &argv, "--aws");
	bool power = option(&argc, &argv, "--power");
	bool late = option(&argc, &argv, "--late");
	bool rate = option(&argc, &argv, "--rate");
	uint64_t step = power && argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	run_fn *run = power ? run_script : late ? run_late : run_seed;
	const char *what = power ? "a power failure at each operation" :
	    late ? "a stop at each operation" : aws ?
	    "the services" : "the world";
	uint64_t seed, runs, i;
	int bad = 0, failed;

	if (rate)
		return sim_rates(argc > 1 ? atoi(argv[1]) : 2, argc > 2 ?
		    argv[2] : "") != 0;
	sim.aws = aws;
	argv += power;
	argc -= power;
	if (step == 0)
		step = 1;
	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	runs = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	if (tap)
		printf("1..%llu\n", (unsigned long long)runs);
	for (i = 0; i < runs; i++) {
		bad += failed = power || late ? each_operation(seed + i, step,
		    run) : one(seed + i, 0, run);
		if (tap)
			printf("%s %llu - sim: %s of seed %llu\n",
			    failed ? "not ok" : "ok", (unsigned long long)i + 1,
			    what, (unsigned long long)(seed + i));
	}
	if (!tap)
		printf("%llu runs, %d failed\n", (unsigned long long)runs, bad);
	return bad != 0;
}

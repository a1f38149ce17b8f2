/*
 * tests/sim/main.c -- seeds, and what to do with them.
 *
 *	sim [--tap] SEED [RUNS]	so many runs from this seed on
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actors.h"
#include "model.h"
#include "world.h"

#define SEED_SECONDS	60	/* one takes a tenth; then it hangs */

/* What a seed meets: some have one kind of fault only, some all, some none. */
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

static void
run_seed(uint64_t seed)
{
	int64_t until = (15 + (int64_t)(seed % 4) * 15) * SIM_SEC;

	sim_begin(seed);
	sim_disk_begin();
	sim_vfs_begin();
	choose_knobs();
	sim_actors_begin(until);
	while (!sim_run(until + 10 * SIM_MIN) && sim.powered_off) {
		sim_model_look_all(true);
		sim_actors_restart();
	}
	sim.knobs = (struct sim_knobs){ 0 };
	sim_actors_close();
}

/* In a child: what it leaks, and whatever it breaks, goes with it. */
static int
one(uint64_t seed)
{
	pid_t pid;
	int status;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		alarm(SEED_SECONDS);
		run_seed(seed);
		if (getenv("V") != NULL)
			printf("seed %llu: %zu tasks, %llu operations, %u kills,"
			    " %u power failures, %u errors\n",
			    (unsigned long long)seed, sim_ntasks,
			    (unsigned long long)sim.ops, sim.kills, sim.powers,
			    sim.errors);
		fflush(stdout);
		_exit(0);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return 1;
	if (WIFSIGNALED(status))
		printf("# seed %llu: %s (signal %d)\n",
		    (unsigned long long)seed, WTERMSIG(status) == SIGALRM ?
		    "hangs" : "is killed", WTERMSIG(status));
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

int
main(int argc, char **argv)
{
	bool tap = argc > 1 && strcmp(argv[1], "--tap") == 0;
	uint64_t seed, runs, i;
	int bad = 0, failed;

	argv += tap;
	argc -= tap;
	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	runs = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	if (tap)
		printf("1..%llu\n", (unsigned long long)runs);
	for (i = 0; i < runs; i++) {
		bad += failed = one(seed + i);
		if (tap)
			printf("%s %llu - sim: the world of seed %llu\n",
			    failed ? "not ok" : "ok", (unsigned long long)i + 1,
			    (unsigned long long)(seed + i));
	}
	if (!tap)
		printf("%llu runs, %d failed\n", (unsigned long long)runs, bad);
	return bad != 0;
}

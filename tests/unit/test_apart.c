/* tests/unit/test_apart.c -- a function in a process of its own. */
#include "t.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/env.h"
#include "work/apart.h"

static int64_t
in(int64_t ms)
{
	return tq_boot_ms(&tq_env_system) + ms;
}

static int
write_and_end(void *arg)
{
	*(int *)arg = getpid();
	return 7;
}

static void
ends(void)
{
	int *seen = tq_apart_room(sizeof(*seen));

	T_INT(*seen, 0);
	T_INT(tq_apart(write_and_end, seen, &tq_env_system, in(60000)), 7);
	T_OK(*seen != 0 && *seen != getpid());
	T_INT(waitpid(-1, NULL, WNOHANG), -1);
	tq_apart_free(seen, sizeof(*seen));
}

/* Its child outlives it for as long as it lives; then both are there no more. */
static int
leave_a_child(void *arg)
{
	int *seen = arg;

	if ((seen[0] = fork()) == 0) {
		usleep(200000);
		seen[1] = 1;
		_exit(0);
	}
	return 0;
}

static void
waits_for_orphans(void)
{
	int *seen = tq_apart_room(2 * sizeof(*seen));

	T_INT(tq_apart(leave_a_child, seen, &tq_env_system, in(60000)), 0);
	T_INT(seen[1], 1);
	T_INT(waitpid(-1, NULL, WNOHANG), -1);
	tq_apart_free(seen, 2 * sizeof(*seen));
}

static int
sleep_long(void *arg)
{
	*(int *)arg = 1;
	sleep(600);
	return 0;
}

static int
die(void *arg)
{
	(void)arg;
	kill(getpid(), SIGKILL);
	return 0;
}

static void
is_killed(void)
{
	int *seen = tq_apart_room(sizeof(*seen));
	int64_t begin = in(0);

	T_INT(tq_apart(sleep_long, seen, &tq_env_system, in(300)), -1);
	T_OK(in(0) - begin >= 300);
	T_INT(waitpid(-1, NULL, WNOHANG), -1);
	T_INT(tq_apart(die, seen, &tq_env_system, in(60000)), -1);
	tq_apart_free(seen, sizeof(*seen));
}

T_MAIN(
	{ "it returns what the function did, and shares memory", ends },
	{ "it waits for what the function has left", waits_for_orphans },
	{ "at its end it is killed, and one that died is -1", is_killed },
)

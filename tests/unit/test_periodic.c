/* tests/unit/test_periodic.c -- a thread that works in rounds. */
#include "t.h"

#include "util/env.h"
#include "util/periodic.h"
#include "util/thread.h"

#define MINUTE	60000

struct work {
	struct tq_periodic p;
	pthread_cond_t	 moved;		/* of what is below */
	int		 begun, done;
	int64_t		 pause;		/* what a round returns */
	bool		 held;		/* a round waits until this is false */
};

static int64_t
a_round(void *arg)
{
	struct work *w = arg;

	w->begun++;
	pthread_cond_broadcast(&w->moved);
	while (w->held)
		pthread_cond_wait(&w->moved, &w->p.lock);
	w->done++;
	pthread_cond_broadcast(&w->moved);
	return w->pause;
}

static struct work *
start(int64_t ms, int64_t pause, bool held)
{
	static struct work w;

	w = (struct work){ .moved = PTHREAD_COND_INITIALIZER, .pause = pause,
	    .held = held };
	if (tq_periodic_start(&w.p, ms, a_round, &w) != 0)
		exit(1);
	return &w;
}

/* Wait until ${what} is at least ${n}; the lock is held. */
static bool
until(struct work *w, const int *what, int n)
{
	while (*what < n)
		if (!tq_cond_wait(&w->moved, &w->p.lock, MINUTE))
			return false;
	return true;
}

static void
let_go(struct work *w)
{
	pthread_mutex_lock(&w->p.lock);
	w->held = false;
	pthread_cond_broadcast(&w->moved);
	pthread_mutex_unlock(&w->p.lock);
}

static void
test_rounds_come_at_their_times(void)
{
	int64_t since = tq_mono_us();
	struct work *w = start(20, 10, false);

	pthread_mutex_lock(&w->p.lock);
	T_OK(until(w, &w->done, 3));
	T_OK(tq_mono_us() - since >= 40000);
	pthread_mutex_unlock(&w->p.lock);
	T_OK(tq_periodic_stop(&w->p, MINUTE));
	tq_periodic_free(&w->p);
}

static void
test_a_wait_is_ended_by_a_stop(void)
{
	static const int64_t waits[] = { TQ_UNTIL_WOKEN, 60 * MINUTE };
	struct work *w;
	size_t i;

	for (i = 0; i < 2; i++) {
		w = start(waits[i], waits[i], false);
		T_OK(tq_periodic_stop(&w->p, TQ_UNTIL_WOKEN));
		T_INT(w->begun, 0);
		tq_periodic_free(&w->p);

		w = start(0, waits[i], false);
		pthread_mutex_lock(&w->p.lock);
		T_OK(until(w, &w->done, 1));
		pthread_mutex_unlock(&w->p.lock);
		T_OK(tq_periodic_stop(&w->p, TQ_UNTIL_WOKEN));
		T_INT(w->begun, 1);
		tq_periodic_free(&w->p);
	}
}

static void
test_a_wake_ends_a_wait(void)
{
	struct work *w = start(TQ_UNTIL_WOKEN, 60 * MINUTE, false);
	int n;

	pthread_mutex_lock(&w->p.lock);
	for (n = 1; n <= 3; n++) {
		tq_periodic_wake(&w->p);
		T_OK(until(w, &w->done, n));
		T_INT(w->done, n);
	}
	pthread_mutex_unlock(&w->p.lock);
	T_OK(tq_periodic_stop(&w->p, TQ_UNTIL_WOKEN));
	T_INT(w->done, 3);
	tq_periodic_free(&w->p);
}

static void
test_wakes_during_a_round_are_one_more(void)
{
	struct work *w = start(0, TQ_UNTIL_WOKEN, true);
	int i;

	pthread_mutex_lock(&w->p.lock);
	T_OK(until(w, &w->begun, 1));
	for (i = 0; i < 5; i++)
		tq_periodic_wake(&w->p);
	pthread_mutex_unlock(&w->p.lock);
	let_go(w);
	pthread_mutex_lock(&w->p.lock);
	T_OK(until(w, &w->done, 2));
	/* A third would be under way as soon as the lock is let go. */
	tq_cond_wait(&w->moved, &w->p.lock, 20);
	T_INT(w->begun, 2);
	pthread_mutex_unlock(&w->p.lock);
	T_OK(tq_periodic_stop(&w->p, TQ_UNTIL_WOKEN));
	tq_periodic_free(&w->p);
}

static void
test_a_stop_waits_for_the_round_in_progress(void)
{
	struct work *w = start(0, 1, false);

	pthread_mutex_lock(&w->p.lock);
	T_OK(until(w, &w->done, 2));
	pthread_mutex_unlock(&w->p.lock);
	T_OK(tq_periodic_stop(&w->p, TQ_UNTIL_WOKEN));
	T_INT(w->begun, w->done);
	tq_periodic_free(&w->p);
}

static void
test_a_round_that_takes_long_is_left(void)
{
	/* Not on the stack: it is used after this. */
	struct work *w = start(0, 0, true);

	pthread_mutex_lock(&w->p.lock);
	T_OK(until(w, &w->begun, 1));
	pthread_mutex_unlock(&w->p.lock);
	T_OK(!tq_periodic_stop(&w->p, 5));
	let_go(w);
	pthread_mutex_lock(&w->p.lock);
	T_OK(until(w, &w->done, 1));
	tq_cond_wait(&w->moved, &w->p.lock, 20);
	T_INT(w->begun, 1);
	pthread_mutex_unlock(&w->p.lock);
}

T_MAIN(
    { "rounds come at their times", test_rounds_come_at_their_times },
    { "a stop ends a wait, and no round comes of it",
	test_a_wait_is_ended_by_a_stop },
    { "a wake ends a wait", test_a_wake_ends_a_wait },
    { "wakes during a round are one more round",
	test_wakes_during_a_round_are_one_more },
    { "a stop waits for the round in progress",
	test_a_stop_waits_for_the_round_in_progress },
    { "a round that takes long is left, and is the last",
	test_a_round_that_takes_long_is_left })

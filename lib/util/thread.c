/*
 * lib/util/thread.c -- see thread.h.
 */
#include "util/thread.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "util/env.h"

#define LOOK_US	1000	/* between looks whether a thread has ended */

int
tq_thread_start(pthread_t *t, void *(*run)(void *), void *arg)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
	    SIGSYS, SIGTRAP };
	sigset_t others, old;
	size_t i;
	int rc;

	sigfillset(&others);
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&others, own[i]);
	pthread_sigmask(SIG_BLOCK, &others, &old);
	rc = pthread_create(t, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

/* pthread_timedjoin_np(3) goes by the clock that people set. */
bool
tq_thread_join(pthread_t t, int64_t ms)
{
	static const struct timespec nap = { 0, LOOK_US * 1000 };
	int64_t end = tq_mono_us() + ms * 1000;

	while (pthread_tryjoin_np(t, NULL) == EBUSY) {
		if (tq_mono_us() >= end)
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}

bool
tq_cond_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t ms)
{
	int64_t us = tq_mono_us() + ms * 1000;
	struct timespec end = { us / 1000000, us % 1000000 * 1000 };

	return pthread_cond_clockwait(c, lock, CLOCK_MONOTONIC, &end) !=
	    ETIMEDOUT;
}

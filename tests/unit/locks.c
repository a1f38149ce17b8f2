/*
 * tests/unit/locks.c -- linked into each unit test: a thread that gives up a lock
 * that it does not hold ends the test.
 *
 * A lock that is not taken is a race that no test loses; but the thread that forgot
 * it unlocks it, or waits with it, and that can be seen.  So can a wait by a clock
 * that can be set.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int __real_pthread_mutex_unlock(pthread_mutex_t *m);
int __real_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m);
int __real_pthread_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m,
    clockid_t clock, const struct timespec *until);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *m);
int __wrap_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m);
int __wrap_pthread_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m,
    clockid_t clock, const struct timespec *until);

static void
must_hold(const pthread_mutex_t *m)
{
#ifdef __GLIBC__
	/* The kernel's id of the thread that locked it; 0: nobody. */
	if (m->__data.__owner == gettid())
		return;
	fprintf(stderr, "a lock is given up by a thread that has not got it\n");
	abort();
#else
	(void)m;
#endif
}

int
__wrap_pthread_mutex_unlock(pthread_mutex_t *m)
{
	must_hold(m);
	return __real_pthread_mutex_unlock(m);
}

int
__wrap_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	must_hold(m);
	return __real_pthread_cond_wait(c, m);
}

int
__wrap_pthread_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m,
    clockid_t clock, const struct timespec *until)
{
	must_hold(m);
	if (clock != CLOCK_MONOTONIC) {
		fprintf(stderr, "a wait by a clock that can be set\n");
		abort();
	}
	return __real_pthread_cond_clockwait(c, m, clock, until);
}

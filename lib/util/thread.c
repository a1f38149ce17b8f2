/*
 * lib/util/thread.c -- see thread.h.
 */
#include "util/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

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

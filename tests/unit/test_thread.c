/* tests/unit/test_thread.c */
#include <pthread.h>
#include <signal.h>

#include "t.h"
#include "util/thread.h"

static void *
mask_of(void *set)
{
	pthread_sigmask(SIG_BLOCK, NULL, set);
	return set;
}

static void
test_signals_are_for_the_thread_that_works(void)
{
	static const int others[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD,
	    SIGWINCH, SIGUSR1, SIGPIPE };
	sigset_t theirs, before, after;
	pthread_t t;
	size_t i;
	int sig;

	mask_of(&before);
	T_MUST(tq_thread_start(&t, mask_of, &theirs) == 0);
	T_INT(pthread_join(t, NULL), 0);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		T_INT(sigismember(&theirs, others[i]), 1);
	T_INT(sigismember(&theirs, SIGSEGV), 0);
	T_INT(sigismember(&theirs, SIGBUS), 0);
	mask_of(&after);
	for (sig = 1; sig <= SIGRTMAX; sig++)
		T_INT(sigismember(&after, sig), sigismember(&before, sig));
}

T_MAIN(
    { "signals are for the thread that works, but for those of a fault",
	test_signals_are_for_the_thread_that_works })

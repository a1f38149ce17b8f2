/* tests/unit/test_thread.c */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t.h"
#include "util/env.h"
#include "util/thread.h"

#define MINUTE	60000

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

struct door {
	pthread_mutex_t	 lock;
	pthread_cond_t	 opened;
	bool		 open;
};

static void *
open_it(void *arg)
{
	struct door *d = arg;

	pthread_mutex_lock(&d->lock);
	d->open = true;
	pthread_cond_broadcast(&d->opened);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

static void *
go_through(void *arg)
{
	struct door *d = arg;

	pthread_mutex_lock(&d->lock);
	while (!d->open)
		pthread_cond_wait(&d->opened, &d->lock);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

static void
test_a_wait_ends_when_its_time_is_up_or_it_is_woken(void)
{
	struct door d = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER,
	    false };
	int64_t since = tq_mono_us();
	pthread_t t;

	pthread_mutex_lock(&d.lock);
	while (tq_cond_wait(&d.opened, &d.lock, 20))
		;
	T_OK(tq_mono_us() - since >= 20000);
	T_MUST(tq_thread_start(&t, open_it, &d) == 0);
	while (!d.open && tq_cond_wait(&d.opened, &d.lock, MINUTE))
		;
	T_OK(d.open);
	pthread_mutex_unlock(&d.lock);
	T_OK(tq_thread_join(t, MINUTE));
}

static void
test_a_thread_is_waited_for_only_so_long(void)
{
	struct door d = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER,
	    false };
	int64_t since = tq_mono_us();
	pthread_t t;

	T_MUST(tq_thread_start(&t, go_through, &d) == 0);
	T_OK(!tq_thread_join(t, 5));
	T_OK(tq_mono_us() - since >= 5000);
	open_it(&d);
	T_OK(tq_thread_join(t, MINUTE));
}

/* How a process ends that gives up a lock; ${held}: which it has. */
static int
end_of(bool held)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		(void)!freopen("/dev/null", "w", stderr);
		if (held)
			pthread_mutex_lock(&m);
		pthread_mutex_unlock(&m);
		_exit(0);
	}
	return pid == -1 || waitpid(pid, &status, 0) == -1 ? -1 : status;
}

static void
test_locks_are_seen(void)
{
	T_INT(end_of(true), 0);
#ifdef __GLIBC__
	T_OK(WIFSIGNALED(end_of(false)));
#endif
}

T_MAIN(
    { "signals are for the thread that works, but for those of a fault",
	test_signals_are_for_the_thread_that_works },
    { "a wait ends when its time is up, or when it is woken",
	test_a_wait_ends_when_its_time_is_up_or_it_is_woken },
    { "a thread is waited for only so long",
	test_a_thread_is_waited_for_only_so_long },
    { "a unit test ends where a lock is given up that nobody took",
	test_locks_are_seen })

/*
 * lib/util/thread.h -- a thread beside the one that works, and waits that no
 * change of the system's clock makes longer or shorter.
 */
#ifndef TQ_UTIL_THREAD_H
#define TQ_UTIL_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * tq_thread_start(t, run, arg):
 * Run run(arg) in a thread, *${t}, that takes no signals: those are for the
 * thread that works, whose calls they interrupt.  Signals of its own faults
 * (SIGSEGV, ...) it takes.  The caller joins or detaches it.  Returns 0, or an
 * error of errno(3) as pthread_create(3) does.
 */
int tq_thread_start(pthread_t *t, void *(*run)(void *), void *arg);

/*
 * tq_thread_join(t, ms):
 * Wait up to ${ms} for the end of ${t}.  Returns whether it has ended; if not, it
 * is still to be joined or detached.
 */
bool tq_thread_join(pthread_t t, int64_t ms);

/*
 * tq_cond_wait(c, lock, ms):
 * Wait for ${c}, as pthread_cond_wait(3) does, but no longer than ${ms}.  Returns
 * false when they have passed.
 */
bool tq_cond_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t ms);

#endif

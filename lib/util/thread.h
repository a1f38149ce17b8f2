/*
 * lib/util/thread.h -- a thread beside the one that works.
 */
#ifndef TQ_UTIL_THREAD_H
#define TQ_UTIL_THREAD_H

#include <sys/types.h>

/*
 * tq_thread_start(t, run, arg):
 * Run run(arg) in a thread, *${t}, that takes no signals: those are for the
 * thread that works, whose calls they interrupt.  Signals of its own faults
 * (SIGSEGV, ...) it takes.  The caller joins or detaches it.  Returns 0, or an
 * error of errno(3) as pthread_create(3) does.
 */
int tq_thread_start(pthread_t *t, void *(*run)(void *), void *arg);

#endif

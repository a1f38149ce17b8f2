/*
 * lib/work/bell.h -- threads that sleep in tq_store_wait_ready(), one per
 * queue, so that the loop can sleep in epoll.  They do nothing else.
 */
#ifndef TQ_BELL_H
#define TQ_BELL_H

#include <stddef.h>
#include <stdint.h>

struct tq_store; struct tq_bells; struct tq_err;

/*
 * tq_bells_new(st, queues, n, fd, err): ${fd}, an eventfd, is written when
 * one rings.  All signals are blocked in the threads.  NULL with ${err}.
 */
struct tq_bells *tq_bells_new(struct tq_store *st, const char *const *queues,
    size_t n, int fd, struct tq_err *err);

/* tq_bells_arm(b, i, bell): ring when queue ${i}'s bell is not ${bell}. */
void tq_bells_arm(struct tq_bells *b, size_t i, uint64_t bell);

/* tq_bells_rang(b, i): has it rung since it was armed?  Disarms it. */
int tq_bells_rang(struct tq_bells *b, size_t i);

/* tq_bells_free(b): end the threads. */
void tq_bells_free(struct tq_bells *b);

#endif

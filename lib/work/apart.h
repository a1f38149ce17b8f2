/*
 * lib/work/apart.h -- a function that runs in a process of its own, of which
 * nothing is left: no thread, no connection, no child.
 */
#ifndef TQ_APART_H
#define TQ_APART_H

#include <stddef.h>
#include <stdint.h>

struct tq_env;

/*
 * tq_apart(fn, arg, env, by):
 * Call ${fn} in a fork of this process, which must have one thread, and wait
 * until that and all that it started has ended; at ${by} (boot_ms) it is
 * killed.  Returns what ${fn} did (0..255), or -1 when it was killed or
 * could not be started.  What ${fn} writes, it writes into shared memory
 * (tq_apart_room()).  The caller becomes the reaper of its orphans.
 */
int tq_apart(int (*fn)(void *arg), void *arg, const struct tq_env *env,
    int64_t by);

/* tq_apart_room(n), tq_apart_free(p, n): ${n} zeroed bytes that both see; ends
   the process when there are none, as tq_must(). */
void *tq_apart_room(size_t n);
void tq_apart_free(void *p, size_t n);

#endif

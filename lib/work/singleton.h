/* lib/work/singleton.h -- one worker of a name on this machine. */
#ifndef TQ_SINGLETON_H
#define TQ_SINGLETON_H

struct tq_env; struct tq_err;

/*
 * tq_singleton(env, name, err): take the lock NAME: its descriptor, -2 when
 * another worker has it, -1 with ${err} (stage config).
 */
int tq_singleton(const struct tq_env *env, const char *name,
    struct tq_err *err);

#endif

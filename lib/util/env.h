/* lib/util/env.h -- time, randomness and the environment, as arguments. */
#ifndef TQ_ENV_H
#define TQ_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a request cost, in halves of the service's units; zeros: not told. */
struct tq_units {
	int64_t		 reads, writes;
	int64_t		 index;		/* of those, in indexes */
	int64_t		 guessed;	/* written all the same, when it failed:
					   an estimate, in none of the others */
};

/* A request that was made, however often it was tried. */
struct tq_called {
	const char	*what;		/* "sqs SendMessage"; static */
	int		 tries;
	int		 status;	/* HTTP, of the last try; 0: no answer */
	int64_t		 took_ms;	/* the last try */
	const char	*code;		/* the service's word for a failure; "" */
	const char	*request_id;	/* what its support asks for; "" */
	struct tq_units	 units;
};

struct tq_sys;

/*
 * The outside world, as the library sees it.  Made once by the tools
 * (tq_env_system) and replaced by tests.  Functions must be callable from
 * any thread.
 */
struct tq_env {
	/* Milliseconds since 1970, UTC; may jump. */
	int64_t		(*wall_ms)(void *arg);
	/* Milliseconds of CLOCK_BOOTTIME: never jumps, counts suspend. */
	int64_t		(*boot_ms)(void *arg);
	/* Fill buf with n random bytes; does not fail. */
	void		(*random)(void *arg, void *buf, size_t n);
	/* Names this boot of this machine; a C string that stays valid. */
	const char *	(*boot_id)(void *arg);
	/* An environment variable, or NULL when unset or empty. */
	const char *	(*get)(void *arg, const char *name);
	void		*arg;
	/* Files, locks and sleep (sys.h).  NULL: the system's own. */
	const struct tq_sys *sys;
	/*
	 * Told of each request that was made to a remote service, from the
	 * thread that made it.  NULL: nobody counts them.
	 */
	void		(*called)(void *arg, const struct tq_called *);
	/* Ask, too, what they cost, where that can be asked. */
	bool		 units;
	/*
	 * Is the user waiting for us to end?  What takes long, as a copy or a
	 * request that is not answered, is then given up with TQ_E_INTR.  NULL:
	 * nobody will be.
	 */
	bool		(*stop)(void *arg);
};

extern const struct tq_env tq_env_system;

/* Shorthands. */
int64_t tq_wall_ms(const struct tq_env *env);
int64_t tq_boot_ms(const struct tq_env *env);
void tq_random(const struct tq_env *env, void *buf, size_t n);
uint64_t tq_random_u64(const struct tq_env *env);
const char *tq_getenv(const struct tq_env *env, const char *name);
bool tq_stopped(const struct tq_env *env);

/* tq_mono_us(): CLOCK_MONOTONIC in microseconds, to measure with. */
int64_t tq_mono_us(void);

#endif

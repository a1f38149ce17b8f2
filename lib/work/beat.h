/* lib/work/beat.h -- signs of life of the loop, for whoever restarts workers. */
#ifndef TQ_BEAT_H
#define TQ_BEAT_H

#include <stdint.h>

struct tq_env;
struct tq_err;

struct tq_beat {
	const char	*file;		/* of --heartbeat, borrowed; or NULL */
	int64_t		 every;		/* boot clock, ms; 0: nobody listens */
	int64_t		 at;		/* when the next one is due */
};

/*
 * tq_beat_init(b, file, env, now, err):
 * Listeners are systemd's watchdog, if WATCHDOG_USEC is set (half of it is the
 * interval), and whoever looks at the age of ${file}, which is made here.
 * Fails when it can't be made, with stage config.
 */
int tq_beat_init(struct tq_beat *b, const char *file, const struct tq_env *env,
    int64_t now, struct tq_err *err);

/* tq_beat(b, env, now): give a sign if one is due; when the next one is. */
int64_t tq_beat(struct tq_beat *b, const struct tq_env *env, int64_t now);

/* tq_beat_end(b): take the file away: nothing is alive that could be late. */
void tq_beat_end(struct tq_beat *b);

#endif

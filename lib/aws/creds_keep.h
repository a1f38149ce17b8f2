/*
 * lib/aws/creds_keep.h -- credentials that are kept fresh, for all threads of
 * a process.
 *
 * To find some may take a minute, and one thread does it at a time.  While the
 * old ones are valid nobody waits for that: in their last fifteen minutes a
 * thread is started that asks, and all go on with what they have.  Callers wait
 * when there are none yet, when they have ended, and when a service refuses
 * them.
 */
#ifndef TQ_AWS_CREDS_KEEP_H
#define TQ_AWS_CREDS_KEEP_H

#include <pthread.h>

#include "aws/creds.h"
#include "util/err.h"

struct tq_env;

#define TQ_CREDS_EARLY_MS	(15 * 60 * 1000) /* refresh if it works */
#define TQ_CREDS_RETRY_MS	(60 * 1000)	/* from a search to the next */
#define TQ_CREDS_SAME_MS	(5 * 1000)	/* when they are refused */
#define TQ_CREDS_STABLE_MS	(5 * 60 * 1000)	/* an instance's: see below */

/* Does and returns what tq_creds_find() does, from any thread. */
typedef int tq_creds_finder(void *arg, struct tq_creds *out,
    struct tq_err *err);

struct tq_creds_keep {
	const struct tq_env *env;
	tq_creds_finder	*find;
	void		*arg;
	pthread_mutex_t	 lock;		/* of all below */
	pthread_cond_t	 ended;		/* a search has */
	struct tq_creds	 now;		/* key_id NULL: none */
	struct tq_err	 why;		/* of the last search */
	int64_t		 early_ms;	/* no early search before this */
	int64_t		 same_ms;	/* until then nothing else is found */
	bool		 asking;	/* a search is under way */
	bool		 beside;	/* ${thread} is to be joined */
	pthread_t	 thread;
};

/* tq_creds_keep_init(k, env, find, arg): all borrowed; nothing is found yet. */
void tq_creds_keep_init(struct tq_creds_keep *k, const struct tq_env *env,
    tq_creds_finder *find, void *arg);

/*
 * tq_creds_keep_get(k, out, err):
 * Copy into ${out} credentials that are valid now.  A search that fails
 * matters only once the old ones have ended; for those of an EC2 instance
 * not even then: Amazon asks clients to go on with them.  Returns 0, or -1 as
 * tq_creds_find() does.
 */
int tq_creds_keep_get(struct tq_creds_keep *k, struct tq_creds *out,
    struct tq_err *err);

/*
 * tq_creds_keep_refused(k, used, err):
 * A service calls ${used} ended or unknown: find others, unless that has been
 * done since they were given out.  Returns 1 when there are others, 0 when
 * the same were found, now or in the last five seconds, -1 as tq_creds_find().
 */
int tq_creds_keep_refused(struct tq_creds_keep *k,
    const struct tq_creds *used, struct tq_err *err);

/*
 * tq_creds_keep_free(k): wiped.  Waits for a search that is under way: the
 * caller sees to it that ${find} returns.
 */
void tq_creds_keep_free(struct tq_creds_keep *k);

#endif

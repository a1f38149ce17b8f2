/*
 * lib/aws/call_inside.h -- a client from the inside.  From below: shared.c,
 * bucket.c, judge.c, gate.c, client.c, call.c, account.c.
 */
#ifndef TQ_AWS_CALL_INSIDE_H
#define TQ_AWS_CALL_INSIDE_H

#include <pthread.h>

#include "aws/call.h"
#include "aws/circuit.h"
#include "aws/config.h"
#include "aws/creds_keep.h"
#include "aws/retry.h"
#include "aws/sigv4.h"

#define BUCKETS_MAX	16

/* The part that clients share; the lock is for mem and for all that changes. */
struct shared {
	struct shared	*next;		/* of all that are in use */
	int		 users;
	pthread_mutex_t	 lock;
	const struct tq_env *env;
	struct tq_aws_opts opts;
	struct tq_arena	 mem;
	struct tq_aws_config config;	/* as it was in the beginning */
	struct tq_aws_setup setup;
	const char	*region, *s3_style, *ca_bundle;
	int		 attempts;	/* 0: the default */
	struct {
		const char *base;
		bool	    custom;
	} endpoint[TQ_AWS_SERVICE_MAX];
	struct tq_creds_io io;
	struct tq_creds_keep keep;
	struct tq_http	*http;		/* the providers' own */
	int		 stop_fd;	/* readable: end a search */
	struct {
		const char *name, *region, *base;
	} bucket[BUCKETS_MAX];
	size_t		 nbuckets;
	const char	*account;	/* NULL: not asked yet */
	struct tq_circuit circuit[TQ_AWS_SERVICE_MAX];
};

struct tq_aws {
	struct shared	*s;
	struct tq_aws_opts opts;	/* explain, perform, sleep; arg */
	struct tq_http	*http;
	struct tq_retry	 retry[TQ_AWS_SERVICE_MAX];
	struct tq_sigv4_cache keys;
	int		 wake_fd;	/* an eventfd: ends a sleep */
	char		 hot_index[64];	/* see tq_aws_index_hot() */
};

/*
 * tq_aws_shared_get(opts, out, err): what another client with such options
 * has, or a new one; fails as tq_aws_new().  Not under test.
 * tq_aws_shared_ref(s), tq_aws_shared_drop(s): one user more, one less; the
 * last one's drop frees it.
 */
int tq_aws_shared_get(const struct tq_aws_opts *opts, struct shared **out,
    struct tq_err *err);
void tq_aws_shared_ref(struct shared *s);
void tq_aws_shared_drop(struct shared *s);

/*
 * tq_aws_creds(a, out, err): a copy of what is valid now, to be freed.
 * tq_aws_creds_refused(a, used, err): tq_creds_keep_refused().
 */
int tq_aws_creds(struct tq_aws *a, struct tq_creds *out, struct tq_err *err);
int tq_aws_creds_refused(struct tq_aws *a, const struct tq_creds *used,
    struct tq_err *err);

/*
 * tq_aws_bucket_follow(a, c):
 * Does the answer to ${c} say that its bucket is in another region?  Then point
 * the request there.  Once a call: or two regions would play ping-pong.
 */
bool tq_aws_bucket_follow(struct tq_aws *a, struct tq_aws_call *c);

/*
 * tq_aws_admits(a, c): may it be sent?  If not, the service is known not to
 * answer: ${c}->err says so, and a long poll has a time to wait for first.
 * tq_aws_gives_up(a, c): after tq_aws_judge(): is it of no use to try again?
 */
bool tq_aws_admits(struct tq_aws *a, struct tq_aws_call *c);
bool tq_aws_gives_up(struct tq_aws *a, const struct tq_aws_call *c);

/*
 * tq_aws_judge(c): what the answer is, with ${c}->fault and ->err filled if it
 * is bad.
 */
enum tq_retry_kind tq_aws_judge(struct tq_aws_call *c);

#endif

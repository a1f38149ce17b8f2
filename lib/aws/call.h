/*
 * lib/aws/call.h -- the one place that does AWS requests: credentials,
 * signature, sending, retries, errors.
 *
 *	struct tq_aws_call c = { .service = TQ_AWS_SQS,
 *	    .what = "sqs SendMessage" };
 *	tq_sqs_send(&c.req, tq_aws_base(a, TQ_AWS_SQS), url, &m, &err);
 *	tq_aws_call(a, &c, 1);
 *	if (c.err.code == TQ_OK) tq_sqs_sent(&c.res, ...);
 *	tq_aws_call_free(&c);
 */
#ifndef TQ_AWS_CALL_H
#define TQ_AWS_CALL_H

#include <sys/types.h>

#include "aws/endpoint.h"
#include "aws/fault.h"
#include "aws/request.h"
#include "net/http.h"
#include "util/err.h"

struct tq_aws;
struct tq_aws_call;
struct tq_s3_bucket;

/* Zero and NULL stand for the default. */
struct tq_aws_opts {
	const struct tq_env *env;	/* needed */
	const char	*region;	/* else as tq_aws_region() finds it */
	const char	*user_agent;
	int		 attempts;	/* else AWS_MAX_ATTEMPTS, else 3 or 4 */
	size_t		 conns;		/* requests at a time */
	/*
	 * Called with each call that failed, before tq_aws_call() returns:
	 * may put call->err into the words of the caller's users.
	 */
	void		(*explain)(void *arg, struct tq_aws_call *call);
	/* For tests, which have no network and no time to sleep. */
	size_t		(*perform)(void *arg, const struct tq_http_req *reqs,
			    size_t n, struct tq_http_res *res);
	void		(*sleep)(void *arg, int64_t ms);
	void		*arg;
};

/*
 * tq_aws_new(opts, out, err):
 * A client, for one thread at a time: reads the config files, decides region
 * and endpoints.  Asks nobody, but for an instance's region where none is set;
 * credentials are found at the first call.  The process is undumpable from now
 * on (util/secret.h).
 * Fails with stage config or send: TQ_E_CONFIG, TQ_E_NOMEM, TQ_E_IO.
 * tq_aws_sibling(a, out, err):
 * Another one, for another thread or for long polls, that shares ${a}'s
 * options, and has connections and retry quota of its own.
 * Clients of a process with the same options share config and credentials,
 * whichever way they were made: a provider is asked once for all of them.
 */
int tq_aws_new(const struct tq_aws_opts *opts, struct tq_aws **out,
    struct tq_err *err);
int tq_aws_sibling(struct tq_aws *a, struct tq_aws **out,
    struct tq_err *err);

/* tq_aws_ca(a): the file of certificates that it trusts; NULL: the system's. */
const char *tq_aws_ca(const struct tq_aws *a);

/*
 * tq_aws_who(a, source, expires_ms, err):
 * Whose requests these are: the provider that the credentials came from
 * ("environment", "instance"; static) and when they end (0: never).  Returns
 * 0, or -1 as tq_creds_find().
 */
int tq_aws_who(struct tq_aws *a, const char **source, int64_t *expires_ms,
    struct tq_err *err);

/*
 * tq_aws_account(a, account, err):
 * Set ${account} to the account that the calls are made in, which lives as long
 * as ${a}: as the credentials tell, AWS_ACCOUNT_ID, or what STS answers
 * (GetCallerIdentity, which needs no permission; asked once).  NULL when there
 * is none to speak of: S3 is not Amazon's, and neither is an STS named for it.
 * Returns 0, or -1 as tq_aws_call() fails.
 */
int tq_aws_account(struct tq_aws *a, const char **account,
    struct tq_err *err);

/*
 * tq_aws_silent(a, service): is it known not to answer?  Then calls to it fail
 * at once, but for one now and then (circuit.h).
 */
bool tq_aws_silent(struct tq_aws *a, enum tq_aws_service service);

/*
 * tq_aws_index_hot(a, index): since this was asked last, was a write of ${a}
 * throttled because a partition of ${index} took no more?  Whether it was done
 * by a later try or not.
 */
bool tq_aws_index_hot(struct tq_aws *a, const char *index);

/* tq_aws_free(a): the last of the siblings wipes the credentials. */
void tq_aws_free(struct tq_aws *a);

/* tq_aws_base(a, service): its endpoint, for the builders. */
const char *tq_aws_base(const struct tq_aws *a, enum tq_aws_service service);

/* tq_aws_custom(a, service): is that not Amazon's own, but a configured one? */
bool tq_aws_custom(const struct tq_aws *a, enum tq_aws_service service);

/* tq_aws_region_of(a): where the calls go. */
const char *tq_aws_region_of(const struct tq_aws *a);

/*
 * tq_aws_now(a): wall-clock milliseconds as the service sees them;
 * tq_aws_ahead(a): by how much that is known to be more than our own clock's.
 */
int64_t tq_aws_now(const struct tq_aws *a);
int64_t tq_aws_ahead(const struct tq_aws *a);

/*
 * tq_aws_bucket(a, name, out, err):
 * How to address a bucket, in the region where it was last found.  ${name} is
 * borrowed; the rest lives as long as ${a}.  Whoever's it is: ${out}->owner is
 * for the caller to set.
 */
int tq_aws_bucket(struct tq_aws *a, const char *name,
    struct tq_s3_bucket *out, struct tq_err *err);

/*
 * tq_aws_presign(a, bucket, method, key, seconds, out, err),
 * tq_aws_presign_new(a, bucket, key, size, seconds, out, err): s3.h's.
 */
int tq_aws_presign(struct tq_aws *a, const struct tq_s3_bucket *b,
    const char *method, const char *key, int64_t seconds, struct tq_buf *out,
    struct tq_err *err);
int tq_aws_presign_new(struct tq_aws *a, const struct tq_s3_bucket *b,
    const char *key, int64_t size, int64_t seconds, struct tq_buf *out,
    struct tq_err *err);

struct tq_aws_call {
	/* Filled by the caller. */
	enum tq_aws_service service;
	const char	*what;		/* "sqs SendMessage"; static */
	struct tq_aws_req req;
	int64_t		 timeout_ms;	/* of one try; 0: the default */
	bool		 long_poll;
	const char	*bucket;	/* S3: to follow it to its region */
	bool		 to_fd;		/* as struct tq_http_req has it; */
	int		 fd;		/* a retry cuts it back */

	/* Filled by tq_aws_call(). */
	struct tq_http_res res;
	struct tq_aws_fault fault;	/* the service's own words */
	struct tq_err	 err;		/* TQ_OK: res.status is 2xx */
	int		 tries;
	bool		 repeated;	/* a try may have been done without our
					   knowing */

	/* tq_aws_call()'s own. */
	struct {
		bool	 done, moved;
		int64_t	 begun_ms, due_ms, skew_ms;
		off_t	 fd_at;
		const char *region;
		char	 id[37];	/* of all its tries */
		int	 attempt, taken;
		bool	 renewed, reset;
	} now;
};

/*
 * tq_aws_call(a, calls, n):
 * Do all, as many at a time as there are connections, each until it
 * succeeds or is not worth another try.  Every try is signed anew.  While a
 * service is silent for all of this process (circuit.h) calls to it fail at once.  Returns
 * how many failed: their err is set, as tq_aws_fault_err() does, or
 *	TQ_E_UNAVAILABLE, TQ_E_TIMEOUT   no answer
 *	TQ_E_CORRUPT			 an answer that its checksum denies
 *	TQ_E_INTR			 tq_aws_wake()
 * and what tq_creds_find() fails with (stage creds; nothing was sent).
 * A failed condition with ${repeated} may be our own earlier try's doing;
 * libcurl may repeat a request too: recognise your own writes in any case.
 * env->called is told of each call that was sent.
 */
size_t tq_aws_call(struct tq_aws *a, struct tq_aws_call *calls, size_t n);

/* tq_aws_call_free(c): request and answer; a zeroed one is fine. */
void tq_aws_call_free(struct tq_aws_call *c);

/*
 * tq_aws_wake(a): from any thread or a signal's: the tq_aws_call() that runs,
 * or else the next one, ends at once.
 */
void tq_aws_wake(struct tq_aws *a);

#endif

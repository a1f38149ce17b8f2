/*
 * lib/aws/retry.h -- whether to try again, and when: the "standard" mode of
 * the AWS SDKs as of November 2026.  Pure: time and chance come in.
 *
 * Retries draw on a bucket that all calls of a client share, so that a
 * service in trouble is not buried under them.
 */
#ifndef TQ_AWS_RETRY_H
#define TQ_AWS_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#define TQ_RETRY_BUCKET		500
#define TQ_RETRY_COST		14	/* of a retry after a transient error */
#define TQ_RETRY_COST_THROTTLE	5
#define TQ_RETRY_CAP_MS		20000	/* of the backoff */
#define TQ_RETRY_HINT_MS	5000	/* a hint may add at most this */
#define TQ_SKEW_MIN_MS		(4 * 60 * 1000)	/* less is no skew */
#define TQ_SKEW_TOOK_MS		(15 * 60 * 1000) /* later: tells nothing */

/* The kinds of answers, as retries see them. */
enum tq_retry_kind {
	TQ_RETRY_OK,		/* success */
	TQ_RETRY_NO,		/* the same request would fail again */
	TQ_RETRY_TRANSIENT,
	TQ_RETRY_THROTTLED,
	TQ_RETRY_REFUSED,	/* the credentials: once, with others */
	TQ_RETRY_SKEWED		/* at once, with the clock corrected */
};

/*
 * tq_retry_classify(status, code):
 * The kind of an answer with HTTP ${status} (0: none came) and the service's
 * error ${code} (NULL: none).  The code counts before the status.  Never
 * TQ_RETRY_SKEWED: see tq_retry_skew().
 */
enum tq_retry_kind tq_retry_classify(int status, const char *code);

/* A client's state.  Zeroed is not ready: tq_retry_init(). */
struct tq_retry {
	int	tokens;
	int64_t	skew_ms;	/* local clock + this = the service's */
};

void tq_retry_init(struct tq_retry *r);

/* One call's state. */
struct tq_retry_call {
	int	attempts_max;	/* all tries; 3, DynamoDB 4 */
	int	base_ms;	/* transient: 50, DynamoDB 25 */
	bool	long_poll;	/* wait even when the bucket is empty */
	int	attempt;	/* tries made, from 1 */
	int	taken;		/* tokens that the last retry drew */
	bool	renewed;	/* credentials were replaced once */
	bool	reset;		/* the clock was corrected once */
};

/* tq_retry_call(dynamodb, attempts): ${attempts} 0 stands for the default. */
struct tq_retry_call tq_retry_call(bool dynamodb, int attempts);

/*
 * tq_retry_next(r, c, kind, hint_ms, rnd, wait_ms):
 * An attempt has ended as ${kind}.  Returns true when there is to be
 * another, ${wait_ms} from now.  ${hint_ms} is the x-amz-retry-after header,
 * -1 without one; ${rnd} is random, all 64 bits.  When it returns false,
 * ${wait_ms} may still be positive: a long poll that found the bucket empty
 * is to sleep that long before it reports the error.
 */
bool tq_retry_next(struct tq_retry *r, struct tq_retry_call *c,
    enum tq_retry_kind kind, int64_t hint_ms, uint64_t rnd,
    int64_t *wait_ms);

/*
 * tq_retry_skew(r, signed_ms, code, now_ms, date_ms, took_ms, aged):
 * Look at the Date header ${date_ms} (0: none) of an answer that took
 * ${took_ms}, read at local time ${now_ms}; ${aged} says that it had an Age
 * header, hence comes from a cache.  If ${code} can come from a wrong clock
 * and the service's differs by more than four minutes from the one that the
 * request was signed by, local time + ${signed_ms}, set ${r}->skew_ms and
 * return true: of many requests sent at a time each may be told so.
 */
bool tq_retry_skew(struct tq_retry *r, int64_t signed_ms, const char *code,
    int64_t now_ms, int64_t date_ms, int64_t took_ms, bool aged);

/*
 * tq_retry_hint(text): the header x-amz-retry-after, milliseconds; -1 when
 * ${text} is NULL or no number.
 */
int64_t tq_retry_hint(const char *text);

#endif

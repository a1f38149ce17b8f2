/* lib/aws/retry.c -- see retry.h. */
#include "aws/retry.h"

#include <stddef.h>
#include <string.h>

#include "util/str.h"

#define ATTEMPTS		3
#define ATTEMPTS_DYNAMODB	4
#define BASE_MS			50
#define BASE_DYNAMODB_MS	25
#define BASE_THROTTLE_MS	1000
#define HINT_MAX_MS		(10 * 60 * 1000)

static const struct {
	const char		*code;
	enum tq_retry_kind	 kind;
} codes[] = {
	/* The SDKs' lists. */
	{ "BandwidthLimitExceeded", TQ_RETRY_THROTTLED },
	{ "EC2ThrottledException", TQ_RETRY_THROTTLED },
	{ "LimitExceededException", TQ_RETRY_THROTTLED },
	{ "PriorRequestNotComplete", TQ_RETRY_THROTTLED },
	{ "ProvisionedThroughputExceededException", TQ_RETRY_THROTTLED },
	{ "RequestLimitExceeded", TQ_RETRY_THROTTLED },
	{ "RequestThrottled", TQ_RETRY_THROTTLED },
	{ "RequestThrottledException", TQ_RETRY_THROTTLED },
	{ "SlowDown", TQ_RETRY_THROTTLED },
	{ "ThrottledException", TQ_RETRY_THROTTLED },
	{ "Throttling", TQ_RETRY_THROTTLED },
	{ "ThrottlingException", TQ_RETRY_THROTTLED },
	{ "TooManyRequestsException", TQ_RETRY_THROTTLED },
	{ "TransactionInProgressException", TQ_RETRY_THROTTLED },
	{ "IDPCommunicationError", TQ_RETRY_TRANSIENT },
	{ "ReplicatedWriteConflictException", TQ_RETRY_TRANSIENT },
	{ "RequestTimeout", TQ_RETRY_TRANSIENT },
	{ "RequestTimeoutException", TQ_RETRY_TRANSIENT },
	/* Beyond them, where doing it again is safe for all that we send. */
	{ "BadDigest", TQ_RETRY_TRANSIENT },
	{ "ConditionalRequestConflict", TQ_RETRY_TRANSIENT },
	{ "Crc32Mismatch", TQ_RETRY_TRANSIENT },	/* our own */
	{ "InternalError", TQ_RETRY_TRANSIENT },	/* S3: with 200, too */
	{ "KmsThrottled", TQ_RETRY_THROTTLED },
	{ "OperationAborted", TQ_RETRY_TRANSIENT },
	{ "ThrottlingError", TQ_RETRY_THROTTLED },
	{ "TransactionConflictException", TQ_RETRY_TRANSIENT },
	{ "UnprocessedItems", TQ_RETRY_THROTTLED },	/* our own */
	{ "ExpiredToken", TQ_RETRY_REFUSED },
	{ "ExpiredTokenException", TQ_RETRY_REFUSED },
	{ "TokenRefreshRequired", TQ_RETRY_REFUSED },
	/* A key that was deleted: its successor may be where it came from. */
	{ "InvalidAccessKeyId", TQ_RETRY_REFUSED },		/* S3 */
	{ "InvalidClientTokenId", TQ_RETRY_REFUSED },		/* SQS */
	{ "UnrecognizedClientException", TQ_RETRY_REFUSED },	/* DynamoDB */
};

/* The codes of a service when the clock is wrong, among other reasons. */
static const char *const skew_codes[] = {
	"AccessDenied", "AccessDeniedException", "AuthFailure",
	"InvalidSignatureException", "RequestExpired", "RequestInTheFuture",
	"RequestTimeTooSkewed", "SignatureDoesNotMatch",
};

enum tq_retry_kind
tq_retry_classify(int status, const char *code)
{
	size_t i;

	for (i = 0; code != NULL && i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].code, code) == 0)
			return codes[i].kind;
	if (status == 429)
		return TQ_RETRY_THROTTLED;
	if (status == 0 || status == 500 || status == 502 || status == 503 ||
	    status == 504)
		return TQ_RETRY_TRANSIENT;
	return status < 300 && code == NULL ? TQ_RETRY_OK : TQ_RETRY_NO;
}

void
tq_retry_init(struct tq_retry *r)
{
	*r = (struct tq_retry){ .tokens = TQ_RETRY_BUCKET };
}

struct tq_retry_call
tq_retry_call(bool dynamodb, int attempts)
{
	return (struct tq_retry_call){
		.attempts_max = attempts > 0 ? attempts :
		    dynamodb ? ATTEMPTS_DYNAMODB : ATTEMPTS,
		.base_ms = dynamodb ? BASE_DYNAMODB_MS : BASE_MS,
	};
}

/* rand(0,1) * min(base * 2^i, cap), stretched by a hint. */
static int64_t
backoff(const struct tq_retry_call *c, bool throttled, int64_t hint_ms,
    uint64_t rnd)
{
	int64_t ceil = throttled ? BASE_THROTTLE_MS : c->base_ms, ms;
	int i;

	for (i = 1; i < c->attempt && ceil < TQ_RETRY_CAP_MS; i++)
		ceil *= 2;
	if (ceil > TQ_RETRY_CAP_MS)
		ceil = TQ_RETRY_CAP_MS;
	ms = (int64_t)((double)(rnd >> 11) / 9007199254740992.0 *
	    (double)ceil);
	if (hint_ms > ms)
		ms = hint_ms < ms + TQ_RETRY_HINT_MS ? hint_ms :
		    ms + TQ_RETRY_HINT_MS;
	return ms;
}

static void
refund(struct tq_retry *r, struct tq_retry_call *c)
{
	r->tokens += c->taken > 0 ? c->taken : 1;
	if (r->tokens > TQ_RETRY_BUCKET)
		r->tokens = TQ_RETRY_BUCKET;
	c->taken = 0;
}

/* Once each, free of charge: what was wrong was ours, and is mended. */
static bool
mended(struct tq_retry_call *c, enum tq_retry_kind kind)
{
	bool *done = kind == TQ_RETRY_REFUSED ? &c->renewed : &c->reset;

	if (*done)
		return false;
	*done = true;
	return true;
}

bool
tq_retry_next(struct tq_retry *r, struct tq_retry_call *c,
    enum tq_retry_kind kind, int64_t hint_ms, uint64_t rnd,
    int64_t *wait_ms)
{
	bool throttled = kind == TQ_RETRY_THROTTLED;
	int cost = throttled ? TQ_RETRY_COST_THROTTLE : TQ_RETRY_COST;

	*wait_ms = 0;
	c->attempt++;
	if (kind == TQ_RETRY_OK)
		refund(r, c);
	if (kind == TQ_RETRY_OK || kind == TQ_RETRY_NO)
		return false;
	if (kind == TQ_RETRY_REFUSED || kind == TQ_RETRY_SKEWED)
		return mended(c, kind);
	if (c->attempt >= c->attempts_max)
		return false;
	*wait_ms = backoff(c, throttled, hint_ms, rnd);
	if (r->tokens < cost) {
		if (!c->long_poll)
			*wait_ms = 0;
		return false;
	}
	r->tokens -= cost;
	c->taken = cost;
	return true;
}

bool
tq_retry_skew(struct tq_retry *r, int64_t signed_ms, const char *code,
    int64_t now_ms, int64_t date_ms, int64_t took_ms, bool aged)
{
	int64_t skew, change;
	size_t i;

	if (code == NULL || date_ms == 0 || aged || took_ms > TQ_SKEW_TOOK_MS)
		return false;
	for (i = 0; strcmp(skew_codes[i], code) != 0; i++)
		if (i + 1 == sizeof(skew_codes) / sizeof(skew_codes[0]))
			return false;
	skew = date_ms - now_ms;
	change = skew - signed_ms;
	if (change >= -TQ_SKEW_MIN_MS && change <= TQ_SKEW_MIN_MS)
		return false;
	r->skew_ms = skew;
	return true;
}

int64_t
tq_retry_hint(const char *text)
{
	int64_t ms;

	if (text == NULL || tq_str_int(text, 0, HINT_MAX_MS, &ms) == -1)
		return -1;
	return ms;
}

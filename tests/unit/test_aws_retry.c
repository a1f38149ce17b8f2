/* tests/unit/test_aws_retry.c -- the standard retry mode, number by number. */
#include "t.h"

#include "aws/retry.h"

#define HALF	(UINT64_C(1) << 63)	/* rand(0,1) = 0.5 */

static void
test_classes(void)
{
	static const struct {
		int status;
		const char *code;
		enum tq_retry_kind kind;
	} t[] = {
		{ 200, NULL, TQ_RETRY_OK },
		{ 204, NULL, TQ_RETRY_OK },
		{ 0, NULL, TQ_RETRY_TRANSIENT },
		{ 500, NULL, TQ_RETRY_TRANSIENT },
		{ 500, "InternalServerError", TQ_RETRY_TRANSIENT },
		{ 502, NULL, TQ_RETRY_TRANSIENT },
		{ 503, NULL, TQ_RETRY_TRANSIENT },
		{ 504, NULL, TQ_RETRY_TRANSIENT },
		{ 501, NULL, TQ_RETRY_NO },
		{ 503, "SlowDown", TQ_RETRY_THROTTLED },
		{ 403, "RequestThrottled", TQ_RETRY_THROTTLED },
		{ 400, "ThrottlingException", TQ_RETRY_THROTTLED },
		{ 400, "RequestTimeout", TQ_RETRY_TRANSIENT },
		{ 200, "InternalError", TQ_RETRY_TRANSIENT },
		{ 200, "SlowDown", TQ_RETRY_THROTTLED },
		{ 400, "TransactionConflictException", TQ_RETRY_TRANSIENT },
		{ 400, "ConditionalCheckFailedException", TQ_RETRY_NO },
		{ 400, "ExpiredTokenException", TQ_RETRY_REFUSED },
		{ 403, "AccessDenied", TQ_RETRY_NO },
		{ 404, NULL, TQ_RETRY_NO },
		{ 301, NULL, TQ_RETRY_NO },
		{ 429, NULL, TQ_RETRY_THROTTLED },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (tq_retry_classify(t[i].status, t[i].code) != t[i].kind)
			T_FAIL("%d %s", t[i].status,
			    t[i].code ? t[i].code : "");
}

static void
test_backoff(void)
{
	struct tq_retry r;
	struct tq_retry_call c;
	int64_t ms;
	int i;

	tq_retry_init(&r);
	c = tq_retry_call(false, 20);
	for (i = 0; i < 9; i++) {
		T_OK(tq_retry_next(&r, &c, TQ_RETRY_TRANSIENT, -1, HALF, &ms));
		T_INT(ms, 25 << i > 10000 ? 10000 : 25 << i);
	}
	tq_retry_init(&r);
	c = tq_retry_call(true, 20);
	T_OK(tq_retry_next(&r, &c, TQ_RETRY_TRANSIENT, -1, UINT64_MAX, &ms));
	T_INT(ms, 24);
	T_OK(tq_retry_next(&r, &c, TQ_RETRY_THROTTLED, -1, HALF, &ms));
	T_INT(ms, 1000);
	T_OK(tq_retry_next(&r, &c, TQ_RETRY_THROTTLED, -1, 0, &ms));
	T_INT(ms, 0);
	for (i = 0; i < 9; i++)
		tq_retry_next(&r, &c, TQ_RETRY_THROTTLED, -1, HALF, &ms);
	T_INT(ms, 10000);
}

static void
test_attempts(void)
{
	struct tq_retry r;
	struct tq_retry_call c;
	int64_t ms;
	int n;

	tq_retry_init(&r);
	c = tq_retry_call(false, 0);
	for (n = 1; tq_retry_next(&r, &c, TQ_RETRY_TRANSIENT, -1, 0, &ms);)
		n++;
	T_INT(n, 3);
	c = tq_retry_call(true, 0);
	for (n = 1; tq_retry_next(&r, &c, TQ_RETRY_TRANSIENT, -1, 0, &ms);)
		n++;
	T_INT(n, 4);
	c = tq_retry_call(true, 1);
	T_OK(!tq_retry_next(&r, &c, TQ_RETRY_TRANSIENT, -1, 0, &ms));
}

static void
test_bucket(void)
{
	struct tq_retry r;
	struct tq_retry_call c;
	int64_t ms;
	int n = 0;

	tq_retry_init(&r);
	for (;; n++) {
		c = tq_retry_call(false, 0);
		if (!tq_retry_next(&r, &c, TQ_RETRY_TRANSIENT, -1, HALF, &ms))
			break;
	}
	T_INT(n, 500 / 14);
	T_INT(ms, 0);
	T_INT(r.tokens, 500 % 14);
	/* Throttling costs less; then that is used up as well. */
	c = tq_retry_call(false, 0);
	T_OK(tq_retry_next(&r, &c, TQ_RETRY_THROTTLED, -1, HALF, &ms));
	T_INT(r.tokens, 5);
	/* The tokens of the last retry come back when it succeeds. */
	T_OK(!tq_retry_next(&r, &c, TQ_RETRY_OK, -1, HALF, &ms));
	T_INT(r.tokens, 10);
	c = tq_retry_call(false, 0);
	T_OK(!tq_retry_next(&r, &c, TQ_RETRY_OK, -1, HALF, &ms));
	T_INT(r.tokens, 11);
	/* A long poll waits before it fails. */
	c = tq_retry_call(false, 0);
	c.long_poll = true;
	T_OK(!tq_retry_next(&r, &c, TQ_RETRY_TRANSIENT, -1, HALF, &ms));
	T_INT(ms, 25);
	r.tokens = TQ_RETRY_BUCKET;
	c = tq_retry_call(false, 0);
	tq_retry_next(&r, &c, TQ_RETRY_OK, -1, HALF, &ms);
	T_INT(r.tokens, TQ_RETRY_BUCKET);
}

static void
test_hints(void)
{
	struct tq_retry r;
	struct tq_retry_call c;
	int64_t ms;

	tq_retry_init(&r);
	c = tq_retry_call(false, 9);
	tq_retry_next(&r, &c, TQ_RETRY_TRANSIENT, 1500, HALF, &ms);
	T_INT(ms, 1500);
	tq_retry_next(&r, &c, TQ_RETRY_TRANSIENT, 60000, HALF, &ms);
	T_INT(ms, 50 + 5000);
	tq_retry_next(&r, &c, TQ_RETRY_TRANSIENT, 1, HALF, &ms);
	T_INT(ms, 100);
	T_INT(tq_retry_hint("1500"), 1500);
	T_INT(tq_retry_hint(NULL), -1);
	T_INT(tq_retry_hint("soon"), -1);
	T_INT(tq_retry_hint("-5"), -1);
	T_INT(tq_retry_hint("99999999999"), -1);
}

static void
test_mended(void)
{
	struct tq_retry r;
	struct tq_retry_call c;
	int64_t ms;

	tq_retry_init(&r);
	r.tokens = 0;
	c = tq_retry_call(false, 1);
	T_OK(tq_retry_next(&r, &c, TQ_RETRY_REFUSED, -1, HALF, &ms));
	T_OK(!tq_retry_next(&r, &c, TQ_RETRY_REFUSED, -1, HALF, &ms));
	T_OK(tq_retry_next(&r, &c, TQ_RETRY_SKEWED, -1, HALF, &ms));
	T_INT(ms, 0);
	T_OK(!tq_retry_next(&r, &c, TQ_RETRY_SKEWED, -1, HALF, &ms));
	T_OK(!tq_retry_next(&r, &c, TQ_RETRY_NO, -1, HALF, &ms));
}

static void
test_skew(void)
{
	const int64_t now = INT64_C(1440938160000), min = 60000;
	struct tq_retry r;

	tq_retry_init(&r);
	T_OK(!tq_retry_skew(&r, 0, "SignatureDoesNotMatch", now,
	    now + 4 * min, 10, false));
	T_OK(!tq_retry_skew(&r, 0, "ValidationException", now, now + 5 * min,
	    10, false));
	T_OK(!tq_retry_skew(&r, 0, NULL, now, now + 5 * min, 10, false));
	T_OK(!tq_retry_skew(&r, 0, "AuthFailure", now, 0, 10, false));
	T_OK(!tq_retry_skew(&r, 0, "AuthFailure", now, now + 5 * min, 10,
	    true));
	T_OK(!tq_retry_skew(&r, 0, "AuthFailure", now, now + 5 * min,
	    16 * min, false));
	T_INT(r.skew_ms, 0);
	T_OK(tq_retry_skew(&r, 0, "InvalidSignatureException", now,
	    now + 5 * min, 10, false));
	T_INT(r.skew_ms, 5 * min);
	/* Another that was sent at the same time, by the wrong clock too. */
	T_OK(tq_retry_skew(&r, 0, "InvalidSignatureException", now,
	    now + 5 * min, 10, false));
	/* Still refused with a right clock: it was not the clock. */
	T_OK(!tq_retry_skew(&r, 5 * min, "InvalidSignatureException", now,
	    now + 5 * min, 10, false));
	T_OK(tq_retry_skew(&r, 5 * min, "RequestTimeTooSkewed", now,
	    now - min, 10, false));
	T_INT(r.skew_ms, -min);
}

T_MAIN(
	{ "errors are told apart by code, then by status", test_classes },
	{ "the backoff doubles to its cap, throttling starts at a second",
	    test_backoff },
	{ "three tries, four for DynamoDB", test_attempts },
	{ "retries draw on a bucket, successes fill it", test_bucket },
	{ "the service's hint lengthens the wait, by five seconds at most",
	    test_hints },
	{ "new credentials and a right clock are tried once, free",
	    test_mended },
	{ "a wrong clock is corrected on evidence only", test_skew }
)

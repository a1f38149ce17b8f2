/* tests/unit/test_rules.c -- backoff, ends of attempts, expired leases. */
#include "t.h"

#include "task/failure.h"
#include "task/rules.h"

#define NOW	INT64_C(1790000000000)
#define ROWS(a)	(sizeof(a) / sizeof((a)[0]))

/* Random enough, and the same in every run. */
static uint64_t
next(uint64_t *x)
{
	*x += UINT64_C(0x9e3779b97f4a7c15);
	return (*x ^ *x >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
}

/* Each delay is above the ceiling before and at most at its own. */
static void
bounds(int64_t base, int64_t cap, const int64_t *ceiling, int n)
{
	uint64_t seed = 3;
	int64_t ms, low, high;
	int a, i;

	for (a = 1; a <= n; a++) {
		low = INT64_MAX;
		high = 0;
		for (i = 0; i < 2000; i++) {
			ms = tq_backoff_ms(base, cap, a, next(&seed));
			low = ms < low ? ms : low;
			high = ms > high ? ms : high;
		}
		if (low <= ceiling[a - 1] || high > ceiling[a])
			T_FAIL("attempt %d: %" PRId64 "..%" PRId64, a, low,
			    high);
		/* All of the step is used. */
		T_OK(low < ceiling[a - 1] + (ceiling[a] - ceiling[a - 1]) / 9);
		T_OK(high > ceiling[a] - (ceiling[a] - ceiling[a - 1]) / 9);
	}
}

static void
test_backoff(void)
{
	static const int64_t by_default[] = { 0, 1000, 2000, 4000, 8000,
	    16000, 32000, 64000, 128000, 256000, 512000 };
	static const int64_t own[] = { 0, 500, 1000, 2000 };

	bounds(0, 0, by_default, 10);
	bounds(1000, 900000, by_default, 10);
	bounds(500, 60000, own, 3);
}

static void
test_backoff_edges(void)
{
	T_INT(tq_backoff_ms(1000, 0, 1, 0), 1000);
	T_INT(tq_backoff_ms(1000, 0, 1, 999), 1);
	T_INT(tq_backoff_ms(1000, 0, 1, 1000), 1000);
	T_INT(tq_backoff_ms(1000, 0, 2, 0), 2000);
	T_INT(tq_backoff_ms(1000, 0, 2, 999), 1001);
	T_INT(tq_backoff_ms(1, 1, 1, UINT64_MAX), 1);
	T_INT(tq_backoff_ms(1, 1, 9, UINT64_MAX), 1);
	T_INT(tq_backoff_ms(-1, 0, 1, 7), 0);
	T_INT(tq_backoff_ms(-1, 5000, 9, 7), 0);
}

static void
test_backoff_cap(void)
{
	uint64_t seed = 5;
	int64_t ms;
	int a, i;

	for (a = 11; a <= 1000; a += a < 20 ? 1 : 70)
		for (i = 0; i < 100; i++) {
			ms = tq_backoff_ms(0, 0, a, next(&seed));
			T_OK(ms > 450000 && ms <= 900000);
		}
	for (i = 0; i < 100; i++) {
		ms = tq_backoff_ms(60000, 10000, 1, next(&seed));
		T_OK(ms > 0 && ms <= 10000);
		ms = tq_backoff_ms(60000, 10000, 2, next(&seed));
		T_OK(ms > 5000 && ms <= 10000);
	}
}

static void
test_verdict(void)
{
	/* Retry-after is 7 s where it is given; backoff is none: at once. */
	static const struct {
		enum tq_end	 end;
		int		 attempts;	/* of 3 */
		int64_t		 retry_after;
		struct tq_verdict want;
	} rows[] = {
		{ TQ_END_DONE, 1, -1, { TQ_COMPLETE, 0, 0, false, false } },
		{ TQ_END_DONE, 3, 7000, { TQ_COMPLETE, 0, 0, false, false } },
		{ TQ_END_ERROR, 1, -1, { TQ_RETRY, NOW, 0, false, false } },
		{ TQ_END_ERROR, 2, -1, { TQ_RETRY, NOW, 0, false, false } },
		{ TQ_END_ERROR, 3, -1, { TQ_FAIL, 0, 0, false, false } },
		{ TQ_END_ERROR, 4, -1, { TQ_FAIL, 0, 0, false, false } },
		{ TQ_END_ERROR, 2, 7000, { TQ_RETRY, NOW + 7000, 0, false, false } },
		{ TQ_END_ERROR, 2, 999999999999, { TQ_RETRY,
		    NOW + TQ_RETRY_AFTER_MAX_MS, 0, false, false } },
		{ TQ_END_ERROR, 2, 0, { TQ_RETRY, NOW, 0, false, false } },
		{ TQ_END_ERROR, 3, 7000, { TQ_FAIL, 0, 0, false, false } },
		{ TQ_END_TIMEOUT, 2, -1, { TQ_RETRY, NOW, 0, false, false } },
		{ TQ_END_TIMEOUT, 3, -1, { TQ_FAIL, 0, 0, false, false } },
		{ TQ_END_PERMANENT, 1, -1, { TQ_FAIL, 0, 0, false, false } },
		{ TQ_END_PERMANENT, 1, 7000, { TQ_FAIL, 0, 0, false, false } },
		{ TQ_END_NO_HANDLER, 1, -1, { TQ_RELEASE, 0, 0, true, false } },
		{ TQ_END_NO_HANDLER, 3, -1, { TQ_RELEASE, 0, 0, true, false } },
		{ TQ_END_UNSTARTED, 3, -1, { TQ_RELEASE, 0, 0, true, false } },
		{ TQ_END_RELEASED, 1, -1, { TQ_RELEASE, 0, 0, true, true } },
		{ TQ_END_RELEASED, 3, -1, { TQ_RELEASE, 0, 0, true, true } },
		{ TQ_END_CANCELLED, 1, -1, { TQ_CANCEL, 0, 0, false, false } },
		{ TQ_END_CANCELLED, 3, 7000, { TQ_CANCEL, 0, 0, false, false } },
		{ TQ_END_LATER, 3, 7000, { TQ_RELEASE, NOW + 7000,
		    NOW + TQ_GIVE_UP_MS, true, false } },
	};
	struct tq_task t = { .backoff_ms = -1 };
	struct tq_verdict v;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		t.attempts = rows[i].attempts;
		v = tq_verdict_of(&t, rows[i].end, rows[i].retry_after, NOW,
		    12345);
		if (v.how != rows[i].want.how ||
		    v.not_before != rows[i].want.not_before ||
		    v.give_up_at != rows[i].want.give_up_at ||
		    v.give_back != rows[i].want.give_back ||
		    v.stopped != rows[i].want.stopped)
			T_FAIL("row %zu: how %d, due %" PRId64 ", give up %"
			    PRId64 ", back %d", i, (int)v.how, v.not_before,
			    v.give_up_at, (int)v.give_back);
	}
}

/* After ten shutdowns in a row the next one counts as an attempt. */
static void
test_verdict_stops(void)
{
	struct tq_task t = { .attempts = 1, .stops = TQ_STOPS_MAX - 1 };
	struct tq_verdict v = tq_verdict_of(&t, TQ_END_RELEASED, -1, NOW, 1);

	T_OK(v.how == TQ_RELEASE && v.give_back && v.stopped);
	t.stops = TQ_STOPS_MAX;
	v = tq_verdict_of(&t, TQ_END_RELEASED, -1, NOW, 1);
	T_OK(v.how == TQ_RELEASE && !v.give_back && v.stopped);
	t.attempts = 3;
	v = tq_verdict_of(&t, TQ_END_RELEASED, -1, NOW, 1);
	T_INT(v.how, TQ_FAIL);
}

static void
test_verdict_backoff(void)
{
	struct tq_task t = { .attempts = 2, .max_attempts = 5 };
	struct tq_verdict v;

	v = tq_verdict_of(&t, TQ_END_ERROR, -1, NOW, 4711);
	T_INT(v.how, TQ_RETRY);
	T_INT(v.not_before, NOW + tq_backoff_ms(0, 0, 2, 4711));
	t.backoff_ms = 60000;
	t.backoff_cap_ms = 70000;
	v = tq_verdict_of(&t, TQ_END_TIMEOUT, -1, NOW, 4711);
	T_INT(v.not_before, NOW + tq_backoff_ms(60000, 70000, 2, 4711));
	t.attempts = 4;
	T_INT(tq_verdict_of(&t, TQ_END_ERROR, -1, NOW, 1).how, TQ_RETRY);
	t.attempts = 5;
	T_INT(tq_verdict_of(&t, TQ_END_ERROR, -1, NOW, 1).how, TQ_FAIL);
	t.max_attempts = 1;
	t.attempts = 1;
	T_INT(tq_verdict_of(&t, TQ_END_ERROR, -1, NOW, 1).how, TQ_FAIL);
}

static void
test_verdict_later(void)
{
	struct tq_task t = { .attempts = 3 };
	struct tq_verdict v;

	v = tq_verdict_of(&t, TQ_END_LATER, -1, NOW, 99);
	T_INT(v.how, TQ_RELEASE);
	T_OK(v.give_back);
	T_OK(v.not_before > NOW && v.not_before <= NOW + 30000);
	T_INT(v.give_up_at, NOW + TQ_GIVE_UP_MS);
	/* The time to give up is set once. */
	t.give_up_at = NOW + 1;
	v = tq_verdict_of(&t, TQ_END_LATER, 5000, NOW, 99);
	T_INT(v.how, TQ_RELEASE);
	T_INT(v.give_up_at, 0);
	T_INT(v.not_before, NOW + 5000);
	t.give_up_at = NOW;
	v = tq_verdict_of(&t, TQ_END_LATER, 5000, NOW, 99);
	T_INT(v.how, TQ_FAIL);
	T_OK(!v.give_back);
	T_INT(v.not_before, 0);
}

static void
test_expired(void)
{
	static const struct {
		int		 attempts, crashes;
		bool		 cancel, alone, prefetched;
		enum tq_expired	 want;
		const char	*reason;
	} rows[] = {
		{ 1, 0, false, false, false, TQ_EXPIRED_TAKE, "" },
		{ 2, 0, false, false, false, TQ_EXPIRED_TAKE, "" },
		{ 3, 0, false, false, false, TQ_EXPIRED_FAIL,
		    "the lease of attempt 3 of 3 ran out: worker w1 died or "
		    "was cut off" },
		{ 3, 0, false, false, true, TQ_EXPIRED_TAKE, "" },
		{ 1, 0, false, true, false, TQ_EXPIRED_TAKE, "" },
		{ 1, 1, false, false, false, TQ_EXPIRED_TAKE, "" },
		{ 1, 1, false, true, false, TQ_EXPIRED_FAIL,
		    "its worker died twice while it held this task alone "
		    "(last: w1)" },
		/* Held ahead, it has not killed anybody. */
		{ 1, 1, false, true, true, TQ_EXPIRED_TAKE, "" },
		{ 3, 1, false, true, true, TQ_EXPIRED_TAKE, "" },
		{ 1, 0, true, false, false, TQ_EXPIRED_CANCEL, "" },
		{ 3, 1, true, true, false, TQ_EXPIRED_CANCEL, "" },
	};
	char reason[200];
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		struct tq_task t = { .attempts = rows[i].attempts,
		    .crashes = rows[i].crashes, .worker = "w1",
		    .cancel_requested = rows[i].cancel };

		reason[0] = '\0';
		T_INT(tq_expired_rule(&t, rows[i].alone, rows[i].prefetched,
		    reason, sizeof(reason)), rows[i].want);
		T_STR(reason, rows[i].reason);
	}
}

static void
test_expired_unknown(void)
{
	struct tq_task t = { .attempts = 1, .max_attempts = 1 };
	char reason[20] = "";

	T_INT(tq_expired_rule(&t, false, false, reason, sizeof(reason)),
	    TQ_EXPIRED_FAIL);
	T_STR(reason, "the lease of attemp");
}

static void
test_clash(void)
{
	static const struct {
		const char	*old_submit, *new_submit, *old_print,
				*new_print;
		bool		 keyed;
		enum tq_code	 want;
	} rows[] = {
		{ "s1", "s1", "f1", "f1", false, TQ_OK },
		{ "s1", "s1", "f1", "f2", true, TQ_OK },
		{ "s1", "s2", "f1", "f1", false, TQ_E_TAKEN },
		{ "s1", "s2", NULL, NULL, false, TQ_E_TAKEN },
		{ NULL, NULL, NULL, NULL, false, TQ_E_TAKEN },
		{ NULL, "s1", "f1", "f1", false, TQ_E_TAKEN },
		{ "s1", "s2", "f1", "f1", true, TQ_OK },
		{ NULL, "s1", "f1", "f1", true, TQ_OK },
		{ "s1", "s2", "f1", "f2", true, TQ_E_CONFLICT },
		{ "s1", "s2", NULL, "f2", true, TQ_E_CONFLICT },
		{ "s1", "s2", "f1", NULL, true, TQ_E_CONFLICT },
	};
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		struct tq_task o = { .submit_id = rows[i].old_submit,
		    .fingerprint = rows[i].old_print };
		struct tq_task n = { .submit_id = rows[i].new_submit,
		    .fingerprint = rows[i].new_print };
		enum tq_code got = tq_submit_clash(&o, &n, rows[i].keyed);

		if (got != rows[i].want)
			T_FAIL("row %zu: %s", i, tq_code_name(got));
	}
}

static const char *
failure(const char *reason)
{
	static struct tq_buf b = TQ_BUF_INIT(1000);

	tq_buf_clear(&b);
	tq_failure_shown(reason, &b);
	return b.len == 0 ? "" : b.data;
}

static void
test_failure(void)
{
	T_STR(failure("exec: thumb exited with status 3 on attempt 1 of 3: "
	    "no such host"), "no such host (exited with status 3)");
	T_STR(failure("exec: thumb exited with status 65 (never again): bad: 7"),
	    "bad: 7 (exited with status 65)");
	T_STR(failure("exec: a b was killed by signal 9 (SIGKILL) on attempt 1 "
	    "of 1"), "was killed by signal 9 (SIGKILL)");
	T_STR(failure("timeout: t was stopped after 1h on attempt 2 of 3: at 40 "
	    "on attempt 5 of 9: x"), "at 40 on attempt 5 of 9: x (was stopped "
	    "after 1h)");
	T_STR(failure("exec: t exited with status N on attempt N of N: at N"),
	    "at N (exited with status N)");
	T_STR(failure("decode: image.grayscale: not an image (never again)"),
	    "not an image");
	T_STR(failure("fetch: a: b: c on attempt 1 of 3"), "b: c");
	/* Of another form. */
	T_STR(failure("no such host"), "no such host");
	T_STR(failure("exec: t exited with status 3 on attempt x of 3: y"),
	    "exec: t exited with status 3 on attempt x of 3: y");
	T_STR(failure("x on attempt 1 of 3"), "x");
	T_STR(failure(""), "");
	T_STR(failure(NULL), "");
}

T_MAIN(
    { "failure: the handler's words come first", test_failure },
    { "backoff: each try waits longer than the last ceiling, jittered",
      test_backoff },
    { "backoff: never 0 unless the base is -1", test_backoff_edges },
    { "backoff: at the cap it is within the upper half", test_backoff_cap },
    { "verdict: what follows from each end, below and at the maximum",
      test_verdict },
    { "verdict: the eleventh shutdown in a row uses an attempt",
      test_verdict_stops },
    { "verdict: a retry waits by the task's own backoff",
      test_verdict_backoff },
    { "verdict: later uses no attempt until it is time to give up",
      test_verdict_later },
    { "expired: cancelled, failed with a reason, or taken over",
      test_expired },
    { "expired: a reason that does not fit is cut", test_expired_unknown },
    { "clash: our own retry and the same keyed request are no clash",
      test_clash },
)

/* tests/unit/test_control.c -- pauses, limits, rates of a queue. */
#include "t.h"

#include "task/control.h"
#include "task/rate.h"

static void
test_pause(void)
{
	struct tq_control c = { .paused = true, .reason = "r", .until = 100 };

	tq_control_now(&c, 99);
	T_OK(c.paused && c.until == 100);
	tq_control_now(&c, 100);
	T_OK(!c.paused && c.reason == NULL && c.until == 0);
	c = (struct tq_control){ .paused = true };
	tq_control_now(&c, INT64_MAX);
	T_OK(c.paused);
}

static void
test_limits(void)
{
	struct tq_control c = { .limits = { { "a", 2 }, { "b", 0 } },
	    .nlimits = 2 }, back = { .nlimits = 9 };
	struct tq_limit own[] = { { "a", 5 }, { "b", 1 }, { "c", 3 } };
	struct tq_buf b = TQ_BUF_INIT(1000);
	struct tq_arena a = TQ_ARENA_INIT;

	tq_limits_write(&c, &b);
	T_STR(b.data, "{\"a\":2,\"b\":0}");
	tq_limits_read(&back, tq_buf_span(&b), &a);
	T_INT(back.nlimits, 2);
	T_STR(back.limits[0].type, "a");
	T_INT(back.limits[1].max, 0);
	/* A stored limit may be damaged. */
	tq_limits_read(&back, tq_span_of("{\"a\":\"x\",\"b\":-1,"
	    "\"c\":1000001,\"z\":4}"), &a);
	T_INT(back.nlimits, 1);
	T_STR(back.limits[0].type, "z");
	tq_limits_read(&back, tq_span_of("{\"a\":1"), &a);
	T_INT(back.nlimits, 0);
	T_INT(tq_limit_of(own, 3, &c, "a"), 2);
	T_INT(tq_limit_of(own, 3, &c, "b"), 0);
	T_INT(tq_limit_of(own, 3, &c, "c"), 3);
	T_OK(tq_limit_of(own, 3, &c, "d") == TQ_NO_LIMIT);
	tq_buf_free(&b);
	tq_arena_free(&a);
}

static void
test_rate(void)
{
	double r;

	T_MUST(tq_rate_parse("10/s", &r) == 0);
	T_INT(r, 10);
	T_MUST(tq_rate_parse("600/m", &r) == 0);
	T_INT(r, 10);
	T_MUST(tq_rate_parse("10", &r) == 0);
	T_INT(r, 10);
	T_INT(tq_rate_parse("", &r), -1);
	T_INT(tq_rate_parse("0/s", &r), -1);
	T_INT(tq_rate_parse("-1/s", &r), -1);
	T_INT(tq_rate_parse("10/x", &r), -1);
	T_INT(tq_rate_parse("nan", &r), -1);
}

static void
test_rate_text(void)
{
	static const char *const same[] = { "5/s", "30/m", "3/h", "7/m",
	    "100000/s" };
	char text[TQ_RATE_TEXT];
	double r;
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		T_MUST(tq_rate_parse(same[i], &r) == 0);
		T_STR(tq_rate_text(r, text), same[i]);
	}
	/* As an aws: store of 0.1.0 has kept it, with nine digits. */
	for (i = 1; i <= 3600; i++) {
		char digits[32], want[32];

		snprintf(digits, sizeof(digits), "%.9g", (double)i / 3600);
		snprintf(want, sizeof(want), "%zu/h", i);
		r = strtod(digits, NULL);
		if (i % 60 != 0)
			T_STR(tq_rate_text(r, text), want);
	}
	/* The largest unit in which it is whole; else a second. */
	T_MUST(tq_rate_parse("60/m", &r) == 0);
	T_STR(tq_rate_text(r, text), "1/s");
	T_STR(tq_rate_text(0, text), "0");
	T_STR(tq_rate_text(1 / 3.0, text), "20/m");
}

static void
test_bucket(void)
{
	struct tq_bucket b = { 0, 0 };

	/* It begins full, and full is a tenth of a second's worth. */
	T_INT(tq_bucket_fill(&b, 100, 10, 1000), 10);
	b.tokens -= 10;
	T_INT(tq_bucket_fill(&b, 100, 10, 1000), 0);
	T_INT(tq_bucket_wait_ms(&b, 100), 11);
	T_INT(tq_bucket_fill(&b, 100, 10, 1020), 2);
	T_INT(tq_bucket_wait_ms(&b, 100), 0);
	/* A pause earns no burst. */
	T_INT(tq_bucket_fill(&b, 100, 10, 900000), 10);
	/* Three an hour: one at a time. */
	b = (struct tq_bucket){ 0, 500 };
	T_OK(tq_bucket_fill(&b, 3 / 3600.0, 1, 500) < 1);
	T_OK(tq_bucket_wait_ms(&b, 3 / 3600.0) > 1199000);
	/* Filled in another boot. */
	b = (struct tq_bucket){ 0, 5000 };
	T_INT(tq_bucket_fill(&b, 10, 1, 100), 1);
	T_OK(tq_burst(100) == 10 && tq_burst(10) == 1 && tq_burst(0.01) == 1);
}

/* Ten seconds at 2/s; the pause before earns no burst. */
static void
test_pace(void)
{
	struct tq_bucket b = { 0, 0 };
	int64_t now;
	int started = 0;

	T_OK(tq_bucket_take(&b, 2, tq_burst(2), 1000));
	T_OK(!tq_bucket_take(&b, 2, tq_burst(2), 1000));
	T_OK(tq_bucket_wait_ms(&b, 2) > 0 && tq_bucket_wait_ms(&b, 2) <= 501);
	for (now = 100000; now < 110000; now += 10)
		started += tq_bucket_take(&b, 2, tq_burst(2), now);
	T_OK(started >= 19 && started <= 21);
	/* One that holds more lets a burst of that pass at once. */
	b = (struct tq_bucket){ 0, 0 };
	for (started = 0; tq_bucket_take(&b, 1, 10, 5000); )
		started++;
	T_INT(started, 10);
}

static void
test_written(void)
{
	struct tq_control c = { .queue = "q", .paused = true, .reason = "r",
	    .until = 1000, .rate = 2, .nlimits = 2,
	    .limits = { { "a", 1 }, { "b", 0 } } };
	struct tq_buf b = TQ_BUF_INIT(4096);

	tq_control_write(&c, &b);
	T_STR(b.data, "{\"queue\":\"q\",\"paused\":true,\"reason\":\"r\","
	    "\"until\":\"1970-01-01T00:00:01.000Z\",\"rate\":2,"
	    "\"rateText\":\"2/s\",\"limits\":{\"a\":1,\"b\":0}}");
	tq_buf_free(&b);
}

T_MAIN(
    { "what holds a queue back is written as one object", test_written },
    { "a pause ends when its end has come", test_pause },
    { "limits: the smaller of the worker's and the queue's", test_limits },
    { "a rate is written as it is read: 3/h stays 3/h", test_rate_text },
    { "a rate is a number a second, minute or hour", test_rate },
    { "a token bucket holds a tenth of a second, at least one", test_bucket },
    { "a token bucket keeps to its rate", test_pace },
)

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
	tq_limits_read(&back, tq_span_of("{\"a\":\"x\",\"z\":4}"), &a);
	T_INT(back.nlimits, 1);
	T_INT(tq_limit_of(own, 3, &c, "a"), 2);
	T_INT(tq_limit_of(own, 3, &c, "b"), 0);
	T_INT(tq_limit_of(own, 3, &c, "c"), 3);
	T_OK(tq_limit_of(own, 3, &c, "d") == TQ_NO_LIMIT);
	tq_buf_free(&b);
	tq_arena_free(&a);
}

static void
test_bucket(void)
{
	struct tq_bucket b = { 0, 0 };

	/* It begins full, and full is a tenth of a second's worth. */
	T_INT(tq_bucket_fill(&b, 100, 1000), 10);
	b.tokens -= 10;
	T_INT(tq_bucket_fill(&b, 100, 1000), 0);
	T_INT(tq_bucket_wait_ms(&b, 100), 11);
	T_INT(tq_bucket_fill(&b, 100, 1020), 2);
	T_INT(tq_bucket_wait_ms(&b, 100), 0);
	/* A pause earns no burst. */
	T_INT(tq_bucket_fill(&b, 100, 900000), 10);
	/* Three an hour: one at a time. */
	b = (struct tq_bucket){ 0, 500 };
	T_OK(tq_bucket_fill(&b, 3 / 3600.0, 500) < 1);
	T_OK(tq_bucket_wait_ms(&b, 3 / 3600.0) > 1199000);
	/* Filled in another boot. */
	b = (struct tq_bucket){ 0, 5000 };
	T_INT(tq_bucket_fill(&b, 10, 100), 1);
}

T_MAIN(
    { "a pause ends when its end has come", test_pause },
    { "limits: the smaller of the worker's and the queue's", test_limits },
    { "a token bucket holds a tenth of a second, at least one", test_bucket },
)

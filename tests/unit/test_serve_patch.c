/* tests/unit/test_serve_patch.c -- how a queue is changed over HTTP. */
#include "t.h"

#include "serve/api/patch.h"
#include "task/task.h"

#define NOW	INT64_C(1800000000000)

static struct tq_arena arena = TQ_ARENA_INIT;
static struct tq_err err = TQ_ERR_INIT;

static int
change(struct tq_control *c, const char *json)
{
	struct sv_patch p;

	if (sv_patch_read(&p, tq_span_of(json), NOW, &arena, &err) == -1)
		return -1;
	return sv_patch_apply(&p, c, &err);
}

static void
test_pause(void)
{
	struct tq_control c = { .queue = "q", .rate = 5 };

	T_INT(change(&c, "{\"paused\":true,\"reason\":\"SES\","
	    "\"for\":\"10m\"}"), 0);
	T_OK(c.paused);
	T_STR(c.reason, "SES");
	T_INT(c.until, NOW + 600000);
	T_OK(c.rate == 5);
	/* Paused again: the reason stays, and there is no end any more. */
	T_INT(change(&c, "{\"paused\":true}"), 0);
	T_STR(c.reason, "SES");
	T_INT(c.until, 0);
	T_INT(change(&c, "{\"paused\":true,\"reason\":null}"), 0);
	T_OK(c.reason == NULL);
	T_INT(change(&c, "{\"paused\":false}"), 0);
	T_OK(!c.paused && c.reason == NULL && c.until == 0);
	T_INT(change(&c, "{}"), 0);
	T_OK(!c.paused && c.rate == 5);
}

static void
test_limits(void)
{
	struct tq_control c = { .queue = "q" };
	char json[2048] = "{\"limits\":{";
	size_t i;

	T_INT(change(&c, "{\"limits\":{\"a\":2,\"b\":3},\"rate\":\"30/m\"}"), 0);
	T_INT(c.nlimits, 2);
	T_OK(c.rate == 0.5);
	T_INT(change(&c, "{\"limits\":{\"a\":null,\"c\":1}}"), 0);
	T_INT(c.nlimits, 2);
	T_INT(tq_limit_of(NULL, 0, &c, "a"), TQ_NO_LIMIT);
	T_INT(tq_limit_of(NULL, 0, &c, "b"), 3);
	T_INT(change(&c, "{\"rate\":null}"), 0);
	T_OK(c.rate == 0);
	for (i = 0; i < TQ_LIMITS_PER_QUEUE - 1; i++)
		sprintf(json + strlen(json), "%s\"t%zu\":1", i ? "," : "", i);
	strcat(json, "}}");
	T_INT(change(&c, json), -1);
	T_STR(err.msg, "limits: the queue has 32 already");
}

static void
test_refused(void)
{
	static const char *const bad[][2] = {
		{ "[]", "the body" }, { "{\"paused\":1}", "paused:" },
		{ "{\"reason\":\"x\"}", "paused:" },
		{ "{\"paused\":false,\"for\":\"1m\"}", "paused:" },
		{ "{\"paused\":true,\"for\":\"0\"}", "for:" },
		{ "{\"paused\":true,\"until\":\"2001-01-01T00:00:00Z\"}",
		    "until:" },
		{ "{\"rate\":\"x\"}", "rate:" }, { "{\"rate\":-1}", "rate:" },
		{ "{\"limits\":{\"a\":-1}}", "limits:" },
		{ "{\"limits\":{\"a b\":1}}", "limits:" },
		{ "{\"limits\":[1]}", "limits:" },
		{ "{\"queue\":\"other\"}", "unknown key \"queue\"" },
	};
	struct tq_control c = { .queue = "q" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		T_INT(change(&c, bad[i][0]), -1);
		T_INT(err.code, TQ_E_USAGE);
		if (strncmp(err.msg, bad[i][1], strlen(bad[i][1])) != 0)
			T_FAIL("%s: %s", bad[i][0], err.msg);
	}
	T_OK(!c.paused && c.nlimits == 0 && c.rate == 0);
}

T_MAIN(
	{ "a pause keeps its reason, has an end if asked, and ends",
	    test_pause },
	{ "limits and the rate are set one by one and taken away by null",
	    test_limits },
	{ "what is not understood is refused by name and changes nothing",
	    test_refused }
)

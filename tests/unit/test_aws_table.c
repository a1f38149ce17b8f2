/* tests/unit/test_aws_table.c -- answers of DynamoDB that can't be meant. */
#include "t.h"

#include "aws/call_inside.h"
#include "store/aws/record/table.h"
#include "t_env.h"
#include "t_reply.h"

#define KEY(k)	"{\"pk\":{\"S\":\"" k "\"}}"

static const char *body;		/* of each answer */
static struct tq_arena mem;
static struct tq_err err;

/* The items that aq_items() finds in ${text}, as the answer for "a" and "b". */
static int
items(const char *text, struct tq_span out[2])
{
	static const char *const pks[] = { "a", "b" };
	struct t_env vars = { .now = 1440938160000, .vars = { T_ENV_AWS,
	    NULL } };
	struct tq_env env = t_env_make(&vars);
	struct aq *s;
	int rc;

	err = (struct tq_err)TQ_ERR_INIT;
	body = text;
	T_INT(aq_new("aws:tab", &env, 1, NULL, &s, &err), 0);
	s->a->opts.perform = t_reply_all;
	s->a->opts.arg = &body;
	rc = aq_items(s, pks, 2, &mem, out, &err);
	aq_free(s);
	return rc;
}

static void
test_asked(void)
{
	struct tq_span out[2];

	T_INT(items("{\"Responses\":{\"tab\":[" KEY("b") "]}}", out), 0);
	T_INT(out[0].n, 0);
	T_OK(tq_span_eq(out[1], KEY("b")));
	tq_arena_reset(&mem);
}

static void
test_more_than_asked(void)
{
	struct tq_span out[2];

	T_INT(items("{\"Responses\":{\"tab\":[" KEY("a") "," KEY("b") ","
	    KEY("c") "]}}", out), -1);
	T_INT(err.code, TQ_E_CORRUPT);
	T_INT(items("{\"Responses\":{\"tab\":[" KEY("a") "]},"
	    "\"UnprocessedKeys\":{\"tab\":{\"Keys\":[" KEY("a") "," KEY("b")
	    "]}}}", out), -1);
	T_INT(err.code, TQ_E_CORRUPT);
	tq_arena_reset(&mem);
}

static void
test_without_a_key(void)
{
	struct tq_span out[2];

	T_INT(items("{\"Responses\":{\"tab\":[{\"pk\":{\"N\":\"1\"}},"
	    KEY("a") "]}}", out), 0);
	T_OK(tq_span_eq(out[0], KEY("a")));
	T_INT(out[1].n, 0);
	tq_arena_reset(&mem);
}

T_MAIN(
	{ "items come in any order, missing ones not at all", test_asked },
	{ "more than was asked for is no answer", test_more_than_asked },
	{ "an item without its key is nobody's", test_without_a_key }
)

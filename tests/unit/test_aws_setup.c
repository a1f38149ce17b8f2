/* tests/unit/test_aws_setup.c -- what init and doctor make of answers. */
#include "store/aws/setup/setup.h"

#include "t.h"
#include "t_env.h"
#include "t_reply.h"

static const char *body;	/* of every answer */

#define TABLE(status) "{\"Table\":{\"TableStatus\":\"" status "\","	\
	"\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}],"	\
	"\"GlobalSecondaryIndexes\":[{\"IndexName\":\"by-status\","	\
	"\"KeySchema\":[{\"AttributeName\":\"gsi\",\"KeyType\":\"HASH\"},"	\
	"{\"AttributeName\":\"ringAt\",\"KeyType\":\"RANGE\"}]}]}}"

static void
test_table(void)
{
	static const struct {
		const char *body;
		int is;
	} t[] = {
		{ TABLE("ACTIVE"), AQ_THERE },
		{ TABLE("UPDATING"), AQ_THERE },
		{ TABLE("CREATING"), AQ_COMING },
		{ TABLE("DELETING"), AQ_COMING },
		{ TABLE("ARCHIVED"), -1 },
		{ TABLE("INACCESSIBLE_ENCRYPTION_CREDENTIALS"), -1 },
	};
	struct t_env vars = { .now = 1440938160000, .vars = { T_ENV_AWS,
	    NULL } };
	struct tq_env env = t_env_make(&vars);
	struct tq_aws_opts opts = { .env = &env, .perform = t_reply_all,
	    .arg = &body };
	struct aq s = { .base.env = &env, .url.table = "demo" };
	struct aq_setup w = { .s = &s };
	struct tq_aws_call c;
	struct tq_err err = TQ_ERR_INIT;
	size_t i;

	T_MUST(tq_aws_new(&opts, &s.a, &err) == 0);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		c = (struct tq_aws_call){ 0 };
		body = t[i].body;
		if (aq_table_look(&w, &c, &err) != t[i].is)
			T_FAIL("case %zu", i);
		tq_aws_call_free(&c);
	}
	T_INT(err.code, TQ_E_CONFIG);
	T_OK(strstr(err.msg, "key in KMS") != NULL);
	tq_arena_free(&w.mem);
	tq_aws_free(s.a);
}

T_MAIN({ "a table that is being changed serves, one without its key does not",
	test_table })

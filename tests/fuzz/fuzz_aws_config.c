/*
 * tests/fuzz/fuzz_aws_config.c -- any bytes as ~/.aws/config (or, after a
 * 'c', as ~/.aws/credentials).
 *
 * Beyond "no crash": a refusal names file and line and shows nothing of the
 * text; what is taken answers look-ups with values that stand in it.
 */
#include "fuzz.h"

#include "aws/config.h"
#include "aws/endpoint.h"
#include "util/env.h"
#include "util/err.h"

static const char *const keys[] = { "region", "aws_access_key_id",
    "source_profile", "s3", "services" };
static const char *const profiles[] = { "default", "p", "a b" };

static const char *
no_variable(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static void
look_up(const struct tq_aws_config *c, const char *profile, struct tq_span text)
{
	static const struct tq_env env = { .get = no_variable };
	struct tq_aws_setup s = { &env, c, profile, NULL };
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	const char *v, *base;
	bool custom;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		v = tq_aws_config_get(c, TQ_AWS_IN_BOTH, TQ_AWS_PROFILE,
		    profile, keys[i]);
		if (v != NULL)
			MUST(v[0] != '\0' && strlen(v) <= text.n);
		v = tq_aws_config_sub(c, TQ_AWS_PROFILE, profile, keys[i],
		    "addressing_style");
		if (v != NULL)
			MUST(v[0] != '\0' && strlen(v) <= text.n);
	}
	if (tq_aws_endpoint(&s, TQ_AWS_SQS, tq_aws_region(&s, NULL), &mem,
	    &base, &custom, &err) == -1)
		MUST(err.code == TQ_E_CONFIG && err.msg[0] != '\0');
	else
		MUST(base[0] != '\0');
	tq_arena_free(&mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_aws_config c = { TQ_ARENA_INIT, NULL };
	struct tq_err err = TQ_ERR_INIT;
	bool credentials = n > 0 && data[0] == 'c';
	struct tq_span text = { (const char *)data + credentials,
	    n - credentials };
	size_t i;

	if (tq_aws_config_add(&c, credentials ? TQ_AWS_IN_CREDENTIALS :
	    TQ_AWS_IN_CONFIG, "FILE", text, &err) == -1) {
		MUST(err.code == TQ_E_CONFIG);
		MUST(strncmp(err.msg, "FILE: ", 6) == 0);
		MUST(strlen(err.msg) < 100);
	}
	for (i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		look_up(&c, profiles[i], text);
	tq_aws_config_free(&c);
	return 0;
}

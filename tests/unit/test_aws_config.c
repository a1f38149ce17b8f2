/* tests/unit/test_aws_config.c -- shared config files, regions, endpoints. */
#include "t.h"

#include "aws/config.h"
#include "aws/endpoint.h"
#include "t_env.h"
#include "util/err.h"

static const char config_text[] =
    "\xef\xbb\xbf# a comment\n"
    "; another\n"
    "[default]\r\n"
    "region = eu-west-1   # where we are\r\n"
    "output=json\n"
    "[profile build]\n"
    "Region=us-east-2\n"
    "services = local\n"
    "endpoint_url = http://profile\n"
    "aws_access_key_id = FROM_CONFIG\n"
    "role_session_name = a#b;c\n"
    "empty =\n"
    "s3 =\n"
    "  # indented comment\n"
    "  addressing_style = path\n"
    "  max_concurrent = 3 ; inline\n"
    "long = one\n"
    "   two\n"
    "[profile \"two words\"]\n"
    "region = x\n"
    "[build]\n"
    "region = not-a-profile\n"
    "[sso-session corp]\n"
    "sso_region = eu-north-1\n"
    "[services local]\n"
    "sqs =\n"
    "    endpoint_url = http://127.0.0.1:1111\n"
    "dynamodb=\n"
    "    endpoint_url = http://127.0.0.1:2222\n"
    "[plugins]\n"
    "x = y\n";

static const char credentials_text[] =
    "[build]\n"
    "aws_access_key_id=FROM_CREDENTIALS\n"
    "aws_secret_access_key = a/b+c=d==\n"
    "[only]\n"
    "aws_access_key_id = A\n"
    "[only]\n"
    "aws_access_key_id = B\n";

static void
load(struct tq_aws_config *c)
{
	struct tq_err err = TQ_ERR_INIT;

	*c = (struct tq_aws_config){ TQ_ARENA_INIT, NULL };
	T_INT(tq_aws_config_add(c, TQ_AWS_IN_CONFIG, "config",
	    tq_span_of(config_text), &err), 0);
	T_INT(tq_aws_config_add(c, TQ_AWS_IN_CREDENTIALS, "credentials",
	    tq_span_of(credentials_text), &err), 0);
}

#define GET(files, name, key) \
	tq_aws_config_get(&c, (files), TQ_AWS_PROFILE, (name), (key))

static void
test_files(void)
{
	struct tq_aws_config c;

	load(&c);
	T_STR(GET(TQ_AWS_IN_BOTH, "default", "region"), "eu-west-1");
	T_STR(GET(TQ_AWS_IN_BOTH, "build", "region"), "us-east-2");
	T_STR(GET(TQ_AWS_IN_BOTH, "build", "aws_access_key_id"),
	    "FROM_CREDENTIALS");
	T_STR(GET(TQ_AWS_IN_CONFIG, "build", "aws_access_key_id"),
	    "FROM_CONFIG");
	T_STR(GET(TQ_AWS_IN_BOTH, "build", "aws_secret_access_key"),
	    "a/b+c=d==");
	T_STR(GET(TQ_AWS_IN_BOTH, "build", "role_session_name"), "a#b;c");
	T_STR(GET(TQ_AWS_IN_BOTH, "build", "long"), "one\ntwo");
	T_STR(GET(TQ_AWS_IN_BOTH, "two words", "region"), "x");
	T_STR(GET(TQ_AWS_IN_BOTH, "only", "aws_access_key_id"), "B");
	T_OK(GET(TQ_AWS_IN_BOTH, "build", "output") == NULL);
	T_OK(GET(TQ_AWS_IN_BOTH, "build", "empty") == NULL);
	T_OK(GET(TQ_AWS_IN_CONFIG, "only", "aws_access_key_id") == NULL);
	T_STR(tq_aws_config_sub(&c, TQ_AWS_PROFILE, "build", "s3",
	    "addressing_style"), "path");
	T_STR(tq_aws_config_sub(&c, TQ_AWS_PROFILE, "build", "s3",
	    "max_concurrent"), "3");
	T_STR(tq_aws_config_get(&c, TQ_AWS_IN_BOTH, TQ_AWS_SSO_SESSION, "corp",
	    "sso_region"), "eu-north-1");
	T_OK(tq_aws_config_has(&c, TQ_AWS_IN_CREDENTIALS, TQ_AWS_PROFILE,
	    "only"));
	T_OK(!tq_aws_config_has(&c, TQ_AWS_IN_BOTH, TQ_AWS_PROFILE,
	    "plugins"));
	tq_aws_config_free(&c);
}

static void
test_default(void)
{
	static const char *const texts[] = {
		"[default]\nregion=a\n[profile default]\nregion=b\n",
		"[profile default]\nregion=b\n[default]\nregion=a\n" };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_aws_config c = { TQ_ARENA_INIT, NULL };
	size_t i;

	for (i = 0; i < 2; i++) {
		T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "f",
		    tq_span_of(texts[i]), &err), 0);
		T_STR(GET(TQ_AWS_IN_BOTH, "default", "region"), "b");
		tq_aws_config_free(&c);
	}
}

static void
test_bad_files(void)
{
	static const struct {
		const char *text;
		int line;
	} t[] = {
		{ "region = x\n", 1 },
		{ "[default]\nsecret-without-equals\n", 2 },
		{ "[default\n", 1 },
		{ "[default]\n\n= x\n", 3 },
		{ "[default]\n  nested = before\n", 2 },
		{ "[default]\ns3 =\n  nothing\n", 3 },
	};
	struct tq_aws_config c = { TQ_ARENA_INIT, NULL };
	struct tq_err err;
	char want[32];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "f",
		    tq_span_of(t[i].text), &err), -1);
		T_INT(err.code, TQ_E_CONFIG);
		snprintf(want, sizeof(want), "f: line %d: ", t[i].line);
		T_OK(strstr(err.msg, want) == err.msg);
		T_OK(strstr(err.msg, "secret") == NULL);
		tq_aws_config_free(&c);
	}
	T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "f",
	    (struct tq_span){ "a\0b", 3 }, &err), -1);
	T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "f", TQ_SPAN_NONE,
	    &err), 0);
}

static void
test_paths(void)
{
	struct t_env e = { .vars = { "HOME", "/home/u", NULL } };
	struct tq_env env = t_env_make(&e);
	struct tq_buf b = TQ_BUF_INIT(256);

	tq_aws_config_path(&env, TQ_AWS_IN_CONFIG, &b);
	T_STR(b.data, "/home/u/.aws/config");
	tq_buf_clear(&b);
	e.vars[2] = "AWS_SHARED_CREDENTIALS_FILE";
	e.vars[3] = "/etc/c";
	tq_aws_config_path(&env, TQ_AWS_IN_CREDENTIALS, &b);
	T_STR(b.data, "/etc/c");
	tq_buf_free(&b);
}

static void
test_region(void)
{
	struct t_env e = { .vars = { NULL } };
	struct tq_env env = t_env_make(&e);
	struct tq_aws_config c;
	struct tq_aws_setup s = { &env, &c, "build", NULL };
	struct tq_err err = TQ_ERR_INIT;

	load(&c);
	T_STR(tq_aws_profile(&env), "default");
	T_STR(tq_aws_region(&s, NULL), "us-east-2");
	e.vars[0] = "AWS_DEFAULT_REGION";
	e.vars[1] = "b";
	T_STR(tq_aws_region(&s, NULL), "b");
	e.vars[2] = "AWS_REGION";
	e.vars[3] = "c";
	T_STR(tq_aws_region(&s, NULL), "c");
	T_STR(tq_aws_region(&s, "d"), "d");
	s.region = "last";
	T_STR(tq_aws_region(&s, NULL), "c");
	s.profile = "no-region";
	e.vars[0] = NULL;
	T_STR(tq_aws_region(&s, NULL), "last");
	s.profile = "build";
	e.vars[0] = "AWS_DEFAULT_REGION";
	e.vars[4] = "AWS_PROFILE";
	e.vars[5] = "only";
	T_STR(tq_aws_profile(&env), "only");
	T_INT(tq_aws_profile_check(&s, &err), 0);
	s.profile = "missing";
	T_INT(tq_aws_profile_check(&s, &err), -1);
	T_OK(strstr(err.msg, "missing") != NULL);
	tq_aws_config_free(&c);
}

static char base[256];

static const char *
endpoint(struct t_env *e, const char *profile, enum tq_aws_service service,
    const char *region)
{
	struct tq_env env = t_env_make(e);
	struct tq_aws_config c;
	struct tq_aws_setup s = { &env, &c, profile, NULL };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_arena mem = TQ_ARENA_INIT;
	const char *p;
	bool custom;

	load(&c);
	if (tq_aws_endpoint(&s, service, region, &mem, &p, &custom, &err) == -1)
		p = err.msg;
	else
		T_INT(custom, strncmp(p, "http:", 5) == 0);
	snprintf(base, sizeof(base), "%s", p);
	tq_aws_config_free(&c);
	tq_arena_free(&mem);
	return base;
}

static void
test_hosts(void)
{
	struct t_env none = { .vars = { NULL } };
	struct t_env fips = { .vars = { "AWS_USE_FIPS_ENDPOINT", "true",
	    NULL } };
	struct t_env dual = { .vars = { "AWS_USE_DUALSTACK_ENDPOINT", "TRUE",
	    NULL } };

	T_STR(endpoint(&none, "default", TQ_AWS_SQS, "eu-west-1"),
	    "https://sqs.eu-west-1.amazonaws.com");
	T_STR(endpoint(&none, "default", TQ_AWS_S3, "us-east-1"),
	    "https://s3.us-east-1.amazonaws.com");
	T_STR(endpoint(&none, "default", TQ_AWS_DYNAMODB, "cn-north-1"),
	    "https://dynamodb.cn-north-1.amazonaws.com.cn");
	T_STR(endpoint(&fips, "default", TQ_AWS_SQS, "us-east-1"),
	    "https://sqs-fips.us-east-1.amazonaws.com");
	T_STR(endpoint(&fips, "default", TQ_AWS_SQS, "us-gov-west-1"),
	    "https://sqs.us-gov-west-1.amazonaws.com");
	T_STR(endpoint(&dual, "default", TQ_AWS_SQS, "eu-west-1"),
	    "https://sqs.eu-west-1.api.aws");
	T_STR(endpoint(&dual, "default", TQ_AWS_S3, "eu-west-1"),
	    "https://s3.dualstack.eu-west-1.amazonaws.com");
	T_STR(endpoint(&none, "default", TQ_AWS_SSO_OIDC, "eu-west-1"),
	    "https://oidc.eu-west-1.amazonaws.com");
	T_STR(endpoint(&fips, "default", TQ_AWS_SSO_OIDC, "eu-west-1"),
	    "https://oidc-fips.eu-west-1.amazonaws.com");
	T_OK(strstr(endpoint(&fips, "default", TQ_AWS_S3, "cn-north-1"),
	    "AWS_USE_FIPS_ENDPOINT: S3 has none") != NULL);
	T_OK(strstr(endpoint(&none, "default", TQ_AWS_SQS, NULL),
	    "AWS_REGION") != NULL);
	T_OK(strstr(endpoint(&none, "default", TQ_AWS_SQS, "a/b"),
	    "can't be one") != NULL);
}

static void
test_dual(void)
{
	struct t_env both = { .vars = { "AWS_USE_FIPS_ENDPOINT", "true",
	    "AWS_USE_DUALSTACK_ENDPOINT", "true", NULL } };
	struct t_env dual = { .vars = { "AWS_USE_DUALSTACK_ENDPOINT", "true",
	    NULL } };

	T_STR(endpoint(&both, "default", TQ_AWS_SQS, "eu-west-1"),
	    "https://sqs-fips.eu-west-1.api.aws");
	/* Unlike the plain one. */
	T_STR(endpoint(&both, "default", TQ_AWS_DYNAMODB, "us-gov-west-1"),
	    "https://dynamodb-fips.us-gov-west-1.api.aws");
	T_STR(endpoint(&both, "default", TQ_AWS_S3, "us-gov-west-1"),
	    "https://s3-fips.dualstack.us-gov-west-1.amazonaws.com");
	T_STR(endpoint(&dual, "default", TQ_AWS_SQS, "cn-north-1"),
	    "https://sqs.cn-north-1.api.amazonwebservices.com.cn");
	T_STR(endpoint(&dual, "default", TQ_AWS_S3, "cn-north-1"),
	    "https://s3.dualstack.cn-north-1.amazonaws.com.cn");
	T_STR(endpoint(&dual, "default", TQ_AWS_STS, "eusc-de-east-1"),
	    "https://sts.eusc-de-east-1.api.amazonwebservices.eu");
	T_STR(endpoint(&dual, "default", TQ_AWS_SQS, "us-isob-east-1"),
	    "https://sqs.us-isob-east-1.api.aws.scloud");
}

static void
test_custom(void)
{
	struct t_env e = { .vars = { NULL } };

	T_STR(endpoint(&e, "build", TQ_AWS_SQS, "eu-west-1"),
	    "http://127.0.0.1:1111");
	T_STR(endpoint(&e, "build", TQ_AWS_DYNAMODB, "eu-west-1"),
	    "http://127.0.0.1:2222");
	T_STR(endpoint(&e, "build", TQ_AWS_S3, "eu-west-1"),
	    "http://profile");
	e.vars[0] = "AWS_ENDPOINT_URL";
	e.vars[1] = "http://all";
	T_STR(endpoint(&e, "build", TQ_AWS_SQS, "eu-west-1"), "http://all");
	e.vars[2] = "AWS_ENDPOINT_URL_SQS";
	e.vars[3] = "http://sqs";
	T_STR(endpoint(&e, "build", TQ_AWS_SQS, "eu-west-1"), "http://sqs");
	T_STR(endpoint(&e, "build", TQ_AWS_S3, "eu-west-1"), "http://all");
	e.vars[4] = "AWS_USE_FIPS_ENDPOINT";
	e.vars[5] = "true";
	T_OK(strstr(endpoint(&e, "build", TQ_AWS_S3, "eu-west-1"),
	    "can't be combined") != NULL);
	e.vars[4] = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
	T_STR(endpoint(&e, "build", TQ_AWS_SQS, "eu-west-1"),
	    "https://sqs.eu-west-1.amazonaws.com");
}

T_MAIN(
	{ "both files are read, with comments, nested and continued values",
	    test_files },
	{ "[profile default] is preferred to [default]", test_default },
	{ "a bad line is named by file and number, its text is not shown",
	    test_bad_files },
	{ "the files' places come from the environment", test_paths },
	{ "the region is found in the order of the SDKs", test_region },
	{ "hosts follow partition, FIPS and dual-stack", test_hosts },
	{ "dual-stack hosts have suffixes of their own", test_dual },
	{ "custom endpoints are found in the order of the SDKs", test_custom }
)

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
    "region = eu-west-1\r\n"
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
    "  max_concurrent = 3\n"
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

/*
 * Answers of botocore 1.43.11 (Session.full_config), asked with each of these
 * files; NULL: it has no such profile or key.  A key a.b is b nested in a.
 */
static const struct {
	const char *config, *credentials, *profile, *key, *answer;
} table[] = {
	/* Indented keys, and what an indented line is. */
	{ "[profile a]\n  region = x\n  output = y\n", "", "a", "region", "x" },
	{ "[profile a]\n  region = x\n  output = y\n", "", "a", "output", "y" },
	{ "[profile a]\n\tregion\t=\tx\n\tk=v\n", "", "a", "k", "v" },
	{ "[profile a]\n\tregion\t=\tx\n\t\ty\n", "", "a", "region",
	    "x\ny" },
	{ "[profile a]\n  region = x\n    more\n k = z\n", "", "a", "region",
	    "x\nmore" },
	{ "[profile a]\n  region = x\n    more\n k = z\n", "", "a", "k", "z" },
	{ "[profile a]\nk = v\n  j = w\n", "", "a", "k", "v\nj = w" },
	{ "[profile a]\nk = v\n  [profile b]\n", "", "a", "k",
	    "v\n[profile b]" },
	{ "[profile a]\n  k = v\n  [profile b]\n  j = w\n", "", "b", "j",
	    "w" },
	/* Colons. */
	{ "[profile a]\nregion: x\n", "", "a", "region", "x" },
	{ "[profile a]\ncredential_process: /p --x=y\n", "", "a",
	    "credential_process", "/p --x=y" },
	{ "[profile a]\nendpoint_url = http://h:1\n", "", "a",
	    "endpoint_url", "http://h:1" },
	{ "[profile a]\na:b=c\n", "", "a", "a", "b=c" },
	/* Comments: whole lines only. */
	{ "[profile a]\nregion = x # c\n", "", "a", "region", "x # c" },
	{ "[profile a]\nk = y ;c\n", "", "a", "k", "y ;c" },
	{ "[profile a]\nk = one\n  # no\n ; no\n  two\n\n  three\n\nj = x\n",
	    "", "a", "k", "one\ntwo\n\nthree" },
	{ "# c\n;c\n\n[profile a]\n#k = 1\nk = 2\n", "", "a", "k", "2" },
	{ "[profile a]\nk = v\n  \n\n[profile b]\n", "", "a", "k", "v" },
	/* Nested ones. */
	{ "[profile a]\ns3 =\n  # no\n  k = v\n\n  other= 1 # in\nj=x\n", "",
	    "a", "s3.k", "v" },
	{ "[profile a]\ns3 =\n  # no\n  k = v\n\n  other= 1 # in\nj=x\n", "",
	    "a", "s3.other", "1 # in" },
	{ "[profile a]\ns3 =\n  # no\n  k = v\n\n  other= 1 # in\nj=x\n", "",
	    "a", "j", "x" },
	{ "[profile a]\ns3 =\n  Key = v\n", "", "a", "s3.key", NULL },
	{ "[profile a]\r\nk = x\r\ns3 =\r\n  k = v\r\n", "", "a", "s3.k",
	    "v" },
	/* Names, of profiles and keys. */
	{ "[profile a]\nReGion = x\n", "", "a", "region", "x" },
	{ "[profile 'q r']\nk=1\n", "", "q r", "k", "1" },
	{ "[profile \"s t\"]\nk=2\n", "", "s t", "k", "2" },
	{ "[profile u\\ v]\nk=3\n", "", "u v", "k", "3" },
	{ "[profile w x]\nk=4\n", "", "w", "k", NULL },
	{ "[ profile y ]\nk=5\n", "", "y", "k", NULL },
	{ "[profilez z]\nk=6\n", "", "z", "k", "6" },
	{ "[profile 1\"2 3\"]\nk=7\n", "", "12 3", "k", "7" },
	{ "[plain]\nk=8\n", "", "plain", "k", NULL },
	{ "[profile  two ]\nk=9\n", "", "two", "k", "9" },
	{ "[profile\tt]\nk=10\n", "", "t", "k", "10" },
	{ "[profile a] # x\nk=1\n", "", "a", "k", "1" },
	{ "[profile a]\nregion = \"x\"\n", "", "a", "region", "\"x\"" },
	{ "[profile a]\nregion =\nk = v\n", "", "a", "k", "v" },
	/* Of two spellings the later; [DEFAULT] is for all. */
	{ "[default]\nk=a\nj=o\n[profile default]\nk=b\n", "", "default",
	    "k", "b" },
	{ "[default]\nk=a\nj=o\n[profile default]\nk=b\n", "", "default",
	    "j", NULL },
	{ "[profile default]\nk=b\n[default]\nk=a\n", "", "default", "k",
	    "a" },
	{ "[DEFAULT]\nk=d\nj=o\n[profile a]\nk=x\n", "", "a", "j", "o" },
	{ "[DEFAULT]\nk=d\nj=o\n[profile a]\nk=x\n", "", "a", "k", "x" },
	{ "[DEFAULT]\nk=d\n", "", "a", "k", NULL },
	/* Both files: the keys of each, those of the credentials first. */
	{ "[profile a]\nk=x\nj=y\n", "[a]\nk = z\n", "a", "k", "z" },
	{ "[profile a]\nk=x\nj=y\n", "[a]\nk = z\n", "a", "j", "y" },
	{ "", "[profile b]\nk=1\n", "b", "k", NULL },
	{ "", "[profile b]\nk=1\n", "profile b", "k", "1" },
	{ "", "[\"c\"]\nk=2\n", "\"c\"", "k", "2" },
	{ "", "[c d]\n k: 3\n", "c d", "k", "3" },
};

static const char *
answer(const struct tq_aws_config *c, const char *profile, const char *key)
{
	const char *dot = strchr(key, '.');
	char outer[32];

	if (dot == NULL)
		return tq_aws_config_get(c, TQ_AWS_IN_BOTH, TQ_AWS_PROFILE,
		    profile, key);
	snprintf(outer, sizeof(outer), "%.*s", (int)(dot - key), key);
	return tq_aws_config_sub(c, TQ_AWS_PROFILE, profile, outer, dot + 1);
}

static void
test_botocore(void)
{
	struct tq_aws_config c = { TQ_ARENA_INIT, NULL };
	struct tq_err err = TQ_ERR_INIT;
	const char *got;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "c",
		    tq_span_of(table[i].config), &err), 0);
		T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CREDENTIALS, "k",
		    tq_span_of(table[i].credentials), &err), 0);
		T_INT(tq_aws_config_check(&c, TQ_AWS_PROFILE, table[i].profile,
		    &err), 0);
		got = answer(&c, table[i].profile, table[i].key);
		if (got == NULL || table[i].answer == NULL ?
		    got != table[i].answer : strcmp(got, table[i].answer) != 0)
			T_FAIL("%s%s: %s of %s is %s, not %s",
			    table[i].config, table[i].credentials,
			    table[i].key, table[i].profile,
			    got ? got : "(none)",
			    table[i].answer ? table[i].answer : "(none)");
		tq_aws_config_free(&c);
	}
}

/*
 * Files that botocore refuses, whatever profile is asked for.  Here they spoil
 * what they are about: ${line} is named to the user of profile "me", 0: to
 * nobody; profile "other" has its key in each.
 */
static void
test_bad_lines(void)
{
	static const char other[] = "[profile other]\nk = v\n";
	static const struct {
		const char *text;
		int line;
	} t[] = {
		{ "[profile me]\nsecret-without-equals\n", 2 },
		{ "[profile me]\nk = 1\n\n= x\n", 4 },
		{ "[profile me]\ns3 =\n  secret\n", 2 },
		{ "[profile me]\ns3 =\n  path: x\n", 2 },
		{ "[profile me\nk = 1\n", 1 },
		{ "[profile me]\nk = 1\n[profile you\nj = 2\n", 0 },
		{ "[profile you]\nsecret\n[profile me]\nk = 1\n", 0 },
		{ "[plain]\nsecret\n[profile me]\nk = 1\n", 0 },
		{ "[profile me]\nk = 0\n[profile me]\nk = 1\n", 0 },
		{ "[profile me]\nk = 0\nk = 1\n", 0 },
	};
	struct tq_aws_config c = { TQ_ARENA_INIT, NULL };
	struct tq_err err;
	char want[32];
	size_t i;
	int rc;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "f",
		    tq_span_of(t[i].text), &err), 0);
		T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "g",
		    tq_span_of(other), &err), 0);
		T_INT(tq_aws_config_check(&c, TQ_AWS_PROFILE, "other", &err),
		    0);
		T_STR(GET(TQ_AWS_IN_BOTH, "other", "k"), "v");
		rc = tq_aws_config_check(&c, TQ_AWS_PROFILE, "me", &err);
		T_INT(rc, t[i].line > 0 ? -1 : 0);
		snprintf(want, sizeof(want), "f: line %d: ", t[i].line);
		if (rc == 0)
			T_STR(GET(TQ_AWS_IN_BOTH, "me", "k"), "1");
		else
			T_OK(strstr(err.msg, want) == err.msg);
		T_OK(strstr(err.msg, "secret") == NULL);
		tq_aws_config_free(&c);
	}
}

static void
test_bad_files(void)
{
	struct tq_aws_config c = { TQ_ARENA_INIT, NULL };
	struct tq_err err = TQ_ERR_INIT;

	T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "f",
	    (struct tq_span){ "a\0b", 3 }, &err), -1);
	T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "f", TQ_SPAN_NONE,
	    &err), 0);
	T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "f",
	    tq_span_of("\n# x\nregion = x\n[default]\n"), &err), -1);
	T_INT(err.code, TQ_E_CONFIG);
	T_STR(err.msg, "f: line 3: want a [section] first");
	tq_aws_config_free(&c);
}

/* A profile is judged with what it names. */
static void
test_spoilt(void)
{
	static const char text[] = "[profile a]\nsso_session = s\n"
	    "[profile b]\nservices = s\n[sso-session s]\nspoilt\n"
	    "[services s]\nspoilt\n[profile c]\nk = v\n";
	struct t_env e = { .vars = { NULL } };
	struct tq_env env = t_env_make(&e);
	struct tq_aws_config c = { TQ_ARENA_INIT, NULL };
	struct tq_aws_setup s = { &env, &c, "a", NULL };
	struct tq_err err = TQ_ERR_INIT;

	T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "f", tq_span_of(text),
	    &err), 0);
	T_INT(tq_aws_profile_check(&s, &err), -1);
	T_OK(strstr(err.msg, "f: line 6: ") == err.msg);
	s.profile = "b";
	T_INT(tq_aws_profile_check(&s, &err), -1);
	T_OK(strstr(err.msg, "f: line 8: ") == err.msg);
	s.profile = "c";
	T_INT(tq_aws_profile_check(&s, &err), 0);
	tq_aws_config_free(&c);
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
	{ "files are read as botocore reads them", test_botocore },
	{ "a line that can't be read spoils its own profile, and is not shown",
	    test_bad_lines },
	{ "what is no config file at all is refused", test_bad_files },
	{ "a profile is spoilt with its SSO session and services",
	    test_spoilt },
	{ "the files' places come from the environment", test_paths },
	{ "the region is found in the order of the SDKs", test_region },
	{ "hosts follow partition, FIPS and dual-stack", test_hosts },
	{ "dual-stack hosts have suffixes of their own", test_dual },
	{ "custom endpoints are found in the order of the SDKs", test_custom }
)

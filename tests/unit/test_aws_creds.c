/*
 * tests/unit/test_aws_creds.c -- each credential provider against a fake of
 * what it asks; the chain; files and programs.
 */
#include "t.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/config.h"
#include "aws/creds.h"
#include "aws/endpoint.h"
#include "t_aws.h"
#include "t_env.h"
#include "t_fd.h"
#include "util/err.h"

#define NOW	INT64_C(1440938160000)	/* 2015-08-30T12:36:00Z */
#define STS	"POST https://sts.eu-west-1.amazonaws.com/"
#define STS_REPLY(action, id)						\
	"<" action "Response xmlns=\"https://sts.amazonaws.com/doc/\">"	\
	"<" action "Result><Credentials><AccessKeyId>" id		\
	"</AccessKeyId><SecretAccessKey>sts-secret</SecretAccessKey>"	\
	"<SessionToken>tok&amp;en</SessionToken>"			\
	"<Expiration>2015-08-30T13:36:00Z</Expiration></Credentials>"	\
	"<AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/r/s" \
	"</Arn></AssumedRoleUser>"					\
	"</" action "Result></" action "Response>"

static struct t_world world;
static struct t_env vars;
static struct tq_creds got;
static struct tq_err err;

/* Find credentials with this config; returns where from, or the message. */
static const char *
find(const char *profile, const char *config, const char *credentials)
{
	static char source[64];
	struct tq_env env = t_env_make(&vars);
	struct tq_aws_config c = { TQ_ARENA_INIT, NULL };
	struct tq_aws_setup s = { &env, &c, profile, NULL };
	struct tq_creds_io io = { t_world_http, t_world_read, t_world_write,
	    t_world_run, &world };
	int rc;

	world.log[0] = '\0';
	world.runs = 0;
	vars.now = NOW;
	err = (struct tq_err)TQ_ERR_INIT;
	tq_creds_free(&got);
	T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "config",
	    tq_span_of(config), &err), 0);
	T_INT(tq_aws_config_add(&c, TQ_AWS_IN_CREDENTIALS, "credentials",
	    tq_span_of(credentials), &err), 0);
	rc = tq_creds_find(&s, &io, &got, &err);
	/* In all, however slowly an answer comes. */
	T_OK(!world.endless && world.longest_ms <= 10000);
	tq_aws_config_free(&c);
	if (rc == -1)
		return err.msg;
	T_OK(got.key_id != NULL && got.secret != NULL);
	snprintf(source, sizeof(source), "%s", got.source);
	return source;
}

/* Forget the last test; then name what this one's world has. */
static void
reset(void)
{
	world = (struct t_world){ 0 };
	vars = (struct t_env){ .vars = { "AWS_REGION", "eu-west-1", "HOME",
	    "/h", NULL } };
}

static void
set(const char *name, const char *value)
{
	size_t i = 0;

	while (vars.vars[i] != NULL)
		i += 2;
	vars.vars[i] = name;
	vars.vars[i + 1] = value;
}

static void
answer(const char *ask, int status, const char *body)
{
	size_t i = 0;

	while (world.answers[i].ask != NULL)
		i++;
	world.answers[i].ask = ask;
	world.answers[i].status = status;
	world.answers[i].body = body;
}

#define HAS(text)	T_OK(strstr(world.log, (text)) != NULL)
#define SAYS(text)	T_OK(strstr(err.msg, (text)) != NULL)

static void
test_env(void)
{
	reset();
	set("AWS_ACCESS_KEY_ID", "AKID");
	T_OK(strstr(find("default", "", ""), "AWS_SECRET_ACCESS_KEY") != NULL);
	set("AWS_SECRET_ACCESS_KEY", "s");
	T_STR(find("p", "", "[p]\naws_access_key_id=x\n"), "environment");
	T_STR(got.key_id, "AKID");
	T_OK(got.token == NULL);
	set("AWS_SECURITY_TOKEN", "old");
	find("default", "", "");
	T_STR(got.token, "old");
	set("AWS_SESSION_TOKEN", "new");
	set("AWS_CREDENTIAL_EXPIRATION", "2015-08-30T12:37:00Z");
	find("default", "", "");
	T_STR(got.token, "new");
	T_OK(got.account == NULL);
	T_INT(got.expires_ms, NOW + 60000);
	vars.vars[13] = "2015-08-30T11:38:00-0100";
	find("default", "", "");
	T_INT(got.expires_ms, NOW + 120000);
	vars.vars[13] = "2015-08-30T12:36:00Z";
	find("default", "", "");
	T_INT(err.code, TQ_E_DENIED);
	SAYS("expired");
}

static void
test_files(void)
{
	static const char keys[] = "[p]\naws_access_key_id = A\n"
	    "aws_secret_access_key = S\naws_session_token = T\n";

	reset();
	T_STR(find("p", "", keys), "shared credentials");
	T_STR(got.token, "T");
	T_STR(find("p", "[profile p]\naws_access_key_id=C\n"
	    "aws_secret_access_key=D\n", ""), "shared config");
	T_STR(got.key_id, "C");
	T_STR(find("p", "[profile p]\naws_access_key_id=C\n"
	    "aws_secret_access_key=D\ncredential_process=x\n", keys),
	    "shared credentials");
	find("p", "", "[p]\naws_access_key_id = A\n");
	T_INT(err.code, TQ_E_CONFIG);
	find("default", "", "");
	T_INT(err.code, TQ_E_DENIED);
	SAYS("none found");
}

static void
test_process(void)
{
	static const char config[] = "[default]\ncredential_process = "
	    "/bin/c --a \"x \\\"y\" 'it''s' b\\ c\n";

	reset();
	world.run_output = "{\"Version\":1,\"AccessKeyId\":\"P\","
	    "\"SecretAccessKey\":\"S\",\"SessionToken\":\"T\","
	    "\"Expiration\":\"2015-08-30T13:36:00Z\"}";
	T_STR(find("default", config, ""), "process");
	T_STR(world.log, "</bin/c><--a><x \"y><its><b c>");
	T_INT(got.expires_ms, NOW + 3600000);
	/* As strftime()'s %z writes an offset. */
	world.run_output = "{\"Version\":1,\"AccessKeyId\":\"P\","
	    "\"SecretAccessKey\":\"S\","
	    "\"Expiration\":\"2015-08-30T14:06:00+0100\"}";
	T_STR(find("default", config, ""), "process");
	T_INT(got.expires_ms, NOW + 1800000);
	world.run_output = "{\"Version\":2,\"AccessKeyId\":\"P\","
	    "\"SecretAccessKey\":\"S\"}";
	find("default", config, "");
	SAYS("Version");
	world.run_output = "{\"Version\":1,\"AccessKeyId\":\"P\"}";
	find("default", config, "");
	SAYS("no keys");
	world.run_output = "Password: hunter2";
	find("default", config, "");
	T_OK(strstr(err.msg, "hunter2") == NULL);
	world.run_output = NULL;
	find("default", config, "");
	T_INT(err.code, TQ_E_DENIED);
	find("default", "[default]\ncredential_process = a 'b\n", "");
	SAYS("open quote");
}

static void
test_role(void)
{
	static const char config[] = "[profile p]\nrole_arn = arn:r\n"
	    "source_profile = base\nexternal_id = e/1\n"
	    "duration_seconds = 900\nrole_session_name = me\n"
	    "[profile env]\nrole_arn = arn:e\n"
	    "credential_source = Environment\n"
	    "[profile self]\nrole_arn=arn:s\nsource_profile=self\n"
	    "aws_access_key_id=SELF\naws_secret_access_key=S\n";
	static const char keys[] = "[base]\naws_access_key_id = BASE\n"
	    "aws_secret_access_key = S\n";

	reset();
	answer(STS, 200, STS_REPLY("AssumeRole", "ASIA"));
	T_STR(find("p", config, keys), "assumed role");
	T_STR(got.key_id, "ASIA");
	T_STR(got.secret, "sts-secret");
	T_STR(got.token, "tok&en");
	T_INT(got.expires_ms, NOW + 3600000);
	HAS("Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Ar"
	    "&RoleSessionName=me&ExternalId=e%2F1&DurationSeconds=900");
	HAS("Credential=BASE/20150830/eu-west-1/sts/aws4_request");
	T_STR(find("self", config, keys), "assumed role");
	HAS("Credential=SELF/");
	find("env", config, keys);
	SAYS("Environment");
}

static void
test_role_chain(void)
{
	static const char config[] =
	    "[profile a]\nrole_arn=arn:a\nsource_profile=b\n"
	    "[profile b]\nrole_arn=arn:b\nsource_profile=c\n"
	    "[profile x]\nrole_arn=arn:x\nsource_profile=y\n"
	    "[profile y]\nrole_arn=arn:y\nsource_profile=x\n"
	    "[profile both]\nrole_arn=arn:x\nsource_profile=y\n"
	    "credential_source=Environment\n"
	    "[profile gone]\nrole_arn=arn:x\nsource_profile=nowhere\n"
	    "[profile mfa]\nrole_arn=arn:x\nsource_profile=c\nmfa_serial=1\n";
	static const char keys[] = "[c]\naws_access_key_id=C\n"
	    "aws_secret_access_key=S\n";
	const char *first;

	reset();
	answer(STS, 200, STS_REPLY("AssumeRole", "ASIA"));
	T_STR(find("a", config, keys), "assumed role");
	T_OK((first = strstr(world.log, "RoleArn=arn%3Ab")) != NULL);
	T_OK(first != NULL && strstr(first, "RoleArn=arn%3Aa") != NULL);
	HAS("X-Amz-Security-Token: tok&en");
	find("x", config, keys);
	SAYS("circles");
	find("both", config, keys);
	SAYS("one of source_profile and credential_source");
	find("gone", config, keys);
	SAYS("nowhere");
	find("mfa", config, keys);
	SAYS("mfa_serial");
}

static void
test_role_refused(void)
{
	static const char config[] = "[profile p]\nrole_arn=arn:r\n"
	    "source_profile=p\naws_access_key_id=A\n"
	    "aws_secret_access_key=verysecret\n";

	reset();
	answer(STS, 403, "<ErrorResponse><Error><Type>Sender</Type>"
	    "<Code>AccessDenied</Code><Message>not you</Message></Error>"
	    "</ErrorResponse>");
	find("p", config, "");
	T_INT(err.code, TQ_E_DENIED);
	T_INT(err.stage, TQ_AT_CREDS);
	SAYS("AccessDenied: not you");
	T_OK(strstr(err.msg, "verysecret") == NULL);
	world.answers[0].status = 200;
	find("p", config, "");
	SAYS("no credentials");
	world.answers[0].body = "<AssumeRoleResponse><Assume";
	find("p", config, "");
	T_INT(err.code, TQ_E_DATA);
	world.answers[0].status = 0;
	find("p", config, "");
	T_INT(err.code, TQ_E_UNAVAILABLE);
}

/* A worker ends when it is denied, and asks again after all else. */
static void
test_not_now(void)
{
	static const char config[] = "[profile p]\nrole_arn=arn:r\n"
	    "source_profile=p\naws_access_key_id=A\n"
	    "aws_secret_access_key=S\n";

	reset();
	answer(STS, 400, "<ErrorResponse><Error><Type>Sender</Type>"
	    "<Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
	    "</ErrorResponse>");
	find("p", config, "");
	T_INT(err.code, TQ_E_THROTTLED);
	world.answers[0].body = "<ErrorResponse><Error><Code>"
	    "IDPCommunicationError</Code></Error></ErrorResponse>";
	find("p", config, "");
	T_INT(err.code, TQ_E_UNAVAILABLE);
	reset();
	set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c");
	answer("GET http://169.254.170.2/c", 429, "{}");
	find("default", "", "");
	T_INT(err.code, TQ_E_THROTTLED);
}

static void
test_web_identity(void)
{
	reset();
	answer(STS, 200, STS_REPLY("AssumeRoleWithWebIdentity", "WEB"));
	set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/token");
	T_OK(strstr(find("default", "", ""), "AWS_ROLE_ARN") != NULL);
	set("AWS_ROLE_ARN", "arn:w");
	find("default", "", "");
	T_INT(err.code, TQ_E_CONFIG);
	SAYS("/var/token");
	world.files[0].path = "/var/token";
	world.files[0].text = "eyJ.a+b\n";
	T_STR(find("default", "", ""), "web identity");
	HAS("&RoleArn=arn%3Aw&RoleSessionName=tq-1440938160"
	    "&WebIdentityToken=eyJ.a%2Bb");
	T_OK(strstr(world.log, "Authorization") == NULL);
	reset();
	answer(STS, 200, STS_REPLY("AssumeRoleWithWebIdentity", "WEB"));
	world.files[0].path = "/t";
	world.files[0].text = "tok";
	T_STR(find("p", "[profile p]\nrole_arn=arn:p\n"
	    "web_identity_token_file=/t\nrole_session_name=s\n", ""),
	    "web identity");
}

static void
test_sso(void)
{
	static const char config[] = "[profile p]\nsso_session=corp\n"
	    "sso_account_id=123\nsso_role_name=Dev Ops\n"
	    "[sso-session corp]\nsso_region=eu-north-1\n"
	    "sso_start_url=https://x\n"
	    "[profile old]\nsso_start_url=https://x\nsso_region=eu-north-1\n"
	    "sso_account_id=123\nsso_role_name=Dev Ops\n"
	    "[profile part]\nsso_session=corp\nsso_role_name=r\n"
	    "[profile bearer]\nsso_session=corp\naws_access_key_id=A\n"
	    "aws_secret_access_key=S\n";
	static const char url[] = "GET https://portal.sso.eu-north-1"
	    ".amazonaws.com/federation/credentials?role_name=Dev%20Ops"
	    "&account_id=123";

	reset();
	answer(url, 200, "{\"roleCredentials\":{\"accessKeyId\":\"S\","
	    "\"secretAccessKey\":\"K\",\"sessionToken\":\"T\","
	    "\"expiration\":1440941760000}}");
	find("p", config, "");
	SAYS("aws sso login --profile p");
	/* sha1("corp"), sha1("https://x") */
	world.files[0].path = "/h/.aws/sso/cache/"
	    "ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
	world.files[0].text = "{\"accessToken\":\"bear\","
	    "\"expiresAt\":\"2015-08-30T12:40:00Z\"}";
	world.files[1].path = "/h/.aws/sso/cache/"
	    "98383e6608d65e46b24bbd92582bc8d916605a21.json";
	world.files[1].text = world.files[0].text;
	T_STR(find("p", config, ""), "SSO");
	T_INT(got.expires_ms, INT64_C(1440941760000));
	HAS("x-amz-sso_bearer_token: bear");
	T_STR(find("old", config, ""), "SSO");
	find("part", config, "");
	SAYS("sso_account_id");
	T_STR(find("bearer", config, ""), "shared config");
	world.answers[0].status = 401;
	find("p", config, "");
	SAYS("HTTP 401");
	T_INT(err.code, TQ_E_DENIED);
	world.answers[0].body = "{\"message\":\"no session\"}";
	find("p", config, "");
	SAYS("SSO: role Dev Ops in account 123 ");
	SAYS("HTTP 401: no session");
	world.answers[0].status = 429;
	find("p", config, "");
	T_INT(err.code, TQ_E_THROTTLED);
	world.files[0].text = "{\"accessToken\":\"bear\","
	    "\"expiresAt\":\"2015-08-30T12:36:00Z\"}";
	find("p", config, "");
	SAYS("not signed in");
}

/* sha1("corp") */
#define CACHE	"/h/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
#define TOKEN	"POST https://oidc.eu-north-1.amazonaws.com/token"
#define PORTAL	"GET https://portal.sso.eu-north-1.amazonaws.com/"	\
	"federation/credentials?role_name=r&account_id=1"
#define LEFT_BY_LOGIN(access, expires)					\
	"{\"startUrl\": \"https://x\", \"region\": \"eu-north-1\", "	\
	"\"accessToken\": \"" access "\", \"expiresAt\": \"" expires "\", "	\
	"\"clientId\": \"id\", \"clientSecret\": \"cs\\\"\", "		\
	"\"registrationExpiresAt\": \"2015-09-30T00:00:00Z\", "		\
	"\"refreshToken\": \"refresh1\"}"

static const char sso_config[] = "[profile p]\nsso_session=corp\n"
    "sso_account_id=1\nsso_role_name=r\n"
    "[sso-session corp]\nsso_region=eu-north-1\nsso_start_url=https://x\n";

/* Signed in, and this is what it left. */
static void
sso_start(const char *text)
{
	reset();
	answer(PORTAL, 200, "{\"roleCredentials\":{\"accessKeyId\":\"S\","
	    "\"secretAccessKey\":\"K\",\"sessionToken\":\"T\","
	    "\"expiration\":1440941760000}}");
	answer(TOKEN, 200, "{\"accessToken\":\"access2\","
	    "\"expiresIn\":3600,\"refreshToken\":\"refresh2\"}");
	world.files[0].path = CACHE;
	world.files[0].text = text;
}

static void
test_sso_renewed(void)
{
	sso_start(LEFT_BY_LOGIN("access1", "2015-08-30T12:36:00Z"));
	T_STR(find("p", sso_config, ""), "SSO");
	HAS(TOKEN "|Content-Type: application/json|{\"clientId\":\"id\","
	    "\"clientSecret\":\"cs\\\"\",\"grantType\":\"refresh_token\","
	    "\"refreshToken\":\"refresh1\"}");
	HAS("x-amz-sso_bearer_token: access2");
	HAS("WRITE " CACHE);
	T_STR(world.written, "{\"startUrl\":\"https://x\","
	    "\"region\":\"eu-north-1\",\"accessToken\":\"access2\","
	    "\"expiresAt\":\"2015-08-30T13:36:00Z\",\"clientId\":\"id\","
	    "\"clientSecret\":\"cs\\\"\","
	    "\"registrationExpiresAt\":\"2015-09-30T00:00:00Z\","
	    "\"refreshToken\":\"refresh2\"}");
	/* The file that was written can be read, and is fresh. */
	world.files[0].text = world.written;
	T_STR(find("p", sso_config, ""), "SSO");
	T_OK(strstr(world.log, TOKEN) == NULL);
	/* From a quarter of an hour before its end on, and no earlier. */
	world.files[0].text = LEFT_BY_LOGIN("a", "2015-08-30T12:51:01Z");
	T_STR(find("p", sso_config, ""), "SSO");
	T_OK(strstr(world.log, TOKEN) == NULL);
	world.files[0].text = LEFT_BY_LOGIN("a", "2015-08-30T12:51:00Z");
	T_STR(find("p", sso_config, ""), "SSO");
	HAS(TOKEN);
}

static void
test_sso_not_renewed(void)
{
	/* It fails, but the old one is still good. */
	sso_start(LEFT_BY_LOGIN("access1", "2015-08-30T12:40:00Z"));
	world.answers[1].status = 400;
	T_STR(find("p", sso_config, ""), "SSO");
	HAS("x-amz-sso_bearer_token: access1");
	world.answers[1].status = 200;
	world.answers[1].body = "{\"accessToken\":\"geheim\"}";
	T_STR(find("p", sso_config, ""), "SSO");
	HAS("x-amz-sso_bearer_token: access1");
	/* It is not: sign in, or try again later. */
	world.files[0].text = LEFT_BY_LOGIN("a", "2015-08-30T12:36:00Z");
	find("p", sso_config, "");
	T_INT(err.code, TQ_E_DATA);
	T_OK(strstr(err.msg, "geheim") == NULL);
	world.answers[1].status = 400;
	find("p", sso_config, "");
	T_INT(err.code, TQ_E_DENIED);
	SAYS("aws sso login --profile p");
	world.answers[1].status = 503;
	find("p", sso_config, "");
	T_INT(err.code, TQ_E_UNAVAILABLE);
	/* A new one that can't be kept is not used up in silence. */
	sso_start(LEFT_BY_LOGIN("a", "2015-08-30T12:40:00Z"));
	world.write_fails = true;
	find("p", sso_config, "");
	T_INT(err.code, TQ_E_IO);
	SAYS("read-only");
}

static void
test_login(void)
{
	static const char config[] = "[profile p]\nlogin_session=arn:x\n"
	    "credential_process=c\n"
	    "[profile r]\nrole_arn=arn:r\nsource_profile=p\n";

	reset();
	find("p", config, "");
	T_INT(err.code, TQ_E_CONFIG);
	SAYS("aws configure export-credentials --profile p --format process");
	find("r", config, "");
	T_INT(err.code, TQ_E_CONFIG);
	T_INT(world.runs, 0);
}

#define KEYS_JSON "{\"Code\":\"Success\",\"AccessKeyId\":\"I\","	\
	"\"SecretAccessKey\":\"S\",\"Token\":\"T\","			\
	"\"Expiration\":\"2015-08-30T18:36:00Z\"}"

static void
test_container(void)
{
	reset();
	set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.example/x");
	find("default", "", "");
	SAYS("want https");
	T_STR(world.log, "");
	vars.vars[5] = "http://169.254.170.23/v1/credentials?a=%2F";
	answer("GET http://169.254.170.23/v1/credentials?a=%2F", 200,
	    KEYS_JSON);
	set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "plain");
	T_STR(find("default", "", ""), "container");
	HAS("|direct|Authorization: plain");
	set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/t");
	world.files[0].path = "/t";
	world.files[0].text = "from-file";
	T_STR(find("default", "", ""), "container");
	HAS("|Authorization: from-file");
	world.files[0].text = "a\r\nEvil: 1";
	find("default", "", "");
	SAYS("line break");
	world.files[0].path = "/u";
	find("default", "", "");
	T_INT(err.code, TQ_E_CONFIG);
	world.files[0].path = "/t";
	world.files[0].text = "x";
	set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/id");
	answer("GET http://169.254.170.2/v2/id", 403, "{}");
	find("default", "", "");
	T_INT(err.code, TQ_E_DENIED);
	SAYS("HTTP 403");
	world.answers[1].body = "{\"code\":\"AccessDenied\","
	    "\"message\":\"no role\\nfor you\",\"other\":\"secret\"}";
	find("default", "", "");
	SAYS("container credentials: http://169.254.170.2: HTTP 403: "
	    "AccessDenied: no role\\nfor you");
	T_OK(strstr(err.msg, "secret") == NULL);
	/* Their code counts before the status. */
	world.answers[1].body = "{\"code\":\"ThrottlingException\"}";
	find("default", "", "");
	T_INT(err.code, TQ_E_THROTTLED);
}

static void
test_container_hosts(void)
{
	static const struct {
		const char *url;
		bool ok;
	} t[] = {
		{ "http://127.0.0.1:80/", true },
		{ "http://localhost/x", true },
		{ "http://[::1]:8080/x", true },
		{ "http://[fd00:ec2::23]/x", true },
		{ "https://anything.example/x", true },
		{ "http://127.evil.example/", false },
		{ "http://localhost.evil.example/", false },
		{ "http://169.254.170.2.evil/", false },
		{ "http://127.0.0.1@evil/", false },
		{ "http://169.254.169.254/", false },
		{ "ftp://127.0.0.1/", false },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		reset();
		set("AWS_CONTAINER_CREDENTIALS_FULL_URI", t[i].url);
		find("default", "", "");
		if ((world.log[0] != '\0') != t[i].ok)
			T_FAIL("%s", t[i].url);
	}
}

#define IMDS	"http://169.254.169.254/latest/"
#define ROLES	IMDS "meta-data/iam/security-credentials/"

static void
test_instance(void)
{
	reset();
	find("default", "", "");
	SAYS("none found");
	HAS("PUT " IMDS "api/token|direct|"
	    "X-aws-ec2-metadata-token-ttl-seconds: 21600");
	answer("PUT " IMDS "api/token", 200, "TOKEN");
	answer("GET " ROLES, 200, "my-role\n");
	answer("GET " ROLES "my-role", 200, KEYS_JSON);
	T_STR(find("default", "", ""), "instance");
	HAS("GET " ROLES "my-role|direct|X-aws-ec2-metadata-token: TOKEN");
	T_INT(got.expires_ms, NOW + 6 * 3600000);
	world.answers[2].body = "{\"Code\":\"AssumeRoleUnauthorizedAccess\","
	    "\"Message\":\"EC2 cannot assume the role\"}";
	find("default", "", "");
	T_INT(err.code, TQ_E_DENIED);
	SAYS("AssumeRoleUnauthorizedAccess: EC2 cannot assume the role");
	world.answers[2].status = 503;
	find("default", "", "");
	T_INT(err.code, TQ_E_UNAVAILABLE);
	SAYS("EC2 cannot assume the role");
	world.answers[2].body = "secret page";
	find("default", "", "");
	T_OK(strstr(err.msg, "secret") == NULL);
	world.answers[1].status = 404;
	find("default", "", "");
	SAYS("none found");
	world.answers[0].status = 403;
	find("default", "", "");
	SAYS("none found");
	set("AWS_EC2_METADATA_DISABLED", "true");
	find("default", "", "");
	T_STR(world.log, "");
	reset();
	set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6");
	find("default", "", "");
	HAS("PUT http://[fd00:ec2::254]/latest/api/token");
}

/* How often the token was asked for. */
static int
puts_sent(void)
{
	const char *p = world.log;
	int n = 0;

	for (; (p = strstr(p, "PUT http")) != NULL; p++)
		n++;
	return n;
}

static void
test_instance_settings(void)
{
	reset();
	find("default", "", "");
	T_INT(puts_sent(), 1);
	set("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "3");
	find("default", "", "");
	T_INT(puts_sent(), 3);
	/* Its address counts before the mode; the environment before both. */
	find("p", "[profile p]\nec2_metadata_service_endpoint_mode=IPv6\n"
	    "ec2_metadata_service_endpoint=http://10.0.0.1/\n", "");
	HAS("PUT http://10.0.0.1/latest/api/token");
	set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://10.0.0.2");
	find("p", "[profile p]\n"
	    "ec2_metadata_service_endpoint=http://10.0.0.1/\n", "");
	HAS("PUT http://10.0.0.2/latest/api/token");
	/* Version 1 is never asked, whatever the service answers. */
	answer("PUT http://10.0.0.2/latest/api/token", 405, "");
	find("default", "", "");
	T_OK(strstr(world.log, "GET") == NULL);
	world.answers[0].status = 503;
	find("default", "", "");
	T_INT(err.code, TQ_E_UNAVAILABLE);
	T_INT(puts_sent(), 3);
}

static const char *
region(void)
{
	static char name[64];
	struct tq_env env = t_env_make(&vars);
	struct tq_aws_config c = { TQ_ARENA_INIT, NULL };
	struct tq_aws_setup s = { &env, &c, "default", NULL };
	struct tq_creds_io io = { t_world_http, t_world_read, t_world_write,
	    t_world_run, &world };
	struct tq_arena mem = TQ_ARENA_INIT;
	const char *r = tq_creds_region(&s, &io, &mem);

	snprintf(name, sizeof(name), "%s", r != NULL ? r : "none");
	tq_arena_free(&mem);
	return name;
}

static void
test_instance_region(void)
{
	reset();
	T_STR(region(), "none");
	answer("PUT " IMDS "api/token", 200, "TOKEN");
	T_STR(region(), "none");
	answer("GET " IMDS "meta-data/placement/region", 200, "eu-west-3\n");
	T_STR(region(), "eu-west-3");
	HAS("placement/region|direct|X-aws-ec2-metadata-token: TOKEN");
	world.answers[1].status = 500;
	T_STR(region(), "none");
	world.answers[1].status = 200;
	set("AWS_EC2_METADATA_DISABLED", "true");
	T_STR(region(), "none");
}

static void
test_system(void)
{
	static char *const good[] = { "sh", "-c",
	    "echo '{\"Version\":1}'; echo noise >&2", NULL };
	static char *const bad[] = { "sh", "-c",
	    "echo first >&2; echo why >&2; exit 3", NULL };
	static char *const none[] = { "/proc/nonexistent/program", NULL };
	struct tq_buf out = TQ_BUF_INIT(4096);
	int fds = t_descriptors();

	err = (struct tq_err)TQ_ERR_INIT;
	T_INT(tq_creds_run(NULL, good, &out, &err), 0);
	T_STR(out.data, "{\"Version\":1}\n");
	T_INT(tq_creds_run(NULL, bad, &out, &err), -1);
	SAYS("failed: why");
	T_INT(tq_creds_run(NULL, none, &out, &err), -1);
	/* QEMU's vfork() is a fork(), by which posix_spawn() can't tell. */
	if (getenv("EMULATOR") == NULL)
		T_INT(err.code, TQ_E_CONFIG);
	T_INT(tq_creds_read_file(NULL, "/proc/nonexistent/x", &out, &err), -1);
	T_INT(err.code, TQ_E_NOTFOUND);
	tq_buf_free(&out);
	T_INT(tq_creds_read_file(NULL, "/proc/self/comm", &out, &err), 0);
	T_OK(out.len > 0);
	tq_buf_free(&out);
	T_INT(t_descriptors(), fds);
}

static bool
stop_now(void *arg)
{
	(void)arg;
	return true;
}

static void
test_run_ends(void)
{
	/* A child left behind holds the pipes, which is none of our business. */
	static char *const daemon[] = { "sh", "-c",
	    "sleep 1000 & echo $!", NULL };
	/* It is not done when it has closed them. */
	static char *const closed[] = { "sh", "-c",
	    "echo $$; exec >&- 2>&-; exec sleep 1000", NULL };
	struct tq_buf out = TQ_BUF_INIT(4096);
	static const struct tq_env asked = { .stop = stop_now };
	struct tq_creds_stop stop = { eventfd(1, EFD_CLOEXEC),
	    &tq_env_system };

	err = (struct tq_err)TQ_ERR_INIT;
	T_INT(tq_creds_run(NULL, daemon, &out, &err), 0);
	T_MUST(out.len > 1);
	T_INT(kill((pid_t)atoi(out.data), SIGKILL), 0);
	tq_buf_clear(&out);
	T_INT(tq_creds_run(&stop, closed, &out, &err), -1);
	T_INT(err.code, TQ_E_INTR);
	close(stop.fd);
	stop = (struct tq_creds_stop){ -1, &asked };
	T_INT(tq_creds_run(&stop, closed, &out, &err), -1);
	T_INT(err.code, TQ_E_INTR);
	tq_buf_free(&out);
}

static void
test_write_file(void)
{
	char dir[96], path[160];
	struct tq_buf out = TQ_BUF_INIT(4096);
	struct stat st;

	T_OK(t_mkdir(dir, sizeof(dir), "creds"));
	snprintf(path, sizeof(path), "%s/cache.json", dir);
	err = (struct tq_err)TQ_ERR_INIT;
	T_INT(tq_creds_write_file(NULL, path, tq_span_of("old one"), &err), 0);
	T_INT(chmod(path, 0644), 0);
	T_INT(tq_creds_write_file(NULL, path, tq_span_of("new"), &err), 0);
	T_INT(stat(path, &st), 0);
	T_INT(st.st_mode & 0777, 0600);
	T_INT(tq_creds_read_file(NULL, path, &out, &err), 0);
	T_STR(out.data, "new");
	tq_buf_free(&out);
	unlink(path);
	/* Nothing else is left. */
	T_INT(rmdir(dir), 0);
	T_INT(tq_creds_write_file(NULL, path, tq_span_of("x"), &err), -1);
	T_INT(err.code, TQ_E_IO);
	SAYS(path);
}

/* Each provider that knows whose credentials they are says it. */
static void
test_account(void)
{
	static const char keys[] = "[p]\naws_access_key_id = A\n"
	    "aws_secret_access_key = S\naws_account_id = 222233334444\n";
	static const char json[] = "{\"Version\":1,\"AccessKeyId\":\"P\","
	    "\"SecretAccessKey\":\"S\",\"AccountId\":\"333344445555\"}";

	reset();
	T_STR(find("p", "", keys), "shared credentials");
	T_STR(got.account, "222233334444");
	answer(STS, 200, STS_REPLY("AssumeRole", "ASIA"));
	T_STR(find("q", "[profile q]\nrole_arn=arn:r\nsource_profile=p\n",
	    keys), "assumed role");
	T_STR(got.account, "111122223333");
	world.run_output = json;
	T_STR(find("p", "[profile p]\ncredential_process=c\n", ""),
	    "process");
	T_STR(got.account, "333344445555");
	set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c");
	answer("GET http://169.254.170.2/c", 200, json);
	T_STR(find("default", "", ""), "container");
	T_STR(got.account, "333344445555");
	set("AWS_ACCESS_KEY_ID", "AKID");
	set("AWS_SECRET_ACCESS_KEY", "s");
	set("AWS_ACCOUNT_ID", "444455556666");
	T_STR(find("default", "", ""), "environment");
	T_STR(got.account, "444455556666");
}

T_MAIN(
	{ "the account is told by each provider that knows it", test_account },
	{ "environment: keys, either token, expiry", test_env },
	{ "profiles: keys in the credentials file before the config file",
	    test_files },
	{ "process: split like a shell, Version 1, output never shown",
	    test_process },
	{ "role: assumed with the source profile's keys", test_role },
	{ "role: source profiles chain; circles and gaps are named",
	    test_role_chain },
	{ "role: refusals are told, answers are checked", test_role_refused },
	{ "a provider that is asked too often is no refusal", test_not_now },
	{ "web identity: the token file is read, the request not signed",
	    test_web_identity },
	{ "SSO: the cached token buys a role's credentials", test_sso },
	{ "SSO: a token is renewed in its file before it ends",
	    test_sso_renewed },
	{ "SSO: what can't be renewed serves to its end, then says why",
	    test_sso_not_renewed },
	{ "login_session is refused, with what to use instead", test_login },
	{ "container: relative and full URI, token from variable or file",
	    test_container },
	{ "container: plain http only to this machine's own addresses",
	    test_container_hosts },
	{ "instance: version 2 only, and not at all where there is none",
	    test_instance },
	{ "instance: its address and how often it is asked can be set",
	    test_instance_settings },
	{ "instance: its region, where nothing else says one",
	    test_instance_region },
	{ "programs and files: output, exit code, last words", test_system },
	{ "a program has ended when it has, whoever holds its pipes",
	    test_run_ends },
	{ "files are replaced whole, and for our eyes only", test_write_file }
)

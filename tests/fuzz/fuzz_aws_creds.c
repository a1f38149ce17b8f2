/*
 * tests/fuzz/fuzz_aws_creds.c -- any bytes as what a credential provider
 * answers, prints or left in its file.  The first byte chooses the provider.
 *
 * Beyond "no crash": credentials are whole; a refusal belongs to credentials
 * or their set-up and says why.
 */
#include "fuzz.h"

#include "aws/config.h"
#include "aws/creds.h"
#include "aws/endpoint.h"
#include "aws/request.h"
#include "net/http.h"
#include "util/env.h"
#include "util/err.h"

static const char config_text[] =
    "[profile process]\ncredential_process = x\n"
    "[profile sso]\nsso_session = s\nsso_account_id = 1\n"
    "sso_role_name = r\n"
    "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x\n"
    "[profile role]\nrole_arn = arn\nsource_profile = role\n"
    "aws_access_key_id = A\naws_secret_access_key = S\n"
    "[profile web]\nrole_arn = arn\nweb_identity_token_file = /token\n";

/* Left by `aws sso login': with a day to go, or at its end. */
#define LOGIN(expires) "{\"accessToken\":\"a\",\"expiresAt\":\"" expires	\
    "\",\"refreshToken\":\"r\",\"clientId\":\"i\",\"clientSecret\":\"s\","	\
    "\"registrationExpiresAt\":\"2016-08-30T12:36:00Z\"}"

static const struct way {
	char		 letter;
	const char	*profile;	/* NULL: by the environment */
	const char	*variable, *value;
	const char	*file;		/* NULL: it is what is fuzzed */
} ways[] = {
	{ 'p', "process", NULL, NULL, "" },
	{ 's', "sso", NULL, NULL, LOGIN("2015-08-31T12:36:00Z") },
	{ 'o', "sso", NULL, NULL, LOGIN("2015-08-30T12:36:00Z") },
	{ 'f', "sso", NULL, NULL, NULL },
	{ 'r', "role", NULL, NULL, "" },
	{ 'w', "web", NULL, NULL, "token" },
	{ 't', "web", NULL, NULL, NULL },
	{ 'c', NULL, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x", "" },
	{ 'i', NULL, NULL, NULL, "" },
};

static const struct way *way;
static struct tq_span text;

static int64_t
now(void *arg)
{
	(void)arg;
	return INT64_C(1440938160000);	/* 2015-08-30T12:36:00Z */
}

static const char *
get(void *arg, const char *name)
{
	(void)arg;
	if (strcmp(name, "AWS_REGION") == 0)
		return "eu-west-1";
	if (strcmp(name, "HOME") == 0)
		return "/h";
	return way->variable != NULL && strcmp(name, way->variable) == 0 ?
	    way->value : NULL;
}

/* Instance metadata asks three times: all but the last go well. */
static int
http(void *arg, const struct tq_aws_req *req, int64_t timeout_ms, bool direct,
    struct tq_http_res *res, struct tq_err *err)
{
	bool imds = strcmp(req->host, "169.254.169.254") == 0;
	const char *last = "/r";

	(void)arg;
	(void)timeout_ms;
	(void)direct;
	(void)err;
	*res = (struct tq_http_res){ .status = 200,
	    .body = TQ_BUF_INIT(1 << 20) };
	if (imds && strcmp(req->path.data + req->path.len - strlen(last),
	    last) != 0)
		tq_buf_str(&res->body, "r");
	else
		tq_buf_add(&res->body, text.p, text.n);
	return 0;
}

static int
read_file(void *arg, const char *path, struct tq_buf *out, struct tq_err *err)
{
	(void)arg;
	(void)path;
	(void)err;
	if (way->file != NULL)
		return tq_buf_str(out, way->file);
	return tq_buf_add(out, text.p, text.n);
}

static int
write_file(void *arg, const char *path, struct tq_span written,
    struct tq_err *err)
{
	(void)arg;
	(void)path;
	(void)err;
	MUST(written.n > 2 && written.p[0] == '{' &&
	    written.p[written.n - 1] == '}');
	return 0;
}

static int
run(void *arg, char *const *argv, struct tq_buf *out, struct tq_err *err)
{
	(void)arg;
	(void)argv;
	(void)err;
	return tq_buf_add(out, text.p, text.n);
}

static void
find(void)
{
	static const struct tq_env env = { .wall_ms = now, .boot_ms = now,
	    .get = get };
	static const struct tq_creds_io io = { http, read_file, write_file,
	    run, NULL };
	struct tq_aws_config c = { TQ_ARENA_INIT, NULL };
	struct tq_aws_setup s = { &env, &c, way->profile != NULL ?
	    way->profile : "default", NULL };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_creds creds;

	MUST(tq_aws_config_add(&c, TQ_AWS_IN_CONFIG, "config",
	    tq_span_of(config_text), &err) == 0);
	if (tq_creds_find(&s, &io, &creds, &err) == 0) {
		MUST(creds.key_id != NULL && creds.key_id[0] != '\0');
		MUST(creds.secret != NULL && creds.secret[0] != '\0');
		MUST(creds.token == NULL || creds.token[0] != '\0');
		MUST(creds.source != NULL && creds.expires_ms >= 0);
		tq_creds_free(&creds);
	} else {
		MUST(err.code != TQ_OK && err.code != TQ_E_NOTFOUND);
		MUST(err.msg[0] != '\0');
	}
	tq_aws_config_free(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t i;

	if (n == 0)
		return 0;
	text = (struct tq_span){ (const char *)data + 1, n - 1 };
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (ways[i].letter == (char)data[0]) {
			way = &ways[i];
			find();
		}
	return 0;
}

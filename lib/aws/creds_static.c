/* lib/aws/creds_static.c -- keys that are written down, and what we refuse. */
#include "aws/creds_inside.h"
#include "util/env.h"
#include "util/err.h"
#include "util/time.h"

int
tq_creds_env(struct ask *a, const char *profile, struct tq_creds *out,
    struct tq_err *err)
{
	const struct tq_env *env = a->setup->env;
	const char *id = tq_getenv(env, "AWS_ACCESS_KEY_ID");
	const char *secret = tq_getenv(env, "AWS_SECRET_ACCESS_KEY");
	const char *token = tq_getenv(env, "AWS_SESSION_TOKEN");
	const char *expires = tq_getenv(env, "AWS_CREDENTIAL_EXPIRATION");
	int64_t at = 0;

	(void)profile;
	if (id == NULL)
		return 0;
	if (secret == NULL)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not");
	if (token == NULL)
		token = tq_getenv(env, "AWS_SECURITY_TOKEN");
	if (expires != NULL && tq_time_parse(expires, 0, &at) == -1)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "AWS_CREDENTIAL_EXPIRATION is no time: \"%s\"", expires);
	if (at != 0 && at <= tq_wall_ms(env))
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_DENIED,
		    "AWS credentials from the environment expired at %s",
		    expires);
	tq_creds_set(out, "environment", id, secret, token, at);
	tq_creds_account(out, tq_getenv(env, "AWS_ACCOUNT_ID"));
	return 1;
}

static int
profile_keys(struct ask *a, unsigned file, const char *profile,
    const char *source, struct tq_creds *out, struct tq_err *err)
{
	const struct tq_aws_config *c = a->setup->config;
	const char *id = tq_aws_config_get(c, file, TQ_AWS_PROFILE, profile,
	    "aws_access_key_id");
	const char *secret = tq_aws_config_get(c, file, TQ_AWS_PROFILE,
	    profile, "aws_secret_access_key");
	const char *token = tq_aws_config_get(c, file, TQ_AWS_PROFILE,
	    profile, "aws_session_token");

	if (id == NULL)
		return 0;
	if (secret == NULL)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "AWS profile %s: aws_access_key_id without "
		    "aws_secret_access_key", profile);
	if (token == NULL)
		token = tq_aws_config_get(c, file, TQ_AWS_PROFILE, profile,
		    "aws_security_token");
	tq_creds_set(out, source, id, secret, token, 0);
	tq_creds_account(out, tq_aws_config_get(c, file, TQ_AWS_PROFILE,
	    profile, "aws_account_id"));
	return 1;
}

int
tq_creds_shared(struct ask *a, const char *profile, struct tq_creds *out,
    struct tq_err *err)
{
	return profile_keys(a, TQ_AWS_IN_CREDENTIALS, profile,
	    "shared credentials", out, err);
}

int
tq_creds_config(struct ask *a, const char *profile, struct tq_creds *out,
    struct tq_err *err)
{
	return profile_keys(a, TQ_AWS_IN_CONFIG, profile, "shared config",
	    out, err);
}

/*
 * What `aws login' leaves lasts 15 minutes and is renewed with a proof of
 * possession (DPoP, RFC 9449).  The aws tool does that for everybody.
 */
int
tq_creds_login(struct ask *a, const char *profile, struct tq_creds *out,
    struct tq_err *err)
{
	(void)out;
	if (tq_creds_key(a, profile, "login_session") == NULL)
		return 0;
	return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
	    "AWS profile %s: login_session is not supported here; use a "
	    "profile with credential_process = aws configure "
	    "export-credentials --profile %s --format process", profile,
	    profile);
}

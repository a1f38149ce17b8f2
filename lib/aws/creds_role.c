/* lib/aws/creds_role.c -- AssumeRole as a profile describes it. */
#include <string.h>

#include "aws/creds_inside.h"
#include "aws/request.h"
#include "aws/sigv4.h"
#include "util/env.h"
#include "util/err.h"

#define CHAIN_MAX	8	/* source profiles of source profiles */

static const struct {
	const char	*name;		/* of a credential_source */
	provider	*find;
} sources[] = {
	{ "Environment", tq_creds_env },
	{ "Ec2InstanceMetadata", tq_creds_instance },
	{ "EcsContainer", tq_creds_container },
};

static int role(struct ask *a, const char *profile, int depth,
    struct tq_creds *out, struct tq_err *err);

static int
from_source(struct ask *a, const char *profile, const char *name,
    struct tq_creds *out, struct tq_err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (strcmp(sources[i].name, name) != 0)
			continue;
		if ((rc = sources[i].find(a, profile, out, err)) == 0)
			rc = tq_err_set(err, TQ_AT_CREDS, TQ_E_DENIED,
			    "AWS profile %s: credential_source %s has none",
			    profile, name);
		return rc;
	}
	return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
	    "AWS profile %s: credential_source is \"%s\", not Environment, "
	    "Ec2InstanceMetadata or EcsContainer", profile, name);
}

static int
from_profile(struct ask *a, const char *profile, const char *name, int depth,
    struct tq_creds *out, struct tq_err *err)
{
	static provider *const ways[] = { tq_creds_web_identity,
	    tq_creds_sso, tq_creds_shared, tq_creds_login,
	    tq_creds_process, tq_creds_config };
	size_t i;
	int rc;

	if (!tq_aws_config_has(a->setup->config, TQ_AWS_IN_BOTH,
	    TQ_AWS_PROFILE, name))
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "AWS profile %s: its source_profile %s does not exist",
		    profile, name);
	if (tq_aws_config_check(a->setup->config, TQ_AWS_PROFILE, name,
	    err) == -1) {
		if (err != NULL)
			err->stage = TQ_AT_CREDS;
		return -1;
	}
	/* Its own keys come first: so a profile may be its own source. */
	if ((rc = tq_creds_shared(a, name, out, err)) == 0)
		rc = tq_creds_config(a, name, out, err);
	if (rc == 0 && strcmp(name, profile) != 0)
		rc = role(a, name, depth + 1, out, err);
	for (i = 0; rc == 0 && i < sizeof(ways) / sizeof(ways[0]); i++)
		rc = ways[i](a, name, out, err);
	if (rc == 0)
		rc = tq_err_set(err, TQ_AT_CREDS, TQ_E_DENIED,
		    "AWS profile %s: its source_profile %s has no "
		    "credentials", profile, name);
	return rc;
}

static int
assume(struct ask *a, const char *profile, const char *arn,
    const struct tq_creds *by, struct tq_creds *out, struct tq_err *err)
{
	const struct tq_env *env = a->setup->env;
	const char *session = tq_creds_key(a, profile, "role_session_name");
	struct tq_sigv4 s = { by->key_id, by->secret, by->token,
	    tq_aws_region(a->setup, NULL), "sts", tq_wall_ms(env),
	    TQ_SIGV4_OTHERS, NULL };
	struct tq_aws_req req;
	int rc = -1;

	if (session == NULL)
		session = tq_arena_fmt(&a->mem, "tq-%lld",
		    (long long)(tq_wall_ms(env) / 1000));
	if (tq_creds_sts_request(a, "AssumeRole", &req, err) == -1)
		goto out;
	tq_creds_sts_field(&req, "RoleArn", arn);
	tq_creds_sts_field(&req, "RoleSessionName", session);
	tq_creds_sts_field(&req, "ExternalId",
	    tq_creds_key(a, profile, "external_id"));
	tq_creds_sts_field(&req, "DurationSeconds",
	    tq_creds_key(a, profile, "duration_seconds"));
	if (tq_sigv4_sign(&s, &req, err) == -1)
		goto out;
	rc = tq_creds_sts(a, &req, "assumed role", "AssumeRole", out, err);
out:
	tq_aws_req_free(&req);
	return rc;
}

static int
role(struct ask *a, const char *profile, int depth, struct tq_creds *out,
    struct tq_err *err)
{
	const char *arn = tq_creds_key(a, profile, "role_arn");
	const char *from = tq_creds_key(a, profile, "source_profile");
	const char *source = tq_creds_key(a, profile, "credential_source");
	struct tq_creds by = { 0 };
	int rc;

	if (arn == NULL ||
	    tq_creds_key(a, profile, "web_identity_token_file") != NULL)
		return 0;
	if ((from == NULL) == (source == NULL))
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "AWS profile %s: role_arn needs one of source_profile and "
		    "credential_source", profile);
	if (tq_creds_key(a, profile, "mfa_serial") != NULL)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "AWS profile %s: mfa_serial: nobody is there to type the "
		    "code; use `aws configure export-credentials'", profile);
	if (depth == CHAIN_MAX)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "AWS profile %s: source_profile goes round in circles",
		    profile);
	rc = from != NULL ? from_profile(a, profile, from, depth, &by, err) :
	    from_source(a, profile, source, &by, err);
	if (rc == 1)
		rc = assume(a, profile, arn, &by, out, err);
	tq_creds_free(&by);
	return rc;
}

int
tq_creds_role(struct ask *a, const char *profile, struct tq_creds *out,
    struct tq_err *err)
{
	return role(a, profile, 0, out, err);
}

/*
 * lib/aws/creds_web.c -- AssumeRoleWithWebIdentity: a token in a file (EKS,
 * CI systems) for credentials.  The request is not signed.
 */
#include <string.h>

#include "aws/creds_inside.h"
#include "aws/request.h"
#include "util/env.h"
#include "util/err.h"

#define TOKEN_MAX	(64 * 1024)

static int
assume(struct ask *a, const char *file, const char *role,
    const char *session, struct tq_creds *out, struct tq_err *err)
{
	static const char action[] = "AssumeRoleWithWebIdentity";
	struct tq_buf token = TQ_BUF_INIT(TOKEN_MAX);
	struct tq_aws_req req = { 0 };
	int rc = -1;

	/* Read each time: the kubelet changes it. */
	if (tq_creds_file(a, file, &token, err) == -1)
		goto out;
	while (token.len > 0 && strchr("\r\n ", token.data[token.len - 1]))
		token.data[--token.len] = '\0';
	if (token.len == 0) {
		tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "web identity: %s is empty", file);
		goto out;
	}
	if (tq_creds_sts_request(a, action, &req, err) == -1)
		goto out;
	tq_creds_sts_field(&req, "RoleArn", role);
	tq_creds_sts_field(&req, "RoleSessionName", session);
	tq_creds_sts_field(&req, "WebIdentityToken", token.data);
	rc = tq_creds_sts(a, &req, "web identity", action, out, err);
out:
	tq_aws_req_free(&req);
	tq_buf_wipe(&token);
	return rc;
}

int
tq_creds_web_identity(struct ask *a, const char *profile,
    struct tq_creds *out, struct tq_err *err)
{
	const struct tq_env *env = a->setup->env;
	const char *file = tq_getenv(env, "AWS_WEB_IDENTITY_TOKEN_FILE");
	const char *role = tq_getenv(env, "AWS_ROLE_ARN");
	const char *session = tq_getenv(env, "AWS_ROLE_SESSION_NAME");

	/* A source profile means its own keys, not the environment's. */
	if (file == NULL || strcmp(profile, a->setup->profile) != 0) {
		file = tq_creds_key(a, profile, "web_identity_token_file");
		role = tq_creds_key(a, profile, "role_arn");
		session = tq_creds_key(a, profile, "role_session_name");
	}
	if (file == NULL)
		return 0;
	if (role == NULL)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "web identity: %s without a role; set AWS_ROLE_ARN", file);
	if (session == NULL)
		session = tq_arena_fmt(&a->mem, "tq-%lld",
		    (long long)(tq_wall_ms(env) / 1000));
	return assume(a, file, role, session, out, err);
}

/*
 * lib/aws/creds_sso.c -- IAM Identity Center: a role's credentials for the
 * token of creds_sso_token.c.
 */
#include "aws/creds_inside.h"
#include "aws/request.h"
#include "util/err.h"
#include "util/json.h"

#define TIMEOUT_MS	10000
#define TRIES		3

/* 1, 0 when the profile says nothing of SSO, -1 when it says too little. */
static int
settings(struct ask *a, const char *profile, struct sso *s,
    struct tq_err *err)
{
	const struct tq_aws_config *c = a->setup->config;

	s->session = tq_creds_key(a, profile, "sso_session");
	s->start_url = tq_creds_key(a, profile, "sso_start_url");
	s->region = tq_creds_key(a, profile, "sso_region");
	s->account = tq_creds_key(a, profile, "sso_account_id");
	s->role = tq_creds_key(a, profile, "sso_role_name");
	/* A session alone is for services that take its token as it is. */
	if (s->account == NULL && s->role == NULL)
		return 0;
	if (s->session != NULL) {
		s->start_url = tq_aws_config_get(c, TQ_AWS_IN_CONFIG,
		    TQ_AWS_SSO_SESSION, s->session, "sso_start_url");
		s->region = tq_aws_config_get(c, TQ_AWS_IN_CONFIG,
		    TQ_AWS_SSO_SESSION, s->session, "sso_region");
	}
	if (s->start_url == NULL || s->region == NULL || s->account == NULL ||
	    s->role == NULL)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "AWS profile %s: SSO needs sso_start_url, sso_region, "
		    "sso_account_id and sso_role_name", profile);
	return 1;
}

static int
parse(const struct tq_http_res *res, struct tq_creds *out,
    struct tq_err *err)
{
	struct tq_span body = tq_buf_span(&res->body), creds, v;
	struct tq_arena mem = TQ_ARENA_INIT;
	const char *id = NULL, *secret = NULL;
	int64_t at = 0;
	int rc = -1;

	if (tq_json_check(body, NULL) == 0 &&
	    tq_json_kind(body) == TQ_JSON_OBJECT &&
	    tq_json_get(body, "roleCredentials", &creds) &&
	    tq_json_kind(creds) == TQ_JSON_OBJECT) {
		id = tq_creds_member(creds, "accessKeyId", &mem);
		secret = tq_creds_member(creds, "secretAccessKey", &mem);
		if (tq_json_get(creds, "expiration", &v))
			tq_json_int(v, &at);
	}
	if (id == NULL || *id == '\0' || secret == NULL || *secret == '\0' ||
	    at <= 0) {
		tq_err_set(err, TQ_AT_CREDS, TQ_E_DATA,
		    "SSO: the answer has no credentials");
		goto out;
	}
	/* Milliseconds here, unlike everywhere else. */
	tq_creds_set(out, "SSO", id, secret,
	    tq_creds_member(creds, "sessionToken", &mem), at);
	rc = 1;
out:
	tq_arena_wipe(&mem);
	return rc;
}

static int
fetch(struct ask *a, const char *profile, const struct sso *s,
    const char *token, struct tq_creds *out, struct tq_err *err)
{
	struct tq_http_res res = { 0 };
	struct tq_aws_req req = { 0 };
	const char *base;
	bool custom;
	int rc = -1;

	if (tq_aws_endpoint(a->setup, TQ_AWS_SSO, s->region, &a->mem, &base,
	    &custom, err) == -1 ||
	    tq_aws_req_init(&req, "GET", base, err) == -1)
		goto out;
	tq_aws_req_path(&req, tq_span_of("federation/credentials"));
	tq_aws_req_query(&req, "role_name", s->role);
	tq_aws_req_query(&req, "account_id", s->account);
	tq_aws_req_header(&req, "x-amz-sso_bearer_token", token);
	if (tq_aws_req_check(&req, err) == -1 || tq_creds_http(a, "SSO", &req,
	    TIMEOUT_MS, false, TRIES, &res, err) == -1)
		goto out;
	if (res.status == 200)
		rc = parse(&res, out, err);
	else
		tq_creds_refused(res.status, tq_buf_span(&res.body),
		    tq_arena_fmt(&a->mem, "SSO: role %s in account %s "
		    "(`aws sso login --profile %s' may help)", s->role,
		    s->account, profile), err);
	if (rc == 1)
		tq_creds_account(out, s->account);
out:
	tq_creds_res_free(&res);
	tq_aws_req_free(&req);
	return rc;
}

int
tq_creds_sso(struct ask *a, const char *profile, struct tq_creds *out,
    struct tq_err *err)
{
	const char *token;
	struct sso s;
	int rc;

	if ((rc = settings(a, profile, &s, err)) != 1)
		return rc;
	if (tq_creds_sso_token(a, profile, &s, &token, err) == -1)
		return -1;
	return fetch(a, profile, &s, token, out, err);
}

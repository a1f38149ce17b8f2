/*
 * lib/aws/creds_sso_token.c -- the access token that `aws sso login' left in
 * ~/.aws/sso/cache, and its renewal there, as the aws tool does it:
 *
 *	POST https://oidc.REGION.amazonaws.com/token
 *	{"clientId": ..., "clientSecret": ..., "grantType": "refresh_token",
 *	    "refreshToken": ...}
 *	-> {"accessToken": ..., "expiresIn": 28800, "refreshToken": ...}
 *
 * File and rules: botocore/tokens.py; request: IAM Identity Center OIDC API
 * Reference, CreateToken.
 */
#include <string.h>
#include <time.h>

#include "aws/creds_inside.h"
#include "aws/request.h"
#include "util/digest.h"
#include "util/env.h"
#include "util/err.h"
#include "util/json.h"
#include "util/time.h"

#define CACHE_MAX	(256 * 1024)
#define TIMEOUT_MS	10000
#define TRIES		3
#define EARLY_MS	(15 * TQ_MINUTE_MS)
#define LIFE_MAX_S	(366 * 24 * 3600)

/* The file.  Strings in the search's arena; NULL where it has none. */
struct cache {
	const char	*path;
	const char	*access;
	int64_t		 expires_ms;	/* 0: it does not say */
	const char	*refresh, *client_id, *client_secret;
	const char	*registered;	/* registrationExpiresAt */
};

/* It is named after the session, or as of old after the start URL. */
static const char *
cache_path(struct ask *a, const struct sso *s)
{
	const char *home = tq_getenv(a->setup->env, "HOME");
	const char *name = s->session != NULL ? s->session : s->start_url;
	uint8_t sum[TQ_SHA1_LEN];
	char hex[2 * TQ_SHA1_LEN + 1];

	tq_sha1(name, strlen(name), sum);
	tq_hex(sum, sizeof(sum), hex);
	return tq_arena_fmt(&a->mem, "%s/.aws/sso/cache/%s.json",
	    home != NULL ? home : "~", hex);
}

/* A file that can't be read is one that holds nothing. */
static void
load(struct ask *a, const struct sso *s, struct cache *c)
{
	struct tq_buf text = TQ_BUF_INIT(CACHE_MAX);
	struct tq_err none = TQ_ERR_INIT;
	struct tq_span t;
	const char *at;

	*c = (struct cache){ .path = cache_path(a, s) };
	if (a->io->read_file(a->io->arg, c->path, &text, &none) == 0 &&
	    tq_json_check(tq_buf_span(&text), NULL) == 0 &&
	    tq_json_kind(tq_buf_span(&text)) == TQ_JSON_OBJECT) {
		t = tq_buf_span(&text);
		c->access = tq_creds_member(t, "accessToken", &a->mem);
		c->refresh = tq_creds_member(t, "refreshToken", &a->mem);
		c->client_id = tq_creds_member(t, "clientId", &a->mem);
		c->client_secret = tq_creds_member(t, "clientSecret",
		    &a->mem);
		c->registered = tq_creds_member(t, "registrationExpiresAt",
		    &a->mem);
		at = tq_creds_member(t, "expiresAt", &a->mem);
		if (at != NULL && tq_time_parse(at, 0, &c->expires_ms) == -1)
			c->expires_ms = 0;
	}
	tq_buf_wipe(&text);
}

static bool
usable(const struct cache *c, int64_t now)
{
	return c->access != NULL && *c->access != '\0' && c->expires_ms > now;
}

/* Was it made to be renewed, and may the client that made it still do so? */
static bool
renewable(const struct sso *s, const struct cache *c, int64_t now)
{
	int64_t until;

	return s->session != NULL && c->refresh != NULL &&
	    c->client_id != NULL && c->client_secret != NULL &&
	    c->registered != NULL &&
	    tq_time_parse(c->registered, 0, &until) == 0 && until > now;
}

/* Seconds and Z, as the aws tool writes and older ones read it. */
static void
member_seconds(struct tq_buf *b, const char *key, int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[TQ_TIME_TEXT];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
	tq_json_member_str(b, key, text);
}

static int
save(struct ask *a, const struct sso *s, const struct cache *c,
    struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(CACHE_MAX);
	int rc;

	/* Room at once: a buffer that grows leaves copies behind. */
	tq_buf_room(&b, CACHE_MAX / 2);
	tq_buf_chr(&b, '{');
	tq_json_member_str(&b, "startUrl", s->start_url);
	tq_json_member_str(&b, "region", s->region);
	tq_json_member_str(&b, "accessToken", c->access);
	member_seconds(&b, "expiresAt", c->expires_ms);
	tq_json_member_str(&b, "clientId", c->client_id);
	tq_json_member_str(&b, "clientSecret", c->client_secret);
	tq_json_member_str(&b, "registrationExpiresAt", c->registered);
	if (c->refresh != NULL)
		tq_json_member_str(&b, "refreshToken", c->refresh);
	tq_buf_chr(&b, '}');
	rc = b.failed ? tq_buf_why(&b, err, TQ_AT_CREDS,
	    "%s: too long", c->path) :
	    a->io->write_file(a->io->arg, c->path, tq_buf_span(&b), err);
	tq_buf_wipe(&b);
	return rc;
}

/* The answer's token for the old one in ${c}. */
static int
take(struct ask *a, struct tq_span body, struct cache *c, struct tq_err *err)
{
	const char *access = NULL;
	struct tq_span v;
	int64_t life = 0;

	if (tq_json_check(body, NULL) == 0 &&
	    tq_json_kind(body) == TQ_JSON_OBJECT) {
		access = tq_creds_member(body, "accessToken", &a->mem);
		if (tq_json_get(body, "expiresIn", &v))
			tq_json_int(v, &life);
	}
	if (access == NULL || *access == '\0' || life <= 0 ||
	    life > LIFE_MAX_S)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_DATA,
		    "SSO: the answer to CreateToken has no token");
	c->access = access;
	c->expires_ms = tq_wall_ms(a->setup->env) + life * 1000;
	c->refresh = tq_creds_member(body, "refreshToken", &a->mem);
	return 0;
}

static int
request(struct ask *a, const struct sso *s, const struct cache *c,
    struct tq_aws_req *req, struct tq_err *err)
{
	const char *base;
	bool custom;

	if (tq_aws_endpoint(a->setup, TQ_AWS_SSO_OIDC, s->region, &a->mem,
	    &base, &custom, err) == -1 ||
	    tq_aws_req_init(req, "POST", base, err) == -1)
		return -1;
	tq_aws_req_path(req, tq_span_of("token"));
	tq_aws_req_header(req, "Content-Type", "application/json");
	tq_buf_chr(&req->text, '{');
	tq_json_member_str(&req->text, "clientId", c->client_id);
	tq_json_member_str(&req->text, "clientSecret", c->client_secret);
	tq_json_member_str(&req->text, "grantType", "refresh_token");
	tq_json_member_str(&req->text, "refreshToken", c->refresh);
	tq_buf_chr(&req->text, '}');
	tq_aws_req_body(req);
	return tq_aws_req_check(req, err);
}

/* 0 when ${c} is renewed, here and in the file; or -1. */
static int
renew(struct ask *a, const struct sso *s, struct cache *c,
    struct tq_err *err)
{
	struct tq_http_res res = { 0 };
	struct tq_aws_req req = { 0 };
	int rc = -1;

	if (request(a, s, c, &req, err) == -1 || tq_creds_http(a, "SSO", &req,
	    TIMEOUT_MS, false, TRIES, &res, err) == -1)
		goto out;
	if (res.status != 200)
		tq_creds_refused(res.status, tq_buf_span(&res.body),
		    "SSO: CreateToken", err);
	else if (take(a, tq_buf_span(&res.body), c, err) == 0)
		rc = save(a, s, c, err);
out:
	tq_creds_res_free(&res);
	tq_aws_req_free(&req);
	return rc;
}

int
tq_creds_sso_token(struct ask *a, const char *profile, const struct sso *s,
    const char **token, struct tq_err *err)
{
	int64_t now = tq_wall_ms(a->setup->env);
	struct tq_err bad = TQ_ERR_INIT;
	struct cache c;

	load(a, s, &c);
	if (c.expires_ms <= now + EARLY_MS && renewable(s, &c, now) &&
	    renew(a, s, &c, &bad) == -1)
		/* Another may have renewed it: then ours was spent. */
		load(a, s, &c);
	*token = c.access;
	/* A new one that can't be kept is lost to all who come next: say so. */
	if (usable(&c, now) && bad.code != TQ_E_IO)
		return 0;
	if (bad.code != TQ_OK && bad.code != TQ_E_DENIED) {
		if (err != NULL)
			*err = bad;
		return -1;
	}
	return tq_err_set(err, TQ_AT_CREDS, TQ_E_DENIED,
	    "AWS profile %s: not signed in, or no longer; run "
	    "`aws sso login --profile %s'", profile, profile);
}

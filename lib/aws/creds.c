/* lib/aws/creds.c -- the chain, and keeping credentials fresh; see creds.h. */
#include "aws/creds.h"

#include <string.h>

#include "aws/creds_inside.h"
#include "aws/retry.h"
#include "net/http.h"
#include "util/env.h"
#include "util/err.h"
#include "util/json.h"
#include "util/time.h"

static provider *const chain[] = {
	tq_creds_env, tq_creds_role, tq_creds_web_identity, tq_creds_sso,
	tq_creds_shared, tq_creds_login, tq_creds_process, tq_creds_config,
	tq_creds_container, tq_creds_instance,
};

void
tq_creds_free(struct tq_creds *c)
{
	tq_arena_wipe(&c->mem);
	*c = (struct tq_creds){ 0 };
}

void
tq_creds_set(struct tq_creds *out, const char *source, const char *id,
    const char *secret, const char *token, int64_t expires_ms)
{
	*out = (struct tq_creds){ .expires_ms = expires_ms,
	    .source = source };
	out->key_id = tq_arena_str(&out->mem, id);
	out->secret = tq_arena_str(&out->mem, secret);
	if (token != NULL && *token != '\0')
		out->token = tq_arena_str(&out->mem, token);
}

void
tq_creds_copy(struct tq_creds *out, const struct tq_creds *c)
{
	tq_creds_set(out, c->source, c->key_id, c->secret, c->token,
	    c->expires_ms);
}

const char *
tq_creds_key(struct ask *a, const char *profile, const char *key)
{
	return tq_aws_config_get(a->setup->config, TQ_AWS_IN_BOTH,
	    TQ_AWS_PROFILE, profile, key);
}

const char *
tq_creds_member(struct tq_span obj, const char *key, struct tq_arena *mem)
{
	struct tq_span v, s;

	if (!tq_json_get(obj, key, &v) || !tq_json_str(v, mem, &s))
		return NULL;
	return s.p;
}

int
tq_creds_json(struct tq_creds *out, const char *source, struct tq_span text,
    const char *token_key, struct tq_err *err)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	const char *id, *secret, *token, *expires;
	int64_t at = 0;
	int rc = -1;

	if (tq_json_check(text, NULL) == -1 ||
	    tq_json_kind(text) != TQ_JSON_OBJECT) {
		tq_err_set(err, TQ_AT_CREDS, TQ_E_DATA,
		    "%s credentials: the answer is no JSON object", source);
		goto out;
	}
	id = tq_creds_member(text, "AccessKeyId", &mem);
	secret = tq_creds_member(text, "SecretAccessKey", &mem);
	token = tq_creds_member(text, token_key, &mem);
	expires = tq_creds_member(text, "Expiration", &mem);
	if (id == NULL || *id == '\0' || secret == NULL || *secret == '\0') {
		tq_err_set(err, TQ_AT_CREDS, TQ_E_DATA,
		    "%s credentials: the answer has no keys", source);
		goto out;
	}
	if (expires != NULL && tq_time_parse(expires, 0, &at) == -1) {
		tq_err_set(err, TQ_AT_CREDS, TQ_E_DATA,
		    "%s credentials: Expiration is no time", source);
		goto out;
	}
	tq_creds_set(out, source, id, secret, token, at);
	rc = 1;
out:
	tq_arena_wipe(&mem);
	return rc;
}

int
tq_creds_file(struct ask *a, const char *path, struct tq_buf *out,
    struct tq_err *err)
{
	struct tq_err bad = TQ_ERR_INIT;

	if (a->io->read_file(a->io->arg, path, out, &bad) == 0)
		return 0;
	bad.stage = TQ_AT_CREDS;
	/* "Not found" is about queues and tasks, further up. */
	if (bad.code == TQ_E_NOTFOUND)
		bad.code = TQ_E_CONFIG;
	if (err != NULL)
		*err = bad;
	return -1;
}

void
tq_creds_res_free(struct tq_http_res *res)
{
	tq_buf_wipe(&res->body);
	tq_http_res_free(res);
}

int
tq_creds_http(struct ask *a, const char *what, const struct tq_aws_req *req,
    int64_t timeout_ms, bool direct, int tries, struct tq_http_res *res,
    struct tq_err *err)
{
	int rc;

	for (;;) {
		rc = a->io->http(a->io->arg, req, timeout_ms, direct, res,
		    err);
		if (--tries <= 0 || (rc == 0 && res->status < 500) ||
		    (rc == -1 && err->code == TQ_E_INTR))
			break;
		tq_creds_res_free(res);
		*res = (struct tq_http_res){ 0 };
	}
	if (rc == -1) {
		err->stage = TQ_AT_CREDS;
		tq_err_prefix(err, "%s", what);
	}
	return rc;
}

enum tq_code
tq_creds_refusal(int status, const char *code)
{
	switch (tq_retry_classify(status, code)) {
	case TQ_RETRY_THROTTLED:
		return TQ_E_THROTTLED;
	case TQ_RETRY_TRANSIENT:
		return TQ_E_UNAVAILABLE;
	default:
		return status >= 500 ? TQ_E_UNAVAILABLE : TQ_E_DENIED;
	}
}

int
tq_creds_find(const struct tq_aws_setup *s, const struct tq_creds_io *io,
    struct tq_creds *out, struct tq_err *err)
{
	struct ask a = { s, io, TQ_ARENA_INIT };
	size_t i;
	int rc = 0;

	*out = (struct tq_creds){ 0 };
	for (i = 0; i < sizeof(chain) / sizeof(chain[0]) && rc == 0; i++)
		rc = chain[i](&a, s->profile, out, err);
	tq_arena_wipe(&a.mem);
	if (rc == 0)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_DENIED,
		    "AWS credentials: none found for profile %s; set "
		    "AWS_PROFILE or AWS_ACCESS_KEY_ID and "
		    "AWS_SECRET_ACCESS_KEY, or run `aws configure'",
		    s->profile);
	return rc == 1 ? 0 : -1;
}

/*
 * An instance's credentials outlive their date while its metadata service is
 * in trouble; all instances coming back at once is what the random part avoids.
 */
static void
stretch(struct tq_creds_keep *k, int64_t now)
{
	if (k->now.source == NULL || strcmp(k->now.source, "instance") != 0 ||
	    k->now.expires_ms == 0 ||
	    k->now.expires_ms > now + TQ_CREDS_STABLE_MS)
		return;
	k->now.expires_ms = now + TQ_CREDS_EARLY_MS + TQ_CREDS_STABLE_MS +
	    (int64_t)(tq_random_u64(k->setup->env) % TQ_CREDS_STABLE_MS);
}

static int
refresh(struct tq_creds_keep *k, int64_t now, struct tq_err *err)
{
	struct tq_creds fresh;

	if (tq_creds_find(k->setup, k->io, &fresh, err) == -1) {
		k->retry_ms = now + TQ_CREDS_RETRY_MS;
		stretch(k, now);
		return -1;
	}
	tq_creds_free(&k->now);
	k->now = fresh;
	stretch(k, now);
	/* A short-lived kind must not be asked for at each request. */
	k->retry_ms = now + TQ_CREDS_RETRY_MS;
	return 0;
}

int
tq_creds_keep_get(struct tq_creds_keep *k, const struct tq_creds **out,
    struct tq_err *err)
{
	int64_t now = tq_wall_ms(k->setup->env), left;
	struct tq_err early = TQ_ERR_INIT;

	*out = &k->now;
	if (k->now.key_id == NULL)
		return refresh(k, now, err);
	if (k->now.expires_ms == 0)
		return 0;
	left = k->now.expires_ms - now;
	if (left > TQ_CREDS_EARLY_MS || (left > 0 && now < k->retry_ms))
		return 0;
	if (refresh(k, now, &early) == 0 || k->now.expires_ms > now)
		return 0;
	if (err != NULL)
		*err = early;
	return -1;
}

void
tq_creds_keep_drop(struct tq_creds_keep *k, const char *used_key_id)
{
	if (k->now.key_id != NULL && used_key_id != NULL &&
	    strcmp(k->now.key_id, used_key_id) == 0)
		tq_creds_free(&k->now);
}

void
tq_creds_keep_free(struct tq_creds_keep *k)
{
	tq_creds_free(&k->now);
	*k = (struct tq_creds_keep){ 0 };
}

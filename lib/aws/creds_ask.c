/*
 * lib/aws/creds_ask.c -- what the providers share: the profile's keys, files,
 * requests and their answers.
 */
#include <string.h>

#include "aws/creds_inside.h"
#include "aws/retry.h"
#include "net/http.h"
#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

#define SAID_MAX	200	/* of a provider's words, in our message */

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
tq_creds_account(struct tq_creds *out, const char *account)
{
	if (account != NULL && *account != '\0')
		out->account = tq_arena_str(&out->mem, account);
}

void
tq_creds_copy(struct tq_creds *out, const struct tq_creds *c)
{
	tq_creds_set(out, c->source, c->key_id, c->secret, c->token,
	    c->expires_ms);
	tq_creds_account(out, c->account);
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
	const char *id, *secret, *token, *expires, *code;
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
	/* EC2's way to refuse. */
	code = tq_creds_member(text, "Code", &mem);
	if (id == NULL && code != NULL && strcmp(code, "Success") != 0) {
		tq_creds_refused(200, text, tq_arena_fmt(&mem,
		    "%s credentials", source), err);
		goto out;
	}
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
	tq_creds_account(out, tq_creds_member(text, "AccountId", &mem));
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

static const char *
first_member(struct tq_span obj, const char *const *names, struct tq_arena *mem)
{
	const char *s = NULL;

	while (*names != NULL && (s == NULL || *s == '\0'))
		s = tq_creds_member(obj, *names++, mem);
	return s != NULL && *s != '\0' ? s : NULL;
}

int
tq_creds_refused(int status, struct tq_span body, const char *what,
    struct tq_err *err)
{
	static const char *const codes[] = { "code", "Code", "__type",
	    "error", NULL };
	static const char *const texts[] = { "message", "Message", NULL };
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_buf said = TQ_BUF_INIT(8 * SAID_MAX);
	const char *code = NULL, *text = NULL;

	if (tq_json_check(body, NULL) == 0 &&
	    tq_json_kind(body) == TQ_JSON_OBJECT) {
		code = first_member(body, codes, &mem);
		text = first_member(body, texts, &mem);
	}
	if (code != NULL) {
		tq_buf_str(&said, ": ");
		tq_visible(&said, tq_span_of(code), SAID_MAX);
	}
	if (text != NULL) {
		tq_buf_str(&said, ": ");
		tq_visible(&said, tq_span_of(text), SAID_MAX);
	}
	tq_err_set(err, TQ_AT_CREDS, tq_creds_refusal(status, code),
	    "%s: HTTP %d%s", what, status, said.len > 0 ? said.data : "");
	tq_buf_free(&said);
	tq_arena_wipe(&mem);
	return -1;
}

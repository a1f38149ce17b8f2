/* lib/aws/creds_inside.h -- shared by the providers only; see creds.h. */
#ifndef TQ_AWS_CREDS_INSIDE_H
#define TQ_AWS_CREDS_INSIDE_H

#include "aws/config.h"
#include "aws/creds.h"
#include "aws/endpoint.h"
#include "util/err.h"

/* One search for credentials. */
struct ask {
	const struct tq_aws_setup *setup;
	const struct tq_creds_io *io;
	struct tq_arena	 mem;		/* for what the search needs */
};

/*
 * A provider looks at ${profile} (or at the environment) and returns 1
 * with ${out} filled, 0 when it is not configured, -1 with ${err}.
 */
typedef int provider(struct ask *a, const char *profile,
    struct tq_creds *out, struct tq_err *err);

provider tq_creds_env;			/* creds_static.c */
provider tq_creds_shared;		/* keys in the credentials file */
provider tq_creds_config;		/* keys in the config file */
provider tq_creds_role;			/* creds_role.c */
provider tq_creds_web_identity;		/* creds_web.c */
provider tq_creds_sso;			/* creds_sso.c */
provider tq_creds_login;		/* creds_static.c */
provider tq_creds_process;		/* creds_process.c */
provider tq_creds_container;		/* creds_container.c */
provider tq_creds_instance;		/* creds_instance.c */

/* tq_creds_key(a, profile, key): a key of the profile, or NULL. */
const char *tq_creds_key(struct ask *a, const char *profile,
    const char *key);

/* tq_creds_set(out, source, id, secret, token, expires_ms): copies. */
void tq_creds_set(struct tq_creds *out, const char *source, const char *id,
    const char *secret, const char *token, int64_t expires_ms);

/* tq_creds_account(out, account): a copy; NULL and "" say nothing. */
void tq_creds_account(struct tq_creds *out, const char *account);

/*
 * tq_creds_json(out, source, text, token_key, err):
 * {"AccessKeyId", "SecretAccessKey", ${token_key}, "Expiration"}, and perhaps
 * "AccountId".  Returns 1
 * or -1 (stage creds, TQ_E_DATA) when a key is missing or the text is no JSON.
 */
int tq_creds_json(struct tq_creds *out, const char *source,
    struct tq_span text, const char *token_key, struct tq_err *err);

/* tq_creds_member(obj, key, mem): a string member, or NULL. */
const char *tq_creds_member(struct tq_span obj, const char *key,
    struct tq_arena *mem);

/* tq_creds_file(a, path, out, err): io->read_file, of one that must exist. */
int tq_creds_file(struct ask *a, const char *path, struct tq_buf *out,
    struct tq_err *err);

/* tq_creds_res_free(res): an answer that may hold secrets: wiped. */
void tq_creds_res_free(struct tq_http_res *res);

/*
 * tq_creds_http(a, what, req, timeout_ms, direct, tries, res, err):
 * Send until there is an answer below 500 or ${tries} were made.  Returns 0
 * for any answer, -1 for none; then the message begins with ${what}.
 */
int tq_creds_http(struct ask *a, const char *what,
    const struct tq_aws_req *req, int64_t timeout_ms, bool direct, int tries,
    struct tq_http_res *res, struct tq_err *err);

/*
 * tq_creds_refusal(status, code):
 * The error for an answer other than 200 with the service's ${code} (or NULL):
 * TQ_E_THROTTLED or TQ_E_UNAVAILABLE where asking later can help, and that is
 * not 5xx only; else TQ_E_DENIED.
 */
enum tq_code tq_creds_refusal(int status, const char *code);

/*
 * tq_creds_refused(status, body, what, err):
 * Fill ${err} for such an answer: "${what}: HTTP 403: CODE: MESSAGE", with what
 * of the two a JSON ${body} has; nothing else of it is shown.  Not for answers
 * that quote the request, which may hold a secret.  Returns -1.
 */
int tq_creds_refused(int status, struct tq_span body, const char *what,
    struct tq_err *err);

/*
 * tq_creds_sts(a, req, source, out, err):
 * Send an AssumeRole request and read its answer.  Returns 1 or -1.
 */
int tq_creds_sts(struct ask *a, const struct tq_aws_req *req,
    const char *source, const char *action, struct tq_creds *out,
    struct tq_err *err);

/*
 * tq_creds_sts_request(a, action, req, err): a POST to STS with the form's
 * first two fields; tq_creds_sts_field() appends another (NULL: nothing).
 */
int tq_creds_sts_request(struct ask *a, const char *action,
    struct tq_aws_req *req, struct tq_err *err);
void tq_creds_sts_field(struct tq_aws_req *req, const char *name,
    const char *value);

/* The settings of a profile for IAM Identity Center. */
struct sso {
	const char	*session;	/* sso_session, or NULL: the old way */
	const char	*start_url, *region, *account, *role;
};

/*
 * tq_creds_sso_token(a, profile, s, token, err):
 * Set ${token} to the access token that `aws sso login' left, renewed if it
 * ends within 15 minutes and was made to be renewed.  Returns 0, or -1: for
 * TQ_E_DENIED somebody has to sign in.
 */
int tq_creds_sso_token(struct ask *a, const char *profile,
    const struct sso *s, const char **token, struct tq_err *err);

#endif

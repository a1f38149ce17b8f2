/* lib/aws/creds_sts.c -- what AssumeRole requests and answers share. */
#include <string.h>

#include "aws/creds_inside.h"
#include "aws/request.h"
#include "aws/xml.h"
#include "util/err.h"
#include "util/time.h"

#define STS_TIMEOUT_MS	10000
#define STS_TRIES	3

int
tq_creds_sts_request(struct ask *a, const char *action,
    struct tq_aws_req *req, struct tq_err *err)
{
	const char *base;
	bool custom;

	*req = (struct tq_aws_req){ 0 };
	if (tq_aws_endpoint(a->setup, TQ_AWS_STS,
	    tq_aws_region(a->setup, NULL), &a->mem, &base, &custom, err) == -1)
		return -1;
	if (tq_aws_req_init(req, "POST", base, err) == -1)
		return -1;
	tq_aws_req_header(req, "Content-Type",
	    "application/x-www-form-urlencoded; charset=utf-8");
	tq_creds_sts_field(req, "Action", action);
	tq_creds_sts_field(req, "Version", "2011-06-15");
	return 0;
}

void
tq_creds_sts_field(struct tq_aws_req *req, const char *name,
    const char *value)
{
	if (value == NULL)
		return;
	if (req->text.len > 0)
		tq_buf_chr(&req->text, '&');
	tq_buf_fmt(&req->text, "%s=", name);
	tq_uri_put(&req->text, tq_span_of(value), false);
	tq_aws_req_body(req);
}

/* arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION */
static void
put_account(struct tq_creds *out, const char *arn)
{
	const char *p = arn;
	int i;

	for (i = 0; i < 4 && p != NULL; i++)
		if ((p = strchr(p, ':')) != NULL)
			p++;
	if (p != NULL)
		tq_creds_account(out, tq_arena_dup(&out->mem, p,
		    strcspn(p, ":")));
}

static int
parse(const struct tq_xml *root, const char *source, const char *action,
    struct tq_creds *out, struct tq_err *err)
{
	const struct tq_xml *creds = NULL, *user = NULL, *c;
	const char *id, *secret, *expires;
	int64_t at;

	/* <XResponse><XResult><Credentials> */
	for (c = root->child; c != NULL && creds == NULL; c = c->next) {
		creds = tq_xml_child(c, "Credentials");
		user = tq_xml_child(c, "AssumedRoleUser");
	}
	id = tq_xml_text(creds, "AccessKeyId");
	secret = tq_xml_text(creds, "SecretAccessKey");
	expires = tq_xml_text(creds, "Expiration");
	if (id == NULL || *id == '\0' || secret == NULL || *secret == '\0' ||
	    expires == NULL || tq_time_parse(expires, 0, &at) == -1)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_DATA,
		    "sts %s: the answer has no credentials", action);
	tq_creds_set(out, source, id, secret,
	    tq_xml_text(creds, "SessionToken"), at);
	put_account(out, tq_xml_text(user, "Arn"));
	return 1;
}

static int
refused(const struct tq_xml *root, int status, const char *action,
    struct tq_err *err)
{
	const struct tq_xml *e = tq_xml_child(root, "Error");
	const char *code = tq_xml_text(e, "Code");
	const char *text = tq_xml_text(e, "Message");

	return tq_err_set(err, TQ_AT_CREDS, tq_creds_refusal(status, code),
	    "sts %s: HTTP %d %s%s%s", action, status, code ? code : "",
	    text != NULL ? ": " : "", text != NULL ? text : "");
}

int
tq_creds_sts(struct ask *a, const struct tq_aws_req *req, const char *source,
    const char *action, struct tq_creds *out, struct tq_err *err)
{
	struct tq_http_res res = { 0 };
	struct tq_xml *root;
	struct tq_err bad = TQ_ERR_INIT;
	int rc = -1;

	if (tq_aws_req_check(req, err) == -1 || tq_creds_http(a,
	    tq_arena_fmt(&a->mem, "sts %s", action), req, STS_TIMEOUT_MS,
	    false, STS_TRIES, &res, err) == -1)
		goto out;
	root = tq_xml_parse(tq_buf_span(&res.body), &a->mem, &bad);
	if (res.status != 200)
		rc = refused(root, res.status, action, err);
	else if (root == NULL)
		rc = tq_err_set(err, TQ_AT_CREDS, TQ_E_DATA, "sts %s: %s",
		    action, bad.msg);
	else
		rc = parse(root, source, action, out, err);
out:
	tq_creds_res_free(&res);
	return rc;
}

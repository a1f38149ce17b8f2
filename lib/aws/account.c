/* lib/aws/account.c -- in whose account the calls are made; see call.h. */
#include "aws/call_inside.h"
#include "aws/xml.h"
#include "util/env.h"

/* The first answer stays. */
static const char *
keep(struct shared *s, const char *account)
{
	pthread_mutex_lock(&s->lock);
	if (s->account == NULL)
		s->account = tq_arena_str(&s->mem, account);
	account = s->account;
	pthread_mutex_unlock(&s->lock);
	return account;
}

static int
request(struct tq_aws *a, struct tq_aws_req *r, struct tq_err *err)
{
	if (tq_aws_req_init(r, "POST", tq_aws_base(a, TQ_AWS_STS), err) == -1)
		return -1;
	tq_aws_req_header(r, "Content-Type",
	    "application/x-www-form-urlencoded; charset=utf-8");
	tq_buf_str(&r->text, "Action=GetCallerIdentity&Version=2011-06-15");
	tq_aws_req_body(r);
	return tq_aws_req_check(r, err);
}

static int
ask_sts(struct tq_aws *a, const char **account, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_STS,
	    .what = "sts GetCallerIdentity" };
	struct tq_arena mem = TQ_ARENA_INIT;
	const char *text = NULL;
	int rc = request(a, &c.req, err);

	if (rc == 0 && tq_aws_call(a, &c, 1) > 0) {
		rc = -1;
		if (err != NULL)
			*err = c.err;
	} else if (rc == 0) {
		text = tq_xml_text(tq_xml_child(tq_xml_parse(
		    tq_buf_span(&c.res.body), &mem, NULL),
		    "GetCallerIdentityResult"), "Account");
		if (text == NULL || *text == '\0')
			rc = tq_err_set(err, TQ_AT_RECEIVE, TQ_E_CORRUPT,
			    "%s: the answer has no account", c.what);
		else
			*account = keep(a->s, text);
	}
	tq_arena_free(&mem);
	tq_aws_call_free(&c);
	return rc;
}

int
tq_aws_account(struct tq_aws *a, const char **account, struct tq_err *err)
{
	struct shared *s = a->s;
	struct tq_creds c = { 0 };
	const char *told = tq_getenv(s->env, "AWS_ACCOUNT_ID");
	int rc;

	pthread_mutex_lock(&s->lock);
	*account = s->account;
	pthread_mutex_unlock(&s->lock);
	if (*account != NULL)
		return 0;
	rc = tq_aws_creds(a, &c, err);
	if (rc == 0 && c.account != NULL)
		told = c.account;
	if (told != NULL) {
		*account = keep(s, told);
		rc = 0;
	} else if (rc == 0 && (!tq_aws_custom(a, TQ_AWS_S3) ||
	    tq_aws_custom(a, TQ_AWS_STS))) {
		rc = ask_sts(a, account, err);
	}
	tq_creds_free(&c);
	return rc;
}

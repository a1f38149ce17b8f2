/*
 * lib/store/aws/handle/account.c -- whose the store is: its bucket, table and
 * queues are in one account, the caller's own unless the URL names another.
 */
#include <string.h>

#include "store/aws/handle/handle.h"

int
aq_account(struct aq *s, const char **account, struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;

	*account = s->url.owner;
	if (*account != NULL || tq_aws_account(s->a, account, &why) == 0)
		return 0;
	/* A stand-in for S3 knows no owners, so nothing is lost. */
	if (tq_aws_custom(s->a, TQ_AWS_S3))
		return 0;
	if (err != NULL)
		*err = why;
	if (err != NULL && why.stage != TQ_AT_CREDS)
		tq_err_set(err, TQ_AT_STORE, why.code, "%s: the account that "
		    "the bucket has to be in is not known: %s; or set "
		    "AWS_ACCOUNT_ID", s->base.name, why.msg);
	return -1;
}

const char *
aq_account_shown(struct aq *s, struct tq_arena *a)
{
	const char *account, *url, *p;

	if (aq_account(s, &account, NULL) == -1 || account != NULL)
		return account;
	if (!tq_aws_custom(s->a, TQ_AWS_SQS) || aq_queue_url(s, s->a,
	    s->queues != NULL ? s->queues->name : "default", false, &url,
	    NULL) == -1 || (p = strstr(url, "://")) == NULL ||
	    (p = strchr(p + 3, '/')) == NULL || p[1] == '\0')
		return NULL;
	return tq_arena_dup(a, p + 1, strcspn(p + 1, "/"));
}

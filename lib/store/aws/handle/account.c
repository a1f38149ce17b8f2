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

/* Stand-ins for DynamoDB put zeros where the account stands. */
#define NO_ACCOUNT	"000000000000"

/* "arn:aws:dynamodb:eu-west-1:ACCOUNT:table/NAME": ACCOUNT; NULL: no ARN. */
static const char *
account_in(const char *arn, struct tq_arena *a)
{
	int i;

	if (strncmp(arn, "arn:", 4) != 0)
		return NULL;
	for (i = 0; i < 4 && arn != NULL; i++)
		if ((arn = strchr(arn, ':')) != NULL)
			arn++;
	return arn == NULL ? NULL : tq_arena_dup(a, arn, strcspn(arn, ":"));
}

int
aq_table_ours(struct aq *s, const char *arn, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *is = account_in(arn != NULL ? arn : s->url.table, &a),
	    *ours = NULL;
	int rc = 0;

	/* A name alone is one in the caller's account. */
	if (is == NULL && arn == NULL && s->url.owner != NULL &&
	    tq_aws_account(s->a, &is, NULL) == -1)
		is = NULL;
	if (is != NULL && *is != '\0' && strcmp(is, NO_ACCOUNT) != 0 &&
	    aq_account(s, &ours, NULL) == 0 && ours != NULL &&
	    strcmp(is, ours) != 0)
		rc = tq_err_set(err, TQ_AT_STORE, TQ_E_CONFIG, "%s: table "
		    "\"%s\" is in account %s, not in %s, and is not used; give "
		    "another with ?table=NAME, or credentials of the owner",
		    s->base.name, s->url.table, is, ours);
	tq_arena_free(&a);
	return rc;
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

/* lib/aws/judge.c -- what an answer is; see call_inside.h. */
#include <stdio.h>
#include <string.h>

#include "aws/call_inside.h"
#include "aws/dynamodb.h"
#include "aws/s3.h"

/* Of a batch nothing was done: as good as throttled. */
static enum tq_retry_kind
unprocessed(struct tq_aws_call *c)
{
	snprintf(c->fault.code, sizeof(c->fault.code), "UnprocessedItems");
	tq_aws_fault_err(&c->fault, c->what, &c->err);
	return TQ_RETRY_THROTTLED;
}

/*
 * Is it the JSON object that each call is answered with?  SQS has some that are
 * answered with nothing (SQS API); an empty body to any other is no answer, and
 * must not pass for "there is none" or "it is written".
 */
static bool
is_answer(struct tq_aws_call *c)
{
	static const char *const nothing[] = { "sqs SetQueueAttributes",
	    "sqs DeleteMessage", "sqs ChangeMessageVisibility",
	    "sqs DeleteQueue", "sqs PurgeQueue" };
	size_t i;

	for (i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
		if (c->res.body.len == 0 && strcmp(c->what, nothing[i]) == 0)
			return true;
	/* Whoever reads it need not check it again. */
	c->res.checked = tq_aws_body(&c->res, c->what, NULL) == 0;
	return c->res.checked;
}

enum tq_retry_kind
tq_aws_judge(struct tq_aws_call *c)
{
	struct tq_http_res *res = &c->res;
	bool s3 = c->service == TQ_AWS_S3, intact = true;
	bool xml = s3 || c->service == TQ_AWS_STS;

	c->fault = (struct tq_aws_fault){ .status = res->status };
	c->err = (struct tq_err)TQ_ERR_INIT;
	if (res->err.code != TQ_OK) {
		c->err = res->err;
		tq_err_prefix(&c->err, "%s", c->what);
		c->repeated |= res->sent;
		return res->err.retryable && res->err.code != TQ_E_INTR ?
		    TQ_RETRY_TRANSIENT : TQ_RETRY_NO;
	}
	if (c->service == TQ_AWS_DYNAMODB)
		intact = tq_ddb_intact(res);
	/* The answers to HEAD and PUT have the sum, and not the bytes. */
	else if (s3 && !c->to_fd && strcmp(c->req.method, "GET") == 0)
		intact = tq_s3_intact(res);
	if (!xml && res->status == 200 && intact)
		intact = is_answer(c);
	if (!intact) {
		c->repeated = true;
		tq_err_set(&c->err, TQ_AT_RECEIVE, TQ_E_CORRUPT,
		    "%s: the answer came damaged", c->what);
		c->err.retryable = true;
		return TQ_RETRY_TRANSIENT;
	}
	if (xml && !tq_s3_failed(res, c->req.method, &c->fault))
		return TQ_RETRY_OK;
	if (res->status == 200 && strcmp(c->what, "dynamodb BatchGetItem") ==
	    0 && tq_ddb_stalled(res))
		return unprocessed(c);
	if (!xml && res->status >= 200 && res->status < 300)
		return TQ_RETRY_OK;
	if (!xml)
		tq_aws_fault_json(res, &c->fault);
	tq_aws_fault_err(&c->fault, c->what, &c->err);
	c->repeated |= res->status >= 500;
	return tq_retry_classify(res->status, c->fault.code[0] != '\0' ?
	    c->fault.code : NULL);
}

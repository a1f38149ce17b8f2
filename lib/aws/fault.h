/* lib/aws/fault.h -- what a service says when it refuses.  Pure. */
#ifndef TQ_AWS_FAULT_H
#define TQ_AWS_FAULT_H

#include "util/buf.h"

struct tq_err;
struct tq_http_res;

struct tq_aws_fault {
	int	status;			/* HTTP; may be 200 (S3) */
	char	code[96];		/* "QueueDoesNotExist"; "" unknown */
	char	message[300];
	char	request_id[80];		/* what AWS support asks for first */
	char	region[48];		/* S3: where the bucket is; or "" */
	char	hot_index[64];		/* DynamoDB: a partition of this index
					   was written to too fast; or "" */
};

/*
 * tq_aws_fault_json(res, f) / tq_aws_fault_xml(res, f):
 * Read an error of SQS and DynamoDB, or one of S3 or STS.  Whatever can't be read
 * is left empty.  The code is without namespace ("com.amazonaws.sqs#") and
 * without what follows a ':'.
 */
void tq_aws_fault_json(const struct tq_http_res *res,
    struct tq_aws_fault *f);
void tq_aws_fault_xml(const struct tq_http_res *res, struct tq_aws_fault *f);

/*
 * tq_aws_fault_err(f, what, err):
 * Fill ${err}: stage send, "${what}: CODE: MESSAGE (request ID)", retryable
 * as tq_retry_classify() sees it, and the code:
 *	TQ_E_DENIED	   no permission, wrong or expired keys
 *	TQ_E_NOTFOUND	   no such queue, table, bucket, key, upload
 *	TQ_E_LOST	   a condition did not hold
 *	TQ_E_THROTTLED	   too fast, or not now
 *	TQ_E_TOOBIG	   over a limit of the service
 *	TQ_E_TAKEN	   a name is in use
 *	TQ_E_UNAVAILABLE   the service is in trouble
 *	TQ_E_DATA	   it does not like the request
 * Returns -1.
 */
int tq_aws_fault_err(const struct tq_aws_fault *f, const char *what,
    struct tq_err *err);

/* tq_aws_fault_is(f, code): is that its code? */
bool tq_aws_fault_is(const struct tq_aws_fault *f, const char *code);

/*
 * tq_aws_body(res, what, err): 0 when the body is JSON (one object), else
 * -1 with TQ_E_CORRUPT, retryable: a reply that was cut short.  Where
 * res->checked says so that is known.
 */
int tq_aws_body(const struct tq_http_res *res, const char *what,
    struct tq_err *err);

#endif

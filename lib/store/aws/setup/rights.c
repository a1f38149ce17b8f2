/*
 * lib/store/aws/setup/rights.c -- who may call what: one table.
 *
 * A row is a call as `what' of struct tq_aws_call names it, the IAM action
 * that it needs, on what, and who makes it.  tests/cli/aws-setup.bats holds
 * the table against the calls in the code and against those that the tools
 * really make.  To add a call: add its row.
 *
 * Where action and call differ:
 * - SQS: an action stands for its batch too (SQS API, AddPermission).
 * - S3: HeadObject needs s3:GetObject; HeadBucket and ListObjectsV2
 *   s3:ListBucket; the parts of a multipart upload s3:PutObject
 *   (S3 User Guide, "Required permissions for Amazon S3 API operations").
 * - S3 says 404 for a missing object only to those who have s3:ListBucket, to
 *   others 403 (S3 API, HeadObject and GetObject): who looks needs that too.
 */
#include "store/aws/setup/rights.h"

#include <string.h>

const struct aq_right aq_rights[] = {
	{ "dynamodb GetItem", "dynamodb:GetItem", AQ_TABLE, ALL, NONE },
	{ "dynamodb BatchGetItem", "dynamodb:BatchGetItem", AQ_TABLE, ALL, NONE },
	{ "dynamodb PutItem", "dynamodb:PutItem", AQ_TABLE, SUBMITTER, TASKS },
	{ "dynamodb PutItem", "dynamodb:PutItem", AQ_TABLE, WORKER, WORK },
	{ "dynamodb PutItem", "dynamodb:PutItem", AQ_TABLE, OPERATOR, NONE },
	{ "dynamodb DeleteItem", "dynamodb:DeleteItem", AQ_TABLE, WORKER,
	    LEFT },
	{ "dynamodb DeleteItem", "dynamodb:DeleteItem", AQ_TABLE, OPERATOR,
	    NONE },
	{ "dynamodb Query", "dynamodb:Query", AQ_IN_INDEX, ALL, INDEX },
	{ "dynamodb DescribeTable", "dynamodb:DescribeTable", AQ_TABLE,
	    OPERATOR, NONE },
	{ "dynamodb CreateTable", "dynamodb:CreateTable", AQ_TABLE, OPERATOR, MAKES },
	{ "dynamodb UpdateTable", "dynamodb:UpdateTable", AQ_TABLE, OPERATOR,
	    NONE },
	{ "dynamodb DescribeTimeToLive", "dynamodb:DescribeTimeToLive",
	    AQ_TABLE, OPERATOR, NONE },
	{ "dynamodb UpdateTimeToLive", "dynamodb:UpdateTimeToLive", AQ_TABLE,
	    OPERATOR, NONE },

	{ "sqs GetQueueUrl", "sqs:GetQueueUrl", AQ_QUEUE, ALL, NONE },
	{ "sqs GetQueueUrl", "sqs:GetQueueUrl", AQ_DLQ, WORKER | OPERATOR, NONE },
	{ "sqs SendMessage", "sqs:SendMessage", AQ_DLQ, WORKER | OPERATOR, NONE },
	{ "sqs SendMessageBatch", "sqs:SendMessage", AQ_QUEUE, ALL, NONE },
	{ "sqs SendMessageBatch", "sqs:SendMessage", AQ_DLQ,
	    WORKER | OPERATOR, NONE },
	{ "sqs ReceiveMessage", "sqs:ReceiveMessage", AQ_QUEUE,
	    WORKER | OPERATOR, NONE },
	{ "sqs ReceiveMessage", "sqs:ReceiveMessage", AQ_DLQ, OPERATOR, NONE },
	{ "sqs DeleteMessageBatch", "sqs:DeleteMessage", AQ_QUEUE,
	    WORKER | OPERATOR, NONE },
	{ "sqs DeleteMessageBatch", "sqs:DeleteMessage", AQ_DLQ, OPERATOR, NONE },
	{ "sqs ChangeMessageVisibilityBatch", "sqs:ChangeMessageVisibility",
	    AQ_QUEUE, WORKER | OPERATOR, NONE },
	{ "sqs ChangeMessageVisibilityBatch", "sqs:ChangeMessageVisibility",
	    AQ_DLQ, OPERATOR, NONE },
	/* The sweep asks how deep it is. */
	{ "sqs GetQueueAttributes", "sqs:GetQueueAttributes", AQ_QUEUE,
	    WORKER | OPERATOR, NONE },
	{ "sqs GetQueueAttributes", "sqs:GetQueueAttributes", AQ_DLQ,
	    OPERATOR, NONE },
	{ "sqs SetQueueAttributes", "sqs:SetQueueAttributes", AQ_QUEUE,
	    OPERATOR, NONE },
	{ "sqs CreateQueue", "sqs:CreateQueue", AQ_QUEUE, OPERATOR, MAKES },
	{ "sqs CreateQueue", "sqs:CreateQueue", AQ_DLQ, OPERATOR, MAKES },

	/* It needs no permission, and none can be denied. */
	{ "sts GetCallerIdentity", "sts:GetCallerIdentity", AQ_TABLE, 0, NONE },

	{ "s3 HeadObject", "s3:GetObject", AQ_OBJECTS, ALL, NONE },
	{ "s3 HeadObject", "s3:ListBucket", AQ_BUCKET, ALL, NONE },
	{ "s3 GetObject", "s3:GetObject", AQ_OBJECTS, ALL, NONE },
	{ "s3 GetObject", "s3:ListBucket", AQ_BUCKET, ALL, NONE },
	/* A worker replaces what an earlier try of its own left. */
	{ "s3 PutObject", "s3:PutObject", AQ_OBJECTS, SUBMITTER, NEW },
	{ "s3 PutObject", "s3:PutObject", AQ_OBJECTS, WORKER | OPERATOR, NONE },
	{ "s3 CreateMultipartUpload", "s3:PutObject", AQ_OBJECTS, SUBMITTER,
	    PARTS },
	{ "s3 CreateMultipartUpload", "s3:PutObject", AQ_OBJECTS,
	    WORKER | OPERATOR, NONE },
	{ "s3 UploadPart", "s3:PutObject", AQ_OBJECTS, SUBMITTER, PARTS },
	{ "s3 UploadPart", "s3:PutObject", AQ_OBJECTS, WORKER | OPERATOR,
	    NONE },
	{ "s3 CompleteMultipartUpload", "s3:PutObject", AQ_OBJECTS, SUBMITTER,
	    NEW },
	{ "s3 CompleteMultipartUpload", "s3:PutObject", AQ_OBJECTS,
	    WORKER | OPERATOR, NONE },
	{ "s3 AbortMultipartUpload", "s3:AbortMultipartUpload", AQ_OBJECTS,
	    ALL, NONE },
	/* An input staged for a task that is there already waits for a
	   sweep. */
	{ "s3 DeleteObject", "s3:DeleteObject", AQ_OBJECTS, WORKER | OPERATOR,
	    NONE },
	{ "s3 ListObjectsV2", "s3:ListBucket", AQ_BUCKET, ALL, NONE },
	{ "s3 ListMultipartUploads", "s3:ListBucketMultipartUploads", AQ_BUCKET,
	    WORKER | OPERATOR, NONE },
	{ "s3 HeadBucket", "s3:ListBucket", AQ_BUCKET, ALL, NONE },
	{ "s3 CreateBucket", "s3:CreateBucket", AQ_BUCKET, OPERATOR, MAKES },
};

const size_t aq_nrights = sizeof(aq_rights) / sizeof(aq_rights[0]);

void
aq_actions(const char *what, struct tq_buf *out)
{
	const char *last = "";
	size_t i;

	for (i = 0; i < aq_nrights; i++)
		if (strcmp(aq_rights[i].what, what) == 0 &&
		    strcmp(aq_rights[i].action, last) != 0) {
			tq_buf_fmt(out, "%s%s", *last != '\0' ? ", " : "",
			    aq_rights[i].action);
			last = aq_rights[i].action;
		}
}

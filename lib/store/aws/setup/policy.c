/*
 * lib/store/aws/setup/policy.c -- who may call what: IAM policies from one
 * table.
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
#include <string.h>

#include "store/aws/record/table.h"
#include "store/aws/setup/setup.h"
#include "util/json.h"
#include "util/str.h"

#define SUBMITTER	1u	/* tq-submit, tq-status */
#define WORKER		2u	/* tq-work */
#define OPERATOR	4u	/* all tools: tq-ctl, tq-dlq, tq-serve too */
#define ALL		(SUBMITTER | WORKER | OPERATOR)

static const struct {
	const char	*what, *action;
	enum aq_thing	 on;
	unsigned	 who;
} rights[] = {
	{ "dynamodb GetItem", "dynamodb:GetItem", AQ_TABLE, ALL },
	{ "dynamodb BatchGetItem", "dynamodb:BatchGetItem", AQ_TABLE, ALL },
	{ "dynamodb PutItem", "dynamodb:PutItem", AQ_TABLE, ALL },
	{ "dynamodb DeleteItem", "dynamodb:DeleteItem", AQ_TABLE,
	    WORKER | OPERATOR },
	{ "dynamodb Query", "dynamodb:Query", AQ_IN_INDEX, ALL },
	{ "dynamodb DescribeTable", "dynamodb:DescribeTable", AQ_TABLE,
	    OPERATOR },
	{ "dynamodb CreateTable", "dynamodb:CreateTable", AQ_TABLE, OPERATOR },
	{ "dynamodb DescribeTimeToLive", "dynamodb:DescribeTimeToLive",
	    AQ_TABLE, OPERATOR },
	{ "dynamodb UpdateTimeToLive", "dynamodb:UpdateTimeToLive", AQ_TABLE,
	    OPERATOR },

	{ "sqs GetQueueUrl", "sqs:GetQueueUrl", AQ_QUEUE, ALL },
	{ "sqs GetQueueUrl", "sqs:GetQueueUrl", AQ_DLQ, WORKER | OPERATOR },
	{ "sqs SendMessage", "sqs:SendMessage", AQ_DLQ, WORKER | OPERATOR },
	{ "sqs SendMessageBatch", "sqs:SendMessage", AQ_QUEUE, ALL },
	{ "sqs SendMessageBatch", "sqs:SendMessage", AQ_DLQ,
	    WORKER | OPERATOR },
	{ "sqs ReceiveMessage", "sqs:ReceiveMessage", AQ_QUEUE,
	    WORKER | OPERATOR },
	{ "sqs ReceiveMessage", "sqs:ReceiveMessage", AQ_DLQ, OPERATOR },
	{ "sqs DeleteMessageBatch", "sqs:DeleteMessage", AQ_QUEUE,
	    WORKER | OPERATOR },
	{ "sqs DeleteMessageBatch", "sqs:DeleteMessage", AQ_DLQ, OPERATOR },
	{ "sqs ChangeMessageVisibilityBatch", "sqs:ChangeMessageVisibility",
	    AQ_QUEUE, WORKER | OPERATOR },
	{ "sqs ChangeMessageVisibilityBatch", "sqs:ChangeMessageVisibility",
	    AQ_DLQ, OPERATOR },
	/* The sweep asks how deep it is. */
	{ "sqs GetQueueAttributes", "sqs:GetQueueAttributes", AQ_QUEUE,
	    WORKER | OPERATOR },
	{ "sqs GetQueueAttributes", "sqs:GetQueueAttributes", AQ_DLQ,
	    OPERATOR },
	{ "sqs SetQueueAttributes", "sqs:SetQueueAttributes", AQ_QUEUE,
	    OPERATOR },
	{ "sqs CreateQueue", "sqs:CreateQueue", AQ_QUEUE, OPERATOR },
	{ "sqs CreateQueue", "sqs:CreateQueue", AQ_DLQ, OPERATOR },

	/* It needs no permission, and none can be denied. */
	{ "sts GetCallerIdentity", "sts:GetCallerIdentity", AQ_TABLE, 0 },

	{ "s3 HeadObject", "s3:GetObject", AQ_OBJECTS, ALL },
	{ "s3 HeadObject", "s3:ListBucket", AQ_BUCKET, ALL },
	{ "s3 GetObject", "s3:GetObject", AQ_OBJECTS, ALL },
	{ "s3 GetObject", "s3:ListBucket", AQ_BUCKET, ALL },
	{ "s3 PutObject", "s3:PutObject", AQ_OBJECTS, ALL },
	{ "s3 CreateMultipartUpload", "s3:PutObject", AQ_OBJECTS, ALL },
	{ "s3 UploadPart", "s3:PutObject", AQ_OBJECTS, ALL },
	{ "s3 CompleteMultipartUpload", "s3:PutObject", AQ_OBJECTS, ALL },
	{ "s3 AbortMultipartUpload", "s3:AbortMultipartUpload", AQ_OBJECTS,
	    ALL },
	/* A submitter removes what it staged for a task that is there. */
	{ "s3 DeleteObject", "s3:DeleteObject", AQ_OBJECTS, ALL },
	{ "s3 ListObjectsV2", "s3:ListBucket", AQ_BUCKET, WORKER | OPERATOR },
	{ "s3 ListMultipartUploads", "s3:ListBucketMultipartUploads", AQ_BUCKET,
	    WORKER | OPERATOR },
	{ "s3 HeadBucket", "s3:ListBucket", AQ_BUCKET, OPERATOR },
	{ "s3 CreateBucket", "s3:CreateBucket", AQ_BUCKET, OPERATOR },
};

#define NRIGHTS	(sizeof(rights) / sizeof(rights[0]))

static const char *const sids[AQ_THINGS] = {
	[AQ_TABLE] = "Table", [AQ_IN_INDEX] = "Index", [AQ_QUEUE] = "Queues",
	[AQ_DLQ] = "DeadLetterQueues", [AQ_BUCKET] = "Bucket",
	[AQ_OBJECTS] = "Objects",
};

void
aq_actions(const char *what, struct tq_buf *out)
{
	const char *last = "";
	size_t i;

	for (i = 0; i < NRIGHTS; i++)
		if (strcmp(rights[i].what, what) == 0 &&
		    strcmp(rights[i].action, last) != 0) {
			tq_buf_fmt(out, "%s%s", *last != '\0' ? ", " : "",
			    rights[i].action);
			last = rights[i].action;
		}
}

const char *
aq_partition(const char *region)
{
	static const struct {
		const char *prefix, *partition;
	} others[] = {
		{ "cn-", "aws-cn" }, { "us-gov-", "aws-us-gov" },
		{ "us-isob-", "aws-iso-b" }, { "us-isof-", "aws-iso-f" },
		{ "us-iso-", "aws-iso" }, { "eu-isoe-", "aws-iso-e" },
		{ "eusc-", "aws-eusc" },
	};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (tq_str_starts(region, others[i].prefix))
			return others[i].partition;
	return "aws";
}

static unsigned
role_bit(const char *role)
{
	if (strcmp(role, "submitter") == 0)
		return SUBMITTER;
	if (strcmp(role, "worker") == 0)
		return WORKER;
	return strcmp(role, "operator") == 0 ? OPERATOR : 0;
}

/* Has an earlier row of the same thing this action? */
static bool
repeated(size_t at, unsigned who)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (rights[i].on == rights[at].on && (rights[i].who & who) &&
		    strcmp(rights[i].action, rights[at].action) == 0)
			return true;
	return false;
}

static bool
put_actions(enum aq_thing on, unsigned who, struct tq_buf *out)
{
	bool any = false;
	size_t i;

	for (i = 0; i < NRIGHTS; i++) {
		if (rights[i].on != on || !(rights[i].who & who) ||
		    repeated(i, who))
			continue;
		tq_buf_fmt(out, "%s\"%s\"", any ? ", " : "",
		    rights[i].action);
		any = true;
	}
	return any;
}

/* A queue of another name has an address in the store's URL. */
static const char *
named(const struct aq *s, const char *queue)
{
	const struct aq_named *n;
	const char *slash;

	for (n = s->url.queues; n != NULL; n = n->next)
		if (strcmp(n->queue, queue) == 0 &&
		    (slash = strrchr(n->url, '/')) != NULL)
			return slash + 1;
	return NULL;
}

void
aq_arn(const struct aq *s, const struct aq_place *at, enum aq_thing on,
    const char *queue, struct tq_buf *out)
{
	const char *account = at->account != NULL ? at->account : "*", *name;

	tq_buf_fmt(out, "arn:%s:", at->partition);
	switch (on) {
	case AQ_TABLE: case AQ_IN_INDEX:
		tq_buf_fmt(out, "dynamodb:%s:%s:table/%s%s", at->region,
		    account, s->url.table, on == AQ_TABLE ? "" :
		    "/index/" AQ_INDEX);
		break;
	case AQ_QUEUE: case AQ_DLQ:
		tq_buf_fmt(out, "sqs:%s:%s:", at->region, account);
		if (on == AQ_QUEUE && (name = named(s, queue)) != NULL)
			tq_buf_str(out, name);
		else
			tq_buf_fmt(out, "%s-%s%s", s->url.prefix, queue,
			    on == AQ_DLQ ? "-dlq" : "");
		break;
	case AQ_BUCKET: case AQ_OBJECTS: case AQ_THINGS:
		tq_buf_fmt(out, "s3:::%s%s", at->bucket, on == AQ_OBJECTS ?
		    "/*" : "");
		break;
	}
}

/* One ARN, or one for each queue, as JSON strings. */
static void
put_resources(enum aq_thing on, const struct aq *s, const struct aq_place *at,
    const char *const *queues, size_t n, struct tq_buf *out)
{
	struct tq_buf arn = TQ_BUF_INIT(4096);
	size_t i;

	if (on != AQ_QUEUE && on != AQ_DLQ)
		n = 1;
	for (i = 0; i < n; i++) {
		if (i > 0)
			tq_buf_str(out, ", ");
		tq_buf_clear(&arn);
		aq_arn(s, at, on, queues[i], &arn);
		tq_buf_str(out, at->sub ? "{\"Fn::Sub\": " : "");
		tq_json_put_str(out, tq_buf_span(&arn));
		tq_buf_str(out, at->sub ? "}" : "");
	}
	tq_buf_free(&arn);
}

bool
aq_policy_write(const char *role, const struct aq *s,
    const struct aq_place *at, const char *const *queues, size_t n,
    struct tq_buf *out)
{
	unsigned who = role_bit(role);
	struct tq_buf actions = TQ_BUF_INIT(8192);
	bool any = false;
	int on;

	if (who == 0)
		return false;
	tq_buf_str(out, "{\n  \"Version\": \"2012-10-17\",\n"
	    "  \"Statement\": [");
	for (on = 0; on < AQ_THINGS; on++) {
		tq_buf_clear(&actions);
		if (!put_actions((enum aq_thing)on, who, &actions))
			continue;
		tq_buf_fmt(out, "%s\n    {\n      \"Sid\": \"%s\",\n"
		    "      \"Effect\": \"Allow\",\n      \"Action\": [%s],\n"
		    "      \"Resource\": [", any ? "," : "", sids[on],
		    actions.data);
		put_resources((enum aq_thing)on, s, at, queues, n, out);
		tq_buf_str(out, "]\n    }");
		any = true;
	}
	tq_buf_str(out, "\n  ]\n}\n");
	tq_buf_free(&actions);
	return true;
}

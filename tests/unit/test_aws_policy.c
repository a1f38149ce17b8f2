/* tests/unit/test_aws_policy.c -- IAM policies, and failures in words. */
#include "store/aws/setup/setup.h"

#include "t.h"
#include "t_env.h"
#include "util/json.h"

static struct aq s;
static struct t_env vars;
static struct tq_env env;
static struct tq_buf out = TQ_BUF_INIT(65536);

static void
store(const char *url)
{
	struct tq_aws_opts opts = { .env = &env };
	struct tq_err err = TQ_ERR_INIT;

	vars = (struct t_env){ .now = 1440938160000, .vars = { T_ENV_AWS,
	    NULL } };
	env = t_env_make(&vars);
	s = (struct aq){ .base.env = &env };
	tq_buf_clear(&out);
	if (aq_url_parse(url, &s.url, &err) == -1 ||
	    tq_aws_new(&opts, &s.a, &err) == -1)
		T_FAIL("%s", err.msg);
	s.base.name = s.url.text;
}

static void
end(void)
{
	tq_aws_free(s.a);
	aq_url_free(&s.url);
}

static bool
write_policy(const char *role, const char *account)
{
	static const char *const queues[] = { "a", "b" };
	struct aq_place at = { "aws", "eu-west-1", account, "buck", false };

	tq_buf_clear(&out);
	return aq_policy_write(role, &s, &at, queues, 2, &out);
}

static bool
has(const char *text)
{
	return out.data != NULL && strstr(out.data, text) != NULL;
}

static void
test_json(void)
{
	static const char *const roles[] = { "submitter", "worker",
	    "operator" };
	struct tq_span st, key, v;
	struct tq_json_iter it;
	size_t i, n;

	store("aws:demo");
	for (i = 0; i < 3; i++) {
		T_OK(write_policy(roles[i], "123456789012"));
		T_INT(tq_json_check(tq_buf_span(&out), NULL), 0);
		T_OK(tq_json_get(tq_buf_span(&out), "Statement", &st));
		it = tq_json_iter(st);
		for (n = 0; tq_json_next(&it, &key, &v); n++)
			T_OK(tq_json_get(v, "Action", &st) &&
			    tq_json_get(v, "Resource", &st) &&
			    tq_json_get(v, "Effect", &st));
		T_OK(n >= 5);
	}
	T_OK(!write_policy("admin", NULL));
	end();
}

static void
test_least(void)
{
	store("aws:demo");
	write_policy("submitter", "1");
	T_OK(has("\"dynamodb:PutItem\"") && has("\"sqs:SendMessage\""));
	T_OK(!has("sqs:ReceiveMessage") && !has("dynamodb:DeleteItem"));
	T_OK(!has("-dlq"));
	write_policy("worker", "1");
	T_OK(has("sqs:ReceiveMessage") && has("-dlq"));
	T_OK(!has("Create") && !has("DescribeTable"));
	write_policy("operator", "1");
	T_OK(has("dynamodb:CreateTable") && has("sqs:SetQueueAttributes"));
	/* Nobody gets a wildcard, nor an action twice in a statement. */
	T_OK(!has(":*\"") && !has("\"*\""));
	T_OK(!has("\"sqs:SendMessage\", \"sqs:SendMessage\""));
	end();
}

static void
test_arns(void)
{
	store("aws:demo?table=tasks&queue.a=https://sqs.eu-west-1."
	    "amazonaws.com/1/theirs");
	write_policy("operator", "1");
	T_OK(has("\"arn:aws:dynamodb:eu-west-1:1:table/tasks\""));
	T_OK(has("table/tasks/index/by-status\""));
	T_OK(has("\"arn:aws:sqs:eu-west-1:1:theirs\", "
	    "\"arn:aws:sqs:eu-west-1:1:demo-b\""));
	T_OK(has("\"arn:aws:sqs:eu-west-1:1:demo-a-dlq\""));
	T_OK(has("\"arn:aws:s3:::buck\"") && has("\"arn:aws:s3:::buck/*\""));
	write_policy("operator", NULL);
	T_OK(has("arn:aws:sqs:eu-west-1:*:demo-b\""));
	T_STR(aq_partition("cn-north-1"), "aws-cn");
	T_STR(aq_partition("us-gov-west-1"), "aws-us-gov");
	T_STR(aq_partition("us-isob-east-1"), "aws-iso-b");
	T_STR(aq_partition("us-east-1"), "aws");
	end();
}

static void
test_urls(void)
{
	static const struct {
		const char *url, *says;
	} t[] = {
		{ "aws:", "a prefix is missing" },
		{ "aws:a.b", "the prefix must be" },
		{ "aws:ab", "at least three" },
		{ "aws:My-app", "no capitals" },
		{ "aws:my_app", "no _" },
		{ "aws:-app", "?bucket=NAME" },
		{ "aws:demo?table", "NAME=VALUE" },
		{ "aws:demo?tables=x", "options are" },
		{ "aws:demo?queue.a=https://sqs.eu-west-1.amazonaws.com/1/a.fifo",
		    "a FIFO queue will not do" },
	};
	struct tq_err err;
	struct aq_url u;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		T_INT(aq_url_parse(t[i].url, &u, &err), -1);
		T_INT(err.code, TQ_E_CONFIG);
		if (strstr(err.msg, t[i].says) == NULL)
			T_FAIL("%s: %s", t[i].url, err.msg);
		aq_url_free(&u);
	}
	T_INT(aq_url_parse("aws:My_app?bucket=b", &u, &err), 0);
	aq_url_free(&u);
}

static void
test_names(void)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_arena a = TQ_ARENA_INIT;
	char queue[] = "q123456789012345678901234567890123456789012345";

	store("aws:p1234567890123456789012345678901");
	T_INT(strlen(s.url.prefix), 32);
	T_OK(aq_queue_name(&s, queue, false, &a, &err) == NULL);
	T_INT(err.code, TQ_E_NOQUEUE);
	T_OK(strstr(err.msg, "over 80 characters") != NULL);
	/* 32 + 1 + 43 + 4 */
	queue[43] = '\0';
	T_INT(strlen(aq_queue_name(&s, queue, true, &a, &err)), 80);
	T_INT(strlen(aq_queue_name(&s, queue, false, &a, &err)), 76);
	tq_arena_free(&a);
	end();
}

/* What the fault ${code} of ${what} becomes. */
static struct tq_err
explained(const char *what, enum tq_aws_service service, const char *code,
    int status)
{
	struct tq_aws_call c = { .service = service, .what = what,
	    .bucket = "buck" };

	c.fault.status = status;
	snprintf(c.fault.code, sizeof(c.fault.code), "%s", code);
	snprintf(c.fault.message, sizeof(c.fault.message), "ARN-IN-IT");
	tq_aws_fault_err(&c.fault, what, &c.err);
	aq_explain(&s, &c);
	return c.err;
}

#define T_SAYS(e, want_code, part) do {					\
	T_INT((e).code, want_code);					\
	if (strstr((e).msg, part) == NULL)				\
		T_FAIL("\"%s\" does not say \"%s\"", (e).msg, part);	\
} while (0)

static void
test_words(void)
{
	struct tq_err e;

	store("aws:demo");
	e = explained("dynamodb Query", TQ_AWS_DYNAMODB,
	    "AccessDeniedException", 400);
	T_SAYS(e, TQ_E_DENIED, "allow dynamodb:Query (tq-ctl init "
	    "--print-policy); AWS says AccessDeniedException: ARN-IN-IT");
	e = explained("s3 HeadObject", TQ_AWS_S3, "", 403);
	T_SAYS(e, TQ_E_DENIED, "allow s3:GetObject, s3:ListBucket (");
	T_OK(strstr(e.msg, "AWS says") == NULL);
	e = explained("sqs SendMessageBatch", TQ_AWS_SQS,
	    "InvalidClientTokenId", 403);
	T_SAYS(e, TQ_E_DENIED, "check AWS_ACCESS_KEY_ID");
	e = explained("dynamodb PutItem", TQ_AWS_DYNAMODB,
	    "ResourceNotFoundException", 400);
	T_SAYS(e, TQ_E_CONFIG, "aws:demo: there is no table \"demo\" in "
	    "eu-west-1; tq-ctl init makes it, unless AWS_REGION");
	e = explained("sqs ReceiveMessage", TQ_AWS_SQS, "QueueDoesNotExist",
	    400);
	T_SAYS(e, TQ_E_CONFIG, "no such queue in eu-west-1; tq-ctl init");
	e = explained("sqs SendMessageBatch", TQ_AWS_SQS, "", 404);
	T_SAYS(e, TQ_E_CONFIG, "is not SQS; check AWS_ENDPOINT_URL_SQS");
	e = explained("sqs ReceiveMessage", TQ_AWS_SQS, "InvalidAddress", 404);
	T_SAYS(e, TQ_E_CONFIG, "not one in eu-west-1; check AWS_REGION");
	e = explained("s3 GetObject", TQ_AWS_S3, "TemporaryRedirect", 307);
	T_SAYS(e, TQ_E_CONFIG, "\"buck\" is in another region");
	end();
}

/* The same with what AWS says of a key in KMS. */
static struct tq_err
explained_by(const char *what, enum tq_aws_service service, const char *code,
    const char *message)
{
	struct tq_aws_call c = { .service = service, .what = what,
	    .bucket = "buck" };

	c.fault.status = 400;
	snprintf(c.fault.code, sizeof(c.fault.code), "%s", code);
	snprintf(c.fault.message, sizeof(c.fault.message), "%s", message);
	tq_aws_fault_err(&c.fault, what, &c.err);
	aq_explain(&s, &c);
	return c.err;
}

static void
test_refusals(void)
{
	struct tq_err e;

	store("aws:demo");
	e = explained_by("s3 GetObject", TQ_AWS_S3, "AccessDenied", "User: u "
	    "is not authorized to perform: kms:Decrypt on resource: arn");
	T_SAYS(e, TQ_E_DENIED, "allow kms:Decrypt on the key; AWS says");
	T_OK(strstr(e.msg, "s3:GetObject") == NULL);
	e = explained_by("s3 PutObject", TQ_AWS_S3, "AccessDenied", "User: u "
	    "is not authorized to perform: s3:PutObject on resource: arn with "
	    "an explicit deny in a resource-based policy");
	T_SAYS(e, TQ_E_DENIED, "a policy denies s3:PutObject, so to allow it "
	    "is not enough; AWS says");
	e = explained_by("sqs SendMessageBatch", TQ_AWS_SQS, "KmsAccessDenied",
	    "");
	T_SAYS(e, TQ_E_DENIED, "allow kms:GenerateDataKey and kms:Decrypt");
	e = explained_by("sqs ReceiveMessage", TQ_AWS_SQS, "KmsDisabled", "");
	T_SAYS(e, TQ_E_CONFIG, "key that encrypts it can't be used");
	e = explained_by("s3 PutObject", TQ_AWS_S3, "KMS.DisabledException",
	    "");
	T_SAYS(e, TQ_E_CONFIG, "key that encrypts it can't be used");
	e = explained_by("sqs ReceiveMessage", TQ_AWS_SQS, "KmsThrottled", "");
	T_SAYS(e, TQ_E_THROTTLED, "KmsThrottled");
	end();
}

/* What nobody's answering is, in a region and with a variable set. */
static struct tq_err
unreached_in(const char *region, const char *endpoint)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs ReceiveMessage" };
	struct tq_aws_opts opts = { .env = &env };
	struct tq_err err = TQ_ERR_INIT;

	store("aws:demo");
	tq_aws_free(s.a);
	vars.vars[1] = region;
	vars.vars[10] = "AWS_ENDPOINT_URL_SQS";
	vars.vars[11] = endpoint;
	if (tq_aws_new(&opts, &s.a, &err) == -1)
		return err;
	tq_err_set(&c.err, TQ_AT_SEND, TQ_E_UNAVAILABLE, "x");
	aq_explain(&s, &c);
	end();
	return c.err;
}

static void
test_unreached(void)
{
	T_SAYS(unreached_in("eu-west-1", ""), TQ_E_UNAVAILABLE,
	    "is the region (eu-west-1) right");
	T_SAYS(unreached_in("eusc-de-east-1", ""), TQ_E_UNAVAILABLE,
	    "is the region (eusc-de-east-1) right");
	T_SAYS(unreached_in("eu-west-1", "https://vpce-1.sqs.eu-west-1.vpce."
	    "amazonaws.com"), TQ_E_UNAVAILABLE, "is AWS_ENDPOINT_URL_SQS right");
}

static void
test_kept(void)
{
	struct tq_err e;

	store("aws:demo");
	/* An answer, which the caller puts into words of its own. */
	e = explained("sqs GetQueueUrl", TQ_AWS_SQS, "QueueDoesNotExist",
	    400);
	T_SAYS(e, TQ_E_NOTFOUND, "QueueDoesNotExist");
	e = explained("dynamodb PutItem", TQ_AWS_DYNAMODB,
	    "ConditionalCheckFailedException", 400);
	T_SAYS(e, TQ_E_LOST, "ConditionalCheckFailedException");
	e = explained("s3 GetObject", TQ_AWS_S3, "NoSuchKey", 404);
	T_SAYS(e, TQ_E_NOTFOUND, "NoSuchKey");
	/* The bucket of an input is not ours to make; the store's is. */
	e = explained("s3 GetObject", TQ_AWS_S3, "NoSuchBucket", 404);
	T_SAYS(e, TQ_E_NOTFOUND, "no bucket \"buck\"; check its name");
	s.bucket = s.url.prefix;
	e = explained("dynamodb PutItem", TQ_AWS_DYNAMODB,
	    "ThrottlingException", 400);
	T_OK(e.retryable && e.code == TQ_E_THROTTLED);
	end();
}

T_MAIN({ "a policy is JSON, each statement whole; no other roles",
	test_json },
    { "a role may do what it needs, and no more", test_least },
    { "resources are named by the store's URL, in the region's partition",
	test_arns },
    { "a URL that can't be a store's is refused with the reason", test_urls },
    { "a queue's name has room for -dlq, or is refused", test_names },
    { "a refusal names the remedy before the service's own words",
	test_words },
    { "a policy that denies, and a key in KMS, are told from a missing right",
	test_refusals },
    { "when nobody answers: the region, or the variable that is set",
	test_unreached },
    { "what is an answer, or of no use to explain, stays as it was",
	test_kept })

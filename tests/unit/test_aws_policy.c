/* tests/unit/test_aws_policy.c -- IAM policies, and failures in words. */
#include <fnmatch.h>

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
	/* One that the user names may be of any account. */
	T_OK(has("\"GivenQueues\""));
	T_OK(has("[\"arn:aws:sqs:eu-west-1:1:theirs\"]"));
	T_OK(has("[\"arn:aws:sqs:eu-west-1:1:demo-b\"]"));
	T_OK(has("\"arn:aws:sqs:eu-west-1:1:demo-a-dlq\""));
	T_OK(has("\"arn:aws:s3:::buck\"") && has("\"arn:aws:s3:::buck/*\""));
	write_policy("operator", NULL);
	T_OK(has("arn:aws:sqs:eu-west-1:*:demo-b\""));
	T_OK(has("\"aws:ResourceAccount\": \"${aws:PrincipalAccount}\""));
	T_STR(aq_partition("cn-north-1"), "aws-cn");
	T_STR(aq_partition("us-gov-west-1"), "aws-us-gov");
	T_STR(aq_partition("us-isob-east-1"), "aws-iso-b");
	T_STR(aq_partition("us-east-1"), "aws");
	end();
}

/* -- what a policy lets through ---------------------------------------------------- */

/* As IAM sees it; NULL: the request has no such key. */
struct request {
	const char	*action, *resource;
	const char	*account;	/* aws:ResourceAccount */
	const char	*key;		/* dynamodb:LeadingKeys */
	const char	*if_none_match;	/* s3:if-none-match */
	const char	*creates;	/* s3:ObjectCreationOperation */
};

static const char *
context(const struct request *r, struct tq_span key)
{
	if (tq_span_eq(key, "aws:ResourceAccount"))
		return r->account;
	if (tq_span_eq(key, "dynamodb:LeadingKeys"))
		return r->key;
	if (tq_span_eq(key, "s3:if-none-match"))
		return r->if_none_match;
	if (tq_span_eq(key, "s3:ObjectCreationOperation"))
		return r->creates;
	T_FAIL("unknown key %.*s", (int)key.n, key.p);
	return NULL;
}

/* Does a string, or one of an array, match? */
static bool
matches(struct tq_span v, const char *text)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_json_iter it;
	struct tq_span key, item, s1;
	bool any = false;

	if (tq_json_kind(v) == TQ_JSON_ARRAY) {
		it = tq_json_iter(v);
		while (!any && tq_json_next(&it, &key, &item))
			any = matches(item, text);
	} else if (tq_json_str(v, &mem, &s1)) {
		any = fnmatch(s1.p, text, 0) == 0;
	}
	tq_arena_free(&mem);
	return any;
}

/* One operator of a condition, with one key. */
static bool
holds(struct tq_span op, struct tq_span v, const char *is)
{
	if (tq_span_eq(op, "Null"))
		return matches(v, is == NULL ? "true" : "false");
	/* True without the key: hence the Null beside it. */
	if (tq_span_eq(op, "ForAllValues:StringLike"))
		return is == NULL || matches(v, is);
	if (tq_span_eq(op, "StringEquals") || tq_span_eq(op, "Bool"))
		return is != NULL && matches(v, is);
	T_FAIL("unknown operator %.*s", (int)op.n, op.p);
	return false;
}

static bool
condition_holds(struct tq_span condition, const struct request *r)
{
	struct tq_json_iter it = tq_json_iter(condition), in;
	struct tq_span op, keys, key, v;

	while (tq_json_next(&it, &op, &keys)) {
		in = tq_json_iter(keys);
		while (tq_json_next(&in, &key, &v))
			if (!holds(op, v, context(r, key)))
				return false;
	}
	return true;
}

/* Does one of the statements in ${out} allow it?  There are no others. */
static bool
allows(const struct request *r)
{
	struct tq_span all, key, st, v;
	struct tq_json_iter it;

	T_OK(tq_json_get(tq_buf_span(&out), "Statement", &all));
	it = tq_json_iter(all);
	while (tq_json_next(&it, &key, &st))
		if (tq_json_get(st, "Action", &v) && matches(v, r->action) &&
		    tq_json_get(st, "Resource", &v) &&
		    matches(v, r->resource) &&
		    (!tq_json_get(st, "Condition", &v) ||
		    condition_holds(v, r)))
			return true;
	return false;
}

#define OURS	"123456789012"
#define TABLE	"arn:aws:dynamodb:eu-west-1:" OURS ":table/demo"
#define INDEX	TABLE "/index/by-status"
#define Q	"arn:aws:sqs:eu-west-1:" OURS ":demo-a"
#define OBJECT	"arn:aws:s3:::buck/a/id/in"
#define SUB	1
#define WRK	2
#define OPR	4

static void
test_allows(void)
{
	static const struct {
		int	who;		/* bits: those who may */
		struct request r;
	} t[] = {
		/* A task is submitted, read, cancelled, started anew. */
		{ SUB | WRK | OPR, { "dynamodb:PutItem", TABLE, OURS, "t#1",
		    NULL, NULL } },
		{ SUB | WRK | OPR, { "dynamodb:PutItem", TABLE, OURS,
		    "b#1#x#payload", NULL, NULL } },
		{ SUB | WRK | OPR, { "dynamodb:GetItem", TABLE, OURS, "c#a",
		    NULL, NULL } },
		/* The index has keys of its own, those of the role's queues. */
		{ SUB | WRK | OPR, { "dynamodb:Query", INDEX, OURS,
		    "a#PENDING#0", NULL, NULL } },
		{ SUB | WRK | OPR, { "dynamodb:Query", INDEX, OURS,
		    "b#RUNNING#7", NULL, NULL } },
		{ SUB | WRK | OPR, { "dynamodb:Query", INDEX, OURS,
		    "#control", NULL, NULL } },
		{ SUB | WRK | OPR, { "dynamodb:Query", INDEX, OURS,
		    "#worker", NULL, NULL } },
		{ 0, { "dynamodb:Query", INDEX, OURS, "c#PENDING#0", NULL,
		    NULL } },
		{ 0, { "dynamodb:Query", INDEX, OURS, NULL, NULL, NULL } },
		{ 0, { "dynamodb:Query", TABLE, OURS, "t#1", NULL, NULL } },
		{ SUB | WRK | OPR, { "sqs:SendMessage", Q, OURS, NULL, NULL,
		    NULL } },
		{ SUB | WRK | OPR, { "s3:PutObject", OBJECT, OURS, NULL, "*",
		    "true" } },
		{ SUB | WRK | OPR, { "s3:PutObject", OBJECT, OURS, NULL, NULL,
		    "false" } },
		/* An object is replaced. */
		{ WRK | OPR, { "s3:PutObject", OBJECT, OURS, NULL, NULL,
		    "true" } },
		{ WRK | OPR, { "s3:DeleteObject", OBJECT, OURS, NULL, NULL,
		    NULL } },
		/* A queue is paused, limited. */
		{ OPR, { "dynamodb:PutItem", TABLE, OURS, "c#a", NULL,
		    NULL } },
		{ OPR, { "dynamodb:DeleteItem", TABLE, OURS, "c#a", NULL,
		    NULL } },
		/* Work: slots, rates, presence, watermarks, the sweep. */
		{ WRK | OPR, { "dynamodb:PutItem", TABLE, OURS, "l#a#x#1",
		    NULL, NULL } },
		{ WRK | OPR, { "dynamodb:PutItem", TABLE, OURS, "r#a", NULL,
		    NULL } },
		{ WRK | OPR, { "dynamodb:PutItem", TABLE, OURS, "w#h#a", NULL,
		    NULL } },
		{ WRK | OPR, { "dynamodb:PutItem", TABLE, OURS, "m#a", NULL,
		    NULL } },
		{ WRK | OPR, { "dynamodb:PutItem", TABLE, OURS, "s#sweeper",
		    NULL, NULL } },
		{ WRK | OPR, { "dynamodb:PutItem", TABLE, OURS, "n#a", NULL,
		    NULL } },
		{ WRK | OPR, { "dynamodb:DeleteItem", TABLE, OURS, "l#a#x#1",
		    NULL, NULL } },
		{ WRK | OPR, { "dynamodb:DeleteItem", TABLE, OURS,
		    "b#1#x#result", NULL, NULL } },
		/* A task is purged. */
		{ OPR, { "dynamodb:DeleteItem", TABLE, OURS, "t#1", NULL,
		    NULL } },
		{ WRK | OPR, { "sqs:ReceiveMessage", Q, OURS, NULL, NULL,
		    NULL } },
		/* Things are made. */
		{ OPR, { "dynamodb:CreateTable", TABLE, NULL, NULL, NULL,
		    NULL } },
		{ OPR, { "sqs:CreateQueue", Q, NULL, NULL, NULL, NULL } },
		{ OPR, { "s3:CreateBucket", "arn:aws:s3:::buck", NULL, NULL,
		    NULL, NULL } },
		/* Nobody: what is another's, or elsewhere; a scan. */
		{ 0, { "s3:PutObject", OBJECT, "999999999999", NULL, "*",
		    "true" } },
		{ 0, { "s3:GetObject", OBJECT, "999999999999", NULL, NULL,
		    NULL } },
		{ 0, { "dynamodb:PutItem", TABLE, "999999999999", "t#1", NULL,
		    NULL } },
		{ 0, { "dynamodb:PutItem", TABLE "2", OURS, "t#1", NULL,
		    NULL } },
		{ 0, { "sqs:SendMessage", Q "b", OURS, NULL, NULL, NULL } },
		{ 0, { "dynamodb:Scan", TABLE, OURS, NULL, NULL, NULL } },
		{ 0, { "dynamodb:DeleteTable", TABLE, OURS, NULL, NULL,
		    NULL } },
	};
	static const char *const roles[] = { "submitter", "worker",
	    "operator" };
	size_t i, k;

	store("aws:demo");
	for (k = 0; k < 3; k++) {
		T_OK(write_policy(roles[k], OURS));
		for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
			if (allows(&t[i].r) != ((t[i].who >> k & 1) != 0))
				T_FAIL("%s: %s on %s %s", roles[k],
				    t[i].r.action, t[i].r.resource,
				    t[i].r.key ? t[i].r.key : "");
	}
	/* A batch of writes is none that names no key. */
	T_OK(write_policy("submitter", OURS));
	T_OK(!allows(&(struct request){ "dynamodb:PutItem", TABLE, OURS, NULL,
	    NULL, NULL }));
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

/* The error that the fault ${code} of ${what} becomes. */
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

/* The error when nobody answers, in a region and with a variable set. */
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
    { "what a policy lets through: key by key, of this account only",
	test_allows },
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

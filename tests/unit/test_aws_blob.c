/*
 * tests/unit/test_aws_blob.c -- whose bucket blobs go to, and what is done
 * where S3 is not Amazon's.
 */
#include "t.h"

#include <strings.h>

#include "aws/call_inside.h"
#include "store/aws/blob/blob.h"
#include "store/aws/setup/setup.h"
#include "t_env.h"
#include "t_reply.h"

/* A world with one bucket. */
static struct {
	const char	*owner;		/* the bucket's */
	const char	*account;	/* what STS says; NULL: it fails */
	const char	*bucket;	/* its name; NULL: any */
	bool		 knows_conditions;
	bool		 says_yes;	/* 200 to anything, and no more */
	const char	*listed;	/* in a listing: its objects, as XML */
	char		 log[8192];	/* "METHOD url owner\n" */
} world;

static struct t_env vars;
static struct tq_env env;
static struct aq *store;
static struct tq_err err;

static const char *
header(const struct tq_http_req *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->nheaders; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

static struct tq_http_res
sts(void)
{
	char text[512];

	if (world.account == NULL)
		return t_reply(403, NULL, "<ErrorResponse><Error><Code>"
		    "InvalidClientTokenId</Code><Message>who?</Message>"
		    "</Error></ErrorResponse>");
	snprintf(text, sizeof(text), "<GetCallerIdentityResponse xmlns=\"https"
	    "://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>"
	    "<Arn>arn:aws:iam::%s:user/u</Arn><Account>%s</Account>"
	    "</GetCallerIdentityResult></GetCallerIdentityResponse>",
	    world.account, world.account);
	return t_reply(200, NULL, text);
}

static struct tq_http_res
s3(const struct tq_http_req *r)
{
	const char *owner = header(r, "x-amz-expected-bucket-owner");

	if (world.bucket != NULL && strncmp(r->url + strlen("https://"),
	    world.bucket, strlen(world.bucket)) != 0)
		return t_reply(404, NULL, "");
	if (owner != NULL && strcmp(owner, world.owner) != 0)
		return t_reply(403, NULL, strcmp(r->method, "HEAD") == 0 ? "" :
		    "<Error><Code>AccessDenied</Code></Error>");
	if (header(r, "If-None-Match") != NULL && !world.knows_conditions)
		return t_reply(501, NULL, "<Error><Code>NotImplemented"
		    "</Code></Error>");
	if (strstr(r->url, "list-type=2") != NULL)
		return t_reply(200, NULL, world.listed);
	if (strcmp(r->method, "POST") == 0 && strstr(r->url, "?uploads="))
		return t_reply(200, NULL, "<InitiateMultipartUploadResult>"
		    "<UploadId>u</UploadId></InitiateMultipartUploadResult>");
	if (strcmp(r->method, "POST") == 0)
		return t_reply(200, NULL, "<CompleteMultipartUploadResult/>");
	return t_reply(200, world.says_yes ? NULL : "ETag: \"e\"\n", "");
}

static size_t
perform(void *arg, const struct tq_http_req *reqs, size_t n,
    struct tq_http_res *res)
{
	const char *owner;
	size_t i, at;

	(void)arg;
	for (i = 0; i < n; i++) {
		owner = header(&reqs[i], "x-amz-expected-bucket-owner");
		at = strlen(world.log);
		snprintf(world.log + at, sizeof(world.log) - at,
		    "%s %s %s%s\n", reqs[i].method, reqs[i].url,
		    owner != NULL ? owner : "-",
		    header(&reqs[i], "If-None-Match") ? " if-absent" : "");
		res[i] = strstr(reqs[i].url, "://sts.") != NULL ? sts() :
		    s3(&reqs[i]);
		res[i].date_ms = vars.now;
	}
	return 0;
}

static void
start(const char *url, const char *name, const char *value)
{
	vars = (struct t_env){ .now = 1440938160000, .vars = {
	    name != NULL ? name : "TQ_NONE", value, T_ENV_AWS, NULL } };
	env = t_env_make(&vars);
	world.owner = world.account = "111111111111";
	world.knows_conditions = true;
	world.says_yes = false;
	world.bucket = NULL;
	world.log[0] = '\0';
	err = (struct tq_err)TQ_ERR_INIT;
	T_INT(aq_new(url, &env, 1, aq_explain, &store, &err), 0);
	store->a->opts.perform = perform;
}

static int
put(const char *name)
{
	err = (struct tq_err)TQ_ERR_INIT;
	return aq_blob_write(store, name, tq_span_of("bytes"), &err);
}

#define SITE	".s3.eu-west-1.amazonaws.com"
#define OLD	"https://sto-111111111111-eu-west-1" SITE
#define BUCKET	"https://sto-111111111111-eu-west-1-an" SITE
#define ASKED "POST https://sts.eu-west-1.amazonaws.com/ -\n"

static void
test_owner(void)
{
	start("aws:sto", NULL, NULL);
	T_INT(put("a"), 0);
	T_INT(put("b"), 0);
	/* STS is asked once, and S3 whether it is there. */
	T_STR(world.log, ASKED "HEAD " BUCKET "/ 111111111111\n"
	    "PUT " BUCKET "/a 111111111111 if-absent\n"
	    "PUT " BUCKET "/b 111111111111 if-absent\n");
	aq_free(store);
	start("aws:sto", "AWS_ACCOUNT_ID", "111111111111");
	T_INT(put("a"), 0);
	T_STR(world.log, "HEAD " BUCKET "/ 111111111111\n"
	    "PUT " BUCKET "/a 111111111111 if-absent\n");
	aq_free(store);
	start("aws:sto?bucket=named&owner=222222222222", NULL, NULL);
	world.owner = "222222222222";
	T_INT(put("a"), 0);
	T_STR(world.log, "PUT https://named.s3.eu-west-1.amazonaws.com/a "
	    "222222222222 if-absent\n");
	aq_free(store);
}

/* A queue that the URL names by its address is whose it may be. */
static void
test_adopted(void)
{
	static const char theirs[] =
	    "https://sqs.eu-west-1.amazonaws.com/999999999999/theirs";
	const char *url = NULL;

	start("aws:sto?owner=111111111111&queue.in=https://sqs.eu-west-1"
	    ".amazonaws.com/999999999999/theirs", NULL, NULL);
	T_INT(aq_queue_url(store, store->a, "in", false, &url, &err), 0);
	T_STR(url, theirs);
	/* It is asked for nothing but what it holds, and nobody whose it is. */
	T_STR(world.log, "");
	T_OK(!aq_queue_empty(store, "in"));
	T_STR(world.log, "POST https://sqs.eu-west-1.amazonaws.com/ -\n");
	aq_free(store);
}

/* Made by tq 0.1.0, or not at all, or where there is no such namespace. */
static void
test_names(void)
{
	start("aws:sto", "AWS_ACCOUNT_ID", "111111111111");
	world.bucket = "sto-111111111111-eu-west-1.";
	T_INT(put("a"), 0);
	T_INT(put("b"), 0);
	T_STR(world.log, "HEAD " BUCKET "/ 111111111111\n"
	    "HEAD " OLD "/ 111111111111\n"
	    "PUT " OLD "/a 111111111111 if-absent\n"
	    "PUT " OLD "/b 111111111111 if-absent\n");
	aq_free(store);
	start("aws:sto", "AWS_ACCOUNT_ID", "111111111111");
	world.bucket = "none";
	T_INT(put("a"), -1);
	T_OK(strstr(world.log, "PUT " BUCKET "/a") != NULL);
	aq_free(store);
	/* An old name that somebody else has taken is not looked for again. */
	start("aws:sto", "AWS_ACCOUNT_ID", "111111111111");
	world.owner = "999999999999";
	world.bucket = "sto-111111111111-eu-west-1.";
	T_INT(put("a"), -1);
	T_OK(strstr(world.log, "PUT " BUCKET "/a") != NULL);
	aq_free(store);
	start("aws:sto", "AWS_REGION", "me-south-1");
	T_INT(put("a"), 0);
	T_OK(strstr(world.log, "HEAD") == NULL);
	T_OK(strstr(world.log, "PUT https://sto-111111111111-me-south-1.s3.")
	    != NULL);
	aq_free(store);
}

/* 63 characters are the longest that S3 takes. */
static void
test_longest(void)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *name;

	start("aws:abcdefghijklmnopqrstuvwxyz-12345", "AWS_REGION",
	    "ap-southeast-1");
	name = aq_bucket_name(store, "111111111111", true, &a);
	T_INT(strlen(name), 63);
	T_OK(aq_bucket_regional(store, name));
	aq_free(store);
	start("aws:abcdefghijklmnopqrstuvwxyz-12345", "AWS_REGION",
	    "ap-southeast-11");
	name = aq_bucket_name(store, "111111111111", true, &a);
	T_STR(name, "abcdefghijklmnopqrstuvwxyz-12345-111111111111-"
	    "ap-southeast-11");
	aq_free(store);
	tq_arena_free(&a);
}

static void
test_others(void)
{
	/* The queue's address is of whoever owns the bucket, too. */
	start("aws:sto?bucket=named&queue.default=https://sqs.eu-west-1."
	    "amazonaws.com/999999999999/q", NULL, NULL);
	world.owner = "999999999999";
	T_INT(put("a"), -1);
	T_INT(err.code, TQ_E_CONFIG);
	T_OK(strstr(err.msg, "bucket \"named\" is somebody else's, not of "
	    "account 111111111111") != NULL);
#define NAMED "https://named.s3.eu-west-1.amazonaws.com"
	T_STR(world.log, ASKED
	    "PUT " NAMED "/a 111111111111 if-absent\n"
	    "HEAD " NAMED "/ 111111111111\nHEAD " NAMED "/ -\n");
	aq_free(store);
}

static void
test_unknown(void)
{
	/* With Amazon's S3 nothing goes where nobody knows whose it is. */
	start("aws:sto?bucket=named", NULL, NULL);
	world.account = NULL;
	T_INT(put("a"), -1);
	T_OK(strstr(err.msg, "set AWS_ACCOUNT_ID") != NULL);
	T_STR(world.log, ASKED);
	aq_free(store);
	/* A stand-in has no owners. */
	start("aws:sto?bucket=named", "AWS_ENDPOINT_URL_S3", "http://s3");
	T_INT(put("a"), 0);
	T_STR(world.log, "PUT http://s3/named/a - if-absent\n");
	aq_free(store);
}

static void
test_no_conditions(void)
{
	static char big[17 * 1024 * 1024];
	const struct tq_span bytes = { big, sizeof(big) };

	start("aws:sto?bucket=named", "AWS_ENDPOINT_URL_S3", "http://s3");
	world.knows_conditions = false;
	T_INT(put("a"), 0);
	T_INT(put("b"), 0);
	/* It is found out once. */
	T_STR(world.log, "PUT http://s3/named/a - if-absent\n"
	    "PUT http://s3/named/a -\nPUT http://s3/named/b -\n");
	aq_free(store);
	start("aws:sto?bucket=named", "AWS_ENDPOINT_URL_S3", "http://s3");
	world.knows_conditions = false;
	T_INT(aq_blob_write(store, "c", bytes, &err), 0);
	T_OK(strstr(world.log, "POST http://s3/named/c?uploadId=u - if-absent\n"
	    "POST http://s3/named/c?uploadId=u -\n") != NULL);
	aq_free(store);
}

#define LISTED(key, at)	"<ListBucketResult><Contents><Key>" key "</Key>" \
    "<LastModified>2015-08-30T" at "</LastModified><Size>12</Size>" \
    "</Contents></ListBucketResult>"

static void
test_offered(void)
{
	static const struct {
		const char	*listed;
		enum tq_code	code;
	} rows[] = {
		{ LISTED("q/t/s/in", "12:35:59.000Z"), TQ_OK },
		{ LISTED("q/t/s/in", "00:36:00.000Z"), TQ_OK },
		{ LISTED("q/t/s/in", "00:35:59.000Z"), TQ_E_STATE },
		{ LISTED("q/t/s/in2", "12:35:59.000Z"), TQ_E_NOTFOUND },
		{ "<ListBucketResult/>", TQ_E_NOTFOUND },
	};
	int64_t size;
	size_t i;

	start("aws:sto?bucket=named", "AWS_ENDPOINT_URL_S3", "http://s3");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size = -1;
		world.listed = rows[i].listed;
		err = (struct tq_err)TQ_ERR_INIT;
		T_INT(aq_offered(&store->base, "q/t/s/in", &size, &err),
		    rows[i].code == TQ_OK ? 0 : -1);
		T_INT(err.code, rows[i].code);
		T_INT(size, rows[i].code == TQ_OK ? 12 : -1);
	}
	aq_free(store);
}

/* What says 200 to anything has stored nothing. */
static void
test_yes(void)
{
	start("aws:sto?bucket=theirs&owner=111111111111", NULL, NULL);
	world.says_yes = true;
	T_INT(put("a"), -1);
	T_INT(err.code, TQ_E_CONFIG);
	T_OK(strstr(err.msg, "no ETag") != NULL);
	world.says_yes = false;
	T_INT(put("a"), 0);
	aq_free(store);
}

T_MAIN(
	{ "the store's bucket is the caller's own, or the named owner's",
	    test_owner },
	{ "a queue that was named by its address is not asked whose it is",
	    test_adopted },
	{ "an old store's bucket keeps its name", test_names },
	{ "no bucket's name is over 63 characters", test_longest },
	{ "somebody else's bucket is not used, whatever a queue's address says",
	    test_others },
	{ "of Amazon's S3 the owner has to be known", test_unknown },
	{ "an S3 that knows no conditional writes gets none",
	    test_no_conditions },
	{ "a PUT that was answered without an ETag is not stored", test_yes },
	{ "an upload is there for half a day by S3's clock, under its own name",
	    test_offered }
)

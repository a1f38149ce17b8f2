/*
 * tests/unit/test_aws_s3_input.c -- an object is read part by part, without a
 * network: a bucket of one object answers, or a script of refusals.
 */
#include "t.h"

#include <sys/mman.h>
#include <unistd.h>

#include "aws/call.h"
#include "aws/s3_input.h"
#include "t_env.h"
#include "t_reply.h"

#define URL	"s3://pics/in/a b+%20\xc3\xa4?.jpg"

/* The service's behaviour. */
static struct {
	const char	*object;
	const char	*etag;
	int		 refuse_from;	/* the nth request, from 1; 0: never */
	int		 status;
	const char	*head, *body;
	bool		 no_ranges;
	int		 cut;		/* bytes that each part lacks */
} service;

static char asked[4096];
static int nasked;
static struct t_env vars;
static struct tq_env env;
static struct tq_fetch_got got;
static struct tq_err err;
static char content[256];

static const char *
header(const struct tq_http_req *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->nheaders; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return "-";
}

static struct tq_http_res
part(const struct tq_http_req *r)
{
	long from = 0, to = 0, size = (long)strlen(service.object);
	char head[200];

	if (sscanf(header(r, "range"), "bytes=%ld-%ld", &from, &to) != 2)
		T_FAIL("no range");
	if (service.no_ranges) {
		if (write(r->fd, service.object, (size_t)size) != size)
			T_FAIL("write");
		return t_reply(200, "ETag: \"e\"\n", "");
	}
	if (from >= size)
		return t_reply(416, NULL, "<Error><Code>InvalidRange</Code>"
		    "</Error>");
	if (to >= size)
		to = size - 1;
	snprintf(head, sizeof(head), "ETag: %s\nContent-Range: bytes %ld-%ld/"
	    "%ld\n", service.etag, from, to, size);
	if (write(r->fd, service.object + from, (size_t)(to - from + 1 -
	    service.cut)) == -1)
		T_FAIL("write");
	return t_reply(206, head, "");
}

static size_t
perform(void *arg, const struct tq_http_req *reqs, size_t n,
    struct tq_http_res *res)
{
	size_t at = strlen(asked);

	(void)arg;
	T_INT(n, 1);
	nasked++;
	/* It is its user's, who may read the buckets of others. */
	T_STR(header(reqs, "x-amz-expected-bucket-owner"), "-");
	snprintf(asked + at, sizeof(asked) - at, "%s %s %s\n", reqs->url,
	    header(reqs, "range"), header(reqs, "if-match"));
	*res = service.refuse_from != 0 && nasked >= service.refuse_from ?
	    t_reply(service.status, service.head, service.body) :
	    part(reqs);
	return 0;
}

static void
no_sleep(void *arg, int64_t ms)
{
	(void)arg;
	vars.now += ms;
}

/* Read URL in parts of 4 bytes, into `content'. */
static int
input(const char *url, int64_t max)
{
	struct tq_aws_opts opts = { .env = &env, .perform = perform,
	    .sleep = no_sleep };
	int fd = memfd_create("input", 0), rc;
	struct tq_aws *a;
	ssize_t n;

	vars = (struct t_env){ .now = 1440938160000, .vars = { T_ENV_AWS,
	    "AWS_ACCOUNT_ID", "111111111111", NULL } };
	env = t_env_make(&vars);
	asked[0] = '\0';
	nasked = 0;
	err = (struct tq_err)TQ_ERR_INIT;
	if (tq_aws_new(&opts, &a, &err) == -1)
		return -2;
	rc = tq_s3_input(a, url, fd, 4, max, &got, &err);
	tq_aws_free(a);
	n = pread(fd, content, sizeof(content) - 1, 0);
	content[n > 0 ? n : 0] = '\0';
	close(fd);
	return rc;
}

static void
whole(const char *object)
{
	memset(&service, 0, sizeof(service));
	service.object = object;
	service.etag = "\"e1\"";
}

static void
in_parts(void)
{
	whole("0123456789");
	T_INT(input(URL, 10), 0);
	T_STR(content, "0123456789");
	T_INT(got.bytes, 10);
	T_STR(asked, "https://pics.s3.eu-west-1.amazonaws.com/in/"
	    "a%20b%2B%2520%C3%A4%3F.jpg bytes=0-3 -\n"
	    "https://pics.s3.eu-west-1.amazonaws.com/in/"
	    "a%20b%2B%2520%C3%A4%3F.jpg bytes=4-7 \"e1\"\n"
	    "https://pics.s3.eu-west-1.amazonaws.com/in/"
	    "a%20b%2B%2520%C3%A4%3F.jpg bytes=8-11 \"e1\"\n");
}

static void
sizes(void)
{
	static const struct {
		const char *object;
		int	 requests;
	} rows[] = { { "", 1 }, { "0", 1 }, { "0123", 1 }, { "01234", 2 },
	    { "01234567", 2 } };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		whole(rows[i].object);
		T_INT(input(URL, 100), 0);
		T_STR(content, rows[i].object);
		T_INT(nasked, rows[i].requests);
	}
	whole("0123456789");
	service.no_ranges = true;
	T_INT(input(URL, 100), 0);
	T_STR(content, "0123456789");
	T_INT(nasked, 1);
}

static void
over_the_limit(void)
{
	whole("0123456789");
	T_INT(input(URL, 9), -1);
	T_INT(err.code, TQ_E_TOOBIG);
	T_OK(!err.retryable);
	T_OK(strstr(err.msg, "10 bytes are over the limit of 9") != NULL);
	T_INT(nasked, 1);
}

static void
replaced(void)
{
	whole("0123456789");
	service.refuse_from = 2;
	service.status = 412;
	service.body = "<Error><Code>PreconditionFailed</Code></Error>";
	T_INT(input(URL, 100), -1);
	T_INT(err.code, TQ_E_LOST);
	T_OK(err.retryable);
}

static void
cut_short(void)
{
	whole("0123456789");
	service.cut = 1;
	T_INT(input(URL, 100), -1);
	T_INT(err.code, TQ_E_CORRUPT);
	T_OK(err.retryable);
}

static void
refusals(void)
{
	static const struct {
		int		 status;
		const char	*body;
		enum tq_code	 code;
		int		 retryable;
		const char	*says;
	} rows[] = {
		{ 404, "<Error><Code>NoSuchKey</Code></Error>",
		    TQ_E_NOTFOUND, 0, "no such key" },
		{ 404, "<Error><Code>NoSuchBucket</Code></Error>",
		    TQ_E_NOTFOUND, 0, "no such bucket" },
		{ 403, "<Error><Code>AccessDenied</Code></Error>",
		    TQ_E_DENIED, 1, "s3:GetObject" },
		{ 403, "<Error><Code>AccessDenied</Code><Message>User: u is "
		    "not authorized to perform: kms:Decrypt on resource: arn"
		    "</Message></Error>", TQ_E_DENIED, 1, "kms:Decrypt" },
		{ 403, "<Error><Code>InvalidObjectState</Code></Error>",
		    TQ_E_STATE, 0, "archived" },
		{ 403, "<Error><Code>InvalidAccessKeyId</Code></Error>",
		    TQ_E_CONFIG, 1, "InvalidAccessKeyId" },
		{ 403, "<Error><Code>SignatureDoesNotMatch</Code></Error>",
		    TQ_E_CONFIG, 1, "SignatureDoesNotMatch" },
		{ 400, "<Error><Code>ExpiredToken</Code></Error>",
		    TQ_E_CONFIG, 1, "ExpiredToken" },
		{ 503, "<Error><Code>SlowDown</Code></Error>",
		    TQ_E_THROTTLED, 1, "SlowDown" },
		{ 500, "<Error><Code>InternalError</Code></Error>",
		    TQ_E_UNAVAILABLE, 1, "InternalError" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		whole("0123456789");
		service.refuse_from = 1;
		service.status = rows[i].status;
		service.body = rows[i].body;
		T_INT(input(URL, 100), -1);
		T_INT(err.stage, TQ_AT_FETCH);
		T_INT(err.code, rows[i].code);
		T_INT(err.retryable, rows[i].retryable);
		T_OK(strncmp(err.msg, URL ": ", strlen(URL) + 2) == 0);
		if (strstr(err.msg, rows[i].says) == NULL)
			T_FAIL("\"%s\" does not say \"%s\"", err.msg,
			    rows[i].says);
		T_OK(strstr(err.msg, "very-secret") == NULL);
	}
}

static void
elsewhere(void)
{
	whole("01234");
	service.refuse_from = 1;
	service.status = 301;
	service.head = "x-amz-bucket-region: ap-south-1\n";
	service.body = "<Error><Code>PermanentRedirect</Code></Error>";
	T_INT(input("s3://pics/k", 100), -1);
	T_OK(strstr(asked, "https://pics.s3.eu-west-1.amazonaws.com/k") ==
	    asked);
	T_OK(strstr(asked, "https://pics.s3.ap-south-1.amazonaws.com/k") !=
	    NULL);
	T_INT(nasked, 2);
}

static void
not_an_address(void)
{
	whole("0");
	T_INT(input("s3://pics", 100), -1);
	T_INT(err.code, TQ_E_DATA);
	T_OK(!err.retryable);
	T_INT(nasked, 0);
}

static void
no_credentials(void)
{
	struct tq_fetch_opts o = { .env = &env };

	vars = (struct t_env){ .now = 1440938160000, .vars = {
	    "AWS_REGION", "eu-west-1", "AWS_CONFIG_FILE", "/proc/nonexistent/a",
	    "AWS_SHARED_CREDENTIALS_FILE", "/proc/nonexistent/b",
	    "AWS_EC2_METADATA_DISABLED", "true", NULL } };
	env = t_env_make(&vars);
	err = (struct tq_err)TQ_ERR_INIT;
	T_INT(tq_s3_fetch(URL, -1, &o, &got, &err), -1);
	T_INT(err.code, TQ_E_CONFIG);
	T_OK(strstr(err.msg, "AWS_ACCESS_KEY_ID") != NULL);
	vars.vars[0] = "NO_REGION";
	T_INT(tq_s3_fetch(URL, -1, &o, &got, &err), -1);
	T_INT(err.code, TQ_E_CONFIG);
	T_OK(strstr(err.msg, "AWS_REGION") != NULL);
}

T_MAIN(
	{ "an object comes part by part, all of one version", in_parts },
	{ "objects of any size, and services that know no ranges", sizes },
	{ "one over the limit is refused after its first part",
	    over_the_limit },
	{ "one that is replaced meanwhile is not mixed with another",
	    replaced },
	{ "a part cut short is noticed", cut_short },
	{ "refusals: what may pass, what won't, what is the worker's own",
	    refusals },
	{ "a bucket is followed to its region, once", elsewhere },
	{ "what is no address is not asked for", not_an_address },
	{ "no credentials, no region: not the task's fault", no_credentials })

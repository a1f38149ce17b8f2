/*
 * tests/unit/test_aws_init.c -- init and doctor against services of which each request
 * fails once: by the linker's --wrap they stand behind tq_http_perform().  What
 * failed is told by a message that names its subject, and the same command goes on
 * from there.
 */
#include "store/aws/setup/setup.h"

#include <poll.h>
#include <time.h>

#include "t.h"
#include "t_env.h"
#include "t_reply.h"

#define STORE	"aws:demo?bucket=demo-bucket"

/* The ways in which a request fails. */
enum fault { DENIED, REFUSED, UNREADABLE, EMPTY, FAULTS };

static struct {
	bool		 table, ttl, queue, dlq, bucket;
	const char	*redrive;	/* of the queue */
	unsigned	 nth;		/* fails so; 0: none */
	enum fault	 how;
} cloud;

static struct tq_err err;
static int64_t clock_ms;

size_t __wrap_tq_http_perform(struct tq_http *, const struct tq_http_req *,
    size_t, struct tq_http_res *);
int __wrap_nanosleep(const struct timespec *, struct timespec *);
int __wrap_poll(struct pollfd *, nfds_t, int);

#define THE_TABLE							\
	"{\"Table\":{\"TableStatus\":\"ACTIVE\",\"KeySchema\":["	\
	"{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}],"		\
	"\"GlobalSecondaryIndexes\":[{\"IndexName\":\"by-status\","	\
	"\"IndexStatus\":\"ACTIVE\",\"KeySchema\":["			\
	"{\"AttributeName\":\"gsi\",\"KeyType\":\"HASH\"},"		\
	"{\"AttributeName\":\"ringAt\",\"KeyType\":\"RANGE\"}]}]}}"

static struct tq_http_res
refuse(const char *code)
{
	char body[200];

	snprintf(body, sizeof(body), "{\"__type\":\"com.amazonaws#%s\","
	    "\"message\":\"by the test\"}", code);
	return t_reply(400, NULL, body);
}

static struct tq_http_res
dynamodb(const char *op)
{
	if (strcmp(op, "DescribeTable") == 0)
		return cloud.table ? t_reply(200, NULL, THE_TABLE) :
		    refuse("ResourceNotFoundException");
	if (strcmp(op, "CreateTable") == 0)
		cloud.table = true;
	if (strcmp(op, "UpdateTimeToLive") == 0)
		cloud.ttl = true;
	if (strcmp(op, "DescribeTimeToLive") == 0)
		return t_reply(200, NULL, cloud.ttl ?
		    "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":"
		    "\"ENABLED\",\"AttributeName\":\"expiresAt\"}}" :
		    "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":"
		    "\"DISABLED\"}}");
	if (strcmp(op, "Query") == 0)
		return t_reply(200, NULL, "{\"Items\":[{\"pk\":{\"S\":"
		    "\"c#default\"}}],\"Count\":1,\"ScannedCount\":1}");
	return t_reply(200, NULL, strcmp(op, "BatchGetItem") == 0 ?
	    "{\"Responses\":{},\"UnprocessedKeys\":{}}" : "{}");
}

static struct tq_http_res
attributes(bool dlq)
{
	char body[800];

	snprintf(body, sizeof(body), "{\"Attributes\":{\"QueueArn\":\"arn:aws:"
	    "sqs:eu-west-1:000000000000:demo-default%s\","
	    "\"MessageRetentionPeriod\":\"1209600\",\"DelaySeconds\":\"0\","
	    "\"VisibilityTimeout\":\"30\",\"ApproximateNumberOfMessages\":"
	    "\"0\"%s%s%s}}", dlq ? "-dlq" : "", dlq || cloud.redrive == NULL ?
	    "" : ",\"RedrivePolicy\":\"", dlq || cloud.redrive == NULL ? "" :
	    cloud.redrive, dlq || cloud.redrive == NULL ? "" : "\"");
	return t_reply(200, NULL, body);
}

#define REDRIVE	"{\\\"deadLetterTargetArn\\\":\\\"arn:aws:sqs:eu-west-1:"	\
	"000000000000:demo-default-dlq\\\",\\\"maxReceiveCount\\\":\\\"1000\\\"}"

static struct tq_http_res
sqs(const char *op, struct tq_span body)
{
	bool dlq = memmem(body.p, body.n, "default-dlq\"", 12) != NULL;
	bool *there = dlq ? &cloud.dlq : &cloud.queue;
	char url[120];

	if (strcmp(op, "CreateQueue") == 0) {
		/* Its attributes name the other. */
		if (memmem(body.p, body.n, "RedrivePolicy", 13) != NULL) {
			there = &cloud.queue;
			dlq = false;
			cloud.redrive = REDRIVE;
		}
		*there = true;
	}
	if (strcmp(op, "SetQueueAttributes") == 0)
		cloud.redrive = REDRIVE;
	if (!*there)
		return refuse("QueueDoesNotExist");
	if (strcmp(op, "GetQueueAttributes") == 0)
		return attributes(dlq);
	snprintf(url, sizeof(url), "{\"QueueUrl\":\"https://sqs/000000000000/"
	    "demo-default%s\"}", dlq ? "-dlq" : "");
	return t_reply(200, NULL, url);
}

static struct tq_http_res
answer(const struct tq_http_req *req)
{
	const char *target = NULL;
	size_t i;

	for (i = 0; i < req->nheaders; i++)
		if (strcmp(req->headers[i].name, "X-Amz-Target") == 0)
			target = req->headers[i].value;
	if (cloud.nth > 0 && --cloud.nth == 0)
		switch (cloud.how) {
		case DENIED:
			return target != NULL ? refuse("AccessDeniedException") :
			    t_reply(403, NULL, "<Error><Code>AccessDenied"
			    "</Code></Error>");
		case REFUSED:
			return target != NULL ? refuse("ValidationException") :
			    t_reply(400, NULL, "<Error><Code>InvalidRequest"
			    "</Code></Error>");
		case UNREADABLE:
			return t_reply(target != NULL ? 200 : 409, NULL, "<");
		default:
			return t_reply(target != NULL ? 200 : 404, NULL, "{}");
		}
	if (target != NULL)
		return strncmp(target, "AmazonSQS.", 10) == 0 ?
		    sqs(target + 10, req->body) :
		    dynamodb(strchr(target, '.') + 1);
	if (strstr(req->url, "//sts.") != NULL)
		return t_reply(200, NULL, "<GetCallerIdentityResponse>"
		    "<GetCallerIdentityResult><Account>000000000000</Account>"
		    "</GetCallerIdentityResult></GetCallerIdentityResponse>");
	if (strcmp(req->method, "PUT") == 0)
		cloud.bucket = true;
	return t_reply(cloud.bucket ? 200 : 404, NULL, "");
}

size_t
__wrap_tq_http_perform(struct tq_http *h, const struct tq_http_req *reqs,
    size_t n, struct tq_http_res *res)
{
	size_t i;

	(void)h;
	for (i = 0; i < n; i++)
		res[i] = answer(&reqs[i]);
	return 0;
}

/* Nobody waits between two tries. */
int
__wrap_nanosleep(const struct timespec *ts, struct timespec *left)
{
	(void)ts;
	(void)left;
	return 0;
}

int
__wrap_poll(struct pollfd *p, nfds_t n, int ms)
{
	(void)p;
	(void)n;
	(void)ms;
	return 0;
}

/* -- the commands ---------------------------------------------------------------------- */

static size_t failures, wordless;

static void
heard(void *arg, const struct tq_finding *f)
{
	(void)arg;
	failures += f->level == TQ_LEVEL_FAIL;
	wordless += f->subject[0] == '\0' || f->text[0] == '\0';
}

/* It stands, but for looks at it: a wait for a service is soon over. */
static int64_t
passing(void *arg)
{
	(void)arg;
	return clock_ms += 1000;
}

static struct tq_env
env_make(struct t_env *vars)
{
	struct tq_env env = t_env_make(vars);

	env.wall_ms = env.boot_ms = passing;
	return env;
}

static struct t_env vars = { .now = 1440938160000, .vars = { T_ENV_AWS, NULL } };
static struct tq_env env;

static int
run_init(void)
{
	static const struct tq_init opts = { .rate = 1000, .shards = 2 };

	return aq_init(STORE, &env, &opts, heard, NULL, &err);
}

static int
run_plan(void)
{
	static const struct tq_init opts = { .dry_run = true, .rate = 1000 };

	return aq_init(STORE, &env, &opts, heard, NULL, &err);
}

static int
run_doctor(void)
{
	enum tq_level worst;

	return aq_doctor(STORE, &env, heard, NULL, &worst, &err);
}

/* Each request of ${run}, failing in each way, on services as ${before} left them. */
static void
each(const char *name, int (*run)(void), int (*before)(void))
{
	unsigned nth, how, told = 0;

	for (how = 0; how < FAULTS; how++)
		for (nth = 1; nth < 100; nth++) {
			memset(&cloud, 0, sizeof(cloud));
			if (before != NULL)
				T_INT(before(), 0);
			cloud.nth = nth;
			cloud.how = how;
			err = (struct tq_err)TQ_ERR_INIT;
			failures = wordless = 0;
			if (run() == -1) {
				told++;
				T_OK(err.code != TQ_OK && strchr(err.msg, ':')
				    != NULL);
			}
			told += failures > 0;
			T_INT(wordless, 0);
			if (cloud.nth > 0)
				break;
			/* It goes on where it was. */
			if (run_init() != 0)
				T_FAIL("%s, request %u, fault %u: then %s", name,
				    nth, how, err.msg);
		}
	T_OK(nth > 3 && told > 0);
}

static void
test_init(void)
{
	env = env_make(&vars);
	each("init", run_init, NULL);
	each("init again", run_init, run_init);
}

static void
test_plan(void)
{
	env = env_make(&vars);
	each("dry run", run_plan, NULL);
	T_OK(!cloud.table && !cloud.queue && !cloud.bucket);
}

static void
test_doctor(void)
{
	env = env_make(&vars);
	each("doctor", run_doctor, run_init);
	memset(&cloud, 0, sizeof(cloud));
	T_INT(run_init(), 0);
	failures = 0;
	T_INT(run_doctor(), 0);
	T_INT(failures, 0);
	memset(&cloud, 0, sizeof(cloud));
	T_INT(run_doctor(), 0);
	T_OK(failures > 0);
}

T_MAIN({ "init that failed at any request goes on when it is run again", test_init },
    { "a dry run that fails at any request has changed nothing", test_plan },
    { "doctor tells of each request that fails", test_doctor })

/* lib/store/aws/init.c -- table, queues, bucket: made, verified, looked at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws/dynamodb.h"
#include "aws/item.h"
#include "aws/s3.h"
#include "store/aws/aws.h"
#include "util/str.h"

#define ACTIVE_TRIES	60
#define ACTIVE_NAP_MS	1000

struct setup {
	struct aq		*s;
	const struct tq_init	*opts;
	tq_finding_fn		*report;
	void			*arg;
	struct tq_arena		 mem;
	enum tq_level		 worst;
};

static void
say(struct setup *w, enum tq_level level, const char *subject,
    const char *text, const char *remedy)
{
	struct tq_finding f = { level, subject, text, remedy };

	if (level > w->worst)
		w->worst = level;
	if (w->report != NULL)
		w->report(w->arg, &f);
}

/* One call; 1 done, 0 it failed as ${not} says (a code), -1. */
static int
call(struct setup *w, struct tq_aws_call *c, const char *not,
    struct tq_err *err)
{
	if (tq_aws_call(w->s->a, c, 1) == 0)
		return 1;
	if (not != NULL && tq_aws_fault_is(&c->fault, not))
		return 0;
	if (err != NULL)
		*err = c->err;
	return -1;
}

/* 1 ACTIVE, 2 not yet, 0 none, -1. */
static int
table_state(struct setup *w, struct tq_err *err)
{
	struct tq_ddb_table t = aq_table(w->s);
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb DescribeTable" };
	const char *status, *differs;
	int rc = -1;

	if (tq_ddb_describe_table(&c.req, tq_aws_base(w->s->a,
	    TQ_AWS_DYNAMODB), t.name, err) == 0)
		rc = call(w, &c, "ResourceNotFoundException", err);
	if (rc == 1) {
		status = tq_ddb_table_status(&c.res, &w->mem);
		differs = tq_ddb_table_differs(&c.res, &t);
		if (status == NULL || strcmp(status, "ACTIVE") != 0)
			rc = 2;
		else if (differs != NULL)
			rc = tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
			    "table %s: its %s is not what tq needs; give "
			    "another with ?table=NAME", t.name, differs);
	}
	tq_aws_call_free(&c);
	return rc;
}

static int
wait_active(struct setup *w, struct tq_err *err)
{
	struct timespec nap = { ACTIVE_NAP_MS / 1000, 0 };
	int i, rc = 0;

	for (i = 0; i < ACTIVE_TRIES; i++) {
		rc = table_state(w, err);
		if (rc == 1 || rc == -1)
			return rc == 1 ? 0 : -1;
		nanosleep(&nap, NULL);
	}
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_TIMEOUT,
	    "table %s: not ready after a minute; try again",
	    w->s->url.table);
}

/* A TTL that can't be set only means that the sweep does all the removing. */
static void
set_ttl(struct setup *w)
{
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb UpdateTimeToLive" };

	if (tq_ddb_set_ttl(&c.req, tq_aws_base(w->s->a, TQ_AWS_DYNAMODB),
	    w->s->url.table, "expiresAt", NULL) == 0 &&
	    tq_aws_call(w->s->a, &c, 1) > 0)
		say(w, TQ_LEVEL_NOTE, "table", "expiry (TTL) is not on: the "
		    "sweep removes old records", NULL);
	tq_aws_call_free(&c);
}

static int
init_table(struct setup *w, struct tq_err *err)
{
	struct tq_ddb_table t = aq_table(w->s);
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb CreateTable" };
	int rc = table_state(w, err);

	if (rc == -1)
		return -1;
	if (rc != 0 || w->opts->dry_run) {
		say(w, rc == 0 ? TQ_LEVEL_NOTE : TQ_LEVEL_OK, "table", rc == 0 ?
		    "would be made" : "is there", NULL);
		return rc == 2 ? wait_active(w, err) : 0;
	}
	rc = tq_ddb_create_table(&c.req, tq_aws_base(w->s->a,
	    TQ_AWS_DYNAMODB), &t, err);
	/* Somebody else may be making it. */
	if (rc == 0)
		rc = call(w, &c, "ResourceInUseException", err);
	tq_aws_call_free(&c);
	if (rc == -1 || wait_active(w, err) == -1)
		return -1;
	set_ttl(w);
	say(w, TQ_LEVEL_OK, "table", "made", NULL);
	return 0;
}

static int
make_queue(struct setup *w, const char *name, const char *const *attrs,
    const char **url, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs CreateQueue" };
	int rc;

	rc = tq_sqs_create_queue(&c.req, tq_aws_base(w->s->a, TQ_AWS_SQS),
	    name, attrs, err);
	if (rc == 0)
		rc = call(w, &c, NULL, err) == 1 ? tq_sqs_queue_url(&c.res,
		    &w->mem, url, err) : -1;
	tq_aws_call_free(&c);
	return rc;
}

static const char *
attribute(struct setup *w, const char *url, const char *name,
    struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs GetQueueAttributes" };
	const char *v = NULL;

	if (tq_sqs_get_attributes(&c.req, tq_aws_base(w->s->a, TQ_AWS_SQS),
	    url, err) == 0 && call(w, &c, NULL, err) == 1 &&
	    (v = tq_sqs_attribute(&c.res, name, &w->mem)) == NULL)
		tq_err_set(err, TQ_AT_CONFIG, TQ_E_CORRUPT,
		    "sqs GetQueueAttributes: no %s came", name);
	tq_aws_call_free(&c);
	return v;
}

/* The control item makes the queue known to those who list all. */
static int
register_queue(struct setup *w, const char *queue, struct tq_err *err)
{
	static const char *const names[] = { "#p", "pk", NULL };
	struct tq_buf b = TQ_BUF_INIT(1024);
	int rc;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", tq_arena_fmt(&w->mem, "c#%s", queue));
	tq_item_text(&b, "gsi", "#control");
	tq_item_int(&b, "ringAt", 0);
	tq_item_int(&b, "v", TQ_TASK_VERSION);
	tq_item_int(&b, "shards", 1);
	tq_item_close(&b, NULL);
	rc = aq_put(w->s, tq_buf_span(&b), "attribute_not_exists(#p)", names,
	    TQ_SPAN_NONE, err);
	tq_buf_free(&b);
	return rc == -1 ? -1 : 0;
}

static int
init_queue(struct setup *w, const char *queue, struct tq_err *err)
{
	static const char *const dlq_attrs[] = { "MessageRetentionPeriod",
	    "1209600", NULL };
	const char *attrs[7] = { "MessageRetentionPeriod", "1209600",
	    "ReceiveMessageWaitTimeSeconds", "0", "RedrivePolicy", NULL,
	    NULL };
	const char *subject = tq_arena_fmt(&w->mem, "queue %s", queue);
	const char *name = tq_arena_fmt(&w->mem, "%s-%s", w->s->url.prefix,
	    queue), *url, *arn;
	struct tq_err none = TQ_ERR_INIT;

	if (w->opts->dry_run) {
		if (aq_queue_url(w->s, w->s->a, queue, false, &url, &none) ==
		    0)
			say(w, TQ_LEVEL_OK, subject, "is there", NULL);
		else
			say(w, TQ_LEVEL_NOTE, subject, "would be made, with "
			    "its dead-letter queue", NULL);
		return 0;
	}
	/* As it is: attributes that differ must not make it fail. */
	if (aq_queue_url(w->s, w->s->a, queue, true, &url, &none) == -1 &&
	    make_queue(w, tq_arena_fmt(&w->mem, "%s-dlq", name), dlq_attrs,
	    &url, err) == -1)
		return -1;
	if ((arn = attribute(w, url, "QueueArn", err)) == NULL)
		return -1;
	attrs[5] = tq_arena_fmt(&w->mem, "{\"deadLetterTargetArn\":\"%s\","
	    "\"maxReceiveCount\":\"1000\"}", arn);
	if (aq_queue_url(w->s, w->s->a, queue, false, &url, &none) == -1 &&
	    make_queue(w, name, attrs, &url, err) == -1)
		return -1;
	if (register_queue(w, queue, err) == -1)
		return -1;
	say(w, TQ_LEVEL_OK, subject, "is there, with its dead-letter queue",
	    NULL);
	return 0;
}

static int
init_bucket(struct setup *w, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3,
	    .what = "s3 HeadBucket" }, make = { .service = TQ_AWS_S3,
	    .what = "s3 CreateBucket" };
	struct tq_s3_bucket b;
	int rc;

	if (aq_bucket(w->s, &b, err) == -1)
		return -1;
	c.bucket = make.bucket = b.name;
	rc = tq_s3_bucket_head(&c.req, &b, err);
	if (rc == 0 && tq_aws_call(w->s->a, &c, 1) > 0) {
		if (c.err.code != TQ_E_NOTFOUND && c.fault.status != 404) {
			if (err != NULL)
				*err = c.err;
			rc = -1;
		} else if (w->opts->dry_run) {
			say(w, TQ_LEVEL_NOTE, "bucket", "would be made", NULL);
			goto out;
		} else if ((rc = tq_s3_bucket_create(&make.req, &b,
		    tq_aws_region_of(w->s->a), err)) == 0) {
			rc = call(w, &make, "BucketAlreadyOwnedByYou", err) ==
			    -1 ? -1 : 0;
		}
	}
	if (rc == 0)
		say(w, TQ_LEVEL_OK, "bucket", "is there", NULL);
out:
	tq_aws_call_free(&c);
	tq_aws_call_free(&make);
	return rc;
}

int
aq_init(const char *url, const struct tq_env *env,
    const struct tq_init *opts, tq_finding_fn *report, void *arg,
    struct tq_err *err)
{
	struct setup w = { .opts = opts, .report = report, .arg = arg };
	size_t i;
	int rc;

	if (aq_handle(url, env, &w.s, err) == -1)
		return -1;
	rc = init_table(&w, err);
	if (rc == 0)
		rc = init_queue(&w, "default", err);
	for (i = 0; rc == 0 && i < opts->nqueues; i++)
		rc = init_queue(&w, opts->queues[i], err);
	/* Its name may come from a queue's address, once there is one. */
	if (rc == 0 && (!opts->dry_run || w.s->url.bucket != NULL))
		rc = init_bucket(&w, err);
	tq_arena_free(&w.mem);
	aq_close(&w.s->base);
	return rc;
}

/* -- doctor ------------------------------------------------------------------- */

static void
doctor_table(struct setup *w)
{
	struct tq_err err = TQ_ERR_INIT;
	int rc = table_state(w, &err);

	if (rc == 1)
		say(w, TQ_LEVEL_OK, "table", w->s->url.table, NULL);
	else if (rc == 0)
		say(w, TQ_LEVEL_FAIL, "table", tq_arena_fmt(&w->mem,
		    "there is no table \"%s\"", w->s->url.table),
		    "tq-ctl init");
	else if (rc == 2)
		say(w, TQ_LEVEL_WARN, "table", "is not ready yet", NULL);
	else
		say(w, TQ_LEVEL_FAIL, "table", err.msg,
		    err.code == TQ_E_DENIED ? "allow dynamodb:DescribeTable, "
		    "or check the credentials" : NULL);
}

static void
doctor_queue(struct setup *w, const char *queue)
{
	const char *subject = tq_arena_fmt(&w->mem, "queue %s", queue);
	const char *url, *keep, *dlq_keep, *policy;
	struct tq_err err = TQ_ERR_INIT;

	if (aq_queue_url(w->s, w->s->a, queue, false, &url, &err) == -1 ||
	    (keep = attribute(w, url, "MessageRetentionPeriod", &err)) ==
	    NULL) {
		say(w, TQ_LEVEL_FAIL, subject, err.msg, tq_arena_fmt(&w->mem,
		    "tq-ctl init -q %s", queue));
		return;
	}
	policy = attribute(w, url, "RedrivePolicy", NULL);
	if (policy == NULL)
		say(w, TQ_LEVEL_WARN, subject, "has no redrive policy: a "
		    "message that kills every reader stays for ever", "set "
		    "maxReceiveCount 1000 to its -dlq queue");
	if (aq_queue_url(w->s, w->s->a, queue, true, &url, &err) == -1) {
		say(w, TQ_LEVEL_WARN, subject, err.msg, NULL);
		return;
	}
	dlq_keep = attribute(w, url, "MessageRetentionPeriod", &err);
	if (dlq_keep != NULL && strtoll(dlq_keep, NULL, 10) <
	    strtoll(keep, NULL, 10))
		say(w, TQ_LEVEL_WARN, subject, "its dead-letter queue forgets "
		    "sooner than the queue: dead messages may vanish at once",
		    "set MessageRetentionPeriod of the -dlq queue to 1209600");
	say(w, TQ_LEVEL_OK, subject, "answers", NULL);
}

int
aq_doctor(const char *url, const struct tq_env *env, tq_finding_fn *report,
    void *arg, enum tq_level *worst, struct tq_err *err)
{
	struct setup w = { .report = report, .arg = arg };
	const char **queues;
	size_t i, n;
	int64_t skew;

	if (aq_handle(url, env, &w.s, err) == -1)
		return -1;
	doctor_table(&w);
	skew = tq_aws_now(w.s->a) - tq_wall_ms(env);
	if (skew != 0)
		say(&w, TQ_LEVEL_WARN, "clock", tq_arena_fmt(&w.mem,
		    "this host's is off by %lld s", (long long)(-skew / 1000)),
		    "run a time service (systemd-timesyncd, chrony)");
	if (w.worst < TQ_LEVEL_FAIL && aq_queues(w.s, &w.mem, &queues, &n,
	    NULL) == 0)
		for (i = 0; i < n; i++)
			doctor_queue(&w, queues[i]);
	*worst = w.worst;
	tq_arena_free(&w.mem);
	aq_close(&w.s->base);
	return 0;
}

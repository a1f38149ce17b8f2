/*
 * lib/store/aws/setup/init_queue.c -- a queue, its dead-letter queue, its
 * control record.
 *
 * A queue that is there may be an operator's: what differs from what tq wants
 * is reported, not overwritten.  Only a redrive policy is added where there is
 * none at all: then nobody chose one, and without it a message that no reader
 * survives would come back for ever.
 */
#include <string.h>
#include <time.h>

#include "aws/dynamodb.h"
#include "aws/item.h"
#include "aws/sqs.h"
#include "store/aws/record/table.h"
#include "store/aws/setup/setup.h"

const char *const aq_queue_settings[] = { "MessageRetentionPeriod", "1209600",
    NULL };

#define USABLE_MS	10000
#define NAP_MS		200

/* The address that the store's URL gives, or NULL. */
static const char *
given_url(const struct aq *s, const char *queue, bool dlq)
{
	const struct aq_named *n;

	for (n = s->url.queues; !dlq && n != NULL; n = n->next)
		if (strcmp(n->queue, queue) == 0)
			return n->url;
	return NULL;
}

int
aq_queue_look(struct aq_setup *w, const char *queue, bool dlq,
    const char **url, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs GetQueueUrl" };
	const char *name;
	int rc;

	if ((*url = given_url(w->s, queue, dlq)) != NULL)
		return 1;
	if ((name = aq_queue_name(w->s, queue, dlq, &w->mem, err)) == NULL)
		return -1;
	rc = tq_sqs_get_url(&c.req, tq_aws_base(w->s->a, TQ_AWS_SQS), name,
	    w->s->url.owner, err);
	if (rc == 0)
		rc = aq_ask(w, &c, "QueueDoesNotExist", err);
	if (rc == 1 && tq_sqs_queue_url(&c.res, &w->mem, url, err) == -1)
		rc = -1;
	tq_aws_call_free(&c);
	return rc;
}

/* -- making --------------------------------------------------------------- */

/*
 * A queue can be used a second after it was made (SQS API, CreateQueue); until
 * then it may be unknown, also as the dead-letter queue of another.
 */
static int
wait_usable(struct aq_setup *w, const char *url, struct tq_err *err)
{
	const struct tq_env *env = w->s->base.env;
	const struct timespec nap = { 0, NAP_MS * 1000000L };
	int64_t end = tq_boot_ms(env) + USABLE_MS;
	int rc;

	for (;;) {
		struct tq_aws_call c = { .service = TQ_AWS_SQS,
		    .what = "sqs GetQueueAttributes" };

		rc = tq_sqs_get_attributes(&c.req, tq_aws_base(w->s->a,
		    TQ_AWS_SQS), url, err);
		if (rc == 0)
			rc = aq_ask(w, &c, "QueueDoesNotExist", err);
		tq_aws_call_free(&c);
		if (rc != 0)
			return rc == -1 ? -1 : 0;
		if (tq_boot_ms(env) >= end)
			return tq_err_set(err, TQ_AT_STORE, TQ_E_TIMEOUT,
			    "queue %s: made, but SQS does not know it yet; try "
			    "again", url);
		nanosleep(&nap, NULL);
	}
}

/* 0 and the new queue's address (NULL in a dry run), or -1. */
static int
create(struct aq_setup *w, const char *subject, const char *name,
    const char *const *attrs, const char **url, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs CreateQueue" };
	int rc;

	*url = NULL;
	rc = tq_sqs_create_queue(&c.req, tq_aws_base(w->s->a, TQ_AWS_SQS),
	    name, attrs, err);
	if (rc == 0)
		rc = aq_act(w, &c, subject, "would be made", NULL, err);
	if (rc == 1 && !aq_dry(w))
		rc = tq_sqs_queue_url(&c.res, &w->mem, url, err);
	tq_aws_call_free(&c);
	if (rc != -1 && *url != NULL)
		rc = wait_usable(w, *url, err);
	return rc == -1 ? -1 : 0;
}

static const char *
redrive_to(struct aq_setup *w, const char *arn)
{
	return tq_arena_fmt(&w->mem, "{\"deadLetterTargetArn\":\"%s\","
	    "\"maxReceiveCount\":\"" AQ_MAX_RECEIVES "\"}", arn);
}

static int
add_redrive(struct aq_setup *w, const char *subject, const char *url,
    const char *arn, struct tq_err *err)
{
	const char *attrs[] = { "RedrivePolicy", redrive_to(w, arn), NULL };
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs SetQueueAttributes" };
	int rc;

	rc = tq_sqs_set_attributes(&c.req, tq_aws_base(w->s->a, TQ_AWS_SQS),
	    url, attrs, err);
	if (rc == 0)
		rc = aq_act(w, &c, subject, "would get a redrive policy",
		    NULL, err);
	if (rc == 1 && !aq_dry(w))
		aq_say(w, TQ_LEVEL_OK, subject, "had no redrive policy; "
		    "added", NULL);
	tq_aws_call_free(&c);
	return rc == -1 ? -1 : 0;
}

/* The control item makes the queue known to those who list all. */
static int
register_queue(struct aq_setup *w, const char *subject, const char *queue,
    struct tq_err *err)
{
	static const char *const names[] = { "#p", "pk", NULL };
	struct tq_buf b = TQ_BUF_INIT(1024);
	struct tq_ddb_write d = { .table = w->s->url.table,
	    .condition = "attribute_not_exists(#p)", .bind = { names,
	    TQ_SPAN_NONE } };
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb PutItem" };
	int rc;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", tq_arena_fmt(&w->mem, "c#%s", queue));
	tq_item_text(&b, "gsi", "#control");
	tq_item_int(&b, "ringAt", 0);
	tq_item_int(&b, "v", TQ_MESSAGE_VERSION);
	tq_item_int(&b, "shards", 1);
	tq_item_close(&b, NULL);
	d.item = tq_buf_span(&b);
	rc = tq_ddb_put(&c.req, tq_aws_base(w->s->a, TQ_AWS_DYNAMODB), &d,
	    err);
	if (rc == 0)
		rc = aq_act(w, &c, subject, "would be registered",
		    "ConditionalCheckFailedException", err);
	tq_aws_call_free(&c);
	tq_buf_free(&b);
	return rc == -1 ? -1 : 0;
}

/* A dry run does not tell of what is done already. */
static bool
is_registered(struct aq_setup *w, const char *queue)
{
	const char *pk = tq_arena_fmt(&w->mem, "c#%s", queue);
	struct tq_span item;
	struct tq_err ignored = TQ_ERR_INIT;

	return !w->blind[TQ_AWS_DYNAMODB] && aq_items(w->s, &pk, 1, &w->mem,
	    &item, &ignored) == 0 && item.n > 0;
}

/* -- one queue ------------------------------------------------------------ */

static const char *
report_text(bool made, bool made_dlq)
{
	if (made)
		return made_dlq ? "made, with its dead-letter queue" :
		    "made; its dead-letter queue is there";
	return made_dlq ? "is there; its dead-letter queue made" :
	    "is there, with its dead-letter queue";
}

/* The DLQ's ARN and attributes; made where it is not there. */
static int
init_dlq(struct aq_setup *w, const char *subject, const char *queue,
    struct aq_attrs *out, bool *made, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	struct aq_place at;
	const char *url;
	int rc = aq_queue_look(w, queue, true, &url, err);

	if (rc == -1)
		return -1;
	if ((*made = rc == 0) && create(w, subject, aq_queue_name(w->s, queue,
	    true, &w->mem, NULL), aq_queue_settings, &url, err) == -1)
		return -1;
	if (url != NULL && aq_attrs_get(w, url, out, err) == -1)
		return -1;
	if (url == NULL || out->arn == NULL) {
		*out = (struct aq_attrs){ .retention = AQ_RETENTION_S };
		aq_place_find(w, &at);
		if (at.account == NULL)
			at.account = aq_no_account(w);
		aq_arn(w->s, &at, AQ_DLQ, queue, &b);
		out->arn = tq_arena_str(&w->mem, b.data);
		tq_buf_free(&b);
	}
	return 0;
}

static int
verify(struct aq_setup *w, const char *queue, const char *subject,
    const char *url, const struct aq_attrs *dlq, struct tq_err *err)
{
	struct aq_attrs q;

	if (aq_attrs_get(w, url, &q, err) == -1)
		return -1;
	if (q.arn == NULL)		/* a dry run that may not look */
		return 0;
	if (q.dead_arn == NULL) {
		if (add_redrive(w, subject, url, dlq->arn, err) == -1)
			return -1;
		q.dead_arn = dlq->arn;
	}
	aq_attrs_judge(w, queue, &q, dlq);
	return 0;
}

int
aq_init_queue(struct aq_setup *w, const char *queue, struct tq_err *err)
{
	const char *attrs[] = { aq_queue_settings[0], aq_queue_settings[1],
	    "RedrivePolicy", NULL, NULL };
	const char *subject = tq_arena_fmt(&w->mem, "queue %s", queue), *url;
	struct aq_attrs dlq;
	bool made_dlq;
	int rc;

	if (init_dlq(w, subject, queue, &dlq, &made_dlq, err) == -1 ||
	    (rc = aq_queue_look(w, queue, false, &url, err)) == -1)
		return -1;
	attrs[3] = redrive_to(w, dlq.arn);
	if (rc == 0 && create(w, subject, aq_queue_name(w->s, queue, false,
	    &w->mem, NULL), attrs, &url, err) == -1)
		return -1;
	if ((!aq_dry(w) || !is_registered(w, queue)) &&
	    register_queue(w, subject, queue, err) == -1)
		return -1;
	if (!aq_dry(w) || (rc == 1 && !made_dlq))
		aq_say(w, TQ_LEVEL_OK, subject, report_text(rc == 0,
		    made_dlq), NULL);
	return rc == 1 ? verify(w, queue, subject, url, &dlq, err) : 0;
}

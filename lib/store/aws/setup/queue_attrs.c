/* lib/store/aws/setup/queue_attrs.c -- a queue's settings, read and judged. */
#include <string.h>

#include "aws/sqs.h"
#include "store/aws/setup/setup.h"
#include "util/json.h"
#include "util/str.h"

#define MAX_RECEIVES_LOW	100

static int64_t
number(struct aq_setup *w, const struct tq_aws_call *c, const char *name)
{
	const char *v = tq_sqs_attribute(&c->res, name, &w->mem);
	int64_t n;

	return v != NULL && tq_str_int(v, 0, INT64_MAX, &n) == 0 ? n : -1;
}

/* {"deadLetterTargetArn":"...","maxReceiveCount":"1000"}, or the number bare */
static void
read_redrive(struct aq_setup *w, const char *text, struct aq_attrs *out)
{
	struct tq_span json = tq_span_of(text), v, s;

	if (tq_json_check(json, NULL) == -1)
		return;
	if (tq_json_get(json, "deadLetterTargetArn", &v) &&
	    tq_json_str(v, &w->mem, &s))
		out->dead_arn = s.p;
	if (!tq_json_get(json, "maxReceiveCount", &v))
		return;
	if (tq_json_str(v, &w->mem, &s))
		tq_str_int(s.p, 0, INT64_MAX, &out->max_receives);
	else
		tq_json_int(v, &out->max_receives);
}

int
aq_attrs_get(struct aq_setup *w, const char *url, struct aq_attrs *out,
    struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs GetQueueAttributes" };
	const char *redrive;
	int rc;

	*out = (struct aq_attrs){ .url = url, .max_receives = -1 };
	rc = tq_sqs_get_attributes(&c.req, tq_aws_base(w->s->a, TQ_AWS_SQS),
	    url, err);
	if (rc == 0 && (rc = aq_ask(w, &c, NULL, err)) == 1) {
		out->arn = tq_sqs_attribute(&c.res, "QueueArn", &w->mem);
		out->kms = tq_sqs_attribute(&c.res, "KmsMasterKeyId",
		    &w->mem);
		out->retention = number(w, &c, "MessageRetentionPeriod");
		out->messages = number(w, &c, "ApproximateNumberOfMessages");
		out->delay = number(w, &c, "DelaySeconds");
		out->visibility = number(w, &c, "VisibilityTimeout");
		redrive = tq_sqs_attribute(&c.res, "RedrivePolicy", &w->mem);
		if (redrive != NULL && *redrive != '\0')
			read_redrive(w, redrive, out);
	}
	tq_aws_call_free(&c);
	return rc == -1 ? -1 : 0;
}

/* A command that can be pasted. */
static const char *
set(struct aq_setup *w, const struct aq_attrs *q, const char *attributes)
{
	return tq_arena_fmt(&w->mem, "aws sqs set-queue-attributes "
	    "--queue-url %s --attributes %s", aq_quote(&w->mem, q->url),
	    aq_quote(&w->mem, attributes));
}

static const char *
set_redrive(struct aq_setup *w, const struct aq_attrs *q, const char *arn)
{
	return set(w, q, tq_arena_fmt(&w->mem, "{\"RedrivePolicy\":"
	    "\"{\\\"deadLetterTargetArn\\\":\\\"%s\\\","
	    "\\\"maxReceiveCount\\\":\\\"" AQ_MAX_RECEIVES "\\\"}\"}", arn));
}

static void
judge_redrive(struct aq_setup *w, const char *queue, const char *subject,
    const struct aq_attrs *q, const struct aq_attrs *dlq)
{
	if (q->dead_arn == NULL)
		aq_say(w, TQ_LEVEL_WARN, subject, "has no redrive policy: a "
		    "message that no reader survives comes back for ever",
		    tq_arena_fmt(&w->mem, "tq-ctl init -q %s", queue));
	else if (dlq != NULL && dlq->arn != NULL &&
	    strcmp(dlq->arn, q->dead_arn) != 0)
		aq_say(w, TQ_LEVEL_WARN, subject, tq_arena_fmt(&w->mem,
		    "its redrive policy leads to %s, not to its own "
		    "dead-letter queue", q->dead_arn), set_redrive(w, q,
		    dlq->arn));
	if (q->dead_arn != NULL && q->max_receives >= 0 &&
	    q->max_receives < MAX_RECEIVES_LOW)
		aq_say(w, TQ_LEVEL_WARN, subject, tq_arena_fmt(&w->mem,
		    "its maxReceiveCount is %lld: SQS takes messages away "
		    "before tq has tried their tasks as often as it should",
		    (long long)q->max_receives), set_redrive(w, q,
		    q->dead_arn));
}

void
aq_attrs_judge(struct aq_setup *w, const char *queue,
    const struct aq_attrs *q, const struct aq_attrs *dlq)
{
	const char *subject = tq_arena_fmt(&w->mem, "queue %s", queue);

	judge_redrive(w, queue, subject, q, dlq);
	if (q->delay > 0)
		aq_say(w, TQ_LEVEL_WARN, subject, tq_arena_fmt(&w->mem,
		    "it holds every message back for %lld s",
		    (long long)q->delay), set(w, q, "DelaySeconds=0"));
	if (q->retention >= 0 && q->retention < AQ_RETENTION_S)
		aq_say(w, TQ_LEVEL_WARN, subject, tq_arena_fmt(&w->mem,
		    "it forgets messages after %.3g days: tasks that wait "
		    "longer may start late", (double)q->retention / 86400),
		    set(w, q, "MessageRetentionPeriod=1209600"));
	if (dlq != NULL && dlq->retention >= 0 &&
	    dlq->retention < q->retention)
		aq_say(w, TQ_LEVEL_WARN, subject, "its dead-letter queue "
		    "forgets sooner than it does: dead messages may vanish at "
		    "once", set(w, dlq, "MessageRetentionPeriod=1209600"));
	if (q->visibility == 0)
		aq_say(w, TQ_LEVEL_NOTE, subject, "its visibility timeout is "
		    "0: tq gives its own with each receive, but other "
		    "programs get each message again at once",
		    set(w, q, "VisibilityTimeout=30"));
	if (q->kms != NULL && *q->kms != '\0')
		aq_say(w, TQ_LEVEL_NOTE, subject, tq_arena_fmt(&w->mem,
		    "is encrypted with %s: who uses it needs "
		    "kms:GenerateDataKey and kms:Decrypt too", q->kms), NULL);
}

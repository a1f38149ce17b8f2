/*
 * lib/store/aws/dlq.c -- into the dead-letter queue and out of it.
 *
 * The DLQ's messages are for those who watch queues; the list of dead tasks
 * is the records'.  A missing message blocks nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/aws.h"
#include "util/json.h"
#include "util/str.h"

#define TIDY_RECEIVES	10	/* of ten messages: one bounded pass */

static enum aq_do
clear_owed(struct aq *s, struct aq_job *jobs, size_t i, void *arg)
{
	const struct tq_task *dead = arg;
	struct tq_task *t = &jobs[i].rec.t;

	(void)s;
	if (!jobs[i].found || t->status != TQ_FAILED || !t->dlq_owed ||
	    t->token != dead->token)
		return AQ_NOTHING;
	t->dlq_owed = false;
	return AQ_WRITE;
}

void
aq_bury(struct aq *s, const struct tq_task *t, const char *receipt)
{
	struct aq_ring ring = { .t = t, .dead = t->token };
	struct tq_task copy = *t;
	struct aq_job job = { .id = t->id };
	struct tq_arena a = TQ_ARENA_INIT;

	aq_send(s, t->queue, true, &ring, 1);
	if (ring.sent) {
		aq_unsend(s, t->queue, false, receipt);
		aq_change(s, &job, 1, clear_owed, &copy, &a, NULL);
	}
	tq_arena_free(&a);
}

void
aq_bury_foreign(struct aq *s, const char *queue, const struct aq_msg *m,
    const char *reason)
{
	struct tq_sqs_attr why = { "tq-reason", "String",
	    tq_span_of(reason) };
	struct tq_sqs_out out = { .body = tq_span_of(m->body), .attrs = &why,
	    .nattrs = 1 };
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs SendMessage" };
	struct tq_sqs_result res = { .ok = false };
	const char *url;

	/* Sent first, then deleted: twice is better than never. */
	if (aq_queue_url(s, s->a, queue, true, &url, NULL) == 0 &&
	    tq_sqs_send(&c.req, tq_aws_base(s->a, TQ_AWS_SQS), url, &out,
	    NULL) == 0 && tq_aws_call(s->a, &c, 1) == 0 &&
	    tq_sqs_sent(&c.res, &out, &res, NULL) == 0 && res.ok)
		aq_unsend(s, queue, false, m->receipt);
	tq_aws_call_free(&c);
}

/* Is the message that of a task which is still dead so? */
static bool
still_dead(struct aq *s, const struct tq_sqs_msg *m, struct tq_arena *a)
{
	struct aq_job job = { .id = NULL };
	struct tq_span v, id;
	int64_t dead;

	if (tq_json_check(m->body, NULL) == -1 ||
	    tq_json_kind(m->body) != TQ_JSON_OBJECT ||
	    !tq_json_get(m->body, "dead", &v) || !tq_json_int(v, &dead) ||
	    !tq_json_get(m->body, "taskId", &v) || !tq_json_str(v, a, &id))
		return true;		/* not ours to remove */
	job.id = id.p;
	if (aq_fetch(s, &job, 1, a, NULL) == -1)
		return true;
	return job.found && job.rec.t.status == TQ_FAILED &&
	    job.rec.t.token == (uint64_t)dead;
}

void
aq_dlq_tidy(struct aq *s, const char *queue)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_sqs_msg *msgs;
	const char *url;
	size_t i, n = 1;
	int round;

	if (aq_queue_url(s, s->a, queue, true, &url, NULL) == -1)
		return;
	for (round = 0; round < TIDY_RECEIVES && n > 0; round++) {
		struct tq_aws_call c = { .service = TQ_AWS_SQS,
		    .what = "sqs ReceiveMessage" };

		n = 0;
		/* What stays is hidden until the pass is over. */
		if (tq_sqs_receive(&c.req, tq_aws_base(s->a, TQ_AWS_SQS), url,
		    TQ_SQS_BATCH, 0, 10, NULL) == 0 &&
		    tq_aws_call(s->a, &c, 1) == 0 &&
		    tq_sqs_received(&c.res, &a, &msgs, &n, NULL) == 0)
			for (i = 0; i < n; i++)
				if (!still_dead(s, &msgs[i], &a))
					aq_unsend(s, queue, true,
					    msgs[i].receipt);
		tq_aws_call_free(&c);
	}
	tq_arena_free(&a);
}

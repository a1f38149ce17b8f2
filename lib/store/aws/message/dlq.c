/*
 * lib/store/aws/message/dlq.c -- into the dead-letter queue and out of it.
 *
 * The DLQ's messages are for those who watch queues; the list of dead tasks
 * is the records'.  A missing message blocks nothing.
 */
#include <string.h>

#include "store/aws/message/message.h"

#define TIDY_RECEIVES	10	/* of ten messages: one bounded pass */

static enum aq_do
clear_owed(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	const uint64_t *tokens = arg;
	struct tq_task *t = &ups[i].rec.t;

	(void)s;
	if (!ups[i].found || t->status != TQ_FAILED || !t->dlq_owed ||
	    t->token != tokens[i])
		return AQ_NOTHING;
	t->dlq_owed = false;
	return AQ_WRITE;
}

/* The last step, for those whose message is in the DLQ. */
static void
clear_all(struct aq *s, struct aq_update *const *dead,
    const struct aq_doorbell *rings, size_t n, struct tq_arena *a)
{
	struct aq_update *ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	uint64_t *tokens = tq_arena_alloc(a, (n + 1) * sizeof(*tokens));
	size_t i, m = 0;

	for (i = 0; i < n; i++) {
		if (!rings[i].sent)
			continue;
		tokens[m] = dead[i]->rec.t.token;
		ups[m++] = aq_update_again(dead[i]);
	}
	aq_update(s, ups, m, clear_owed, tokens, a, NULL);
}

void
aq_dlq_move_all(struct aq *s, struct aq_update *const *dead,
    const char *const *receipts, size_t n)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_doorbell *rings =
	    tq_arena_alloc(&a, (n + 1) * sizeof(*rings));
	struct aq_receipt *notes = tq_arena_alloc(&a, (n + 1) * sizeof(*notes));
	const struct tq_task *t;
	size_t i;

	for (i = 0; i < n; i++) {
		t = &dead[i]->rec.t;
		rings[i] = (struct aq_doorbell){ .t = t, .dead = t->token };
	}
	aq_send(s, true, rings, n, NULL);
	for (i = 0; i < n; i++)
		if (rings[i].sent)
			notes[i] = (struct aq_receipt){
			    .queue = dead[i]->rec.t.queue, .receipt =
			    receipts != NULL ? receipts[i] : NULL };
	aq_delete_all(s, false, notes, n);
	clear_all(s, dead, rings, n, &a);
	tq_arena_free(&a);
}

void
aq_dlq_move(struct aq *s, struct aq_update *dead, const char *receipt)
{
	aq_dlq_move_all(s, &dead, &receipt, 1);
}

/* Its own attributes, as many as SQS takes beside the reason. */
static size_t
foreign_attrs(const struct aq_msg *m, const char *reason,
    struct tq_sqs_attr out[TQ_SQS_ATTRS])
{
	size_t i, n = 0;

	out[n++] = (struct tq_sqs_attr){ "tq-reason", "String",
	    tq_span_of(reason) };
	for (i = 0; i < m->nattrs && n < TQ_SQS_ATTRS; i++)
		if (strcmp(m->attrs[i].name, "tq-reason") != 0)
			out[n++] = m->attrs[i];
	return n;
}

bool
aq_dlq_foreign(struct aq *s, const char *queue, const struct aq_msg *m,
    const char *reason)
{
	struct tq_sqs_attr attrs[TQ_SQS_ATTRS];
	struct tq_sqs_out out = { .body = tq_span_of(m->body), .attrs = attrs,
	    .nattrs = foreign_attrs(m, reason, attrs), .group = m->group };
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
	return res.ok;
}

int
aq_dlq_receive(struct aq *s, const char *url, int wait_s, int hide_s,
    struct tq_arena *a, struct tq_sqs_msg **msgs, size_t *n,
    struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs ReceiveMessage", .long_poll = wait_s > 0,
	    .timeout_ms = wait_s > 0 ? wait_s * INT64_C(1000) +
	    10000 : 0 };
	int rc = -1;

	*n = 0;
	if (tq_sqs_receive(&c.req, tq_aws_base(s->a, TQ_AWS_SQS), url,
	    TQ_SQS_BATCH, wait_s, hide_s, err) == -1)
		goto out;
	if (tq_aws_call(s->a, &c, 1) == 0)
		rc = tq_sqs_received(&c.res, a, msgs, n, err);
	else if (err != NULL)
		*err = c.err;
out:
	tq_aws_call_free(&c);
	return rc;
}

/* Delete those whose task is dead no more, or of another death. */
static void
drop_stale(struct aq *s, const char *queue, const struct tq_sqs_msg *msgs,
    size_t n, struct tq_arena *a)
{
	struct aq_update *ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	struct aq_receipt *notes = tq_arena_alloc(a, (n + 1) * sizeof(*notes));
	struct tq_message *m = tq_arena_alloc(a, (n + 1) * sizeof(*m));
	const struct aq_update *j;
	size_t i;

	for (i = 0; i < n; i++) {
		/* Others' messages stay, and those of a newer tq. */
		ups[i].done = !msgs[i].intact || !aq_message_read(
		    msgs[i].body, a, &m[i]) || m[i].v > TQ_MESSAGE_VERSION ||
		    m[i].dead == 0;
		ups[i].id = m[i].task_id;
	}
	if (aq_fetch(s, ups, n, a, NULL) == -1)
		return;
	for (i = 0; i < n; i++) {
		j = &ups[i];
		if (!j->done && j->rec.v <= TQ_TASK_VERSION && (!j->found ||
		    j->rec.t.status != TQ_FAILED ||
		    j->rec.t.token != m[i].dead))
			notes[i] = (struct aq_receipt){ .queue = queue,
			    .receipt = msgs[i].receipt };
	}
	aq_delete_all(s, true, notes, n);
}

void
aq_dlq_tidy(struct aq *s, const char *queue)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_sqs_msg *msgs;
	const char *url;
	size_t n = 1;
	int round;

	if (aq_queue_url(s, s->a, queue, true, &url, NULL) == -1)
		return;
	for (round = 0; round < TIDY_RECEIVES && n > 0; round++)
		/* Messages that stay are hidden until the pass is over. */
		if (aq_dlq_receive(s, url, 0, 10, &a, &msgs, &n, NULL) == 0)
			drop_stale(s, queue, msgs, n, &a);
	tq_arena_free(&a);
}

/*
 * lib/store/aws/message/receive.c -- messages come in: short polls and long
 * ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/aws/message/message.h"
#include "task/trace.h"

/*
 * A long poll looks like a service that hangs, and a worker is to say within
 * ten seconds what it can't reach: hence not SQS's longest, 20 s.
 */
#define POLL_S	7
#define LATE_MS	2300	/* an answer to it, behind its time */

void
aq_msg_free(struct aq_msg *m)
{
	free(m->queue);
	free(m->receipt);
	free(m->id);
	free(m->body);
	free(m->group);
	free(m->traceparent);
	free(m->type);
	tq_arena_free(&m->mem);
	free(m);
}

/* Of an attribute as W3C names it, else as AWS hands it on; NULL: none. */
static char *
traceparent(const struct tq_sqs_msg *in)
{
	char text[TQ_TRACEPARENT];
	size_t i;

	for (i = 0; i < in->nattrs; i++) {
		snprintf(text, sizeof(text), "%.*s", (int)in->attrs[i].value.n,
		    in->attrs[i].value.p);
		if (strcmp(in->attrs[i].name, "traceparent") == 0 &&
		    in->attrs[i].value.n == strlen(text) &&
		    tq_traceparent_ok(text))
			return tq_must(strdup(text));
	}
	return in->trace != NULL && tq_traceparent_of_xray(in->trace, text) ?
	    tq_must(strdup(text)) : NULL;
}

/* For others' messages: they are to reach the DLQ whole. */
static void
keep_attrs(struct aq_msg *m, const struct tq_sqs_msg *in)
{
	size_t i;

	if (in->nattrs == 0)
		return;
	m->attrs = tq_arena_alloc(&m->mem, in->nattrs * sizeof(*m->attrs));
	m->nattrs = in->nattrs;
	for (i = 0; i < in->nattrs; i++)
		m->attrs[i] = (struct tq_sqs_attr){
		    tq_arena_str(&m->mem, in->attrs[i].name),
		    tq_arena_str(&m->mem, in->attrs[i].type),
		    tq_arena_span(&m->mem, in->attrs[i].value) };
}

static struct aq_msg *
msg_new(const char *queue, const struct tq_sqs_msg *in, int64_t now)
{
	struct aq_msg *m = tq_must(calloc(1, sizeof(*m)));

	m->queue = tq_must(strdup(queue));
	m->receipt = tq_must(strdup(in->receipt));
	m->id = tq_must(strdup(in->id != NULL ? in->id : ""));
	m->body = tq_must(strndup(in->body.p != NULL ? in->body.p : "",
	    in->body.n));
	/* Others may name groups as a task can't. */
	if (in->group != NULL && tq_name_ok(in->group))
		m->group = tq_must(strdup(in->group));
	m->traceparent = traceparent(in);
	keep_attrs(m, in);
	m->intact = in->intact;
	m->receives = in->receives;
	m->sent_ms = in->sent_ms;
	m->received_at = now;
	return m;
}

void
aq_buffer_add(struct aq *s, const char *queue, const struct tq_sqs_msg *msgs,
    size_t n, int64_t now)
{
	struct aq_queue *q = aq_queue(s, queue);
	struct aq_msg **end;
	size_t i;

	pthread_mutex_lock(&s->lock);
	for (end = &s->buffer; *end != NULL; end = &(*end)->next)
		;
	for (i = 0; i < n; i++) {
		*end = msg_new(queue, &msgs[i], now);
		aq_watermark_received(q, msgs[i].sent_ms);
		end = &(*end)->next;
	}
	pthread_mutex_unlock(&s->lock);
}

/* One receive, put at the end of the buffer; how many came, or -1. */
static int
receive(struct aq *s, struct tq_aws *a, const char *queue, int max,
    int wait_s, int64_t lease_ms, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs ReceiveMessage", .long_poll = wait_s > 0,
	    .timeout_ms = wait_s > 0 ? wait_s * INT64_C(1000) + LATE_MS : 0 };
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_sqs_msg *msgs;
	int64_t visible_s = lease_ms / 1000 + 2, now;
	const char *url;
	size_t n = 0;
	int rc = -1;

	if (visible_s > TQ_SQS_VISIBILITY_MAX)
		visible_s = TQ_SQS_VISIBILITY_MAX;
	if (aq_queue_url(s, a, queue, false, &url, err) == -1 ||
	    tq_sqs_receive(&c.req, tq_aws_base(a, TQ_AWS_SQS), url, max,
	    wait_s, (int)visible_s, err) == -1)
		goto out;
	now = tq_aws_now(a);
	if (tq_aws_call(a, &c, 1) > 0) {
		/*
		 * 120,000 messages are in flight.  A long poll tells that by
		 * an empty answer, and so do we.
		 */
		if (wait_s == 0 && tq_aws_fault_is(&c.fault, "OverLimit"))
			rc = 0;
		else if (err != NULL)
			*err = c.err;
		goto out;
	}
	if (tq_sqs_received(&c.res, &mem, &msgs, &n, err) == -1)
		goto out;
	aq_buffer_add(s, queue, msgs, n, now);
	rc = (int)n;
out:
	tq_aws_call_free(&c);
	tq_arena_free(&mem);
	return rc;
}

int
aq_receive_one(struct aq *s, struct tq_aws *a, const char *queue,
    int64_t timeout_ms, int64_t lease_ms, struct tq_err *err)
{
	int64_t wait_s = (timeout_ms + 999) / 1000;

	if (wait_s > POLL_S)
		wait_s = POLL_S;
	/* One: no hoarding; a claim receives for the other slots. */
	return receive(s, a, queue, 1, (int)wait_s, lease_ms, err);
}

/* Take up to ${n} of the queue's messages out of the buffer. */
static size_t
take(struct aq *s, const struct tq_claim *req, size_t n,
    struct aq_msg **out)
{
	struct aq_msg **p, *m;
	size_t got = 0;

	pthread_mutex_lock(&s->lock);
	for (p = &s->buffer; *p != NULL && got < n; ) {
		m = *p;
		if (strcmp(m->queue, req->queue) != 0 ||
		    (m->type != NULL && !aq_wants(req, m->type))) {
			p = &m->next;
			continue;
		}
		*p = m->next;
		m->next = NULL;
		m->kept = false;
		out[got++] = m;
	}
	pthread_mutex_unlock(&s->lock);
	return got;
}

int
aq_receive(struct aq *s, const struct tq_claim *req, bool ask, size_t n,
    struct aq_msg **out, size_t *got, struct tq_err *err)
{
	size_t want;
	int rc;

	*got = take(s, req, n, out);
	while (ask && *got < n) {
		want = n - *got < TQ_SQS_BATCH ? n - *got : TQ_SQS_BATCH;
		rc = receive(s, s->a, req->queue, (int)want, 0,
		    req->lease_ms, err);
		/*
		 * Messages that came are worked; the next claim says
		 * what is wrong.
		 */
		if (rc == -1)
			return *got > 0 ? 0 : -1;
		*got += take(s, req, n - *got, out + *got);
		if (rc == 0)
			break;
	}
	return 0;
}

/* Others may have at once what came and was not looked at. */
void
aq_buffer_return(struct aq *s)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_receipt *notes;
	struct aq_msg *m;
	size_t n = 0;

	for (m = s->buffer; m != NULL; m = m->next)
		n++;
	notes = tq_arena_alloc(&a, (n + 1) * sizeof(*notes));
	for (n = 0, m = s->buffer; m != NULL; m = m->next)
		notes[n++] = (struct aq_receipt){ .queue = m->queue,
		    .receipt = m->receipt };
	aq_hide_all(s, false, notes, n);
	while ((m = s->buffer) != NULL) {
		s->buffer = m->next;
		aq_msg_free(m);
	}
	tq_arena_free(&a);
}

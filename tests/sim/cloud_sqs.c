/*
 * tests/sim/cloud_sqs.c -- SQS: messages come in no order, one may come more
 * often than once, a short poll may miss some, and a deleted one may come again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud.h"
#include "util/json.h"
#include "world.h"

#define MESSAGES	120000
#define QUEUES		8
#define RETENTION	(14 * 24 * 60 * SIM_MIN)
#define URL		"http://127.0.0.1:1/000000000000/"

static struct message {
	const struct queue *q;		/* NULL: deleted, and gone */
	char		*body, *attrs, *group;	/* JSON as it came; or NULL */
	int64_t		 sent, visible;	/* us */
	unsigned	 receives;
} messages[MESSAGES];
static size_t nmessages;
static size_t live;		/* those before it are gone for ever */

static struct queue {
	char		 name[96];
} queues[QUEUES];
static size_t nqueues;

static const struct queue *
queue_of(const char *name)
{
	size_t i;

	for (i = 0; i < nqueues; i++)
		if (strcmp(queues[i].name, name) == 0)
			return &queues[i];
	if (nqueues == QUEUES)
		sim_fail("too many queues");
	snprintf(queues[nqueues].name, sizeof(queues[0].name), "%s", name);
	return &queues[nqueues++];
}

static char *
raw(struct tq_span obj, const char *key)
{
	struct tq_span v;

	return tq_json_get(obj, key, &v) ? tq_must(strndup(v.p, v.n)) : NULL;
}

static size_t
send_one(const struct queue *q, struct tq_span in)
{
	struct message *m = &messages[nmessages];

	if (nmessages == MESSAGES)
		sim_fail("too many messages");
	*m = (struct message){ .q = q, .body = raw(in, "MessageBody"),
	    .attrs = raw(in, "MessageAttributes"),
	    .group = raw(in, "MessageGroupId"), .sent = sim.now,
	    .visible = sim.now + cloud_int(in, "DelaySeconds", 0) * SIM_SEC };
	return nmessages++;
}

bool
sim_sqs_rang(const char *id)
{
	size_t i;

	for (i = 0; i < nmessages; i++)
		if (strstr(messages[i].body, id) != NULL)
			return true;
	return false;
}

/* -- receiving ---------------------------------------------------------------------------- */

static bool
in_flight(const struct message *m)
{
	return m->receives > 0 && m->visible > sim.now;
}

static bool
over_limit(const struct queue *q)
{
	size_t i, n = 0;

	for (; live < nmessages && messages[live].q == NULL; live++)
		;
	for (i = live; i < nmessages; i++)
		n += messages[i].q == q && in_flight(&messages[i]);
	return n >= (sim.knobs.in_flight == 0 ? 120000 : sim.knobs.in_flight);
}

/* One that may be given out now, any of them; NULL: none that is seen. */
static struct message *
any_visible(const struct queue *q, bool all)
{
	struct message *m, *one = NULL;
	unsigned ties = 0;

	for (m = messages + live; m < messages + nmessages; m++) {
		if (m->q == q && m->sent + RETENTION < sim.now)
			m->q = NULL;
		if (m->q != q || m->visible > sim.now)
			continue;
		if (!all && sim.knobs.cloud > 0 && sim_below(4) == 0)
			continue;	/* on a host that was not asked */
		if (sim_below(++ties) == 0)
			one = m;
	}
	return one;
}

static void
give_out(struct tq_buf *b, struct message *m, int64_t visibility_s)
{
	size_t i = (size_t)(m - messages);

	m->receives++;
	/* "At least once": another host has it, too. */
	if (!cloud_mishap())
		m->visible = sim.now + visibility_s * SIM_SEC;
	tq_buf_fmt(b, "%s{\"MessageId\":\"m%zu\",\"ReceiptHandle\":\"%zu.%u\","
	    "\"Body\":%s,\"Attributes\":{\"ApproximateReceiveCount\":\"%u\","
	    "\"SentTimestamp\":\"%lld\"", b->data[b->len - 1] == '[' ? "" : ",",
	    i, i, m->receives, m->body, m->receives, (long long)(sim_true_ms() -
	    (sim.now - m->sent) / SIM_MS));
	if (m->group != NULL)
		tq_buf_fmt(b, ",\"MessageGroupId\":%s", m->group);
	tq_buf_chr(b, '}');
	if (m->attrs != NULL)
		tq_buf_fmt(b, ",\"MessageAttributes\":%s", m->attrs);
	tq_buf_chr(b, '}');
}

static void
receive(const struct queue *q, struct tq_span body, struct tq_http_res *res)
{
	int64_t max = cloud_int(body, "MaxNumberOfMessages", 1),
	    wait = cloud_int(body, "WaitTimeSeconds", 0),
	    end = sim.now + wait * SIM_SEC;
	bool full = over_limit(q);
	struct message *m = NULL;

	if (full && wait == 0) {
		cloud_error(res, 400, "OverLimit");
		return;
	}
	while (!full && (m = any_visible(q, wait > 0)) == NULL &&
	    sim.now < end && sim.quiet == 0)
		sim_sleep(100 * SIM_MS);
	cloud_answer(res, 200);
	tq_buf_str(&res->body, "{\"Messages\":[");
	for (; m != NULL && max-- > 0; m = max > 0 ? any_visible(q, false) :
	    NULL)
		give_out(&res->body, m, cloud_int(body, "VisibilityTimeout",
		    30));
	tq_buf_str(&res->body, "]}");
}

/* -- what is done to those in flight -------------------------------------------------------- */

/* NULL: done, or as good as that. */
static const char *
change(struct tq_span in, bool delete, struct tq_arena *a)
{
	const char *receipt = cloud_text(in, "ReceiptHandle", a);
	struct message *m;
	unsigned nth;
	size_t i;

	if (receipt == NULL || sscanf(receipt, "%zu.%u", &i, &nth) != 2 ||
	    i >= nmessages)
		return "ReceiptHandleIsInvalid";
	m = &messages[i];
	if (delete) {
		/* By an older receipt it is done or not; a host that is away
		   forgets it. */
		if ((nth == m->receives || sim_below(2) == 0) &&
		    !cloud_mishap())
			m->q = NULL;
		return NULL;
	}
	if (m->q == NULL || nth != m->receives)
		return "InvalidParameterValue";
	if (!in_flight(m))
		return "MessageNotInflight";
	m->visible = sim.now + cloud_int(in, "VisibilityTimeout", 0) * SIM_SEC;
	return NULL;
}

static void
batch(const struct queue *q, const char *action, struct tq_span body,
    struct tq_arena *a, struct tq_http_res *res)
{
	struct tq_buf failed = TQ_BUF_INIT(65536);
	bool send = strcmp(action, "SendMessageBatch") == 0;
	struct tq_span list, none, in;
	struct tq_json_iter it;
	const char *id, *why;

	if (!tq_json_get(body, "Entries", &list))
		sim_fail("%s without entries", action);
	cloud_answer(res, 200);
	tq_buf_str(&res->body, "{\"Successful\":[");
	for (it = tq_json_iter(list); tq_json_next(&it, &none, &in);) {
		id = cloud_text(in, "Id", a);
		why = cloud_mishap() ? "InternalError" : send ? NULL :
		    change(in, strcmp(action, "DeleteMessageBatch") == 0, a);
		if (why != NULL)
			tq_buf_fmt(&failed, "%s{\"Id\":\"%s\",\"Code\":\"%s\","
			    "\"SenderFault\":%s}", failed.len > 0 ? "," : "",
			    id, why, why[1] == 'n' && why[2] == 't' ?
			    "false" : "true");
		else
			tq_buf_fmt(&res->body, "%s{\"Id\":\"%s\","
			    "\"MessageId\":\"m%zu\"}", res->body.data[
			    res->body.len - 1] == '[' ? "" : ",", id,
			    send ? send_one(q, in) : 0);
	}
	tq_buf_fmt(&res->body, "],\"Failed\":[%.*s]}", (int)failed.len,
	    failed.len > 0 ? failed.data : "");
	tq_buf_free(&failed);
}

/* "Approximate": but when nothing has been sent for a minute. */
static void
attributes(const struct queue *q, struct tq_http_res *res)
{
	size_t n[3] = { 0 }, i;

	for (i = live; i < nmessages; i++)
		if (messages[i].q == q)
			n[in_flight(&messages[i]) ? 1 : messages[i].visible >
			    sim.now ? 2 : 0]++;
	cloud_answer(res, 200);
	tq_buf_fmt(&res->body, "{\"Attributes\":{"
	    "\"ApproximateNumberOfMessages\":\"%zu\","
	    "\"ApproximateNumberOfMessagesNotVisible\":\"%zu\","
	    "\"ApproximateNumberOfMessagesDelayed\":\"%zu\"}}", n[0], n[1],
	    n[2]);
}

static void
act(const char *action, struct tq_span body, struct tq_arena *a,
    struct tq_http_res *res)
{
	const char *url = cloud_text(body, "QueueUrl", a), *why;
	const struct queue *q;
	size_t i;

	if (strcmp(action, "GetQueueUrl") == 0) {
		cloud_answer(res, 200);
		tq_buf_fmt(&res->body, "{\"QueueUrl\":\"" URL "%s\"}",
		    queue_of(cloud_text(body, "QueueName", a))->name);
		return;
	}
	q = queue_of(strrchr(url, '/') + 1);
	if (strcmp(action, "SendMessage") == 0) {
		i = send_one(q, body);
		cloud_answer(res, 200);
		tq_buf_fmt(&res->body, "{\"MessageId\":\"m%zu\"}", i);
	} else if (strcmp(action, "ReceiveMessage") == 0) {
		receive(q, body, res);
	} else if (strcmp(action, "GetQueueAttributes") == 0) {
		attributes(q, res);
	} else if (strcmp(action, "DeleteMessage") == 0 ||
	    strcmp(action, "ChangeMessageVisibility") == 0) {
		if ((why = change(body, action[0] == 'D', a)) != NULL)
			cloud_error(res, 400, why);
		else
			cloud_answer(res, 200);
	} else if (strstr(action, "Batch") != NULL) {
		batch(q, action, body, a, res);
	} else {
		sim_fail("SQS has no %s here", action);
	}
}

void
sim_sqs(const char *action, struct tq_span body, struct tq_http_res *res)
{
	struct tq_arena a = TQ_ARENA_INIT;

	act(action, body, &a, res);
	tq_arena_free(&a);
}

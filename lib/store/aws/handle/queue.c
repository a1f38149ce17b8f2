/*
 * lib/store/aws/handle/queue.c -- what is known of a queue, its address
 * first.
 */
#include <stdlib.h>
#include <string.h>

#include "aws/sqs.h"
#include "store/aws/handle/handle.h"
#include "util/str.h"

struct aq_queue *
aq_queue(struct aq *s, const char *name)
{
	struct aq_queue *q;

	pthread_mutex_lock(&s->lock);
	for (q = s->queues; q != NULL; q = q->next)
		if (strcmp(q->name, name) == 0)
			break;
	if (q == NULL) {
		q = tq_must(calloc(1, sizeof(*q)));
		q->name = tq_must(strdup(name));
		q->next = s->queues;
		s->queues = q;
	}
	pthread_mutex_unlock(&s->lock);
	return q;
}

void
aq_queues_free(struct aq *s)
{
	struct aq_queue *q;

	while ((q = s->queues) != NULL) {
		s->queues = q->next;
		free(q->url[0]);
		free(q->url[1]);
		free(q->name);
		free(q);
	}
}

static void
no_queue(const struct aq *s, const char *name, const char *suffix,
    struct tq_err *err)
{
	tq_err_set(err, TQ_AT_STORE, TQ_E_NOQUEUE, "%s: there is no queue "
	    "\"%s-%s%s\" in %s; tq-ctl init -q %s makes it, unless AWS_REGION "
	    "or the name is wrong", s->base.name, s->url.prefix, name, suffix,
	    tq_aws_region_of(s->a), name);
}

void
aq_no_queue(const struct tq_store *st, const char *queue, struct tq_err *err)
{
	no_queue((const struct aq *)st, queue, "", err);
}

const char *
aq_queue_name(const struct aq *s, const char *queue, bool dlq,
    struct tq_arena *a, struct tq_err *err)
{
	char *name = tq_arena_fmt(a, "%s-%s-dlq", s->url.prefix, queue);

	if (strlen(name) > TQ_SQS_NAME_MAX) {
		tq_err_set(err, TQ_AT_CONFIG, TQ_E_NOQUEUE, "%s: queue \"%s\": "
		    "its name in SQS, \"%s\", would be over %d characters",
		    s->base.name, queue, name, TQ_SQS_NAME_MAX);
		return NULL;
	}
	if (!dlq)
		name[strlen(name) - strlen("-dlq")] = '\0';
	return name;
}

static int
ask_url(struct aq *s, struct tq_aws *a, const char *name, bool dlq,
    char **url, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs GetQueueUrl" };
	struct tq_arena mem = TQ_ARENA_INIT;
	const char *full = aq_queue_name(s, name, dlq, &mem, err), *got;
	int rc = -1;

	if (full == NULL || tq_sqs_get_url(&c.req, tq_aws_base(a, TQ_AWS_SQS),
	    full, s->url.owner, err) == -1)
		goto out;
	if (tq_aws_call(a, &c, 1) > 0) {
		if (err != NULL)
			*err = c.err;
		if (c.err.code == TQ_E_NOTFOUND)
			no_queue(s, name, dlq ? "-dlq" : "", err);
		goto out;
	}
	if (tq_sqs_queue_url(&c.res, &mem, &got, err) == 0) {
		*url = tq_must(strdup(got));
		rc = 0;
	}
out:
	tq_aws_call_free(&c);
	tq_arena_free(&mem);
	return rc;
}

int
aq_queue_url(struct aq *s, struct tq_aws *a, const char *name, bool dlq,
    const char **url, struct tq_err *err)
{
	struct aq_queue *q = aq_queue(s, name);
	const struct aq_named *n;
	char *got = NULL;

	for (n = s->url.queues; !dlq && n != NULL; n = n->next)
		if (strcmp(n->queue, name) == 0) {
			*url = n->url;
			return 0;
		}
	pthread_mutex_lock(&s->lock);
	*url = q->url[dlq];
	pthread_mutex_unlock(&s->lock);
	if (*url != NULL)
		return 0;
	if (ask_url(s, a, name, dlq, &got, err) == -1)
		return -1;
	pthread_mutex_lock(&s->lock);
	if (q->url[dlq] == NULL)
		q->url[dlq] = got;
	else
		free(got);
	*url = q->url[dlq];
	pthread_mutex_unlock(&s->lock);
	return 0;
}

int
aq_has_queue(struct tq_store *st, const char *queue, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	const char *url;

	return aq_queue_url(s, s->a, queue, false, &url, err);
}

bool
aq_queue_empty(struct aq *s, const char *name)
{
	static const char *const counts[] = { "ApproximateNumberOfMessages",
	    "ApproximateNumberOfMessagesNotVisible",
	    "ApproximateNumberOfMessagesDelayed" };
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs GetQueueAttributes" };
	struct tq_arena mem = TQ_ARENA_INIT;
	const char *url, *v;
	bool empty = false;
	size_t i;

	if (aq_queue_url(s, s->a, name, false, &url, NULL) == 0 &&
	    tq_sqs_get_attributes(&c.req, tq_aws_base(s->a, TQ_AWS_SQS), url,
	    NULL) == 0 && tq_aws_call(s->a, &c, 1) == 0)
		for (i = 0, empty = true; empty && i < 3; i++) {
			v = tq_sqs_attribute(&c.res, counts[i], &mem);
			empty = v != NULL && strcmp(v, "0") == 0;
		}
	tq_aws_call_free(&c);
	tq_arena_free(&mem);
	return empty;
}

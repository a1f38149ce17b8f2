/* lib/store/aws/queue.c -- SQS: addresses, rings, what we hold. */
#include <stdlib.h>
#include <string.h>

#include "store/aws/aws.h"
#include "util/json.h"
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
		q->looked_ms = INT64_MIN / 2;
		q->lease_ms = TQ_LEASE_MS;
		q->next = s->queues;
		s->queues = q;
	}
	pthread_mutex_unlock(&s->lock);
	return q;
}

static int
ask_url(struct aq *s, struct tq_aws *a, const char *name, bool dlq,
    char **url, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs GetQueueUrl" };
	struct tq_arena mem = TQ_ARENA_INIT;
	const char *full = tq_arena_fmt(&mem, "%s-%s%s", s->url.prefix, name,
	    dlq ? "-dlq" : ""), *got;
	int rc = -1;

	if (tq_sqs_get_url(&c.req, tq_aws_base(a, TQ_AWS_SQS), full, err) ==
	    -1)
		goto out;
	if (tq_aws_call(a, &c, 1) > 0) {
		if (err != NULL)
			*err = c.err;
		if (c.err.code == TQ_E_NOTFOUND)
			tq_err_set(err, TQ_AT_STORE, TQ_E_CONFIG,
			    "%s: there is no queue \"%s\" in %s; tq-ctl init "
			    "-q %s makes it", s->base.name, full,
			    tq_aws_region_of(a), name);
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

/* {"v":1,"taskId":...,"type":...}; see docs/wire-format.md. */
static struct tq_span
body_of(const struct aq_ring *r, struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(1024);
	struct tq_span text;

	tq_buf_chr(&b, '{');
	tq_json_member_int(&b, "v", TQ_TASK_VERSION);
	tq_json_member_str(&b, "taskId", r->t->id);
	tq_json_member_str(&b, "type", r->t->type);
	if (r->dead != 0)
		tq_json_member_int(&b, "dead", (int64_t)r->dead);
	tq_buf_chr(&b, '}');
	text = tq_arena_span(a, tq_buf_span(&b));
	tq_buf_free(&b);
	return text;
}

/* Up to ten messages; those that failed are tried once more. */
static void
send_batch(struct aq *s, const char *url, struct aq_ring *r, size_t n)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_sqs_result res[TQ_SQS_BATCH];
	struct tq_sqs_out out[TQ_SQS_BATCH];
	size_t which[TQ_SQS_BATCH], m, i;
	int try;

	for (try = 0; try < 2; try++) {
		struct tq_aws_call c = { .service = TQ_AWS_SQS,
		    .what = "sqs SendMessageBatch" };

		for (i = m = 0; i < n; i++) {
			if (r[i].sent)
				continue;
			which[m] = i;
			out[m++] = (struct tq_sqs_out){
			    .body = body_of(&r[i], &a),
			    .group = r[i].t->group,
			    .delay_s = (int)((r[i].delay_ms + 999) / 1000) };
		}
		if (m > 0 && tq_sqs_send_batch(&c.req, tq_aws_base(s->a,
		    TQ_AWS_SQS), url, out, m, NULL) == 0 &&
		    tq_aws_call(s->a, &c, 1) == 0 &&
		    tq_sqs_sent_batch(&c.res, out, m, res, NULL) == 0)
			for (i = 0; i < m; i++) {
				r[which[i]].sent = res[i].ok;
				memcpy(r[which[i]].id, res[i].id,
				    sizeof(res[i].id));
			}
		tq_aws_call_free(&c);
	}
	tq_arena_free(&a);
}

void
aq_send(struct aq *s, const char *queue, bool dlq, struct aq_ring *rings,
    size_t n)
{
	const char *url;
	size_t i;

	if (aq_queue_url(s, s->a, queue, dlq, &url, NULL) == -1)
		return;
	for (i = 0; i < n; i += TQ_SQS_BATCH)
		send_batch(s, url, rings + i, n - i < TQ_SQS_BATCH ? n - i :
		    TQ_SQS_BATCH);
}

void
aq_unsend(struct aq *s, const char *queue, bool dlq, const char *receipt)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs DeleteMessage" };
	const char *url;

	if (receipt != NULL && aq_queue_url(s, s->a, queue, dlq, &url,
	    NULL) == 0 && tq_sqs_delete(&c.req, tq_aws_base(s->a, TQ_AWS_SQS),
	    url, receipt, NULL) == 0)
		tq_aws_call(s->a, &c, 1);
	tq_aws_call_free(&c);
}

/* Up to ten; what fails comes again and is deleted as a finished task's. */
static void
delete_batch(struct aq *s, const char *url, const char *const *receipts,
    size_t n)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs DeleteMessageBatch" };

	if (tq_sqs_delete_batch(&c.req, tq_aws_base(s->a, TQ_AWS_SQS), url,
	    receipts, n, NULL) == 0)
		tq_aws_call(s->a, &c, 1);
	tq_aws_call_free(&c);
}

void
aq_unsend_all(struct aq *s, const char *queue, const char *const *receipts,
    size_t n)
{
	const char *batch[TQ_SQS_BATCH], *url;
	size_t i, m = 0;

	if (aq_queue_url(s, s->a, queue, false, &url, NULL) == -1)
		return;
	for (i = 0; i < n; i++) {
		if (receipts[i] != NULL)
			batch[m++] = receipts[i];
		if (m == TQ_SQS_BATCH || (m > 0 && i + 1 == n)) {
			delete_batch(s, url, batch, m);
			m = 0;
		}
	}
}

bool
aq_hide(struct aq *s, const char *queue, bool dlq, const char *receipt,
    int64_t ms)
{
	struct tq_aws_call c = { .service = TQ_AWS_SQS,
	    .what = "sqs ChangeMessageVisibility" };
	const char *url;
	bool ok = false;

	if (ms > TQ_SQS_VISIBILITY_MAX * INT64_C(1000))
		ms = TQ_SQS_VISIBILITY_MAX * INT64_C(1000);
	if (receipt != NULL && aq_queue_url(s, s->a, queue, dlq, &url,
	    NULL) == 0 && tq_sqs_visibility(&c.req, tq_aws_base(s->a,
	    TQ_AWS_SQS), url, receipt, (int)((ms + 999) / 1000), NULL) == 0)
		ok = tq_aws_call(s->a, &c, 1) == 0;
	tq_aws_call_free(&c);
	return ok;
}

void
aq_hold(struct aq *s, const char *id, uint64_t claim, const char *queue,
    const char *receipt, int64_t received_at)
{
	if (receipt == NULL)
		return;
	if (s->nheld == s->capheld) {
		s->capheld = s->capheld == 0 ? 16 : 2 * s->capheld;
		s->held = tq_must(realloc(s->held, s->capheld *
		    sizeof(*s->held)));
	}
	s->held[s->nheld++] = (struct aq_held){ tq_must(strdup(id)),
	    tq_must(strdup(queue)), tq_must(strdup(receipt)), claim,
	    received_at };
}

struct aq_held *
aq_held(struct aq *s, const char *id, uint64_t claim)
{
	size_t i;

	for (i = 0; i < s->nheld; i++)
		if (s->held[i].claim == claim &&
		    strcmp(s->held[i].id, id) == 0)
			return &s->held[i];
	return NULL;
}

void
aq_let_go(struct aq *s, struct aq_held *h)
{
	if (h == NULL)
		return;
	free(h->id);
	free(h->queue);
	free(h->receipt);
	*h = s->held[--s->nheld];
}

/* tests/store/doorbells_beside.c -- queue and table, past the store. */
#include "doorbells.h"

#include "aws/dynamodb.h"
#include "aws/item.h"

static struct tq_aws *aws;
static char table[32];
static const char *urls[2];
static char url_text[2][300];

int
beside_open(void)
{
	struct tq_aws_opts opts = { .env = &tq_env_system };

	return tq_aws_new(&opts, &aws, &err);
}

void
beside_close(void)
{
	tq_aws_free(aws);
}

void
beside_prefix(const char *prefix)
{
	snprintf(table, sizeof(table), "%s", prefix);
	urls[0] = urls[1] = NULL;
}

/* Send what was built; 0, or the failure is told. */
static int
done(struct tq_aws_call *c, int built)
{
	if (built == 0 && tq_aws_call(aws, c, 1) == 0)
		return 0;
	T_FAIL("%s: %s", c->what, built == -1 ? err.msg : c->err.msg);
	return -1;
}

#define SQS(op)	{ .service = TQ_AWS_SQS, .what = op }
#define DDB(op)	{ .service = TQ_AWS_DYNAMODB, .what = op }

static const char *
sqs_base(void)
{
	return tq_aws_base(aws, TQ_AWS_SQS);
}

static const char *
url_of(bool dlq)
{
	struct tq_aws_call c = SQS("GetQueueUrl");
	const char *got = "", *name = tq_arena_fmt(&arena, "%s-%s%s", table,
	    QUEUE, dlq ? "-dlq" : "");

	if (urls[dlq] == NULL && done(&c, tq_sqs_get_url(&c.req, sqs_base(),
	    name, NULL, &err)) == 0 && tq_sqs_queue_url(&c.res, &arena, &got,
	    &err) == 0) {
		snprintf(url_text[dlq], sizeof(url_text[dlq]), "%s", got);
		urls[dlq] = url_text[dlq];
	}
	tq_aws_call_free(&c);
	return urls[dlq] != NULL ? urls[dlq] : "";
}

static int
attribute(const struct tq_aws_call *c, const char *name)
{
	const char *v = tq_sqs_attribute(&c->res, name, &arena);

	return v == NULL ? -1 : atoi(v);
}

struct on_queue
on(bool dlq)
{
	struct tq_aws_call c = SQS("GetQueueAttributes");
	struct on_queue q = { -1, -1, -1, -1 };

	if (done(&c, tq_sqs_get_attributes(&c.req, sqs_base(), url_of(dlq),
	    &err)) == 0) {
		q.visible = attribute(&c, "ApproximateNumberOfMessages");
		q.hidden = attribute(&c,
		    "ApproximateNumberOfMessagesNotVisible");
		q.delayed = attribute(&c,
		    "ApproximateNumberOfMessagesDelayed");
		q.all = q.visible + q.hidden + q.delayed;
	}
	tq_aws_call_free(&c);
	return q;
}

void
ring_by_hand(bool dlq, const char *body)
{
	struct tq_sqs_out m = { .body = tq_span_of(body) };
	struct tq_aws_call c = SQS("SendMessage");

	done(&c, tq_sqs_send(&c.req, sqs_base(), url_of(dlq), &m, &err));
	tq_aws_call_free(&c);
}

void
ring_for(const char *id)
{
	ring_by_hand(MAIN, tq_arena_fmt(&arena,
	    "{\"v\":1,\"taskId\":\"%s\",\"type\":\"a\"}", id));
}

struct tq_sqs_msg *
take(bool dlq)
{
	struct tq_aws_call c = SQS("ReceiveMessage");
	struct tq_sqs_msg *msgs;
	size_t n = 0;

	if (done(&c, tq_sqs_receive(&c.req, sqs_base(), url_of(dlq), 1, 0,
	    300, &err)) == 0 && tq_sqs_received(&c.res, &arena, &msgs, &n,
	    &err) == -1)
		T_FAIL("ReceiveMessage: %s", err.msg);
	tq_aws_call_free(&c);
	return n > 0 ? &msgs[0] : NULL;
}

void
be_busy(void)
{
	ring_by_hand(MAIN, "another's");
	T_OK(take(MAIN) != NULL);
}

void
drop(bool dlq, const char *receipt)
{
	struct tq_aws_call c = SQS("DeleteMessage");

	done(&c, tq_sqs_delete(&c.req, sqs_base(), url_of(dlq), receipt,
	    &err));
	tq_aws_call_free(&c);
}

void
bring_back(const struct host *h)
{
	struct tq_aws_call c = SQS("ChangeMessageVisibility");

	done(&c, tq_sqs_visibility(&c.req, sqs_base(), url_of(MAIN),
	    h->receipt, 0, &err));
	tq_aws_call_free(&c);
}

void
lose_all(void)
{
	struct tq_aws_call c = SQS("PurgeQueue");

	done(&c, tq_sqs_purge(&c.req, sqs_base(), url_of(MAIN), &err));
	tq_aws_call_free(&c);
}

static struct tq_span
key_of(const char *pk)
{
	struct tq_buf b = TQ_BUF_INIT(1024);
	struct tq_span k;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", pk);
	tq_item_close(&b, NULL);
	k = tq_arena_span(&arena, tq_buf_span(&b));
	tq_buf_free(&b);
	return k;
}

int64_t
number(const char *id, const char *name)
{
	return number_at(tq_arena_fmt(&arena, "t#%s", id), name);
}

int64_t
number_at(const char *pk, const char *name)
{
	struct tq_aws_call c = DDB("GetItem");
	struct tq_span item;
	int64_t n = -99;

	if (done(&c, tq_ddb_get(&c.req, tq_aws_base(aws, TQ_AWS_DYNAMODB),
	    table, key_of(pk), true, &err)) == 0 &&
	    tq_ddb_item(&c.res, &item))
		tq_item_get_int(item, name, &n);
	tq_aws_call_free(&c);
	return n;
}

void
take_away(const char *id, const char *name)
{
	const char *names[] = { "#a", name, NULL };
	struct tq_ddb_write w = { .table = table, .item = key_of(id),
	    .update = "REMOVE #a", .bind = { names, TQ_SPAN_NONE } };
	struct tq_aws_call c = DDB("UpdateItem");

	done(&c, tq_ddb_update(&c.req, tq_aws_base(aws, TQ_AWS_DYNAMODB), &w,
	    &err));
	tq_aws_call_free(&c);
}

/* SET the attribute ${name} of the item ${pk} to what ${v} calls ":v". */
static void
set_value(const char *pk, const char *name, struct tq_buf *v)
{
	const char *names[] = { "#a", name, NULL };
	struct tq_ddb_write w = { .table = table, .item = key_of(pk),
	    .update = "SET #a = :v", .bind = { names, tq_buf_span(v) } };
	struct tq_aws_call c = DDB("UpdateItem");

	done(&c, tq_ddb_update(&c.req, tq_aws_base(aws, TQ_AWS_DYNAMODB), &w,
	    &err));
	tq_buf_free(v);
	tq_aws_call_free(&c);
}

void
set_number(const char *id, const char *name, int64_t n)
{
	struct tq_buf v = TQ_BUF_INIT(256);

	tq_item_open(&v, NULL);
	tq_item_int(&v, ":v", n);
	tq_item_close(&v, NULL);
	set_value(tq_arena_fmt(&arena, "t#%s", id), name, &v);
}

void
set_body(const char *pk, struct tq_span bytes)
{
	struct tq_buf v = TQ_BUF_INIT(TQ_DDB_ITEM_MAX);
	struct tq_ddb_write w = { .table = table, .item = key_of(pk) };
	struct tq_aws_call c = DDB("DeleteItem");

	if (bytes.n > 0) {
		tq_item_open(&v, NULL);
		tq_item_bytes(&v, ":v", bytes);
		tq_item_close(&v, NULL);
		set_value(pk, "body", &v);
		return;
	}
	done(&c, tq_ddb_delete(&c.req, tq_aws_base(aws, TQ_AWS_DYNAMODB), &w,
	    &err));
	tq_aws_call_free(&c);
}

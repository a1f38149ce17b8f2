/*
 * tests/aws/calls.c -- every call of lib/aws, against whatever
 * AWS_ENDPOINT_URL_SQS, _DYNAMODB and _S3 point at; a service without an
 * endpoint is skipped.  What a stand-in is known to lack is left out by
 * TQ_LACKS, with any of: ttl (DynamoDB's TTL calls), old-if-failed (the item
 * with a failed condition), if-none-match, astral (SQS bodies beyond U+FFFF),
 * strange-keys (S3 keys and prefixes with signs that some sign otherwise),
 * presign, uploads (S3's list of them), verify (signatures are not looked at).
 */
#include "calls.h"

#include <time.h>
#include <unistd.h>

#include "aws/dynamodb.h"
#include "aws/item.h"
#include "aws/sqs.h"

int t_bad;
struct tq_aws *client;
struct tq_aws_call c;
struct tq_err err;
struct tq_arena mem;
char name[64];
const char *base, *left_out;

bool
lacks(const char *what)
{
	const char *list = getenv("TQ_LACKS");

	return list != NULL && strstr(list, what) != NULL;
}

void
done(int built, const char *wanted)
{
	if (built == -1)
		T_FAIL("%s", err.msg);
	else if (tq_aws_call(client, &c, 1) > 0 && wanted == NULL)
		T_FAIL("%s", c.err.msg);
	if (wanted != NULL && strcmp(c.fault.code, wanted) != 0)
		T_FAIL("%s is %d %s, not %s", c.what, c.res.status,
		    c.fault.code, wanted);
}

void
begin(enum tq_aws_service service, const char *what)
{
	tq_aws_call_free(&c);
	c = (struct tq_aws_call){ .service = service, .what = what };
}

static const char *queue_url;

static void
test_queue(void)
{
	static const char *const attrs[] = { "VisibilityTimeout", "45",
	    NULL };
	static const char *const change[] = { "VisibilityTimeout", "50",
	    NULL };
	const char *again = NULL;

	SQS("CreateQueue", tq_sqs_create_queue(&c.req, base, name, attrs,
	    &err));
	T_INT(tq_sqs_queue_url(&c.res, &mem, &queue_url, &err), 0);
	T_MUST(queue_url != NULL);
	SQS("GetQueueUrl", tq_sqs_get_url(&c.req, base, name, NULL, &err));
	T_INT(tq_sqs_queue_url(&c.res, &mem, &again, &err), 0);
	T_STR(again, queue_url);
	SQS("SetQueueAttributes", tq_sqs_set_attributes(&c.req, base,
	    queue_url, change, &err));
	SQS("GetQueueAttributes", tq_sqs_get_attributes(&c.req, base,
	    queue_url, &err));
	T_STR(tq_sqs_attribute(&c.res, "VisibilityTimeout", &mem), "50");
	begin(TQ_AWS_SQS, "sqs GetQueueUrl");
	done(tq_sqs_get_url(&c.req, base, "no-such-queue", NULL, &err),
	    "QueueDoesNotExist");
	T_INT(c.err.code, TQ_E_NOTFOUND);
}

static void
test_messages(void)
{
	const struct tq_sqs_attr attr = { "kind", "Binary", { "\0\1", 2 } };
	struct tq_sqs_out m[3] = { { .body = tq_span_of("{\"n\":1}") },
	    { .body = tq_span_of(lacks("astral") ? "gr\xc3\xbcn\n\"x\"" :
	    "gr\xc3\xbcn\n\"x\" \xf0\x9f\x98\x80"), .attrs = &attr,
	    .nattrs = 1 }, { .body = tq_span_of("3") } };
	struct tq_sqs_result r[TQ_SQS_BATCH];
	const char *receipts[TQ_SQS_BATCH];
	int seconds[TQ_SQS_BATCH] = { 0 };
	struct tq_sqs_msg *got;
	size_t i, n, seen = 0, binary = 0;

	T_MUST(queue_url != NULL);
	SQS("SendMessage", tq_sqs_send(&c.req, base, queue_url, &m[0], &err));
	T_INT(tq_sqs_sent(&c.res, &m[0], r, &err), 0);
	T_OK(r[0].ok);
	SQS("SendMessageBatch", tq_sqs_send_batch(&c.req, base, queue_url,
	    m + 1, 2, &err));
	T_INT(tq_sqs_sent_batch(&c.res, m + 1, 2, r, &err), 0);
	T_OK(r[0].ok && r[1].ok);
	while (seen < 3) {
		SQS("ReceiveMessage", tq_sqs_receive(&c.req, base, queue_url,
		    10, 1, 30, &err));
		T_INT(tq_sqs_received(&c.res, &mem, &got, &n, &err), 0);
		T_MUST(n > 0);
		for (i = 0; i < n; i++, seen++) {
			receipts[seen] = got[i].receipt;
			T_OK(got[i].intact);
			T_INT(got[i].receives, 1);
			T_OK(got[i].sent_ms > 0);
			binary += got[i].nattrs == 1 &&
			    got[i].attrs[0].value.n == 2;
		}
	}
	T_INT(binary, 1);
	SQS("ChangeMessageVisibility", tq_sqs_visibility(&c.req, base,
	    queue_url, receipts[0], 10, &err));
	SQS("ChangeMessageVisibilityBatch", tq_sqs_visibility_batch(&c.req,
	    base, queue_url, receipts, seconds, 3, &err));
	T_INT(tq_sqs_changed_batch(&c.res, 3, r, &err), 0);
	T_OK(r[0].ok && r[1].ok && r[2].ok);
	SQS("ReceiveMessage", tq_sqs_receive(&c.req, base, queue_url, 1, 1,
	    30, &err));
	T_INT(tq_sqs_received(&c.res, &mem, &got, &n, &err), 0);
	T_MUST(n == 1);
	T_INT(got[0].receives, 2);
	SQS("DeleteMessage", tq_sqs_delete(&c.req, base, queue_url,
	    got[0].receipt, &err));
	SQS("DeleteMessageBatch", tq_sqs_delete_batch(&c.req, base, queue_url,
	    receipts, 3, &err));
	T_INT(tq_sqs_changed_batch(&c.res, 3, r, &err), 0);
	SQS("PurgeQueue", tq_sqs_purge(&c.req, base, queue_url, &err));
}

static struct tq_ddb_table table = { name, { "pk", "S" }, { NULL, NULL },
    "due", { "shard", "S" }, { "ringAt", "N" },
    (const char *const []){ "kind", NULL }, 0, 0 };

static void
wait_active(void)
{
	const char *status = NULL;
	int i;

	for (i = 0; i < 1200; i++) {
		DDB("DescribeTable", tq_ddb_describe_table(&c.req, base, name,
		    &err));
		status = tq_ddb_table_status(&c.res, &mem);
		if (status != NULL && strcmp(status, "ACTIVE") == 0)
			return;
		usleep(50000);
	}
	T_FAIL("the table is %s", status != NULL ? status : "not described");
}

static void
test_table(void)
{
	struct tq_ddb_table other = table;

	DDB("CreateTable", tq_ddb_create_table(&c.req, base, &table, &err));
	wait_active();
	T_OK(tq_ddb_table_differs(&c.res, &table) == NULL);
	other.hash.name = "id";
	T_STR(tq_ddb_table_differs(&c.res, &other), "key");
	begin(TQ_AWS_DYNAMODB, "dynamodb CreateTable");
	done(tq_ddb_create_table(&c.req, base, &table, &err),
	    "ResourceInUseException");
	T_INT(c.err.code, TQ_E_TAKEN);
	begin(TQ_AWS_DYNAMODB, "dynamodb DescribeTable");
	done(tq_ddb_describe_table(&c.req, base, "no-such-table", &err),
	    "ResourceNotFoundException");
	if (lacks("ttl"))
		return;
	DDB("UpdateTimeToLive", tq_ddb_set_ttl(&c.req, base, name, "expires",
	    &err));
	DDB("DescribeTimeToLive", tq_ddb_get_ttl(&c.req, base, name, &err));
	T_STR(tq_ddb_ttl_attr(&c.res, &mem), "expires");
}

static struct tq_span
key(const char *pk)
{
	struct tq_buf b = TQ_BUF_INIT(1024);
	struct tq_span s;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", pk);
	tq_item_close(&b, NULL);
	s = tq_arena_span(&mem, tq_buf_span(&b));
	tq_buf_free(&b);
	return s;
}

static struct tq_span
item(const char *pk, int64_t due)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	struct tq_span s;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", pk);
	tq_item_text(&b, "shard", "q#PENDING#0");
	tq_item_int(&b, "ringAt", due);
	tq_item_text(&b, "kind", "gr\xc3\xbcn \"\\\n");
	tq_item_bin(&b, "bin", (struct tq_span){ "\0\xff", 2 });
	tq_item_bool(&b, "flag", true);
	tq_item_null(&b, "none");
	tq_item_close(&b, NULL);
	s = tq_arena_span(&mem, tq_buf_span(&b));
	tq_buf_free(&b);
	return s;
}

static void
test_items(void)
{
	static const char *const names[] = { "#k", "kind", NULL };
	struct tq_ddb_write w = { .table = name, .item = item("a", 5),
	    .condition = "attribute_not_exists(pk)", .old_if_failed = true };
	struct tq_span got, bin;
	int64_t n = 0;
	bool flag = false;

	DDB("PutItem", tq_ddb_put(&c.req, base, &w, &err));
	begin(TQ_AWS_DYNAMODB, "dynamodb PutItem");
	done(tq_ddb_put(&c.req, base, &w, &err),
	    "ConditionalCheckFailedException");
	T_INT(c.err.code, TQ_E_LOST);
	if (!lacks("old-if-failed")) {
		T_MUST(tq_ddb_item(&c.res, &got));
		T_OK(tq_item_get_int(got, "ringAt", &n) && n == 5);
	}
	DDB("GetItem", tq_ddb_get(&c.req, base, name, key("a"), true, &err));
	T_MUST(tq_ddb_item(&c.res, &got));
	T_STR(tq_item_get_text(got, "kind", &mem), "gr\xc3\xbcn \"\\\n");
	T_OK(tq_item_get_bin(got, "bin", &mem, &bin) && bin.n == 2);
	T_OK(tq_item_get_bool(got, "flag", &flag) && flag);
	T_OK(tq_item_is_null(got, "none"));
	w = (struct tq_ddb_write){ .table = name, .item = key("a"),
	    .update = "SET #k=:k ADD ringAt :one",
	    .condition = "#k<>:k", .returns = "ALL_NEW",
	    .bind = { names, tq_span_of("{\":k\":{\"S\":\"new\"},"
	    "\":one\":{\"N\":\"1\"}}") } };
	DDB("UpdateItem", tq_ddb_update(&c.req, base, &w, &err));
	T_MUST(tq_ddb_item(&c.res, &got));
	T_STR(tq_item_get_text(got, "kind", &mem), "new");
	T_OK(tq_item_get_int(got, "ringAt", &n) && n == 6);
	w = (struct tq_ddb_write){ .table = name, .item = key("a"),
	    .returns = "ALL_OLD" };
	DDB("DeleteItem", tq_ddb_delete(&c.req, base, &w, &err));
	T_OK(tq_ddb_item(&c.res, &got));
	DDB("GetItem", tq_ddb_get(&c.req, base, name, key("a"), true, &err));
	T_OK(!tq_ddb_item(&c.res, &got));
}

static void
test_query(void)
{
	static const char *const names[] = { "#s", "shard", NULL };
	struct tq_ddb_query q = { .table = name, .index = "due",
	    .key = "#s=:s AND ringAt<:t", .limit = 2, .bind = { names,
	    tq_span_of("{\":s\":{\"S\":\"q#PENDING#0\"},"
	    "\":t\":{\"N\":\"4\"}}") } };
	const struct tq_span keys[] = { key("1"), key("3"), key("gone") };
	struct tq_ddb_write w = { .table = name };
	struct tq_ddb_page page;
	char pk[2] = "1";
	size_t total = 0;

	for (; pk[0] <= '5'; pk[0]++) {
		w.item = item(pk, pk[0] - '0');
		DDB("PutItem", tq_ddb_put(&c.req, base, &w, &err));
	}
	do {
		DDB("Query", tq_ddb_query(&c.req, base, &q, &err));
		T_INT(tq_ddb_queried(&c.res, &mem, &page, &err), 0);
		total += page.n;
		q.from = tq_arena_span(&mem, page.last);
	} while (page.last.n > 0 && total < 10);
	T_INT(total, 3);
	DDB("BatchGetItem", tq_ddb_batch_get(&c.req, base, name, keys, 3,
	    true, &err));
	T_INT(tq_ddb_batch_got(&c.res, name, &mem, &page, &err), 0);
	T_INT(page.n, 2);
	T_INT(page.nunprocessed, 0);
	DDB("BatchWriteItem", tq_ddb_batch_delete(&c.req, base, name, keys, 3,
	    &err));
	T_INT(tq_ddb_batch_deleted(&c.res, name, &mem, &page, &err), 0);
	q.from = TQ_SPAN_NONE;
	q.limit = 0;
	q.count = true;
	DDB("Query", tq_ddb_query(&c.req, base, &q, &err));
	T_INT(tq_ddb_queried(&c.res, &mem, &page, &err), 0);
	T_INT(page.count, 1);
}

static const struct t_case sqs_cases[] = {
	{ "SQS: a queue is made, found and changed", test_queue },
	{ "SQS: messages go round, one by one and in batches",
	    test_messages },
};

static const struct t_case ddb_cases[] = {
	{ "DynamoDB: a table is made and described", test_table },
	{ "DynamoDB: items, conditions, updates", test_items },
	{ "DynamoDB: queries on the index, batches", test_query },
};

static int number, failed;

/* Those of one service, if it has an endpoint. */
static void
run(const char *var, const struct t_case *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		t_bad = 0;
		left_out = NULL;
		number++;
		if (getenv(var) == NULL) {
			printf("ok %d - %s # skip no %s\n", number,
			    cases[i].sentence, var);
			continue;
		}
		cases[i].run();
		printf("%s %d - %s%s%s\n", t_bad ? "not ok" : "ok", number,
		    cases[i].sentence, left_out != NULL ?
		    " # skip this one lacks " : "", left_out != NULL ?
		    left_out : "");
		fflush(stdout);
		failed += t_bad != 0;
	}
}

#define N(a)	(sizeof(a) / sizeof((a)[0]))

int
main(void)
{
	struct tq_aws_opts opts = { .env = &tq_env_system };

	snprintf(name, sizeof(name), "tq-calls-%d-%ld", (int)getpid(),
	    (long)time(NULL));
	printf("1..%zu\n", N(sqs_cases) + N(ddb_cases) + ns3_cases);
	if (tq_aws_new(&opts, &client, &err) == -1) {
		printf("Bail out! %s\n", err.msg);
		return 1;
	}
	run("AWS_ENDPOINT_URL_SQS", sqs_cases, N(sqs_cases));
	run("AWS_ENDPOINT_URL_DYNAMODB", ddb_cases, N(ddb_cases));
	run("AWS_ENDPOINT_URL_S3", s3_cases, ns3_cases);
	tq_aws_call_free(&c);
	tq_aws_free(client);
	tq_arena_free(&mem);
	return failed != 0;
}

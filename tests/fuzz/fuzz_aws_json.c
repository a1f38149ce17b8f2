/*
 * tests/fuzz/fuzz_aws_json.c -- any bytes as what SQS and DynamoDB answer, and
 * as items.
 *
 * Beyond "no crash": what tq_aws_body() refuses no reader sees; a reader that
 * refuses says why; what it gives lies within the answer.
 */
#include "fuzz.h"

#include "aws/dynamodb.h"
#include "aws/fault.h"
#include "aws/item.h"
#include "aws/sqs.h"
#include "net/http.h"
#include "util/err.h"
#include "util/json.h"

static bool
within(const struct tq_http_res *res, struct tq_span s)
{
	return s.n == 0 || (s.p >= res->body.data &&
	    s.p + s.n <= res->body.data + res->body.len);
}

static void
read_sqs(const struct tq_http_res *res, struct tq_arena *mem)
{
	struct tq_sqs_out out[2] = { { .body = { "x", 1 } },
	    { .body = { "y", 1 } } };
	struct tq_sqs_result results[2];
	struct tq_err err = TQ_ERR_INIT;
	struct tq_sqs_msg *msgs;
	const char *url;
	size_t n, i;

	if (tq_sqs_sent(res, out, results, &err) == -1)
		MUST(err.msg[0] != '\0');
	if (tq_sqs_sent_batch(res, out, 2, results, &err) == 0)
		for (i = 0; i < 2; i++)
			MUST(results[i].ok || results[i].code[0] != '\0');
	tq_sqs_changed_batch(res, 2, results, &err);
	if (tq_sqs_received(res, mem, &msgs, &n, &err) == 0)
		for (i = 0; i < n; i++)
			MUST(msgs[i].id != NULL && msgs[i].receipt != NULL);
	if (tq_sqs_queue_url(res, mem, &url, &err) == 0)
		MUST(url[0] != '\0');
	tq_sqs_attribute(res, "RedrivePolicy", mem);
}

static void
read_item(struct tq_span item, struct tq_arena *mem, int depth)
{
	static const char *const names[] = { "pk", "n", "b", "m", "l" };
	struct tq_span s, typed;
	int64_t num;
	size_t i;
	bool b;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		tq_item_get(item, names[i], &typed);
		tq_item_get_str(item, names[i], mem, &s);
		tq_item_get_text(item, names[i], mem);
		tq_item_get_int(item, names[i], &num);
		tq_item_get_num(item, names[i], mem);
		tq_item_get_bin(item, names[i], mem, &s);
		tq_item_get_bool(item, names[i], &b);
		tq_item_is_null(item, names[i]);
		tq_item_get_list(item, names[i], mem);
		if (depth < 3 && tq_item_get_map(item, names[i], &s))
			read_item(s, mem, depth + 1);
	}
}

static void
read_page(const struct tq_http_res *res, const struct tq_ddb_page *page,
    struct tq_arena *mem)
{
	size_t i;

	for (i = 0; i < page->n; i++) {
		MUST(within(res, page->items[i]));
		read_item(page->items[i], mem, 0);
	}
	for (i = 0; i < page->nunprocessed; i++)
		MUST(within(res, page->unprocessed[i]));
	MUST(within(res, page->last));
}

static void
read_dynamodb(const struct tq_http_res *res, struct tq_arena *mem)
{
	static const struct tq_ddb_table table = { .name = "t",
	    .hash = { "pk", "S" }, .index = "i", .index_hash = { "g", "S" },
	    .index_range = { "r", "N" } };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_ddb_page page;
	struct tq_span item;

	tq_ddb_intact(res);
	if (tq_ddb_item(res, &item)) {
		MUST(within(res, item));
		read_item(item, mem, 0);
	}
	if (tq_ddb_queried(res, mem, &page, &err) == 0)
		read_page(res, &page, mem);
	if (tq_ddb_batch_got(res, "t", mem, &page, &err) == 0)
		read_page(res, &page, mem);
	if (tq_ddb_batch_deleted(res, "t", mem, &page, &err) == 0)
		read_page(res, &page, mem);
	tq_ddb_table_status(res, mem);
	tq_ddb_index_status(res, "i", mem);
	tq_ddb_ttl_attr(res, mem);
	tq_ddb_table_differs(res, &table);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char head[] = "HTTP/1.1 200 OK\0x-amz-crc32: 1";
	struct tq_http_res res = { .status = n % 2 == 0 ? 200 : 400,
	    .head = TQ_BUF_INIT(1024), .body = TQ_BUF_INIT(1 << 20) };
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_aws_fault fault;

	tq_buf_add(&res.head, head, sizeof(head));
	tq_buf_add(&res.body, data, n);
	tq_aws_fault_json(&res, &fault);
	tq_aws_fault_err(&fault, "x", &err);
	MUST(err.code != TQ_OK && strncmp(err.msg, "x: ", 3) == 0);
	if (tq_aws_body(&res, "x", &err) == 0) {
		read_sqs(&res, &mem);
		read_dynamodb(&res, &mem);
		read_item(tq_buf_span(&res.body), &mem, 0);
	}
	tq_arena_free(&mem);
	tq_http_res_free(&res);
	return 0;
}

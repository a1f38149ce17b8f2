/* tests/unit/test_aws_dynamodb.c -- items, requests and answers. */
#include "t.h"

#include "aws/dynamodb.h"
#include "aws/fault.h"
#include "aws/item.h"
#include "aws/units.h"
#include "aws/request.h"
#include "t_reply.h"
#include "util/err.h"
#include "util/json.h"

#define BASE	"http://127.0.0.1:8000"
#define KEY	"{\"pk\":{\"S\":\"a\"}}"

static struct tq_aws_req req;
static struct tq_err err;
static struct tq_arena mem;

static const char *
sent(int rc)
{
	static char body[8192];

	if (rc == -1)
		T_FAIL("%s", err.msg);
	snprintf(body, sizeof(body), "%.*s", (int)req.body.n, req.body.p);
	T_INT(tq_json_check(tq_span_of(body), NULL), 0);
	tq_aws_req_free(&req);
	return body;
}

static void
test_items(void)
{
	static const char *const list[] = { "a", "b\"", NULL };
	struct tq_buf b = TQ_BUF_INIT(4096);
	struct tq_span item, s;
	const char **strings;
	int64_t n;
	bool flag = false;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "s", "gr\xc3\xbcn \"x\"");
	tq_item_int(&b, "n", INT64_MIN);
	tq_item_num(&b, "d", "12345678901234567890123456789012345678");
	tq_item_bin(&b, "b", (struct tq_span){ "\0\xff\x10", 3 });
	tq_item_bool(&b, "t", true);
	tq_item_null(&b, "z");
	tq_item_list(&b, "l", list);
	tq_item_open(&b, "m");
	tq_item_text(&b, "in", "side");
	tq_item_close(&b, "m");
	tq_item_raw(&b, "r", tq_span_of("{\"SS\":[\"x\"]}"));
	tq_item_close(&b, NULL);
	item = tq_buf_span(&b);
	T_INT(tq_json_check(item, &err), 0);
	T_STR(tq_item_get_text(item, "s", &mem), "gr\xc3\xbcn \"x\"");
	T_OK(tq_item_get_int(item, "n", &n) && n == INT64_MIN);
	T_STR(tq_item_get_num(item, "d", &mem),
	    "12345678901234567890123456789012345678");
	T_OK(!tq_item_get_int(item, "d", &n));
	T_OK(tq_item_get_bin(item, "b", &mem, &s) && s.n == 3 &&
	    memcmp(s.p, "\0\xff\x10", 3) == 0);
	T_OK(tq_item_get_bool(item, "t", &flag) && flag);
	T_OK(tq_item_is_null(item, "z") && !tq_item_is_null(item, "s"));
	strings = tq_item_get_list(item, "l", &mem);
	T_MUST(strings != NULL);
	T_STR(strings[1], "b\"");
	T_OK(strings[2] == NULL);
	T_OK(tq_item_get_map(item, "m", &s));
	T_STR(tq_item_get_text(s, "in", &mem), "side");
	/* Another type, or not there. */
	T_OK(tq_item_get_text(item, "n", &mem) == NULL);
	T_OK(!tq_item_get_int(item, "s", &n));
	T_OK(!tq_item_get(item, "absent", &s));
	tq_buf_free(&b);
	tq_arena_free(&mem);
}

static void
test_numbers(void)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t n;
	} t[] = {
		{ "0", true, 0 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "9223372036854775808", false, 0 },
		{ "-12", true, -12 },
		{ "12.0", true, 12 },
		{ "1E3", true, 1000 },
		{ "1.5", false, 0 },
		{ "", false, 0 },
		{ "x", false, 0 },
	};
	char item[128];
	int64_t n;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n = 77;
		snprintf(item, sizeof(item), "{\"n\":{\"N\":\"%s\"}}",
		    t[i].text);
		T_INT(tq_item_get_int(tq_span_of(item), "n", &n), t[i].ok);
		T_INT(n, t[i].ok ? t[i].n : 77);
	}
}

static void
test_writes(void)
{
	static const char *const names[] = { "#s", "status", NULL };
	struct tq_ddb_write w = { .table = "t", .item = tq_span_of(KEY) };

	T_INT(tq_ddb_put(&req, BASE, &w, &err), 0);
	T_STR(tq_aws_req_find(&req, "x-amz-target"),
	    "DynamoDB_20120810.PutItem");
	T_STR(sent(0), "{\"TableName\":\"t\",\"Item\":" KEY "}");
	w.update = "SET #s=:s";
	w.condition = "attribute_exists(pk)";
	w.bind.names = names;
	w.bind.values = tq_span_of("{\":s\":{\"S\":\"RUNNING\"}}");
	w.returns = "ALL_NEW";
	w.old_if_failed = true;
	T_STR(sent(tq_ddb_update(&req, BASE, &w, &err)), "{\"TableName\":"
	    "\"t\",\"Key\":" KEY ",\"UpdateExpression\":\"SET #s=:s\","
	    "\"ConditionExpression\":\"attribute_exists(pk)\","
	    "\"ExpressionAttributeNames\":{\"#s\":\"status\"},"
	    "\"ExpressionAttributeValues\":{\":s\":{\"S\":\"RUNNING\"}},"
	    "\"ReturnValues\":\"ALL_NEW\","
	    "\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"}");
	w = (struct tq_ddb_write){ .table = "t", .item = tq_span_of(KEY),
	    .bind.values = tq_span_of("{}") };
	T_STR(sent(tq_ddb_delete(&req, BASE, &w, &err)),
	    "{\"TableName\":\"t\",\"Key\":" KEY "}");
}

static void
test_reads(void)
{
	const struct tq_span keys[] = { tq_span_of(KEY),
	    tq_span_of("{\"pk\":{\"S\":\"b\"}}") };
	struct tq_ddb_query q = { .table = "t", .index = "i", .key = "k=:k",
	    .bind.values = tq_span_of("{\":k\":{\"S\":\"x\"}}"), .limit = 5,
	    .backward = true, .count = true, .from = tq_span_of(KEY) };

	T_STR(sent(tq_ddb_get(&req, BASE, "t", keys[0], true, &err)),
	    "{\"TableName\":\"t\",\"Key\":" KEY ",\"ConsistentRead\":true}");
	T_STR(sent(tq_ddb_batch_get(&req, BASE, "t", keys, 2, true, &err)),
	    "{\"RequestItems\":{\"t\":{\"Keys\":[" KEY ",{\"pk\":{\"S\":"
	    "\"b\"}}],\"ConsistentRead\":true}}}");
	T_STR(sent(tq_ddb_batch_delete(&req, BASE, "t", keys, 2, &err)),
	    "{\"RequestItems\":{\"t\":[{\"DeleteRequest\":{\"Key\":" KEY
	    "}},{\"DeleteRequest\":{\"Key\":{\"pk\":{\"S\":\"b\"}}}}]}}");
	T_STR(sent(tq_ddb_query(&req, BASE, &q, &err)), "{\"TableName\":"
	    "\"t\",\"IndexName\":\"i\",\"KeyConditionExpression\":\"k=:k\","
	    "\"ExpressionAttributeValues\":{\":k\":{\"S\":\"x\"}},"
	    "\"Limit\":5,\"ScanIndexForward\":false,\"Select\":\"COUNT\","
	    "\"ExclusiveStartKey\":" KEY "}");
}

static const struct tq_ddb_table table = { "t", { "pk", "S" },
    { NULL, NULL }, "due", { "shard", "S" }, { "ringAt", "N" },
    (const char *const []){ "type", NULL }, 0, 0 };

static void
test_tables(void)
{
	T_STR(sent(tq_ddb_create_table(&req, BASE, &table, &err)),
	    "{\"TableName\":\"t\",\"AttributeDefinitions\":["
	    "{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},"
	    "{\"AttributeName\":\"shard\",\"AttributeType\":\"S\"},"
	    "{\"AttributeName\":\"ringAt\",\"AttributeType\":\"N\"}],"
	    "\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"}],"
	    "\"GlobalSecondaryIndexes\":[{\"IndexName\":\"due\","
	    "\"KeySchema\":[{\"AttributeName\":\"shard\",\"KeyType\":"
	    "\"HASH\"},{\"AttributeName\":\"ringAt\",\"KeyType\":\"RANGE\"}],"
	    "\"Projection\":{\"ProjectionType\":\"INCLUDE\","
	    "\"NonKeyAttributes\":[\"type\"]}}],"
	    "\"BillingMode\":\"PAY_PER_REQUEST\"}");
	T_STR(sent(tq_ddb_describe_table(&req, BASE, "t", &err)),
	    "{\"TableName\":\"t\"}");
	T_STR(sent(tq_ddb_set_ttl(&req, BASE, "t", "expiresAt", &err)),
	    "{\"TableName\":\"t\",\"TimeToLiveSpecification\":"
	    "{\"Enabled\":true,\"AttributeName\":\"expiresAt\"}}");
	T_STR(sent(tq_ddb_get_ttl(&req, BASE, "t", &err)),
	    "{\"TableName\":\"t\"}");
}

static void
test_tables_read(void)
{
	struct tq_ddb_table other = table;
	struct tq_http_res r = t_reply(200, NULL, "{\"Table\":{"
	    "\"TableStatus\":\"ACTIVE\",\"KeySchema\":[{\"AttributeName\":"
	    "\"pk\",\"KeyType\":\"HASH\"}],\"GlobalSecondaryIndexes\":["
	    "{\"IndexName\":\"due\",\"IndexStatus\":\"CREATING\","
	    "\"KeySchema\":[{\"AttributeName\":\"shard\",\"KeyType\":"
	    "\"HASH\"},{\"AttributeName\":\"ringAt\",\"KeyType\":"
	    "\"RANGE\"}]}]}}");

	T_STR(tq_ddb_table_status(&r, &mem), "ACTIVE");
	T_STR(tq_ddb_index_status(&r, "due", &mem), "CREATING");
	T_OK(tq_ddb_index_status(&r, "x", &mem) == NULL);
	T_OK(tq_ddb_table_differs(&r, &table) == NULL);
	other.range.name = "sk";
	T_STR(tq_ddb_table_differs(&r, &other), "key");
	other = table;
	other.index = "x";
	T_STR(tq_ddb_table_differs(&r, &other), "index");
	other = table;
	other.index_range.name = "x";
	T_STR(tq_ddb_table_differs(&r, &other), "index key");
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "{\"TimeToLiveDescription\":{"
	    "\"TimeToLiveStatus\":\"ENABLED\",\"AttributeName\":\"e\"}}");
	T_STR(tq_ddb_ttl_attr(&r, &mem), "e");
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "{\"TimeToLiveDescription\":{"
	    "\"TimeToLiveStatus\":\"DISABLED\"}}");
	T_OK(tq_ddb_ttl_attr(&r, &mem) == NULL);
	tq_http_res_free(&r);
	tq_arena_free(&mem);
}

/* Did a batch come back without a single item, and with keys left? */
static void
test_stalled(void)
{
	static const struct { const char *body; bool stalled; } rows[] = {
		{ "{\"Responses\":{\"t\":[]},\"UnprocessedKeys\":{\"t\":{}}}", true },
		{ "{\"UnprocessedKeys\":{\"t\":{}}}", true },
		{ "{\"Responses\":{\"t\":[" KEY "]},\"UnprocessedKeys\":{\"t\":{}}}",
		    false },
		{ "{\"Responses\":{\"t\":[]},\"UnprocessedKeys\":{}}", false },
		{ "{\"UnprocessedKeys\":[{}]}", false },
		{ "{}", false },
	};
	struct tq_http_res r;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = t_reply(200, NULL, rows[i].body);
		if (tq_ddb_stalled(&r) != rows[i].stalled)
			T_FAIL("%s", rows[i].body);
		tq_http_res_free(&r);
	}
}

static void
test_answers(void)
{
	struct tq_http_res r = t_reply(200, NULL, "{}");
	struct tq_ddb_page p;
	struct tq_aws_fault f;
	struct tq_span item;

	T_OK(!tq_ddb_item(&r, &item));
	/* What answers so to anything is no DynamoDB, and knows nothing. */
	T_INT(tq_ddb_queried(&r, &mem, &p, &err), -1);
	T_INT(err.code, TQ_E_CORRUPT);
	T_INT(tq_ddb_batch_got(&r, "t", &mem, &p, &err), -1);
	T_INT(err.code, TQ_E_CORRUPT);
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "{\"Items\":[],\"Count\":0}");
	T_INT(tq_ddb_queried(&r, &mem, &p, &err), 0);
	T_INT(p.n, 0);
	T_INT(p.last.n, 0);
	tq_http_res_free(&r);
	r = t_reply(400, NULL, "{\"__type\":\"com.amazonaws.dynamodb."
	    "v20120810#ConditionalCheckFailedException\",\"message\":"
	    "\"no\",\"Item\":{\"token\":{\"N\":\"7\"}}}");
	tq_aws_fault_json(&r, &f);
	T_OK(tq_aws_fault_is(&f, "ConditionalCheckFailedException"));
	T_OK(tq_ddb_item(&r, &item));
	T_STR(tq_item_get_num(item, "token", &mem), "7");
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "{\"Items\":[" KEY "," KEY "],\"Count\":2,"
	    "\"LastEvaluatedKey\":" KEY "}");
	T_INT(tq_ddb_queried(&r, &mem, &p, &err), 0);
	T_INT(p.n, 2);
	T_OK(tq_span_eq(p.last, KEY));
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "{\"Count\":12}");
	T_INT(tq_ddb_queried(&r, &mem, &p, &err), 0);
	T_INT(p.count, 12);
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "{\"Items\":[");
	T_INT(tq_ddb_queried(&r, &mem, &p, &err), -1);
	T_OK(err.retryable);
	tq_http_res_free(&r);
	tq_arena_free(&mem);
}

#define WARM(r, w)	"\"WarmThroughput\":{\"ReadUnitsPerSecond\":" r ","	\
			"\"WriteUnitsPerSecond\":" w "}"

static void
test_warm(void)
{
	struct tq_ddb_table t = table;
	struct tq_http_res r = t_reply(200, NULL, "{\"Table\":{"
	    WARM("12000", "4000") ",\"GlobalSecondaryIndexes\":["
	    "{\"IndexName\":\"due\"," WARM("12000", "3000") "}]}}"),
	    none = t_reply(200, NULL, "{\"Table\":{\"GlobalSecondaryIndexes\":"
	    "[{\"IndexName\":\"due\"}]}}");

	t.warm_reads = 12000;
	t.warm_writes = 4000;
	T_STR(sent(tq_ddb_warm_table(&req, BASE, &t, &err)),
	    "{\"TableName\":\"t\"," WARM("12000", "4000")
	    ",\"GlobalSecondaryIndexUpdates\":[{\"Update\":"
	    "{\"IndexName\":\"due\"," WARM("12000", "4000") "}}]}");
	T_OK(strstr(sent(tq_ddb_create_table(&req, BASE, &t, &err)),
	    "[\"type\"]}," WARM("12000", "4000") "}]," WARM("12000", "4000"))
	    != NULL);
	/* The index is not warm enough, then it is; another says nothing. */
	T_OK(!tq_ddb_table_is_warm(&r, &t));
	t.warm_writes = 3000;
	T_OK(tq_ddb_table_is_warm(&r, &t));
	t.warm_reads = 12001;
	T_OK(!tq_ddb_table_is_warm(&r, &t));
	T_OK(!tq_ddb_table_is_warm(&none, &t));
	tq_http_res_free(&r);
	tq_http_res_free(&none);
	tq_arena_free(&mem);
}

static void
test_sizes(void)
{
	static const struct {
		const char	*item;
		size_t		 n;
	} t[] = {
		{ "{}", 0 }, { "{\"pk\":{\"S\":\"abc\"}}", 5 },
		{ "{\"a\":{\"S\":\"gr\\u00fcn\\n\"}}", 1 + 6 },
		{ "{\"n\":{\"N\":\"27\"}}", 1 + 2 },
		{ "{\"n\":{\"N\":\"123\"}}", 1 + 3 },
		{ "{\"b\":{\"B\":\"AAAA\"}}", 1 + 3 },
		{ "{\"y\":{\"BOOL\":true}}", 1 + 1 },
		{ "{\"m\":{\"M\":{\"a\":{\"S\":\"bc\"}}}}", 1 + 3 + 3 },
		{ "{\"l\":{\"L\":[{\"S\":\"ab\"},{\"S\":\"c\"}]}}", 1 + 3 + 5 },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		T_INT(tq_item_size(tq_span_of(t[i].item)), t[i].n);
}

static void
test_units(void)
{
	struct tq_ddb_write w = { .table = "t", .item = tq_span_of(KEY) };
	struct tq_http_res r = t_reply(200, NULL, "{\"ConsumedCapacity\":"
	    "{\"CapacityUnits\":3.0,\"GlobalSecondaryIndexes\":{\"i\":"
	    "{\"CapacityUnits\":2}}}}"), batch = t_reply(200, NULL,
	    "{\"ConsumedCapacity\":[{\"CapacityUnits\":2.5},"
	    "{\"CapacityUnits\":1}]}");
	struct tq_units u;

	T_INT(tq_ddb_put(&req, BASE, &w, &err), 0);
	T_INT(tq_ddb_units_ask("dynamodb PutItem", &req, &err), 0);
	/* Asked once, however often it is sent. */
	T_INT(tq_ddb_units_ask("dynamodb PutItem", &req, &err), 0);
	T_STR(sent(0), "{\"TableName\":\"t\",\"Item\":" KEY
	    ",\"ReturnConsumedCapacity\":\"INDEXES\"}");
	T_INT(tq_ddb_describe_table(&req, BASE, "t", &err), 0);
	T_INT(tq_ddb_units_ask("dynamodb DescribeTable", &req, &err), 0);
	T_STR(sent(0), "{\"TableName\":\"t\"}");
	u = tq_ddb_units_told("dynamodb PutItem", &r);
	T_INT(u.writes, 6);
	T_INT(u.index, 4);
	T_INT(u.reads + u.guessed, 0);
	u = tq_ddb_units_told("dynamodb BatchGetItem", &batch);
	T_INT(u.reads, 7);
	u = tq_ddb_units_guess(tq_span_of("{\"Item\":" KEY "}"));
	T_INT(u.guessed, 2);
	T_INT(u.writes, 0);
	tq_http_res_free(&r);
	tq_http_res_free(&batch);
}

static void
test_unprocessed(void)
{
	struct tq_http_res r = t_reply(200, NULL, "{\"Responses\":{\"t\":["
	    KEY "]},\"UnprocessedKeys\":{\"t\":{\"Keys\":[" KEY "]}}}");
	struct tq_ddb_page p;

	T_INT(tq_ddb_batch_got(&r, "t", &mem, &p, &err), 0);
	T_INT(p.n, 1);
	T_INT(p.nunprocessed, 1);
	T_OK(tq_span_eq(p.unprocessed[0], KEY));
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "{\"Responses\":{\"t\":[]},"
	    "\"UnprocessedKeys\":{}}");
	T_INT(tq_ddb_batch_got(&r, "t", &mem, &p, &err), 0);
	T_INT(p.n + p.nunprocessed, 0);
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "{\"UnprocessedItems\":{\"t\":["
	    "{\"DeleteRequest\":{\"Key\":" KEY "}}]}}");
	T_INT(tq_ddb_batch_deleted(&r, "t", &mem, &p, &err), 0);
	T_INT(p.nunprocessed, 1);
	T_OK(tq_span_eq(p.unprocessed[0], KEY));
	tq_http_res_free(&r);
	tq_arena_free(&mem);
}

static void
test_crc(void)
{
	/* crc32("{}") = 2745614147 */
	struct tq_http_res r = t_reply(200, "x-amz-crc32: 2745614147\n",
	    "{}");

	T_OK(tq_ddb_intact(&r));
	tq_buf_str(&r.body, " ");
	T_OK(!tq_ddb_intact(&r));
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "{}");
	T_OK(tq_ddb_intact(&r));
	tq_http_res_free(&r);
}

T_MAIN(
	{ "each type is written and read back", test_items },
	{ "whole numbers are read however they are written", test_numbers },
	{ "writes carry expression, condition and what to return",
	    test_writes },
	{ "gets, batches and queries", test_reads },
	{ "tables with an index, and TTL", test_tables },
	{ "a table's description is compared with what is wanted",
	    test_tables_read },
	{ "a table is made warm, or found to be", test_warm },
	{ "an item's bytes are those that DynamoDB counts", test_sizes },
	{ "what a call cost is asked for and read", test_units },
	{ "items, pages and failed conditions are read", test_answers },
	{ "a batch that gave nothing has stalled, unless nothing is left", test_stalled },
	{ "what a batch left over is found", test_unprocessed },
	{ "a body that is not what its CRC says is noticed", test_crc }
)

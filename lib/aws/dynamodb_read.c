/* lib/aws/dynamodb_read.c -- the readers; see dynamodb.h. */
#include <string.h>
#include <zlib.h>

#include "aws/dynamodb.h"
#include "aws/fault.h"
#include "net/http.h"
#include "util/err.h"
#include "util/json.h"
#include "util/str.h"

bool
tq_ddb_intact(const struct tq_http_res *res)
{
	const char *want = tq_http_get(res, "x-amz-crc32");
	int64_t sum;

	if (want == NULL || tq_str_int(want, 0, UINT32_MAX, &sum) == -1)
		return true;
	return (uint32_t)sum == crc32_z(0,
	    (const unsigned char *)res->body.data, res->body.len);
}

/* Has the object a member, or one that is not an empty list? */
static bool
has_some(struct tq_span obj, bool lists)
{
	struct tq_json_iter it = tq_json_iter(obj), in;
	struct tq_span key, v, inner;

	while (tq_json_next(&it, &key, &v)) {
		in = tq_json_iter(v);
		if (!lists || tq_json_next(&in, &key, &inner))
			return true;
	}
	return false;
}

bool
tq_ddb_stalled(const struct tq_http_res *res)
{
	struct tq_span body = tq_buf_span(&res->body), left, got;

	return tq_json_get(body, "UnprocessedKeys", &left) &&
	    tq_json_kind(left) == TQ_JSON_OBJECT && has_some(left, false) &&
	    !(tq_json_get(body, "Responses", &got) &&
	    tq_json_kind(got) == TQ_JSON_OBJECT && has_some(got, true));
}

bool
tq_ddb_item(const struct tq_http_res *res, struct tq_span *item)
{
	struct tq_span body = tq_buf_span(&res->body), v;

	if (tq_aws_body(res, "", NULL) == -1 ||
	    (!tq_json_get(body, "Item", &v) &&
	    !tq_json_get(body, "Attributes", &v)) ||
	    tq_json_kind(v) != TQ_JSON_OBJECT)
		return false;
	*item = v;
	return true;
}

static size_t
members(struct tq_span list, struct tq_arena *mem, struct tq_span **out)
{
	struct tq_json_iter it;
	struct tq_span key, v, *grown;
	size_t n = 0, cap = 32;

	*out = tq_arena_alloc(mem, cap * sizeof(**out));
	for (it = tq_json_iter(list); tq_json_next(&it, &key, &v);) {
		if (tq_json_kind(v) != TQ_JSON_OBJECT)
			continue;
		if (n == cap) {
			grown = tq_arena_alloc(mem, 2 * cap * sizeof(*grown));
			memcpy(grown, *out, n * sizeof(*grown));
			*out = grown;
			cap *= 2;
		}
		(*out)[n++] = v;
	}
	return n;
}

/* An answer of another kind than was asked for says nothing of what is there. */
static int
lacks(const char *what, const char *member, struct tq_err *err)
{
	tq_err_set(err, TQ_AT_RECEIVE, TQ_E_CORRUPT, "%s: the answer has no %s",
	    what, member);
	if (err != NULL)
		err->retryable = true;
	return -1;
}

static int
start(const struct tq_http_res *res, const char *what,
    struct tq_ddb_page *page, struct tq_err *err)
{
	*page = (struct tq_ddb_page){ 0 };
	return tq_aws_body(res, what, err);
}

/* obj[table], or obj[table][inner]: a list? */
static bool
of_table(struct tq_span obj, const char *table, const char *inner,
    struct tq_span *list)
{
	struct tq_span v;

	if (tq_json_kind(obj) != TQ_JSON_OBJECT || !tq_json_get(obj, table, &v))
		return false;
	if (inner != NULL && (tq_json_kind(v) != TQ_JSON_OBJECT ||
	    !tq_json_get(v, inner, &v)))
		return false;
	*list = v;
	return tq_json_kind(v) == TQ_JSON_ARRAY;
}

int
tq_ddb_queried(const struct tq_http_res *res, struct tq_arena *mem,
    struct tq_ddb_page *page, struct tq_err *err)
{
	struct tq_span body = tq_buf_span(&res->body), v;

	if (start(res, "dynamodb Query", page, err) == -1)
		return -1;
	if (tq_json_get(body, "Items", &v) &&
	    tq_json_kind(v) == TQ_JSON_ARRAY)
		page->n = members(v, mem, &page->items);
	else if (!tq_json_get(body, "Count", &v))
		return lacks("dynamodb Query", "Items", err);
	page->count = (int64_t)page->n;
	if (tq_json_get(body, "Count", &v))
		tq_json_int(v, &page->count);
	if (tq_json_get(body, "LastEvaluatedKey", &v) &&
	    tq_json_kind(v) == TQ_JSON_OBJECT)
		page->last = v;
	return 0;
}

int
tq_ddb_batch_got(const struct tq_http_res *res, const char *table,
    struct tq_arena *mem, struct tq_ddb_page *page, struct tq_err *err)
{
	struct tq_json_iter it = tq_json_iter(tq_buf_span(&res->body));
	struct tq_span key, v, list;
	bool responses = false;

	if (start(res, "dynamodb BatchGetItem", page, err) == -1)
		return -1;
	while (tq_json_next(&it, &key, &v)) {
		if (tq_json_key_is(key, "Responses")) {
			responses = true;
			if (of_table(v, table, NULL, &list))
				page->n = members(list, mem, &page->items);
		} else if (tq_json_key_is(key, "UnprocessedKeys") &&
		    of_table(v, table, "Keys", &list))
			page->nunprocessed = members(list, mem,
			    &page->unprocessed);
	}
	if (!responses)
		return lacks("dynamodb BatchGetItem", "Responses", err);
	page->count = (int64_t)page->n;
	return 0;
}

int
tq_ddb_batch_deleted(const struct tq_http_res *res, const char *table,
    struct tq_arena *mem, struct tq_ddb_page *page, struct tq_err *err)
{
	struct tq_span body = tq_buf_span(&res->body), v, key;
	size_t i, n;

	if (start(res, "dynamodb BatchWriteItem", page, err) == -1)
		return -1;
	if (!tq_json_get(body, "UnprocessedItems", &v) ||
	    !of_table(v, table, NULL, &v))
		return 0;
	n = members(v, mem, &page->unprocessed);
	for (i = 0; i < n; i++)
		if (tq_json_get(page->unprocessed[i], "DeleteRequest", &v) &&
		    tq_json_kind(v) == TQ_JSON_OBJECT &&
		    tq_json_get(v, "Key", &key))
			page->unprocessed[page->nunprocessed++] = key;
	return 0;
}

static bool
table_of(const struct tq_http_res *res, struct tq_span *table)
{
	struct tq_span body = tq_buf_span(&res->body);

	return tq_aws_body(res, "", NULL) == 0 &&
	    (tq_json_get(body, "Table", table) ||
	    tq_json_get(body, "TableDescription", table)) &&
	    tq_json_kind(*table) == TQ_JSON_OBJECT;
}

static const char *
str(struct tq_span obj, const char *key, struct tq_arena *mem)
{
	struct tq_span v, s;

	return tq_json_get(obj, key, &v) && tq_json_str(v, mem, &s) ? s.p :
	    NULL;
}

/* The member of a list of objects whose ${key} is ${val}. */
static bool
pick(struct tq_span obj, const char *list, const char *key, const char *val,
    struct tq_span *out)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_json_iter it;
	struct tq_span v, none;
	const char *s;
	bool hit = false;

	if (!tq_json_get(obj, list, &v) || tq_json_kind(v) != TQ_JSON_ARRAY)
		return false;
	for (it = tq_json_iter(v); !hit && tq_json_next(&it, &none, out);)
		hit = tq_json_kind(*out) == TQ_JSON_OBJECT &&
		    (s = str(*out, key, &mem)) != NULL && strcmp(s, val) == 0;
	tq_arena_free(&mem);
	return hit;
}

const char *
tq_ddb_table_status(const struct tq_http_res *res, struct tq_arena *mem)
{
	struct tq_span t;

	return table_of(res, &t) ? str(t, "TableStatus", mem) : NULL;
}

const char *
tq_ddb_table_arn(const struct tq_http_res *res, struct tq_arena *mem)
{
	struct tq_span t;

	return table_of(res, &t) ? str(t, "TableArn", mem) : NULL;
}

static bool
is_warm(struct tq_span obj, const char *member, int64_t want)
{
	struct tq_span v;
	int64_t n;

	return tq_json_get(obj, "WarmThroughput", &v) &&
	    tq_json_kind(v) == TQ_JSON_OBJECT && tq_json_get(v, member, &v) &&
	    tq_json_int(v, &n) && n >= want;
}

bool
tq_ddb_table_is_warm(const struct tq_http_res *res,
    const struct tq_ddb_table *t)
{
	struct tq_span table, i;

	return table_of(res, &table) && pick(table, "GlobalSecondaryIndexes",
	    "IndexName", t->index, &i) &&
	    is_warm(table, "ReadUnitsPerSecond", t->warm_reads) &&
	    is_warm(table, "WriteUnitsPerSecond", t->warm_writes) &&
	    is_warm(i, "ReadUnitsPerSecond", t->warm_reads) &&
	    is_warm(i, "WriteUnitsPerSecond", t->warm_writes);
}

const char *
tq_ddb_index_status(const struct tq_http_res *res, const char *index,
    struct tq_arena *mem)
{
	struct tq_span t, i;

	if (!table_of(res, &t) || !pick(t, "GlobalSecondaryIndexes",
	    "IndexName", index, &i))
		return NULL;
	return str(i, "IndexStatus", mem);
}

const char *
tq_ddb_ttl_attr(const struct tq_http_res *res, struct tq_arena *mem)
{
	struct tq_span v;
	const char *status;

	if (tq_aws_body(res, "", NULL) == -1 ||
	    !tq_json_get(tq_buf_span(&res->body), "TimeToLiveDescription",
	    &v) || tq_json_kind(v) != TQ_JSON_OBJECT)
		return NULL;
	status = str(v, "TimeToLiveStatus", mem);
	if (status == NULL || (strcmp(status, "ENABLED") != 0 &&
	    strcmp(status, "ENABLING") != 0))
		return NULL;
	return str(v, "AttributeName", mem);
}

static bool
key_is(struct tq_span obj, const char *type, const char *name)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_span k;
	const char *s;
	bool same;

	if (!pick(obj, "KeySchema", "KeyType", type, &k))
		return name == NULL;
	s = str(k, "AttributeName", &mem);
	same = name != NULL && s != NULL && strcmp(s, name) == 0;
	tq_arena_free(&mem);
	return same;
}

const char *
tq_ddb_table_differs(const struct tq_http_res *res,
    const struct tq_ddb_table *t)
{
	struct tq_span table, i;

	if (!table_of(res, &table) ||
	    !key_is(table, "HASH", t->hash.name) ||
	    !key_is(table, "RANGE", t->range.name))
		return "key";
	if (t->index == NULL)
		return NULL;
	if (!pick(table, "GlobalSecondaryIndexes", "IndexName", t->index, &i))
		return "index";
	if (!key_is(i, "HASH", t->index_hash.name) ||
	    !key_is(i, "RANGE", t->index_range.name))
		return "index key";
	return NULL;
}

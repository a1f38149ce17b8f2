/* lib/aws/dynamodb.c -- the builders; see dynamodb.h. */
#include "aws/dynamodb.h"

#include <string.h>

#include "aws/request.h"
#include "util/err.h"
#include "util/json.h"

static int
start(struct tq_aws_req *r, const char *base, const char *action,
    const char *table, struct tq_err *err)
{
	if (tq_aws_rpc_begin(r, base, "DynamoDB_20120810", action, err) == -1)
		return -1;
	if (table != NULL)
		tq_json_member_str(&r->text, "TableName", table);
	return 0;
}

static void
opt_str(struct tq_buf *b, const char *key, const char *val)
{
	if (val != NULL)
		tq_json_member_str(b, key, val);
}

static void
put_bind(struct tq_buf *b, const struct tq_ddb_bind *bind)
{
	const char *const *n = bind->names;

	if (n != NULL && *n != NULL) {
		tq_json_key(b, "ExpressionAttributeNames");
		tq_buf_chr(b, '{');
		for (; *n != NULL; n += 2)
			tq_json_member_str(b, n[0], n[1]);
		tq_buf_chr(b, '}');
	}
	if (bind->values.n > 2)
		tq_json_member_raw(b, "ExpressionAttributeValues",
		    bind->values);
}

static int
write_item(struct tq_aws_req *r, const char *base, const char *action,
    const char *what, const struct tq_ddb_write *w, struct tq_err *err)
{
	struct tq_buf *b = &r->text;

	if (start(r, base, action, w->table, err) == -1)
		return -1;
	if (w->item.n > TQ_DDB_ITEM_MAX * 2)
		return tq_err_set(err, TQ_AT_SEND, TQ_E_TOOBIG,
		    "dynamodb %s: an item of %zu bytes", action, w->item.n);
	tq_json_member_raw(b, what, w->item);
	opt_str(b, "UpdateExpression", w->update);
	opt_str(b, "ConditionExpression", w->condition);
	put_bind(b, &w->bind);
	opt_str(b, "ReturnValues", w->returns);
	if (w->old_if_failed)
		tq_json_member_str(b, "ReturnValuesOnConditionCheckFailure",
		    "ALL_OLD");
	return tq_aws_rpc_end(r, err);
}

int
tq_ddb_put(struct tq_aws_req *r, const char *base,
    const struct tq_ddb_write *w, struct tq_err *err)
{
	return write_item(r, base, "PutItem", "Item", w, err);
}

int
tq_ddb_update(struct tq_aws_req *r, const char *base,
    const struct tq_ddb_write *w, struct tq_err *err)
{
	return write_item(r, base, "UpdateItem", "Key", w, err);
}

int
tq_ddb_delete(struct tq_aws_req *r, const char *base,
    const struct tq_ddb_write *w, struct tq_err *err)
{
	return write_item(r, base, "DeleteItem", "Key", w, err);
}

int
tq_ddb_get(struct tq_aws_req *r, const char *base, const char *table,
    struct tq_span key, bool consistent, struct tq_err *err)
{
	if (start(r, base, "GetItem", table, err) == -1)
		return -1;
	tq_json_member_raw(&r->text, "Key", key);
	if (consistent)
		tq_json_member_bool(&r->text, "ConsistentRead", true);
	return tq_aws_rpc_end(r, err);
}

int
tq_ddb_batch_get(struct tq_aws_req *r, const char *base, const char *table,
    const struct tq_span *keys, size_t n, bool consistent,
    struct tq_err *err)
{
	struct tq_buf *b = &r->text;
	size_t i;

	if (start(r, base, "BatchGetItem", NULL, err) == -1)
		return -1;
	tq_buf_fmt(b, "\"RequestItems\":{\"%s\":{\"Keys\":[", table);
	for (i = 0; i < n; i++) {
		if (i > 0)
			tq_buf_chr(b, ',');
		tq_buf_add(b, keys[i].p, keys[i].n);
	}
	tq_buf_str(b, consistent ? "],\"ConsistentRead\":true}}" : "]}}");
	return tq_aws_rpc_end(r, err);
}

int
tq_ddb_batch_delete(struct tq_aws_req *r, const char *base,
    const char *table, const struct tq_span *keys, size_t n,
    struct tq_err *err)
{
	struct tq_buf *b = &r->text;
	size_t i;

	if (start(r, base, "BatchWriteItem", NULL, err) == -1)
		return -1;
	tq_buf_fmt(b, "\"RequestItems\":{\"%s\":[", table);
	for (i = 0; i < n; i++) {
		tq_buf_str(b, i > 0 ? ",{\"DeleteRequest\":{\"Key\":" :
		    "{\"DeleteRequest\":{\"Key\":");
		tq_buf_add(b, keys[i].p, keys[i].n);
		tq_buf_str(b, "}}");
	}
	tq_buf_str(b, "]}");
	return tq_aws_rpc_end(r, err);
}

int
tq_ddb_query(struct tq_aws_req *r, const char *base,
    const struct tq_ddb_query *q, struct tq_err *err)
{
	struct tq_buf *b = &r->text;

	if (start(r, base, "Query", q->table, err) == -1)
		return -1;
	opt_str(b, "IndexName", q->index);
	tq_json_member_str(b, "KeyConditionExpression", q->key);
	opt_str(b, "FilterExpression", q->filter);
	opt_str(b, "ProjectionExpression", q->fields);
	put_bind(b, &q->bind);
	if (q->limit > 0)
		tq_json_member_int(b, "Limit", q->limit);
	if (q->backward)
		tq_json_member_bool(b, "ScanIndexForward", false);
	if (q->consistent)
		tq_json_member_bool(b, "ConsistentRead", true);
	if (q->count)
		tq_json_member_str(b, "Select", "COUNT");
	if (q->from.n > 0)
		tq_json_member_raw(b, "ExclusiveStartKey", q->from);
	return tq_aws_rpc_end(r, err);
}

/* Each attribute is to be defined once, however many keys it is in. */
static void
put_definitions(struct tq_buf *b, const struct tq_ddb_table *t)
{
	const struct tq_ddb_attr *all[] = { &t->hash, &t->range,
	    &t->index_hash, &t->index_range };
	size_t i, j, n = 0;

	tq_json_key(b, "AttributeDefinitions");
	tq_buf_chr(b, '[');
	for (i = 0; i < (t->index != NULL ? 4 : 2); i++) {
		for (j = 0; j < i && all[i]->name != NULL; j++)
			if (all[j]->name != NULL &&
			    strcmp(all[i]->name, all[j]->name) == 0)
				break;
		if (all[i]->name == NULL || j < i)
			continue;
		tq_buf_str(b, n++ > 0 ? ",{" : "{");
		tq_json_member_str(b, "AttributeName", all[i]->name);
		tq_json_member_str(b, "AttributeType", all[i]->type);
		tq_buf_chr(b, '}');
	}
	tq_buf_chr(b, ']');
}

static void
put_schema(struct tq_buf *b, const struct tq_ddb_attr *hash,
    const struct tq_ddb_attr *range)
{
	tq_json_key(b, "KeySchema");
	tq_buf_str(b, "[{");
	tq_json_member_str(b, "AttributeName", hash->name);
	tq_json_member_str(b, "KeyType", "HASH");
	if (range->name != NULL) {
		tq_buf_str(b, "},{");
		tq_json_member_str(b, "AttributeName", range->name);
		tq_json_member_str(b, "KeyType", "RANGE");
	}
	tq_buf_str(b, "}]");
}

static void
put_warm(struct tq_buf *b, const struct tq_ddb_table *t)
{
	if (t->warm_writes == 0)
		return;
	tq_json_key(b, "WarmThroughput");
	tq_buf_chr(b, '{');
	tq_json_member_int(b, "ReadUnitsPerSecond", t->warm_reads);
	tq_json_member_int(b, "WriteUnitsPerSecond", t->warm_writes);
	tq_buf_chr(b, '}');
}

static void
put_index(struct tq_buf *b, const struct tq_ddb_table *t)
{
	const char *const *f;

	tq_json_key(b, "GlobalSecondaryIndexes");
	tq_buf_str(b, "[{");
	tq_json_member_str(b, "IndexName", t->index);
	put_schema(b, &t->index_hash, &t->index_range);
	tq_json_key(b, "Projection");
	tq_buf_chr(b, '{');
	tq_json_member_str(b, "ProjectionType",
	    t->fields != NULL ? "INCLUDE" : "ALL");
	if (t->fields != NULL) {
		tq_json_key(b, "NonKeyAttributes");
		tq_buf_chr(b, '[');
		for (f = t->fields; *f != NULL; f++) {
			if (f > t->fields)
				tq_buf_chr(b, ',');
			tq_json_put_str(b, tq_span_of(*f));
		}
		tq_buf_chr(b, ']');
	}
	tq_buf_chr(b, '}');
	put_warm(b, t);
	tq_buf_str(b, "}]");
}

int
tq_ddb_create_table(struct tq_aws_req *r, const char *base,
    const struct tq_ddb_table *t, struct tq_err *err)
{
	struct tq_buf *b = &r->text;

	if (start(r, base, "CreateTable", t->name, err) == -1)
		return -1;
	put_definitions(b, t);
	put_schema(b, &t->hash, &t->range);
	if (t->index != NULL)
		put_index(b, t);
	put_warm(b, t);
	tq_json_member_str(b, "BillingMode", "PAY_PER_REQUEST");
	return tq_aws_rpc_end(r, err);
}

int
tq_ddb_warm_table(struct tq_aws_req *r, const char *base,
    const struct tq_ddb_table *t, struct tq_err *err)
{
	struct tq_buf *b = &r->text;

	if (start(r, base, "UpdateTable", t->name, err) == -1)
		return -1;
	put_warm(b, t);
	tq_json_key(b, "GlobalSecondaryIndexUpdates");
	tq_buf_str(b, "[{\"Update\":{");
	tq_json_member_str(b, "IndexName", t->index);
	put_warm(b, t);
	tq_buf_str(b, "}}]");
	return tq_aws_rpc_end(r, err);
}

int
tq_ddb_describe_table(struct tq_aws_req *r, const char *base,
    const char *table, struct tq_err *err)
{
	if (start(r, base, "DescribeTable", table, err) == -1)
		return -1;
	return tq_aws_rpc_end(r, err);
}

int
tq_ddb_set_ttl(struct tq_aws_req *r, const char *base, const char *table,
    const char *attr, struct tq_err *err)
{
	struct tq_buf *b = &r->text;

	if (start(r, base, "UpdateTimeToLive", table, err) == -1)
		return -1;
	tq_json_key(b, "TimeToLiveSpecification");
	tq_buf_chr(b, '{');
	tq_json_member_bool(b, "Enabled", true);
	tq_json_member_str(b, "AttributeName", attr);
	tq_buf_chr(b, '}');
	return tq_aws_rpc_end(r, err);
}

int
tq_ddb_get_ttl(struct tq_aws_req *r, const char *base, const char *table,
    struct tq_err *err)
{
	if (start(r, base, "DescribeTimeToLive", table, err) == -1)
		return -1;
	return tq_aws_rpc_end(r, err);
}

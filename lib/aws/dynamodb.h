/*
 * lib/aws/dynamodb.h -- DynamoDB: requests built, answers read.  Pure;
 * tq_aws_call() sends.
 *
 *	POST / HTTP/1.1
 *	Content-Type: application/x-amz-json-1.0
 *	X-Amz-Target: DynamoDB_20120810.PutItem
 *
 *	{"TableName": "t", "Item": {"pk": {"S": "a"}}, ...}
 *
 * Items and keys are the JSON of item.h.
 */
#ifndef TQ_AWS_DYNAMODB_H
#define TQ_AWS_DYNAMODB_H

#include <stdint.h>

#include "util/buf.h"

struct tq_aws_req;
struct tq_err;
struct tq_http_res;

#define TQ_DDB_BATCH_GET	100
#define TQ_DDB_BATCH_WRITE	25
#define TQ_DDB_ITEM_MAX		(400 * 1024)

/*
 * An expression's names ("#s", "status", ..., NULL) and values
 * ({":s": {"S": "PENDING"}}).  What no expression uses makes it invalid.
 */
struct tq_ddb_bind {
	const char *const *names;	/* NULL: none */
	struct tq_span	   values;	/* none, or an object with members */
};

/* PutItem, UpdateItem or DeleteItem. */
struct tq_ddb_write {
	const char	*table;
	struct tq_span	 item;		/* PutItem: the item; else its key */
	const char	*update;	/* UpdateItem: the expression */
	const char	*condition;	/* NULL: none */
	struct tq_ddb_bind bind;
	const char	*returns;	/* "ALL_NEW", "ALL_OLD"; NULL: none */
	bool		 old_if_failed;	/* the item with a failed condition */
};

struct tq_ddb_query {
	const char	*table;
	const char	*index;		/* NULL: the table itself */
	const char	*key;		/* KeyConditionExpression */
	const char	*filter;	/* NULL: none */
	const char	*fields;	/* ProjectionExpression; NULL: all */
	struct tq_ddb_bind bind;
	int64_t		 limit;		/* items looked at; 0: a page of 1 MB */
	bool		 backward;
	bool		 consistent;	/* not on a global index */
	bool		 count;		/* only how many */
	struct tq_span	 from;		/* the last page's tq_ddb_page.last */
};

/* For CreateTable: types are "S", "N", "B".  Billing is by request. */
struct tq_ddb_attr {
	const char	*name, *type;	/* name NULL: no such key */
};
struct tq_ddb_table {
	const char	*name;
	struct tq_ddb_attr hash, range;
	const char	*index;		/* one global index; NULL: none */
	struct tq_ddb_attr index_hash, index_range;
	const char *const *fields;	/* that it projects; NULL: all */
	/* Units a second that it takes at once ("warm throughput"), as does its
	   index; 0: as AWS begins. */
	int64_t		 warm_reads, warm_writes;
};

/*
 * Builders: each makes ${r} a request to ${base}, to be freed in any case.
 * Return 0, or -1 with ${err}.
 */
int tq_ddb_put(struct tq_aws_req *r, const char *base,
    const struct tq_ddb_write *w, struct tq_err *err);
int tq_ddb_update(struct tq_aws_req *r, const char *base,
    const struct tq_ddb_write *w, struct tq_err *err);
int tq_ddb_delete(struct tq_aws_req *r, const char *base,
    const struct tq_ddb_write *w, struct tq_err *err);
int tq_ddb_get(struct tq_aws_req *r, const char *base, const char *table,
    struct tq_span key, bool consistent, struct tq_err *err);
/* At most TQ_DDB_BATCH_GET keys, all different. */
int tq_ddb_batch_get(struct tq_aws_req *r, const char *base,
    const char *table, const struct tq_span *keys, size_t n,
    bool consistent, struct tq_err *err);
/* At most TQ_DDB_BATCH_WRITE keys, all different: for what is purged. */
int tq_ddb_batch_delete(struct tq_aws_req *r, const char *base,
    const char *table, const struct tq_span *keys, size_t n,
    struct tq_err *err);
int tq_ddb_query(struct tq_aws_req *r, const char *base,
    const struct tq_ddb_query *q, struct tq_err *err);
int tq_ddb_create_table(struct tq_aws_req *r, const char *base,
    const struct tq_ddb_table *t, struct tq_err *err);
/* UpdateTable: as warm as ${t} says, which can only be raised. */
int tq_ddb_warm_table(struct tq_aws_req *r, const char *base,
    const struct tq_ddb_table *t, struct tq_err *err);
int tq_ddb_describe_table(struct tq_aws_req *r, const char *base,
    const char *table, struct tq_err *err);
int tq_ddb_set_ttl(struct tq_aws_req *r, const char *base, const char *table,
    const char *attr, struct tq_err *err);
int tq_ddb_get_ttl(struct tq_aws_req *r, const char *base, const char *table,
    struct tq_err *err);

/*
 * tq_ddb_intact(res): is the body what the x-amz-crc32 header says?  True
 * without such a header.
 */
bool tq_ddb_intact(const struct tq_http_res *res);

/*
 * tq_ddb_stalled(res): is it the answer to a BatchGetItem that gives no item
 * and leaves keys unprocessed?  That is how DynamoDB throttles such a call
 * ("retry with exponential backoff": API reference, BatchGetItem).
 */
bool tq_ddb_stalled(const struct tq_http_res *res);

/*
 * Readers.  Spans point into ${res}.
 */

/*
 * tq_ddb_item(res, item):
 * The item of GetItem, the attributes that a write returned, or the item
 * that comes with ConditionalCheckFailedException; false when there is none.
 */
bool tq_ddb_item(const struct tq_http_res *res, struct tq_span *item);

/* A page of a query, or what a BatchGetItem got. */
struct tq_ddb_page {
	struct tq_span	*items;
	size_t		 n;
	int64_t		 count;		/* more than n if count was asked */
	struct tq_span	 last;		/* none: that was the last page */
	struct tq_span	*unprocessed;	/* keys: do these again, later */
	size_t		 nunprocessed;
};

/*
 * tq_ddb_queried(res, mem, page, err)
 * tq_ddb_batch_got(res, table, mem, page, err)
 * tq_ddb_batch_deleted(res, table, mem, page, err):
 * The lists are made in ${mem}.  Items of a batch come in no order, missing
 * ones not at all.  0, or -1 (receive, TQ_E_CORRUPT, retryable).
 */
int tq_ddb_queried(const struct tq_http_res *res, struct tq_arena *mem,
    struct tq_ddb_page *page, struct tq_err *err);
int tq_ddb_batch_got(const struct tq_http_res *res, const char *table,
    struct tq_arena *mem, struct tq_ddb_page *page, struct tq_err *err);
int tq_ddb_batch_deleted(const struct tq_http_res *res, const char *table,
    struct tq_arena *mem, struct tq_ddb_page *page, struct tq_err *err);

/*
 * tq_ddb_table_is_warm(res, t): is the described table, with its index, at
 * least as warm as ${t}?  False when the answer does not say.
 */
bool tq_ddb_table_is_warm(const struct tq_http_res *res,
    const struct tq_ddb_table *t);

/* What DescribeTable, CreateTable and DescribeTimeToLive say; NULL: nothing. */
const char *tq_ddb_table_status(const struct tq_http_res *res,
    struct tq_arena *mem);
const char *tq_ddb_table_arn(const struct tq_http_res *res,
    struct tq_arena *mem);
const char *tq_ddb_index_status(const struct tq_http_res *res,
    const char *index, struct tq_arena *mem);
const char *tq_ddb_ttl_attr(const struct tq_http_res *res,
    struct tq_arena *mem);	/* only if enabled or being so */

/*
 * tq_ddb_table_differs(res, t):
 * NULL when the described table has the keys and the index of ${t}, else
 * what differs: "key", "index" or "index key".
 */
const char *tq_ddb_table_differs(const struct tq_http_res *res,
    const struct tq_ddb_table *t);

#endif

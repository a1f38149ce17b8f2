/* lib/store/aws/record/table.c -- DynamoDB: many records at once. */
#include <stdlib.h>
#include <string.h>

#include "aws/dynamodb.h"
#include "aws/item.h"
#include "store/aws/record/record.h"
#include "store/aws/record/table.h"
#include "util/str.h"

static const char *const fields[] = {
	"taskId", "type", "drained", "notBefore", "createdAt", "expiresAtMs",
	"dlqOwed", "rings", NULL
};

struct tq_ddb_table
aq_table(const struct aq *s)
{
	return (struct tq_ddb_table){ .name = s->url.table,
	    .hash = { "pk", "S" }, .index = AQ_INDEX,
	    .index_hash = { "gsi", "S" }, .index_range = { "ringAt", "N" },
	    .fields = fields };
}

static int
failed(const struct tq_aws_call *c, struct tq_err *err)
{
	if (err != NULL)
		*err = c->err;
	return -1;
}

struct tq_span
aq_key_of(const char *pk, struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(8192);
	struct tq_span k;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", pk);
	tq_item_close(&b, NULL);
	k = tq_arena_span(a, tq_buf_span(&b));
	tq_buf_free(&b);
	return k;
}

static int
by_key(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* One BatchGetItem; what was not done is put back into ${keys}. */
static int
get_batch(struct aq *s, struct tq_span *keys, size_t *n, struct tq_arena *a,
    struct tq_span *items, size_t *nitems, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb BatchGetItem" };
	size_t now = *n < TQ_DDB_BATCH_GET ? *n : TQ_DDB_BATCH_GET, i;
	struct tq_ddb_page page;
	int rc = -1;

	if (tq_ddb_batch_get(&c.req, tq_aws_base(s->a, TQ_AWS_DYNAMODB),
	    s->url.table, keys, now, true, err) == -1)
		goto out;
	if (tq_aws_call(s->a, &c, 1) > 0) {
		failed(&c, err);
		goto out;
	}
	if (tq_ddb_batch_got(&c.res, s->url.table, a, &page, err) == -1)
		goto out;
	/* The lists have room for what was asked for. */
	if (page.n + page.nunprocessed > now) {
		tq_err_set(err, TQ_AT_RECEIVE, TQ_E_CORRUPT,
		    "%s: more came than was asked for", c.what);
		if (err != NULL)
			err->retryable = true;
		goto out;
	}
	for (i = 0; i < page.n; i++)
		items[(*nitems)++] = tq_arena_span(a, page.items[i]);
	memmove(keys, keys + now, (*n - now) * sizeof(*keys));
	*n -= now;
	for (i = 0; i < page.nunprocessed; i++)
		keys[(*n)++] = tq_arena_span(a, page.unprocessed[i]);
	rc = 0;
out:
	tq_aws_call_free(&c);
	return rc;
}

static int
get_one(struct aq *s, const char *pk, struct tq_arena *a,
    struct tq_span *out, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb GetItem" };
	struct tq_span item;
	int rc = -1;

	if (tq_ddb_get(&c.req, tq_aws_base(s->a, TQ_AWS_DYNAMODB),
	    s->url.table, aq_key_of(pk, a), true, err) == -1)
		goto out;
	if (tq_aws_call(s->a, &c, 1) > 0) {
		failed(&c, err);
		goto out;
	}
	*out = tq_ddb_item(&c.res, &item) ? tq_arena_span(a, item) :
	    TQ_SPAN_NONE;
	rc = 0;
out:
	tq_aws_call_free(&c);
	return rc;
}

/* Where ${pk} stands among the sorted ${items}. */
struct found {
	const char	*pk;
	struct tq_span	 item;
};

int
aq_items(struct aq *s, const char *const *pks, size_t n, struct tq_arena *a,
    struct tq_span *out, struct tq_err *err)
{
	struct tq_span *keys, *items;
	const char **sorted;
	struct found *found, *hit;
	size_t i, nkeys = 0, nitems = 0, nfound = 0;

	if (n == 0)
		return 0;
	if (n == 1)
		return get_one(s, pks[0], a, out, err);
	sorted = tq_arena_alloc(a, n * sizeof(*sorted));
	keys = tq_arena_alloc(a, n * sizeof(*keys));
	items = tq_arena_alloc(a, n * sizeof(*items));
	memcpy(sorted, pks, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_key);
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(sorted[i - 1], sorted[i]) != 0)
			keys[nkeys++] = aq_key_of(sorted[i], a);
	while (nkeys > 0)
		if (get_batch(s, keys, &nkeys, a, items, &nitems, err) == -1)
			return -1;
	found = tq_arena_alloc(a, (nitems + 1) * sizeof(*found));
	for (i = 0; i < nitems; i++) {
		found[nfound] = (struct found){ tq_item_get_text(items[i],
		    "pk", a), items[i] };
		nfound += found[nfound].pk != NULL;
	}
	qsort(found, nfound, sizeof(*found), by_key);
	for (i = 0; i < n; i++) {
		hit = bsearch(&pks[i], found, nfound, sizeof(*found), by_key);
		out[i] = hit == NULL ? TQ_SPAN_NONE : hit->item;
	}
	return 0;
}

int
aq_put(struct aq *s, struct tq_span item, const char *condition,
    const char *const *names, struct tq_span values, struct tq_err *err)
{
	struct tq_ddb_write w = { .table = s->url.table, .item = item,
	    .condition = condition, .bind = { names, values } };
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb PutItem" };
	int rc = -1;

	if (tq_ddb_put(&c.req, tq_aws_base(s->a, TQ_AWS_DYNAMODB), &w, err) ==
	    0) {
		if (tq_aws_call(s->a, &c, 1) == 0)
			rc = 1;
		else if (tq_aws_fault_is(&c.fault,
		    "ConditionalCheckFailedException"))
			rc = 0;
		else
			failed(&c, err);
	}
	tq_aws_call_free(&c);
	return rc;
}

int
aq_delete(struct aq *s, const char *pk, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_ddb_write w = { .table = s->url.table,
	    .item = aq_key_of(pk, &a) };
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb DeleteItem" };
	int rc = -1;

	if (tq_ddb_delete(&c.req, tq_aws_base(s->a, TQ_AWS_DYNAMODB), &w,
	    err) == 0)
		rc = tq_aws_call(s->a, &c, 1) == 0 ? 0 : failed(&c, err);
	tq_aws_call_free(&c);
	tq_arena_free(&a);
	return rc;
}

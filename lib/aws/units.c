/* lib/aws/units.c -- see units.h. */
#include "aws/units.h"

#include <stdlib.h>
#include <string.h>

#include "aws/item.h"
#include "aws/request.h"
#include "net/http.h"
#include "util/json.h"

#define MEMBER	",\"ReturnConsumedCapacity\":\"INDEXES\"}"
#define KIB	1024

static const struct {
	const char	*what;
	bool		 writes;
} kinds[] = {
	{ "dynamodb GetItem", false }, { "dynamodb BatchGetItem", false },
	{ "dynamodb Query", false }, { "dynamodb PutItem", true },
	{ "dynamodb UpdateItem", true }, { "dynamodb DeleteItem", true },
	{ "dynamodb BatchWriteItem", true },
};

/* -1: it can't say. */
static int
kind_of(const char *what)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].what, what) == 0)
			return (int)i;
	return -1;
}

int
tq_ddb_units_ask(const char *what, struct tq_aws_req *r, struct tq_err *err)
{
	if (kind_of(what) == -1 || r->text.len < 2 || (r->text.len >=
	    strlen(MEMBER) && strcmp(r->text.data + r->text.len -
	    strlen(MEMBER), MEMBER) == 0))
		return 0;
	r->text.len--;			/* the object's end */
	tq_buf_str(&r->text, MEMBER);
	tq_aws_req_body(r);
	return tq_aws_req_check(r, err);
}

/* The member of ${obj}, in halves. */
static int64_t
halves(struct tq_span obj)
{
	char text[32];
	struct tq_span v;

	if (!tq_json_get(obj, "CapacityUnits", &v) || v.n >= sizeof(text))
		return 0;
	memcpy(text, v.p, v.n);
	text[v.n] = '\0';
	return (int64_t)(2 * strtod(text, NULL) + 0.5);
}

static void
add(struct tq_units *u, struct tq_span told, bool writes)
{
	struct tq_json_iter it;
	struct tq_span all, key, v;

	if (tq_json_kind(told) != TQ_JSON_OBJECT)
		return;
	*(writes ? &u->writes : &u->reads) += halves(told);
	if (!tq_json_get(told, "GlobalSecondaryIndexes", &all) ||
	    tq_json_kind(all) != TQ_JSON_OBJECT)
		return;
	for (it = tq_json_iter(all); tq_json_next(&it, &key, &v); )
		if (tq_json_kind(v) == TQ_JSON_OBJECT)
			u->index += halves(v);
}

struct tq_units
tq_ddb_units_told(const char *what, const struct tq_http_res *res)
{
	struct tq_units u = { 0 };
	struct tq_json_iter it;
	struct tq_span key, told, v;
	int kind = kind_of(what);

	if (kind == -1 || res->status != 200 ||
	    tq_json_check(tq_buf_span(&res->body), NULL) == -1 ||
	    !tq_json_get(tq_buf_span(&res->body), "ConsumedCapacity", &told))
		return u;
	if (tq_json_kind(told) != TQ_JSON_ARRAY)
		add(&u, told, kinds[kind].writes);
	else
		for (it = tq_json_iter(told); tq_json_next(&it, &key, &v); )
			add(&u, v, kinds[kind].writes);
	return u;
}

struct tq_units
tq_ddb_units_guess(struct tq_span body)
{
	struct tq_span item;
	size_t size = 1;

	if (tq_json_get(body, "Item", &item) &&
	    tq_json_kind(item) == TQ_JSON_OBJECT)
		size = tq_item_size(item);
	return (struct tq_units){ .guessed = 2 * (int64_t)((size + KIB - 1) /
	    KIB) };
}

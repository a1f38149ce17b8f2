/*
 * tests/sim/cloud_ddb.c -- DynamoDB: one table by pk, and one index of it.
 *
 * The table is consistent.  The index is not: each write of an item is seen
 * there later, in the order of that item's writes; a page ends where it likes.
 * An item past its TTL goes sooner or later, and is there until then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/dynamodb.h"
#include "aws/item.h"
#include "cloud.h"
#include "util/json.h"
#include "util/str.h"
#include "world.h"

#define ITEMS	60000
#define BUCKETS	65536		/* of the table of keys */

/* The index's entry from then on; text NULL: nothing. */
struct version {
	struct version	*next;
	int64_t		 at;
	char		*text;
	char		*gsi;		/* its place; NULL: it has none */
	int64_t		 ring_at;
};

struct item {
	char		*pk;
	char		*text;		/* NULL: it is not there */
	struct version	*shown, *last;	/* oldest first */
	struct item	*chain;		/* of the same bucket */
};
static struct item items[ITEMS];
static struct item *buckets[BUCKETS];
static size_t nitems;

/* An entry of the index, for a query. */
struct entry {
	const char	*pk, *text;
	int64_t		 at;
};

static const char *const projected[] = { "pk", "gsi", "ringAt", "taskId", "type",
    "drained", "notBefore", "createdAt", "expiresAtMs", "dlqOwed", "rings" };

static struct item *
item_of(const char *pk)
{
	struct item **head, *it;
	const char *p;
	uint32_t h = 0;

	for (p = pk; *p != '\0'; p++)
		h = h * 31 + (unsigned char)*p;
	head = &buckets[h % BUCKETS];
	for (it = *head; it != NULL; it = it->chain)
		if (strcmp(it->pk, pk) == 0)
			return it;
	if (nitems == ITEMS)
		sim_fail("too many items");
	it = &items[nitems++];
	*it = (struct item){ .pk = tq_must(strdup(pk)), .chain = *head };
	return *head = it;
}

/* Mostly at once, now and then after seconds, seldom after a minute. */
static int64_t
lag(void)
{
	if (sim.knobs.key_units > 0)
		return (int64_t)sim_below(50 * SIM_MS);
	if (sim.quiet > 0 || sim.knobs.cloud == 0)
		return 0;
	return (int64_t)sim_below(sim_below(20) == 0 ? sim_below(20) == 0 ?
	    SIM_LAG_MAX : 5 * SIM_SEC : 50 * SIM_MS);
}

/* Where it stands in the index, if it does. */
static void
place(struct version *v)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span text = tq_span_of(v->text);
	const char *gsi = tq_item_get_text(text, "gsi", &a);

	if (gsi != NULL && tq_item_get_int(text, "ringAt", &v->ring_at))
		v->gsi = tq_must(strdup(gsi));
	tq_arena_free(&a);
}

static void
write_item(struct item *it, struct tq_span text)
{
	struct version *v = tq_must(calloc(1, sizeof(*v)));

	free(it->text);
	it->text = text.n == 0 ? NULL : tq_must(strndup(text.p, text.n));
	v->text = text.n == 0 ? NULL : tq_must(strndup(text.p, text.n));
	if (v->text != NULL)
		place(v);
	v->at = sim.now + lag();
	if (it->last != NULL && v->at < it->last->at)
		v->at = it->last->at;
	if (it->last != NULL)
		it->last->next = v;
	else
		it->shown = v;
	it->last = v;
}

static struct tq_span
span(const char *text)
{
	return text == NULL ? TQ_SPAN_NONE : tq_span_of(text);
}

/* "Typically within a few days": here, at some look after it. */
static void
age(struct item *it)
{
	int64_t until;

	if (it->text != NULL && sim.quiet == 0 && tq_item_get_int(span(it->text),
	    "expiresAt", &until) && until * 1000 < sim_true_ms() &&
	    sim_below(4) == 0)
		write_item(it, TQ_SPAN_NONE);
}

/* -- conditions ------------------------------------------------------------------------ */

struct condition {
	struct tq_span	item, names, values;
	struct tq_arena	*a;
};

static const char *
name_of(const struct condition *c, const char *ref)
{
	const char *name = cloud_text(c->names, ref, c->a);

	if (name == NULL)
		sim_fail("a condition has no %s", ref);
	return name;
}

static int
compare(const struct condition *c, struct tq_span is, struct tq_span want)
{
	struct tq_span s, t;
	int64_t n, m;

	if (tq_item_as_int(is, &n) && tq_item_as_int(want, &m))
		return n < m ? -1 : n > m;
	if (tq_item_as_str(is, c->a, &s) && tq_item_as_str(want, c->a, &t))
		return strcmp(s.p, t.p);
	return 2;
}

/* attribute_exists(#a), attribute_not_exists(#a), #a = :b, #a < :b */
static bool
term(const struct condition *c, const char *text)
{
	char ref[32], op[4], val[32];
	struct tq_span is, want;
	int order;

	if (sscanf(text, "attribute_exists(%31[^)])", ref) == 1)
		return tq_item_get(c->item, name_of(c, ref), &is);
	if (sscanf(text, "attribute_not_exists(%31[^)])", ref) == 1)
		return !tq_item_get(c->item, name_of(c, ref), &is);
	if (sscanf(text, "%31s %3s %31s", ref, op, val) != 3 ||
	    !tq_json_get(c->values, val, &want))
		sim_fail("a condition that is not understood: %s", text);
	if (!tq_item_get(c->item, name_of(c, ref), &is))
		return false;
	order = compare(c, is, want);
	return strcmp(op, "=") == 0 ? order == 0 : order == -1;
}

/* Terms with AND between them, and OR between those. */
static bool
holds(const struct condition *c, const char *text)
{
	const char *or = strstr(text, " OR "), *and = strstr(text, " AND ");

	if (or != NULL)
		return holds(c, tq_arena_dup(c->a, text,
		    (size_t)(or - text))) || holds(c, or + 4);
	if (and != NULL)
		return term(c, tq_arena_dup(c->a, text,
		    (size_t)(and - text))) && holds(c, and + 5);
	return term(c, text);
}

static struct tq_span
member(struct tq_span obj, const char *key)
{
	struct tq_span v;

	return tq_json_get(obj, key, &v) ? v : (struct tq_span){ "{}", 2 };
}

/* Why a write is throttled; NULL: it is not. */
static const char *
over(const struct item *it, struct tq_span new)
{
	return sim.knobs.key_units == 0 || sim.quiet > 0 ? NULL :
	    cloud_units_take(span(it->text), new);
}

static bool
too_much(const struct item *it, struct tq_span new, struct tq_http_res *res)
{
	const char *why = over(it, new);

	if (why != NULL)
		cloud_throttle(res, why);
	return why != NULL;
}

/* -- verbs ------------------------------------------------------------------------------- */

static void
put_or_delete(struct tq_span body, bool put, struct tq_arena *a,
    struct tq_http_res *res)
{
	struct tq_span what = member(body, put ? "Item" : "Key");
	const char *pk = tq_item_get_text(what, "pk", a),
	    *cond = cloud_text(body, "ConditionExpression", a);
	struct item *it;
	struct condition c = { .names = member(body,
	    "ExpressionAttributeNames"), .values = member(body,
	    "ExpressionAttributeValues"), .a = a };

	if (pk == NULL || what.n > TQ_DDB_ITEM_MAX) {
		cloud_error(res, 400, "ValidationException");
		return;
	}
	it = item_of(pk);
	age(it);
	c.item = it->text == NULL ? (struct tq_span){ "{}", 2 } :
	    span(it->text);
	if (cond != NULL && !holds(&c, cond)) {
		cloud_error(res, 400, "ConditionalCheckFailedException");
		if (it->text == NULL || cloud_text(body,
		    "ReturnValuesOnConditionCheckFailure", a) == NULL)
			return;
		res->body.len--;
		tq_json_member_raw(&res->body, "Item", span(it->text));
		tq_buf_chr(&res->body, '}');
		return;
	}
	if (too_much(it, put ? what : TQ_SPAN_NONE, res))
		return;
	cloud_answer(res, 200);
	tq_buf_chr(&res->body, '{');
	if (it->text != NULL && cloud_text(body, "ReturnValues", a) != NULL)
		tq_json_member_raw(&res->body, "Attributes", span(it->text));
	tq_buf_chr(&res->body, '}');
	write_item(it, put ? what : TQ_SPAN_NONE);
}

static void
get_item(struct tq_span body, struct tq_arena *a, struct tq_http_res *res)
{
	struct item *it = item_of(tq_item_get_text(member(body, "Key"), "pk",
	    a));

	age(it);
	cloud_answer(res, 200);
	tq_buf_chr(&res->body, '{');
	if (it->text != NULL)
		tq_json_member_raw(&res->body, "Item", span(it->text));
	tq_buf_chr(&res->body, '}');
}

static void
list_add(struct tq_buf *b, struct tq_span v)
{
	if (b->len > 0)
		tq_buf_chr(b, ',');
	tq_buf_add(b, v.p, v.n);
}

/* Some of a batch are left for another time, seldom all. */
static void
batch(struct tq_span body, bool get, struct tq_arena *a,
    struct tq_http_res *res)
{
	struct tq_buf got = TQ_BUF_INIT(TQ_HTTP_BODY_MAX),
	    left = TQ_BUF_INIT(TQ_HTTP_BODY_MAX);
	struct tq_span table = member(member(body, "RequestItems"), "simu"),
	    none, one;
	struct tq_json_iter all = tq_json_iter(get ? member(table, "Keys") :
	    table);
	struct item *it;

	while (tq_json_next(&all, &none, &one)) {
		it = item_of(tq_item_get_text(get ? one : member(member(one,
		    "DeleteRequest"), "Key"), "pk", a));
		if (cloud_mishap() || (!get && over(it, TQ_SPAN_NONE) !=
		    NULL)) {
			list_add(&left, one);
		} else if (!get) {
			write_item(it, TQ_SPAN_NONE);
		} else {
			age(it);
			if (it->text != NULL)
				list_add(&got, span(it->text));
		}
	}
	cloud_answer(res, 200);
	if (get)
		tq_buf_fmt(&res->body, "{\"Responses\":{\"simu\":[%.*s]},"
		    "\"UnprocessedKeys\":{", (int)got.len, got.data);
	else
		tq_buf_str(&res->body, "{\"UnprocessedItems\":{");
	if (left.len > 0)
		tq_buf_fmt(&res->body, get ? "\"simu\":{\"Keys\":[%.*s]}" :
		    "\"simu\":[%.*s]", (int)left.len, left.data);
	tq_buf_str(&res->body, "}}");
	tq_buf_free(&got);
	tq_buf_free(&left);
}

/* -- the index --------------------------------------------------------------------------- */

static int
by_place(const void *va, const void *vb)
{
	const struct entry *a = va, *b = vb;

	return a->at != b->at ? (a->at < b->at ? -1 : 1) :
	    strcmp(a->pk, b->pk);
}

/* As the index shows it now; NULL: it does not. */
static const struct version *
shown(struct item *it)
{
	struct version *v;

	while (it->shown != NULL && it->shown->next != NULL &&
	    it->shown->next->at <= sim.now) {
		v = it->shown;
		it->shown = v->next;
		free(v->text);
		free(v->gsi);
		free(v);
	}
	v = it->shown;
	return v == NULL || v->at > sim.now || v->gsi == NULL ? NULL : v;
}

static size_t
entries_of(const char *gsi, struct entry *out)
{
	const struct version *v;
	size_t i, n = 0;

	for (i = 0; i < nitems; i++)
		if ((v = shown(&items[i])) != NULL && strcmp(v->gsi, gsi) == 0)
			out[n++] = (struct entry){ items[i].pk, v->text,
			    v->ring_at };
	qsort(out, n, sizeof(*out), by_place);
	return n;
}

void
cloud_project(struct tq_buf *b, struct tq_span item)
{
	struct tq_span v;
	size_t i;

	tq_buf_chr(b, '{');
	for (i = 0; i < sizeof(projected) / sizeof(projected[0]); i++)
		if (tq_json_get(item, projected[i], &v))
			tq_json_member_raw(b, projected[i], v);
	tq_buf_chr(b, '}');
}

struct range {
	bool		backward, after;
	struct entry	from;		/* of the page before: its last */
	int64_t		least, most;
	size_t		limit;
};

static bool
in_range(const struct range *r, const struct entry *e)
{
	int order = r->after ? by_place(e, &r->from) : 1;

	return e->at >= r->least && e->at <= r->most &&
	    (r->after && r->backward ? order < 0 : order > 0);
}

static struct range
range_of(struct tq_span body, struct tq_arena *a)
{
	struct tq_span v, values = member(body, "ExpressionAttributeValues");
	struct range r = { .least = INT64_MIN, .most = INT64_MAX };
	bool forward;

	tq_item_get_int(values, ":a", &r.least);
	tq_item_get_int(values, ":b", &r.most);
	r.limit = (size_t)cloud_int(body, "Limit", ITEMS);
	r.backward = tq_json_get(body, "ScanIndexForward", &v) &&
	    tq_json_bool(v, &forward) && !forward;
	if ((r.after = tq_json_get(body, "ExclusiveStartKey", &v))) {
		r.from.pk = tq_item_get_text(v, "pk", a);
		tq_item_get_int(v, "ringAt", &r.from.at);
	}
	/* A page of 1 MB may hold any number of items. */
	if (sim.quiet == 0 && sim.knobs.cloud > 0 && sim_below(4) == 0)
		r.limit = 1 + sim_below(r.limit < 20 ? r.limit : 20);
	return r;
}

static void
query(struct tq_span body, struct tq_arena *a, struct tq_http_res *res)
{
	struct entry *all = tq_arena_alloc(a, (nitems + 1) * sizeof(*all)), *e;
	const char *gsi = tq_item_get_text(member(body,
	    "ExpressionAttributeValues"), ":g", a);
	struct range r = range_of(body, a);
	size_t n, i, given = 0;
	bool more = false;

	n = entries_of(gsi, all);
	cloud_answer(res, 200);
	tq_buf_str(&res->body, "{\"Items\":[");
	for (i = 0; i < n; i++) {
		e = &all[r.backward ? n - 1 - i : i];
		if (!in_range(&r, e))
			continue;
		if ((more = given == r.limit))
			break;
		if (given++ > 0)
			tq_buf_chr(&res->body, ',');
		cloud_project(&res->body, span(e->text));
		r.from = *e;
	}
	tq_buf_fmt(&res->body, "],\"Count\":%zu", given);
	if (more)
		tq_buf_fmt(&res->body, ",\"LastEvaluatedKey\":{\"pk\":{\"S\":"
		    "\"%s\"},\"gsi\":{\"S\":\"%s\"},\"ringAt\":{\"N\":\"%lld\""
		    "}}", r.from.pk, gsi, (long long)r.from.at);
	tq_buf_chr(&res->body, '}');
}

void
sim_ddb(const char *action, struct tq_span body, struct tq_http_res *res)
{
	struct tq_arena a = TQ_ARENA_INIT;

	if (strcmp(action, "PutItem") == 0)
		put_or_delete(body, true, &a, res);
	else if (strcmp(action, "DeleteItem") == 0)
		put_or_delete(body, false, &a, res);
	else if (strcmp(action, "GetItem") == 0)
		get_item(body, &a, res);
	else if (strcmp(action, "BatchGetItem") == 0)
		batch(body, true, &a, res);
	else if (strcmp(action, "BatchWriteItem") == 0)
		batch(body, false, &a, res);
	else if (strcmp(action, "Query") == 0)
		query(body, &a, res);
	else
		sim_fail("DynamoDB has no %s here", action);
	tq_arena_free(&a);
}

/*
 * lib/store/aws/record/index.c -- the one index: queue#STATUS#shard by
 * ringAt.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "aws/dynamodb.h"
#include "aws/item.h"
#include "store/aws/record/record.h"
#include "store/aws/record/shards.h"
#include "store/aws/record/table.h"
#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

const char *
aq_gsi(const char *queue, enum tq_status status, int shard,
    struct tq_arena *a)
{
	return tq_arena_fmt(a, "%s#%s#%d", queue, tq_status_name(status),
	    shard);
}

/* The query's expression, its values and where it goes on. */
static void
fill(const struct aq_query *q, struct tq_ddb_query *d, struct tq_buf *values,
    struct tq_buf *from)
{
	static const char *const both[] = { "#g", "gsi", "#r", "ringAt", NULL };
	static const char *const one[] = { "#g", "gsi", NULL };

	tq_item_open(values, NULL);
	tq_item_text(values, ":g", q->gsi);
	d->key = "#g = :g";
	d->bind.names = one;
	if (q->until != 0 || q->since != 0) {
		d->key = "#g = :g AND #r BETWEEN :a AND :b";
		d->bind.names = both;
		tq_item_int(values, ":a", q->since);
		tq_item_int(values, ":b", q->until != 0 ? q->until :
		    INT64_C(1) << 52);
	}
	tq_item_close(values, NULL);
	d->bind.values = tq_buf_span(values);
	if (q->after.pk != NULL) {
		tq_item_open(from, NULL);
		tq_item_text(from, "pk", q->after.pk);
		tq_item_text(from, "gsi", q->gsi);
		tq_item_int(from, "ringAt", q->after.ring_at);
		tq_item_close(from, NULL);
		d->from = tq_buf_span(from);
	}
}

/* An attribute, as it is read into struct aq_entry. */
static const struct {
	const char	*name;
	enum { TEXT, INT, MS, BOOL, TIME, DUE } kind;
	size_t		 offset;
} fields[] = {
	{ "pk", TEXT, offsetof(struct aq_entry, pk) },
	{ "type", TEXT, offsetof(struct aq_entry, type) },
	{ "ringAt", MS, offsetof(struct aq_entry, ring_at) },
	{ "createdAt", TIME, offsetof(struct aq_entry, created) },
	{ "notBefore", DUE, offsetof(struct aq_entry, due) },
	{ "rings", INT, offsetof(struct aq_entry, rings) },
	{ "expiresAtMs", MS, offsetof(struct aq_entry, expires_at) },
	{ "drained", BOOL, offsetof(struct aq_entry, drained) },
	{ "dlqOwed", BOOL, offsetof(struct aq_entry, owed) },
};
#define NFIELDS	(sizeof(fields) / sizeof(fields[0]))

static void
read_field(size_t i, struct tq_span typed, struct tq_arena *a,
    struct aq_entry *e)
{
	char *p = (char *)e + fields[i].offset;
	struct tq_span s;
	int64_t n = 0;
	bool yes = false;
	int k;

	switch (fields[i].kind) {
	case TEXT:
		if (tq_item_as_str(typed, a, &s))
			memcpy(p, &s.p, sizeof(s.p));
		return;
	case BOOL:
		tq_item_as_bool(typed, &yes);
		memcpy(p, &yes, sizeof(yes));
		return;
	case INT:
		tq_item_as_int(typed, &n);
		k = (int)n;
		memcpy(p, &k, sizeof(k));
		return;
	case TIME:
	case DUE:
		if (!tq_item_as_str(typed, a, &s) ||
		    tq_time_parse(s.p, 0, &n) == -1)
			return;
		if (fields[i].kind == DUE)
			e->put_off = aq_is_put_off(s.p);
		break;
	case MS:
		tq_item_as_int(typed, &n);
	}
	memcpy(p, &n, sizeof(n));
}

/* In one walk: pages have hundreds of them. */
static void
read_entry(struct tq_span item, struct tq_arena *a, struct aq_entry *e)
{
	struct tq_json_iter it = tq_json_iter(item);
	struct tq_span key, typed;
	size_t i;

	*e = (struct aq_entry){ .pk = NULL };
	while (tq_json_next(&it, &key, &typed)) {
		for (i = 0; i < NFIELDS && !tq_json_key_is(key,
		    fields[i].name); i++)
			;
		if (i < NFIELDS && tq_json_kind(typed) == TQ_JSON_OBJECT)
			read_field(i, typed, a, e);
	}
	e->id = e->pk != NULL && tq_str_starts(e->pk, "t#") ? e->pk + 2 : NULL;
	if (e->due < e->created)
		e->due = e->created;
}

bool
aq_entry_may_run(const struct aq_entry *e, enum tq_status status, int64_t now)
{
	return (TQ_BIT(status) & TQ_WAITING) != 0 && e->due <= now &&
	    e->ring_at > now && e->rings != AQ_RINGS_HELD;
}

int
aq_query(struct aq *s, const struct aq_query *q, struct tq_arena *a,
    struct aq_entry **out, size_t *n, bool *more, struct tq_err *err)
{
	struct tq_buf values = TQ_BUF_INIT(8192), from = TQ_BUF_INIT(8192);
	struct tq_ddb_query d = { .table = s->url.table, .index = AQ_INDEX,
	    .limit = q->limit, .backward = q->backward };
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb Query" };
	struct tq_ddb_page page;
	size_t i;
	int rc = -1;

	fill(q, &d, &values, &from);
	if (tq_ddb_query(&c.req, tq_aws_base(s->a, TQ_AWS_DYNAMODB), &d,
	    err) == -1)
		goto out;
	if (tq_aws_call(s->a, &c, 1) > 0) {
		if (err != NULL)
			*err = c.err;
		goto out;
	}
	if (tq_ddb_queried(&c.res, a, &page, err) == -1)
		goto out;
	*out = tq_arena_alloc(a, (page.n + 1) * sizeof(**out));
	for (i = 0; i < page.n; i++) {
		read_entry(page.items[i], a, &(*out)[i]);
		(*out)[i].shard = q->shard;
	}
	*n = page.n;
	*more = page.last.n > 0;
	rc = 0;
out:
	tq_aws_call_free(&c);
	tq_buf_free(&values);
	tq_buf_free(&from);
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

int
aq_queues(struct aq *s, struct tq_arena *a, const char ***names, size_t *n,
    struct tq_err *err)
{
	struct aq_query q = { .gsi = "#control" };
	struct aq_entry *e;
	const char **all;
	size_t i, got, cap = 0;
	bool more;

	*n = 0;
	*names = NULL;
	do {
		if (aq_query(s, &q, a, &e, &got, &more, err) == -1)
			return -1;
		if (*n + got > cap) {
			cap = 2 * (*n + got);
			all = tq_arena_alloc(a, cap * sizeof(*all));
			if (*n > 0)
				memcpy(all, *names, *n * sizeof(*all));
			*names = all;
		}
		for (i = 0; i < got; i++) {
			if (tq_str_starts(e[i].pk, "c#"))
				(*names)[(*n)++] = e[i].pk + 2;
			if (tq_str_starts(e[i].pk, "n#"))
				aq_shards_listed(s, aq_queue(s, e[i].pk + 2),
				    e[i].ring_at);
			q.after = (struct aq_at){ e[i].pk, e[i].ring_at };
		}
	} while (more && got > 0);
	if (*n > 0)
		qsort(*names, *n, sizeof(**names), by_name);
	for (i = 0; i < *n; i++)
		aq_shards_listed(s, aq_queue(s, (*names)[i]), 0);
	return 0;
}

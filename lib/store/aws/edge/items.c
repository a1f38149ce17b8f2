/* lib/store/aws/edge/items.c -- the items beside the records. */
#include <string.h>

#include "aws/dynamodb.h"
#include "aws/item.h"
#include "store/aws/edge/edge.h"
#include "store/aws/record/table.h"
#include "util/str.h"

/* An edge in an item: "after ID" or "ended ID"; once met, " STATUS" behind. */
static const char *const kinds[] = { "after", "ended" };

const char *
aq_set_pk(const char *child, const char *tag, size_t n, struct tq_arena *a)
{
	return tq_arena_fmt(a, "d#%s#%s#%zu", child, tag, n);
}

const char *
aq_kids_pk(const char *parent, size_t n, struct tq_arena *a)
{
	return tq_arena_fmt(a, "e#%s#%zu", parent, n);
}

const char *
aq_tag(const struct tq_task *t)
{
	return t->submit_id != NULL ? t->submit_id : "0";
}

size_t
aq_set_open(const struct aq_set *set)
{
	size_t i, open = 0;

	for (i = 0; i < set->n; i++)
		open += !set->v[i].met;
	return open;
}

/* An item of a list of texts. */
static struct tq_span
list_item(const char *pk, const char *const *texts, int64_t rev,
    int64_t until, struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(TQ_DDB_ITEM_MAX);
	struct tq_span item;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", pk);
	tq_item_int(&b, "rev", rev);
	if (until != 0)
		tq_item_int(&b, "expiresAt", until);
	tq_item_list(&b, "edges", texts);
	tq_item_close(&b, NULL);
	item = tq_arena_span(a, tq_buf_span(&b));
	tq_buf_free(&b);
	return item;
}

struct tq_span
aq_set_item(const struct aq_set *set, int64_t until, struct tq_arena *a)
{
	const char **texts = tq_arena_alloc(a, (set->n + 1) * sizeof(*texts));
	const struct tq_parent *p;
	size_t i;

	for (i = 0; i < set->n; i++) {
		p = &set->v[i];
		texts[i] = tq_arena_fmt(a, "%s %s%s%s", kinds[p->ended],
		    p->id, p->met ? " " : "", p->met ?
		    tq_status_name(p->status) : "");
	}
	return list_item(set->pk, texts, set->rev + 1, until, a);
}

struct tq_span
aq_kids_item(const char *pk, const struct aq_kid *kids, size_t n,
    struct tq_arena *a)
{
	const char **texts = tq_arena_alloc(a, (n + 1) * sizeof(*texts));
	size_t i;

	for (i = 0; i < n; i++)
		texts[i] = tq_arena_fmt(a, "%s %s %s %zu",
		    kinds[kids[i].ended], kids[i].id, kids[i].tag,
		    kids[i].set);
	return list_item(pk, texts, 1, 0, a);
}

/* The words of a text, up to four; how many. */
static size_t
words(const char *text, struct tq_arena *a, const char *word[4])
{
	char *p = tq_arena_str(a, text), *save = NULL;
	size_t n = 0;

	for (p = strtok_r(p, " ", &save); p != NULL && n < 4;
	    p = strtok_r(NULL, " ", &save))
		word[n++] = p;
	return n;
}

static void
read_set(struct tq_span item, struct tq_arena *a, struct aq_set *set)
{
	const char **texts = item.n == 0 ? NULL :
	    tq_item_get_list(item, "edges", a), *w[4];
	struct tq_parent *p;
	size_t n = 0, got;

	set->rev = 0;
	set->n = 0;
	set->dirty = set->stale = false;
	if (texts == NULL || !tq_item_get_int(item, "rev", &set->rev))
		return;
	while (texts[n] != NULL)
		n++;
	set->v = tq_arena_alloc(a, (n + 1) * sizeof(*set->v));
	for (; *texts != NULL; texts++) {
		if ((got = words(*texts, a, w)) < 2)
			continue;
		p = &set->v[set->n++];
		*p = (struct tq_parent){ .id = w[1],
		    .ended = strcmp(w[0], kinds[true]) == 0 };
		p->met = got > 2 && tq_status_parse(w[2], &p->status) == 0;
	}
}

int
aq_sets_read(struct aq *s, struct aq_set *sets, size_t n,
    struct tq_arena *a, struct tq_err *err)
{
	const char **pks = tq_arena_alloc(a, (n + 1) * sizeof(*pks));
	struct tq_span *items = tq_arena_alloc(a, (n + 1) * sizeof(*items));
	size_t i;

	for (i = 0; i < n; i++)
		pks[i] = sets[i].pk;
	if (aq_items(s, pks, n, a, items, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		read_set(items[i], a, &sets[i]);
	return 0;
}

int
aq_kids_read(struct aq *s, const char *parent, size_t from, size_t n,
    struct tq_arena *a, struct aq_kid **kids, size_t *nkids,
    struct tq_err *err)
{
	const char **pks = tq_arena_alloc(a, (n + 1) * sizeof(*pks)), **t;
	struct tq_span *items = tq_arena_alloc(a, (n + 1) * sizeof(*items));
	const char *w[4];
	int64_t set;
	size_t i;

	*nkids = 0;
	*kids = tq_arena_alloc(a, (n * AQ_SET_MAX + 1) * sizeof(**kids));
	for (i = 0; i < n; i++)
		pks[i] = aq_kids_pk(parent, from + i, a);
	if (aq_items(s, pks, n, a, items, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		t = items[i].n == 0 ? NULL : tq_item_get_list(items[i],
		    "edges", a);
		for (; t != NULL && *t != NULL &&
		    *nkids < n * AQ_SET_MAX; t++)
			if (words(*t, a, w) == 4 &&
			    tq_str_int(w[3], 0, TQ_PARENTS_MAX, &set) == 0)
				(*kids)[(*nkids)++] = (struct aq_kid){ w[1],
				    w[2], (size_t)set,
				    strcmp(w[0], kinds[true]) == 0 };
	}
	return 0;
}

/* A PutItem, on a condition or none. */
static int
put_call(struct aq *s, struct tq_span item, const char *condition,
    const char *const *names, struct tq_span values, struct tq_aws_call *c,
    struct tq_err *err)
{
	struct tq_ddb_write w = { .table = s->url.table, .item = item,
	    .condition = condition, .bind = { names, values } };

	*c = (struct tq_aws_call){ .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb PutItem" };
	return tq_ddb_put(&c->req, tq_aws_base(s->a, TQ_AWS_DYNAMODB), &w,
	    err);
}

/* 1 done, 0 its condition failed, -1. */
static int
answer(const struct tq_aws_call *c, struct tq_err *err)
{
	if (c->err.code == TQ_OK)
		return 1;
	if (tq_aws_fault_is(&c->fault, "ConditionalCheckFailedException"))
		return 0;
	if (err != NULL)
		*err = c->err;
	return -1;
}

/* Up to AQ_CALLS of the dirty sets from *${from} on. */
static int
write_some(struct aq *s, struct aq_set *sets, size_t n, size_t *from,
    struct tq_arena *a, struct tq_err *err)
{
	static const char *const names[] = { "#r", "rev", NULL };
	struct tq_aws_call calls[AQ_CALLS];
	struct aq_set *sent[AQ_CALLS];
	struct tq_buf v = TQ_BUF_INIT(256);
	size_t m = 0, i;
	int rc = 0, got;

	for (; rc == 0 && *from < n && m < AQ_CALLS; ++*from) {
		if (!sets[*from].dirty)
			continue;
		tq_buf_clear(&v);
		tq_item_open(&v, NULL);
		tq_item_int(&v, ":r", sets[*from].rev);
		tq_item_close(&v, NULL);
		sent[m] = &sets[*from];
		rc = put_call(s, aq_set_item(sent[m], 0, a), "#r = :r", names,
		    tq_buf_span(&v), &calls[m], err);
		m++;
	}
	if (rc == 0 && m > 0)
		tq_aws_call(s->a, calls, m);
	for (i = 0; i < m; i++) {
		got = rc == -1 ? -1 : answer(&calls[i], err);
		sent[i]->stale = got == 0;
		sent[i]->dirty = false;
		if (got == -1)
			rc = -1;
		tq_aws_call_free(&calls[i]);
	}
	tq_buf_free(&v);
	return rc;
}

int
aq_sets_write(struct aq *s, struct aq_set *sets, size_t n,
    struct tq_arena *a, struct tq_err *err)
{
	size_t from = 0;

	while (from < n)
		if (write_some(s, sets, n, &from, a, err) == -1)
			return -1;
	return 0;
}

int
aq_items_put(struct aq *s, const struct tq_span *items, size_t n, bool fresh,
    struct tq_err *err)
{
	static const char *const names[] = { "#p", "pk", NULL };
	struct tq_aws_call calls[AQ_CALLS];
	size_t from, m, i;
	int rc = 0;

	for (from = 0; rc == 0 && from < n; from += m) {
		for (m = 0; rc == 0 && m < AQ_CALLS && from + m < n; m++)
			rc = put_call(s, items[from + m], fresh ?
			    "attribute_not_exists(#p)" : NULL,
			    fresh ? names : NULL, TQ_SPAN_NONE, &calls[m],
			    err);
		if (rc == 0)
			tq_aws_call(s->a, calls, m);
		for (i = 0; i < m; i++) {
			if (rc == 0 && answer(&calls[i], err) == -1)
				rc = -1;
			tq_aws_call_free(&calls[i]);
		}
	}
	return rc;
}

/*
 * lib/store/aws/limit.c -- limits that hold across workers.
 *
 * A limit of N is N slot items; a claim takes one first.  A slot is free when
 * there is no such item or its lease has run out, so no crash can leak one.
 * The queue's rate is a token bucket in an item of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/dynamodb.h"
#include "aws/item.h"
#include "store/aws/claim.h"

#define TRIES	10

/* Of the worker's own limit and the queue's the lower; -1: none. */
static int
limit_of(const struct claiming *c, const char *type)
{
	const struct tq_claim *req = c->req;
	const struct tq_control *q = c->control;
	int max = -1;
	size_t i;

	for (i = 0; i < req->nlimits; i++)
		if (strcmp(req->limits[i].type, type) == 0 &&
		    (max == -1 || req->limits[i].max < max))
			max = req->limits[i].max;
	for (i = 0; i < q->nlimits; i++)
		if (strcmp(q->limits[i].type, type) == 0 &&
		    (max == -1 || q->limits[i].max < max))
			max = q->limits[i].max;
	return max;
}

/* Write a slot, if it is as free as it was seen to be. */
static int
slot_write(struct aq *s, const char *pk, const struct tq_task *t,
    int64_t until, int64_t old_until, struct tq_err *err)
{
	static const char *const names[] = { "#u", "until", NULL };
	static const char *const fresh[] = { "#p", "pk", NULL };
	struct tq_buf b = TQ_BUF_INIT(4096), v = TQ_BUF_INIT(256);
	int rc;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", pk);
	tq_item_text(&b, "taskId", t->id);
	tq_item_int(&b, "token", (int64_t)t->token + 1);
	tq_item_int(&b, "until", until);
	tq_item_int(&b, "expiresAt", until / 1000 + 86400);
	tq_item_close(&b, NULL);
	tq_item_open(&v, NULL);
	tq_item_int(&v, ":u", old_until);
	tq_item_close(&v, NULL);
	rc = old_until == 0 ? aq_put(s, tq_buf_span(&b),
	    "attribute_not_exists(#p)", fresh, TQ_SPAN_NONE, err) :
	    aq_put(s, tq_buf_span(&b), "#u = :u", names, tq_buf_span(&v), err);
	tq_buf_free(&b);
	tq_buf_free(&v);
	return rc;
}

/* One of a lease of this process: nobody else can have freed it. */
static bool
ours(const struct aq *s, const char *pk)
{
	size_t i;

	for (i = 0; i < s->nheld; i++)
		if (s->held[i].slot != NULL && strcmp(s->held[i].slot, pk) == 0)
			return true;
	return false;
}

/* Read which slots of these types are free, all at once. */
static int
look(struct claiming *c, const char *const *types, size_t n,
    struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	const char **pks;
	struct tq_span *items;
	struct aq_room *r, **of;
	size_t i, m = 0, all = 0, had = c->nrooms;
	int64_t until;
	int k, max;

	for (i = 0; i < n; i++)
		if ((max = limit_of(c, types[i])) > 0)
			all += (size_t)max;
	pks = tq_arena_alloc(a, (all + 1) * sizeof(*pks));
	of = tq_arena_alloc(a, (all + 1) * sizeof(*of));
	items = tq_arena_alloc(a, (all + 1) * sizeof(*items));
	for (i = 0; i < n; i++) {
		if ((max = limit_of(c, types[i])) < 0)
			continue;
		r = &c->rooms[c->nrooms++];
		*r = (struct aq_room){ .type = types[i], .free =
		    tq_arena_alloc(a, (size_t)(max + 1) * sizeof(*r->free)) };
		for (k = 0; k < max; k++) {
			pks[m] = tq_arena_fmt(a, "l#%s#%s#%d", c->req->queue,
			    types[i], k);
			of[m] = r;
			m += !ours(c->s, pks[m]);
		}
	}
	if (aq_items(c->s, pks, m, a, items, err) == -1) {
		c->nrooms = had;
		return -1;
	}
	for (i = 0; i < m; i++) {
		until = 0;
		if (items[i].n == 0 || (tq_item_get_int(items[i], "until",
		    &until) && until <= aq_now(c->s)))
			of[i]->free[of[i]->n++] = (struct aq_free){ pks[i],
			    until };
	}
	return 0;
}

int
aq_rooms(struct claiming *c, struct tq_err *err)
{
	const struct tq_claim *req = c->req;

	if (req->nids > 0)
		return 0;
	c->rooms = tq_arena_alloc(c->got->arena, (req->ntypes + req->nothers +
	    1) * sizeof(*c->rooms));
	return look(c, req->types, req->ntypes, err);
}

/* NULL: no limit, or it is not known. */
static struct aq_room *
room_of(struct claiming *c, const char *type)
{
	size_t i;

	if (type == NULL || c->rooms == NULL || limit_of(c, type) < 0)
		return NULL;
	for (i = 0; i < c->nrooms; i++)
		if (strcmp(c->rooms[i].type, type) == 0)
			return &c->rooms[i];
	/* Of another claim: only asked about when such a task is met. */
	return aq_wants_otherwise(c->req, type) && look(c, &type, 1, NULL) ==
	    0 ? &c->rooms[c->nrooms - 1] : NULL;
}

bool
aq_full(struct claiming *c, const char *type)
{
	const struct aq_room *r = room_of(c, type);

	return r != NULL && r->n == 0;
}

size_t
aq_room(struct claiming *c)
{
	const struct aq_room *r;
	size_t i, n = 0;

	for (i = 0; i < c->req->ntypes; i++) {
		if ((r = room_of(c, c->req->types[i])) == NULL)
			return SIZE_MAX;
		n += r->n;
	}
	return n;
}

bool
aq_some_full(struct claiming *c)
{
	size_t i;

	for (i = 0; i < c->req->ntypes; i++)
		if (aq_full(c, c->req->types[i]))
			return true;
	return false;
}

bool
aq_all_full(struct claiming *c)
{
	size_t i;

	if (aq_room(c) > 0)
		return false;
	for (i = 0; i < c->req->nothers; i++)
		if (!aq_full(c, c->req->others[i]))
			return false;
	return true;
}

int
aq_slot_take(struct claiming *c, const struct tq_task *t, const char **slot,
    struct tq_err *err)
{
	struct aq_room *r = room_of(c, t->type);
	struct aq_free f;
	int rc = 0;

	if (r == NULL)
		return 1;
	while (r->n > 0 && rc == 0) {
		f = *r->free++;
		r->n--;
		rc = slot_write(c->s, f.pk, t, c->now + c->req->lease_ms +
		    AQ_MARGIN_MS, f.until, err);
		if (rc == 1)
			*slot = f.pk;
	}
	return rc;
}

void
aq_slot_extend(struct aq *s, const char *slot, const struct tq_task *t,
    int64_t until)
{
	static const char *const names[] = { "#t", "taskId", NULL };
	struct tq_buf b = TQ_BUF_INIT(4096), v = TQ_BUF_INIT(1024);

	if (slot == NULL)
		return;
	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", slot);
	tq_item_text(&b, "taskId", t->id);
	tq_item_int(&b, "token", (int64_t)t->token);
	tq_item_int(&b, "until", until);
	tq_item_int(&b, "expiresAt", until / 1000 + 86400);
	tq_item_close(&b, NULL);
	tq_item_open(&v, NULL);
	tq_item_text(&v, ":t", t->id);
	tq_item_close(&v, NULL);
	aq_put(s, tq_buf_span(&b), "#t = :t", names, tq_buf_span(&v), NULL);
	tq_buf_free(&b);
	tq_buf_free(&v);
}

void
aq_slot_free(struct aq *s, const char *slot, const char *id)
{
	static const char *const names[] = { "#t", "taskId", NULL };
	struct tq_buf k = TQ_BUF_INIT(4096), v = TQ_BUF_INIT(1024);
	struct tq_ddb_write w = { .table = s->url.table,
	    .condition = "#t = :t" };
	struct tq_aws_call c = { .service = TQ_AWS_DYNAMODB,
	    .what = "dynamodb DeleteItem" };

	if (slot == NULL)
		return;
	tq_item_open(&k, NULL);
	tq_item_text(&k, "pk", slot);
	tq_item_close(&k, NULL);
	tq_item_open(&v, NULL);
	tq_item_text(&v, ":t", id);
	tq_item_close(&v, NULL);
	w.item = tq_buf_span(&k);
	w.bind = (struct tq_ddb_bind){ names, tq_buf_span(&v) };
	/* One that ran out may be another task's by now. */
	if (tq_ddb_delete(&c.req, tq_aws_base(s->a, TQ_AWS_DYNAMODB), &w,
	    NULL) == 0)
		tq_aws_call(s->a, &c, 1);
	tq_aws_call_free(&c);
	tq_buf_free(&k);
	tq_buf_free(&v);
}

/* -- the rate ---------------------------------------------------------------- */

/* The bucket as it stands now: tokens are in it up to ${filled}. */
struct bucket {
	double	tokens;
	int64_t	rev, filled;
};

static int
bucket_read(struct aq *s, const struct tq_control *c, const char *pk,
    struct tq_arena *a, struct bucket *b, struct tq_err *err)
{
	double most = c->rate > 10 ? c->rate / 10 : 1;
	int64_t filled = 0, milli = 0, now = aq_now(s);
	struct tq_span item;

	if (aq_items(s, &pk, 1, a, &item, err) == -1)
		return -1;
	*b = (struct bucket){ .tokens = most, .filled = now };
	if (item.n == 0)
		return 0;
	tq_item_get_int(item, "rev", &b->rev);
	tq_item_get_int(item, "milli", &milli);
	tq_item_get_int(item, "filled", &filled);
	/* Far ahead was the clock of who wrote that; else ours is late. */
	if (filled > now + AQ_MARGIN_MS)
		return 0;
	if (filled > now)
		b->filled = filled;
	b->tokens = (double)milli / 1000 + (double)(b->filled - filled) *
	    c->rate / 1000;
	if (b->tokens > most)
		b->tokens = most;
	return 0;
}

static int
bucket_write(struct aq *s, const char *pk, const struct bucket *is,
    double taken, struct tq_err *err)
{
	static const char *const names[] = { "#r", "rev", NULL };
	static const char *const fresh[] = { "#p", "pk", NULL };
	struct tq_buf b = TQ_BUF_INIT(4096), v = TQ_BUF_INIT(256);
	int rc;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", pk);
	tq_item_int(&b, "rev", is->rev + 1);
	tq_item_int(&b, "milli", (int64_t)((is->tokens - taken) * 1000));
	tq_item_int(&b, "filled", is->filled);
	tq_item_close(&b, NULL);
	tq_item_open(&v, NULL);
	tq_item_int(&v, ":r", is->rev);
	tq_item_close(&v, NULL);
	rc = is->rev == 0 ? aq_put(s, tq_buf_span(&b), "attribute_not_exists(#p)",
	    fresh, TQ_SPAN_NONE, err) : aq_put(s, tq_buf_span(&b), "#r = :r",
	    names, tq_buf_span(&v), err);
	tq_buf_free(&b);
	tq_buf_free(&v);
	return rc;
}

/* Take up to ${n} tokens (negative: give back); how many, or -1. */
static int
bucket_move(struct aq *s, const struct tq_control *c, int64_t n,
    int64_t *next_ms, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *pk = tq_arena_fmt(&a, "r#%s", c->queue);
	struct bucket b;
	int64_t take = 0;
	int i, rc = 0;

	for (i = 0; i < TRIES && rc == 0; i++) {
		rc = bucket_read(s, c, pk, &a, &b, err);
		if (rc == -1)
			break;
		take = n;
		if (n > 0 && b.tokens < 1) {
			*next_ms = b.filled + 1 +
			    (int64_t)((1 - b.tokens) * 1000 / c->rate);
			take = 0;
			break;
		}
		if (take > 0 && (double)take > b.tokens)
			take = (int64_t)b.tokens;
		rc = bucket_write(s, pk, &b, (double)take, err);
	}
	tq_arena_free(&a);
	return rc == -1 ? -1 : rc == 0 && take != 0 ? 0 : (int)take;
}

int
aq_rate_take(struct aq *s, const struct tq_control *c, size_t *n,
    int64_t *next_ms, struct tq_err *err)
{
	int took = bucket_move(s, c, (int64_t)*n, next_ms, err);

	if (took == -1)
		return -1;
	*n = (size_t)took;
	return 0;
}

void
aq_rate_back(struct aq *s, const struct tq_control *c, size_t n)
{
	int64_t next;

	bucket_move(s, c, -(int64_t)n, &next, NULL);
}

/*
 * lib/store/aws/newest.c -- a list by createdAt.
 *
 * The index has each status of a queue by ringAt, and a record's ringAt is
 * never before its createdAt.  So with each status read from its latest entry
 * down, all that is not read yet was created before the latest of the points
 * come to: what was created after that can be told, in order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/aws/page.h"

#define QUEUES_MAX	64	/* more are listed by status */
#define READ_MIN	32	/* entries a query asks for */
#define READ_MAX	1000

/* One part of one queue, read from its end to its start. */
struct head {
	size_t		 part;
	const char	*queue;
	struct aq_mark	 after;
	int64_t		 bound;		/* ringAt: all after it was read */
	bool		 end;
};

struct found {
	const char	*id;
	int64_t		 created, ring_at;
};

struct newest {
	struct aq_paging *p;
	struct head	 head[QUEUES_MAX * AQ_PARTS];
	size_t		 nheads;
	struct found	*v;		/* malloc'd */
	size_t		 n, cap;
	struct found	 last;		/* told by the page before; id "" */
	int64_t		 floor;		/* ringAt: what is not above it is left
					   to the list by status; 0: unknown */
	char		 id[TQ_NAME_MAX + 1];
};

/* The newest first; then by id, downwards. */
static int
by_age(const void *va, const void *vb)
{
	const struct found *a = va, *b = vb;

	if (a->created != b->created)
		return a->created > b->created ? -1 : 1;
	return strcmp(b->id, a->id);
}

/* "n3.FLOOR.CREATED.ID" */
static int
parse_cursor(struct newest *l, struct tq_err *err)
{
	const char *cursor = l->p->req->cursor;
	long long floor, created;

	l->last = (struct found){ l->id, INT64_MAX, 0 };
	if (cursor == NULL)
		return 0;
	if (strnlen(cursor, 256) == 256 || sscanf(cursor,
	    "n3.%lld.%lld.%128s", &floor, &created, l->id) != 3)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "cursor \"%.80s\" is not one of ours", cursor);
	l->floor = floor;
	l->last.created = created;
	return 0;
}

/* What runs where it waited comes with what waits there, if that is read. */
static bool
is_twice(const struct aq_paging *p, size_t part)
{
	unsigned want = p->req->filter.statuses;

	return aq_part_left(part) && (want == 0 ||
	    (want & TQ_BIT(aq_list_parts[part].stands)) != 0);
}

static void
make_heads(struct newest *l)
{
	const struct aq_paging *p = l->p;
	size_t q, part;
	int64_t until;

	for (q = 0; q < p->nqueues; q++)
		for (part = 0; part < AQ_PARTS; part++) {
			if (!aq_part_wanted(p, part) || is_twice(p, part))
				continue;
			until = aq_part_until(p, part, 0);
			l->head[l->nheads++] = (struct head){ part,
			    p->queues[q], { NULL, 0, 0 }, until != 0 ? until :
			    INT64_MAX, false };
		}
}

/* That of which the most may be unread above the others; NULL: all is read. */
static struct head *
highest(struct newest *l)
{
	struct head *best = NULL, *h;

	for (h = l->head; h < l->head + l->nheads; h++)
		if (!h->end && (best == NULL || h->bound > best->bound))
			best = h;
	return best;
}

/* Can so many be told that the page is full? */
static bool
enough(const struct newest *l, int64_t bound)
{
	size_t i, n = 0;

	for (i = 0; i < l->n && n < l->p->req->limit; i++)
		n += l->v[i].created > bound;
	return n == l->p->req->limit;
}

static int
keep(struct newest *l, size_t part, const struct aq_entry *e, size_t n,
    struct tq_err *err)
{
	struct found f, *v;
	size_t i;

	if (l->n + n > l->cap) {
		l->cap = 2 * (l->n + n);
		if ((v = realloc(l->v, l->cap * sizeof(*v))) == NULL)
			return tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM,
			    "out of memory");
		l->v = v;
	}
	for (i = 0; i < n; i++) {
		f = (struct found){ e[i].id, e[i].created, e[i].ring_at };
		if (aq_entry_wanted(l->p, part, &e[i]) &&
		    by_age(&f, &l->last) > 0 && f.ring_at > l->floor)
			l->v[l->n++] = f;
	}
	return 0;
}

/* Read on in ${h}. */
static int
read_some(struct newest *l, struct head *h, struct tq_err *err)
{
	struct aq_paging *p = l->p;
	size_t want = p->req->limit, n;
	struct aq_merge q = { .queue = h->queue,
	    .status = aq_list_parts[h->part].stands, .after = h->after,
	    .since = aq_part_since(p, h->part, l->floor), .until = aq_part_until(p, h->part, 0),
	    .backward = true };
	struct aq_entry *e;
	bool more;

	want = want < READ_MIN ? READ_MIN : want > READ_MAX ? READ_MAX : want;
	q.limit = (int64_t)(want < p->scan_max ? want : p->scan_max);
	if (aq_merge(p->s, &q, p->a, &e, &n, &more, err) == -1 ||
	    keep(l, h->part, e, n, err) == -1)
		return -1;
	p->scanned += n;
	if (n > 0) {
		h->after = (struct aq_mark){ e[n - 1].pk, e[n - 1].ring_at,
		    e[n - 1].shard };
		h->bound = e[n - 1].ring_at;
	}
	h->end = !more || n == 0 || h->bound <= l->floor;
	return 0;
}

/* Read until the page can be told; *bound: what was created after it can. */
static int
read_heads(struct newest *l, int64_t *bound, struct tq_err *err)
{
	struct head *h;

	while ((h = highest(l)) != NULL) {
		*bound = h->bound;
		if (enough(l, *bound))
			return 0;
		if (l->floor == 0 && l->p->scanned >= l->p->scan_max) {
			l->floor = *bound;
			break;
		}
		if (read_some(l, h, err) == -1)
			return -1;
	}
	*bound = INT64_MIN;
	return 0;
}

/* Tell what can be told, as long as there is room. */
static int
tell(struct newest *l, int64_t bound, int64_t *rest, struct tq_err *err)
{
	struct aq_paging *p = l->p;
	const char **ids = tq_arena_alloc(p->a, p->req->limit * sizeof(*ids));
	size_t i, n = 0;

	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_age);
	for (i = 0; i < l->n && n < p->req->limit && l->v[i].created > bound;
	    i++) {
		/* Read before it was known how far this goes. */
		if (l->v[i].ring_at <= l->floor)
			continue;
		ids[n++] = l->v[i].id;
		l->last = l->v[i];
	}
	if (i < l->n || bound != INT64_MIN)
		p->page->cursor = tq_arena_fmt(p->a, "n3.%lld.%lld.%s",
		    (long long)l->floor, (long long)l->last.created,
		    l->last.id);
	else
		*rest = l->floor;
	return aq_page_add(p, ids, n, p->req->filter.statuses, err);
}

int
aq_newest(struct aq_paging *p, int64_t *rest, struct tq_err *err)
{
	struct newest *l;
	int64_t bound;
	int rc = -1;

	*rest = 0;
	if (p->nqueues > QUEUES_MAX && p->req->cursor == NULL) {
		*rest = INT64_C(1) << 52;
		return 0;
	}
	l = tq_arena_alloc(p->a, sizeof(*l));
	*l = (struct newest){ .p = p };
	if (p->nqueues > QUEUES_MAX)
		p->nqueues = QUEUES_MAX;
	if (parse_cursor(l, err) == -1)
		return -1;
	make_heads(l);
	if (read_heads(l, &bound, err) == 0)
		rc = tell(l, bound, rest, err);
	free(l->v);
	return rc;
}

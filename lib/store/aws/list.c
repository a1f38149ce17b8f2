/*
 * lib/store/aws/list.c -- lists by status; over all queues a status is listed
 * queue by queue.
 */
#include <stdio.h>
#include <string.h>

#include "store/aws/aws.h"
#include "store/aws/page.h"
#include "util/str.h"

#define CURSOR_MAX	(2 * TQ_QUEUE_MAX + TQ_NAME_MAX + 64)

/* Where a list by status stands. */
struct place {
	size_t		 part;		/* in aq_list_parts */
	size_t		 queue;
	struct aq_mark	 after;
	int64_t		 until;		/* ringAt at most this; 0: any */
};

/* "a5.UNTIL.PART.QUEUE.RINGAT.SHARD.KEY"; KEY "-": at the start of its part. */
static int
parse_cursor(struct aq_paging *p, struct place *at, struct tq_err *err)
{
	char queue[TQ_QUEUE_MAX + 1] = "", pk[TQ_NAME_MAX + 3] = "";
	const char *cursor = p->req->cursor;
	long long ring_at, until;
	int part, shard;

	if (cursor == NULL)
		return 0;
	if (strnlen(cursor, CURSOR_MAX + 1) > CURSOR_MAX ||
	    sscanf(cursor, "a5.%lld.%d.%64[A-Za-z0-9_-].%lld.%d.%130s", &until,
		&part, queue, &ring_at, &shard, pk) != 6 ||
	    part < 0 || part >= AQ_PARTS)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "cursor \"%.80s\" is not one of ours", cursor);
	at->part = (size_t)part;
	at->until = until;
	while (at->queue < p->nqueues &&
	    strcmp(p->queues[at->queue], queue) < 0)
		at->queue++;
	if (at->queue < p->nqueues && strcmp(pk, "-") != 0 &&
	    strcmp(p->queues[at->queue], queue) == 0)
		at->after = (struct aq_mark){ tq_arena_str(p->a, pk), ring_at,
		    shard };
	return 0;
}

/* One query's worth; *more: the partition has not ended. */
static int
fill_some(struct aq_paging *p, struct place *at, bool *more,
    struct tq_err *err)
{
	const struct aq_list_part *part = &aq_list_parts[at->part];
	size_t want = p->req->limit - p->page->n, n, i, m = 0;
	struct aq_merge q = { .queue = p->queues[at->queue],
	    .status = part->stands, .after = at->after,
	    .limit = (int64_t)(want < 1000 ? want : 1000),
	    .since = aq_part_since(p, at->part, 0),
	    .until = aq_part_until(p, at->part, at->until),
	    .backward = p->req->newest_first || p->req->by_created };
	struct aq_entry *e;
	const char **ids;

	if (aq_merge(p->s, &q, p->a, &e, &n, more, err) == -1)
		return -1;
	ids = tq_arena_alloc(p->a, (n + 1) * sizeof(*ids));
	for (i = 0; i < n; i++) {
		at->after = (struct aq_mark){ e[i].pk, e[i].ring_at,
		    e[i].shard };
		if (aq_entry_wanted(p, at->part, &e[i]))
			ids[m++] = e[i].id;
	}
	p->scanned += n;
	*more = *more && n > 0;
	return aq_page_add(p, ids, m, TQ_BIT(part->is), err);
}

static int
fill(struct aq_paging *p, struct place *at, struct tq_err *err)
{
	bool more;

	for (; at->part < AQ_PARTS; at->part++, at->queue = 0) {
		if (!aq_part_wanted(p, at->part)) {
			at->after.pk = NULL;
			continue;
		}
		for (; at->queue < p->nqueues; at->queue++) {
			for (more = true; more; ) {
				if (p->page->n >= p->req->limit ||
				    p->scanned >= p->scan_max)
					goto full;
				if (fill_some(p, at, &more, err) == -1)
					return -1;
			}
			at->after.pk = NULL;
		}
	}
	return 0;
full:
	p->page->cursor = tq_arena_fmt(p->a, "a5.%lld.%d.%s.%lld.%d.%s",
	    (long long)at->until, (int)at->part, p->queues[at->queue],
	    (long long)at->after.ring_at, at->after.shard,
	    at->after.pk != NULL ? at->after.pk : "-");
	return 0;
}

int
aq_list_within(struct aq *s, const struct tq_list *req, size_t scan_max,
    struct tq_arena *a, struct tq_page *page, struct tq_err *err)
{
	const char *one[1] = { req->filter.queue };
	struct aq_paging p = { .s = s, .req = req, .a = a, .page = page,
	    .queues = one, .nqueues = 1, .now = aq_now(s),
	    .scan_max = scan_max };
	struct place at = { .part = 0 };

	*page = (struct tq_page){ 0 };
	page->tasks = tq_arena_alloc(a, req->limit * sizeof(*page->tasks));
	if (req->filter.queue == NULL && aq_queues(s, a, &p.queues,
	    &p.nqueues, err) == -1)
		return -1;
	if (req->by_created && (req->cursor == NULL ||
	    !tq_str_starts(req->cursor, "a5."))) {
		if (aq_newest(&p, &at.until, err) == -1)
			return -1;
		if (at.until == 0)
			return 0;
	} else if (parse_cursor(&p, &at, err) == -1) {
		return -1;
	}
	return fill(&p, &at, err);
}

int
aq_list(struct tq_store *st, const struct tq_list *req, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err)
{
	return aq_list_within(aq_of(st), req, AQ_SCAN_MAX, a, page, err);
}

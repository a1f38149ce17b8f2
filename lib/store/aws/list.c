/*
 * lib/store/aws/list.c -- pages of records: keys from the index, then the
 * records themselves by consistent reads.
 *
 * Over all queues a status is listed queue by queue.
 */
#include <stdio.h>
#include <string.h>

#include "store/aws/aws.h"
#include "store/aws/record/record.h"
#include "store/aws/record/merge.h"
#include "store/filter.h"

#define SCAN_MAX	20000
#define CURSOR_MAX	(2 * TQ_QUEUE_MAX + TQ_NAME_MAX + 64)

/*
 * The parts of a list, in their order.  What waits past its deadline is shown
 * as what the next write will make of it, though it stands elsewhere yet.
 */
static const struct part {
	enum tq_status	stands, is;
} order[] = {
	{ TQ_RUNNING, TQ_RUNNING }, { TQ_RETRYING, TQ_RETRYING },
	{ TQ_PENDING, TQ_PENDING }, { TQ_BLOCKED, TQ_BLOCKED },
	{ TQ_FAILED, TQ_FAILED },
	{ TQ_RETRYING, TQ_FAILED }, { TQ_CANCELLED, TQ_CANCELLED },
	{ TQ_PENDING, TQ_CANCELLED }, { TQ_BLOCKED, TQ_CANCELLED },
	{ TQ_COMPLETED, TQ_COMPLETED },
};
#define NORDER	(sizeof(order) / sizeof(order[0]))

struct paging {
	struct aq		*s;
	const struct tq_list	*req;
	struct tq_arena		*a;
	struct tq_page		*page;
	size_t			 part;		/* in `order' */
	int64_t			 now;
	const char		**queues;
	size_t			 nqueues, queue;
	struct aq_mark		 after;
	size_t			 scanned;
};

/* "a3.PART.QUEUE.RINGAT.SHARD.KEY" */
static int
parse_cursor(struct paging *p, struct tq_err *err)
{
	char queue[TQ_QUEUE_MAX + 1] = "", pk[TQ_NAME_MAX + 3] = "";
	long long at;
	int part, shard;

	if (p->req->cursor == NULL)
		return 0;
	if (strlen(p->req->cursor) > CURSOR_MAX ||
	    sscanf(p->req->cursor, "a3.%d.%64[A-Za-z0-9_-].%lld.%d.%130s", &part,
		queue, &at, &shard, pk) != 5 ||
	    part < 0 || (size_t)part >= NORDER)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "cursor \"%.80s\" is not one of ours", p->req->cursor);
	p->part = (size_t)part;
	while (p->queue < p->nqueues && strcmp(p->queues[p->queue], queue) < 0)
		p->queue++;
	if (p->queue < p->nqueues && strcmp(p->queues[p->queue], queue) == 0)
		p->after = (struct aq_mark){ tq_arena_str(p->a, pk), at,
		    shard };
	return 0;
}

/* Is the entry, as things stand now, of the part's status? */
static bool
stands_right(const struct paging *p, const struct aq_entry *e)
{
	const struct part *part = &order[p->part];
	bool overdue = (TQ_BIT(part->stands) & TQ_FINISHED) == 0 &&
	    part->stands != TQ_RUNNING &&
	    e->expires_at != 0 && e->expires_at <= p->now;

	return overdue == (part->stands != part->is);
}

/* Keep those records of a page of the index that the filter lets through. */
static int
keep(struct paging *p, struct aq_update *ups, size_t n, struct tq_err *err)
{
	struct aq_rec **recs = tq_arena_alloc(p->a, (n + 1) * sizeof(*recs));
	struct aq_rec *r;
	size_t i, m = 0;

	if (aq_fetch(p->s, ups, n, p->a, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		r = &ups[i].rec;
		if (!ups[i].found)
			continue;
		tq_turn_expire(&r->t, p->now, p->a);
		if (r->t.status == order[p->part].is &&
		    tq_filter_matches(&p->req->filter, &r->t))
			recs[m++] = r;
	}
	/* What can't be read is left out: the record says its size. */
	if (aq_recs_load(p->s, recs, m, p->req->with, p->a, err) == -1)
		return -1;
	for (i = 0; i < m; i++)
		p->page->tasks[p->page->n++] = recs[i]->t;
	return 0;
}

/* One query's worth; *more: the partition has not ended. */
static int
fill_some(struct paging *p, bool *more, struct tq_err *err)
{
	const struct tq_filter *f = &p->req->filter;
	size_t want = p->req->limit - p->page->n, n, i, m = 0;
	struct aq_merge q = { .queue = p->queues[p->queue],
	    .status = order[p->part].stands, .after = p->after,
	    .limit = (int64_t)(want < 1000 ? want : 1000),
	    /* What is overdue has its place before now. */
	    .until = order[p->part].stands != order[p->part].is ? p->now : 0,
	    .backward = p->req->newest_first };
	struct aq_entry *e;
	struct aq_update *ups;

	if (aq_merge(p->s, &q, p->a, &e, &n, more, err) == -1)
		return -1;
	ups = tq_arena_alloc(p->a, (n + 1) * sizeof(*ups));
	for (i = 0; i < n; i++) {
		p->after = (struct aq_mark){ e[i].pk, e[i].ring_at,
		    e[i].shard };
		if (e[i].id != NULL && e[i].drained == f->drained &&
		    stands_right(p, &e[i]) && (f->type == NULL || (e[i].type != NULL &&
		    strcmp(e[i].type, f->type) == 0)))
			ups[m++].id = e[i].id;
	}
	p->scanned += n;
	*more = *more && n > 0;
	return keep(p, ups, m, err);
}

static int
fill(struct paging *p, struct tq_err *err)
{
	unsigned want = p->req->filter.statuses;
	bool more;

	for (; p->part < NORDER; p->part++, p->queue = 0) {
		if (want != 0 && (want & TQ_BIT(order[p->part].is)) == 0) {
			p->after.pk = NULL;
			continue;
		}
		for (; p->queue < p->nqueues; p->queue++) {
			for (more = true; more; ) {
				if (p->page->n >= p->req->limit ||
				    p->scanned >= SCAN_MAX)
					goto full;
				if (fill_some(p, &more, err) == -1)
					return -1;
			}
			p->after.pk = NULL;
		}
	}
	return 0;
full:
	p->page->cursor = tq_arena_fmt(p->a, "a3.%d.%s.%lld.%d.%s",
	    (int)p->part, p->queues[p->queue], (long long)p->after.ring_at,
	    p->after.shard, p->after.pk != NULL ? p->after.pk : "-");
	return 0;
}

int
aq_list(struct tq_store *st, const struct tq_list *req, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err)
{
	struct paging p = { .s = aq_of(st), .req = req, .a = a, .page = page,
	    .nqueues = 1, .now = aq_now(aq_of(st)) };
	const char *one[1] = { req->filter.queue };

	*page = (struct tq_page){ NULL, 0, NULL };
	page->tasks = tq_arena_alloc(a, req->limit * sizeof(*page->tasks));
	p.queues = one;
	if (req->filter.queue == NULL && aq_queues(p.s, a, &p.queues,
	    &p.nqueues, err) == -1)
		return -1;
	if (parse_cursor(&p, err) == -1)
		return -1;
	/* "-": at the start of its partition. */
	if (p.after.pk != NULL && strcmp(p.after.pk, "-") == 0)
		p.after.pk = NULL;
	return fill(&p, err);
}

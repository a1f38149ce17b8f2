/*
 * lib/store/sqlite/list.c -- pages of records.
 *
 * A status is read from one or more spans, each an ordered piece of a table
 * (`ended' is one, `ready' has one for each lane and priority); a page merges
 * them.  Fields without an index (queue, label, error, since) are a filter on
 * the entries or records as they come; a page gives up after SCAN_MAX of them
 * and lets its cursor go on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/filter.h"
#include "store/sqlite/record.h"

#define SCAN_MAX	20000	/* entries that a page looks at */
#define SEEK_COST	40	/* rows of a scan that a lane's seeks cost */
#define BATCH_MIN	64	/* entries read at a time */

struct span {
	enum sq_stmt	up, down;
	int64_t		arg[3];
};

struct paging {
	struct sq		*s;
	const struct tq_list	*req;
	struct tq_arena		*a;
	struct tq_page		*page;
	int			 status;	/* position in `order' */
	struct sq_entry		 here;		/* behind this entry */
	size_t			 scanned;
	int64_t			*lanes;		/* that the filter leaves */
	size_t			 nlanes;
	bool			 all_lanes;	/* it leaves all */
	uint64_t		 count[SQ_STATUS_DRAINED + 1]; /* in them */
	struct span		*spans;		/* of the present status */
	size_t			 nspans;
};

static const enum tq_status order[] = {
	TQ_RUNNING, TQ_RETRYING, TQ_PENDING, TQ_BLOCKED, TQ_FAILED,
	TQ_CANCELLED, TQ_COMPLETED,
};
#define NORDER	((int)(sizeof(order) / sizeof(order[0])))

static bool
downwards(const struct paging *p)
{
	return p->req->newest_first || p->req->by_created;
}

static struct sq_entry
start_of(const struct paging *p)
{
	int64_t end = downwards(p) ? INT64_MAX : INT64_MIN;

	return (struct sq_entry){ end, end, end, 0 };
}

static int
parse_cursor(struct paging *p, struct tq_err *err)
{
	long long at, lane, rid;

	p->here = start_of(p);
	if (p->req->cursor == NULL)
		return 0;
	if (sscanf(p->req->cursor, "l2.%d.%lld.%lld.%lld", &p->status, &at,
	    &lane, &rid) != 4 || p->status < 0 || p->status >= NORDER)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "cursor \"%.80s\" is not one of ours", p->req->cursor);
	p->here = (struct sq_entry){ at, lane, rid, 0 };
	return 0;
}

static int
lane_order(const void *va, const void *vb)
{
	const int64_t *a = va, *b = vb;

	return *a < *b ? -1 : *a > *b;
}

/* The lanes that the filter's queue and type leave, in their order. */
static int
pick_lanes(struct paging *p, struct tq_err *err)
{
	const struct tq_filter *f = &p->req->filter;
	size_t i;

	if (sq_lanes_load(p->s, err) == -1)
		return -1;
	p->lanes = tq_arena_alloc(p->a, (p->s->nlanes + 1) *
	    sizeof(*p->lanes));
	for (i = 0; i < p->s->nlanes; i++) {
		const struct sq_lane *l = &p->s->lanes[i];

		if ((f->queue == NULL || strcmp(f->queue, l->queue) == 0) &&
		    (f->type == NULL || strcmp(f->type, l->type) == 0))
			p->lanes[p->nlanes++] = l->lane;
	}
	p->all_lanes = p->nlanes == p->s->nlanes;
	qsort(p->lanes, p->nlanes, sizeof(*p->lanes), lane_order);
	return 0;
}

static bool
has_lane(const struct paging *p, int64_t lane)
{
	return p->all_lanes || bsearch(&lane, p->lanes, p->nlanes,
	    sizeof(*p->lanes), lane_order) != NULL;
}

/* How many of each status are in these lanes, so that none is looked for in
   vain; and which lanes have anything that waits. */
static int
count_lanes(struct paging *p, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(p->s, SQ_TALLY_ALL, err);
	size_t n = 0;
	int64_t lane;
	int rc, status;

	if (q == NULL)
		return -1;
	while ((rc = sq_step(p->s, q, err)) == 1) {
		lane = sqlite3_column_int64(q, 0);
		status = sqlite3_column_int(q, 1);
		if (!has_lane(p, lane) || status < 0 ||
		    status > SQ_STATUS_DRAINED)
			continue;
		p->count[status] += (uint64_t)sqlite3_column_int64(q, 2);
		/* In the order of lanes, so behind none that is still read. */
		if ((TQ_BIT(status) & TQ_WAITING) != 0 && !p->all_lanes &&
		    (n == 0 || p->lanes[n - 1] != lane))
			p->lanes[n++] = lane;
	}
	return rc;
}

static void
add_span(struct paging *p, enum sq_stmt up, enum sq_stmt down, int64_t a,
    int64_t b, int64_t c)
{
	struct span *grown;

	if ((p->nspans & (p->nspans + 1)) == 0) {
		grown = tq_arena_alloc(p->a, 2 * (p->nspans + 1) *
		    sizeof(*grown));
		if (p->nspans > 0)
			memcpy(grown, p->spans, p->nspans * sizeof(*grown));
		p->spans = grown;
	}
	p->spans[p->nspans++] = (struct span){ up, down, { a, b, c } };
}

/* The pieces of `ready' of one lane: its priorities, each in two halves. */
static int
add_lane(struct paging *p, int64_t lane, struct tq_err *err)
{
	int64_t prio = 9;
	sqlite3_stmt *q;
	int rc;

	for (;; prio--) {
		if ((q = sq_stmt(p->s, SQ_READY_TOP, err)) == NULL)
			return -1;
		sqlite3_bind_int64(q, 1, lane);
		sqlite3_bind_int64(q, 2, prio);
		if ((rc = sq_step(p->s, q, err)) == 1)
			prio = sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
		if (rc != 1)
			return rc;
		add_span(p, SQ_SPAN_READY, SQ_SPAN_READY_DOWN, lane, prio, 0);
		add_span(p, SQ_SPAN_READY, SQ_SPAN_READY_DOWN, lane, prio, 1);
	}
}

/* Waiting: lane by lane, or one scan of all where that is the less work. */
static int
add_waiting(struct paging *p, enum tq_status status, struct tq_err *err)
{
	uint64_t waiting = p->count[TQ_PENDING] + p->count[TQ_RETRYING];
	size_t i;

	if (p->nlanes * SEEK_COST > waiting) {
		add_span(p, SQ_SPAN_WAITING, SQ_SPAN_WAITING_DOWN, status, 0,
		    0);
		return 0;
	}
	for (i = 0; i < p->nlanes; i++)
		if (add_lane(p, p->lanes[i], err) == -1)
			return -1;
	return 0;
}

static int
make_spans(struct paging *p, struct tq_err *err)
{
	enum tq_status status = order[p->status];
	int64_t stored = status == TQ_FAILED && p->req->filter.drained ?
	    SQ_STATUS_DRAINED : (int64_t)status;

	p->nspans = 0;
	switch (status) {
	case TQ_RUNNING:
		add_span(p, SQ_SPAN_LEASE, SQ_SPAN_LEASE_DOWN, 0, 0, 0);
		return 0;
	case TQ_PENDING:
	case TQ_RETRYING:	/* those that are held too */
		add_span(p, SQ_SPAN_PARKED, SQ_SPAN_PARKED_DOWN, status, 0, 0);
		return add_waiting(p, status, err);
	case TQ_BLOCKED:
		add_span(p, SQ_SPAN_PARKED, SQ_SPAN_PARKED_DOWN, status, 0, 0);
		return 0;
	default:
		break;
	}
	add_span(p, SQ_SPAN_ENDED, SQ_SPAN_ENDED_DOWN, stored, 0, 0);
	if (status == TQ_CANCELLED)
		add_span(p, SQ_SPAN_OVERDUE, SQ_SPAN_OVERDUE_DOWN, TQ_PENDING,
		    TQ_BLOCKED, 0);
	if (status == TQ_FAILED && !p->req->filter.drained)
		add_span(p, SQ_SPAN_OVERDUE, SQ_SPAN_OVERDUE_DOWN, TQ_RETRYING,
		    TQ_RETRYING, 0);
	return 0;
}

static int
entry_up(const void *va, const void *vb)
{
	const struct sq_entry *a = va, *b = vb;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->lane != b->lane)
		return a->lane < b->lane ? -1 : 1;
	return a->rid < b->rid ? -1 : a->rid > b->rid;
}

static int
entry_down(const void *va, const void *vb)
{
	return entry_up(vb, va);
}

/* The next ${want} entries of all spans, in order. */
static int
merge(struct paging *p, struct sq_entry **out, size_t want, size_t *n,
    struct tq_err *err)
{
	bool down = downwards(p);
	struct sq_entry *all = malloc((p->nspans * want + 1) * sizeof(*all));
	size_t i, got;

	*n = 0;
	if (all == NULL)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
	for (i = 0; i < p->nspans; i++) {
		if (sq_span(p->s, down ? p->spans[i].down : p->spans[i].up,
		    p->spans[i].arg, &p->here, all + *n, want, &got, err) ==
		    -1) {
			free(all);
			return -1;
		}
		*n += got;
	}
	if (p->nspans > 1)
		qsort(all, *n, sizeof(*all), down ? entry_down : entry_up);
	if (*n > want)
		*n = want;
	*out = all;
	return 0;
}

/* Read one record and keep it if the filter does. */
static int
consider(struct paging *p, const struct sq_entry *e, struct tq_err *err)
{
	unsigned want = p->req->filter.statuses;
	struct sq_row row;
	int rc;

	if (!has_lane(p, e->lane))
		return 0;
	rc = sq_row_by_rid(p->s, e->rid, p->a, &row, err);
	if (rc != 1)
		return rc;
	if (!sq_as_of_now(p->s, &row, p->a) ||
	    !tq_filter_matches(&p->req->filter, &row.t))
		return 0;
	if (p->req->by_created ? want != 0 && (want & TQ_BIT(row.t.status)) ==
	    0 : row.t.status != order[p->status])
		return 0;
	if (sq_load_bodies(p->s, &row, p->req->with, p->a, err) == -1)
		return -1;
	p->page->tasks[p->page->n++] = row.t;
	return 0;
}

/* Fill from the spans; 1 when the page has enough, 0 at their end. */
static int
fill_here(struct paging *p, struct tq_err *err)
{
	struct sq_entry *e = NULL;
	size_t i, n, want;
	int rc = 0;

	do {
		want = p->req->limit - p->page->n;
		if (want < BATCH_MIN)
			want = BATCH_MIN;
		if (merge(p, &e, want, &n, err) == -1)
			return -1;
		for (i = 0; rc == 0 && i < n; i++) {
			if (p->page->n == p->req->limit ||
			    p->scanned >= SCAN_MAX)
				break;
			rc = consider(p, &e[i], err);
			p->here = e[i];
			p->scanned++;
		}
		free(e);
		if (rc == -1 || i < n)
			return rc == -1 ? -1 : 1;
	} while (n == want);
	return 0;
}

static bool
is_there(const struct paging *p)
{
	unsigned want = p->req->filter.statuses;
	enum tq_status status = order[p->status];

	if (want != 0 && (want & TQ_BIT(status)) == 0)
		return false;
	if (p->count[status] > 0)
		return true;
	if (status == TQ_FAILED)
		return p->count[p->req->filter.drained ? SQ_STATUS_DRAINED :
		    TQ_RETRYING] > 0;
	return status == TQ_CANCELLED &&
	    p->count[TQ_PENDING] + p->count[TQ_BLOCKED] > 0;
}

static int
fill(struct paging *p, struct tq_err *err)
{
	int rc = 0;

	for (; p->status < NORDER; p->status++, p->here = start_of(p)) {
		if (!p->req->by_created && !is_there(p))
			continue;
		if (p->req->by_created) {
			p->nspans = 0;
			add_span(p, SQ_SPAN_CREATED, SQ_SPAN_CREATED, 0, 0, 0);
		} else if (make_spans(p, err) == -1) {
			return -1;
		}
		if ((rc = fill_here(p, err)) != 0 || p->req->by_created)
			break;
	}
	if (rc == 1)
		p->page->cursor = tq_arena_fmt(p->a, "l2.%d.%lld.%lld.%lld",
		    p->status, (long long)p->here.at, (long long)p->here.lane,
		    (long long)p->here.rid);
	return rc == -1 ? -1 : 0;
}

int
sq_list(struct tq_store *st, const struct tq_list *req, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err)
{
	struct paging p = { .s = sq_of(st), .req = req, .a = a, .page = page };
	int rc;

	*page = (struct tq_page){ 0 };
	page->tasks = tq_arena_alloc(a, req->limit * sizeof(*page->tasks));
	rc = sq_read_begin(p.s, err) == -1 || parse_cursor(&p, err) == -1 ||
	    pick_lanes(&p, err) == -1 || count_lanes(&p, err) == -1 ? -1 :
	    fill(&p, err);
	sq_read_end(p.s);
	return rc;
}

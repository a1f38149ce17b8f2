/*
 * lib/store/sqlite/list.c -- pages of records.
 *
 * The indexes are per lane, so a page is merged from spans: one span is a
 * range of an index in which rows stand in order of (at, rid).  A filter that
 * no index knows (label, error, since) is applied to rows as they are read;
 * a page gives up after SCAN_MAX rows and lets its cursor go on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/filter.h"
#include "store/sqlite/sqlite.h"

#define SCAN_MAX	20000

struct span {
	int64_t	at, rid;
};

/* Where a page stands: in which status, behind which row. */
struct place {
	int	status;		/* position in `order' */
	int	prio;		/* of waiting statuses: 9 .. 0 */
	int64_t	at, rid;
};

struct paging {
	struct sq		*s;
	const struct tq_list	*req;
	struct tq_arena		*a;
	struct tq_page		*page;
	struct place		 here;
	size_t			 scanned;
	const int64_t		*lanes;
	size_t			 nlanes;
	unsigned		 present;	/* statuses that any lane has */
};

static const enum tq_status order[] = {
	TQ_RUNNING, TQ_RETRYING, TQ_PENDING, TQ_BLOCKED, TQ_FAILED,
	TQ_CANCELLED, TQ_COMPLETED,
};
#define NORDER	((int)(sizeof(order) / sizeof(order[0])))

static void
start_of(const struct paging *p, struct place *here)
{
	here->at = here->rid = p->req->newest_first ? INT64_MAX : INT64_MIN;
}

static int
parse_cursor(struct paging *p, struct tq_err *err)
{
	long long at, rid;

	p->here = (struct place){ 0, 9, 0, 0 };
	start_of(p, &p->here);
	if (p->req->cursor == NULL)
		return 0;
	if (sscanf(p->req->cursor, "l1.%d.%d.%lld.%lld", &p->here.status,
	    &p->here.prio, &at, &rid) != 4 || p->here.status < 0 ||
	    p->here.status >= NORDER || p->here.prio < 0 || p->here.prio > 9)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
		    "cursor \"%.80s\" is not one of ours", p->req->cursor);
	p->here.at = at;
	p->here.rid = rid;
	return 0;
}

/* The lanes that the filter's queue and type leave. */
static int
pick_lanes(struct paging *p, struct tq_err *err)
{
	const struct tq_filter *f = &p->req->filter;
	int64_t *lanes;
	size_t i;

	if (sq_lanes_load(p->s, err) == -1)
		return -1;
	lanes = tq_arena_alloc(p->a, (p->s->nlanes + 1) * sizeof(*lanes));
	for (i = 0; i < p->s->nlanes; i++) {
		const struct sq_lane *l = &p->s->lanes[i];

		if ((f->queue == NULL || strcmp(f->queue, l->queue) == 0) &&
		    (f->type == NULL || strcmp(f->type, l->type) == 0))
			lanes[p->nlanes++] = l->lane;
	}
	p->lanes = lanes;
	return 0;
}

/*
 * Which statuses are there at all: RETRYING shares its index with PENDING, so
 * that looking for none among a million would take a while.
 */
static int
find_present(struct paging *p, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(p->s, SQ_TALLY_ALL, err);
	int rc, status;
	size_t i;

	if (q == NULL)
		return -1;
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		status = sqlite3_column_int(q, 1);
		if (status == SQ_STATUS_DRAINED)
			status = TQ_FAILED;
		for (i = 0; i < p->nlanes; i++)
			if (p->lanes[i] == sqlite3_column_int64(q, 0) &&
			    sqlite3_column_int64(q, 2) > 0)
				p->present |= TQ_BIT(status);
	}
	sqlite3_reset(q);
	return rc == SQLITE_DONE ? 0 : sq_fail(p->s, err, "read");
}

static enum sq_stmt
span_stmt(enum tq_status status, bool down)
{
	if (status == TQ_RUNNING)
		return down ? SQ_SPAN_LEASE_DOWN : SQ_SPAN_LEASE;
	if (TQ_BIT(status) & TQ_FINISHED)
		return down ? SQ_SPAN_DONE_DOWN : SQ_SPAN_DONE;
	return down ? SQ_SPAN_READY_DOWN : SQ_SPAN_READY;
}

/* Up to ${want} (at, rid) behind the place, of one lane. */
static int
read_span(struct paging *p, int64_t lane, struct span *out, size_t want,
    size_t *n, struct tq_err *err)
{
	enum tq_status status = order[p->here.status];
	sqlite3_stmt *q;
	int rc;

	q = sq_stmt(p->s, span_stmt(status, p->req->newest_first), err);
	if (q == NULL)
		return -1;
	*n = 0;
	sqlite3_bind_int64(q, 1, lane);
	sqlite3_bind_int(q, 2, TQ_BIT(status) & TQ_FINISHED ? (int)status :
	    p->here.prio);
	sqlite3_bind_int64(q, 3, p->here.at);
	sqlite3_bind_int64(q, 4, p->here.rid);
	sqlite3_bind_int64(q, 5, (int64_t)want);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW)
		out[(*n)++] = (struct span){ .rid = sqlite3_column_int64(q, 0),
		    .at = sqlite3_column_int64(q, 1) };
	sqlite3_reset(q);
	return rc == SQLITE_DONE ? 0 : sq_fail(p->s, err, "read");
}

static int
span_up(const void *va, const void *vb)
{
	const struct span *a = va, *b = vb;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->rid < b->rid ? -1 : a->rid > b->rid;
}

static int
span_down(const void *va, const void *vb)
{
	return span_up(vb, va);
}

/* The next ${want} rows of all lanes at this place, in order. */
static int
merge(struct paging *p, struct span **rows, size_t want, size_t *n,
    struct tq_err *err)
{
	struct span *all = malloc((p->nlanes * want + 1) * sizeof(*all));
	size_t i, got;

	*n = 0;
	if (all == NULL)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
	for (i = 0; i < p->nlanes; i++) {
		if (read_span(p, p->lanes[i], all + *n, want, &got, err) == -1) {
			free(all);
			return -1;
		}
		*n += got;
	}
	if (p->nlanes > 1)
		qsort(all, *n, sizeof(*all), p->req->newest_first ? span_down :
		    span_up);
	if (*n > want)
		*n = want;
	*rows = all;
	return 0;
}

/* Read one row and keep it if the filter does. */
static int
consider(struct paging *p, int64_t rid, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(p->s, SQ_BY_RID, err);
	struct tq_task *t = &p->page->tasks[p->page->n];
	struct sq_row row;
	int rc;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, rid);
	if ((rc = sqlite3_step(q)) == SQLITE_ROW)
		rc = sq_row_read(p->s, q, p->a, &row, err) == -1 ? -1 : 1;
	else
		rc = rc == SQLITE_DONE ? 0 : sq_fail(p->s, err, "read");
	sqlite3_reset(q);
	if (rc != 1)
		return rc;
	if (row.t.status != order[p->here.status] || sq_expired(p->s, &row) ||
	    !tq_filter_matches(&p->req->filter, &row.t))
		return 0;
	if (((p->req->with & TQ_WITH_PAYLOAD) != 0 && sq_body_load(p->s, &row,
	    SQ_PAYLOAD, p->a, &row.t.payload, err) == -1) ||
	    ((p->req->with & TQ_WITH_RESULT) != 0 && sq_body_load(p->s, &row,
	    SQ_RESULT, p->a, &row.t.result, err) == -1))
		return -1;
	*t = row.t;
	p->page->n++;
	return 0;
}

/* Fill from the present (status, priority); 1 when the page is full. */
static int
fill_here(struct paging *p, struct tq_err *err)
{
	struct span *rows = NULL;
	size_t i, n, want;

	for (;;) {
		want = p->req->limit - p->page->n;
		if (want < 64)
			want = 64;
		if (merge(p, &rows, want, &n, err) == -1)
			return -1;
		for (i = 0; i < n; i++) {
			if (p->page->n == p->req->limit ||
			    p->scanned >= SCAN_MAX)
				break;
			if (consider(p, rows[i].rid, err) == -1) {
				free(rows);
				return -1;
			}
			p->here.at = rows[i].at;
			p->here.rid = rows[i].rid;
			p->scanned++;
		}
		free(rows);
		if (i < n)
			return 1;
		if (n < want)
			return 0;
	}
}

static bool
waiting(int status)
{
	return (TQ_BIT(order[status]) & TQ_WAITING) != 0;
}

static void
next_place(struct paging *p)
{
	if (waiting(p->here.status) && p->here.prio > 0) {
		p->here.prio--;
	} else {
		p->here.status++;
		p->here.prio = 9;
	}
	start_of(p, &p->here);
}

static int
fill(struct paging *p, struct tq_err *err)
{
	unsigned want = p->req->filter.statuses;
	int rc = 0;

	for (; p->here.status < NORDER; next_place(p)) {
		if ((p->present & TQ_BIT(order[p->here.status])) == 0 ||
		    (want != 0 && (want & TQ_BIT(order[p->here.status])) == 0))
			continue;
		if ((rc = fill_here(p, err)) != 0)
			break;
	}
	if (rc == 1)
		p->page->cursor = tq_arena_fmt(p->a, "l1.%d.%d.%lld.%lld",
		    p->here.status, p->here.prio, (long long)p->here.at,
		    (long long)p->here.rid);
	return rc == -1 ? -1 : 0;
}

int
sq_list(struct tq_store *st, const struct tq_list *req, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err)
{
	struct paging p = { .s = sq_of(st), .req = req, .a = a, .page = page };

	sq_now(p.s);
	*page = (struct tq_page){ NULL, 0, NULL };
	page->tasks = tq_arena_alloc(a, req->limit * sizeof(*page->tasks));
	if (parse_cursor(&p, err) == -1 || pick_lanes(&p, err) == -1 ||
	    find_present(&p, err) == -1)
		return -1;
	return fill(&p, err);
}

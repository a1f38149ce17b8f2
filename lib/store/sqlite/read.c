/* lib/store/sqlite/read.c -- get and count. */
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/meta.h"
#include "store/sqlite/record.h"

/* While the statement stands on its row, bodies are of the same moment. */
static int
get_here(struct sq *s, sqlite3_stmt *q, unsigned with, struct tq_arena *a,
    struct tq_task **out, struct tq_err *err)
{
	struct sq_row *row = tq_arena_alloc(a, sizeof(*row));

	if (sq_read_expiry(s, err) == -1 ||
	    sq_row_read(s, q, a, row, err) == -1)
		return -1;
	s->met_ready = row->home == SQ_IN_READY;
	if (!sq_as_of_now(s, row, a))
		return 0;
	*out = &row->t;
	return sq_load_bodies(s, row, with, a, err);
}

static int
get_one(struct sq *s, const char *id, unsigned with, struct tq_arena *a,
    struct tq_task **out, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, s->met_ready ? SQ_ROW_BY_ID_READY :
	    SQ_ROW_BY_ID, err);
	int rc;

	*out = NULL;
	if (q == NULL)
		return -1;
	sq_bind_id(q, 1, id);
	if ((rc = sq_step(s, q, err)) == 1)
		rc = get_here(s, q, with, a, out, err);
	sqlite3_reset(q);
	return rc;
}

/* One task, which is most of what is asked for, needs no transaction. */
int
sq_get(struct tq_store *st, const char *const *ids, size_t n, unsigned with,
    struct tq_arena *a, struct tq_task **out, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	size_t i;
	int rc = 0;

	if (n == 1)
		sq_now(s);
	else
		rc = sq_read_begin(s, err);
	for (i = 0; rc == 0 && i < n; i++)
		rc = get_one(s, ids[i], with, a, &out[i], err);
	if (n != 1)
		sq_read_end(s);
	return rc;
}

/* The first number of the one row that ${q} finds; 0 without one. */
static int
one_number(struct sq *s, sqlite3_stmt *q, int64_t *out, struct tq_err *err)
{
	int rc = sq_step(s, q, err);

	if (rc == 1)
		*out = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return rc;
}

/* The head of one half of (lane, prio), if it is due, and older than *${out}. */
static int
older_head(struct sq *s, int64_t lane, int64_t prio, int late, int64_t *out,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_READY_HEAD, err);
	int64_t at;
	int rc;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, lane);
	sqlite3_bind_int64(q, 2, prio);
	sqlite3_bind_int(q, 3, late);
	if ((rc = one_number(s, q, &at, err)) == 1 &&
	    (!late || at <= s->wall) && (*out == 0 || at < *out))
		*out = at;
	return rc == -1 ? -1 : 0;
}

/* Since when does this lane's longest-waiting task wait? */
static int
oldest_due(struct sq *s, int64_t lane, int64_t *out, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_READY_SINCE, err);
	int64_t prio = 9, since;
	int rc;

	*out = 0;
	if (q == NULL)
		return -1;
	/* Those that gave themselves back wait for longer than they show. */
	sqlite3_bind_int64(q, 1, lane);
	if ((rc = one_number(s, q, &since, err)) == -1)
		return -1;
	if (rc == 1 && since <= s->wall)
		*out = since;
	for (;; prio--) {
		if ((q = sq_stmt(s, SQ_READY_TOP, err)) == NULL)
			return -1;
		sqlite3_bind_int64(q, 1, lane);
		sqlite3_bind_int64(q, 2, prio);
		if ((rc = one_number(s, q, &prio, err)) != 1)
			return rc;
		if (older_head(s, lane, prio, 0, out, err) == -1 ||
		    older_head(s, lane, prio, 1, out, err) == -1)
			return -1;
	}
}

/* The rows of a count, and which lane each is. */
struct counting {
	struct sq	*s;
	const char	*queue;
	struct tq_arena	*a;
	struct tq_count	*rows;
	int64_t		*lanes;
	size_t		 n;
};

/* The row of ${lane}, NULL when it is of another queue; tallies come in the
   order of lanes. */
static int
count_row(struct counting *c, int64_t lane, struct tq_count **row,
    struct tq_err *err)
{
	const struct sq_lane *l;
	size_t i;

	*row = NULL;
	for (i = c->n; i-- > 0 && c->lanes[i] >= lane; )
		if (c->lanes[i] == lane) {
			*row = &c->rows[i];
			return 0;
		}
	if ((l = sq_lane_get(c->s, lane, err)) == NULL)
		return -1;
	if (c->queue != NULL && strcmp(c->queue, l->queue) != 0)
		return 0;
	c->lanes[c->n] = lane;
	*row = &c->rows[c->n++];
	(*row)->queue = tq_arena_str(c->a, l->queue);
	(*row)->type = tq_arena_str(c->a, l->type);
	return 0;
}

static int
count_tallies(struct counting *c, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(c->s, SQ_TALLY_ALL, err);
	struct tq_count *row;
	uint64_t count;
	int rc, status;

	if (q == NULL)
		return -1;
	while ((rc = sq_step(c->s, q, err)) == 1) {
		if (count_row(c, sqlite3_column_int64(q, 0), &row, err) ==
		    -1) {
			sqlite3_reset(q);
			return -1;
		}
		if (row == NULL)
			continue;
		status = sqlite3_column_int(q, 1);
		count = (uint64_t)sqlite3_column_int64(q, 2);
		if (status == SQ_STATUS_DRAINED)
			row->drained = count;
		else if (status >= 0 && status < TQ_STATUS_MAX)
			row->by_status[status] = count;
	}
	return rc;
}

/* A task past its deadline counts as what it will be. */
static int
count_overdue(struct counting *c, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(c->s, SQ_OVERDUE_COUNT, err);
	struct tq_count *row;
	uint64_t count;
	int rc, from;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, c->s->expiry);
	while ((rc = sq_step(c->s, q, err)) == 1) {
		if (count_row(c, sqlite3_column_int64(q, 0), &row, err) ==
		    -1) {
			sqlite3_reset(q);
			return -1;
		}
		from = sqlite3_column_int(q, 1);
		count = (uint64_t)sqlite3_column_int64(q, 2);
		if (row == NULL || from < 0 || from >= TQ_STATUS_MAX)
			continue;
		row->by_status[from] -= count;
		row->by_status[from == TQ_RETRYING ? TQ_FAILED :
		    TQ_CANCELLED] += count;
	}
	return rc;
}

static int
count(struct counting *c, struct tq_err *err)
{
	struct sq *s = c->s;
	struct tq_count *r;

	if (sq_lanes_load(s, err) == -1)
		return -1;
	c->rows = tq_arena_alloc(c->a, (s->nlanes + 1) * sizeof(*c->rows));
	c->lanes = tq_arena_alloc(c->a, (s->nlanes + 1) * sizeof(*c->lanes));
	if (count_tallies(c, err) == -1 || count_overdue(c, err) == -1)
		return -1;
	for (r = c->rows; r < c->rows + c->n; r++)
		if (r->by_status[TQ_PENDING] + r->by_status[TQ_RETRYING] > 0 &&
		    oldest_due(s, c->lanes[r - c->rows], &r->oldest_due,
		    err) == -1)
			return -1;
	return 0;
}

int
sq_count(struct tq_store *st, const char *queue, struct tq_arena *a,
    struct tq_count **rows, size_t *n, struct tq_err *err)
{
	struct counting c = { .s = sq_of(st), .queue = queue, .a = a };
	int rc = sq_read_begin(c.s, err) == -1 ? -1 : count(&c, err);

	sq_read_end(c.s);
	*rows = c.rows;
	*n = c.n;
	return rc;
}

/* lib/store/sqlite/read.c -- get and count. */
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/sqlite.h"

static int
load_bodies(struct sq *s, struct sq_row *row, unsigned with,
    struct tq_arena *a, struct tq_err *err)
{
	if ((with & TQ_WITH_PAYLOAD) != 0 && sq_body_load(s, row, SQ_PAYLOAD,
	    a, &row->t.payload, err) == -1)
		return -1;
	if ((with & TQ_WITH_RESULT) != 0 && sq_body_load(s, row, SQ_RESULT, a,
	    &row->t.result, err) == -1)
		return -1;
	return 0;
}

int
sq_get(struct tq_store *st, const char *const *ids, size_t n, unsigned with,
    struct tq_arena *a, struct tq_task **out, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	struct sq_row *row;
	size_t i;
	int rc;

	sq_now(s);
	for (i = 0; i < n; i++) {
		row = tq_arena_alloc(a, sizeof(*row));
		if ((rc = sq_row_by_id(s, ids[i], a, row, err)) == -1)
			return -1;
		out[i] = rc == 0 ? NULL : &row->t;
		if (rc == 1 && load_bodies(s, row, with, a, err) == -1)
			return -1;
	}
	return 0;
}

/* Since when does this lane's longest-waiting due task wait? */
static int
oldest_due(struct sq *s, int64_t lane, int64_t *out, struct tq_err *err)
{
	sqlite3_stmt *q;
	int prio = 9;
	int64_t at;

	*out = 0;
	for (;;) {
		if ((q = sq_stmt(s, SQ_READY_TOP, err)) == NULL)
			return -1;
		sqlite3_bind_int64(q, 1, lane);
		sqlite3_bind_int(q, 2, prio);
		if (sqlite3_step(q) != SQLITE_ROW) {
			sqlite3_reset(q);
			return 0;
		}
		prio = sqlite3_column_int(q, 0);
		sqlite3_reset(q);
		if ((q = sq_stmt(s, SQ_READY, err)) == NULL)
			return -1;
		sqlite3_bind_int64(q, 1, lane);
		sqlite3_bind_int(q, 2, prio);
		sqlite3_bind_int(q, 3, 1);
		if (sqlite3_step(q) == SQLITE_ROW) {
			at = sqlite3_column_int64(q, 4);
			if (at <= s->wall && (*out == 0 || at < *out))
				*out = at;
		}
		sqlite3_reset(q);
		prio--;
	}
}

static struct tq_count *
count_row(struct tq_count *rows, size_t *n, const struct sq_lane *l,
    struct tq_arena *a)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcmp(rows[i].queue, l->queue) == 0 &&
		    strcmp(rows[i].type, l->type) == 0)
			return &rows[i];
	rows[*n].queue = tq_arena_str(a, l->queue);
	rows[*n].type = tq_arena_str(a, l->type);
	return &rows[(*n)++];
}

static int
count_tallies(struct sq *s, const char *queue, struct tq_arena *a,
    struct tq_count *rows, size_t *n, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_TALLY_ALL, err);
	const struct sq_lane *l;
	struct tq_count *row;
	uint64_t count;
	int rc, status;

	if (q == NULL)
		return -1;
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		l = sq_lane_get(s, sqlite3_column_int64(q, 0), err);
		if (l == NULL) {
			sqlite3_reset(q);
			return -1;
		}
		if (queue != NULL && strcmp(queue, l->queue) != 0)
			continue;
		row = count_row(rows, n, l, a);
		status = sqlite3_column_int(q, 1);
		count = (uint64_t)sqlite3_column_int64(q, 2);
		if (status == SQ_STATUS_DRAINED)
			row->drained = count;
		else if (status >= 0 && status < TQ_STATUS_MAX)
			row->by_status[status] = count;
	}
	sqlite3_reset(q);
	return rc == SQLITE_DONE ? 0 : sq_fail(s, err, "read");
}

int
sq_count(struct tq_store *st, const char *queue, struct tq_arena *a,
    struct tq_count **rows, size_t *n, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	size_t i;
	int64_t lane;

	sq_now(s);
	if (sq_lanes_load(s, err) == -1)
		return -1;
	*n = 0;
	*rows = tq_arena_alloc(a, (s->nlanes + 1) * sizeof(**rows));
	if (count_tallies(s, queue, a, *rows, n, err) == -1)
		return -1;
	for (i = 0; i < *n; i++) {
		if (sq_lane_find(s, (*rows)[i].queue, (*rows)[i].type, false,
		    &lane, err) == -1 ||
		    oldest_due(s, lane, &(*rows)[i].oldest_due, err) == -1)
			return -1;
	}
	return 0;
}

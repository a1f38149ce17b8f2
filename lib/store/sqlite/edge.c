/* lib/store/sqlite/edge.c -- tasks that wait for other tasks. */
#include "store/sqlite/record.h"

int
sq_round(void)
{
	return SQ_ROUND;
}

int
sq_edges_look(struct sq *s, const struct tq_task *t, struct tq_arena *a,
    struct sq_look *look, struct tq_err *err)
{
	struct tq_arena one = TQ_ARENA_INIT;
	const struct tq_edge *e;
	struct sq_row row;
	size_t i;
	int rc = 1;

	*look = (struct sq_look){ .n = 0 };
	if (tq_edges_of(t, a, &look->edges, &look->n, err) == -1)
		return -1;
	if (look->n == 0)
		return 0;
	if (sq_add_end(s, err) == -1)
		return -1;
	look->met = tq_arena_alloc(a, look->n * sizeof(*look->met));
	for (i = 0; i < look->n && rc == 1; i++) {
		e = &look->edges[i];
		tq_arena_reset(&one);
		if ((rc = sq_parent_now(s, e->id, &one, &row, err)) == 0)
			look->missing = e->id;
		if (rc != 1)
			break;
		look->met[i] = (int)row.t.status;
		switch (tq_edge_state(e->ended, row.t.status, false)) {
		case TQ_EDGE_MET:
			continue;
		case TQ_EDGE_BROKEN:
			look->broken = e->id;
			/* FALLTHROUGH */
		case TQ_EDGE_OPEN:
			look->met[i] = -1;
			look->waits++;
		}
	}
	tq_arena_free(&one);
	return rc == -1 ? -1 : 0;
}

/* In place: what the record has beside its row stays as it is. */
static int
mark(struct sq *s, const char *id, struct tq_err *err)
{
	static const enum sq_stmt marks[SQ_HOMES] = { SQ_MARK_READY,
	    SQ_MARK_LEASE, SQ_MARK_ENDED, SQ_MARK_PARKED };
	struct tq_arena a = TQ_ARENA_INIT;
	struct sq_row row;
	sqlite3_stmt *q;
	int rc = sq_row_by_id(s, id, &a, &row, err);

	if (rc == 1 && row.t.edges == 0) {
		rc = -1;
		if ((q = sq_stmt(s, marks[row.home], err)) != NULL) {
			sqlite3_bind_int64(q, 1, row.rid);
			rc = sq_run(s, q, err);
		}
	}
	tq_arena_free(&a);
	return rc == -1 ? -1 : 0;
}

int
sq_edges_add(struct sq *s, const char *id, const struct sq_look *look,
    struct tq_err *err)
{
	sqlite3_stmt *q;
	int64_t rid;
	size_t i;

	if (look->n == 0)
		return 0;
	if (sq_rid(s, id, &rid, err) != 1)
		return -1;
	for (i = 0; i < look->n; i++) {
		if (mark(s, look->edges[i].id, err) == -1 ||
		    (q = sq_stmt(s, SQ_EDGE_ADD, err)) == NULL)
			return -1;
		sqlite3_bind_int64(q, 1, rid);
		sqlite3_bind_int64(q, 2, (int64_t)i);
		sq_bind_id(q, 3, look->edges[i].id);
		sqlite3_bind_int(q, 4, look->edges[i].ended);
		if (look->met[i] == -1)
			sqlite3_bind_null(q, 5);
		else
			sqlite3_bind_int(q, 5, look->met[i]);
		if (sq_run(s, q, err) == -1)
			return -1;
	}
	return 0;
}

int
sq_edge_meet(struct sq *s, int64_t child, int64_t n, enum tq_status status,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_EDGE_MEET, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, child);
	sqlite3_bind_int64(q, 2, n);
	sqlite3_bind_int(q, 3, (int)status);
	return sq_run(s, q, err);
}

int
sq_edges_live(struct sq *s, const char *id, bool any, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_EDGE_LIVE, err);
	int rc;

	if (q == NULL)
		return -1;
	sq_bind_id(q, 1, id);
	sqlite3_bind_int(q, 2, any);
	rc = sq_step(s, q, err);
	sqlite3_reset(q);
	return rc;
}

int
sq_edges_again(struct sq *s, int64_t child, int *waits, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_parent *v;
	size_t i, n;
	int rc = sq_edges_read(s, child, &a, &v, &n, err);

	*waits = 0;
	if (rc == 0)
		rc = sq_edges_look_up(s, v, n, err);
	for (i = 0; i < n && rc == 0; i++) {
		if (v[i].met)
			continue;
		if (v[i].gone || tq_edge_state(v[i].ended, v[i].status,
		    false) == TQ_EDGE_MET)
			rc = sq_edge_meet(s, child, (int64_t)i, v[i].status, err);
		else
			++*waits;
	}
	tq_arena_free(&a);
	return rc;
}

/*
 * lib/store/sqlite/edge_tell.c -- children are told of their parents' ends.
 *
 * An end is noted by record.c where the parent is marked, and settled before
 * the commit: so an end and what it means to the children are one.  To more
 * children than a transaction should tell it is owed: a row in the same commit.
 */
#include "store/sqlite/record.h"

/* A row of SQ_EDGE_OPEN. */
struct open_edge {
	int64_t	child, n;
	bool	ended;
};

/* The next ${want} open edges from ${id}, behind ${told}; how many, or -1. */
static int
open_edges(struct sq *s, const char *id, const struct sq_told *told,
    struct open_edge *out, int want, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_EDGE_OPEN, err);
	int n = 0, rc = 0;

	if (q == NULL)
		return -1;
	sq_bind_id(q, 1, id);
	sqlite3_bind_int64(q, 2, told->child);
	sqlite3_bind_int64(q, 3, told->n);
	sqlite3_bind_int(q, 4, want);
	while (n < want && (rc = sq_step(s, q, err)) == 1)
		out[n++] = (struct open_edge){ sqlite3_column_int64(q, 0),
		    sqlite3_column_int64(q, 1), sqlite3_column_int(q, 2) };
	sqlite3_reset(q);
	return rc == -1 ? -1 : n;
}

/* Does the child still wait for somebody?  1, 0, -1. */
static int
waits(struct sq *s, int64_t child, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_EDGE_LEFT, err);
	int rc;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, child);
	rc = sq_step(s, q, err);
	sqlite3_reset(q);
	return rc;
}

/* The last edge of the child was met, or ${broken} by its parent's end. */
static int
turn_child(struct sq *s, int64_t rid, const struct sq_end *broken,
    struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct sq_row row;
	struct tq_task t;
	int rc = sq_row_by_rid(s, rid, &a, &row, err);

	if (rc == 1 && row.t.status == TQ_BLOCKED) {
		t = row.t;
		if (tq_turn_expire(&t, s->expiry, &a))
			;
		else if (broken != NULL)
			tq_turn_break(&t, broken->id, broken->gone, s->wall,
			    &a);
		else
			tq_turn_unblock(&t, s->wall);
		rc = sq_put(s, &row, &t, NULL, err);
	}
	tq_arena_free(&a);
	return rc == -1 ? -1 : 0;
}

static int
has_ended(struct sq *s, int64_t rid, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_REV_ENDED, err);
	int rc;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, rid);
	rc = sq_step(s, q, err);
	sqlite3_reset(q);
	return rc;
}

static int
settle_edge(struct sq *s, const struct sq_end *end,
    const struct open_edge *e, struct tq_err *err)
{
	int rc;

	switch (tq_edge_state(e->ended, end->status, end->gone)) {
	case TQ_EDGE_OPEN:
		return 0;
	case TQ_EDGE_BROKEN:
		return turn_child(s, e->child, end, err);
	case TQ_EDGE_MET:
		break;
	}
	if (end->status == TQ_CANCELLED &&
	    (rc = has_ended(s, e->child, err)) != 0)
		return rc == 1 ? 0 : -1;
	if (sq_edge_meet(s, e->child, e->n, end->status, err) == -1 ||
	    (rc = waits(s, e->child, err)) == -1)
		return -1;
	return rc == 1 ? 0 : turn_child(s, e->child, NULL, err);
}

int
sq_edges_tell(struct sq *s, const struct sq_end *end, struct sq_told *told,
    int *may, struct tq_err *err)
{
	struct open_edge found[SQ_ROUND + 1];
	int k, n = open_edges(s, end->id, told, found, *may + 1, err);

	for (k = 0; k < n && k < *may; k++) {
		if (settle_edge(s, end, &found[k], err) == -1)
			return -1;
		*told = (struct sq_told){ found[k].child, found[k].n };
	}
	if (n == -1)
		return -1;
	*may -= k;
	return k == n;
}

static int
owe(struct sq *s, const struct sq_end *end, const struct sq_told *told,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_OWED_ADD, err);

	if (q == NULL)
		return -1;
	sq_bind_id(q, 1, end->id);
	sqlite3_bind_int(q, 2, (int)end->status);
	sqlite3_bind_int(q, 3, end->gone);
	sqlite3_bind_int64(q, 4, told->child);
	sqlite3_bind_int64(q, 5, told->n);
	sqlite3_bind_int64(q, 6, s->boot);
	if (sq_run(s, q, err) == -1 ||
	    (q = sq_stmt(s, SQ_OWED_COUNT, err)) == NULL)
		return -1;
	sqlite3_bind_int(q, 1, 1);
	s->owed++;
	s->owes = true;
	return sq_run(s, q, err);
}

int
sq_edges_settle(struct sq *s, struct tq_err *err)
{
	struct sq_told told;
	struct sq_end end;
	int rc, may = sq_round();
	size_t i;

	/* Children that are cancelled are added behind. */
	for (i = 0; i < s->nends; i++) {
		end = s->ends[i];
		told = (struct sq_told){ INT64_MIN, 0 };
		rc = sq_edges_tell(s, &end, &told, &may, err);
		if (rc == 0)
			rc = owe(s, &end, &told, err);
		if (rc == -1)
			return -1;
	}
	s->nends = 0;
	return 0;
}

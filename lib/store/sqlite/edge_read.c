/* lib/store/sqlite/edge_read.c -- edges, as they stand. */
#include "store/sqlite/record.h"

int
sq_parent_now(struct sq *s, const char *id, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err)
{
	int rc = sq_row_by_id(s, id, a, row, err);

	return rc == 1 && !sq_as_of_now(s, row, a) ? 0 : rc;
}

int
sq_edges_read(struct sq *s, int64_t child, struct tq_arena *a,
    struct tq_parent **out, size_t *n, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_EDGE_PARENTS, err);
	struct tq_parent *v = NULL;
	int rc;

	*n = 0;
	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, child);
	while ((rc = sq_step(s, q, err)) == 1) {
		v = tq_arena_more(a, v, *n, sizeof(*v));
		v[(*n)++] = (struct tq_parent){ .id = sq_id_text(q, 1, a),
		    .ended = sqlite3_column_int(q, 2) != 0,
		    .met = sqlite3_column_type(q, 3) != SQLITE_NULL,
		    .status = (enum tq_status)sqlite3_column_int(q, 3) };
	}
	*out = v;
	return rc;
}

int
sq_edges_look_up(struct sq *s, struct tq_parent *v, size_t n, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct sq_row row;
	size_t i;
	int rc = 0;

	for (i = 0; i < n && rc != -1; i++) {
		if (v[i].met)
			continue;
		tq_arena_reset(&a);
		rc = sq_parent_now(s, v[i].id, &a, &row, err);
		v[i].gone = rc == 0;
		v[i].status = rc == 1 ? row.t.status : TQ_CANCELLED;
	}
	tq_arena_free(&a);
	return rc == -1 ? -1 : 0;
}

int
sq_parents(struct tq_store *st, const char *id, struct tq_arena *a,
    struct tq_parent **out, size_t *n, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	int64_t rid;
	int rc;

	*out = NULL;
	*n = 0;
	if ((rc = sq_read_begin(s, err)) == 0 &&
	    (rc = sq_rid(s, id, &rid, err)) == 1)
		rc = sq_edges_read(s, rid, a, out, n, err) == -1 ? -1 :
		    sq_edges_look_up(s, *out, *n, err);
	sq_read_end(s);
	return rc;
}

int
sq_children(struct tq_store *st, const char *id, struct tq_arena *a,
    const char ***out, size_t *n, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	sqlite3_stmt *q = sq_stmt(s, SQ_EDGE_CHILDREN, err);
	const char **v = NULL;
	int rc;

	*n = 0;
	*out = NULL;
	if (q == NULL)
		return -1;
	sq_bind_id(q, 1, id);
	while ((rc = sq_step(s, q, err)) == 1) {
		v = tq_arena_more(a, v, *n, sizeof(*v));
		v[(*n)++] = sq_id_text(q, 0, a);
	}
	*out = v;
	return rc;
}

/* lib/store/sqlite/find.c -- a record is found, wherever it is in its life. */
#include "store/sqlite/record.h"

/* The row that ${q}, a statement of many tables, finds, if it finds one. */
static int
find_row(struct sq *s, sqlite3_stmt *q, struct tq_arena *a, struct sq_row *row,
    struct tq_err *err)
{
	int rc = sq_step(s, q, err);

	if (rc == 1 && sq_row_read(s, q, a, row, err) == -1)
		rc = -1;
	sqlite3_reset(q);
	return rc;
}

int
sq_row_by_rid(struct sq *s, int64_t rid, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_ROW_BY_RID, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, rid);
	return find_row(s, q, a, row, err);
}

int
sq_rid(struct sq *s, const char *id, int64_t *rid, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_RID, err);
	int rc;

	if (q == NULL)
		return -1;
	sq_bind_id(q, 1, id);
	if ((rc = sq_step(s, q, err)) == 1)
		*rid = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return rc;
}

int
sq_row_by_id(struct sq *s, const char *id, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_ROW_BY_ID, err);

	if (q == NULL)
		return -1;
	sq_bind_id(q, 1, id);
	return find_row(s, q, a, row, err);
}

bool
sq_as_of_now(struct sq *s, struct sq_row *row, struct tq_arena *a)
{
	tq_turn_expire(&row->t, s->expiry, a);
	return !tq_turn_gone(&row->t, s->expiry);
}

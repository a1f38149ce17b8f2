/* lib/store/sqlite/find.c -- a record is found, wherever it is in its life. */
#include "store/sqlite/record.h"

int
sq_row_by_rid(struct sq *s, int64_t rid, struct tq_arena *a,
    struct sq_row *row, struct tq_err *err)
{
	/* The likeliest first: what is asked for has mostly ended. */
	static const enum sq_stmt homes[] = { SQ_ROW_ENDED, SQ_ROW_READY,
	    SQ_ROW_LEASE, SQ_ROW_PARKED };
	sqlite3_stmt *q;
	size_t i;
	int rc;

	for (i = 0; i < SQ_HOMES; i++) {
		if ((q = sq_stmt(s, homes[i], err)) == NULL)
			return -1;
		sqlite3_bind_int64(q, 1, rid);
		if ((rc = sq_step(s, q, err)) == 0)
			continue;
		if (rc == 1 && sq_row_read(s, q, a, row, err) == -1)
			rc = -1;
		sqlite3_reset(q);
		return rc;
	}
	return 0;
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
	int64_t rid;
	int rc = sq_rid(s, id, &rid, err);

	return rc == 1 ? sq_row_by_rid(s, rid, a, row, err) : rc;
}

bool
sq_as_of_now(struct sq *s, struct sq_row *row, struct tq_arena *a)
{
	tq_turn_expire(&row->t, s->expiry, a);
	return !tq_turn_gone(&row->t, s->expiry);
}

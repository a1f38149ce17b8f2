/* lib/store/sqlite/span.c -- one ordered piece of a list. */
#include "store/sqlite/record.h"

int
sq_span(struct sq *s, enum sq_stmt stmt, const int64_t arg[3],
    const struct sq_entry *from, struct sq_entry *out, size_t want,
    size_t *n, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, stmt, err);
	int rc = 0, i;

	*n = 0;
	if (q == NULL)
		return -1;
	for (i = 0; i < 3; i++)
		sqlite3_bind_int64(q, i + 1, arg[i]);
	sqlite3_bind_int64(q, 4, from->at);
	sqlite3_bind_int64(q, 5, from->lane);
	sqlite3_bind_int64(q, 6, from->rid);
	sqlite3_bind_int64(q, 7, (int64_t)want);
	sqlite3_bind_int64(q, 8, s->expiry);
	while (*n < want && (rc = sq_step(s, q, err)) == 1)
		out[(*n)++] = (struct sq_entry){ sqlite3_column_int64(q, 0),
		    sqlite3_column_int64(q, 1), sqlite3_column_int64(q, 2),
		    sqlite3_column_int(q, 3) };
	sqlite3_reset(q);
	return rc == -1 ? -1 : 0;
}

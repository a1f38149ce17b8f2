/* lib/store/sqlite/step.c -- statements, and SQLite's errors as ours. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"
#include "util/str.h"

/*
 * SQLite reads a file only when it can't be opened for both, for whatever reason: want
 * of a descriptor is not want of a right.
 */
static bool
may_write(struct sq *s)
{
	static const char *const beside[] = { "", "-wal", "-shm" };
	bool may = s->writable;
	size_t i;
	char *path;

	for (i = 0; may && i < sizeof(beside) / sizeof(beside[0]); i++) {
		path = tq_str_fmt("%s%s", s->url.path, beside[i]);
		may = s->sys->access(path, W_OK) == 0;
		free(path);
	}
	return may;
}

int
sq_fail(struct sq *s, struct tq_err *err, const char *what)
{
	static const struct {
		int		sqlite;
		enum tq_code	code;
		const char	*say;
	} rows[] = {
		{ SQLITE_FULL, TQ_E_IO, "no space left" },
		{ SQLITE_READONLY, TQ_E_DENIED, "is read-only" },
		{ SQLITE_PERM, TQ_E_DENIED, "permission denied" },
		{ SQLITE_AUTH, TQ_E_DENIED, "permission denied" },
		{ SQLITE_BUSY, TQ_E_UNAVAILABLE, "held by another program" },
		{ SQLITE_LOCKED, TQ_E_UNAVAILABLE, "held by another program" },
		{ SQLITE_PROTOCOL, TQ_E_UNAVAILABLE, "held by another program" },
		{ SQLITE_CANTOPEN, TQ_E_UNAVAILABLE, NULL },
		{ SQLITE_NOTADB, TQ_E_CORRUPT, "is not a tq store" },
		{ SQLITE_CORRUPT, TQ_E_CORRUPT, "is damaged" },
		{ SQLITE_NOMEM, TQ_E_NOMEM, "out of memory" },
		{ SQLITE_TOOBIG, TQ_E_TOOBIG, "a value is too big" },
		{ SQLITE_IOERR, TQ_E_IO, NULL },
	};
	int rc = s->db == NULL ? SQLITE_NOMEM : sqlite3_errcode(s->db);
	int e = s->db == NULL ? 0 : sqlite3_system_errno(s->db);
	size_t i;

	/* Why, if its files were taken away. */
	if (sq_there(&s->base, err) == -1)
		return -1;
	if (rc == SQLITE_READONLY && may_write(s))
		return tq_err_set(err, TQ_AT_STORE, TQ_E_UNAVAILABLE,
		    "%s: could not be opened for writing (trying to %s)",
		    s->base.name, what);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((rc & 0xff) == rows[i].sqlite)
			return tq_err_set(err, TQ_AT_STORE, rows[i].code,
			    "%s: %s (trying to %s)", s->base.name,
			    rows[i].say != NULL ? rows[i].say : e != 0 ?
			    strerror(e) : sqlite3_errmsg(s->db), what);
	return tq_err_set(err, TQ_AT_STORE, TQ_E_BUG, "%s: %s: %s",
	    s->base.name, what, s->db ? sqlite3_errmsg(s->db) : "");
}

/* Our statements are right for our tables. */
static int
other_schema(struct sq *s, struct tq_err *err)
{
	return sqlite3_errcode(s->db) != SQLITE_ERROR ?
	    sq_fail(s, err, "read the schema") : sq_there(&s->base, err) ==
	    -1 ? -1 : tq_err_set(err, TQ_AT_STORE, TQ_E_CORRUPT,
	    "%s: is damaged, or was changed by another program: %s",
	    s->base.name, sqlite3_errmsg(s->db));
}

sqlite3_stmt *
sq_stmt(struct sq *s, enum sq_stmt which, struct tq_err *err)
{
	sqlite3_stmt *q = s->stmt[which];

	if (q == NULL) {
		if (sqlite3_prepare_v3(s->db, sq_stmt_sql[which], -1,
		    SQLITE_PREPARE_PERSISTENT, &q, NULL) != SQLITE_OK) {
			other_schema(s, err);
			return NULL;
		}
		s->stmt[which] = q;
		return q;
	}
	sqlite3_reset(q);
	return q;
}

static int
step(struct sq *s, sqlite3_stmt *q, const char *what, struct tq_err *err)
{
	int rc = sqlite3_step(q);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		rc = 0;
	else
		rc = sq_fail(s, err, what);
	sqlite3_reset(q);
	return rc;
}

int
sq_step(struct sq *s, sqlite3_stmt *q, struct tq_err *err)
{
	return step(s, q, "read", err);
}

int
sq_step_one(struct sq *s, sqlite3_stmt *q, struct tq_err *err)
{
	int rc = step(s, q, "read", err);

	return rc == 1 ? 0 : rc == -1 ? -1 : tq_err_set(err, TQ_AT_STORE,
	    TQ_E_CORRUPT, "%s: is damaged: a row that every store has is "
	    "missing", s->base.name);
}

int
sq_run(struct sq *s, sqlite3_stmt *q, struct tq_err *err)
{
	int rc;

	while ((rc = step(s, q, "write", err)) == 1)
		;
	return rc;
}

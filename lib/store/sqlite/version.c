/* lib/store/sqlite/version.c -- is this a store, and one of this tq's? */
#include <errno.h>
#include <sys/file.h>

#include "store/sqlite/meta.h"
#include "store/sqlite/sqlite.h"

static int
number(struct sq *s, const char *sql, int *out, struct tq_err *err)
{
	sqlite3_stmt *q = NULL;
	int rc = -1;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		sq_fail(s, err, "open");
	else if ((rc = sq_step_one(s, q, err)) == 0)
		*out = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	return rc;
}

/* The state of the file, before anything is done with it. */
struct found {
	int	version, application, tables, old_tables;
};

#define COUNT_ALL	"SELECT count(*) FROM sqlite_master"
#define OLD_TABLES	8
#define COUNT_OLD	COUNT_ALL " WHERE type='table' AND name IN('meta',"	\
			"'lane','tally','task','body','control','sweeper',"	\
			"'worker')"

/* All of one moment: another process may be making the tables. */
static int
look(struct sq *s, struct found *f, struct tq_err *err)
{
	int rc;

	if (sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		return sq_fail(s, err, "open");
	rc = number(s, COUNT_ALL, &f->tables, err) == -1 ||
	    number(s, COUNT_OLD, &f->old_tables, err) == -1 ||
	    number(s, "PRAGMA user_version", &f->version, err) == -1 ||
	    number(s, "PRAGMA application_id", &f->application, err) == -1 ?
	    -1 : 0;
	sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	return rc;
}

/* Another program's database is refused untouched. */
static int
check_ours(struct sq *s, const struct found *f, struct tq_err *err)
{
	bool empty = f->tables == 0 && f->version == 0 && f->application == 0;
	/* Schema 1 did not say whose it was: its tables do. */
	bool old = f->application == 0 && f->version == 1 &&
	    f->old_tables == OLD_TABLES;

	if (empty || old || f->application == SQ_APPLICATION)
		return 0;
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%s: is a database "
	    "of another program; choose another path", s->base.name);
}

static int
in_transaction(struct sq *s, int (*fn)(struct sq *, struct tq_err *),
    const char *what, struct tq_err *err)
{
	if (sqlite3_exec(s->db, "PRAGMA journal_mode=WAL;BEGIN IMMEDIATE",
	    NULL, NULL, NULL) != SQLITE_OK)
		return sq_fail(s, err, what);
	/* The names of the database and its log, before anything counts. */
	if (sq_name_sync(s->sys, s->url.path) == -1) {
		tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "%s",
		    s->url.path);
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	if (fn(s, err) == -1) {
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	if (sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
		sq_fail(s, err, what);
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	return 0;
}

/* The first to get the lock makes the tables, or brings them up to date. */
static int
make_once(struct sq *s, int from, struct tq_err *err)
{
	struct found f;
	int rc = -1;

	if (s->sys->flock(s->lock_fd, LOCK_EX) == -1)
		return tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "%s.lock",
		    s->url.path);
	if (look(s, &f, err) == 0)
		rc = f.version != from ? 0 : from == 0 ?
		    in_transaction(s, sq_schema_create, "create the store",
		    err) : in_transaction(s, sq_migrate, "migrate", err);
	s->sys->flock(s->lock_fd, LOCK_UN);
	return rc;
}

static int
newer(struct sq *s, int version, struct tq_err *err)
{
	return tq_err_set(err, TQ_AT_STORE, TQ_E_NEWER, "%s: was written by a "
	    "newer tq (schema %d, this tq reads up to %d); upgrade tq here",
	    s->base.name, version, SQ_SCHEMA);
}

/*
 * What to do about a database whose `meta' we can't read.  One that we can
 * says itself who may read and write it: a newer schema that only adds
 * something need not shut us out.
 */
static int
settle(struct sq *s, enum tq_open how, struct tq_err *err)
{
	struct found f;

	if (look(s, &f, err) == -1 || check_ours(s, &f, err) == -1)
		return -1;
	if (f.version == 0 && how == TQ_OPEN_CREATE)
		return make_once(s, 0, err);
	if (f.version == 0)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_UNAVAILABLE,
		    "%s: has no tables yet (tq-ctl init makes them)",
		    s->base.name);
	if (f.version > SQ_SCHEMA)
		return newer(s, f.version, err);
	if (f.version == SQ_SCHEMA)
		return 0;	/* made just now, by another process */
	if (s->migrate)
		return make_once(s, f.version, err);
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "%s: was made by an "
	    "older tq (schema %d, this tq uses %d); stop its workers, then "
	    "run: tq-ctl init --migrate", s->base.name, f.version, SQ_SCHEMA);
}

int
sq_check_ours(struct sq *s, struct tq_err *err)
{
	struct tq_err no_table = TQ_ERR_INIT;
	struct found f;

	if (sq_stmt(s, SQ_META, &no_table) != NULL)
		return 0;
	return look(s, &f, err) == -1 ? -1 : check_ours(s, &f, err);
}

int
sq_check_version(struct sq *s, enum tq_open how, struct tq_err *err)
{
	struct tq_err no_table = TQ_ERR_INIT;
	sqlite3_stmt *q = sq_stmt(s, SQ_META, &no_table);
	int min_reader;

	if (q == NULL && (settle(s, how, err) == -1 ||
	    (q = sq_stmt(s, SQ_META, err)) == NULL))
		return -1;
	if (sq_step_one(s, q, err) == -1)
		return -1;
	min_reader = sqlite3_column_int(q, SQ_M_MIN_READER);
	sqlite3_reset(q);
	return min_reader > SQ_SCHEMA ? newer(s, min_reader, err) : 0;
}

/*
 * lib/store/sqlite/restore_settle.c -- a database from an archive as one that
 * may be worked on.
 */
#include "store/sqlite/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/distrust.h"
#include "util/str.h"
#include "util/time.h"

/* Leases, workers and followers were of another time, or another machine. */
static const char forget[] = "PRAGMA journal_mode=WAL;BEGIN;"
    "UPDATE meta SET boot='';DELETE FROM worker;DELETE FROM change;"
    "UPDATE sweeper SET name=NULL,boot=NULL,until=0;COMMIT";

/* -- is it one of ours? ------------------------------------------------------ */

static int
unfit(const char *why, struct tq_err *err)
{
	return tq_err_set(err, TQ_AT_STORE, TQ_E_DATA, "archive: "
	    SQ_BACKUP_DB ": %s", why);
}

static int
number(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &q, NULL);

	if (rc == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		*out = sqlite3_column_int64(q, 0);
	else
		rc = SQLITE_ERROR;
	sqlite3_finalize(q);
	return rc == SQLITE_OK ? 0 : -1;
}

static bool
sound(sqlite3 *db)
{
	sqlite3_stmt *q = NULL;
	const char *text = NULL;
	bool ok = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &q,
	    NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW &&
	    (text = (const char *)sqlite3_column_text(q, 0)) != NULL &&
	    strcmp(text, "ok") == 0;

	sqlite3_finalize(q);
	return ok;
}

/*
 * All that is no table and no index.  SQLite holds a row's type against its
 * statement, but to it a virtual table is one, too, however that is spelled; the
 * statement of a real one it keeps in these words.
 */
static const char strangers[] = "SELECT count(*) FROM sqlite_master WHERE"
    " type NOT IN ('table','index') OR"
    " (type='table' AND ifnull(sql,'') NOT GLOB 'CREATE TABLE *')";

/* Triggers and views would run with our statements. */
static int
check(sqlite3 *db, struct tq_err *err)
{
	int64_t app, version, others;

	if (number(db, "PRAGMA application_id", &app) == -1 ||
	    number(db, "PRAGMA user_version", &version) == -1 ||
	    number(db, strangers, &others) == -1 || app != SQ_APPLICATION)
		return unfit("is not the database of a store", err);
	if (version > SQ_SCHEMA)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_NEWER, "archive: is "
		    "of a newer tq (schema %lld, this tq uses %d); upgrade tq "
		    "here", (long long)version, SQ_SCHEMA);
	if (version != SQ_SCHEMA || others != 0)
		return unfit("has in it what a store has not", err);
	return sound(db) ? 0 : unfit("is damaged", err);
}

static int
with_database(const char *path, const struct tq_env *env,
    int (*fn)(sqlite3 *, struct tq_err *), struct tq_err *err)
{
	sqlite3 *db = NULL;
	int rc;

	rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, env->sys != NULL ? env->sys->sqlite_vfs :
	    NULL) == SQLITE_OK ? 0 : unfit(sqlite3_errmsg(db), err);
	if (rc == 0) {
		sq_distrust(db);
		rc = fn(db, err);
	}
	/* The last one to close it empties its log and removes it. */
	if (sqlite3_close(db) != SQLITE_OK && rc == 0)
		rc = unfit("can't be closed", err);
	return rc;
}

static int
check_and_forget(sqlite3 *db, struct tq_err *err)
{
	if (check(db, err) == -1)
		return -1;
	return sqlite3_exec(db, forget, NULL, NULL, NULL) == SQLITE_OK ? 0 :
	    tq_err_set(err, TQ_AT_STORE, sqlite3_errcode(db) == SQLITE_FULL ?
	    TQ_E_IO : TQ_E_DATA, "archive: " SQ_BACKUP_DB ": %s",
	    sqlite3_errmsg(db));
}

static int
checkpoint(sqlite3 *db, struct tq_err *err)
{
	int64_t n;

	/* A connection that has read nothing does not know of the log. */
	return number(db, "SELECT count(*) FROM meta", &n) == -1 ||
	    sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
	    NULL, NULL) != SQLITE_OK ? tq_err_set(err, TQ_AT_STORE,
	    TQ_E_IO, SQ_BACKUP_DB ": %s", sqlite3_errmsg(db)) : 0;
}

/* -- its queues ----------------------------------------------------------------- */

/* A reason to pause that it had before is kept, if there is room. */
static int
pause_queue(struct tq_store *st, const char *queue, const char *at,
    struct tq_arena *a, struct tq_err *err)
{
	struct tq_control c;
	const char *before;

	if (sq_control_get(st, queue, a, &c, err) == -1)
		return -1;
	before = c.paused ? c.reason : NULL;
	c.reason = before == NULL || strlen(before) > 200 ?
	    tq_arena_fmt(a, "restored from %s", at) :
	    tq_arena_fmt(a, "restored from %s; before: %s", at, before);
	c.paused = true;
	c.until = 0;
	return sq_control_set(st, &c, err);
}

static uint64_t
total(const struct tq_count *row)
{
	uint64_t n = row->drained;
	int s;

	for (s = 0; s < TQ_STATUS_MAX; s++)
		n += row->by_status[s];
	return n;
}

/* Queues with tasks, and those that have a control record only. */
static int
pause_all(struct tq_store *st, struct tq_backup *b, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_control *all;
	struct tq_count *rows;
	char text[TQ_TIME_TEXT];
	size_t n = 0, nrows = 0, i;
	int rc;

	tq_time_text(b->made_at, text);
	b->tasks = 0;
	if ((rc = sq_control_list(st, &a, &all, &n, err)) == 0)
		rc = sq_count(st, NULL, &a, &rows, &nrows, err);
	for (i = 0; rc == 0 && i < n; i++)
		rc = pause_queue(st, all[i].queue, text, &a, err);
	for (i = 0; rc == 0 && i < nrows; i++) {
		b->tasks += total(&rows[i]);
		if (i == 0 || strcmp(rows[i - 1].queue, rows[i].queue) != 0)
			rc = pause_queue(st, rows[i].queue, text, &a, err);
	}
	tq_arena_free(&a);
	return rc;
}

int
sq_restore_settle(const char *path, const struct tq_env *env,
    struct tq_backup *b, struct tq_err *err)
{
	char *url = tq_str_fmt("sqlite:%s", path);
	struct tq_store *st;
	int rc = with_database(path, env, check_and_forget, err);

	if (rc == 0 && (rc = sq_open(url, env, TQ_OPEN_WRITE, &st, err)) == 0) {
		rc = pause_all(st, b, err);
		sq_close(st);
	}
	free(url);
	return rc == -1 ? -1 : with_database(path, env, checkpoint, err);
}

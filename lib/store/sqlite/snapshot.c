/* lib/store/sqlite/snapshot.c -- a copy of a database that is being written. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/backup.h"
#include "util/str.h"

#define STEP_PAGES	256	/* 1 MiB */

static const char unlogged[] = "PRAGMA journal_mode=OFF;"
    "PRAGMA synchronous=OFF;PRAGMA locking_mode=EXCLUSIVE";

int
sq_backup_go_on(const struct tq_backup *b, struct tq_err *err)
{
	return b->go_on == NULL || b->go_on(b->arg) ? 0 : tq_err_set(err,
	    TQ_AT_STORE, TQ_E_INTR, "interrupted");
}

/* "FOLDER/.tq-backup-..."; malloced. */
static char *
scratch_name(const struct sq *s, const struct tq_backup *b)
{
	const char *slash = strrchr(s->url.path, '/');
	int n = slash == NULL ? 0 : (int)(slash - s->url.path);

	return tq_str_fmt("%.*s/.tq-backup-%016llx", b->scratch != NULL ?
	    (int)strlen(b->scratch) : n, b->scratch != NULL ? b->scratch :
	    s->url.path, (unsigned long long)tq_random_u64(s->base.env));
}

/*
 * An empty database whose file has lost its name: it is gone with us, however
 * we end.  Returns a descriptor of it.
 */
static int
open_scratch(struct sq *s, const struct tq_backup *b, sqlite3 **to,
    struct tq_err *err)
{
	char *path = scratch_name(s, b);
	int fd = s->sys->open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);

	*to = NULL;
	if (fd == -1) {
		tq_err_sys(err, TQ_AT_STORE, errno == EACCES ||
		    errno == EROFS ? TQ_E_DENIED : TQ_E_IO, errno, "%s",
		    path);
	} else if (sqlite3_open_v2(path, to, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, s->sys->sqlite_vfs) != SQLITE_OK) {
		tq_err_set(err, TQ_AT_STORE, TQ_E_IO, "%s: %s", path,
		    sqlite3_errmsg(*to));
		close(fd);
		fd = -1;
	}
	if (*to != NULL || fd != -1)
		unlink(path);
	free(path);
	return fd;
}

/* All of the reader's moment, however many write meanwhile. */
static int
copy_pages(sqlite3_backup *copy, sqlite3 *to, const struct tq_backup *b,
    struct tq_err *err)
{
	int rc;

	while ((rc = sqlite3_backup_step(copy, STEP_PAGES)) == SQLITE_OK)
		if (sq_backup_go_on(b, err) == -1)
			return -1;
	if (rc == SQLITE_DONE)
		return 0;
	return tq_err_set(err, TQ_AT_STORE, TQ_E_IO, "copy of the database: "
	    "%s", rc == SQLITE_FULL ? "the disk is full" :
	    sqlite3_errmsg(to));
}

static int
count_tasks(struct sq *s, struct tq_backup *b, struct tq_err *err)
{
	sqlite3_stmt *q = NULL;
	int rc = -1;

	if (sqlite3_prepare_v2(s->db, "SELECT coalesce(sum(n),0) FROM tally",
	    -1, &q, NULL) != SQLITE_OK)
		sq_fail(s, err, "backup");
	else if ((rc = sq_step_one(s, q, err)) == 0)
		b->tasks = (uint64_t)sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return rc;
}

/* A transaction that reads keeps its moment: the first read is the moment. */
static int
copy_moment(struct sq *s, sqlite3 *to, struct tq_backup *b,
    struct tq_err *err)
{
	sqlite3_backup *copy;
	int rc = -1;

	if (sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		return sq_fail(s, err, "backup");
	b->made_at = tq_wall_ms(s->base.env);
	if (count_tasks(s, b, err) == 0 &&
	    sqlite3_exec(to, unlogged, NULL, NULL, NULL) == SQLITE_OK &&
	    (copy = sqlite3_backup_init(to, "main", s->db, "main")) != NULL) {
		rc = copy_pages(copy, to, b, err);
		if (sqlite3_backup_finish(copy) != SQLITE_OK && rc == 0)
			rc = tq_err_set(err, TQ_AT_STORE, TQ_E_IO,
			    "copy of the database: %s", sqlite3_errmsg(to));
	} else if (err == NULL || err->code == TQ_OK) {
		tq_err_set(err, TQ_AT_STORE, TQ_E_IO,
		    "copy of the database: %s", sqlite3_errmsg(to));
	}
	sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	return rc;
}

int
sq_snapshot(struct sq *s, struct tq_backup *b, struct tq_err *err)
{
	sqlite3 *to;
	int fd = open_scratch(s, b, &to, err);

	if (fd != -1 && copy_moment(s, to, b, err) == -1) {
		close(fd);
		fd = -1;
	}
	sqlite3_close(to);
	return fd;
}

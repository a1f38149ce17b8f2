/*
 * lib/store/sqlite/wal.c -- the write-ahead log, kept and used again.
 *
 * SQLite's log grows by appending, until all of it has been copied into the
 * database; the next commit then begins at its start.  Overwriting a file
 * costs half of what making it longer does, so the log is not emptied when it
 * has been copied, and not removed.  SQLite alone decides which of it is valid:
 * the header has a new salt each time, and is synced before a frame of the last
 * round is overwritten (https://sqlite.org/walformat.html, section 2.1).
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>

#include "store/sqlite/sqlite.h"

#define LEAVE_FRAMES	100	/* for the next tool to read */
#define SPILL_FRAMES	4000	/* 16 MiB: copied after a commit */
#define HEADER		32	/* of a log, before its first frame */

static sqlite3_vfs *system_vfs;

/* -- its rights ---------------------------------------------------------------- */

/*
 * SQLite opens a file for reading when it can't be opened for both, for whatever reason:
 * after want of a descriptor, a handle that a server keeps would not write for as long
 * as that runs.  One that may be written is opened for both, or not.
 */
static int
open_as_asked(const char *path, sqlite3_file *f, int flags, int *out)
{
	int rc = system_vfs->xOpen(system_vfs, path, f, flags, out);
	int e = errno, may = 0;

	if (rc != SQLITE_OK || !(flags & SQLITE_OPEN_READWRITE) || out == NULL ||
	    !(*out & SQLITE_OPEN_READONLY) || system_vfs->xAccess(system_vfs, path,
	    SQLITE_ACCESS_READWRITE, &may) != SQLITE_OK || !may)
		return rc;
	f->pMethods->xClose(f);
	f->pMethods = NULL;
	errno = e;
	return SQLITE_CANTOPEN;
}

/* -- its name ----------------------------------------------------------------- */

/*
 * SQLite syncs the folder at the first sync of each log that it may have made,
 * so a tool that does one commit would pay for two syncs.  A log with a frame
 * has had its header synced, and its name with it, or the frame would not have
 * been written.  So one that is longer than a header is opened as a file that
 * is there, which is what SQLite goes by.
 */
static int
open_known(const char *path, sqlite3_file *f, int flags, int *out)
{
	sqlite3_int64 size = 0;
	int rc = open_as_asked(path, f, flags & ~SQLITE_OPEN_CREATE, out);

	if (rc != SQLITE_OK)
		return rc;
	rc = f->pMethods->xFileSize(f, &size);
	if (rc == SQLITE_OK && size > HEADER)
		return SQLITE_OK;
	f->pMethods->xClose(f);
	return SQLITE_CANTOPEN;
}

static int
open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags,
    int *out)
{
	(void)vfs;
	if ((flags & SQLITE_OPEN_WAL) &&
	    open_known(path, f, flags, out) == SQLITE_OK)
		return SQLITE_OK;
	return open_as_asked(path, f, flags, out);
}

const char *
sq_wal_vfs(const char *below)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static sqlite3_vfs vfs;

	/* Handles are opened in several threads. */
	pthread_mutex_lock(&lock);
	if (system_vfs == NULL &&
	    (system_vfs = sqlite3_vfs_find(below)) != NULL) {
		vfs = *system_vfs;
		vfs.zName = "tq";
		vfs.xOpen = open_file;
		sqlite3_vfs_register(&vfs, 0);
	}
	pthread_mutex_unlock(&lock);
	return vfs.zName;
}

/* -- its length --------------------------------------------------------------- */

static int
note_frames(void *arg, sqlite3 *db, const char *name, int frames)
{
	struct sq *s = arg;

	(void)db;
	(void)name;
	s->frames = frames;
	return SQLITE_OK;
}

void
sq_wal_keep(struct sq *s)
{
	int on = 1;

	sqlite3_wal_hook(s->db, note_frames, s);
	sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

/* Is every frame in the database now?  Never makes anybody wait. */
static bool
copied(struct sq *s)
{
	int frames = -1, done = -1;

	return sqlite3_wal_checkpoint_v2(s->db, NULL,
	    SQLITE_CHECKPOINT_PASSIVE, &frames, &done) == SQLITE_OK &&
	    frames == done;
}

void
sq_wal_spill(struct sq *s)
{
	if (s->frames >= SPILL_FRAMES)
		copied(s);
}

/*
 * A process that opens the database alone reads all that is
 * valid in the log, and does not know what of it was copied: so a tool that
 * leaves much begins the log anew, by a commit that changes nothing.
 */
void
sq_wal_tidy(struct sq *s)
{
	char sql[64];

	if (s->frames < LEAVE_FRAMES || s->lock_fd == -1 ||
	    s->sys->flock(s->lock_fd, LOCK_EX | LOCK_NB) == -1)
		return;
	sqlite3_busy_timeout(s->db, 0);
	snprintf(sql, sizeof(sql), "PRAGMA application_id=%d", SQ_APPLICATION);
	if (copied(s))
		sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	s->sys->flock(s->lock_fd, LOCK_UN);
}

/*
 * lib/store/sqlite/restore.c -- a store from an archive, where none is.
 *
 * It is made in the folder PATH.restoring and moved to its place when it is
 * whole: its blobs, then the database, by link(2), which never replaces one.
 */
#include "store/sqlite/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/str.h"

struct restore {
	const struct tq_sys *sys;
	const struct tq_env *env;
	struct sq_url	 url;		/* its path resolved */
	char		*dir;		/* PATH.restoring */
	int		 lock;		/* on it, or -1 */
	struct tq_err	*err;
};

/* -- the place -------------------------------------------------------------------- */

static int
stop_at_one(void *arg, const char *entry)
{
	(void)arg;
	(void)entry;
	return 1;
}

/* "PATH${suffix}" must not be there, but for an empty folder. */
static int
vacant(struct restore *r, const char *suffix)
{
	char *path = tq_str_fmt("%s%s", r->url.path, suffix);
	struct stat sb;
	bool taken = lstat(path, &sb) == 0 && (!S_ISDIR(sb.st_mode) ||
	    r->sys->entries_in(path, "", stop_at_one, NULL) != 0);

	if (taken)
		tq_err_set(r->err, TQ_AT_STORE, TQ_E_TAKEN, "%s: is there "
		    "already; a store is restored only to where none is",
		    path);
	free(path);
	return taken ? -1 : 0;
}

static int
all_vacant(struct restore *r)
{
	return vacant(r, "") == -1 || vacant(r, "-wal") == -1 ||
	    vacant(r, "-journal") == -1 || vacant(r, ".blobs") == -1 ? -1 : 0;
}

/* -- PATH.restoring ------------------------------------------------------------------ */

struct folder {
	const struct restore *r;
	const char	*name;		/* below r->dir */
};

static int
remove_entry(void *arg, const char *entry)
{
	const struct folder *f = arg;
	char *name = tq_str_fmt("%s%s%s", f->name, f->name[0] == '\0' ? "" :
	    "/", entry);
	const struct tq_sys *sys = f->r->sys;
	struct folder sub = { f->r, name };
	struct stat sb;

	if (sys->stat_in(f->r->dir, name, &sb) == 0 &&
	    S_ISDIR(sb.st_mode)) {
		sys->entries_in(f->r->dir, name, remove_entry, &sub);
		sys->rmdir_in(f->r->dir, name);
	} else {
		sys->unlink_in(f->r->dir, name);
	}
	free(name);
	return 0;
}

static void
empty_folder(const struct restore *r)
{
	struct folder f = { r, "" };

	r->sys->entries_in(r->dir, "", remove_entry, &f);
}

/* Ours alone; what a restore that was killed left in it is removed. */
static int
make_folder(struct restore *r)
{
	if (sq_folder_above(r->sys, r->url.path, r->err) == -1)
		return -1;
	if (r->sys->mkdir(r->dir, 0700) == -1 && errno != EEXIST)
		return tq_err_sys(r->err, TQ_AT_STORE, errno == EACCES ||
		    errno == EROFS ? TQ_E_DENIED : TQ_E_IO, errno, "%s",
		    r->dir);
	r->lock = r->sys->open_in(r->dir, "", O_RDONLY | O_DIRECTORY, 0);
	if (r->lock == -1 ||
	    r->sys->flock(r->lock, LOCK_EX | LOCK_NB) == -1)
		return errno == EWOULDBLOCK ? tq_err_set(r->err, TQ_AT_STORE,
		    TQ_E_TAKEN, "%s: another restore is under way", r->dir) :
		    tq_err_sys(r->err, TQ_AT_STORE, TQ_E_IO, errno, "%s",
		    r->dir);
	empty_folder(r);
	return 0;
}

/* -- to its place ------------------------------------------------------------------- */

static int
failed(struct restore *r)
{
	return tq_err_sys(r->err, TQ_AT_STORE, errno == EEXIST ? TQ_E_TAKEN :
	    TQ_E_IO, errno, "%s", r->url.path);
}

static int
move_there(struct restore *r, const char *db, const char *blobs_from,
    const char *blobs_to)
{
	bool blobs = rename(blobs_from, blobs_to) == 0;

	if (!blobs && errno != ENOENT)
		return failed(r);
	if (link(db, r->url.path) == -1) {
		failed(r);
		if (blobs)
			(void)rename(blobs_to, blobs_from);
		return -1;
	}
	return sq_name_sync(r->sys, r->url.path) == -1 ? failed(r) : 0;
}

static int
publish(struct restore *r)
{
	char *db = tq_str_fmt("%s/" SQ_BACKUP_DB, r->dir);
	char *from = tq_str_fmt("%s.blobs", db);
	char *to = tq_str_fmt("%s.blobs", r->url.path);
	int rc;

	if (r->url.mode != 0600 && chmod(db, r->url.mode) == -1)
		rc = failed(r);
	else if (syncfs(r->lock) == -1)	/* one call for all the blobs */
		rc = failed(r);
	else
		rc = move_there(r, db, from, to);
	free(db);
	free(from);
	free(to);
	return rc;
}

static int
fill(struct restore *r, const struct tq_archive_module *m, int fd,
    struct tq_backup *b)
{
	char *db = tq_str_fmt("%s/" SQ_BACKUP_DB, r->dir);
	int rc;

	if ((rc = sq_restore_read(m, fd, r->sys, r->dir, b, r->err)) == 0)
		rc = sq_restore_settle(db, r->env, b, r->err);
	free(db);
	return rc;
}

static int
restore(struct restore *r, const struct tq_archive_module *m, int fd,
    struct tq_backup *b)
{
	int rc;

	if (all_vacant(r) == -1 || make_folder(r) == -1)
		return -1;
	if ((rc = fill(r, m, fd, b)) == 0)
		rc = publish(r);
	empty_folder(r);
	(void)rmdir(r->dir);
	return rc;
}

int
sq_restore(const char *url, const struct tq_env *env, int fd,
    struct tq_backup *b, struct tq_err *err)
{
	struct restore r = { .sys = env->sys != NULL ? env->sys :
	    &tq_sys_system, .env = env, .lock = -1, .err = err };
	const struct tq_archive_module *m = sq_archive(err);
	char *real;
	int rc;

	if (m == NULL || sq_url_parse(url, env, &r.url, err) == -1)
		return -1;
	real = sq_path_resolve(r.sys, r.url.path);
	free(r.url.path);
	r.url.path = real;
	r.dir = tq_str_fmt("%s.restoring", real);
	rc = restore(&r, m, fd, b);
	if (r.lock != -1)
		r.sys->close(r.lock);
	free(r.dir);
	sq_url_free(&r.url);
	return rc;
}

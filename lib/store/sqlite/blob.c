/*
 * lib/store/sqlite/blob.c -- blobs as files under PATH.blobs/QUEUE/TASKID/.
 *
 * A blob is written to an unnamed file, synced, and then linked to its name
 * (link(2) refuses an existing one: write-once), and its folder is synced.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"
#include "util/fd.h"
#include "util/str.h"

static int
fail(const struct sq *s, struct tq_err *err, const char *name)
{
	int e = errno;

	/* A link that somebody put there is no way. */
	return tq_err_sys(err, TQ_AT_STORE, e == EACCES || e == EPERM ||
	    e == EROFS || e == ELOOP || e == ENOTDIR ? TQ_E_DENIED : TQ_E_IO,
	    e, "%s%s%s", s->blob_dir, name[0] == '\0' ? "" : "/", name);
}

/* ${name}: of a folder, "" that of all blobs. */
static int
make_dir(const struct sq *s, const char *name)
{
	int fd;

	if (s->sys->mkdir_in(s->blob_dir, name, 0700) == -1)
		return errno == EEXIST ? 0 : -1;
	if (!s->own.fix)
		return 0;
	fd = s->sys->open_in(s->blob_dir, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -1)
		return -1;
	sq_own_set(&s->own, fd, true);
	close(fd);
	return 0;
}

/* A name like ${name} that nobody else has; malloced. */
static char *
tmp_name(const struct sq *s, const char *name)
{
	return tq_str_fmt("%s.tmp-%016llx", name, (unsigned long long)
	    tq_random_u64(s->base.env));
}

int
sq_blob_tmp(struct tq_store *st, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	char *name;
	int fd;

	/* Not into a new folder, if the old one was taken away. */
	if (sq_there(st, err) == -1)
		return -1;
	if (make_dir(s, "") == -1)
		return fail(s, err, "");
	fd = s->sys->open_in(s->blob_dir, "", O_TMPFILE | O_RDWR, s->own.mode);
	if (fd == -1) {
		/* File systems without O_TMPFILE: an unlinked file; put will
		   copy. */
		name = tmp_name(s, "");
		fd = s->sys->open_in(s->blob_dir, name, O_RDWR | O_CREAT |
		    O_EXCL, s->own.mode);
		if (fd == -1)
			fail(s, err, "");
		else
			s->sys->unlink_in(s->blob_dir, name);
		free(name);
	}
	if (fd != -1)
		sq_own_set(&s->own, fd, false);
	return fd;
}

static int
make_folders(const struct sq *s, const char *name)
{
	char *copy = tq_must(strdup(name)), *p = copy;
	int rc = make_dir(s, "");

	for (; rc == 0 && (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		rc = make_dir(s, copy);
	}
	free(copy);
	return rc;
}

static int
sync_folder(struct sq *s, const char *name)
{
	int fd = s->sys->open_in(s->blob_dir, name, O_RDONLY | O_DIRECTORY, 0);
	int rc = fd == -1 ? -1 : s->sys->fsync(fd), e = errno;

	if (fd != -1)
		close(fd);
	errno = e;
	return rc;
}

/* Sync the folder of ${name} and those above it, with the blob folder's name. */
static int
sync_folders(struct sq *s, const char *name)
{
	char *copy = tq_must(strdup(name)), *slash;
	int rc = 0;

	if (!s->blob_dir_safe)
		rc = sq_name_sync(s->sys, s->blob_dir);
	s->blob_dir_safe = rc == 0;
	while (rc == 0 && (slash = strrchr(copy, '/')) != NULL) {
		*slash = '\0';
		rc = sync_folder(s, copy);
	}
	if (rc == 0)
		rc = sync_folder(s, "");
	free(copy);
	return rc;
}

/*
 * Copy ${fd} to a new file beside ${name}, whose name goes to *${tmp} in any
 * case; malloced.  Left behind by a crash, it is a blob that no record names.
 */
static int
copy_beside(const struct sq *s, int fd, const char *name, char **tmp)
{
	int errnum, to;

	*tmp = tmp_name(s, name);
	to = s->sys->open_in(s->blob_dir, *tmp, O_WRONLY | O_CREAT | O_EXCL,
	    s->own.mode);
	if (to != -1)
		sq_own_set(&s->own, to, false);
	if (to == -1 || tq_fd_copy(fd, to, s->base.env) == 0)
		return to;
	errnum = errno;
	s->sys->unlink_in(s->blob_dir, *tmp);
	close(to);
	errno = errnum;
	return -1;
}

static int
link_copy(struct sq *s, int fd, const char *name)
{
	char *tmp;
	int rc = -1, errnum, copy = copy_beside(s, fd, name, &tmp);

	if (copy != -1) {
		if (s->sys->fsync(copy) == 0)
			rc = s->sys->link_in(copy, s->blob_dir, name);
		errnum = errno;
		s->sys->unlink_in(s->blob_dir, tmp);
		close(copy);
		errno = errnum;
	}
	free(tmp);
	return rc;
}

/* One that has no name yet, on the same file system. */
static int
link_itself(struct sq *s, int fd, const char *name)
{
	struct stat sb;

	errno = EXDEV;
	return fstat(fd, &sb) == -1 || sb.st_nlink != 0 ? -1 :
	    s->sys->link_in(fd, s->blob_dir, name);
}

/* Give ${fd} the name ${name}; a copy of it where it can't have one. */
static int
link_or_copy(struct sq *s, int fd, const char *name, struct tq_err *err)
{
	int tries;

	for (tries = 0; tries < 3; tries++) {
		/* A parallel remove may take an empty folder away again. */
		if (make_folders(s, name) == -1)
			return fail(s, err, name);
		if (link_itself(s, fd, name) == 0)
			return 0;
		if (errno == EEXIST)
			break;
		if (link_copy(s, fd, name) == 0)
			return 0;
		if (errno != ENOENT)
			break;
	}
	if (errno == EEXIST)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_TAKEN,
		    "%s/%s: exists already; blobs are write-once",
		    s->blob_dir, name);
	return fail(s, err, name);
}

/* Logs: the name always shows one whole version; not synced. */
static int
put_replace(struct sq *s, int fd, const char *name, struct tq_err *err)
{
	char *tmp = NULL;
	int rc, to;

	rc = make_folders(s, name);
	to = rc == -1 ? -1 : copy_beside(s, fd, name, &tmp);
	if (to == -1 || s->sys->rename_in(s->blob_dir, tmp, name) == -1) {
		rc = fail(s, err, name);
		if (to != -1)
			s->sys->unlink_in(s->blob_dir, tmp);
	}
	if (to != -1)
		close(to);
	free(tmp);
	return rc;
}

int
sq_blob_put(struct tq_store *st, const char *name, int fd, bool replace,
    struct tq_err *err)
{
	struct sq *s = sq_of(st);

	if (sq_there(st, err) == -1)
		return -1;
	if (replace)
		return put_replace(s, fd, name, err);
	if (s->sys->fsync(fd) == -1 && errno != EINVAL && errno != EROFS)
		return fail(s, err, name);
	if (link_or_copy(s, fd, name, err) == -1)
		return -1;
	return sync_folders(s, name) == -1 ? fail(s, err, name) : 0;
}

int
sq_blob_write(struct sq *s, const char *name, struct tq_span bytes,
    struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;
	int fd = sq_blob_tmp(&s->base, err), rc;

	if (fd == -1)
		return -1;
	rc = tq_fd_write(fd, bytes) == -1 ? fail(s, &why, "") :
	    sq_blob_put(&s->base, name, fd, false, &why);
	close(fd);
	/* A file could be made among the blobs, but not under this name. */
	if (rc == -1 && why.code == TQ_E_DENIED)
		return 1;
	if (rc == -1 && err != NULL)
		*err = why;
	return rc;
}

/*
 * Not a hard link to a file that only we may read: one with another name has to
 * be as the store's are, which a crash between link and unlink leaves so, too.
 */
static bool
is_blob(const struct sq *s, const struct stat *sb)
{
	return S_ISREG(sb->st_mode) && (!s->own.shared || sq_own_alone(sb) ||
	    (sb->st_gid == s->own.gid && (sb->st_mode & 0666) == s->own.mode));
}

int
sq_blob_get(struct tq_store *st, const char *name, int64_t *size,
    struct tq_err *err)
{
	struct sq *s = sq_of(st);
	struct stat sb;
	int fd = s->sys->open_in(s->blob_dir, name, O_RDONLY | O_NONBLOCK, 0);

	if (fd != -1 && fstat(fd, &sb) == 0 && is_blob(s, &sb)) {
		*size = sb.st_size;
		return fd;
	}
	if (fd == -1 && (errno == EACCES || errno == EMFILE ||
	    errno == ENFILE || errno == EIO || errno == ENOMEM))
		return fail(s, err, name);
	if (fd != -1)
		close(fd);
	return tq_err_set(err, TQ_AT_FETCH, TQ_E_NOTFOUND,
	    "blob %s: is not there", name);
}

int
sq_blobs_keep(struct sq *s, struct tq_err *err)
{
	int fd, e;

	if (make_dir(s, "") == -1 || (fd = s->sys->open_in(s->blob_dir, "",
	    O_RDONLY | O_DIRECTORY, 0)) == -1)
		return fail(s, err, "");
	if (s->sys->flock(fd, LOCK_EX) == 0)
		return fd;
	e = errno;
	s->sys->close(fd);
	errno = e;
	return e == EINTR ? tq_err_set(err, TQ_AT_STORE, TQ_E_INTR,
	    "interrupted, waiting for another backup") : fail(s, err, "");
}

/*
 * A descriptor that holds off backups while blobs are removed; -1 when there is
 * no folder of blobs, or its file system has no locks.  *${kept}: a backup is
 * under way.
 */
static int
hold_off(const struct sq *s, bool *kept)
{
	int fd = s->sys->open_in(s->blob_dir, "", O_RDONLY | O_DIRECTORY, 0);

	*kept = fd != -1 && s->sys->flock(fd, LOCK_SH | LOCK_NB) == -1 &&
	    errno == EWOULDBLOCK;
	return fd;
}

bool
sq_blobs_kept(struct sq *s)
{
	bool kept;
	int fd = hold_off(s, &kept);

	if (fd != -1)
		s->sys->close(fd);
	return kept;
}

static int
remove_blob(struct sq *s, const char *name, struct tq_err *err)
{
	char *copy, *slash;

	if (s->sys->unlink_in(s->blob_dir, name) == -1 && errno != ENOENT &&
	    errno != ENOTDIR && errno != ELOOP)
		return fail(s, err, name);
	/* Folders that are empty now go with it. */
	copy = tq_must(strdup(name));
	while ((slash = strrchr(copy, '/')) != NULL) {
		*slash = '\0';
		if (s->sys->rmdir_in(s->blob_dir, copy) == -1)
			break;
	}
	free(copy);
	return 0;
}

int
sq_blob_del(struct tq_store *st, const char *name, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	bool kept;
	int fd = hold_off(s, &kept), rc = 0;

	if (!kept)
		rc = remove_blob(s, name, err);
	if (fd != -1)
		s->sys->close(fd);
	return rc;
}

int
sq_blob_url(struct tq_store *st, const char *name, int64_t valid_ms,
    struct tq_buf *out, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	int64_t size;
	int fd = sq_blob_get(st, name, &size, err);
	char *path;
	const char *p;

	(void)valid_ms;		/* a file does not expire by itself */
	if (fd == -1)
		return -1;
	close(fd);
	path = tq_str_fmt("%s/%s", s->blob_dir, name);
	tq_buf_str(out, "file://");
	for (p = path; *p != '\0'; p++) {
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || strchr("-._~/", *p) != NULL)
			tq_buf_chr(out, *p);
		else
			tq_buf_fmt(out, "%%%02X", (unsigned char)*p);
	}
	free(path);
	return out->failed ? tq_err_set(err, TQ_AT_FETCH, TQ_E_NOMEM,
	    "out of memory") : 0;
}

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
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"
#include "util/fd.h"
#include "util/str.h"

static int
io_fail(struct tq_err *err, const char *what)
{
	return tq_err_sys(err, TQ_AT_STORE, errno == EACCES || errno == EPERM ||
	    errno == EROFS ? TQ_E_DENIED : TQ_E_IO, errno, "%s", what);
}

/* Folders get x where the files' mode has r. */
static unsigned
dir_mode(const struct sq *s)
{
	return s->url.mode | (s->url.mode & 0444) >> 2;
}

static int
make_dir(const struct sq *s, const char *path)
{
	if (s->sys->mkdir(path, 0700) == -1)
		return errno == EEXIST ? 0 : -1;
	return s->url.mode == 0600 ? 0 : s->sys->chmod(path, dir_mode(s));
}

/* A name in ${dir} that nobody else has; malloced. */
static char *
tmp_name(const struct sq *s, const char *dir)
{
	return tq_str_fmt("%s/.tmp-%016llx", dir, (unsigned long long)
	    tq_random_u64(s->base.env));
}

int
sq_blob_tmp(struct tq_store *st, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	char *path;
	int fd;

	if (make_dir(s, s->blob_dir) == -1)
		return io_fail(err, s->blob_dir);
	fd = s->sys->open(s->blob_dir, O_TMPFILE | O_RDWR | O_CLOEXEC,
	    s->url.mode);
	if (fd != -1)
		return fd;
	/* File systems without O_TMPFILE: an unlinked file; put will copy. */
	path = tmp_name(s, s->blob_dir);
	fd = s->sys->open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	    s->url.mode);
	if (fd == -1)
		io_fail(err, s->blob_dir);
	else
		s->sys->unlink(path);
	free(path);
	return fd;
}

/* "DIR/name", malloced. */
static char *
path_of(const struct sq *s, const char *name)
{
	return tq_str_fmt("%s/%s", s->blob_dir, name);
}

static int
make_folders(const struct sq *s, char *path)
{
	char *p = path + strlen(s->blob_dir);
	int rc = make_dir(s, s->blob_dir);

	for (; rc == 0 && (p = strchr(p + 1, '/')) != NULL; *p = '/') {
		*p = '\0';
		rc = make_dir(s, path);
	}
	return rc;
}

/* Sync the folder of ${path} and those above it, with the blob folder's name. */
static int
sync_folders(struct sq *s, char *path)
{
	char *slash;
	int rc = 0;

	if (!s->blob_dir_safe)
		rc = sq_name_sync(s->sys, s->blob_dir);
	s->blob_dir_safe = rc == 0;
	while (rc == 0 && (slash = strrchr(path, '/')) != NULL &&
	    strlen(path) > strlen(s->blob_dir)) {
		*slash = '\0';
		rc = sq_folder_sync(s->sys, path);
	}
	return rc;
}

/*
 * Copy ${fd} to a new file beside ${path}, whose name goes to *${tmp} in any
 * case; malloced.  Left behind by a crash, it is a blob that no record names.
 */
static int
copy_beside(const struct sq *s, int fd, const char *path, char **tmp)
{
	int errnum, to;

	*tmp = tq_str_fmt("%s.%016llx", path,
	    (unsigned long long)tq_random_u64(s->base.env));
	to = s->sys->open(*tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    s->url.mode);
	if (to == -1 || tq_fd_copy(fd, to) == 0)
		return to;
	errnum = errno;
	s->sys->unlink(*tmp);
	close(to);
	errno = errnum;
	return -1;
}

static int
link_copy(struct sq *s, int fd, const char *path)
{
	char *tmp;
	int rc = -1, errnum, copy = copy_beside(s, fd, path, &tmp);

	if (copy != -1) {
		if (s->sys->fsync(copy) == 0)
			rc = s->sys->link(copy, path);
		errnum = errno;
		s->sys->unlink(tmp);
		close(copy);
		errno = errnum;
	}
	free(tmp);
	return rc;
}

/* Give ${fd} the name ${path}; a copy of it where it can't have one. */
static int
link_or_copy(struct sq *s, int fd, char *path, struct tq_err *err)
{
	struct stat sb;
	int tries;

	for (tries = 0; tries < 3; tries++) {
		/* A parallel remove may take an empty folder away again. */
		if (make_folders(s, path) == -1)
			return io_fail(err, path);
		if (fstat(fd, &sb) == 0 && sb.st_nlink == 0 &&
		    s->sys->link(fd, path) == 0)
			return 0;
		if (errno == EEXIST && s->sys->access(path, F_OK) == 0)
			break;
		if (link_copy(s, fd, path) == 0)
			return 0;
		if (errno != ENOENT)
			break;
	}
	if (errno == EEXIST)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_TAKEN,
		    "%s: exists already; blobs are write-once", path);
	return io_fail(err, path);
}

/* Logs: the name always shows one whole version; not synced. */
static int
put_replace(struct sq *s, int fd, char *path, struct tq_err *err)
{
	char *tmp = NULL;
	int rc, to;

	rc = make_folders(s, path);
	to = rc == -1 ? -1 : copy_beside(s, fd, path, &tmp);
	if (to == -1 || s->sys->rename(tmp, path) == -1) {
		rc = io_fail(err, path);
		if (to != -1)
			s->sys->unlink(tmp);
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
	char *path = path_of(s, name);
	int rc;

	if (replace) {
		rc = put_replace(s, fd, path, err);
	} else {
		rc = s->sys->fsync(fd) == -1 && errno != EINVAL && errno != EROFS ?
		    io_fail(err, path) : link_or_copy(s, fd, path, err);
		if (rc == 0 && sync_folders(s, path) == -1)
			rc = io_fail(err, path);
	}
	free(path);
	return rc;
}

int
sq_blob_write(struct sq *s, const char *name, struct tq_span bytes,
    struct tq_err *err)
{
	int fd = sq_blob_tmp(&s->base, err), rc = 0;
	size_t done = 0;
	ssize_t n;

	if (fd == -1)
		return -1;
	while (rc == 0 && done < bytes.n) {
		n = write(fd, bytes.p + done, bytes.n - done);
		if (n == -1 && errno != EINTR)
			rc = io_fail(err, s->blob_dir);
		else if (n > 0)
			done += (size_t)n;
	}
	if (rc == 0)
		rc = sq_blob_put(&s->base, name, fd, false, err);
	close(fd);
	return rc;
}

int
sq_blob_get(struct tq_store *st, const char *name, int64_t *size,
    struct tq_err *err)
{
	struct sq *s = sq_of(st);
	char *path = path_of(s, name);
	struct stat sb;
	int fd;

	fd = s->sys->open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
	if (fd == -1 || fstat(fd, &sb) == -1 || !S_ISREG(sb.st_mode)) {
		if (fd != -1 || errno == ENOENT || errno == ENOTDIR ||
		    errno == ENAMETOOLONG)
			tq_err_set(err, TQ_AT_FETCH, TQ_E_NOTFOUND,
			    "blob %s: is not there", name);
		else
			io_fail(err, path);
		if (fd != -1)
			close(fd);
		free(path);
		return -1;
	}
	free(path);
	*size = sb.st_size;
	return fd;
}

int
sq_blob_del(struct tq_store *st, const char *name, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	char *path = path_of(s, name), *slash;
	int rc = 0;

	if (s->sys->unlink(path) == -1 && errno != ENOENT && errno != ENOTDIR)
		rc = io_fail(err, path);
	/* Folders that are empty now go with it. */
	while (rc == 0 && (slash = strrchr(path, '/')) != NULL &&
	    (size_t)(slash - path) > strlen(s->blob_dir)) {
		*slash = '\0';
		if (s->sys->rmdir(path) == -1)
			break;
	}
	free(path);
	return rc;
}

int
sq_blob_url(struct tq_store *st, const char *name, int64_t valid_ms,
    struct tq_buf *out, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	char *path = path_of(s, name), *real;
	const char *p;

	(void)valid_ms;		/* a file does not expire by itself */
	real = realpath(path, NULL);
	free(path);
	if (real == NULL)
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_NOTFOUND,
		    "blob %s: is not there", name);
	tq_buf_str(out, "file://");
	for (p = real; *p != '\0'; p++) {
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || strchr("-._~/", *p) != NULL)
			tq_buf_chr(out, *p);
		else
			tq_buf_fmt(out, "%%%02X", (unsigned char)*p);
	}
	free(real);
	return out->failed ? tq_err_set(err, TQ_AT_FETCH, TQ_E_NOMEM,
	    "out of memory") : 0;
}

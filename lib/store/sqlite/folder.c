/*
 * lib/store/sqlite/folder.c -- folders whose names survive a power failure.
 *
 * A file is only safe if its name is, and the names of the folders above it.
 * The rule is: nothing is made in a folder whose own name was not synced.  So
 * a process that is killed between mkdir(2) and fsync(2) leaves no hole: the
 * next one syncs before it goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"

int
sq_folder_sync(const struct tq_sys *sys, const char *path)
{
	int fd = sys->open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	int rc, e;

	if (fd == -1)
		return -1;
	rc = sys->fsync(fd);
	e = errno;
	close(fd);
	errno = e;
	return rc;
}

int
sq_name_sync(const struct tq_sys *sys, const char *path)
{
	char *dir = tq_must(strdup(path)), *slash = strrchr(dir, '/');
	int rc, e;

	if (slash != NULL)
		slash[slash == dir] = '\0';
	rc = sq_folder_sync(sys, slash != NULL ? dir : ".");
	e = errno;
	free(dir);
	errno = e;
	return rc;
}

/* Make ${dir} and the folders above it; it is cut, and mended. */
static int
make(const struct tq_sys *sys, char *dir, struct tq_err *err)
{
	char *slash = strrchr(dir, '/');
	struct stat sb;

	if (sys->stat(dir, &sb) == 0) {
		/* Perhaps of a file system that we may not sync, as /. */
		sq_name_sync(sys, dir);
		return 0;
	}
	if (slash != NULL && slash != dir) {
		*slash = '\0';
		if (make(sys, dir, err) == -1)
			return -1;
		*slash = '/';
	}
	if ((sys->mkdir(dir, 0700) == -1 && errno != EEXIST) ||
	    sq_name_sync(sys, dir) == -1)
		return tq_err_sys(err, TQ_AT_STORE, errno == EACCES ||
		    errno == EPERM ? TQ_E_DENIED : TQ_E_UNAVAILABLE, errno,
		    "can't make the folder %s", dir);
	return 0;
}

int
sq_folder_above(const struct tq_sys *sys, const char *path,
    struct tq_err *err)
{
	char *dir = tq_must(strdup(path)), *slash = strrchr(dir, '/');
	int rc = 0;

	if (slash != NULL && slash != dir) {
		*slash = '\0';
		rc = make(sys, dir, err);
	}
	free(dir);
	return rc;
}

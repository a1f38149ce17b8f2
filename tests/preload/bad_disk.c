/*
 * tests/preload/bad_disk.c -- a disk that can't read one block of a file.
 *
 * To be preloaded (LD_PRELOAD).  The $BAD_READ-th pread() of the file $BAD_DISK
 * or of its WAL fails with EIO, and makes the file $BAD_DISK.failed.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int
is_same(int fd, const char *path, const char *suffix)
{
	char name[4096];
	struct stat a, b;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return fstat(fd, &a) == 0 && stat(name, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

ssize_t
pread64(int fd, void *buf, size_t n, off64_t at)
{
	static ssize_t (*real)(int, void *, size_t, off64_t);
	static int reads;
	const char *path = getenv("BAD_DISK"), *nth = getenv("BAD_READ");
	char name[4096];

	if (real == NULL)
		real = __extension__ (ssize_t (*)(int, void *, size_t,
		    off64_t))dlsym(RTLD_NEXT, "pread64");
	if (path != NULL && nth != NULL && (is_same(fd, path, "") ||
	    is_same(fd, path, "-wal")) && ++reads == atoi(nth)) {
		snprintf(name, sizeof(name), "%s.failed", path);
		close(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		errno = EIO;
		return -1;
	}
	return real(fd, buf, n, at);
}

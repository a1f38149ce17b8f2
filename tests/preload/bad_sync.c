/*
 * tests/preload/bad_sync.c -- a disk that fails to sync the write-ahead log.
 *
 * To be preloaded (LD_PRELOAD).  While there is a file $BAD_SYNC, what syncs a
 * file whose name ends with "-wal" is told EIO.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
bad(int fd)
{
	const char *when = getenv("BAD_SYNC");
	char link[64], path[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	if (when == NULL || access(when, F_OK) == -1 || n < 4 ||
	    memcmp(path + n - 4, "-wal", 4) != 0)
		return 0;
	errno = EIO;
	return 1;
}

int
fsync(int fd)
{
	return bad(fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return bad(fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

/* lib/util/sys.c -- the real system behind sys.h. */
#include "util/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int
system_open(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

static char *
system_realpath(const char *path)
{
	return realpath(path, NULL);
}

static int
system_access(const char *path, int mode)
{
	int rc = faccessat(AT_FDCWD, path, mode, AT_EACCESS);

	/* By faccessat2(2), which a container's filter may not know. */
	if (rc == -1 && errno == EPERM && geteuid() == getuid() &&
	    getegid() == getgid())
		return access(path, mode);
	return rc;
}

static int
system_link(int fd, const char *path)
{
	char proc[40];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, proc, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

static int
system_entries(const char *path, int (*fn)(void *arg, const char *name),
    void *arg)
{
	struct dirent *de;
	DIR *d = opendir(path);
	int rc = 0;

	if (d == NULL)
		return -1;
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			rc = fn(arg, de->d_name);
	closedir(d);
	return rc;
}

static void *
system_map(int fd, size_t n, bool writable)
{
	void *p = mmap(NULL, n, writable ? PROT_READ | PROT_WRITE : PROT_READ,
	    MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void
system_unmap(void *page, size_t n)
{
	munmap(page, n);
}

static void
system_wait(const uint32_t *word, uint32_t seen, int64_t ms)
{
	struct timespec ts = { (time_t)(ms / 1000), ms % 1000 * 1000000 };

	syscall(SYS_futex, word, FUTEX_WAIT, seen, &ts, NULL, 0);
}

static void
system_wake(const uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 0x7fffffff, NULL, NULL, 0);
}

const struct tq_sys tq_sys_system = {
	.open = system_open, .stat = stat, .lstat = lstat,
	.realpath = system_realpath, .readlink = readlink,
	.access = system_access,
	.mkdir = mkdir, .chmod = chmod, .rename = rename, .unlink = unlink,
	.rmdir = rmdir, .link = system_link, .entries = system_entries,
	.fsync = fsync, .flock = flock, .close = close, .map = system_map,
	.unmap = system_unmap, .wait = system_wait, .wake = system_wake,
};

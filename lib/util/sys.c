/* lib/util/sys.c -- the real system behind sys.h. */
#include "util/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "util/beneath.h"

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
	.open = system_open, .stat = stat, .realpath = system_realpath,
	.readlink = readlink, .access = system_access, .mkdir = mkdir,
	.open_in = tq_beneath_open, .stat_in = tq_beneath_stat,
	.mkdir_in = tq_beneath_mkdir, .rename_in = tq_beneath_rename,
	.unlink_in = tq_beneath_unlink, .rmdir_in = tq_beneath_rmdir,
	.link_in = tq_beneath_link, .entries_in = tq_beneath_entries,
	.fsync = fsync, .flock = flock, .close = close, .map = system_map,
	.unmap = system_unmap, .wait = system_wait, .wake = system_wake,
};

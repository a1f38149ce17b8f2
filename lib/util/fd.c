/* lib/util/fd.c -- see fd.h. */
#include "util/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/env.h"
#include "util/str.h"

#define STEP		(16 * 1024 * 1024)	/* of a copy in the kernel */
#define BUFFER		(64 * 1024)

int
tq_fd_write(int fd, struct tq_span v)
{
	ssize_t n;

	while (v.n > 0) {
		if ((n = write(fd, v.p, v.n)) == -1 && errno != EINTR)
			return -1;
		v.p += n > 0 ? n : 0;
		v.n -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int
tq_fd_write_till(int fd, struct tq_span v, bool (*stop)(void))
{
	struct pollfd pfd = { fd, POLLOUT, 0 };
	ssize_t n;

	while (v.n > 0) {
		n = write(fd, v.p, v.n);
		if (n == -1 && errno == EAGAIN)
			n = poll(&pfd, 1, -1) == -1 ? -1 : 0;
		if (n == -1 && (errno != EINTR || stop()))
			return -1;
		v.p += n > 0 ? n : 0;
		v.n -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* The rest of ${from}, behind ${at}. */
static int
copy_by_hand(int from, off_t at, int to, const struct tq_env *env)
{
	char buf[BUFFER];
	ssize_t n;

	while ((n = pread(from, buf, sizeof(buf), at)) != 0) {
		if (tq_stopped(env)) {
			errno = EINTR;
			return -1;
		}
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 || tq_fd_write(to, (struct tq_span){ buf,
		    (size_t)n }) == -1)
			return -1;
		at += n;
	}
	return 0;
}

int
tq_fd_copy(int from, int to, const struct tq_env *env)
{
	off_t at = 0;
	ssize_t n = 1;

	while (n > 0 && !tq_stopped(env))
		n = copy_file_range(from, &at, to, NULL, STEP, 0);
	/* 0 may also mean that the kernel can't: it is asked again by hand. */
	return copy_by_hand(from, at, to, env);
}

int
tq_fd_unnamed(const char *name)
{
	char path[] = "/tmp/tq-XXXXXX";
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd == -1 && (fd = mkostemp(path, O_CLOEXEC)) != -1)
		unlink(path);
	return fd;
}

/* The highest descriptor that is open. */
static int
highest(void)
{
	int64_t max = sysconf(_SC_OPEN_MAX) - 1, fd, top = -1;
	DIR *d = opendir("/proc/self/fd");
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (tq_str_int(de->d_name, 0, INT_MAX, &fd) == 0 && fd > top)
			top = fd;
	if (d != NULL)
		closedir(d);
	return (int)(top != -1 ? top : max < INT_MAX ? max : INT_MAX);
}

void
tq_fd_close_from(int first)
{
	int fd;

	if (syscall(SYS_close_range, (unsigned)first, ~0u, 0) == 0)
		return;
	for (fd = highest(); fd >= first; fd--)
		close(fd);
}

/* lib/util/beneath.c -- see beneath.h. */
#include "util/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOLDER	(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* A close that keeps errno; returns ${rc}. */
static int
done(int fd, int rc)
{
	int e = errno;

	if (fd != -1)
		close(fd);
	errno = e;
	return rc;
}

/* The component at ${p} into ${out}: one that names an entry, no more. */
static bool
component(const char *p, size_t n, char out[NAME_MAX + 1])
{
	if (n == 0 || n > NAME_MAX || (n == 1 && p[0] == '.') ||
	    (n == 2 && p[0] == '.' && p[1] == '.')) {
		errno = n > NAME_MAX ? ENAMETOOLONG : EXDEV;
		return false;
	}
	memcpy(out, p, n);
	out[n] = '\0';
	return true;
}

/* The folder that ${name} is in, one component after the other. */
static int
walk(int root, const char *name, const char **last)
{
	int dir = fcntl(root, F_DUPFD_CLOEXEC, 0), next;
	char part[NAME_MAX + 1];
	const char *slash;

	while (dir != -1 && (slash = strchr(name, '/')) != NULL) {
		next = component(name, (size_t)(slash - name), part) ?
		    openat(dir, part, FOLDER) : -1;
		dir = done(dir, next);
		name = slash + 1;
	}
	*last = name;
	return dir;
}

static int
open_by_walk(int root, const char *name, int flags, mode_t mode)
{
	char part[NAME_MAX + 1];
	const char *last;
	int dir = walk(root, name, &last);

	if (dir == -1)
		return -1;
	return done(dir, component(last, strlen(last), part) ? openat(dir,
	    part, flags | O_NOFOLLOW | O_CLOEXEC, mode) : -1);
}

/* In a sandbox that does not know the call it may be EPERM. */
static bool
kernel_lacks_it(void)
{
	return errno == ENOSYS || errno == EPERM || errno == EINVAL;
}

static int
open_in(int root, const char *name, int flags, mode_t mode)
{
	struct open_how how = { .flags = (unsigned)(flags | O_CLOEXEC |
	    O_NOFOLLOW), .mode = flags & (O_CREAT | (O_TMPFILE &
	    ~O_DIRECTORY)) ? mode : 0,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	int fd, tries = 0;

	if (name[0] == '\0')
		name = ".";
	/* EAGAIN: something was renamed meanwhile. */
	do {
		fd = (int)syscall(SYS_openat2, root, name, &how, sizeof(how));
	} while (fd == -1 && errno == EAGAIN && ++tries < 100);
	if (fd != -1 || !kernel_lacks_it())
		return fd;
	return strcmp(name, ".") == 0 ? openat(root, ".", flags | O_CLOEXEC,
	    mode) : open_by_walk(root, name, flags, mode);
}

int
tq_beneath_open(const char *root, const char *name, int flags, mode_t mode)
{
	int dir = open(root, FOLDER);

	return dir == -1 ? -1 : done(dir, open_in(dir, name, flags, mode));
}

/* The folder that ${name} is in, and its last component. */
static int
parent(const char *root, const char *name, const char **last)
{
	const char *slash = strrchr(name, '/');
	char above[PATH_MAX], part[NAME_MAX + 1];
	size_t n = slash == NULL ? 0 : (size_t)(slash - name);

	*last = slash == NULL ? name : slash + 1;
	if (n >= sizeof(above)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!component(*last, strlen(*last), part))
		return -1;
	memcpy(above, name, n);
	above[n] = '\0';
	return tq_beneath_open(root, above, O_PATH | O_DIRECTORY, 0);
}

int
tq_beneath_stat(const char *root, const char *name, struct stat *sb)
{
	const char *last;
	int dir;

	if (name[0] == '\0')
		return lstat(root, sb);
	if ((dir = parent(root, name, &last)) == -1)
		return -1;
	return done(dir, fstatat(dir, last, sb, AT_SYMLINK_NOFOLLOW));
}

int
tq_beneath_mkdir(const char *root, const char *name, mode_t mode)
{
	const char *last;
	int dir;

	if (name[0] == '\0')
		return mkdir(root, mode);
	if ((dir = parent(root, name, &last)) == -1)
		return -1;
	return done(dir, mkdirat(dir, last, mode));
}

int
tq_beneath_rename(const char *root, const char *from, const char *to)
{
	const char *a, *b;
	int old = parent(root, from, &a), new, rc;

	if (old == -1)
		return -1;
	if ((new = parent(root, to, &b)) == -1)
		return done(old, -1);
	rc = renameat(old, a, new, b);
	return done(old, done(new, rc));
}

static int
remove_in(const char *root, const char *name, int flags)
{
	const char *last;
	int dir = parent(root, name, &last);

	return dir == -1 ? -1 : done(dir, unlinkat(dir, last, flags));
}

int
tq_beneath_unlink(const char *root, const char *name)
{
	return remove_in(root, name, 0);
}

int
tq_beneath_rmdir(const char *root, const char *name)
{
	return remove_in(root, name, AT_REMOVEDIR);
}

int
tq_beneath_link(int fd, const char *root, const char *name)
{
	char proc[40];
	const char *last;
	int dir = parent(root, name, &last);

	if (dir == -1)
		return -1;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return done(dir, linkat(AT_FDCWD, proc, dir, last,
	    AT_SYMLINK_FOLLOW));
}

int
tq_beneath_entries(const char *root, const char *name,
    int (*fn)(void *arg, const char *entry), void *arg)
{
	int fd = tq_beneath_open(root, name, O_RDONLY | O_DIRECTORY, 0);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *de;
	int rc = 0;

	if (d == NULL)
		return done(fd, -1);
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			rc = fn(arg, de->d_name);
	closedir(d);
	return rc;
}

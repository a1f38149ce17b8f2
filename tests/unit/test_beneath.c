/* tests/unit/test_beneath.c -- files below a folder that others may write to. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "t.h"
#include "util/beneath.h"

static bool old_kernel;		/* openat2(2) is not there */
static int calls;		/* of it */
static char root[96], out[96];

/* In place of libc's. */
long
syscall(long n, ...)
{
	long (*real)(long, ...) = __extension__ (long (*)(long, ...))dlsym(RTLD_NEXT,
	    "syscall");
	long a[4];
	va_list ap;
	int i;

	va_start(ap, n);
	for (i = 0; i < 4; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	calls += n == SYS_openat2;
	if (n == SYS_openat2 && old_kernel) {
		errno = ENOSYS;
		return -1;
	}
	return real(n, a[0], a[1], a[2], a[3]);
}

static char *
path_in(const char *dir, const char *name)
{
	static char path[2][256];
	static int turn;

	turn ^= 1;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

/* root/a/b/file, root/a/link -> out, root/a/b/to -> out/secret */
static void
set_up(void)
{
	if (!t_mkdir(root, sizeof(root), "beneath") ||
	    !t_mkdir(out, sizeof(out), "outside") ||
	    tq_beneath_mkdir(root, "a", 0700) == -1 ||
	    tq_beneath_mkdir(root, "a/b", 0700) == -1 ||
	    symlink(out, path_in(root, "a/link")) == -1 ||
	    symlink(path_in(out, "secret"), path_in(root, "a/b/to")) == -1)
		T_FAIL("set-up: %s", strerror(errno));
	close(open(path_in(out, "secret"), O_WRONLY | O_CREAT, 0600));
	close(open(path_in(root, "a/b/file"), O_WRONLY | O_CREAT, 0600));
}

static int
remove_one(const char *path, const struct stat *sb, int kind, struct FTW *at)
{
	(void)sb;
	(void)kind;
	(void)at;
	return remove(path);
}

static void
tear_down(void)
{
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	nftw(out, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
on_both(void (*fn)(void))
{
	int i;

	for (i = 0; i < 2; i++) {
		old_kernel = i == 1;
		calls = 0;
		set_up();
		fn();
		T_OK(calls > 0);
		tear_down();
	}
}

static bool
opens(const char *name, int flags)
{
	int fd = tq_beneath_open(root, name, flags, 0600);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

static void
try_names(void)
{
	static const char *const bad[] = { "a/link/secret", "a/link/new",
	    "a/b/to", "..", "../x", "a/../a/b/file/..", "a/b/../../..",
	    "/etc/passwd", "a/link", "a/b/file/x", "a//../..", "nope/x" };
	size_t i;

	T_OK(opens("a/b/file", O_RDWR));
	T_OK(opens("a/b/new", O_RDWR | O_CREAT | O_EXCL));
	T_OK(!opens("a/b/new", O_RDWR | O_CREAT | O_EXCL));
	T_OK(opens("a/b", O_RDONLY | O_DIRECTORY));
	T_OK(opens("", O_RDONLY | O_DIRECTORY));
	T_OK(opens("a", O_TMPFILE | O_RDWR));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (opens(bad[i], O_RDWR | O_CREAT))
			T_FAIL("%s was opened", bad[i]);
	T_OK(access(path_in(out, "new"), F_OK) == -1);
}

static void
names(void)
{
	on_both(try_names);
}

static void
try_changes(void)
{
	int fd = tq_beneath_open(root, "", O_TMPFILE | O_RDWR, 0600);
	struct stat sb;

	T_INT(tq_beneath_mkdir(root, "a/link/dir", 0700), -1);
	T_INT(tq_beneath_unlink(root, "a/link/secret"), -1);
	T_INT(tq_beneath_rename(root, "a/b/file", "a/link/file"), -1);
	T_INT(tq_beneath_rename(root, "a/link/secret", "a/b/mine"), -1);
	T_INT(tq_beneath_link(fd, root, "a/link/linked"), -1);
	T_INT(tq_beneath_rmdir(root, "a/b/.."), -1);
	T_INT(tq_beneath_stat(root, "a/link/secret", &sb), -1);
	T_INT(access(path_in(out, "secret"), F_OK), 0);
	T_INT(access(path_in(out, "linked"), F_OK), -1);

	/* A link itself is an entry like others. */
	T_INT(tq_beneath_stat(root, "a/b/to", &sb), 0);
	T_OK(S_ISLNK(sb.st_mode));
	T_INT(tq_beneath_rename(root, "a/b/file", "a/b/to"), 0);
	T_INT(tq_beneath_stat(root, "a/b/to", &sb), 0);
	T_OK(S_ISREG(sb.st_mode));
	T_INT(tq_beneath_unlink(root, "a/link"), 0);
	T_INT(access(path_in(out, "secret"), F_OK), 0);
	T_INT(tq_beneath_link(fd, root, "a/b/linked"), 0);
	T_INT(tq_beneath_link(fd, root, "a/b/to"), -1);
	T_INT(errno, EEXIST);
	close(fd);
}

static void
changes(void)
{
	on_both(try_changes);
}

static int
count(void *arg, const char *entry)
{
	(void)entry;
	++*(int *)arg;
	return 0;
}

static void
try_entries(void)
{
	int n = 0;

	T_INT(tq_beneath_entries(root, "a", count, &n), 0);
	T_INT(n, 2);
	T_INT(tq_beneath_entries(root, "a/link", count, &n), -1);
	T_INT(n, 2);
}

static void
entries(void)
{
	on_both(try_entries);
}

static void
try_root(void)
{
	char moved[128];

	/* The folder itself was replaced by a link. */
	snprintf(moved, sizeof(moved), "%s-real", root);
	if (rename(root, moved) == -1 || symlink(out, root) == -1)
		T_FAIL("%s", strerror(errno));
	T_OK(!opens("secret", O_RDONLY));
	T_OK(!opens("x", O_RDWR | O_CREAT));
	calls++;
	unlink(root);
	if (rename(moved, root) == -1)
		T_FAIL("%s", strerror(errno));
}

static void
roots(void)
{
	on_both(try_root);
}

T_MAIN(
	{ "no name leads out of a folder, with openat2 and without", names },
	{ "nothing is made, renamed, linked or removed through a link",
	    changes },
	{ "a folder is not listed through a link", entries },
	{ "a link in the folder's own place is not followed", roots })

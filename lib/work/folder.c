/* lib/work/folder.c -- see folder.h. */
#include "work/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/err.h"
#include "work/spawn/spawn.h"

#define PREFIX	"tq-work-"
#define LOCK	TQ_SPAWN_LOCK
#define NEW	"new"		/* what LOCK is called until it is locked */
#define EMPTY_S	60		/* from mkdtemp() to a lock, at most */

/* It has the name LOCK only once it is locked: nobody finds it free before. */
static int
make_lock(const char *dir)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;

	if (at == -1)
		return -1;
	fd = openat(at, NEW, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd != -1 && (flock(fd, LOCK_SH | LOCK_NB) == -1 ||
	    renameat(at, NEW, at, LOCK) == -1)) {
		close(fd);
		fd = -1;
	}
	close(at);
	return fd;
}

int
tq_folder_make(const char *tmp, char *dir, size_t n, struct tq_err *err)
{
	int len = snprintf(dir, n, "%s/" PREFIX "XXXXXX", tmp), fd = -1;

	if (len < (int)n && mkdtemp(dir) != NULL) {
		if ((fd = make_lock(dir)) != -1)
			return fd;
		tq_spawn_remove(dir);
	}
	dir[0] = '\0';
	return tq_err_sys(err, TQ_AT_EXEC, TQ_E_IO, errno,
	    "can't make a directory in %s", tmp);
}

/*
 * Its worker was killed before it had a lock, or after it had taken it away.
 * One with anything else in it is an older tq's, and stays.
 */
static void
remove_empty(int tmp, const char *name, int dir)
{
	unlinkat(dir, NEW, 0);
	unlinkat(tmp, name, AT_REMOVEDIR);
}

/* Is it one of ours, with a lock that nobody holds? */
static bool
left_behind(int tmp, const char *name, int64_t now_ms)
{
	struct stat sb;
	int dir, fd;
	bool left;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	dir = openat(tmp, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (dir == -1)
		return false;
	errno = EACCES;
	fd = fstat(dir, &sb) == 0 && sb.st_uid == geteuid() ? openat(dir,
	    LOCK, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	if (fd == -1 && errno == ENOENT &&
	    sb.st_mtime + EMPTY_S < now_ms / 1000)
		remove_empty(tmp, name, dir);
	close(dir);
	if (fd == -1)
		return false;
	left = flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return left;
}

int
tq_folder_tidy(const char *tmp, int64_t now_ms)
{
	struct dirent *e;
	char path[512];
	int n = 0;
	DIR *d;

	if ((d = opendir(tmp)) == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		if (!left_behind(dirfd(d), e->d_name, now_ms))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", tmp, e->d_name) <
		    (int)sizeof(path)) {
			tq_spawn_remove(path);
			n++;
		}
	}
	closedir(d);
	return n;
}

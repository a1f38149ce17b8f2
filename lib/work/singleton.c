/* lib/work/singleton.c -- see singleton.h. */
#include "work/singleton.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "task/task.h"
#include "util/env.h"
#include "util/err.h"

/* A directory that is ours alone, as others could hold the lock for ever. */
static int
lock_dir(const struct tq_env *env, char *buf, size_t n, struct tq_err *err)
{
	const char *run = tq_getenv(env, "XDG_RUNTIME_DIR");
	struct stat sb;

	if (run != NULL) {
		snprintf(buf, n, "%s", run);
		return 0;
	}
	snprintf(buf, n, "/tmp/tq-%u", (unsigned)getuid());
	if (mkdir(buf, 0700) == -1 && errno != EEXIST)
		return tq_err_sys(err, TQ_AT_CONFIG, TQ_E_IO, errno, "%s",
		    buf);
	if (lstat(buf, &sb) == -1 || !S_ISDIR(sb.st_mode) ||
	    sb.st_uid != getuid())
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_DENIED,
		    "%s is not a directory of ours", buf);
	return 0;
}

int
tq_singleton(const struct tq_env *env, const char *name, struct tq_err *err)
{
	char dir[256], path[512];
	int fd;

	if (!tq_name_ok(name))
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
		    "--singleton: \"%s\" is no name: letters, digits and "
		    "._:-", name);
	if (lock_dir(env, dir, sizeof(dir), err) == -1)
		return -1;
	snprintf(path, sizeof(path), "%s/tq-work.%s.lock", dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return tq_err_sys(err, TQ_AT_CONFIG, TQ_E_IO, errno, "%s",
		    path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	if (errno == EWOULDBLOCK)
		return -2;
	return tq_err_sys(err, TQ_AT_CONFIG, TQ_E_IO, errno, "%s", path);
}

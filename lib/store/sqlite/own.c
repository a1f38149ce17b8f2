/*
 * lib/store/sqlite/own.c -- whose the files of a store are.
 *
 * A store is shared by the mode and group of its database's file, which `tq-ctl
 * init --shared' sets and SQLite itself obeys for its log.  All else that is
 * made gets the same, whatever the umask, the primary group or, where root
 * makes it, the owner is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"
#include "util/str.h"

void
sq_own_read(struct sq_own *o, const struct stat *database)
{
	o->mode = (database->st_mode & 0666) | 0600;
	o->uid = database->st_uid;
	o->gid = database->st_gid;
	o->shared = (o->mode & 0022) != 0;
	o->fix = o->mode != 0600 || (geteuid() == 0 && o->uid != 0);
}

mode_t
sq_own_folder(const struct sq_own *o)
{
	/* x where the files have r, and what is made in it is the group's. */
	return o->mode | (o->mode & 0444) >> 2 | (o->shared ? S_ISGID : 0);
}

/*
 * What can't be changed is another's, who has made it right or not; that is
 * for the doctor to say.
 */
void
sq_own_set(const struct sq_own *o, int fd, bool folder)
{
	mode_t mode = folder ? sq_own_folder(o) : o->mode;
	bool root = geteuid() == 0;
	struct stat sb;

	if (!o->fix || fstat(fd, &sb) == -1)
		return;
	if (sb.st_gid != o->gid || (root && sb.st_uid != o->uid))
		(void)!fchown(fd, root ? o->uid : (uid_t)-1, o->gid);
	/* After it, as fchown(2) may take bits away. */
	if ((sb.st_mode & 07777) != mode)
		(void)!fchmod(fd, mode);
}

bool
sq_own_alone(const struct stat *sb)
{
	return S_ISREG(sb->st_mode) && sb->st_nlink <= 1;
}

int
sq_own_open(const struct tq_sys *sys, const char *path, int flags,
    const struct sq_own *o, struct tq_err *err)
{
	int fd = sys->open(path, flags | O_NOFOLLOW | O_CLOEXEC, o->mode);
	bool others = o->shared || o->uid != geteuid();
	struct stat sb;

	if (fd == -1 || fstat(fd, &sb) == -1) {
		tq_err_sys(err, TQ_AT_STORE, errno == EACCES ||
		    errno == EROFS || errno == ELOOP ? TQ_E_DENIED : TQ_E_IO,
		    errno, "%s", path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	if (!others || sq_own_alone(&sb))
		return fd;
	close(fd);
	return tq_err_set(err, TQ_AT_STORE, TQ_E_DENIED, "%s: is no plain "
	    "file, or has another name, of a file that need not be the store's; "
	    "remove it", path);
}

void
sq_own_log(const struct sq_own *o, const char *database)
{
	static const char *const suffixes[] = { "-wal", "-shm" };
	struct stat sb;
	char *path;
	size_t i;

	for (i = 0; o->shared && i < 2; i++) {
		path = tq_str_fmt("%s%s", database, suffixes[i]);
		if (lstat(path, &sb) == 0 && sb.st_uid == geteuid() &&
		    sb.st_gid != o->gid && sq_own_alone(&sb))
			(void)!lchown(path, (uid_t)-1, o->gid);
		free(path);
	}
}

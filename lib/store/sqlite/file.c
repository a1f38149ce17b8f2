/* lib/store/sqlite/file.c -- the file of the database, before SQLite has it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"
#include "util/str.h"

/* Locks and shared memory do not work over the network: refuse there. */
static int
check_file_system(const char *path, const char *name, struct tq_err *err)
{
	static const struct { long magic; const char *name; } net[] = {
		{ 0x6969, "NFS" }, { 0x517b, "SMB" }, { 0xff534d42, "CIFS" },
		{ 0xfe534d42, "SMB2" }, { 0x01021997, "9P" },
		{ 0x00c36400, "Ceph" }, { 0x5346414f, "AFS" },
		{ 0x6b414653, "AFS" },
	};
	struct statfs fs;
	char *dir = tq_must(strdup(path)), *slash;
	size_t i;
	int rc;

	slash = strrchr(dir, '/');
	if (slash != NULL)
		slash[slash == dir] = '\0';
	rc = statfs(slash != NULL ? dir : ".", &fs);
	free(dir);
	for (i = 0; rc == 0 && i < sizeof(net) / sizeof(net[0]); i++)
		if ((long)fs.f_type == net[i].magic ||
		    (long)(unsigned)fs.f_type == net[i].magic)
			return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
			    "%s: is on a network file system (%s), where "
			    "locking is not reliable; use a local disk", name,
			    net[i].name);
	return 0;
}

/* Made when missing and ${how} says so.  0, or -1 with errno. */
static int
reach_file(struct sq *s, enum tq_open how, struct stat *sb, struct tq_err *err)
{
	const char *path = s->url.path;
	int fd;

	if (how == TQ_OPEN_CREATE && s->sys->stat(path, sb) == -1 &&
	    errno == ENOENT) {
		if (sq_folder_above(s->sys, path, err) == -1 ||
		    check_file_system(path, s->base.name, err) == -1)
			return -2;
		/* SQLite gives its own files the mode of this one. */
		fd = s->sys->open(path, O_RDWR | O_CREAT | O_CLOEXEC,
		    s->url.mode);
		if (fd == -1)
			return -1;
		if (s->url.mode != 0600)
			fchmod(fd, s->url.mode);
		close(fd);
	}
	/*
	 * Not by opening it: to close it again would drop the locks that
	 * SQLite holds on it for other handles of this process, and the next
	 * sqlite3(1) that ends would delete the WAL under them.
	 */
	if (s->sys->stat(path, sb) == -1)
		return -1;
	return s->sys->access(path, how == TQ_OPEN_READ ? R_OK : R_OK | W_OK);
}

/* The fault of the file, in the words of the system. */
int
sq_file_reach(struct sq *s, enum tq_open how, struct tq_err *err)
{
	const char *path = s->url.path;
	struct stat sb;
	int rc = reach_file(s, how, &sb, err);

	if (rc == -2)
		return -1;
	if (rc == -1) {
		int e = errno;

		if (e == ENOENT && how != TQ_OPEN_CREATE)
			return tq_err_set(err, TQ_AT_STORE, TQ_E_UNAVAILABLE,
			    "%s: no such store (the first tq-submit, or "
			    "tq-ctl init, makes it)", s->base.name);
		return tq_err_sys(err, TQ_AT_STORE, e == EACCES || e == EPERM ||
		    e == EROFS ? TQ_E_DENIED : e == ENOSPC ? TQ_E_IO :
		    TQ_E_UNAVAILABLE, e, "%s", s->base.name);
	}
	s->file = sb;
	sq_own_read(&s->own, &sb);
	s->base.shared = s->own.shared;
	if (s->url.mode_said && s->url.mode != s->own.mode)
		s->base.note = tq_str_fmt("%s: its mode is %04o, as it was "
		    "made; mode=%04o is ignored (tq-ctl init --shared GROUP "
		    "changes it)", s->base.name, s->own.mode, s->url.mode);
	if (!S_ISREG(sb.st_mode))
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s: is not a regular file", s->base.name);
	return check_file_system(path, s->base.name, err);
}

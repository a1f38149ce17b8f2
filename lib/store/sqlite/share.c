/* lib/store/sqlite/share.c -- see share.h. */
#include "store/sqlite/share.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/str.h"

#define DEPTH_MAX	8	/* of folders of blobs */

/* The files beside the database, the lock first and itself last. */
static const char *const suffixes[] = { ".lock", ".wake", "-wal", "-shm", "" };

int
sq_share_group(const char *name, gid_t *gid)
{
	const struct group *g = getgrnam(name);
	int64_t n;

	if (g == NULL && tq_str_int(name, 0, UINT32_MAX - 1, &n) == -1)
		return -1;
	*gid = g != NULL ? g->gr_gid : (gid_t)n;
	return 0;
}

static bool
as_it_should(const struct sq_own *o, const struct stat *sb, mode_t mode)
{
	return o->shared ? (sb->st_mode & 07777) == mode &&
	    sb->st_gid == o->gid : sb->st_uid == o->uid;
}

/* By O_PATH: to open a database and close it would drop SQLite's locks. */
static int
set(const struct sq_own *o, int fd, mode_t mode)
{
	char proc[40];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return fchownat(fd, "", (uid_t)-1, o->gid, AT_EMPTY_PATH) == -1 ? -1 : chmod(proc, mode);
}

/* 1: it was not as it should be; 0: it is, or is not there; -1. */
static int
one(struct sq_share *sh, const char *root, const char *name,
    struct tq_err *err)
{
	int fd = sh->sys->open_in(root, name, O_PATH, 0), rc = 0, e;
	struct stat sb;
	mode_t mode;

	if (fd == -1)
		return 0;
	if (fstat(fd, &sb) == 0 && !S_ISLNK(sb.st_mode)) {
		mode = S_ISDIR(sb.st_mode) ? sq_own_folder(&sh->own) :
		    sh->own.mode;
		rc = !as_it_should(&sh->own, &sb, mode);
		errno = EMLINK;
		if (rc == 1 && sh->change && ((!S_ISDIR(sb.st_mode) &&
		    !sq_own_alone(&sb)) || set(&sh->own, fd, mode) == -1))
			rc = -1;
	}
	e = errno;
	close(fd);
	if (rc == -1 && e == EMLINK)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_DENIED, "%s%s%s: is "
		    "no plain file, or has another name (a hard link), which "
		    "would be shared, too; remove it", root, *name == '\0' ?
		    "" : "/", name);
	return rc != -1 ? rc : tq_err_sys(err, TQ_AT_STORE, TQ_E_DENIED, e,
	    "%s%s%s: only its owner may share it", root, *name == '\0' ? "" :
	    "/", name);
}

struct walk {
	struct sq_share	*sh;
	const char	*root, *name;
	int		 depth;
	struct tq_err	*err;
};

static int
blob(void *arg, const char *entry)
{
	struct walk *w = arg, below = *w;
	char name[1024];
	struct stat sb;
	int rc;

	if ((size_t)snprintf(name, sizeof(name), "%s%s%s", w->name,
	    w->name[0] == '\0' ? "" : "/", entry) >= sizeof(name) ||
	    w->sh->looks == 0)
		return 0;
	w->sh->looks--;
	if ((rc = one(w->sh, w->root, name, w->err)) == -1)
		return -1;
	w->sh->blobs += (size_t)rc;
	if (w->depth == DEPTH_MAX || w->sh->sys->stat_in(w->root, name, &sb) ==
	    -1 || !S_ISDIR(sb.st_mode))
		return 0;
	below.name = name;
	below.depth++;
	rc = w->sh->sys->entries_in(w->root, name, blob, &below);
	return rc == -1 && w->err->code != TQ_OK ? -1 : 0;
}

static int
blobs(struct sq_share *sh, struct tq_err *err)
{
	char *root = tq_str_fmt("%s.blobs", sh->path);
	struct tq_err why = TQ_ERR_INIT;
	struct walk w = { sh, root, "", 0, &why };
	int rc = one(sh, root, "", &why);

	if (rc != -1) {
		sh->blobs += (size_t)rc;
		sh->sys->entries_in(root, "", blob, &w);
	}
	free(root);
	if (why.code == TQ_OK)
		return 0;
	if (err != NULL)
		*err = why;
	return -1;
}

static char *
folder_of(const char *path, const char **base)
{
	const char *slash = strrchr(path, '/');

	*base = slash + 1;
	return tq_str_fmt("%.*s", (int)(slash == path ? 1 : slash - path),
	    path);
}

static int
is_other(void *arg, const char *entry)
{
	return !tq_str_starts(entry, arg);
}

static int
change_folder(struct sq_share *sh, const char *dir, struct tq_err *err)
{
	struct stat sb;
	int fd = sh->sys->open_in(dir, "", O_PATH, 0), rc = 0;
	mode_t mode;

	if (fd == -1 || fstat(fd, &sb) == -1) {
		if (fd != -1)
			close(fd);
		return 0;
	}
	mode = (sb.st_mode & 07777) | S_ISGID | 0070;
	if (!as_it_should(&sh->own, &sb, mode)) {
		if (sh->change && set(&sh->own, fd, mode) == -1)
			rc = tq_err_sys(err, TQ_AT_STORE, TQ_E_DENIED, errno,
			    "%s: only its owner may share it", dir);
		else
			sh->told(sh->arg, dir, "and what is made in it");
	}
	close(fd);
	return rc;
}

/* The store's own: what else lies in it is nothing of ours to share. */
static int
folder(struct sq_share *sh, struct tq_err *err)
{
	const char *base;
	char *dir = folder_of(sh->path, &base), *name = tq_must(strdup(base));
	int rc = 0;

	if (sh->own.shared && sh->sys->entries_in(dir, "", is_other,
	    name) == 0)
		rc = change_folder(sh, dir, err);
	free(name);
	free(dir);
	return rc;
}

int
sq_share(struct sq_share *sh, struct tq_err *err)
{
	const char *base;
	char *dir = folder_of(sh->path, &base), *name, *path;
	int rc = blobs(sh, err) == -1 ? -1 : folder(sh, err);
	size_t i;

	for (i = 0; rc == 0 && i < sizeof(suffixes) / sizeof(suffixes[0]);
	    i++) {
		name = tq_str_fmt("%s%s", base, suffixes[i]);
		path = tq_str_fmt("%s%s", sh->path, suffixes[i]);
		if ((rc = one(sh, dir, name, err)) == 1)
			sh->told(sh->arg, path, NULL);
		rc = rc == -1 ? -1 : 0;
		free(name);
		free(path);
	}
	free(dir);
	return rc;
}

static bool
may(const struct stat *sb, const struct sq_own *own, unsigned bits)
{
	return (sb->st_gid == own->gid && (sb->st_mode >> 3 & bits) == bits) ||
	    (sb->st_gid != own->gid && (sb->st_mode & bits) == bits);
}

bool
sq_share_folder(const char *path, const struct sq_own *own,
    struct tq_buf *why)
{
	const char *base;
	char *dir = folder_of(path, &base), *up;
	unsigned want = 03;	/* w and x in its own folder, x above */
	bool ok = true;
	struct stat sb;

	while (ok && stat(dir, &sb) == 0) {
		ok = may(&sb, own, want);
		if (!ok)
			tq_buf_fmt(why, "its group may not %s %s", want == 03 ?
			    "make files in" : "enter", dir);
		want = 01;
		if (strcmp(dir, "/") == 0)
			break;
		up = folder_of(dir, &base);
		free(dir);
		dir = up;
	}
	free(dir);
	return ok;
}

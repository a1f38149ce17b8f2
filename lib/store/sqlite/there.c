/*
 * lib/store/sqlite/there.c -- is the store still the one that was opened?
 *
 * A handle goes on reading and writing files that were renamed or unlinked, so
 * nothing else would tell.
 */
#include <errno.h>

#include "store/sqlite/sqlite.h"

static int
gone(struct sq *s, struct tq_err *err, const char *what)
{
	tq_err_set(err, TQ_AT_STORE, TQ_E_UNAVAILABLE, "%s%s", s->base.name,
	    what);
	if (err != NULL)
		err->retryable = false;
	return -1;
}

/* Of a file that can't be looked at now, nothing is known. */
static bool
missing(void)
{
	return errno == ENOENT || errno == ENOTDIR;
}

static bool
same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* They are made with the first one, by whatever process. */
static int
blobs_there(struct sq *s, struct tq_err *err)
{
	struct stat sb;

	if (s->sys->stat(s->blob_dir, &sb) == -1) {
		if (!s->met_blobs || !missing())
			return 0;
		return gone(s, err, ".blobs: is not there any more: it was "
		    "moved or removed");
	}
	if (!s->met_blobs)
		s->blobs = sb;
	s->met_blobs = true;
	return same(&s->blobs, &sb) ? 0 : gone(s, err,
	    ".blobs: was replaced by another folder");
}

int
sq_there(struct tq_store *st, struct tq_err *err)
{
	struct sq *s = sq_of(st);
	struct stat sb;

	if (!s->met_file)
		return 0;
	if (s->sys->stat(s->url.path, &sb) == -1)
		return !missing() ? 0 : gone(s, err,
		    ": is not there any more: it was moved or removed");
	if (!same(&s->file, &sb))
		return gone(s, err, ": was replaced by another file");
	if (sb.st_size == 0 && s->file.st_size > 0)
		return gone(s, err, ": was emptied");
	/* It may be shared meanwhile. */
	if (s->file.st_size == 0 || s->file.st_mode != sb.st_mode ||
	    s->file.st_gid != sb.st_gid || s->file.st_uid != sb.st_uid) {
		s->file = sb;
		sq_own_read(&s->own, &sb);
		s->base.shared = s->own.shared;
	}
	return blobs_there(s, err);
}

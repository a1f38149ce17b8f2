/*
 * lib/store/sqlite/share.h -- all files of a store as its database is: their
 * modes, group and owner.
 */
#ifndef TQ_SQLITE_SHARE_H
#define TQ_SQLITE_SHARE_H

#include "store/sqlite/sqlite.h"

/* Told of each file that is not as it is to be, and what it is to be. */
typedef void sq_share_fn(void *arg, const char *path, const char *text);

struct sq_share {
	const struct tq_sys *sys;
	const char	*path;		/* of the database, resolved */
	struct sq_own	 own;		/* what all are to be */
	bool		 change;	/* else only look */
	size_t		 looks;		/* files that may still be looked at */
	sq_share_fn	*told;		/* but not of each blob */
	void		*arg;
	size_t		 blobs;		/* out: those that are not as they are
					   to be */
};

/*
 * sq_share(sh, err):
 * The database last, so that one that was interrupted is repeated.  Its folder
 * is changed too if nothing else lies in it.  Fails with TQ_E_DENIED.
 */
int sq_share(struct sq_share *sh, struct tq_err *err);

/* sq_share_group(name, gid): "staff", or a number; -1: there is none. */
int sq_share_group(const char *name, gid_t *gid);

/*
 * sq_share_folder(path, own, why): may its group make files beside the database
 * ${path}, and come there?  Else false, and ${why} says what is in the way.
 */
bool sq_share_folder(const char *path, const struct sq_own *own,
    struct tq_buf *why);

#endif

/*
 * lib/store/backup.h -- part of the store contract: the whole of a store as one
 * archive, and a store from one.
 *
 * The archive is a tar file.  Its members and their order are the store's
 * (lib/store/sqlite/backup.h); restore takes no other.
 */
#ifndef TQ_STORE_BACKUP_H
#define TQ_STORE_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

struct tq_env;
struct tq_err;

struct tq_backup {
	/* Asked after each MiB or so; false ends it (TQ_E_INTR).  May be
	   NULL. */
	bool		(*go_on)(void *arg);
	void		*arg;
	/* backup: a folder with room for a copy of the database, which has no
	   name there; NULL: the database's own. */
	const char	*scratch;

	/* out */
	int64_t		 made_at;	/* the moment that is in the archive */
	uint64_t	 tasks, blobs, bytes;
};

/*
 * tq_store_backup(url, env, fd, b, err):
 * Write the store, as it is at one moment after the call, to ${fd}: all that
 * was acknowledged before is in it.  Nobody is held up; blobs that are to be
 * removed meanwhile stay until a sweep of a later day.  A second backup at the
 * same time waits for the first.  ${fd} is not synced.
 * Fails as tq_store_open() (TQ_OPEN_READ), with TQ_E_IO when ${fd} or the
 * scratch folder takes no more, with TQ_E_INTR, and with TQ_E_CONFIG on a store
 * whose services have backups of their own (aws).
 */
int tq_store_backup(const char *url, const struct tq_env *env, int fd,
    struct tq_backup *b, struct tq_err *err);

/*
 * tq_store_restore(url, env, fd, b, err):
 * Make the store ${url} from the archive that is read from ${fd}, all of it or
 * none.  Every queue is paused, "restored from" the archive's moment; what ran
 * then waits for its next attempt.  Fails with TQ_E_TAKEN where a store, or
 * anything of one, is; TQ_E_DATA for an archive that is damaged, cut short or
 * not of tq_store_backup(); TQ_E_NEWER; TQ_E_IO; TQ_E_INTR.
 */
int tq_store_restore(const char *url, const struct tq_env *env, int fd,
    struct tq_backup *b, struct tq_err *err);

#endif

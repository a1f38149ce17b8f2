/*
 * lib/store/sqlite/backup.h -- the archive of a store, for backup.c and
 * restore.c.  Its entries, in this order:
 *
 *	tq-backup.json	{"format":1,"tq":"0.2.0","createdAt":"..."}
 *	tq.db		the database, of that moment
 *	blobs/NAME	each blob
 *	tq-backup.end	{"entries":N,"sha256":"..."}
 *
 * The digest is over name, NUL and bytes of the entries between the first and
 * the last, N of them.
 */
#ifndef TQ_SQLITE_BACKUP_H
#define TQ_SQLITE_BACKUP_H

#include "archive/archive.h"
#include "store/backup.h"
#include "store/sqlite/sqlite.h"
#include "util/hash.h"

#define SQ_BACKUP_FORMAT	1
#define SQ_BACKUP_HEAD		"tq-backup.json"
#define SQ_BACKUP_DB		"tq.db"
#define SQ_BACKUP_BLOBS		"blobs/"
#define SQ_BACKUP_END		"tq-backup.end"
#define SQ_BACKUP_JSON_MAX	4096	/* bytes of the first and the last */
#define SQ_BACKUP_PIECE		((size_t)256 * 1024)

/* The verbs, for the table in ops.c: store/backup.h. */
int sq_backup(const char *, const struct tq_env *, int, struct tq_backup *,
    struct tq_err *);
int sq_restore(const char *, const struct tq_env *, int, struct tq_backup *,
    struct tq_err *);

/* sq_archive(err): libarchive's module, loaded when first asked for. */
const struct tq_archive_module *sq_archive(struct tq_err *err);

/* sq_backup_go_on(b, err): 0, or -1 with TQ_E_INTR. */
int sq_backup_go_on(const struct tq_backup *b, struct tq_err *err);

/*
 * sq_snapshot(s, b, err):
 * A descriptor of an unnamed copy of the database of ${s} at this moment, which
 * is b->made_at; the caller closes it.  Counts b->tasks.  -1 on failure.
 */
int sq_snapshot(struct sq *s, struct tq_backup *b, struct tq_err *err);

/*
 * sq_restore_read(m, fd, sys, dir, b, err):
 * Unpack the archive of ${fd} into the empty folder ${dir}, as tq.db and
 * tq.db.blobs, and check that it is whole.
 */
int sq_restore_read(const struct tq_archive_module *m, int fd,
    const struct tq_sys *sys, const char *dir, struct tq_backup *b,
    struct tq_err *err);

/*
 * sq_restore_settle(path, env, b, err):
 * Is the database ${path} a store, with nothing else in it?  Then end its
 * leases, pause its queues, count its tasks in ${b}, and leave it without a
 * log, synced.
 */
int sq_restore_settle(const char *path, const struct tq_env *env,
    struct tq_backup *b, struct tq_err *err);

#endif

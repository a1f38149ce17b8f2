/* lib/store/sqlite/meta.h -- the one row of `meta' (txn.c, version.c). */
#ifndef TQ_SQLITE_META_H
#define TQ_SQLITE_META_H

#include "store/sqlite/sqlite.h"

/* The columns of SQ_META; from SQ_M_CLOCK on they are the clock's. */
enum sq_meta {
	SQ_M_MIN_READER, SQ_M_MIN_WRITER, SQ_M_SEQ, SQ_M_LANES_GEN, SQ_M_OWED,
	SQ_M_CLOCK
};

/*
 * sq_read_expiry(s, err): the time for expiry as of this read transaction, into
 * s->expiry; after sq_now().  The clock is read only when the database has
 * changed since the last time.
 */
int sq_read_expiry(struct sq *s, struct tq_err *err);

/*
 * sq_check_ours(s, err): TQ_E_CONFIG if the open database is another
 * program's.  Writes nothing.
 */
int sq_check_ours(struct sq *s, struct tq_err *err);

/*
 * sq_check_version(s, how, err):
 * Is the open database a store that this tq may use?  Makes the tables of a
 * fresh one if ${how} says so, and migrates an older one if s->migrate does.
 * Fails with TQ_E_CONFIG (another program's, or an older schema),
 * TQ_E_UNAVAILABLE (no tables yet), TQ_E_NEWER.
 */
int sq_check_version(struct sq *s, enum tq_open how, struct tq_err *err);

#endif

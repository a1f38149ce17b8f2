/* lib/store/sqlite/meta.h -- the one row of `meta' (txn.c). */
#ifndef TQ_SQLITE_META_H
#define TQ_SQLITE_META_H

#include "store/sqlite/sqlite.h"

/* The columns of SQ_META; SQ_CLOCK_COLS are the last. */
enum sq_meta {
	SQ_M_MIN_READER, SQ_M_MIN_WRITER, SQ_M_SEQ, SQ_M_LANES_GEN, SQ_M_CLOCK
};

#define SQ_CLOCK_COLS							\
	"m.boot,m.clock_known,m.clock_offset,m.clock_seen,m.clock_since,"	\
	"m.clock_high"

/*
 * sq_read_clock(s, q, c): take the time for expiry from the row that ${q}
 * stands on, whose columns from ${c} on are SQ_CLOCK_COLS; after sq_now().
 */
void sq_read_clock(struct sq *s, sqlite3_stmt *q, int c);

#endif

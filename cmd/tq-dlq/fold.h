/* cmd/tq-dlq/fold.h -- errors that differ in numbers only are one.  Pure. */
#ifndef TQ_DLQ_FOLD_H
#define TQ_DLQ_FOLD_H

#include "util/buf.h"

/*
 * dlq_fold(b, reason, max):
 * Replace ${b} by ${reason}, about ${max} bytes of it, with "N" for numbers,
 * also in times and units ("30s"), and "*" for ids (UUIDs, hex digits, long
 * mixtures of letters and digits).  A digit or three in a name stay: "s3://",
 * "x86_64", "sha256"; more number something: "DSC01234".
 *
 *	connect 10.0.0.7:25 (try 3) -> connect N.N.N.N:N (try N)
 */
void dlq_fold(struct tq_buf *b, const char *reason, size_t max);

#endif

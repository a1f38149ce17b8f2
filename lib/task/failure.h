/* lib/task/failure.h -- a failureReason as a table shows it.  Pure. */
#ifndef TQ_FAILURE_H
#define TQ_FAILURE_H

#include "util/buf.h"

/*
 * tq_failure_shown(reason, out):
 * Append ${reason}, a sentence of lib/work/handler/reason.h, with the handler's
 * own words in front, as a table may have no room for more:
 *
 *	exec: thumb exited with status 3 on attempt 1 of 3: no such host
 *	no such host (exited with status 3)
 *
 * What a column of its own says (the stage, the type, attempts) is left out.
 * Text of another form, as of others' records, is appended as it is; NULL is
 * nothing.
 */
void tq_failure_shown(const char *reason, struct tq_buf *out);

#endif

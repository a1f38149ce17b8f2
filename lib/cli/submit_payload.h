/* lib/cli/submit_payload.h -- a payload from an operand, file or stdin. */
#ifndef TQ_SUBMIT_PAYLOAD_H
#define TQ_SUBMIT_PAYLOAD_H

#include "task/task.h"

/*
 * tq_submit_payload(operand, kind, a, out, err):
 * The payload that ${operand} gives: "-" is what stdin holds, "@FILE" what
 * the file holds, anything else stands for itself.  JSON is checked strictly
 * and TEXT for UTF-8; the bytes stay as they are.  Never reads more than
 * TQ_PAYLOAD_MAX and one byte.  Returns 0 and ${out}, owned by ${a} or, when
 * it stands for itself, borrowed from ${operand}; or -1 with TQ_E_IO (the
 * message names the file), TQ_E_TOOBIG, TQ_E_DATA ("payload: byte 3: ...")
 * or TQ_E_INTR.
 */
int tq_submit_payload(const char *operand, enum tq_kind kind,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err);

/* tq_submit_payload_check(p, kind, err): the checks alone. */
int tq_submit_payload_check(struct tq_span p, enum tq_kind kind,
    struct tq_err *err);

#endif

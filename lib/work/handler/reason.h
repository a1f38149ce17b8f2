/* lib/work/handler/reason.h -- failureReason: a sentence an operator can act on. */
#ifndef TQ_REASON_H
#define TQ_REASON_H

#include "task/task.h"

/*
 * tq_reason_exit(a, t, name, wstatus, last_line):
 * How the handler ${name} of ${t} ended: "exec: thumb exited with status 3
 * on attempt 3 of 3: cannot open ...".  ${wstatus} is as of waitpid(),
 * ${last_line} of its stderr ("": none).  65 is not an
 * attempt of several: "... with status 65 (never again): ...".  Escaped for
 * terminals, at most TQ_REASON_MAX bytes, in ${a}.
 */
const char *tq_reason_exit(struct tq_arena *a, const struct tq_task *t,
    const char *name, int wstatus, const char *last_line);

/* tq_reason_timeout(...): it was stopped after its timeout of ${ms}. */
const char *tq_reason_timeout(struct tq_arena *a, const struct tq_task *t,
    int64_t ms, const char *last_line);

/*
 * tq_reason_text(a, t, what, text): "WHAT: TYPE: text on attempt 1 of 3",
 * for failures that come with words of their own.
 */
const char *tq_reason_text(struct tq_arena *a, const struct tq_task *t,
    const char *what, const char *text);

/* tq_reason_final(...): the same where no attempt follows whatever is left of
   them: "WHAT: TYPE: text (never again)". */
const char *tq_reason_final(struct tq_arena *a, const struct tq_task *t,
    const char *what, const char *text);

/*
 * tq_exit_code_text(a, wstatus): the error code in the record: "exit-3",
 * "signal-9".  A task that was run by --exec is passed its exit by it.
 */
const char *tq_exit_code_text(struct tq_arena *a, int wstatus);

#endif

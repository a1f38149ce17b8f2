/* lib/work/outcome.h -- how an attempt ended, for the record. */
#ifndef TQ_OUTCOME_H
#define TQ_OUTCOME_H

#include "task/rules.h"
#include "util/buf.h"

struct worker; struct job; struct child; struct tq_err; struct tq_spawn_exit;

#define TQ_STORE_HERE	(4 * 1024 * 1024) /* bytes that the loop may store */

/* tq_outcome_exit(c, j, e): from a wait status: end, stage, code, reason. */
void tq_outcome_exit(struct child *c, struct job *j,
    const struct tq_spawn_exit *e);

/* tq_outcome_err(j, end, err): from an error; its stage and code are kept. */
void tq_outcome_err(struct job *j, enum tq_end end, const struct tq_err *err);

/* tq_outcome_end_of(err): PERMANENT when another attempt would be no use, LATER
   when a disk is full: that is no fault of the task's. */
enum tq_end tq_outcome_end_of(const struct tq_err *err);

/* tq_outcome_unstarted(err): the same when no handler was started yet: then
   LATER instead of an attempt. */
enum tq_end tq_outcome_unstarted(const struct tq_err *err);

/*
 * tq_outcome_result(w, j, fd, err): take the bytes of the file ${fd} as the
 * result, or as the output if they are no text or too many.
 * tq_outcome_bytes(w, j, v, err): the same of bytes in memory.
 * Both fail with stage store.
 */
int tq_outcome_result(struct worker *w, struct job *j, int fd,
    struct tq_err *err);
int tq_outcome_bytes(struct worker *w, struct job *j, struct tq_span v,
    struct tq_err *err);

/*
 * tq_outcome_output(w, j, fd, err): store the regular file ${fd} as the
 * output; above TQ_STORE_HERE that is done at the end of the slot.  Fails
 * with stage store.
 */
int tq_outcome_output(struct worker *w, struct job *j, int fd,
    struct tq_err *err);

/*
 * tq_outcome_output_file(..., declared, ...): by its name; a missing or empty
 * one is none, unless the handler has ${declared} it.
 */
int tq_outcome_output_file(struct worker *w, struct job *j, const char *path,
    bool declared, struct tq_err *err);

#endif

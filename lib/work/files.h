/* lib/work/files.h -- a slot's directory and the files of its task. */
#ifndef TQ_FILES_H
#define TQ_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

struct worker; struct slot; struct job; struct tq_err;

/* tq_files_init(w, s, err): make the directory; fails with stage exec. */
int tq_files_init(struct worker *w, struct slot *s, struct tq_err *err);
void tq_files_free(struct slot *s);

/*
 * tq_files_prepare(w, s, err): write TQ_PAYLOAD and TQ_INPUT; returns the
 * descriptor that is to be stdin, or -1 (stage fetch or exec).
 */
int tq_files_prepare(struct worker *w, struct slot *s, struct tq_err *err);

/* tq_files_fetch(w, s, err): TQ_INPUT alone, if the task has one; 0 or -1. */
int tq_files_fetch(struct worker *w, struct slot *s, struct tq_err *err);

/* tq_files_to_fetch(j): must a child fetch the input before the handler? */
bool tq_files_to_fetch(const struct job *j);

/*
 * tq_files_input(w, s, size, err): the task's input, to read from its start;
 * -1 with ${err} (stage fetch).
 */
int tq_files_input(struct worker *w, struct slot *s, int64_t *size,
    struct tq_err *err);

/* tq_files_new_input(s): an empty TQ_INPUT to write; -1 with errno. */
int tq_files_new_input(struct slot *s);

/*
 * tq_files_read(fd, max, a, out, err): all bytes of ${fd} from 0, at most
 * ${max}, into ${a}; fails with stage fetch.
 */
int tq_files_read(int fd, size_t max, struct tq_arena *a, struct tq_span *out,
    struct tq_err *err);

/* tq_files_clear(s): remove what the next task must not find. */
void tq_files_clear(struct slot *s);

/*
 * tq_files_env(w, s): the environment of a task's child beside the worker's,
 * in the job's arena; NULL ends.
 */
const char *const *tq_files_env(struct worker *w, struct slot *s);

#endif

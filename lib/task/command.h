/*
 * lib/task/command.h -- what stands beside argv: where and how a queued command
 * runs.  Pure.
 */
#ifndef TQ_TASK_COMMAND_H
#define TQ_TASK_COMMAND_H

#include "task/task.h"

/*
 * execve(2) takes 32 pages an argument (MAX_ARG_STRLEN), and in all, with a
 * pointer for each, a quarter of the stack's limit, at most 6 MiB: fs/exec.c.
 * Some of it is left for the worker's own environment.
 */
#define TQ_ARG_MAX	(128u * 1024 - 1)
#define TQ_ARGV_ROOM	(64u * 1024)
#define TQ_ARGV_MAX	(6u * 1024 * 1024 - TQ_ARGV_ROOM)

/*
 * tq_command_check(t, err): may some worker start it, has a task of type "exec"
 * one, and do cwd, umask and env stand beside a command only?  0, or -1 with stage parse: TQ_E_TOOBIG,
 * TQ_E_DATA.
 */
int tq_command_check(const struct tq_task *t, struct tq_err *err);

/*
 * tq_command_fits(t, max, err): can execve(2) take it, where that takes ${max}
 * bytes in all (sysconf(_SC_ARG_MAX))?  0, or -1 with stage parse, TQ_E_TOOBIG.
 */
int tq_command_fits(const struct tq_task *t, size_t max, struct tq_err *err);

/*
 * tq_command_env_ok(name, n): may the variable of ${n} bytes be given to a
 * command?  Not what tq sets itself (TQ_*), nor what the dynamic linker reads
 * (LD_*), nor what is no name.
 */
bool tq_command_env_ok(const char *name, size_t n);

/* tq_command_env_names(t, b): append ["NAME",...], without the values. */
void tq_command_env_names(const struct tq_task *t, struct tq_buf *b);

/*
 * tq_command_environ(t, a): "NAME=VALUE" of each, NULL at the end, in ${a};
 * *${n} of them.
 */
const char **tq_command_environ(const struct tq_task *t, struct tq_arena *a,
    size_t *n);

/* tq_command_umask(t): as umask(2) takes it; -1: the worker's. */
int tq_command_umask(const struct tq_task *t);

#endif

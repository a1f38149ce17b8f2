/* lib/cli/asked.h -- options that say what is asked of a task. */
#ifndef TQ_CLI_ASKED_H
#define TQ_CLI_ASKED_H

#include "cli/cli.h"
#include "task/task.h"

/*
 * Each reads an option's text into ${t}, strings in cli->arena.  0, or exit
 * status 2 (said): tq-submit and tq-ctl edit take the same words.
 */

/* --backoff BASE[,CAP]; a base of 0 means at once. */
int tq_cli_backoff(struct tq_cli *cli, const char *text, struct tq_task *t);

/* --expires D|TIME, which must be to come, and behind t->not_before. */
int tq_cli_expires(struct tq_cli *cli, const char *text, int64_t now,
    struct tq_task *t);

/* --label K=V..., each key once. */
int tq_cli_labels(struct tq_cli *cli, const struct tq_strs *l,
    struct tq_task *t);

#endif

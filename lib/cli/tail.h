/* lib/cli/tail.h -- what a task wrote to stdout, from where one stopped. */
#ifndef TQ_TAIL_H
#define TQ_TAIL_H

#include "cli/cli.h"

struct tq_tail {
	int	 attempt;	/* whose output was given last */
	int64_t	 at;		/* bytes of it that were given */
};

/* Takes a piece; -1 with cli->err filled ends it. */
typedef int tq_tail_fn(void *arg, struct tq_span piece);

/*
 * tq_tail_more(cli, st, t, tail, put, arg):
 * Give ${put} what the task ${t} has written since: of a queued command that
 * runs or failed what is kept of its stdout, of a completed task its result, or
 * else its output.  Begins anew with another attempt.  -1 with cli->err.
 */
int tq_tail_more(struct tq_cli *cli, struct tq_store *st,
    const struct tq_task *t, struct tq_tail *tail, tq_tail_fn *put,
    void *arg);

#endif

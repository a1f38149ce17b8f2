/* cmd/tq-work/lambda.h -- tq-work as a Lambda function: --lambda. */
#ifndef TQ_WORK_LAMBDA_H
#define TQ_WORK_LAMBDA_H

#include "cli/cli.h"
#include "lambda/module.h"
#include "work/work.h"

/* What the function does with messages: run the tasks, or tell of dead ones. */
enum does { DOES_WORK, DOES_TELL_DEAD };

/* An invocation, in memory that is shared with the process that handles it. */
struct invocation {
	const struct tq_lambda_call *c;
	const struct tq_work_opts *o;
	struct tq_cli	*cli;
	struct tq_work_call call;
	struct tq_err	 err;		/* out: why it failed */
};

/*
 * lambda_args(argc, argv, err):
 * With --lambda among the arguments, those of TQ_WORK_ARGS, read as a shell
 * would, are added behind them.  -1: they can't be read.
 */
int lambda_args(int *argc, char ***argv, struct tq_err *err);

/*
 * lambda_run(cli, o, does): be the function until Lambda is gone.  An exit
 * status, or -1 with cli->err.
 */
int lambda_run(struct tq_cli *cli, const struct tq_work_opts *o,
    enum does does);

/*
 * What runs in a process of its own, for an invocation, ${arg}: 0, or 1 with its err.
 * lambda_work(arg): run the tasks of its messages.
 * lambda_sweep(arg): sweep, and print how much is runnable.
 * lambda_dead(arg): log each dead task that a message of the DLQ names.
 */
int lambda_work(void *arg);
int lambda_sweep(void *arg);
int lambda_dead(void *arg);

#endif

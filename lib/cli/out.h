/* lib/cli/out.h -- writing stdout; inside lib/cli only. */
#ifndef TQ_OUT_H
#define TQ_OUT_H

struct tq_cli;

/* tq_out_write(cli): tq_cli_flush() that a signal before it does not stop. */
int tq_out_write(struct tq_cli *cli);

#endif

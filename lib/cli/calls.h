/* lib/cli/calls.h -- what a tool asked of AWS, for -v; inside lib/cli. */
#ifndef TQ_CLI_CALLS_H
#define TQ_CLI_CALLS_H

struct tq_cli;

/* tq_calls_start(cli): set cli->env to one that counts; nothing yet. */
void tq_calls_start(struct tq_cli *cli);

/*
 * tq_calls_say(cli): with -v, one line on stderr of how often each kind of
 * call was made by all threads; none where none was made; and one of what they
 * cost, as far as they said it.  (With -vv each
 * call had its line when it ended: what, status, time.)
 */
void tq_calls_say(struct tq_cli *cli);

#endif

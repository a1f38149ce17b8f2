/* lib/cli/many.h -- one verb over many tasks asks first. */
#ifndef TQ_CLI_MANY_H
#define TQ_CLI_MANY_H

#include "cli/cli.h"

#define TQ_CLI_UNASKED	100	/* tasks of a filter that need no question */

/*
 * tq_cli_many(cli, verb, n, what):
 * May ${verb} be done to the ${n} tasks ${what}?  Asks at a terminal; where
 * there is none, it would have to be said by --yes.  0, or the exit status: 1
 * for a no, 2 without an answer; both said.
 */
int tq_cli_many(struct tq_cli *cli, const char *verb, uint64_t n,
    const char *what);

#endif

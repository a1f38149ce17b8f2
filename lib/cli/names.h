/* lib/cli/names.h -- what --help=queues, types and ids print, for completion;
   inside lib/cli only. */
#ifndef TQ_NAMES_H
#define TQ_NAMES_H

#include "cli/cli.h"

/* tq_cli_asks_names(how): is this value of --help one of those? */
bool tq_cli_asks_names(const char *how);

/*
 * tq_cli_print_names(cli, how):
 * The queues or types that the store has, or the ids of its 50 newest tasks in
 * the states of tool->ids, each with a tab, its state and type behind; a line
 * each.  What is no legal name is passed over: a shell may expand it.
 * Nothing of an aws: store, as whoever presses the tabulator key does not mean
 * to pay for requests.  0, or -1 with cli->err as tq_store_open() and
 * tq_store_count().
 */
int tq_cli_print_names(struct tq_cli *cli, const char *how);

#endif

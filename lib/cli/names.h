/* lib/cli/names.h -- what --help=queues and --help=types print; inside lib/cli
   only. */
#ifndef TQ_NAMES_H
#define TQ_NAMES_H

#include "cli/cli.h"

/* tq_cli_asks_names(how): is this value of --help one of those two? */
bool tq_cli_asks_names(const char *how);

/*
 * tq_cli_print_names(cli, how):
 * The names that the store has, a line each, for completion: nothing of an
 * aws: store, as whoever presses the tabulator key does not mean to pay for
 * requests.  0, or -1 with cli->err as tq_store_open() and tq_store_count().
 */
int tq_cli_print_names(struct tq_cli *cli, const char *how);

#endif

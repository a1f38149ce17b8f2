/* lib/cli/tree.h -- a task and all that wait for it. */
#ifndef TQ_CLI_TREE_H
#define TQ_CLI_TREE_H

#include "cli/cli.h"

/*
 * tq_cli_tree(cli, st, root, a, out, n):
 * ${root} and all tasks that were submitted after it, or after one of those,
 * each once, the near before the far; in ${a}.  0, or -1 with cli->err.
 */
int tq_cli_tree(struct tq_cli *cli, struct tq_store *st, const char *root,
    struct tq_arena *a, const char ***out, size_t *n);

#endif

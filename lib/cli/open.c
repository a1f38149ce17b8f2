/* lib/cli/open.c -- the store that the tool works on. */
#include "cli/cli.h"

int
tq_cli_open(struct tq_cli *cli, enum tq_open how, struct tq_store **st)
{
	return tq_store_open(cli->store_url, cli->env, how, st, &cli->err);
}

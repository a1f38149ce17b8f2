/* lib/cli/open.c -- the store that the tool works on. */
#include "cli/cli.h"

int
tq_cli_open(struct tq_cli *cli, enum tq_open how, struct tq_store **st)
{
	if (tq_store_open(cli->store_url, cli->env, how, st, &cli->err) == -1)
		return -1;
	if (tq_store_note(*st) != NULL)
		tq_cli_note(cli, "%s", tq_store_note(*st));
	return 0;
}

int
tq_cli_queue(struct tq_cli *cli, struct tq_store *st, const char *queue)
{
	struct tq_err err = TQ_ERR_INIT;

	if (tq_store_queue(st, queue, &err) == 0 || err.code != TQ_E_NOQUEUE)
		return 0;
	cli->err = err;
	return -1;
}

void
tq_cli_no_tasks(struct tq_cli *cli, const char *queue)
{
	tq_cli_note(cli, "queue %s has no tasks yet", queue);
}

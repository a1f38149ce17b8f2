/* lib/cli/operands.c -- subcommands and other single operands. */
#include "cli/cli.h"
#include "util/near.h"

#include <string.h>

const char *
tq_cli_take(struct tq_cli *cli)
{
	if (cli->argc == 0)
		return NULL;
	cli->argc--;
	return *cli->argv++;
}

int
tq_cli_command(struct tq_cli *cli, const char *const *names)
{
	const char *word = tq_cli_take(cli);
	struct tq_buf all = TQ_BUF_INIT(1024);
	struct tq_near near;
	int i;

	tq_near_start(&near, word, word == NULL ? 0 : strlen(word));
	for (i = 0; names[i] != NULL; i++) {
		if (word != NULL && strcmp(word, names[i]) == 0) {
			tq_buf_free(&all);
			return i;
		}
		if (word != NULL)
			tq_near_try(&near, names[i]);
		tq_buf_fmt(&all, "%s%s", i > 0 ? ", " : "", names[i]);
	}
	if (word == NULL)
		tq_cli_usage(cli, "a command is missing: %s", all.data);
	else if (near.best != NULL)
		tq_cli_usage(cli, "unknown command \"%s\" (did you mean %s?)",
		    word, near.best);
	else
		tq_cli_usage(cli, "unknown command \"%s\"; there are %s", word,
		    all.data);
	tq_buf_free(&all);
	return -1;
}

/* lib/cli/given.c -- which options were given; see cli.h. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

bool
tq_cli_given(const struct tq_cli *cli, const char *name)
{
	size_t i;

	for (i = 0; i < cli->tool->nopts; i++)
		if (cli->given[i] && strcmp(cli->tool->opts[i].name, name) == 0)
			return true;
	return false;
}

const char *
tq_cli_untaken(const struct tq_cli *cli, const char *takes)
{
	char word[40];
	size_t i;

	for (i = 0; i < cli->tool->nopts; i++) {
		snprintf(word, sizeof(word), " %s ", cli->tool->opts[i].name);
		if (cli->given[i] && strstr(takes, word) == NULL)
			return cli->tool->opts[i].name;
	}
	return NULL;
}

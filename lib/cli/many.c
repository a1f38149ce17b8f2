/* lib/cli/many.c -- see many.h. */
#include "cli/many.h"

int
tq_cli_many(struct tq_cli *cli, const char *verb, uint64_t n,
    const char *what)
{
	int yes = tq_cli_confirm(cli, tq_arena_fmt(&cli->arena, "%s %s?",
	    verb, what));

	if (yes == -1)
		return tq_cli_usage(cli, "%s of %llu tasks needs --yes when "
		    "there is no terminal to ask on (-n shows them)", verb,
		    (unsigned long long)n);
	if (yes == 0)
		tq_cli_note(cli, "nothing done");
	return yes == 0 ? TQ_EX_NO : TQ_EX_OK;
}

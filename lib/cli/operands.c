/* lib/cli/operands.c -- subcommands and other single operands. */
#include "cli/cli.h"

#include <string.h>

#include "util/json.h"
#include "util/limits.h"
#include "util/near.h"
#include "util/str.h"

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

static int
put_argv(struct tq_cli *cli, int first, struct tq_buf *b)
{
	int i;

	for (i = first; i < cli->argc; i++) {
		if (!tq_utf8_valid(tq_span_of(cli->argv[i])))
			return tq_err_set(&cli->err, TQ_AT_INPUT, TQ_E_DATA,
			    "argument %d of the command: not UTF-8", i - first);
		tq_buf_chr(b, i == first ? '[' : ',');
		tq_json_put_str(b, tq_span_of(cli->argv[i]));
	}
	tq_buf_chr(b, ']');
	return !b->failed ? 0 : tq_buf_why(b, &cli->err, TQ_AT_INPUT,
	    "the command is too long");
}

int
tq_cli_argv(struct tq_cli *cli, int first, struct tq_arena *a,
    struct tq_span *out)
{
	struct tq_buf b = TQ_BUF_INIT(TQ_PAYLOAD_MAX);
	int rc;

	if ((rc = put_argv(cli, first, &b)) == 0)
		*out = tq_arena_span(a, tq_buf_span(&b));
	tq_buf_free(&b);
	return rc;
}

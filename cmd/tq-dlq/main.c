/*
 * tq-dlq -- look at, repair and re-run dead tasks.
 *
 * A task is dead (FAILED) when its attempts are used up or its error was
 * permanent.  It stays until it is redriven, purged, or its time is over.
 */
#include <signal.h>

#include "dlq.h"

static const struct tq_opt options[] = {
	TQ_ROW("queue", 'q', STR, "Q", queue,
	    "of this queue (default: all); goes with a filter or --all"),
	TQ_ROW("type", 't', STR, "TYPE", type, "filter: only of this type"),
	TQ_ROW("error", 'e', STR, "TEXT", error,
	    "filter: only with this text in the reason or stage"),
	TQ_ROW("since", 0, STR, "D|TIME", since,
	    "filter: only those that died since"),
	TQ_ROW("until", 0, STR, "D|TIME", until,
	    "filter: only those that died before"),
	TQ_ROW("label", 'l', STR, "K=V", label, "filter: with this label"),
	TQ_ROW("group", 0, STR, "NAME", group, "filter: of this tenant"),
	TQ_ROW("status", 0, LIST, "S", statuses,
	    "filter of redrive: FAILED (the default), CANCELLED"),
	TQ_ROW("all", 'a', FLAG, NULL, all, "all dead tasks"),
	TQ_ROW("drained", 0, FLAG, NULL, drained, "those marked as drained"),
	TQ_ROW("foreign", 0, FLAG, NULL, foreign,
	    "list: the messages that are not tq's (aws:)"),
	TQ_ROW_IN("max", 'm', INT, "N", max, 1, INT64_MAX,
	    "stop after so many"),
	TQ_ROW_IN("limit", 0, INT, "N", limit, 1, INT64_MAX, "print so many"),
	TQ_ROW("rate", 0, STR, "N/s", rate, "at most so many a second"),
	TQ_ROW("dry-run", 'n', FLAG, NULL, dry_run,
	    "print what would be done, change nothing"),
	TQ_ROW("yes", 'y', FLAG, NULL, yes, "do not ask"),
	TQ_ROW("output", 'o', STR, "FILE", out,
	    "drain: append to FILE, then remove the tasks"),
	TQ_ROW("exec", 0, STR, "CMD", exec,
	    "drain: run CMD for each, remove it if that exits 0"),
	TQ_ROW("follow", 'f', FLAG, NULL, follow, "drain: go on as tasks die"),
	TQ_ROW("redrive", 0, FLAG, NULL, redrive, "edit: run it again with it"),
	TQ_ROW("tree", 0, FLAG, NULL, tree,
	    "redrive: those that waited for them too; purge: though others "
	    "wait"),
};

static const char *const synopsis[] = {
	"list [filter] [--drained] [--limit N] [ID... | -]",
	"list --foreign [-q Q] [--limit N]",
	"top [filter] [--limit N]",
	"show ID...",
	"redrive {ID... | - | filter | --all} [--max N] [--rate N/s] [--tree]",
	"edit ID [JSON | @FILE | -] [--redrive]",
	"edit [--redrive] ID -- CMD [ARG...]",
	"drain {ID... | - | filter | --all} [-o FILE | --exec CMD] [--follow]",
	"undrain {ID... | - | filter | --all}",
	"purge {ID... | - | filter | --all} [--tree]",
	"follow [filter]",
	NULL,
};

static const struct tq_tool tool = {
	.name = "tq-dlq",
	.summary = "look at, repair and re-run dead tasks",
	.synopsis = synopsis,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.ids = TQ_BIT(TQ_FAILED) | TQ_BIT(TQ_CANCELLED),
	.effects = true,
};

#define DEAD		TQ_BIT(TQ_FAILED)
#define ANY		(~0u)
#define SELECTS		(TAKES_FILTER | TAKES_ALL | TAKES_MAX)

static const struct command commands[] = {
	{ "list", dlq_list, TAKES_FILTER | TAKES_ALL | TAKES_DRAINED |
	    TAKES_LIMIT | TAKES_FOREIGN, false, false, DEAD },
	{ "top", dlq_top, TAKES_FILTER | TAKES_ALL | TAKES_DRAINED |
	    TAKES_LIMIT, false, false, DEAD },
	{ "show", dlq_show, 0, false, false, ANY },
	{ "redrive", dlq_redrive, SELECTS | TAKES_RATE | TAKES_DRY |
	    TAKES_YES | TAKES_DRAINED | TAKES_TREE | TAKES_STATUS, true, true,
	    DEAD | TQ_BIT(TQ_CANCELLED) },
	{ "edit", dlq_edit, TAKES_REDRIVE | TAKES_DRY, false, true, DEAD },
	{ "drain", dlq_drain, SELECTS | TAKES_RATE | TAKES_DRAIN |
	    TAKES_DRY, true, true, DEAD },
	{ "undrain", dlq_undrain, SELECTS | TAKES_RATE | TAKES_DRY, true,
	    true, DEAD },
	{ "purge", dlq_purge, SELECTS | TAKES_RATE | TAKES_DRY | TAKES_YES |
	    TAKES_DRAINED | TAKES_TREE, true, true, DEAD },
	{ "follow", dlq_follow, TAKES_FILTER, false, false, DEAD },
};

#define NCOMMANDS	(sizeof(commands) / sizeof(commands[0]))

static const struct command *
take_command(struct tq_cli *cli)
{
	const char *names[NCOMMANDS + 1] = { NULL };
	size_t i;
	int at;

	for (i = 0; i < NCOMMANDS; i++)
		names[i] = commands[i].name;
	at = tq_cli_command(cli, names);
	return at == -1 ? NULL : &commands[at];
}

/* No option may be without effect: it would be believed. */
static int
check_options(struct tq_cli *cli, const struct opts *o,
    const struct command *c)
{
	const struct given {
		const char	*name;
		bool		 given;
		unsigned	 bit;
	} rows[] = {
		{ "type", o->type != NULL, TAKES_FILTER },
		{ "error", o->error != NULL, TAKES_FILTER },
		{ "since", o->since != NULL, TAKES_FILTER },
		{ "until", o->until != NULL, TAKES_FILTER },
		{ "label", o->label != NULL, TAKES_FILTER },
		{ "group", o->group != NULL, TAKES_FILTER },
		{ "status", o->statuses.n > 0, TAKES_STATUS },
		{ "all", o->all, TAKES_ALL },
		{ "drained", o->drained, TAKES_DRAINED },
		{ "foreign", o->foreign, TAKES_FOREIGN },
		{ "max", o->max != 0, TAKES_MAX },
		{ "limit", o->limit != 0, TAKES_LIMIT },
		{ "rate", o->rate != NULL, TAKES_RATE },
		{ "dry-run", o->dry_run, TAKES_DRY },
		{ "yes", o->yes, TAKES_YES },
		{ "output", o->out != NULL, TAKES_DRAIN },
		{ "exec", o->exec != NULL, TAKES_DRAIN },
		{ "follow", o->follow, TAKES_DRAIN },
		{ "redrive", o->redrive, TAKES_REDRIVE },
		{ "tree", o->tree, TAKES_TREE },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].given && (c->takes & rows[i].bit) == 0)
			return tq_cli_usage(cli, "%s takes no --%s", c->name,
			    rows[i].name);
	return TQ_EX_OK;
}

/* Ids, or a filter, or --all: exactly one of them, where one is needed. */
static int
check_selection(struct tq_cli *cli, const struct opts *o,
    const struct command *c)
{
	bool filter = dlq_filtered(o);
	int kinds = (cli->argc > 0) + filter + o->all;

	if (c->run == dlq_edit || c->run == dlq_show)
		return cli->argc > 0 ? TQ_EX_OK :
		    tq_cli_usage(cli, "%s which task?", c->name);
	if (cli->argc > 0 && (c->run == dlq_top || c->run == dlq_follow))
		return tq_cli_usage(cli, "%s takes no ids", c->name);
	if (o->foreign && (kinds > 0 || o->drained))
		return tq_cli_usage(cli, "--foreign is about messages: it "
		    "takes --queue and --limit alone");
	if (kinds > 1)
		return tq_cli_usage(cli, "%s: ids, filters and --all exclude "
		    "each other", c->name);
	if (kinds == 0 && c->must_select && o->queue != NULL)
		return tq_cli_usage(cli, "%s which tasks of queue %s?  Add "
		    "--all, or a filter: --type, --label, --group, --error, "
		    "--since, --until", c->name,
		    o->queue);
	if (kinds == 0 && c->must_select)
		return tq_cli_usage(cli, "%s which tasks?  Name ids (- reads "
		    "them from stdin), or use --all, or a filter: --type, "
		    "--label, --group, --error, --since, --until", c->name);
	return TQ_EX_OK;
}

static int
run(struct tq_cli *cli, const struct opts *o)
{
	struct dlq d = { .cli = cli, .o = o };
	int rc;

	if ((d.cmd = take_command(cli)) == NULL)
		return TQ_EX_USAGE;
	if ((rc = check_options(cli, o, d.cmd)) != 0 ||
	    (rc = check_selection(cli, o, d.cmd)) != 0 ||
	    (rc = dlq_filter(&d)) != 0 || (rc = dlq_rate(&d)) != 0)
		return rc;
	if (!d.cmd->writes)
		signal(SIGPIPE, SIG_DFL);
	rc = tq_cli_open(cli, d.cmd->writes ? TQ_OPEN_WRITE : TQ_OPEN_READ,
	    &d.st);
	if (rc == 0)
		rc = o->foreign ? dlq_foreign(&d) : d.cmd->run(&d);
	/* An interrupt is no news to the user; the number of changes is. */
	if (rc == -1 && cli->err.code == TQ_E_INTR && !d.cmd->writes)
		rc = TQ_EX_INTR;
	tq_store_close(d.st);
	return rc;
}

int
main(int argc, char **argv)
{
	struct opts o = { 0 };
	struct tq_cli cli;
	int rc;

	if ((rc = tq_cli_start(&cli, &tool, &o, argc, argv)) != TQ_CLI_GO)
		return rc;
	return tq_cli_finish(&cli, run(&cli, &o));
}

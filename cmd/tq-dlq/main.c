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
	TQ_ROW("label", 0, STR, "K=V", label, "filter: with this label"),
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
#define FILTER		" queue type error since until label group "
#define SELECTS		FILTER "all max rate dry-run "

static const struct command commands[] = {
	{ "list", dlq_list, FILTER "all drained limit foreign ", false, false,
	    DEAD },
	{ "top", dlq_top, FILTER "all drained limit ", false, false, DEAD },
	{ "show", dlq_show, " ", false, false, ANY },
	{ "redrive", dlq_redrive, SELECTS "yes drained tree status ", true,
	    true, DEAD | TQ_BIT(TQ_CANCELLED) },
	{ "edit", dlq_edit, " redrive dry-run ", false, true, DEAD },
	{ "drain", dlq_drain, SELECTS "output exec follow ", true, true, DEAD },
	{ "undrain", dlq_undrain, SELECTS "yes ", true, true, DEAD },
	{ "purge", dlq_purge, SELECTS "yes drained tree ", true, true, DEAD },
	{ "follow", dlq_follow, FILTER, false, false, DEAD },
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
	if (cli->argc > 0 && (o->drained || tq_cli_given(cli, "queue")))
		return tq_cli_usage(cli, "%s: ids are looked up in all queues, "
		    "drained or not: no --%s beside them", c->name,
		    o->drained ? "drained" : "queue");
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
	const char *other;
	int rc;

	if ((d.cmd = take_command(cli)) == NULL)
		return TQ_EX_USAGE;
	if ((other = tq_cli_untaken(cli, d.cmd->takes)) != NULL)
		return tq_cli_usage(cli, "%s takes no --%s", d.cmd->name,
		    other);
	if ((rc = check_selection(cli, o, d.cmd)) != 0 ||
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

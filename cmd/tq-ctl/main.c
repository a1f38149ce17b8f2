/*
 * cmd/tq-ctl/main.c -- tq-ctl: set up, doctor, cancel, pause, sweep.
 *
 * One subcommand per run; each subject is a file of its own.
 */
#include "ctl.h"

static const struct tq_opt options[] = {
	TQ_ROW("queue", 'q', LIST, "Q", queues,
	    "init: make this queue too (repeatable); cancel, purge, mv: of this "
	    "queue; sweep --emf: of these"),
	TQ_ROW("migrate", 0, FLAG, NULL, migrate,
	    "init: also change a store of an older version"),
	TQ_ROW("shared", 0, STR, "GROUP", shared,
	    "init: let this group use the store too; all its files"),
	TQ_ROW_IN("shards", 0, INT, "N", shards, 1, 16,
	    "init: spread the queues' index over so many partitions (aws)"),
	TQ_ROW_IN("rate", 0, INT, "N", rate, 1, 100000,
	    "init: let table and index take N tasks a second at once (aws)"),
	TQ_ROW("dry-run", 'n', FLAG, NULL, dry_run,
	    "init, cancel, purge, mv: print what would be done"),
	TQ_ROW("print-policy", 0, OPTSTR, "ROLE", policy,
	    "init: print the IAM policy of submitter, worker or operator"),
	TQ_ROW("print-template", 0, FLAG, NULL, template,
	    "init: print a CloudFormation template of the store"),
	TQ_ROW("type", 0, STR, "T", type, "cancel, purge, mv: of this type"),
	TQ_ROW("status", 0, LIST, "S", statuses,
	    "cancel, purge, mv: in this state (repeatable); without it what "
	    "waits, for purge what has ended"),
	TQ_ROW("error", 0, STR, "TEXT", error,
	    "cancel, purge, mv: whose error contains this"),
	TQ_ROW("since", 0, STR, "D|TIME", since,
	    "cancel, purge, mv: changed since then"),
	TQ_ROW("until", 0, STR, "D|TIME", until,
	    "cancel, purge, mv: changed before then"),
	TQ_ROW("all", 0, FLAG, NULL, all,
	    "cancel: all that wait; purge: all that have ended"),
	TQ_ROW("yes", 0, FLAG, NULL, yes,
	    "cancel, purge: don't ask, however many"),
	TQ_ROW_IN("for", 0, DURATION, "D", for_ms, 1, 0,
	    "pause: resume by itself then"),
	TQ_ROW("why", 0, STR, "TEXT", why,
	    "pause: the reason, shown by tq-status"),
	TQ_ROW("copy", 0, FLAG, NULL, copy,
	    "mv: copy what has ended, and leave it where it is"),
	TQ_ROW("tree", 0, FLAG, NULL, tree,
	    "cancel: all that wait for them too; purge: though others wait"),
	TQ_ROW("emf", 0, FLAG, NULL, emf,
	    "sweep: print how much is runnable, as CloudWatch metrics"),
	TQ_ROW("force", 0, FLAG, NULL, force,
	    "sweep: even if another process does it"),
	TQ_ROW_IN("prio", 0, INT, "N", prio, 0, 9,
	    "edit: 0 to 9, 9 runs first"),
	TQ_ROW_IN("delay", 0, DURATION, "D", delay, 0, 0,
	    "edit: not before this much later; 0: at once"),
	TQ_ROW("at", 0, TIME, "TIME", at, "edit: not before this time"),
	TQ_ROW("expires", 0, STR, "D|TIME", expires,
	    "edit: not to be started after this"),
	TQ_ROW_IN("timeout", 0, DURATION, "D", timeout, 1, 0,
	    "edit: an attempt may take this long"),
	TQ_ROW_IN("max-attempts", 0, INT, "N", max_attempts, 1, 1000,
	    "edit: dead after so many attempts"),
	TQ_ROW("backoff", 0, STR, "BASE[,CAP]", backoff,
	    "edit: wait between attempts, doubling"),
	TQ_ROW_IN("keep", 0, DURATION, "D", keep, TQ_KEEP_MIN_MS, 0,
	    "edit: keep it so long once it has ended"),
	TQ_ROW("label", 0, LIST, "K=V", labels,
	    "edit: its labels, instead of those before (repeatable); "
	    "cancel, purge, mv: with this label"),
	TQ_ROW("payload", 0, STR, "JSON|@FILE|-", payload,
	    "edit: another payload, of one task"),
	TQ_ROW("group", 0, STR, "NAME", group,
	    "edit: the tenant it belongs to; cancel, purge, mv: of this one"),
};

static const char *const synopsis[] = {
	"init [-q Q]... [--migrate] [--shared GROUP] [--shards N] [--rate N] "
	"[--dry-run]",
	"init --print-policy[=ROLE] [-q Q]...",
	"init --print-template [-q Q]... [--rate N]",
	"doctor",
	"cancel [--tree] ID... | -",
	"cancel [-q Q] [--type T] [--status S] [--label K=V] [--group G] "
	"[--error TEXT] "
	"[--since T] [--until T] [--all] [-n] [--yes]",
	"purge [--tree] ID... | -",
	"purge [-q Q] [--type T] [--status S] [--label K=V] [--group G] "
	"[--error TEXT] "
	"[--since T] [--until T] [--all] [-n] [--yes]",
	"edit [options] ID... | -",
	"edit [options] ID -- CMD [ARG...]",
	"hold ID... | -",
	"unhold ID... | -",
	"pause Q [--for D] [--why TEXT]",
	"resume Q",
	"limit Q [TYPE=N...]",
	"rate Q [N/s]",
	"sweep [--force] [--emf] [-q Q]...",
	"mv FROM TO [-q Q] [--type T] [--status S] [--label K=V] [--group G] "
	"[--error TEXT] [--since T] [--until T] [--copy] [-n]",
	"backup FILE | -",
	"restore FILE | -",
	NULL
};

static const struct tq_tool tool = {
	.name = "tq-ctl",
	.summary = "set up, look after and control queues",
	.synopsis = synopsis,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.ids = TQ_WAITING | TQ_BIT(TQ_RUNNING) | TQ_BIT(TQ_BLOCKED),
	.effects = true,
};

static const struct command {
	const char	*name;
	int		(*run)(struct tq_cli *cli, struct opts *o);
	int		 min, max;	/* operands; max -1: any number */
	const char	*operands;
	const char	*takes;		/* options, each between blanks */
} commands[] = {
	{ "init", ctl_init, 0, 0, "no operand", " queue migrate shared shards "
	    "rate dry-run "
	    "print-policy print-template " },
	{ "doctor", ctl_doctor, 0, 0, "no operand", " " },
	{ "cancel", ctl_cancel, 0, -1, "task ids or a filter",
	    " queue type status label group error since until all yes "
	    "dry-run "
	    "tree " },
	{ "purge", ctl_purge, 0, -1, "task ids or a filter",
	    " queue type status label group error since until all yes "
	    "dry-run tree " },
	{ "edit", ctl_edit, 1, -1, "task ids, or - to read them from stdin",
	    " prio delay at expires timeout max-attempts backoff keep label "
	    "group payload " },
	{ "hold", ctl_hold, 1, -1, "task ids, or - to read them from stdin",
	    " " },
	{ "unhold", ctl_unhold, 1, -1, "task ids, or - to read them from "
	    "stdin", " " },
	{ "pause", ctl_pause, 1, 1, "one queue", " for why " },
	{ "resume", ctl_resume, 1, 1, "one queue", " " },
	{ "limit", ctl_limit, 1, -1, "a queue, and TYPE=N to set: N tasks of "
	    "TYPE at once (0: no limit)", " " },
	{ "rate", ctl_rate, 1, 2, "a queue, and a rate of starts to set, "
	    "such as 5/s (0: no limit)", " " },
	{ "sweep", ctl_sweep, 0, 0, "no operand", " force emf queue " },
	{ "mv", ctl_mv, 2, 2, "two stores, such as sqlite:PATH aws:NAME",
	    " queue type status label group error since until copy dry-run " },
	{ "backup", ctl_backup, 1, 1, "a file to write, or - for stdout",
	    " " },
	{ "restore", ctl_restore, 1, 1, "a file to read, or - for stdin",
	    " " },
};

#define NCOMMANDS	((int)(sizeof(commands) / sizeof(commands[0])))

static int
run(struct tq_cli *cli, struct opts *o)
{
	const char *names[NCOMMANDS + 1] = { NULL };
	const struct command *c;
	const char *other;
	int i;

	for (i = 0; i < NCOMMANDS; i++)
		names[i] = commands[i].name;
	if ((i = tq_cli_command(cli, names)) == -1)
		return TQ_EX_USAGE;
	c = &commands[i];
	if (cli->argc < c->min || (c->max != -1 && cli->argc > c->max))
		return tq_cli_usage(cli, "%s takes %s", c->name,
		    c->operands);
	if ((other = tq_cli_untaken(cli, c->takes)) != NULL)
		return tq_cli_usage(cli, "%s takes no --%s", c->name, other);
	return c->run(cli, o);
}

int
main(int argc, char **argv)
{
	struct opts o = { .for_ms = -1, .shards = -1, .rate = -1, .prio = -1,
	    .timeout = -1,
	    .max_attempts = -1, .keep = -1, .delay = -1, .at = -1 };
	struct tq_cli cli;
	int rc;

	if ((rc = tq_cli_start(&cli, &tool, &o, argc, argv)) != TQ_CLI_GO)
		return rc;
	return tq_cli_finish(&cli, run(&cli, &o));
}

/*
 * cmd/tq-status/main.c -- tq-status: see, wait for, fetch results.
 *
 * One mode per run; each mode is a file of its own.
 */
#include "status.h"

static const struct tq_opt options[] = {
	TQ_ROW("list", 'l', FLAG, NULL, list,
	    "list tasks instead of naming them"),
	TQ_ROW("summary", 's', FLAG, NULL, summary,
	    "count tasks by queue and type"),
	TQ_ROW("follow", 'f', FLAG, NULL, follow,
	    "print each change as it happens; with --log: go on until it "
	    "ends"),
	TQ_ROW("watch", 'w', FLAG, NULL, watch, "a console for a terminal: queues, tasks, rates, logs"),
	TQ_ROW("why", 0, FLAG, NULL, why, "say why a task is not running"),
	TQ_ROW("check", 0, FLAG, NULL, check,
	    "a check for monitoring: exit 0 to 3 as Nagios does"),
	TQ_ROW("log", 0, OPTSTR, "stderr|stdout|both", log,
	    "print what its handler wrote (default: to stderr)"),
	TQ_ROW_IN("attempt", 0, INT, "N", attempt, 1, 1000000,
	    "with --log: of this attempt"),
	TQ_ROW("history", 0, FLAG, NULL, history,
	    "print how its last attempts ended"),
	TQ_ROW("wait", 0, FLAG, NULL, wait,
	    "wait for tasks to end and print how each did"),
	TQ_ROW("result", 'r', FLAG, NULL, result, "print the stored result"),
	TQ_ROW("status", 'S', LIST, "S", statuses,
	    "only tasks in these states (may be a,b; repeatable)"),
	TQ_ROW("type", 't', STR, "TYPE", type, "only tasks of this type"),
	TQ_ROW("label", 0, STR, "K=V", label, "only tasks with this label"),
	TQ_ROW("since", 0, STR, "TIME", since,
	    "only tasks changed since then (a time, or 2h ago as 2h)"),
	TQ_ROW("until", 0, STR, "TIME", until,
	    "only tasks changed before then"),
	TQ_ROW("group", 0, STR, "NAME", group, "only tasks of this tenant"),
	TQ_ROW("error", 0, STR, "TEXT", error,
	    "only tasks whose failure has this in it"),
	TQ_ROW_IN("limit", 'n', INT, "N", limit, 1, INT64_MAX,
	    "list at most this many"),
	TQ_ROW("newest", 0, FLAG, NULL, newest, "list the newest first"),
	TQ_ROW("queue", 'q', STR, "Q", queue, "only tasks of this queue"),
	TQ_ROW("columns", 'c', STR, "A,B", columns, "print these columns"),
	TQ_ROW("any", 0, FLAG, NULL, any, "wait for the first to end"),
	TQ_ROW_IN("timeout", 0, DURATION, "D", timeout_ms, 0, 0,
	    "wait no longer; exit 3"),
	TQ_ROW("allow-empty", 0, FLAG, NULL, allow_empty,
	    "waiting for no task at all is no failure"),
	TQ_ROW("output", 'o', STR, "FILE", output,
	    "write the result to FILE, whole or not at all"),
	TQ_ROW("dir", 0, STR, "DIR", dir,
	    "write the results of all to files ID-NAME of DIR"),
	TQ_ROW("url", 0, FLAG, NULL, url,
	    "print where the output can be fetched"),
	TQ_ROW("max-age", 0, DURATION, "D", max_age_ms,
	    "check: how long a due task may wait (default 15m)"),
	TQ_ROW_IN("max-dead", 0, INT, "N", max_dead, 0, INT64_MAX,
	    "check: how many dead tasks are fine (default 0)"),
};

static const char *const synopsis[] = {
	"[--columns A,B] ID... | -",
	"--list [--status S] [--type T] [--label K=V] [--group G] [--since T] "
	"[--until T] [--limit N]",
	"--summary [-q Q]",
	"--follow [-q Q] [--status S] [--type T] [--label K=V] [--group G] "
	"[--error TEXT]",
	"--watch [-q Q] [--type T]",
	"--why ID... | -",
	"--check [--max-age D] [--max-dead N]",
	"--log[=stderr|stdout|both] [-f | --attempt N] ID",
	"--history ID",
	"--wait [--any] [--timeout D] [--allow-empty] ID... | -",
	"--result [-o FILE | --url] ID",
	"--result --dir DIR ID... | -",
	NULL
};

static const struct tq_tool tool = {
	.name = "tq-status",
	.summary = "see, wait for, and fetch the results of tasks",
	.synopsis = synopsis,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
};

enum ids { NO_IDS, WANTS_IDS };

/* The order decides which mode owns a run: --log before its -f. */
static const struct mode {
	const char	*name;
	enum ids	 ids;
	int		(*run)(struct status *s);
	const char	*takes;		/* options, each between blanks */
} modes[] = {
	{ "log", WANTS_IDS, mode_log, " log follow attempt " },
	{ "history", WANTS_IDS, mode_history, " history " },
	{ "list", NO_IDS, mode_list, " list status type label group since until "
	    "error limit newest queue columns " },
	{ "summary", NO_IDS, mode_summary, " summary queue " },
	{ "follow", NO_IDS, mode_follow,
	    " follow status type label group error queue columns " },
	{ "watch", NO_IDS, mode_watch, " watch queue type " },
	{ "why", WANTS_IDS, mode_why, " why " },
	{ "check", NO_IDS, mode_check, " check queue max-age max-dead " },
	{ "wait", WANTS_IDS, mode_wait, " wait any timeout allow-empty " },
	{ "result", WANTS_IDS, mode_result, " result output dir url " },
	{ "", WANTS_IDS, mode_show, " columns " },
};

#define NMODES	(sizeof(modes) / sizeof(modes[0]))

static const struct mode *
mode_find(const struct tq_cli *cli)
{
	const struct mode *m = modes;

	while (*m->name != '\0' && !tq_cli_given(cli, m->name))
		m++;
	return m;
}

/* Is every option that was given one that the mode knows? */
static int
mode_check_opts(struct status *s, const struct mode *m)
{
	const char *other = tq_cli_untaken(s->cli, m->takes);

	if (other == NULL)
		return 0;
	if (*m->name == '\0')
		return tq_cli_usage(s->cli, "--%s needs --list, or another mode "
		    "that takes it", other);
	return tq_cli_usage(s->cli, "--%s and --%s do not go together",
	    m->name, other);
}

static int
mode_check_ids(struct status *s, const struct mode *m)
{
	if (m->ids == NO_IDS && s->cli->argc > 0)
		return tq_cli_usage(s->cli, m->run == mode_follow ?
		    "--%s takes no task ids; for one task: --log -f or --wait" :
		    "--%s takes no task ids", m->name);
	if (m->ids == NO_IDS || s->cli->argc > 0 || m->run == mode_wait)
		return 0;
	if (*m->name != '\0')
		return tq_cli_usage(s->cli, "--%s: which task?", m->name);
	return tq_cli_usage(s->cli, "which tasks?  Name their ids, or use "
	    "--list, --summary or --watch");
}

static int
run(struct tq_cli *cli, struct opts *o)
{
	struct status s = { .cli = cli, .o = o };
	const struct mode *m = mode_find(cli);
	int rc;

	if ((rc = mode_check_opts(&s, m)) != 0 ||
	    (rc = mode_check_ids(&s, m)) != 0 ||
	    (rc = filter_parse(&s)) != 0)
		return rc;
	/* Ids may come from whoever creates the store: see status_open(). */
	rc = m->ids == NO_IDS ? status_open(&s) : 0;
	if (rc == 0)
		rc = m->run(&s);
	/* An interrupt is no news to the user, and nothing is half done. */
	if (rc == -1 && cli->err.code == TQ_E_INTR)
		rc = TQ_EX_INTR;
	if (rc == -1 && m->run == mode_check)
		rc = check_unknown(&s);
	tq_store_close(s.st);
	return rc;
}

int
main(int argc, char **argv)
{
	struct opts o = { .limit = -1, .timeout_ms = -1, .max_age_ms = -1,
	    .max_dead = -1, .attempt = -1 };
	struct tq_cli cli;
	int rc;

	if ((rc = tq_cli_start(&cli, &tool, &o, argc, argv)) != TQ_CLI_GO)
		return rc;
	return tq_cli_finish(&cli, run(&cli, &o));
}

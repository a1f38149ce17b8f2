/*
 * tq-work -- run the tasks of a queue.
 *
 * Takes due tasks of the types it has handlers for, runs so many at a time,
 * and stores what becomes of them.  What a handler gets and may answer is in
 * tq(7); lib/work does it.
 */
#include <stddef.h>
#include <string.h>

#include "cli/cli.h"
#include "task/task.h"
#include "util/event.h"
#include "work/work.h"

struct opts {
	struct tq_strs	 queues, on, stream, max_running, allow_net;
	int64_t		 jobs;
	const char	*handlers, *builtin, *adopt, *drain, *rate, *singleton;
	const char	*log_format;
	bool		 exec, once, emf;
	int64_t		 max_tasks, max_time, grace, lease;
};

#define OPT(name, letter, kind, arg, help, field) \
	{ name, letter, kind, arg, help, offsetof(struct opts, field), 0, 0 }
#define OPT_IN(name, letter, kind, arg, help, field, min, max) \
	{ name, letter, kind, arg, help, offsetof(struct opts, field), \
	    min, max }

static const struct tq_opt options[] = {
	OPT("queue", 'q', TQ_OPT_LIST, "Q",
	    "take tasks from this queue; may be repeated (default: default)",
	    queues),
	OPT_IN("jobs", 'j', TQ_OPT_INT, "N",
	    "run so many at a time (default: the number of cores)", jobs, 1,
	    TQ_JOBS_MAX),
	OPT("on", 0, TQ_OPT_LIST, "TYPE=COMMAND",
	    "run COMMAND for each task of TYPE; may be repeated", on),
	OPT("stream", 0, TQ_OPT_LIST, "TYPE=COMMAND",
	    "one COMMAND per slot takes tasks of TYPE as lines of JSON",
	    stream),
	OPT("handlers", 0, TQ_OPT_STR, "DIR",
	    "an executable named TYPE in DIR is its handler", handlers),
	OPT("exec", 0, TQ_OPT_FLAG, NULL,
	    "run commands queued by tq-submit -- CMD", exec),
	OPT("builtin", 0, TQ_OPT_OPTSTR, "TYPE",
	    "the built-in handlers too, beside those named above", builtin),
	OPT("adopt", 0, TQ_OPT_STR, "TYPE",
	    "messages of others on the queue become tasks of TYPE (aws:)",
	    adopt),
	OPT("drain", 0, TQ_OPT_OPTSTR, "all",
	    "end when nothing is due; =all: when nothing waits or runs",
	    drain),
	OPT("once", 0, TQ_OPT_FLAG, NULL,
	    "run one task, if one is due, and end", once),
	OPT_IN("max-tasks", 0, TQ_OPT_INT, "N", "end after so many tasks",
	    max_tasks, 1, INT64_MAX),
	OPT_IN("max-time", 0, TQ_OPT_DURATION, "D",
	    "take no more tasks after this long, and end", max_time, 1, 0),
	OPT("max-running", 0, TQ_OPT_LIST, "TYPE=N",
	    "no more than N of TYPE at once in the whole store", max_running),
	OPT("rate", 0, TQ_OPT_STR, "N/s",
	    "start no more than N per second (or /m, /h)", rate),
	OPT_IN("grace", 0, TQ_OPT_DURATION, "D",
	    "when told to end, let tasks run so long (default: 25s)", grace,
	    0, 0),
	OPT_IN("lease", 0, TQ_OPT_DURATION, "D",
	    "how long a task stays ours when we die (default: 60s)", lease,
	    TQ_LEASE_MIN_MS, 0),
	OPT("allow-net", 0, TQ_OPT_LIST, "CIDR",
	    "fetch inputs from these addresses too, though not public",
	    allow_net),
	OPT("singleton", 0, TQ_OPT_STR, "NAME",
	    "end at once when another worker here has this name", singleton),
	OPT("log-format", 0, TQ_OPT_STR, "logfmt|json|human",
	    "log every event so", log_format),
	OPT("emf", 0, TQ_OPT_FLAG, NULL,
	    "CloudWatch embedded metrics on stdout, once a minute", emf),
};

static const char *const synopsis[] = {
	"[-q Q]... [-j N] [HANDLERS] [--drain[=all] | --once] [options]",
	NULL,
};

static const struct tq_tool tool = {
	.name = "tq-work",
	.summary = "run the tasks of a queue",
	.synopsis = synopsis,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.effects = true,
};

static struct tq_work_list
list(const struct tq_strs *s)
{
	return (struct tq_work_list){ s->v, s->n };
}

static int
run(struct tq_cli *cli, const struct opts *o)
{
	static const char *const queue[] = { "default" };
	struct tq_work_opts w = {
		.store_url = cli->store_url, .queues = list(&o->queues),
		.jobs = (int)o->jobs, .on = list(&o->on),
		.stream = list(&o->stream), .handlers = o->handlers,
		.exec = o->exec, .builtin = o->builtin, .adopt = o->adopt,
		.once = o->once,
		.max_tasks = o->max_tasks, .max_time_ms = o->max_time,
		.max_running = list(&o->max_running),
		.allow_net = list(&o->allow_net), .rate = o->rate,
		.grace_ms = o->grace, .lease_ms = o->lease,
		.singleton = o->singleton, .emf = o->emf, .quiet = cli->quiet,
		.chatty = cli->verbose > 0 || cli->json || o->log_format,
		.terminal = cli->err_tty,
	};

	if (cli->argc > 0)
		return tq_cli_usage(cli, "no operands, please: \"%s\"",
		    cli->argv[0]);
	if (w.queues.n == 0)
		w.queues = (struct tq_work_list){ queue, 1 };
	if (o->drain != NULL && o->drain[0] == '\0')
		w.drain = TQ_DRAIN_DUE;
	else if (o->drain != NULL && strcmp(o->drain, "all") == 0)
		w.drain = TQ_DRAIN_ALL;
	else if (o->drain != NULL)
		return tq_cli_usage(cli, "--drain or --drain=all, not "
		    "--drain=%s", o->drain);
	if (w.once && w.drain != TQ_DRAIN_NO)
		return tq_cli_usage(cli, "--once and --drain exclude each "
		    "other");
	w.log_format = cli->json ? TQ_LOG_JSON : cli->err_tty ? TQ_LOG_HUMAN :
	    TQ_LOG_LOGFMT;
	if (o->log_format != NULL && !tq_log_name(o->log_format,
	    &w.log_format))
		return tq_cli_usage(cli, "--log-format is logfmt, json or "
		    "human, not %s", o->log_format);
	return tq_work_run(&w, cli->env, &cli->err);
}

int
main(int argc, char **argv)
{
	struct opts o = { .grace = -1 };
	struct tq_cli cli;
	int rc;

	if ((rc = tq_cli_start(&cli, &tool, &o, argc, argv)) != TQ_CLI_GO)
		return rc;
	return tq_cli_finish(&cli, run(&cli, &o));
}

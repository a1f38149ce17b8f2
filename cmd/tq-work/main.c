/*
 * tq-work -- run the tasks of a queue.
 *
 * Takes due tasks of the types it has handlers for, runs so many at a time,
 * and stores what becomes of them.  tq(7) has the protocol of handlers;
 * lib/work does it.
 */
#include "lambda.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "task/task.h"
#include "util/event.h"
#include "util/str.h"

struct opts {
	struct tq_strs	 queues, on, stream, max_running, allow_net;
	int64_t		 jobs;
	const char	*handlers, *builtin, *adopt, *drain, *rate, *singleton;
	const char	*log_format, *heartbeat, *webhook_key;
	const char	*exec, *lambda;
	bool		 once, emf;
	int64_t		 max_tasks, max_time, grace, lease, image_memory;
};

static const struct tq_opt options[] = {
	TQ_ROW("queue", 'q', LIST, "Q", queues,
	    "take tasks from this queue; may be repeated (default: default)"),
	TQ_ROW_IN("jobs", 'j', INT, "N", jobs, 1, TQ_JOBS_MAX,
	    "run so many at a time (default: the number of cores)"),
	TQ_ROW("on", 0, LIST, "TYPE=COMMAND", on,
	    "run COMMAND for each task of TYPE; may be repeated"),
	TQ_ROW("stream", 0, LIST, "TYPE=COMMAND", stream,
	    "one COMMAND per slot takes tasks of TYPE as lines of JSON"),
	TQ_ROW("handlers", 0, STR, "DIR", handlers,
	    "an executable named TYPE in DIR is its handler"),
	TQ_ROW("exec", 0, OPTSTR, "shared", exec,
	    "run commands queued by tq-submit -- CMD"),
	TQ_ROW("builtin", 0, OPTSTR, "TYPE", builtin,
	    "the built-in handlers too, beside those named above"),
	TQ_ROW("webhook-key", 0, STR, "FILE", webhook_key,
	    "--builtin=http.post: sign with the secrets in FILE"),
	TQ_ROW("adopt", 0, STR, "TYPE", adopt,
	    "messages of others on the queue become tasks of TYPE (aws:)"),
	TQ_ROW("drain", 0, OPTSTR, "all", drain,
	    "end when nothing is due; =all: when nothing waits or runs"),
	TQ_ROW("once", 0, FLAG, NULL, once,
	    "run one task, if one is due, and end"),
	TQ_ROW_IN("max-tasks", 0, INT, "N", max_tasks, 1, INT64_MAX,
	    "end after so many tasks"),
	TQ_ROW_IN("max-time", 0, DURATION, "D", max_time, 1, 0,
	    "take no more tasks after this long, and end"),
	TQ_ROW("max-running", 0, LIST, "TYPE=N", max_running,
	    "no more than N of TYPE at once in the whole store"),
	TQ_ROW("rate", 0, STR, "N/s", rate,
	    "start no more than N per second (or /m, /h)"),
	TQ_ROW_IN("grace", 0, DURATION, "D", grace, 0, 0,
	    "when told to end, let tasks run so long (default: 25s)"),
	TQ_ROW_IN("lease", 0, DURATION, "D", lease, TQ_LEASE_MIN_MS, 0,
	    "how long a task stays ours when we die (default: 60s)"),
	TQ_ROW("allow-net", 0, LIST, "CIDR", allow_net,
	    "fetch inputs from these addresses too, though not public"),
	TQ_ROW_IN("image-memory", 0, SIZE, "SIZE", image_memory, 1 << 20, 0,
	    "what all pictures together may take (default: half of it all)"),
	TQ_ROW("singleton", 0, STR, "NAME", singleton,
	    "end at once when another worker here has this name"),
	TQ_ROW("heartbeat", 0, STR, "FILE", heartbeat,
	    "touch FILE every 5 s while the loop is alive"),
	TQ_ROW("lambda", 0, OPTSTR, "dead", lambda,
	    "be a Lambda function; =dead: one that logs dead tasks"),
	TQ_ROW("log-format", 0, STR, "logfmt|json|human", log_format,
	    "log every event so"),
	TQ_ROW("emf", 0, FLAG, NULL, emf,
	    "CloudWatch embedded metrics on stdout, once a minute"),
};

static const char *const synopsis[] = {
	"[-q Q]... [-j N] [HANDLERS] [--drain[=all] | --once] [options]",
	"--lambda[=dead] [-q Q]... [-j N] [HANDLERS] [options]",
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

/* As a function: each invocation drains its messages, and what ends it, how
   long it has and what it logs Lambda says. */
static int
run_lambda(struct tq_cli *cli, const struct opts *o, struct tq_work_opts *w)
{
	const char *memory = tq_getenv(cli->env,
	    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
	int64_t mb;

	if (*o->lambda != '\0' && strcmp(o->lambda, "dead") != 0)
		return tq_cli_usage(cli, "--lambda or --lambda=dead, not "
		    "--lambda=%s", o->lambda);
	if (w->once || o->drain != NULL || w->max_time_ms > 0 ||
	    w->max_tasks > 0 || w->grace_ms >= 0 || w->singleton != NULL ||
	    w->heartbeat != NULL)
		return tq_cli_usage(cli, "--lambda goes with none of --once, "
		    "--drain, --max-time, --max-tasks, --grace, --singleton, "
		    "--heartbeat");
	w->drain = TQ_DRAIN_DUE;
	w->grace_ms = 0;
	w->emf = true;
	w->terminal = false;
	w->let_in = NULL;
	if (memory != NULL && tq_str_int(memory, 1, INT64_MAX >> 20, &mb) == 0)
		w->memory = mb << 20;
	if (o->log_format == NULL)
		w->log_format = TQ_LOG_JSON;
	return lambda_run(cli, w, *o->lambda == '\0' ? DOES_WORK :
	    DOES_TELL_DEAD);
}

static int
run(struct tq_cli *cli, const struct opts *o)
{
	static const char *const queue[] = { "default" };
	struct tq_work_opts w = {
		.store_url = cli->store_url, .queues = list(&o->queues),
		.jobs = (int)o->jobs, .on = list(&o->on),
		.stream = list(&o->stream), .handlers = o->handlers,
		.exec = o->exec != NULL, .exec_shared = o->exec != NULL &&
		    strcmp(o->exec, "shared") == 0,
		.builtin = o->builtin, .adopt = o->adopt, .once = o->once,
		.max_tasks = o->max_tasks, .max_time_ms = o->max_time,
		.max_running = list(&o->max_running),
		.allow_net = list(&o->allow_net), .rate = o->rate,
		.image_memory = o->image_memory,
		.webhook_key = o->webhook_key,
		.grace_ms = o->grace, .lease_ms = o->lease,
		.singleton = o->singleton, .heartbeat = o->heartbeat,
		.emf = o->emf, .quiet = cli->quiet,
		.chatty = cli->verbose > 0 || cli->json || o->log_format,
		.terminal = cli->err_tty && !cli->dumb,
		.let_in = tq_cli_signals_let,
	};
	sigset_t told;
	int rc;

	if (cli->argc > 0)
		return tq_cli_usage(cli, "no operands, please: \"%s\"",
		    cli->argv[0]);
	if (o->exec != NULL && *o->exec != '\0' && !w.exec_shared)
		return tq_cli_usage(cli, "--exec or --exec=shared, not "
		    "--exec=%s", o->exec);
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
	if (o->lambda != NULL)
		return run_lambda(cli, o, &w);
	tq_cli_signals_block();
	rc = tq_work_run(&w, cli->env, &cli->err);
	/* Told to end before it had begun, it has ended well. */
	sigpending(&told);
	return rc == -1 && cli->err.code == TQ_E_INTR &&
	    sigismember(&told, SIGTERM) ? TQ_EX_OK : rc;
}

int
main(int argc, char **argv)
{
	struct opts o = { .grace = -1 };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_cli cli;
	int rc;

	if (lambda_args(&argc, &argv, &err) == -1) {
		fprintf(stderr, "tq-work: %s\n", err.msg);
		return TQ_EX_USAGE;
	}
	if ((rc = tq_cli_start(&cli, &tool, &o, argc, argv)) != TQ_CLI_GO)
		return rc;
	return tq_cli_finish(&cli, run(&cli, &o));
}

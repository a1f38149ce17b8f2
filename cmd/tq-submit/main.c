/*
 * tq-submit -- put tasks on a queue.
 *
 * One task from the operands, one per line of stdin (--each), tasks as NDJSON
 * (--batch), or a command (-- CMD).  Prints the ids in the order of the input
 * once they are durable.
 */
#include <string.h>

#include "submit.h"
#include "util/limits.h"

#define OPT(name, letter, kind, arg, help, field) \
	{ name, letter, kind, arg, help, offsetof(struct opts, field), 0, 0 }
#define OPT_IN(name, letter, kind, arg, help, field, min, max) \
	{ name, letter, kind, arg, help, offsetof(struct opts, field), \
	    min, max }

static const struct tq_opt options[] = {
	OPT("queue", 'q', TQ_OPT_STR, "Q", "the queue (default: default)",
	    queue),
	OPT("input", 'i', TQ_OPT_STR, "PATH|URL|-",
	    "the bytes to work on; a path is copied into the store", input),
	OPT("each", 0, TQ_OPT_OPTSTR, "json|text|input",
	    "one task per line of stdin (default: json)", each),
	OPT("batch", 0, TQ_OPT_FLAG, NULL,
	    "read tasks as NDJSON from stdin or the FILEs", batch),
	OPT("null", '0', TQ_OPT_FLAG, NULL, "lines end in NUL, not line feed",
	    nul),
	OPT("text", 0, TQ_OPT_FLAG, NULL, "the payload is text, not JSON",
	    text),
	OPT("id", 0, TQ_OPT_STR, "ID", "the task's id (default: a new UUID)",
	    id),
	OPT("key", 'k', TQ_OPT_STR, "K",
	    "submit only once for this key; prints the same id again", key),
	OPT_IN("every", 0, TQ_OPT_DURATION, "D",
	    "with --key: only once in each period of this length", every, 1,
	    0),
	OPT_IN("delay", 0, TQ_OPT_DURATION, "D", "not before this much later",
	    delay, 0, 0),
	OPT("at", 0, TQ_OPT_TIME, "TIME", "not before this time", at),
	OPT("expires", 0, TQ_OPT_STR, "D|TIME",
	    "forget the task, finished or not, after this", expires),
	OPT_IN("max-attempts", 0, TQ_OPT_INT, "N",
	    "dead after so many attempts (default: 3)", max_attempts, 1,
	    1000),
	OPT_IN("timeout", 0, TQ_OPT_DURATION, "D",
	    "an attempt may take this long (default: 1h)", timeout, 1, 0),
	OPT("backoff", 0, TQ_OPT_STR, "BASE[,CAP]",
	    "wait between attempts, doubling (default: 1s,15m)", backoff),
	OPT_IN("prio", 'p', TQ_OPT_INT, "N", "0 to 9, 9 runs first", prio, 0,
	    9),
	OPT("group", 0, TQ_OPT_STR, "NAME", "the tenant it belongs to", group),
	OPT("label", 'l', TQ_OPT_LIST, "K=V", "a label; may be repeated",
	    labels),
	OPT("replace-dead", 0, TQ_OPT_FLAG, NULL,
	    "start a dead or cancelled task under the key anew",
	    replace_dead),
	OPT("dry-run", 'n', TQ_OPT_FLAG, NULL,
	    "print what would be submitted, store nothing", dry_run),
	OPT("wait", 'w', TQ_OPT_OPTSTR, "D",
	    "wait for the end, at most this long", wait),
	OPT("result", 0, TQ_OPT_FLAG, NULL,
	    "with --wait: print the result instead of the id", result),
	OPT("pass-exit", 0, TQ_OPT_FLAG, NULL,
	    "with --wait: log to stderr, exit as the handler did", pass_exit),
	OPT("cancel-on-int", 0, TQ_OPT_FLAG, NULL,
	    "with --wait: an interrupt cancels the task", cancel_on_int),
};

static const char *const synopsis[] = {
	"[options] TYPE [JSON | @FILE | -]",
	"[options] TYPE [JSON | @FILE] --input PATH|URL|-",
	"[options] TYPE --each[=json|text|input]",
	"[options] --batch [FILE...]",
	"[options] -- CMD [ARG...]",
	NULL,
};

static const struct tq_tool tool = {
	.name = "tq-submit",
	.summary = "put tasks on a queue",
	.synopsis = synopsis,
	.opts = options,
	.nopts = sizeof(options) / sizeof(options[0]),
	.effects = true,
};

/* The ways to say what is submitted. */
struct mode {
	const char	*name;
	int		(*run)(struct submit *);
	bool		 many;
};

static const struct mode mode_one = { "one task", submit_one, false };
static const struct mode mode_command = { "--", submit_command, false };
static const struct mode mode_each = { "--each", submit_each, true };
static const struct mode mode_batch = { "--batch", submit_batch, true };

static const struct mode *
mode_of(const struct tq_cli *cli, const struct opts *o)
{
	if (o->batch)
		return &mode_batch;
	if (o->each != NULL)
		return &mode_each;
	return cli->dashdash ? &mode_command : &mode_one;
}

/* Option pairs that contradict each other, and those that need another. */
static int
check_options(struct tq_cli *cli, const struct opts *o, const struct mode *m)
{
	const struct rule {
		bool		 broken;
		const char	*why;
	} rules[] = {
		{ o->batch && o->each != NULL,
		    "--batch and --each exclude each other" },
		{ o->id != NULL && o->key != NULL,
		    "--id and --key exclude each other" },
		{ o->delay >= 0 && o->at != 0,
		    "--delay and --at exclude each other" },
		{ m->many && o->id != NULL, "--id is for one task" },
		{ m->many && o->key != NULL,
		    "--key is for one task; --batch takes \"key\" in a line" },
		{ m->many && o->input != NULL, "--input is for one task" },
		{ m->many && o->text, "--text is for one task" },
		{ !m->many && o->nul, "-0 needs --each or --batch" },
		{ m->many && (o->result || o->pass_exit),
		    "--result and --pass-exit are for one task" },
		{ o->every != 0 && o->key == NULL && !o->batch,
		    "--every needs --key" },
		{ o->key != NULL && (*o->key == '\0' ||
		    strlen(o->key) > TQ_KEY_MAX),
		    "--key must be 1 to 1024 bytes" },
		{ o->wait == NULL && (o->result || o->pass_exit ||
		    o->cancel_on_int),
		    "--result, --pass-exit and --cancel-on-int need --wait" },
		{ o->wait != NULL && o->dry_run,
		    "--wait and --dry-run exclude each other" },
		{ o->result && cli->json,
		    "--result and --json exclude each other" },
	};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].broken)
			return tq_cli_usage(cli, "%s", rules[i].why);
	return TQ_EX_OK;
}

static int
run(struct tq_cli *cli, const struct opts *o)
{
	const struct mode *m = mode_of(cli, o);
	struct submit s = { .cli = cli, .o = o, .many = m->many,
	    .keep_ids = o->wait != NULL };
	int rc;

	if ((rc = check_options(cli, o, m)) != 0)
		return rc;
	if ((rc = submit_defaults(&s)) == 0 &&
	    (rc = submit_begin(&s)) == 0 &&
	    (rc = m->run(&s)) == 0) {
		rc = s.bad ? TQ_EX_NO : TQ_EX_OK;
		if (o->wait != NULL)
			rc = submit_wait(&s);
	}
	submit_end(&s);
	return rc;
}

int
main(int argc, char **argv)
{
	struct opts o = { .queue = "default", .delay = -1 };
	struct tq_cli cli;
	int rc;

	if ((rc = tq_cli_start(&cli, &tool, &o, argc, argv)) != TQ_CLI_GO)
		return rc;
	return tq_cli_finish(&cli, run(&cli, &o));
}

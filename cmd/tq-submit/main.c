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

static const struct tq_opt options[] = {
	TQ_ROW("queue", 'q', STR, "Q", queue, "the queue (default: default)"),
	TQ_ROW("input", 'i', STR, "PATH|URL|-", input,
	    "the bytes to work on; a path is copied into the store"),
	TQ_ROW("each", 0, OPTSTR, "json|text|input", each,
	    "one task per line of stdin (default: json)"),
	TQ_ROW("batch", 0, FLAG, NULL, batch,
	    "read tasks as NDJSON from stdin or the FILEs"),
	TQ_ROW("null", '0', FLAG, NULL, nul, "lines end in NUL, not line feed"),
	TQ_ROW("text", 0, FLAG, NULL, text, "the payload is text, not JSON"),
	TQ_ROW("id", 0, STR, "ID", id, "the task's id (default: a new UUID)"),
	TQ_ROW("key", 'k', STR, "K", key,
	    "submit only once for this key; prints the same id again"),
	TQ_ROW_IN("every", 0, DURATION, "D", every, 1, 0,
	    "with --key: only once in each period of this length"),
	TQ_ROW_IN("delay", 0, DURATION, "D", delay, 0, 0,
	    "not before this much later"),
	TQ_ROW("at", 0, TIME, "TIME", at, "not before this time"),
	TQ_ROW("after", 0, LIST, "ID,...|-", after,
	    "not before these tasks have completed"),
	TQ_ROW("after-ended", 0, LIST, "ID,...|-", after_ended,
	    "not before these tasks have ended, however"),
	TQ_ROW("expires", 0, STR, "D|TIME", expires,
	    "not to be started after this"),
	TQ_ROW_IN("keep", 0, DURATION, "D", keep, TQ_KEEP_MIN_MS, 0,
	    "keep it so long once it has ended (default: 14d)"),
	TQ_ROW_IN("max-attempts", 0, INT, "N", max_attempts, 1, 1000,
	    "dead after so many attempts (default: 3)"),
	TQ_ROW_IN("timeout", 0, DURATION, "D", timeout, 1, 0,
	    "an attempt may take this long (default: 1h)"),
	TQ_ROW("backoff", 0, STR, "BASE[,CAP]", backoff,
	    "wait between attempts, doubling (default: 1s,15m)"),
	TQ_ROW_IN("prio", 'p', INT, "N", prio, 0, 9, "0 to 9, 9 runs first"),
	TQ_ROW("group", 0, STR, "NAME", group, "the tenant it belongs to"),
	TQ_ROW("label", 'l', LIST, "K=V", labels, "a label; may be repeated"),
	TQ_ROW("chdir", 'C', STR, "DIR", chdir,
	    "with --: run the command there, or not at all"),
	TQ_ROW("env", 0, LIST, "NAME[=V]", env,
	    "with --: a variable it gets, V or as it is here; may be "
	    "repeated"),
	TQ_ROW("replace-dead", 0, FLAG, NULL, replace_dead,
	    "start a dead or cancelled task under the key anew"),
	TQ_ROW("replace-ended", 0, FLAG, NULL, replace_ended,
	    "with --key: one live task a key; an ended one starts anew"),
	TQ_ROW("dry-run", 'n', FLAG, NULL, dry_run,
	    "print what would be submitted, store nothing"),
	TQ_ROW("wait", 'w', OPTSTR, "D", wait,
	    "wait for the end, at most this long"),
	TQ_ROW("result", 0, FLAG, NULL, result,
	    "with --wait: print the result instead of the id"),
	TQ_ROW("pass-exit", 0, FLAG, NULL, pass_exit,
	    "with --wait: log to stderr, exit as the handler did"),
	TQ_ROW("cancel-on-int", 0, FLAG, NULL, cancel_on_int,
	    "with --wait: an interrupt cancels the task"),
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
		{ o->replace_ended && o->key == NULL && !o->batch,
		    "--replace-ended needs --key" },
		{ o->replace_dead && o->key == NULL && o->id == NULL &&
		    !o->batch, "--replace-dead needs --key" },
		{ m == &mode_command && o->text,
		    "--text is for a payload; a command (-- CMD) has none" },
		{ o->replace_ended && o->replace_dead,
		    "--replace-ended and --replace-dead exclude each other" },
		{ o->key != NULL && (*o->key == '\0' ||
		    strlen(o->key) > TQ_KEY_MAX),
		    "--key must be 1 to 1024 bytes" },
		{ o->wait == NULL && (o->result || o->pass_exit ||
		    o->cancel_on_int),
		    "--result, --pass-exit and --cancel-on-int need --wait" },
		{ o->wait != NULL && o->dry_run,
		    "--wait and --dry-run exclude each other" },
		{ m != &mode_command && (o->chdir != NULL || o->env.n > 0),
		    "--chdir and --env go with a command (-- CMD)" },
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
	    (rc = submit_after(&s)) == 0 &&
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

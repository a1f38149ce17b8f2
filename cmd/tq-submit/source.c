/* cmd/tq-submit/source.c -- where tasks come from. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/submit_payload.h"
#include "submit.h"
#include "util/limits.h"

/* -- one task ------------------------------------------------------------- */

/* Send the task in the slot: what is wrong with it ends us. */
static int
send_one(struct submit *s)
{
	struct group *g = s->g;

	g->items[0] = (struct item){ .key = s->o->key, .path = s->o->input };
	g->n = 1;
	if (tq_task_check(&g->tasks[0], &s->cli->err) == -1 ||
	    submit_identify(s, g, 0, &s->cli->err) == -1)
		return -1;
	return submit_send(s);
}

/* A payload that is no JSON may have been meant as text. */
static int
text_hint(struct submit *s)
{
	struct tq_err *err = &s->cli->err;
	size_t n = strlen(err->msg);

	if (err->code == TQ_E_DATA && !s->o->text)
		snprintf(err->msg + n, sizeof(err->msg) - n,
		    " (--text takes any text)");
	return -1;
}

int
submit_one(struct submit *s)
{
	struct tq_cli *cli = s->cli;
	const struct opts *o = s->o;
	struct tq_task *t = submit_slot(s);

	if (cli->argc == 0)
		return tq_cli_usage(cli, "which TYPE of task?  Such as: "
		    "tq-submit text.transform '{\"text\": \"hello\"}'");
	if (cli->argc > 2)
		return tq_cli_usage(cli, "%s: one payload is enough; "
		    "is it quoted?", cli->argv[2]);
	t->type = cli->argv[0];
	t->id = o->id;
	if (o->text)
		t->payload_kind = TQ_KIND_TEXT;
	if (cli->argc == 1 && o->text)
		return tq_cli_usage(cli, "--text needs a payload");
	if (cli->argc == 2) {
		if (strcmp(cli->argv[1], "-") == 0 && o->input != NULL &&
		    strcmp(o->input, "-") == 0)
			return tq_cli_usage(cli, "stdin can't be both the "
			    "payload and the input");
		if (tq_submit_payload(cli->argv[1], t->payload_kind,
		    &s->g->arena, &t->payload, &cli->err) == -1)
			return text_hint(s);
	}
	return send_one(s);
}

int
submit_command(struct submit *s)
{
	struct tq_cli *cli = s->cli;
	struct tq_task *t = submit_slot(s);
	int rc;

	if (cli->argc == 0)
		return tq_cli_usage(cli, "which command? "
		    "tq-submit -- CMD [ARG...]");
	if ((rc = submit_argv(s, t)) != 0)
		return rc;
	t->type = "exec";
	t->id = s->o->id;
	/* Run here, it would not run again by itself either. */
	if (s->o->pass_exit && t->max_attempts == 0)
		t->max_attempts = 1;
	return send_one(s);
}

/* -- a task per line ------------------------------------------------------ */

/* The meaning of a line, by the value of --each. */
static const struct each {
	const char	*name;
	line_fn		*fn;
	int		 operands;	/* TYPE, and a payload for all */
	bool		 blank_ok;	/* an empty line is a task */
} each_rows[] = {
	{ "json", submit_line_json, 1, false },
	{ "text", submit_line_text, 1, true },
	{ "input", submit_line_input, 2, false },
};

static const struct each *
each_of(const char *name)
{
	size_t i;

	if (*name == '\0')
		return &each_rows[0];
	for (i = 0; i < sizeof(each_rows) / sizeof(each_rows[0]); i++)
		if (strcmp(each_rows[i].name, name) == 0)
			return &each_rows[i];
	return NULL;
}

int
submit_each(struct submit *s)
{
	struct tq_cli *cli = s->cli;
	const struct each *e = each_of(s->o->each);
	struct tq_task probe = s->def;

	if (e == NULL)
		return tq_cli_usage(cli, "--each=%s: must be json, text or "
		    "input", s->o->each);
	if (cli->argc == 0)
		return tq_cli_usage(cli, "which TYPE of task?");
	if (cli->argc > e->operands)
		return tq_cli_usage(cli, "%s: the payloads come from stdin",
		    cli->argv[e->operands]);
	if (cli->argc == 2 && strcmp(cli->argv[1], "-") == 0)
		return tq_cli_usage(cli, "stdin holds the inputs already");
	if (cli->in_tty)
		return tq_cli_usage(cli, "--each reads stdin, which is a "
		    "terminal");
	probe.type = cli->argv[0];
	if (tq_task_check(&probe, &cli->err) == -1)
		return -1;
	if (cli->argc == 2 && tq_submit_payload(cli->argv[1], TQ_KIND_JSON,
	    &cli->arena, &s->def.payload, &cli->err) == -1)
		return -1;
	return submit_lines(s, STDIN_FILENO, e->fn, e->blank_ok);
}

static int
batch_file(struct submit *s, const char *path)
{
	int fd, rc;

	if (strcmp(path, "-") == 0)
		return submit_lines(s, STDIN_FILENO, submit_line_task, false);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return tq_err_sys(&s->cli->err, TQ_AT_INPUT, TQ_E_IO, errno,
		    "%s", path);
	s->file = path;
	rc = submit_lines(s, fd, submit_line_task, false);
	s->file = NULL;
	close(fd);
	return rc;
}

int
submit_batch(struct submit *s)
{
	struct tq_cli *cli = s->cli;
	int i;

	if (cli->argc == 0) {
		if (cli->in_tty)
			return tq_cli_usage(cli, "--batch reads stdin, which "
			    "is a terminal");
		return batch_file(s, "-");
	}
	/* Before anything goes in: a mistyped name should cost nothing. */
	for (i = 0; i < cli->argc; i++)
		if (strcmp(cli->argv[i], "-") != 0 &&
		    access(cli->argv[i], R_OK) == -1)
			return tq_err_sys(&cli->err, TQ_AT_INPUT, TQ_E_IO,
			    errno, "%s", cli->argv[i]);
	for (i = 0; i < cli->argc; i++)
		if (batch_file(s, cli->argv[i]) != 0)
			return -1;
	return 0;
}

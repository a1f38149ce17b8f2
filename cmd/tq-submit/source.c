/* cmd/tq-submit/source.c -- where tasks come from. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/submit_payload.h"
#include "submit.h"
#include "util/limits.h"
#include "util/str.h"

/* As submit_add(), of a task that options made: a line's was parsed. */
static int
check_and_add(struct submit *s, const char *key, const char *path,
    struct tq_err *err)
{
	return tq_task_check(&s->g.tasks[s->g.n], err) == -1 ? -1 :
	    submit_add(s, key, path, err);
}

/* -- one task ------------------------------------------------------------- */

/* Add the task in the slot and send it: what is wrong with it ends us. */
static int
send_one(struct submit *s)
{
	if (check_and_add(s, s->o->key, s->o->input, &s->cli->err) == -1)
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
		    &s->g.arena, &t->payload, &cli->err) == -1)
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

/* Make the task of one line; -1 with ${err} when it can't go in. */
typedef int line_fn(struct submit *s, struct tq_span line, struct tq_err *err);

static int
line_payload(struct submit *s, struct tq_span line, enum tq_kind kind,
    struct tq_err *err)
{
	struct tq_task *t = submit_slot(s);

	if (tq_submit_payload_check(line, kind, err) == -1)
		return -1;
	t->type = s->cli->argv[0];
	t->payload_kind = kind;
	t->payload = (struct tq_span){ tq_arena_dup(&s->g.arena, line.p,
	    line.n), line.n };
	return check_and_add(s, NULL, NULL, err);
}

static int
line_json(struct submit *s, struct tq_span line, struct tq_err *err)
{
	return line_payload(s, line, TQ_KIND_JSON, err);
}

static int
line_text(struct submit *s, struct tq_span line, struct tq_err *err)
{
	return line_payload(s, line, TQ_KIND_TEXT, err);
}

static int
line_input(struct submit *s, struct tq_span line, struct tq_err *err)
{
	struct tq_task *t = submit_slot(s);

	if (memchr(line.p, '\0', line.n) != NULL)
		return tq_err_set(err, TQ_AT_INPUT, TQ_E_DATA,
		    "a NUL byte in a path; -0 separates by them");
	t->type = s->cli->argv[0];
	return check_and_add(s, NULL,
	    tq_arena_dup(&s->g.arena, line.p, line.n), err);
}

static int
line_task(struct submit *s, struct tq_span line, struct tq_err *err)
{
	const char *key = NULL;
	struct tq_task *t;

	if (tq_task_parse(line, &s->def, tq_wall_ms(s->cli->env),
	    &s->g.arena, &s->g.tasks[s->g.n], &key, err) == -1)
		return -1;
	t = &s->g.tasks[s->g.n];
	if (t->notify != NULL)
		return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "notify: is for "
		    "REST; here a line of type http.post, with afterEnded, "
		    "does it");
	return submit_add(s, key, t->input != NULL &&
	    tq_str_starts(t->input, "blob:") ? t->input : NULL, err);
}

/* Take one line; -1 when we can't go on. */
static int
take_line(struct submit *s, line_fn *fn, bool blank_ok, struct tq_span line)
{
	struct tq_err err = TQ_ERR_INIT;

	if (line.n == 0 && !blank_ok)
		return 0;
	if (fn(s, line, &err) == -1) {
		if (!submit_fault(&err)) {
			s->cli->err = err;
			return submit_stopped(s);
		}
		submit_bad(s, s->line, &err);
		return 0;
	}
	return submit_full(s) ? submit_send(s) : 0;
}

/*
 * Reading may only block when nothing waits to be sent, so that a slow
 * producer's lines go in at once.
 */
static int
read_lines(struct submit *s, int fd, line_fn *fn, bool blank_ok)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_lines l;
	struct tq_span line;
	int rc, got;

	tq_lines_init(&l, fd, s->o->nul ? '\0' : '\n', TQ_LINE_MAX);
	do {
		got = tq_lines_next(&l, &line, s->g.n == 0, &err);
		s->line = l.number;
		if (got == 1) {
			rc = take_line(s, fn, blank_ok, line);
		} else if (got == -1 && err.code == TQ_E_TOOBIG) {
			tq_err_set(&err, TQ_AT_INPUT, TQ_E_TOOBIG,
			    "longer than 16 MiB");
			submit_bad(s, l.number, &err);
			rc = 0;
		} else {
			rc = submit_send(s);
			if (rc == 0 && got == -1) {
				s->cli->err = err;
				tq_err_prefix(&s->cli->err, "%s",
				    s->file == NULL ? "stdin" : s->file);
				rc = submit_stopped(s);
			}
		}
	} while (rc == 0 && got != 0);
	tq_lines_free(&l);
	return rc;
}

/* The meaning of a line, by the value of --each. */
static const struct each {
	const char	*name;
	line_fn		*fn;
	int		 operands;	/* TYPE, and a payload for all */
	bool		 blank_ok;	/* an empty line is a task */
} each_rows[] = {
	{ "json", line_json, 1, false },
	{ "text", line_text, 1, true },
	{ "input", line_input, 2, false },
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
	return read_lines(s, STDIN_FILENO, e->fn, e->blank_ok);
}

static int
batch_file(struct submit *s, const char *path)
{
	int fd, rc;

	if (strcmp(path, "-") == 0)
		return read_lines(s, STDIN_FILENO, line_task, false);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return tq_err_sys(&s->cli->err, TQ_AT_INPUT, TQ_E_IO, errno,
		    "%s", path);
	s->file = path;
	rc = read_lines(s, fd, line_task, false);
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

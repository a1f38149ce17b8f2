/* cmd/tq-dlq/edit.c -- give a dead task another payload. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/edit.h"
#include "dlq.h"
#include "store/as_read.h"
#include "util/fd.h"

static int
load(struct dlq *d, const char *id, struct tq_task **t)
{
	struct tq_cli *cli = d->cli;

	if (!tq_name_ok(id))
		return tq_err_set(&cli->err, TQ_AT_INPUT, TQ_E_DATA,
		    "%s: not a task id", id);
	if (tq_store_get(d->st, &id, 1, TQ_WITH_PAYLOAD, &cli->arena, t,
	    &cli->err) == -1)
		return -1;
	if (*t == NULL)
		return tq_err_set(&cli->err, TQ_AT_STORE, TQ_E_NOTFOUND,
		    "no such task %s in %s", id, tq_store_name(d->st));
	if ((*t)->status != TQ_FAILED)
		return tq_err_set(&cli->err, TQ_AT_STORE, TQ_E_STATE,
		    "task %s is not dead: it is %s", id,
		    tq_status_name((*t)->status));
	return 0;
}

/* -- the editor ----------------------------------------------------------- */

static int
temp_fault(struct dlq *d, const char *path)
{
	return tq_err_sys(&d->cli->err, TQ_AT_INPUT, TQ_E_IO, errno, "%s",
	    path);
}

static char *
temp_file(struct dlq *d, const struct tq_task *t)
{
	const char *dir = tq_getenv(d->cli->env, "TMPDIR");
	char *path = tq_arena_fmt(&d->cli->arena, "%s/tq-XXXXXX.%s",
	    dir == NULL ? "/tmp" : dir,
	    t->payload_kind == TQ_KIND_TEXT ? "txt" : "json");
	int fd = mkstemps(path, t->payload_kind == TQ_KIND_TEXT ? 4 : 5);

	if (fd == -1) {
		temp_fault(d, path);
		return NULL;
	}
	if (tq_fd_write(fd, t->payload) == -1) {
		temp_fault(d, path);
		close(fd);
		unlink(path);
		return NULL;
	}
	close(fd);
	return path;
}

static int
run_editor(struct dlq *d, const char *path)
{
	const char *editor = tq_getenv(d->cli->env, "VISUAL");
	const char *argv[] = { "/bin/sh", "-c", NULL, "sh", path, NULL };
	int status;

	if (editor == NULL)
		editor = tq_getenv(d->cli->env, "EDITOR");
	if (editor == NULL)
		editor = "vi";
	argv[2] = tq_arena_fmt(&d->cli->arena, "%s \"$1\"", editor);
	if ((status = dlq_run(d, argv, STDIN_FILENO)) == -1)
		return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return tq_err_set(&d->cli->err, TQ_AT_EXEC, TQ_E_STATE,
		    "%s did not succeed; nothing was changed", editor);
	return 0;
}

/* Editors end the last line; a payload that was not ended so stays so. */
static void
trim(const struct tq_task *t, struct tq_span *p)
{
	bool had = t->payload.n > 0 && t->payload.p[t->payload.n - 1] == '\n';

	if (!had && p->n > 0 && p->p[p->n - 1] == '\n')
		p->n--;
}

static int
from_editor(struct dlq *d, const struct tq_task *t, struct tq_task *to,
    unsigned *set)
{
	struct tq_cli *cli = d->cli;
	char *path, *at;

	if ((path = temp_file(d, t)) == NULL)
		return -1;
	if (run_editor(d, path) == -1) {
		unlink(path);
		return -1;
	}
	at = tq_arena_fmt(&cli->arena, "@%s", path);
	if (tq_cli_edit_payload(cli, t, at, to, set) == -1) {
		/* Somebody's work: leave it to be mended. */
		tq_cli_warn(cli, "what you wrote is in %s", path);
		return -1;
	}
	trim(t, &to->payload);
	unlink(path);
	return 0;
}

/* -- the change ----------------------------------------------------------- */

/* The one answer as an error. */
static int
judge(struct dlq *d, const char *id, const struct tq_answer *a)
{
	if (a->code == TQ_OK)
		return 0;
	return tq_err_set(&d->cli->err, TQ_AT_STORE, a->code,
	    "task %s changed meanwhile%s%s; nothing was changed", id,
	    a->code == TQ_E_NOTFOUND ? "" : ": it is ",
	    a->code == TQ_E_NOTFOUND ? "" : tq_status_name(a->status));
}

struct change {
	struct tq_store	*st;
	const struct tq_task *to;
	unsigned	 set;
};

static int
change(void *arg, size_t at, const struct tq_ref *refs, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	const struct change *c = arg;
	struct tq_edit e = { refs[0], c->set, c->to };

	(void)at;
	return tq_store_edit(c->st, &e, n, out, err);
}

static int
write_edit(struct dlq *d, const struct tq_task *t, const struct tq_task *to,
    unsigned set)
{
	struct change c = { d->st, to, set };
	struct tq_answer a;

	if (tq_do_as_read(d->st, change, &c, t, 1, &a, &d->cli->err) == -1)
		return -1;
	return judge(d, t->id, &a);
}

static int
redrive(struct dlq *d, const char *id)
{
	struct tq_ref ref = { id, 0 };
	struct tq_answer a;

	if (tq_store_redrive(d->st, &ref, 1, &a, &d->cli->err) == -1)
		return -1;
	return judge(d, id, &a);
}

static bool
same(struct tq_span a, struct tq_span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* The new value: a command, a payload from an operand or from the editor. */
static int
ask(struct dlq *d, const struct tq_task *t, struct tq_task *to, unsigned *set)
{
	struct tq_cli *cli = d->cli;

	if (cli->fore == 2 && (t->argv.n > 0 || cli->argc > 2))
		return tq_cli_edit_command(cli, t, to, set);
	if (cli->argc == 2)
		return tq_cli_edit_payload(cli, t, cli->argv[1], to, set);
	return from_editor(d, t, to, set);
}

int
dlq_edit(struct dlq *d)
{
	struct tq_cli *cli = d->cli;
	struct tq_task *t, to = { 0 };
	unsigned set = 0;

	if (cli->argc > 2 && cli->fore != 2)
		return tq_cli_usage(cli, "edit: one id, one payload; a "
		    "command follows --");
	if (load(d, cli->argv[0], &t) == -1 || ask(d, t, &to, &set) == -1)
		return -1;
	if (d->o->dry_run)
		return tq_cli_line(cli, set & TQ_SET_ARGV ? to.argv :
		    to.payload);
	if (set == TQ_SET_PAYLOAD && same(to.payload, t->payload))
		tq_cli_note(cli, "task %s: the payload is unchanged", t->id);
	else if (write_edit(d, t, &to, set) == -1)
		return -1;
	if (d->o->redrive && redrive(d, t->id) == -1)
		return -1;
	return tq_cli_line(cli, tq_span_of(t->id));
}

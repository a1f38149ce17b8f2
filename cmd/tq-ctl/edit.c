/* cmd/tq-ctl/edit.c -- edit, hold, unhold: change what waits. */
#include "ctl.h"

#include <string.h>

#include "cli/asked.h"
#include "cli/edit.h"
#include "util/json.h"

#define GROUP	500

struct edit {
	struct tq_cli	*cli;
	struct tq_store	*st;
	unsigned	 set;		/* TQ_SET_... */
	struct tq_task	 to;
	const char	*what;		/* done to them: "edited" */
	uint64_t	 looked, done;	/* at so many; so many changed */
	int		 rc;		/* 5 over 1 over 0 */
};

static void
print_answer(struct edit *e, const char *id, const struct tq_answer *a)
{
	struct tq_buf *out = &e->cli->out;

	if (!e->cli->json) {
		tq_buf_fmt(out, "%s\t%s\n", id, tq_status_name(a->status));
		return;
	}
	tq_buf_chr(out, '{');
	tq_json_member_str(out, "taskId", id);
	tq_json_member_str(out, "status", tq_status_name(a->status));
	tq_json_member_bool(out, e->what, a->code == TQ_OK);
	tq_buf_str(out, "}\n");
}

static void
take_answer(struct edit *e, const char *id, const struct tq_answer *a)
{
	if (a->code == TQ_E_NOTFOUND) {
		tq_cli_warn(e->cli, "no such task %s in %s", id,
		    tq_store_name(e->st));
		e->rc = TQ_EX_NOTASK;
		return;
	}
	if (a->code == TQ_E_DATA)
		tq_cli_warn(e->cli, "%s has used as many attempts already; "
		    "--max-attempts must be above them", id);
	else if (a->code != TQ_OK)
		tq_cli_warn(e->cli, "%s is %s and was not %s", id,
		    tq_status_name(a->status), e->what);
	if (a->code != TQ_OK && e->rc == 0)
		e->rc = TQ_EX_NO;
	e->done += a->code == TQ_OK;
	print_answer(e, id, a);
}

/* Ids may come from whoever creates the store, so it is opened late. */
static int
edit_group(void *arg, const char *const *ids, size_t n)
{
	struct tq_answer answers[GROUP];
	struct tq_edit in[GROUP];
	struct edit *e = arg;
	size_t i;

	for (i = 0; i < n; i++)
		in[i] = (struct tq_edit){ { ids[i], 0 }, e->set, &e->to };
	if ((e->st == NULL &&
	    tq_cli_open(e->cli, TQ_OPEN_WRITE, &e->st) == -1) ||
	    tq_store_edit(e->st, in, n, answers, &e->cli->err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		take_answer(e, ids[i], &answers[i]);
	tq_cli_work(e->cli, e->looked += n, 0, e->what);
	return tq_cli_flush(e->cli);
}

static int
edit_all(struct edit *e)
{
	int rc = tq_cli_ids(e->cli, GROUP, edit_group, e);

	tq_store_close(e->st);
	return rc == -1 ? tq_err_done(&e->cli->err, e->what, e->done) : e->rc;
}

/* Those of one number, -1 when they are not given. */
static void
take_numbers(struct edit *e, const struct opts *o, int64_t now)
{
	if (o->prio != -1) {
		e->to.prio = (int)o->prio;
		e->set |= TQ_SET_PRIO;
	}
	if (o->timeout != -1) {
		e->to.timeout_ms = o->timeout;
		e->set |= TQ_SET_TIMEOUT;
	}
	if (o->max_attempts != -1) {
		e->to.max_attempts = (int)o->max_attempts;
		e->set |= TQ_SET_MAX_ATTEMPTS;
	}
	if (o->keep != -1) {
		e->to.keep_ms = o->keep;
		e->set |= TQ_SET_KEEP;
	}
	if (o->delay != -1 || o->at != -1) {
		e->to.not_before = o->at != -1 ? o->at : now + o->delay;
		e->set |= TQ_SET_NOT_BEFORE;
	}
}

static int
take_texts(struct edit *e, const struct opts *o, int64_t now)
{
	int rc;

	if (o->backoff != NULL) {
		if ((rc = tq_cli_backoff(e->cli, o->backoff, &e->to)) != 0)
			return rc;
		e->set |= TQ_SET_BACKOFF;
	}
	if (o->expires != NULL) {
		if ((rc = tq_cli_expires(e->cli, o->expires, now, &e->to)) !=
		    0)
			return rc;
		e->set |= TQ_SET_EXPIRES;
	}
	if (o->labels.n > 0) {
		if ((rc = tq_cli_labels(e->cli, &o->labels, &e->to)) != 0)
			return rc;
		e->set |= TQ_SET_LABELS;
	}
	if (o->group != NULL) {
		if (!tq_name_ok(o->group))
			return tq_cli_usage(e->cli, "--group %s: must be 1 to "
			    "128 of A-Z a-z 0-9 . _ : -", o->group);
		e->to.group = o->group;
		e->set |= TQ_SET_GROUP;
	}
	return 0;
}

/* Fields of one task alone: its payload; by edit ID -- CMD [ARG...] its command. */
static int
take_own(struct edit *e, const struct opts *o)
{
	struct tq_cli *cli = e->cli;
	struct tq_task *t = NULL;
	bool command = cli->fore == 2;		/* edit ID -- */

	if (command && cli->argc < 2)
		return tq_cli_usage(cli, "edit ID -- CMD [ARG...]: one task and "
		    "its new command");
	if (o->payload == NULL && !command)
		return 0;
	if ((!command && cli->argc != 1) || strcmp(cli->argv[0], "-") == 0)
		return tq_cli_usage(cli, "a payload or a command is of one task");
	if (tq_cli_open(cli, TQ_OPEN_WRITE, &e->st) == -1 ||
	    tq_store_get(e->st, (const char *const *)cli->argv, 1, 0,
	    &cli->arena, &t, &cli->err) == -1)
		return -1;
	if (t == NULL) {
		tq_cli_warn(cli, "no such task %s in %s", cli->argv[0],
		    tq_store_name(e->st));
		return TQ_EX_NOTASK;
	}
	if (command && tq_cli_edit_command(cli, t, &e->to, &e->set) == -1)
		return -1;
	cli->argc = 1;
	return o->payload == NULL ? 0 :
	    tq_cli_edit_payload(cli, t, o->payload, &e->to, &e->set);
}

int
ctl_edit(struct tq_cli *cli, struct opts *o)
{
	int64_t now = tq_wall_ms(cli->env);
	struct edit e = { .cli = cli, .what = "edited" };
	int rc;

	if (o->delay != -1 && o->at != -1)
		return tq_cli_usage(cli, "--delay and --at exclude each other");
	take_numbers(&e, o, now);
	if ((rc = take_texts(&e, o, now)) != 0 || (rc = take_own(&e, o)) != 0) {
		tq_store_close(e.st);
		return rc;
	}
	if (e.set == 0)
		return tq_cli_usage(cli, "edit needs an option that says what "
		    "to change, such as --prio 9");
	return edit_all(&e);
}

int
ctl_hold(struct tq_cli *cli, struct opts *o)
{
	struct edit e = { .cli = cli, .what = "held", .set = TQ_SET_HELD,
	    .to.held = true };

	(void)o;
	return edit_all(&e);
}

int
ctl_unhold(struct tq_cli *cli, struct opts *o)
{
	struct edit e = { .cli = cli, .what = "released", .set = TQ_SET_HELD };

	(void)o;
	return edit_all(&e);
}

/* cmd/tq-ctl/cancel.c -- cancel: what waits at once, what runs soon. */
#include "ctl.h"

#include "cli/tree.h"
#include "util/json.h"

#define GROUP	500

struct cancel {
	struct tq_cli	*cli;
	struct tq_store	*st;
	bool		 tree;
	uint64_t	 done;
	int		 rc;		/* 5 over 1 over 0 */
};

static void
print_answer(struct cancel *c, const char *id, const struct tq_answer *a)
{
	struct tq_buf *out = &c->cli->out;

	if (!c->cli->json) {
		tq_buf_fmt(out, "%s\t%s\n", id, tq_status_name(a->status));
		return;
	}
	tq_buf_chr(out, '{');
	tq_json_member_str(out, "taskId", id);
	tq_json_member_str(out, "status", tq_status_name(a->status));
	tq_json_member_bool(out, "cancelRequested", a->code == TQ_OK);
	tq_buf_str(out, "}\n");
}

static void
take_answer(struct cancel *c, const char *id, const struct tq_answer *a)
{
	if (a->code == TQ_E_NOTFOUND) {
		tq_cli_warn(c->cli, "no such task %s in %s", id,
		    tq_store_name(c->st));
		c->rc = TQ_EX_NOTASK;
		return;
	}
	if (a->code != TQ_OK) {
		tq_cli_warn(c->cli, "%s is %s already", id,
		    tq_status_name(a->status));
		if (c->rc == 0)
			c->rc = TQ_EX_NO;
	}
	c->done += a->code == TQ_OK;
	print_answer(c, id, a);
}

/*
 * ${root} and all that wait for it, the far before the near: whoever is to be
 * cancelled still waits, so that none starts meanwhile.
 */
static int
cancel_tree(struct cancel *c, const char *root)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_answer answer;
	const char **ids;
	size_t n = 0;
	int rc = tq_cli_tree(c->cli, c->st, root, &a, &ids, &n);

	while (rc == 0 && n-- > 0) {
		rc = tq_store_cancel(c->st, &ids[n], 1, &answer, &c->cli->err);
		/* Tasks below the root that have ended are left alone. */
		if (rc == 0 && (n == 0 || answer.code == TQ_OK))
			take_answer(c, ids[n], &answer);
	}
	tq_arena_free(&a);
	return rc;
}

/* Ids may come from whoever creates the store, so it is opened late. */
static int
cancel_group(void *arg, const char *const *ids, size_t n)
{
	struct tq_answer answers[GROUP];
	struct cancel *c = arg;
	size_t i;

	if (c->st == NULL && tq_cli_open(c->cli, TQ_OPEN_WRITE, &c->st) == -1)
		return -1;
	if (c->tree) {
		for (i = 0; i < n; i++)
			if (cancel_tree(c, ids[i]) == -1)
				return -1;
		return tq_cli_flush(c->cli);
	}
	if (tq_store_cancel(c->st, ids, n, answers, &c->cli->err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		take_answer(c, ids[i], &answers[i]);
	tq_cli_work(c->cli, c->done, 0, "cancelled");
	return tq_cli_flush(c->cli);
}

static int
cancel_ids(struct tq_cli *cli, const struct opts *o)
{
	struct cancel c = { .cli = cli, .tree = o->tree };
	int rc = tq_cli_ids(cli, GROUP, cancel_group, &c);

	tq_store_close(c.st);
	return rc == -1 ? tq_err_done(&cli->err, "cancelled", c.done) : c.rc;
}

int
ctl_cancel(struct tq_cli *cli, struct opts *o)
{
	bool filtered = ctl_filtered(o);

	if (cli->argc > 0 && filtered)
		return tq_cli_usage(cli, "cancel takes task ids or a filter, "
		    "not both");
	if (cli->argc > 0 && (o->dry_run || o->yes))
		return tq_cli_usage(cli, "--dry-run and --yes are for cancel "
		    "by a filter");
	if (filtered && o->tree)
		return tq_cli_usage(cli, "--tree is for cancel by task ids");
	if (cli->argc > 0 && tq_cli_given(cli, "queue"))
		return tq_cli_usage(cli, "--queue is for cancel by a filter");
	if (cli->argc == 0 && !filtered)
		return tq_cli_usage(cli, "cancel takes task ids, - to read "
		    "them from stdin, or a filter: --type, --status, --label, "
		    "--error, --since, --until, --all");
	return filtered ? ctl_bulk(cli, o, TQ_BULK_CANCEL) :
	    cancel_ids(cli, o);
}

/* cmd/tq-ctl/purge.c -- purge: remove what has ended, for good. */
#include "ctl.h"

#define GROUP	500

struct purge {
	struct tq_cli	*cli;
	struct tq_store	*st;
	bool		 tree;
	uint64_t	 done;
	int		 rc;		/* 5 over 1 over 0 */
};

static void
take_answer(struct purge *p, const char *id, const struct tq_answer *a)
{
	if (a->code == TQ_OK) {
		p->done++;
		tq_buf_fmt(&p->cli->out, "%s\n", id);
		return;
	}
	if (a->code == TQ_E_NOTFOUND)
		tq_cli_warn(p->cli, "no such task %s in %s", id,
		    tq_store_name(p->st));
	else if (TQ_BIT(a->status) & TQ_FINISHED)
		tq_cli_warn(p->cli, "%s stays: a task waits for it (--tree "
		    "removes it all the same)", id);
	else
		tq_cli_warn(p->cli, "%s is %s: only what has ended can be "
		    "removed (tq-ctl cancel ends it)", id,
		    tq_status_name(a->status));
	if (a->code == TQ_E_NOTFOUND)
		p->rc = TQ_EX_NOTASK;
	else if (p->rc == 0)
		p->rc = TQ_EX_NO;
}

static int
purge_group(void *arg, const char *const *ids, size_t n)
{
	struct tq_answer answers[GROUP];
	struct tq_ref refs[GROUP];
	struct purge *p = arg;
	size_t i;

	if (p->st == NULL && tq_cli_open(p->cli, TQ_OPEN_WRITE, &p->st) == -1)
		return -1;
	for (i = 0; i < n; i++)
		refs[i] = (struct tq_ref){ ids[i], 0 };
	if ((p->tree ? tq_store_purge_tree : tq_store_purge)(p->st, refs, n,
	    answers, &p->cli->err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		take_answer(p, ids[i], &answers[i]);
	tq_cli_work(p->cli, p->done, 0, "purged");
	return tq_cli_flush(p->cli);
}

int
ctl_purge(struct tq_cli *cli, struct opts *o)
{
	struct purge p = { .cli = cli, .tree = o->tree };
	bool filtered = ctl_filtered(o);
	int rc;

	if ((cli->argc > 0) == filtered)
		return tq_cli_usage(cli, "purge takes task ids, - to read "
		    "them from stdin, or a filter: --type, --status, --label, "
		    "--group, --error, --since, --until, --all");
	if (filtered && o->tree)
		return tq_cli_usage(cli, "--tree is for purge by task ids");
	if (cli->argc > 0 && tq_cli_given(cli, "queue"))
		return tq_cli_usage(cli, "--queue is for purge by a filter");
	if (!filtered && (o->dry_run || o->yes))
		return tq_cli_usage(cli, "--dry-run and --yes are for purge "
		    "by a filter");
	if (filtered)
		return ctl_bulk(cli, o, TQ_BULK_PURGE);
	rc = tq_cli_ids(cli, GROUP, purge_group, &p);
	tq_store_close(p.st);
	return rc == -1 ? tq_err_done(&cli->err, "purged", p.done) : p.rc;
}

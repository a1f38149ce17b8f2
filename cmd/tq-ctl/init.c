/* cmd/tq-ctl/init.c -- init and doctor: set up, and look for what is wrong. */
#include "ctl.h"

static int
print_policy(struct tq_cli *cli, const struct opts *o)
{
	const char *role = *o->policy != '\0' ? o->policy : "operator";
	bool whole;

	if (tq_store_policy(cli->store_url, cli->env, role, o->queues.v,
	    o->queues.n, &cli->out, &whole, &cli->err) == -1)
		return -1;
	if (!whole)
		tq_cli_note(cli, "the account is not known, so \"*\" stands "
		    "for it; AWS_ACCOUNT_ID=123456789012 makes the policy "
		    "strict");
	return TQ_EX_OK;
}

static int
print_template(struct tq_cli *cli, const struct opts *o)
{
	const struct tq_init init = { .queues = o->queues.v,
	    .nqueues = o->queues.n, .rate = o->rate > 0 ? o->rate : 0 };

	return tq_store_template(cli->store_url, cli->env, &init, &cli->out,
	    &cli->err) == -1 ? -1 : TQ_EX_OK;
}

/* What is only printed makes nothing: what is for making would be ignored. */
static int
print_only(struct tq_cli *cli, const struct opts *o)
{
	const char *other = tq_cli_untaken(cli, o->policy != NULL ?
	    " print-policy queue " : " print-template queue rate ");

	if (other != NULL)
		return tq_cli_usage(cli, "--%s and --%s do not go together",
		    o->policy != NULL ? "print-policy" : "print-template",
		    other);
	return o->policy != NULL ? print_policy(cli, o) :
	    print_template(cli, o);
}

int
ctl_init(struct tq_cli *cli, struct opts *o)
{
	struct tq_init init = { .queues = o->queues.v,
	    .nqueues = o->queues.n, .migrate = o->migrate,
	    .shards = o->shards > 0 ? (int)o->shards : 0,
	    .rate = o->rate > 0 ? o->rate : 0,
	    .shared = o->shared, .dry_run = o->dry_run };
	struct findings all = { .cli = cli, .dry_run = o->dry_run };
	int rc;

	if (o->policy != NULL || o->template)
		return print_only(cli, o);
	tq_cli_busy(cli, o->migrate ? "migrating" : "setting up");
	rc = tq_store_init(cli->store_url, cli->env, &init, finding_print,
	    &all, &cli->err);
	tq_cli_work_end(cli);
	if (rc == -1)
		return -1;
	/* The doctor counts the things that it found and left alone. */
	return all.worst == TQ_LEVEL_WARN ? TQ_EX_OK :
	    findings_exit(all.worst);
}

int
ctl_doctor(struct tq_cli *cli, struct opts *o)
{
	struct findings all = { .cli = cli };
	enum tq_level worst = TQ_LEVEL_OK;
	int rc;

	(void)o;
	tq_cli_end_at_once();
	tq_cli_busy(cli, "looking");
	rc = tq_store_doctor(cli->store_url, cli->env, finding_print, &all,
	    &worst, &cli->err);
	tq_cli_work_end(cli);
	if (rc == -1)
		return -1;
	return findings_exit(worst > all.worst ? worst : all.worst);
}

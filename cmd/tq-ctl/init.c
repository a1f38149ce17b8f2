/* cmd/tq-ctl/init.c -- init and doctor: set up, and look for what is wrong. */
#include "ctl.h"

int
ctl_init(struct tq_cli *cli, struct opts *o)
{
	struct tq_init init = { .queues = o->queues.v,
	    .nqueues = o->queues.n, .migrate = o->migrate,
	    .dry_run = o->dry_run };
	struct findings all = { .cli = cli };

	if (tq_store_init(cli->store_url, cli->env, &init, finding_print, &all,
	    &cli->err) == -1)
		return -1;
	return findings_exit(all.worst);
}

int
ctl_doctor(struct tq_cli *cli, struct opts *o)
{
	struct findings all = { .cli = cli };
	enum tq_level worst = TQ_LEVEL_OK;

	(void)o;
	if (tq_store_doctor(cli->store_url, cli->env, finding_print, &all,
	    &worst, &cli->err) == -1)
		return -1;
	return findings_exit(worst > all.worst ? worst : all.worst);
}

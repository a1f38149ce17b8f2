/* cmd/tq-ctl/pause.c -- pause and resume a queue. */
#include "ctl.h"

#include <string.h>

#include "util/limits.h"
#include "util/str.h"

static int
set_paused(struct tq_cli *cli, struct tq_control *c, void *arg)
{
	const struct opts *o = arg;

	c->paused = true;
	c->reason = o->why;
	c->until = o->for_ms == -1 ? 0 : tq_wall_ms(cli->env) + o->for_ms;
	return 0;
}

int
ctl_pause(struct tq_cli *cli, struct opts *o)
{
	if (o->why != NULL && strlen(o->why) > TQ_WAIT_REASON_MAX)
		return tq_cli_usage(cli, "--why: at most %d bytes",
		    TQ_WAIT_REASON_MAX);
	if (o->why != NULL && !tq_utf8_valid(tq_span_of(o->why)))
		return tq_cli_usage(cli, "--why: not UTF-8");
	return control_change(cli, cli->argv[0], set_paused, o);
}

static int
set_running(struct tq_cli *cli, struct tq_control *c, void *arg)
{
	(void)cli;
	(void)arg;
	c->paused = false;
	c->reason = NULL;
	c->until = 0;
	return 0;
}

int
ctl_resume(struct tq_cli *cli, struct opts *o)
{
	return control_change(cli, cli->argv[0], set_running, o);
}

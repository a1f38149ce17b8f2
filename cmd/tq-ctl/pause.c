/* cmd/tq-ctl/pause.c -- pause and resume a queue. */
#include "ctl.h"

#include <string.h>

#include "task/why.h"
#include "util/limits.h"
#include "util/str.h"

struct pausing {
	const struct opts *o;
	int64_t		 was_until;	/* the pause that it replaces; 0 */
};

/* Of a queue that is paused, what is not said anew stays: but not its end. */
static int
set_paused(struct tq_cli *cli, struct tq_control *c, void *arg)
{
	int64_t now = tq_wall_ms(cli->env);
	struct pausing *p = arg;

	tq_control_now(c, now);
	p->was_until = c->paused ? c->until : 0;
	if (!c->paused || p->o->why != NULL)
		c->reason = p->o->why;
	c->paused = true;
	c->until = p->o->for_ms == -1 ? 0 : now + p->o->for_ms;
	return 0;
}

static void
say_was(struct tq_cli *cli, const char *queue, int64_t until)
{
	struct tq_why w = { .now = tq_wall_ms(cli->env),
	    .paused_until = until };
	struct tq_buf b = TQ_BUF_INIT(256);

	tq_why_pause(&w, &b);
	tq_cli_note(cli, "queue %s was paused%s, now until resumed", queue,
	    b.data);
	tq_buf_free(&b);
}

int
ctl_pause(struct tq_cli *cli, struct opts *o)
{
	struct pausing p = { .o = o };
	int rc;

	if (o->why != NULL && strlen(o->why) > TQ_WAIT_REASON_MAX)
		return tq_cli_usage(cli, "--why: at most %d bytes",
		    TQ_WAIT_REASON_MAX);
	if (o->why != NULL && !tq_utf8_valid(tq_span_of(o->why)))
		return tq_cli_usage(cli, "--why: not UTF-8");
	rc = control_change(cli, cli->argv[0], set_paused, &p);
	if (rc == 0 && p.was_until != 0 && o->for_ms == -1)
		say_was(cli, cli->argv[0], p.was_until);
	return rc;
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

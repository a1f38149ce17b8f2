/* lib/cli/calls.c -- what a tool asked of AWS; see calls.h. */
#include "cli/calls.h"

#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"

/* From any thread that calls. */
static void
called(void *arg, const char *what, int tries)
{
	struct tq_calls *c = arg;
	size_t i;

	pthread_mutex_lock(&c->lock);
	for (i = 0; i < c->n && strcmp(c->row[i].what, what) != 0; i++)
		;
	if (i < TQ_CALLS_MAX) {
		if (i == c->n)
			c->row[c->n++].what = what;
		c->row[i].calls++;
		c->row[i].again += tries - 1;
	}
	pthread_mutex_unlock(&c->lock);
}

void
tq_calls_start(struct tq_cli *cli)
{
	pthread_mutex_init(&cli->calls.lock, NULL);
	cli->own_env = tq_env_system;
	cli->own_env.called = called;
	cli->own_env.arg = &cli->calls;	/* the system's own needs none */
	cli->env = &cli->own_env;
}

void
tq_calls_say(struct tq_cli *cli)
{
	struct tq_calls *c = &cli->calls;
	struct tq_buf b = TQ_BUF_INIT(16 * 1024);
	size_t i;

	if (cli->verbose == 0)
		return;
	/* A thread that outlived its work may still be at it. */
	pthread_mutex_lock(&c->lock);
	for (i = 0; i < c->n; i++) {
		tq_buf_fmt(&b, "%s%s %" PRId64, i > 0 ? ", " : "",
		    c->row[i].what, c->row[i].calls);
		if (c->row[i].again > 0)
			tq_buf_fmt(&b, " (%" PRId64 " retried)",
			    c->row[i].again);
	}
	pthread_mutex_unlock(&c->lock);
	if (b.len > 0)
		tq_cli_note(cli, "aws calls: %s", b.data);
	tq_buf_free(&b);
}

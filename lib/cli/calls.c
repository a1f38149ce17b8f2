/* lib/cli/calls.c -- what a tool asked of AWS; see calls.h. */
#include "cli/calls.h"

#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"

static void
count(struct tq_calls *c, const struct tq_called *call)
{
	size_t i;

	pthread_mutex_lock(&c->lock);
	for (i = 0; i < c->n && strcmp(c->row[i].what, call->what) != 0; i++)
		;
	if (i < TQ_CALLS_MAX) {
		if (i == c->n)
			c->row[c->n++].what = call->what;
		c->row[i].calls++;
		c->row[i].again += call->tries - 1;
		c->row[i].units.reads += call->units.reads;
		c->row[i].units.writes += call->units.writes;
		c->row[i].units.index += call->units.index;
		c->row[i].units.guessed += call->units.guessed;
	}
	pthread_mutex_unlock(&c->lock);
}

/* One line for each, as -vv wants it. */
static void
trace(struct tq_cli *cli, const struct tq_called *call)
{
	struct tq_buf b = TQ_BUF_INIT(4096);

	tq_buf_fmt(&b, "%s: ", call->what);
	if (call->status == 0)
		tq_buf_str(&b, "no answer");
	else
		tq_buf_fmt(&b, "%d", call->status);
	if (call->code[0] != '\0')
		tq_buf_fmt(&b, " %s", call->code);
	tq_buf_fmt(&b, " in %" PRId64 " ms", call->took_ms);
	if (call->tries > 1)
		tq_buf_fmt(&b, ", %d tries", call->tries);
	if (call->request_id[0] != '\0')
		tq_buf_fmt(&b, " (request %s)", call->request_id);
	tq_cli_note(cli, "%s", b.data);
	tq_buf_free(&b);
}

/* An S3 that is not Amazon's; the store goes on without. */
static void
say_conditions(struct tq_cli *cli, const struct tq_called *call)
{
	bool first;

	if (call->status != 501 || strncmp(call->what, "s3 ", 3) != 0)
		return;
	pthread_mutex_lock(&cli->calls.lock);
	first = !cli->calls.no_conditions;
	cli->calls.no_conditions = true;
	pthread_mutex_unlock(&cli->calls.lock);
	if (first && !cli->quiet)
		tq_cli_note(cli, "%s: this S3 knows no conditional writes: "
		    "objects are written without, under names that are used "
		    "once", call->what);
}

/* From any thread that calls. */
static void
called(void *arg, const struct tq_called *call)
{
	struct tq_cli *cli = arg;

	count(&cli->calls, call);
	say_conditions(cli, call);
	if (cli->verbose > 1)
		trace(cli, call);
}

static bool
stop(void *arg)
{
	(void)arg;
	return tq_cli_interrupted();
}

void
tq_calls_start(struct tq_cli *cli)
{
	pthread_mutex_init(&cli->calls.lock, NULL);
	cli->own_env = tq_env_system;
	cli->own_env.called = called;
	cli->own_env.stop = stop;
	cli->own_env.arg = cli;		/* the system's own needs none */
	cli->env = &cli->own_env;
}

/* "6", "2.5" */
static void
put_halves(struct tq_buf *b, int64_t halves)
{
	tq_buf_fmt(b, "%" PRId64 "%s", halves / 2, halves % 2 != 0 ? ".5" : "");
}

static void
put_units(struct tq_buf *b, const char *what, const struct tq_units *u)
{
	if (u->reads + u->writes == 0)
		return;
	tq_buf_fmt(b, "%s%s ", b->len > 0 ? ", " : "", what);
	put_halves(b, u->reads + u->writes);
	tq_buf_str(b, u->reads > 0 ? " read" : " written");
	if (u->index == 0 || u->index == u->reads)
		return;
	tq_buf_str(b, " (");
	put_halves(b, u->index);
	tq_buf_str(b, " in the index)");
}

/* The lock is held. */
static void
say_units(struct tq_cli *cli, const struct tq_calls *c)
{
	struct tq_buf b = TQ_BUF_INIT(16 * 1024);
	int64_t guessed = 0;
	size_t i;

	for (i = 0; i < c->n; i++) {
		put_units(&b, c->row[i].what, &c->row[i].units);
		guessed += c->row[i].units.guessed;
	}
	if (guessed > 0) {
		tq_buf_str(&b, b.len > 0 ? "; " : "");
		tq_buf_str(&b, "failed conditions about ");
		put_halves(&b, guessed);
		tq_buf_str(&b, " written");
	}
	if (b.len > 0)
		tq_cli_note(cli, "aws units: %s", b.data);
	tq_buf_free(&b);
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
	if (b.len > 0)
		tq_cli_note(cli, "aws calls: %s", b.data);
	say_units(cli, c);
	pthread_mutex_unlock(&c->lock);
	tq_buf_free(&b);
}

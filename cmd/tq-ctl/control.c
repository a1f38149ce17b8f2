/* cmd/tq-ctl/control.c -- the control record of a queue; see ctl.h. */
#include "ctl.h"

#include <string.h>

#include "task/rate.h"
#include "task/why.h"

#define TRIES	20	/* more writers at once than a queue ever has */

static void
print_json(struct tq_cli *cli, const struct tq_control *c)
{
	tq_control_write(c, &cli->out);
	tq_buf_chr(&cli->out, '\n');
}

static void
say(struct tq_cli *cli, const struct tq_control *c)
{
	struct tq_why w = { .now = tq_wall_ms(cli->env),
	    .paused_until = c->until, .pause_reason = c->reason };
	struct tq_buf b = TQ_BUF_INIT(16 * 1024);
	char rate[TQ_RATE_TEXT];
	size_t i;

	tq_buf_str(&b, c->paused ? "is paused" : "is running");
	if (c->paused)
		tq_why_pause(&w, &b);
	if (c->rate > 0)
		tq_buf_fmt(&b, ", starts at most %s",
		    tq_rate_text(c->rate, rate));
	for (i = 0; i < c->nlimits; i++)
		tq_buf_fmt(&b, ", at most %d %s at once", c->limits[i].max,
		    c->limits[i].type);
	tq_cli_note(cli, "queue %s %s", c->queue, b.data);
	tq_buf_free(&b);
}

static int
change_once(struct tq_cli *cli, struct tq_store *st, const char *queue,
    control_fn *fn, void *arg)
{
	struct tq_control c;
	int rc;

	if (tq_store_control_get(st, queue, &cli->arena, &c, &cli->err) == -1)
		return -1;
	if ((rc = fn(cli, &c, arg)) != 0)
		return rc;
	if (tq_store_control_set(st, &c, &cli->err) == -1)
		return -1;
	if (cli->json)
		print_json(cli, &c);
	else
		say(cli, &c);
	return 0;
}

/* Before anything is written for a queue that nobody has. */
static int
check_name(struct tq_cli *cli, struct tq_store *st, const char *queue)
{
	struct tq_err ignored = TQ_ERR_INIT;
	struct tq_count *rows;
	size_t n;

	if (tq_store_count(st, queue, &cli->arena, &rows, &n, &ignored) ==
	    -1 || n > 0)
		return 0;
	if (tq_cli_queue(cli, st, queue) == -1)
		return -1;
	tq_cli_no_tasks(cli, queue);
	return 0;
}

static int
change(struct tq_cli *cli, struct tq_store *st, const char *queue,
    control_fn *fn, void *arg)
{
	int rc = -1, i;

	for (i = 0; i < TRIES; i++) {
		rc = change_once(cli, st, queue, fn, arg);
		if (rc != -1 || cli->err.code != TQ_E_LOST)
			break;
	}
	return rc;
}

int
control_show(struct tq_cli *cli, const char *queue, control_show_fn *fn)
{
	struct tq_control c;
	struct tq_store *st;
	int rc;

	if (!tq_queue_ok(queue))
		return tq_cli_usage(cli, "\"%s\" is not a queue name", queue);
	if (tq_cli_open(cli, TQ_OPEN_READ, &st) == -1)
		return -1;
	if ((rc = check_name(cli, st, queue)) == 0)
		rc = tq_store_control_get(st, queue, &cli->arena, &c,
		    &cli->err);
	if (rc == 0 && cli->json)
		print_json(cli, &c);
	else if (rc == 0)
		fn(cli, &c);
	tq_store_close(st);
	return rc;
}

int
control_change(struct tq_cli *cli, const char *queue, control_fn *fn,
    void *arg)
{
	struct tq_store *st;
	int rc;

	if (!tq_queue_ok(queue))
		return tq_cli_usage(cli, "\"%s\" is not a queue name", queue);
	if (tq_cli_open(cli, TQ_OPEN_WRITE, &st) == -1)
		return -1;
	if ((rc = check_name(cli, st, queue)) == 0)
		rc = change(cli, st, queue, fn, arg);
	tq_store_close(st);
	return rc;
}

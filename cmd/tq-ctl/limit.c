/* cmd/tq-ctl/limit.c -- limit and rate: how much of a queue runs at once. */
#include "ctl.h"

#include <string.h>

#include "task/rate.h"
#include "util/str.h"

/* Where the limit of ${type} is; c->nlimits when there is none. */
static size_t
find_limit(const struct tq_control *c, const char *type)
{
	size_t i;

	for (i = 0; i < c->nlimits; i++)
		if (strcmp(c->limits[i].type, type) == 0)
			break;
	return i;
}

static int
set_limit(struct tq_cli *cli, struct tq_control *c, const char *word)
{
	const char *eq = strchr(word, '='), *type;
	int64_t max;
	size_t i;

	if (eq == NULL || tq_str_int(eq + 1, 0, TQ_LIMIT_MAX, &max) == -1)
		return tq_cli_usage(cli, "limit \"%s\": must be TYPE=N with N "
		    "from 0 (no limit) to %d", word, TQ_LIMIT_MAX);
	type = tq_arena_dup(&cli->arena, word, (size_t)(eq - word));
	if (!tq_name_ok(type))
		return tq_cli_usage(cli, "limit \"%s\": no legal type", word);
	i = find_limit(c, type);
	if (max == 0) {
		if (i < c->nlimits)
			c->limits[i] = c->limits[--c->nlimits];
		return 0;
	}
	if (i == TQ_LIMITS_PER_QUEUE)
		return tq_cli_usage(cli, "queue %s has %d limits, and no room "
		    "for more", c->queue, TQ_LIMITS_PER_QUEUE);
	c->limits[i] = (struct tq_limit){ type, (int)max };
	if (i == c->nlimits)
		c->nlimits++;
	return 0;
}

static int
set_limits(struct tq_cli *cli, struct tq_control *c, void *arg)
{
	int i, rc = 0;

	(void)arg;
	for (i = 1; rc == 0 && i < cli->argc; i++)
		rc = set_limit(cli, c, cli->argv[i]);
	return rc;
}

/* As limit takes them. */
static void
print_limits(struct tq_cli *cli, const struct tq_control *c)
{
	size_t i;

	for (i = 0; i < c->nlimits; i++)
		tq_buf_fmt(&cli->out, "%s=%d\n", c->limits[i].type,
		    c->limits[i].max);
}

int
ctl_limit(struct tq_cli *cli, struct opts *o)
{
	if (cli->argc == 1)
		return control_show(cli, cli->argv[0], print_limits);
	return control_change(cli, cli->argv[0], set_limits, o);
}

static int
set_rate(struct tq_cli *cli, struct tq_control *c, void *arg)
{
	(void)cli;
	c->rate = *(double *)arg;
	return 0;
}

static void
print_rate(struct tq_cli *cli, const struct tq_control *c)
{
	char text[TQ_RATE_TEXT];

	tq_buf_fmt(&cli->out, "%s\n", tq_rate_text(c->rate, text));
}

int
ctl_rate(struct tq_cli *cli, struct opts *o)
{
	double rate = 0;

	(void)o;
	if (cli->argc == 1)
		return control_show(cli, cli->argv[0], print_rate);
	if (strcmp(cli->argv[1], "0") != 0 &&
	    tq_rate_parse(cli->argv[1], &rate) == -1)
		return tq_cli_usage(cli, "rate \"%s\": must be such as 5/s, "
		    "30/m or 1000/h; 0 for no limit", cli->argv[1]);
	return control_change(cli, cli->argv[0], set_rate, &rate);
}

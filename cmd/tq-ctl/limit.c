/* cmd/tq-ctl/limit.c -- limit and rate: how much of a queue runs at once. */
#include "ctl.h"

#include <stdlib.h>
#include <string.h>

#include "util/str.h"

#define LIMIT_MAX	1000000

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

	if (eq == NULL || tq_str_int(eq + 1, 0, LIMIT_MAX, &max) == -1)
		return tq_cli_usage(cli, "limit \"%s\": must be TYPE=N with N "
		    "from 0 (no limit) to %d", word, LIMIT_MAX);
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

int
ctl_limit(struct tq_cli *cli, struct opts *o)
{
	return control_change(cli, cli->argv[0], set_limits, o);
}

/* "5/s", "30/m", "1000/h", "2.5" -> a second; -1. */
static int
parse_rate(const char *s, double *rate)
{
	static const struct {
		const char	*unit;
		double		 seconds;
	} units[] = { { "", 1 }, { "/s", 1 }, { "/m", 60 }, { "/h", 3600 } };
	size_t i, n = strspn(s, "0123456789.");
	char *end;

	*rate = strtod(s, &end);
	if (n == 0 || end != s + n || *rate > 1e6)
		return -1;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0) {
			*rate /= units[i].seconds;
			return 0;
		}
	return -1;
}

static int
set_rate(struct tq_cli *cli, struct tq_control *c, void *arg)
{
	(void)cli;
	c->rate = *(double *)arg;
	return 0;
}

int
ctl_rate(struct tq_cli *cli, struct opts *o)
{
	double rate;

	(void)o;
	if (parse_rate(cli->argv[1], &rate) == -1)
		return tq_cli_usage(cli, "rate \"%s\": must be such as 5/s, "
		    "30/m or 1000/h; 0 for no limit", cli->argv[1]);
	return control_change(cli, cli->argv[0], set_rate, &rate);
}

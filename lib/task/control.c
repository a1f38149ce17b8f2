/* lib/task/control.c -- see control.h. */
#include "task/control.h"

#include <string.h>

#include "task/rate.h"
#include "util/json.h"

void
tq_control_now(struct tq_control *c, int64_t now)
{
	if (!c->paused || c->until == 0 || c->until > now)
		return;
	c->paused = false;
	c->reason = NULL;
	c->until = 0;
}

void
tq_limits_write(const struct tq_control *c, struct tq_buf *b)
{
	size_t i;

	tq_buf_chr(b, '{');
	for (i = 0; i < c->nlimits; i++)
		tq_json_member_int(b, c->limits[i].type, c->limits[i].max);
	tq_buf_chr(b, '}');
}

void
tq_control_write(const struct tq_control *c, struct tq_buf *b)
{
	char rate[TQ_RATE_TEXT];

	tq_buf_chr(b, '{');
	tq_json_member_str(b, "queue", c->queue);
	tq_json_member_bool(b, "paused", c->paused);
	tq_json_member_str(b, "reason", c->reason);
	tq_json_member_time(b, "until", c->until);
	tq_json_key(b, "rate");
	tq_buf_fmt(b, "%.10g", c->rate);
	tq_json_member_str(b, "rateText", tq_rate_text(c->rate, rate));
	tq_json_key(b, "limits");
	tq_limits_write(c, b);
	tq_buf_chr(b, '}');
}

void
tq_limits_read(struct tq_control *c, struct tq_span json, struct tq_arena *a)
{
	struct tq_json_iter it;
	struct tq_span k, v;
	int64_t n;

	c->nlimits = 0;
	if (tq_json_check(json, NULL) == -1)
		return;
	it = tq_json_iter(json);
	while (c->nlimits < TQ_LIMITS_PER_QUEUE && tq_json_next(&it, &k, &v)) {
		if (!tq_json_int(v, &n) || n < 0 || n > TQ_LIMIT_MAX)
			continue;
		c->limits[c->nlimits].type = tq_arena_dup(a, k.p, k.n);
		c->limits[c->nlimits++].max = (int)n;
	}
}

static int64_t
least(const struct tq_limit *l, size_t n, const char *type, int64_t max)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(l[i].type, type) == 0 && l[i].max < max)
			max = l[i].max;
	return max;
}

int64_t
tq_limit_of(const struct tq_limit *own, size_t n, const struct tq_control *c,
    const char *type)
{
	return least(c->limits, c->nlimits, type,
	    least(own, n, type, TQ_NO_LIMIT));
}

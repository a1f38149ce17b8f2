/* lib/task/rate.c -- see rate.h. */
#include "task/rate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
tq_rate_parse(const char *s, double *per_s)
{
	static const struct {
		const char	*unit;
		double		 seconds;
	} units[] = { { "", 1 }, { "/s", 1 }, { "/m", 60 }, { "/h", 3600 } };
	size_t i, n = strspn(s, "0123456789.");
	char *end;
	double v = strtod(s, &end);

	if (n == 0 || end != s + n)
		return -1;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0) {
			*per_s = v / units[i].seconds;
			return *per_s > 0 && *per_s <= 1e9 ? 0 : -1;
		}
	return -1;
}

const char *
tq_rate_text(double per_s, char out[TQ_RATE_TEXT])
{
	static const struct {
		double		seconds;
		const char	*unit;
	} units[] = { { 1, "/s" }, { 60, "/m" }, { 3600, "/h" } };
	double n = 0, off;
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		n = per_s * units[i].seconds;
		off = n - (double)(int64_t)(n + 0.5);
		/* A table may have kept nine digits of it. */
		if (n >= 0.5 && off < 1e-8 * n && off > -1e-8 * n)
			break;
	}
	if (i == sizeof(units) / sizeof(units[0]))
		snprintf(out, TQ_RATE_TEXT, "%.10g%s", per_s, per_s == 0 ? "" :
		    "/s");
	else
		snprintf(out, TQ_RATE_TEXT, "%lld%s", (long long)(n + 0.5),
		    units[i].unit);
	return out;
}

double
tq_burst(double per_s)
{
	return per_s > 10 ? per_s / 10 : 1;
}

double
tq_bucket_fill(struct tq_bucket *b, double per_s, double burst, int64_t now)
{
	if (b->filled == 0 || b->filled > now)
		b->tokens = burst;
	else
		b->tokens += (double)(now - b->filled) * per_s / 1000;
	if (b->tokens > burst)
		b->tokens = burst;
	b->filled = now;
	return b->tokens;
}

bool
tq_bucket_take(struct tq_bucket *b, double per_s, double burst, int64_t now)
{
	if (tq_bucket_fill(b, per_s, burst, now) < 1)
		return false;
	b->tokens--;
	return true;
}

int64_t
tq_bucket_wait_ms(const struct tq_bucket *b, double per_s)
{
	if (b->tokens >= 1)
		return 0;
	return 1 + (int64_t)((1 - b->tokens) * 1000 / per_s);
}

/* lib/work/rate.c -- see rate.h. */
#include "work/rate.h"

#include <stdlib.h>
#include <string.h>

int
tq_rate_parse(const char *s, double *per_s)
{
	double v, unit = 1;
	char *end;

	if (*s < '0' || *s > '9')
		return -1;
	v = strtod(s, &end);
	if (strcmp(end, "/m") == 0)
		unit = 60;
	else if (strcmp(end, "/h") == 0)
		unit = 3600;
	else if (*end != '\0' && strcmp(end, "/s") != 0)
		return -1;
	if (!(v > 0 && v < 1e9))
		return -1;
	*per_s = v / unit;
	return 0;
}

static double
bucket_size(const struct tq_rate *r)
{
	return r->per_s / 10 > 1 ? r->per_s / 10 : 1;
}

size_t
tq_rate_may(struct tq_rate *r, int64_t now)
{
	if (r->per_s == 0)
		return SIZE_MAX;
	if (r->at == 0)
		r->tokens = 1;
	else if (now > r->at)
		r->tokens += (double)(now - r->at) / 1000 * r->per_s;
	if (r->tokens > bucket_size(r))
		r->tokens = bucket_size(r);
	r->at = now;
	return r->tokens < 1 ? 0 : (size_t)r->tokens;
}

void
tq_rate_took(struct tq_rate *r, size_t n)
{
	if (r->per_s != 0)
		r->tokens -= (double)n;
}

int64_t
tq_rate_wait_ms(const struct tq_rate *r)
{
	if (r->per_s == 0 || r->tokens >= 1)
		return 0;
	return (int64_t)((1 - r->tokens) / r->per_s * 1000) + 1;
}

size_t
tq_prefetch(double task_us, int slots)
{
	double n;

	if (task_us < 0)
		return 0;
	if (task_us < 1)
		task_us = 1;
	n = TQ_PREFETCH_MS * 1000.0 / task_us * slots;
	return n > TQ_PREFETCH_MAX ? TQ_PREFETCH_MAX : (size_t)n;
}

double
tq_ewma(double avg, double sample)
{
	return avg < 0 ? sample : avg * 0.7 + sample * 0.3;
}

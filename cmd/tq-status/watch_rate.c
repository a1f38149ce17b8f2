/* cmd/tq-status/watch_rate.c -- see watch_rate.h. */
#include "watch_rate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES		13
#define SAMPLE_MS	5000	/* between two: they span a minute */
#define LEAST_MS	2000	/* of which a speed can be told */

/* Of one queue and type. */
struct watch_pace {
	char		 queue[TQ_QUEUE_MAX + 1], type[TQ_NAME_MAX + 1];
	uint64_t	 last;		/* ended ones, as last counted */
	uint64_t	 sum;		/* that ended since the first look */
	struct {
		int64_t	 at;
		uint64_t sum;
	} sample[SAMPLES];		/* a ring */
	size_t		 n, newest;
};

static uint64_t
ended(const struct tq_facts_row *r)
{
	return r->completed + r->failed + r->cancelled;
}

static struct watch_pace *
pace_of(struct watch_rates *r, const struct tq_facts_row *row)
{
	struct watch_pace *p;
	size_t i;

	for (i = 0; i < r->n; i++)
		if (strcmp(r->v[i].queue, row->queue) == 0 &&
		    strcmp(r->v[i].type, row->type) == 0)
			return &r->v[i];
	r->v = tq_must(realloc(r->v, (r->n + 1) * sizeof(*r->v)));
	p = &r->v[r->n++];
	memset(p, 0, sizeof(*p));
	snprintf(p->queue, sizeof(p->queue), "%s", row->queue);
	snprintf(p->type, sizeof(p->type), "%s", row->type);
	p->last = ended(row);
	return p;
}

static void
sample(struct watch_pace *p, int64_t now)
{
	if (p->n > 0 && now - p->sample[p->newest].at < SAMPLE_MS)
		return;
	p->newest = p->n == 0 ? 0 : (p->newest + 1) % SAMPLES;
	p->sample[p->newest].at = now;
	p->sample[p->newest].sum = p->sum;
	if (p->n < SAMPLES)
		p->n++;
}

static double
speed(const struct watch_pace *p, int64_t now)
{
	size_t oldest = (p->newest + SAMPLES - (p->n - 1)) % SAMPLES;
	int64_t ms = now - p->sample[oldest].at;

	return ms < LEAST_MS ? -1 : (double)(p->sum - p->sample[oldest].sum) *
	    1000 / (double)ms;
}

void
watch_rates_see(struct watch_rates *r, struct tq_facts_row *rows, size_t n, int64_t now)
{
	struct watch_pace *p;
	size_t i;

	for (i = 0; i < n; i++) {
		p = pace_of(r, &rows[i]);
		if (ended(&rows[i]) > p->last)
			p->sum += ended(&rows[i]) - p->last;
		p->last = ended(&rows[i]);
		sample(p, now);
		rows[i].speed = speed(p, now);
	}
}

void
watch_rates_free(struct watch_rates *r)
{
	free(r->v);
	*r = (struct watch_rates){ NULL, 0 };
}

int64_t
watch_eta_ms(uint64_t waiting, double speed)
{
	double ms;

	if (speed <= 0)
		return waiting == 0 ? 0 : -1;
	ms = (double)waiting / speed * 1000;
	return ms < 1e15 ? (int64_t)ms : -1;
}

const char *
watch_speed_text(double speed, char out[16])
{
	static const struct {
		double		 least, times;
		const char	*unit;
	} units[] = {
		{ 10, 1, "s" }, { 1.0 / 60, 60, "m" }, { 0, 3600, "h" },
	};
	char number[24];
	size_t i = 0;

	out[0] = '\0';
	if (speed <= 0)
		return out;
	while (speed < units[i].least)
		i++;
	snprintf(out, 16, "%s/%s", watch_number_text(
	    (uint64_t)(speed * units[i].times + 0.5), 4, number),
	    units[i].unit);
	return out;
}

const char *
watch_number_text(uint64_t n, int width, char out[24])
{
	static const char units[] = " kMGTPE";
	double v = (double)n;
	size_t i = 0;

	if (snprintf(out, 24, "%" PRIu64, n) <= width)
		return out;
	for (; v >= 999.5 && units[i + 1] != '\0'; i++)
		v /= 1000;
	snprintf(out, 24, v < 9.95 ? "%.1f%c" : "%.0f%c", v, units[i]);
	return out;
}

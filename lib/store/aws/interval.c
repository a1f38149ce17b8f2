/*
 * lib/store/aws/interval.c -- how long to wait between polls.
 *
 * No service tells of a change, and each poll costs requests.  So the interval
 * doubles while nothing changes, whatever the callers' timeouts are.
 */
#include "store/aws/aws.h"

#define INTERVAL_MAX_MS	2000

void
aq_polled(struct aq *s, struct aq_interval *r, bool quiet)
{
	unsigned wakes = atomic_load(&s->wakes);
	int64_t ms = 2 * r->ms;

	if (!quiet || r->wakes != wakes || ms < r->min_ms)
		ms = r->min_ms;
	r->ms = ms < INTERVAL_MAX_MS ? ms : INTERVAL_MAX_MS;
	r->next_at = tq_boot_ms(s->base.env) + r->ms;
	r->wakes = wakes;
}

void
aq_poll_sooner(struct aq_interval *r)
{
	r->next_at -= r->ms - r->min_ms;
	r->ms = r->min_ms;
}

bool
aq_poll_wait(struct aq *s, const struct aq_interval *r, int64_t end)
{
	int64_t now = tq_boot_ms(s->base.env);

	if (atomic_load(&s->wakes) != r->wakes || r->next_at <= now)
		return true;
	if (r->next_at > end) {
		aq_sleep(end > now ? end - now : 0);
		return false;
	}
	return aq_sleep(r->next_at - now) == 0;
}

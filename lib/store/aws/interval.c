/*
 * lib/store/aws/interval.c -- when to look again.
 *
 * Nobody tells of a change, and each look costs requests.  So the looks have
 * a rhythm of their own, whatever the callers' timeouts are: the longer
 * nothing changes, the rarer.
 */
#include <errno.h>
#include <time.h>

#include "store/aws/aws.h"

#define REST_MAX_MS	2000

int
aq_nap(int64_t ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	return nanosleep(&ts, NULL) == -1 && errno == EINTR ? -1 : 0;
}

void
aq_looked(struct aq *s, struct aq_rhythm *r, bool quiet)
{
	unsigned wakes = atomic_load(&s->wakes);
	int64_t ms = 2 * r->rest_ms;

	if (!quiet || r->wakes != wakes || ms < r->min_ms)
		ms = r->min_ms;
	r->rest_ms = ms < REST_MAX_MS ? ms : REST_MAX_MS;
	r->next_at = tq_boot_ms(s->base.env) + r->rest_ms;
	r->wakes = wakes;
}

void
aq_look_sooner(struct aq_rhythm *r)
{
	r->next_at -= r->rest_ms - r->min_ms;
	r->rest_ms = r->min_ms;
}

bool
aq_rest(struct aq *s, const struct aq_rhythm *r, int64_t end)
{
	int64_t now = tq_boot_ms(s->base.env);

	if (atomic_load(&s->wakes) != r->wakes || r->next_at <= now)
		return true;
	if (r->next_at > end) {
		aq_nap(end > now ? end - now : 0);
		return false;
	}
	return aq_nap(r->next_at - now) == 0;
}

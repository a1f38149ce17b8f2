/* lib/task/rate.c -- see rate.h. */
#include "task/rate.h"

double
tq_bucket_fill(struct tq_bucket *b, double per_s, int64_t now)
{
	double most = per_s > 10 ? per_s / 10 : 1;

	if (b->filled == 0 || b->filled > now)
		b->tokens = most;
	else
		b->tokens += (double)(now - b->filled) * per_s / 1000;
	if (b->tokens > most)
		b->tokens = most;
	b->filled = now;
	return b->tokens;
}

int64_t
tq_bucket_wait_ms(const struct tq_bucket *b, double per_s)
{
	if (b->tokens >= 1)
		return 0;
	return 1 + (int64_t)((1 - b->tokens) * 1000 / per_s);
}

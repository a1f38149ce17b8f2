/* lib/store/aws/claim/rate.c -- the queue's rate: a token bucket in an item. */
#include "aws/item.h"
#include "store/aws/claim/claim.h"
#include "store/aws/record/table.h"
#include "task/rate.h"

#define TRIES	10	/* of writes that somebody else overtook */

/* The bucket as an item. */
struct stored {
	struct tq_bucket b;
	int64_t		 rev;
};

/* It is read full when there is none yet. */
static int
bucket_read(struct aq *s, const struct tq_control *c, const char *pk,
    struct tq_arena *a, struct stored *is, struct tq_err *err)
{
	int64_t milli = 0, now = aq_now(s);
	struct tq_span item;

	if (aq_items(s, &pk, 1, a, &item, err) == -1)
		return -1;
	*is = (struct stored){ .rev = 0 };
	if (item.n > 0) {
		tq_item_get_int(item, "rev", &is->rev);
		tq_item_get_int(item, "milli", &milli);
		tq_item_get_int(item, "filled", &is->b.filled);
		is->b.tokens = (double)milli / 1000;
	}
	/* By a clock that is ahead of ours, by no more than a host's may be? */
	if (is->b.filled > now && is->b.filled <= now + AQ_MARGIN_MS)
		now = is->b.filled;
	tq_bucket_fill(&is->b, c->rate, tq_burst(c->rate), now);
	return 0;
}

static int
bucket_write(struct aq *s, const char *pk, const struct stored *is,
    double taken, struct tq_err *err)
{
	static const char *const names[] = { "#r", "rev", NULL };
	static const char *const fresh[] = { "#p", "pk", NULL };
	struct tq_buf b = TQ_BUF_INIT(4096), v = TQ_BUF_INIT(256);
	int rc;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", pk);
	tq_item_int(&b, "rev", is->rev + 1);
	tq_item_int(&b, "milli", (int64_t)((is->b.tokens - taken) * 1000));
	tq_item_int(&b, "filled", is->b.filled);
	tq_item_close(&b, NULL);
	tq_item_open(&v, NULL);
	tq_item_int(&v, ":r", is->rev);
	tq_item_close(&v, NULL);
	rc = is->rev == 0
		 ? aq_put(s, tq_buf_span(&b), "attribute_not_exists(#p)", fresh,
		       TQ_SPAN_NONE, err)
		 : aq_put(s, tq_buf_span(&b), "#r = :r", names, tq_buf_span(&v),
		       err);
	tq_buf_free(&b);
	tq_buf_free(&v);
	return rc;
}

/* Take up to ${n} tokens (negative: give back); how many, or -1. */
static int
bucket_move(struct aq *s, const struct tq_control *c, int64_t n,
    int64_t *next_ms, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *pk = tq_arena_fmt(&a, "r#%s", c->queue);
	struct stored is;
	int64_t take = 0;
	int i, rc = 0;

	for (i = 0; i < TRIES && rc == 0; i++) {
		rc = bucket_read(s, c, pk, &a, &is, err);
		if (rc == -1)
			break;
		take = n;
		if (n > 0 && is.b.tokens < 1) {
			*next_ms = is.b.filled +
			    tq_bucket_wait_ms(&is.b, c->rate);
			take = 0;
			break;
		}
		if (take > 0 && (double)take > is.b.tokens)
			take = (int64_t)is.b.tokens;
		rc = bucket_write(s, pk, &is, (double)take, err);
	}
	tq_arena_free(&a);
	return rc == -1 ? -1 : rc == 0 && take != 0 ? 0 : (int)take;
}

int
aq_rate_take(struct aq *s, const struct tq_control *c, size_t *n,
    int64_t *next_ms, struct tq_err *err)
{
	int took = bucket_move(s, c, (int64_t)*n, next_ms, err);

	if (took == -1)
		return -1;
	*n = (size_t)took;
	return 0;
}

void
aq_rate_back(struct aq *s, const struct tq_control *c, size_t n)
{
	int64_t next;

	bucket_move(s, c, -(int64_t)n, &next, NULL);
}

/*
 * lib/store/aws/sweep/part.c -- who sweeps which shard.
 *
 * The holder of the item s#sweeper sweeps the first shard of each queue, and what
 * no shard has; that of s#sweeper#N shard N.  An idle sweeper takes all that are
 * free.  One that has much to do in a part keeps to that: it gives up its others,
 * for the idle to take, and takes one only that nobody wanted for a minute.
 */
#include "aws/item.h"
#include "store/aws/record/table.h"
#include "store/aws/sweep/sweep.h"
#include "util/time.h"

#define HELD_MS		(2 * TQ_MINUTE_MS)
#define UNWANTED_MS	TQ_MINUTE_MS
#define MUCH		500	/* removed in a round */

#define NOBODY		"-"

/* The part that a sweeper keeps to; -1: none has much to do. */
static int
busy_with(const struct aq *s)
{
	int i;

	for (i = 0; i < AQ_SHARDS_MAX && !s->sweeping.much[i]; i++)
		;
	return i < AQ_SHARDS_MAX ? i : -1;
}

/*
 * If it is ${name}'s, or has been free since ${since}, or in any case (0), it is
 * ${to}'s until ${until}.  1, 0 it is another's, -1.
 */
static int
hand(struct aq *s, int part, const char *name, int64_t since, const char *to,
    int64_t until, struct tq_err *err)
{
	static const char *const names[] = { "#p", "pk", "#u", "until", "#s",
	    "sweeper", NULL };
	struct tq_buf b = TQ_BUF_INIT(4096), v = TQ_BUF_INIT(256);
	struct tq_arena a = TQ_ARENA_INIT;
	int rc;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", part == 0 ? "s#sweeper" :
	    tq_arena_fmt(&a, "s#sweeper#%d", part));
	tq_item_text(&b, "sweeper", to);
	tq_item_int(&b, "until", until);
	tq_item_close(&b, NULL);
	tq_item_open(&v, NULL);
	tq_item_int(&v, ":n", since);
	tq_item_text(&v, ":s", name);
	tq_item_close(&v, NULL);
	rc = since == 0 ? aq_put(s, tq_buf_span(&b), NULL, NULL, TQ_SPAN_NONE,
	    err) : aq_put(s, tq_buf_span(&b),
	    "attribute_not_exists(#p) OR #u < :n OR #s = :s", names,
	    tq_buf_span(&v), err);
	tq_buf_free(&b);
	tq_buf_free(&v);
	tq_arena_free(&a);
	return rc;
}

static int
take(struct aq *s, int part, int busy, const char *name, bool force,
    struct tq_err *err)
{
	struct aq_sweeping *w = &s->sweeping;
	int64_t now = aq_now(s);
	int rc;

	if (w->mine[part] && busy != -1 && busy != part && !force) {
		w->mine[part] = w->much[part] = false;
		return hand(s, part, name, now, NOBODY, now - 1, err) == -1 ?
		    -1 : 0;
	}
	rc = hand(s, part, name, force ? 0 : busy == -1 ? now :
	    now - UNWANTED_MS, name, now + HELD_MS, err);
	w->mine[part] = rc == 1;
	w->much[part] &= rc == 1;
	return rc;
}

int
aq_parts_take(struct aq *s, int n, const char *name, bool force,
    struct tq_err *err)
{
	int i, rc, got = 0, busy = busy_with(s);

	for (i = 0; i < n; i++) {
		if ((rc = take(s, i, busy, name, force, err)) == -1)
			return -1;
		got += rc;
	}
	return got;
}

void
aq_part_swept(struct aq *s, int part, const struct tq_swept *did)
{
	s->sweeping.much[part] = did->removed >= MUCH;
}

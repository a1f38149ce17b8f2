/*
 * lib/store/aws/sweep/sweep.c -- house-keeping, one process at a time;
 * chores.c says what is done.
 */
#include "aws/item.h"
#include "store/aws/record/table.h"
#include "store/aws/sweep/sweep.h"
#include "util/time.h"

#define SWEEPER_MS	(2 * TQ_MINUTE_MS)

/* 1: the sweep is ours; 0: somebody else's; -1. */
static int
become_sweeper(struct aq *s, const char *name, bool force, struct tq_err *err)
{
	static const char *const names[] = { "#p", "pk", "#u", "until", "#s",
	    "sweeper", NULL };
	struct tq_buf b = TQ_BUF_INIT(4096), v = TQ_BUF_INIT(256);
	int64_t now = aq_now(s);
	int rc;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", "s#sweeper");
	tq_item_text(&b, "sweeper", name);
	tq_item_int(&b, "until", now + SWEEPER_MS);
	tq_item_close(&b, NULL);
	tq_item_open(&v, NULL);
	tq_item_int(&v, ":n", now);
	tq_item_text(&v, ":s", name);
	tq_item_close(&v, NULL);
	rc = force ? aq_put(s, tq_buf_span(&b), NULL, NULL, TQ_SPAN_NONE, err)
		   : aq_put(s, tq_buf_span(&b),
			 "attribute_not_exists(#p) OR #u < :n OR #s = :s",
			 names, tq_buf_span(&v), err);
	tq_buf_free(&b);
	tq_buf_free(&v);
	return rc;
}

int
aq_sweep(struct tq_store *st, const char *sweeper, bool force,
    struct tq_swept *out, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_arena a = TQ_ARENA_INIT;
	const char **queues;
	struct tq_err why = TQ_ERR_INIT;
	size_t i, n;
	int rc, won;

	*out = (struct tq_swept){ 0 };
	if ((won = become_sweeper(s, sweeper, force, err)) == -1)
		return -1;
	out->skipped = !won;
	if (!won)
		return 0;
	rc = aq_queues(s, &a, &queues, &n, &why);
	for (i = 0; i < n && !aq_unreachable(&why); i++)
		if (aq_do_chores(s, queues[i], force, out, &why) == -1 ||
		    aq_debts_pay(s, queues[i], &why) == -1 ||
		    aq_orphans_remove(s, queues[i], &out->blobs, &why) == -1)
			rc = -1;	/* the next may be all right */
	if (rc == -1 && err != NULL)
		*err = why;
	if (!out->more)
		aq_chores_anew(s);
	tq_arena_free(&a);
	return rc;
}

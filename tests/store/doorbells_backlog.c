/* tests/store/doorbells_backlog.c -- many tasks: what a sweep does and costs. */
#include "doorbells.h"

#include <stdlib.h>

#define BACKLOG	2000		/* TQ_BACKLOG: 20,000 in `make check-long' */
#define GROUP	500		/* submitted at a time */
#define LOST	50
#define FEW	130		/* requests of a sweep that finds nothing to do */

/* Each at a millisecond of its own. */
static void
put_some(enum tq_stored want)
{
	int i;

	for (i = 0; i < LOST; i++) {
		put_due("a", 0, want);
		pass(1);
	}
}

/* A sweep's result, and no more than so many requests for it. */
static void
sweep_at_most(struct host *h, size_t rung, size_t calls)
{
	size_t before = h->calls;

	T_INT(sweep(h).rung, rung);
	T_OK(h->calls - before <= calls);
	if (h->calls - before > calls)
		printf("# a sweep took %zu requests\n", h->calls - before);
}

static void
sends_that_failed(void)
{
	be_busy();
	w1.refuse = "SendMessage";
	put_some(TQ_OWED);
	T_INT(on(MAIN).visible, 0);
	T_INT(sweep(&w2).rung, LOST);
	T_INT(on(MAIN).visible, LOST);
	T_INT(sweep(&w2).rung, 0);
}

static void
messages_that_vanished(void)
{
	pass(-10 * MINUTE);
	put_some(TQ_STORED);
	lose_all();
	pass(10 * MINUTE);
	put_due("b", 0, TQ_STORED);
	T_INT(claim_of(&w2, "b", 1).n, 1);
	T_INT(sweep(&w2).rung, LOST);
	T_INT(on(MAIN).visible, LOST);
	T_INT(sweep(&w2).rung, 0);
}

/*
 * The oldest have lost their messages, the newest never had any, and those
 * between wait, behind one worker: it sweeps, and so does cron.
 */
static void
backlog(void)
{
	const char *more = getenv("TQ_BACKLOG");
	size_t i, n = more != NULL ? strtoul(more, NULL, 10) : BACKLOG;

	w1.deaf = w2.deaf = true;
	pass(-10 * MINUTE);
	put_some(TQ_STORED);
	lose_all();
	set_clock();
	let_run();
	for (i = 0; i < n; i += GROUP)
		put_many("a", GROUP, 0);
	T_INT(on(MAIN).all, n);
	pass(3 * MINUTE);
	sweep_at_most(&w2, 0, FEW);	/* it knows nothing yet */
	T_INT(claim_of(&w2, "a", 10).n, 10);
	sweep_at_most(&w2, LOST, FEW + 3 * LOST);
	T_INT(on(MAIN).all, n + LOST);
	w1.refuse = "SendMessage";
	put_some(TQ_OWED);
	w1.refuse = NULL;
	sweep_at_most(&w2, LOST, FEW + 3 * LOST);
	T_INT(on(MAIN).all, n + 2 * LOST);
	for (i = 0; i < 5; i++) {
		pass(MINUTE);
		sweep_at_most(i % 2 == 0 ? &w1 : &w2, 0, FEW);
	}
	T_INT(on(MAIN).all, n + 2 * LOST);
}

#define IN_FRONT	1100	/* over two pages of the index */

/* Its message is lost, and so are those of all that stands before it. */
static void
ours_behind_others(void)
{
	struct tq_claimed got;
	size_t before, looks = 0;

	w1.deaf = w2.deaf = true;
	let_run();
	put_many("b", IN_FRONT, 0);
	pass(1);
	put_many("a", 1, 0);
	lose_all();
	do {
		got = claim_of(&w2, "a", 1);
		looks++;
	} while (got.n == 0 && got.more && looks < 20);
	T_INT(got.n, 1);
	T_OK(looks <= 4);
	/* All of it is seen before "there is nothing" is said; then no more. */
	for (looks = 1; claim_of(&w2, "c", 1).more; looks++)
		T_MUST(looks < 20);
	T_OK(looks >= 3);
	before = w2.calls;
	T_OK(!claim_of(&w2, "c", 1).more);
	T_OK(w2.calls - before < 10);
}

CASES(backlog,
	{ "a task behind 1,100 of others is found, its message lost",
	    ours_behind_others },
	{ "50 whose send failed are rung for within one sweep",
	    sends_that_failed },
	{ "50 whose message vanished are rung for within one sweep",
	    messages_that_vanished },
	{ "thousands that wait cause no message, and few requests", backlog })

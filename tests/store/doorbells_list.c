/* tests/store/doorbells_list.c -- lists by creation, which no index has. */
#include "doorbells.h"

#include "store/aws/page.h"

#define TASKS	12

static const char *ids[TASKS];

/* Of all states, in an order of changes that is not that of creation. */
static void
put_all(void)
{
	struct tq_claimed got;
	int i;

	for (i = 0; i < TASKS; i++) {
		/* The oldest two wait for a day. */
		ids[i] = put_due("a", i < 2 ? now + DAY : 0, TQ_STORED);
		pass(10);
	}
	got = claim_of(&w1, "a", 6);
	T_INT(got.n, 6);
	for (i = 0; i < 4; i++) {
		pass(10);
		finish(&w1, &got.tasks[3 - i], i < 2 ? TQ_COMPLETE : TQ_FAIL,
		    0);
	}
}

/* All pages of two, with ${window} entries to look at: in order, or only once? */
static void
read_all(size_t window, bool in_order)
{
	struct tq_list req = { .filter.queue = QUEUE, .limit = 2,
	    .by_created = true };
	int seen[TASKS] = { 0 }, i;
	struct tq_page page;
	size_t k, n = 0;

	do {
		if (aq_list_within(aq_of(w1.st), &req, window, &arena, &page,
		    &err) == -1)
			T_FAIL("list: %s", err.msg);
		for (k = 0; k < page.n && n < TASKS; k++, n++) {
			if (in_order)
				T_STR(page.tasks[k].id, ids[TASKS - 1 - n]);
			for (i = 0; i < TASKS; i++)
				seen[i] += strcmp(ids[i], page.tasks[k].id) ==
				    0;
		}
		req.cursor = page.cursor;
	} while (page.cursor != NULL);
	T_INT(n, TASKS);
	for (i = 0; i < TASKS; i++)
		T_INT(seen[i], 1);
}

static void
newest_first(void)
{
	put_all();
	read_all(AQ_SCAN_MAX, true);
}

/* What is beyond the window follows by status; nothing is lost or doubled. */
static void
beyond_the_window(void)
{
	size_t window;

	put_all();
	for (window = 1; window <= TASKS; window += 3)
		read_all(window, false);
}

CASES(list,
	{ "a list by creation has what waits long in its place", newest_first },
	{ "a list by creation has each task once, however little it looks at",
	    beyond_the_window })

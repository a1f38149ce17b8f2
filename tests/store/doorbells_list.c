/* tests/store/doorbells_list.c -- lists by creation, which no index has. */
#include "doorbells.h"

#include <unistd.h>

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

/* Entries beyond the window follow by status; nothing is lost or doubled. */
static void
beyond_the_window(void)
{
	size_t window;

	put_all();
	for (window = 1; window <= TASKS; window += 3)
		read_all(window, false);
}

/* How many a list of ${status} has, which all have it. */
static size_t
listed(enum tq_status status, bool by_created)
{
	struct tq_list req = { .filter = { .queue = QUEUE, .statuses =
	    TQ_BIT(status) }, .limit = 3, .by_created = by_created };
	struct tq_page page;
	size_t i, n = 0;

	do {
		T_INT(tq_store_list(w2.st, &req, &arena, &page, &err), 0);
		for (i = 0; i < page.n; i++)
			T_INT(page.tasks[i].status, status);
		n += page.n;
		req.cursor = page.cursor;
	} while (page.cursor != NULL);
	return n;
}

static int64_t
counted(enum tq_status status, int64_t *oldest)
{
	struct tq_count *rows;
	size_t n;

	T_INT(tq_store_count(w2.st, QUEUE, &arena, &rows, &n, &err), 0);
	T_INT(n, 1);
	if (n == 0)
		return -1;
	if (oldest != NULL)
		*oldest = rows[0].oldest_due;
	return (int64_t)rows[0].by_status[status];
}

/* Some were moved to those that run, some stand where they waited. */
static void
what_runs_where_it_waited(void)
{
	struct tq_claimed early, late;
	int64_t oldest, waits;
	int i;

	for (i = 0; i < 4; i++)
		put();
	pass(MINUTE + 1);
	early = claim_of(&w1, "a", 4);
	for (i = 0; i < 5; i++)
		put();
	late = claim_of(&w1, "a", 5);
	T_INT(early.n + late.n, 9);
	pass(10);
	waits = now;
	put();
	for (i = 0; i < 2; i++) {
		T_INT(listed(TQ_RUNNING, i != 0), 9);
		T_INT(listed(TQ_PENDING, i != 0), 1);
	}
	T_INT(counted(TQ_RUNNING, NULL), 9);
	T_INT(counted(TQ_PENDING, &oldest), 1);
	T_INT(oldest, waits);
	finish(&w1, &late.tasks[0], TQ_COMPLETE, 0);
	finish(&w1, &late.tasks[1], TQ_RETRY, now + 5);
	pass(10);
	/* The last, and the retry, whose message is hidden yet. */
	T_INT(claim_of(&w1, "a", 1).n, 1);
	bring_back(&w1);
	for (i = 0; i < 600 && claim_of(&w1, "a", 1).n == 0; i++)
		usleep(100000);
	T_INT(listed(TQ_RUNNING, false), 9);
	T_INT(counted(TQ_RUNNING, &oldest), 9);
	T_INT(counted(TQ_RETRYING, NULL) + counted(TQ_PENDING, NULL), 0);
	T_INT(oldest, 0);
}

/* Its wait began when it was made, however often it was given back. */
static void
given_back(void)
{
	const struct tq_task *t;
	int64_t made = now, oldest;
	int i;

	put();
	for (i = 0; i < 3; i++) {
		pass(1000);
		T_MUST((t = claim(&w1)) != NULL);
		finish(&w1, t, TQ_RELEASE, i == 1 ? now + 500 : 0);
	}
	pass(1000);
	T_INT(counted(TQ_PENDING, &oldest), 1);
	T_INT(oldest, made);
	T_MUST((t = claim(&w1)) != NULL);
	finish(&w1, t, TQ_RELEASE, now + 30000);
	pass(30001);
	T_INT(counted(TQ_PENDING, &oldest), 1);
	T_INT(oldest, made);
}

/* Neither its worker nor its message is there, and its entry is not moved. */
static void
lost_where_it_waited(void)
{
	const struct tq_task *t;

	put();
	T_MUST((t = claim(&w1)) != NULL);
	lose_all();
	pass(LONG_OVER);
	T_MUST((t = claim(&w2)) != NULL);
	T_INT(t->attempts, 2);
	T_OK(t->alone);
}

CASES(list,
	{ "a list and a count have what runs where it waited",
	    what_runs_where_it_waited },
	{ "what was given back has waited since it was made", given_back },
	{ "a lost lease is taken over from where its task waited",
	    lost_where_it_waited },
	{ "a list by creation has what waits long in its place", newest_first },
	{ "a list by creation has each task once, however little it looks at",
	    beyond_the_window })

/* tests/store/doorbells_follow.c -- following, and what it costs. */
#include "doorbells.h"

#define BACKLOG	1500		/* over what one look reads */

static const char *cursor;

/* One look of w2; how many changes it told. */
static size_t
look(struct tq_page *page)
{
	static struct tq_arena mem[2];
	static int turn;

	turn ^= 1;
	tq_arena_reset(&mem[turn]);
	if (tq_store_wait_changes(w2.st, QUEUE, false, cursor, 0, &mem[turn], page,
	    &err) == -1)
		T_FAIL("wait_changes: %s", err.msg);
	cursor = page->cursor;
	return page->n;
}

static void
delayed_cost_nothing(void)
{
	struct tq_page page;
	const struct tq_task *t;
	size_t before;

	w1.deaf = true;
	let_run();
	put_many("b", BACKLOG, now + DAY);
	pass(MINUTE);
	cursor = NULL;
	before = w2.calls;
	T_INT(look(&page), 0);
	/* n#, and of a new table once more; none of those that are delayed. */
	T_OK(sent(&w2, "BatchGetItem") + sent(&w2, "GetItem") <= 2);
	T_OK(w2.calls - before <= 12);
	before = w2.calls;
	T_INT(look(&page), 0);
	T_OK(w2.calls - before <= 12);
	put();
	T_INT(look(&page), 1);
	T_INT(page.tasks[0].status, TQ_PENDING);
	T_MUST((t = claim(&w1)) != NULL);
	T_INT(look(&page), 1);
	T_INT(page.tasks[0].status, TQ_RUNNING);
	finish(&w1, t, TQ_RETRY, tq_wall_ms(&env) + HOUR);
	T_INT(look(&page), 1);
	T_INT(page.tasks[0].status, TQ_RETRYING);
	T_INT(look(&page), 0);
}

/* A task running at the begin is told of when it changes, and not before. */
static void
what_runs_already(void)
{
	struct tq_extend in = { .lease_ms = LEASE_MS,
	    .progress = tq_span_of("{\"done\":1}") };
	struct tq_extended out;
	const struct tq_task *t;
	struct tq_page page;
	const char *id;

	id = put();
	T_MUST((t = claim(&w1)) != NULL);
	pass(1000);
	cursor = NULL;
	T_INT(look(&page), 0);
	T_INT(look(&page), 0);
	pass(1000);
	in.id = t->id;
	in.token = t->token;
	in.claim = t->claim;
	T_INT(tq_store_extend(w1.st, &in, 1, &out, &err), 0);
	T_INT(look(&page), 1);
	T_STR(page.tasks[0].id, id);
	T_INT(look(&page), 0);
	pass(1000);
	finish(&w1, t, TQ_COMPLETE, 0);
	T_INT(look(&page), 1);
	T_INT(page.tasks[0].status, TQ_COMPLETED);
	T_INT(look(&page), 0);
}

CASES(follow,
	{ "following reads the index from a time on, not what is delayed",
	    delayed_cost_nothing },
	{ "what runs when it begins is told of when it changes",
	    what_runs_already })

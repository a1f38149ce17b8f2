/* tests/store/doorbells_dead.c -- messages that meet the dead, or nothing. */
#include "doorbells.h"

static void
move_is_finished(void)
{
	const char *id = put();
	const struct tq_task *t = claim(&w1);

	T_MUST(t != NULL);
	w1.refuse = "SendMessage";
	w1.refuse_in = "-dlq";
	T_INT(finish(&w1, t, TQ_FAIL, 0).status, TQ_FAILED);
	T_OK(get(id)->dlq_owed);
	T_INT(on(MAIN).hidden, 1);
	T_INT(on(DLQ).all, 0);
	bring_back(&w1);
	T_OK(claim(&w2) == NULL);
	T_INT(on(MAIN).all, 0);
	T_INT(on(DLQ).visible, 1);
	T_OK(!get(id)->dlq_owed);
	T_INT(get(id)->status, TQ_FAILED);
}

static void
sweep_finishes_a_move(void)
{
	const char *id = put();
	const struct tq_task *t = claim(&w1);

	T_MUST(t != NULL);
	w1.refuse = "SendMessage";
	w1.refuse_in = "-dlq";
	finish(&w1, t, TQ_FAIL, 0);
	sweep(&w2);
	T_INT(on(DLQ).visible, 1);
	T_OK(!get(id)->dlq_owed);
	sweep(&w2);
	T_INT(on(DLQ).visible, 1);
}

/* A follower has seen it run, and sees it dead, before its move is over. */
static const struct tq_task *dying;

static void
it_dies(void)
{
	w1.refuse = "SendMessage";
	w1.refuse_in = "-dlq";
	finish(&w1, dying, TQ_FAIL, 0);
	w1.refuse = NULL;
}

static void
told_once(const char *op, const char *in)
{
	const char *id = put();
	struct tq_page page;

	T_MUST((dying = claim(&w1)) != NULL);
	T_INT(tq_store_wait_changes(w2.st, QUEUE, false, NULL, 0, &arena, &page,
	    &err), 0);
	w2.before = it_dies;
	w2.before_op = op;
	w2.before_in = in != NULL ? in : id;
	T_INT(tq_store_wait_changes(w2.st, QUEUE, false, page.cursor, 0, &arena,
	    &page, &err), 0);
	T_MUST(page.n == 1);
	T_INT(page.tasks[0].status, TQ_FAILED);
	T_OK(page.tasks[0].dlq_owed);
	sweep(&w1);
	T_OK(!get(id)->dlq_owed);
	T_INT(tq_store_wait_changes(w2.st, QUEUE, false, page.cursor, 0, &arena,
	    &page, &err), 0);
	T_INT(page.n, 0);
}

static void
a_death_is_told_once(void)
{
	told_once("GetItem", NULL);
}

/* In the index it was running, and then it was dead. */
static void
a_death_during_a_look_is_told_once(void)
{
	told_once("Query", "#FAILED#");
}

static size_t
listed_dead(void)
{
	struct tq_list req = { .filter = { .queue = QUEUE,
	    .statuses = TQ_BIT(TQ_FAILED) }, .limit = 10 };
	struct tq_page page = { 0 };

	if (tq_store_list(w2.st, &req, &arena, &page, &err) == -1)
		T_FAIL("list: %s", err.msg);
	return page.n;
}

/*
 * The worker dies after the record was written, after the message was sent,
 * after its source was deleted, after the record was written again.
 */
static void
move_cut_off(int steps)
{
	const char *id = put();
	const struct tq_task *t = claim(&w1);
	struct tq_ref ref = { .id = id };
	struct tq_answer out;

	T_MUST(t != NULL);
	w1.dies = steps + 1;
	T_INT(finish(&w1, t, TQ_FAIL, 0).status, TQ_FAILED);
	T_INT(get(id)->dlq_owed, steps < 4);
	T_INT(on(MAIN).all, steps < 3);
	T_INT(on(DLQ).all, steps >= 2);
	if (steps < 3)
		bring_back(&w1);
	host_anew(&w1);
	T_OK(claim(&w2) == NULL);
	sweep(&w2);
	T_INT(get(id)->status, TQ_FAILED);
	T_OK(!get(id)->dlq_owed);
	T_INT(listed_dead(), 1);
	T_INT(on(MAIN).all, 0);
	T_OK(on(DLQ).all >= 1);
	T_INT(tq_store_redrive(w2.st, &ref, 1, &out, &err), 0);
	T_INT(on(DLQ).all, 0);
	T_MUST((t = claim(&w2)) != NULL);
	finish(&w2, t, TQ_COMPLETE, 0);
	T_INT(on(MAIN).all, 0);
}

static void
move_cut_off_anywhere(void)
{
	int steps;

	for (steps = 1; steps <= 4; steps++)
		move_cut_off(steps);
}

/*
 * A redrive clears a dead task's message away from the DLQ: no more than
 * that, whatever else is there.
 */
static void
only_stale_ones_are_cleared(void)
{
	struct tq_ref ref = { .id = put_dead() };
	struct tq_answer out;
	char *longer = tq_arena_alloc(&arena, 3001);

	memset(longer, 'x', 3000);	/* longer than a key may be */
	ring_by_hand(DLQ, "{\"taskId\":\"t\",\"dead\":1}");
	ring_by_hand(DLQ, "{\"v\":2,\"taskId\":\"t\",\"type\":\"a\","
	    "\"dead\":1}");
	ring_by_hand(DLQ, tq_arena_fmt(&arena, "{\"v\":1,\"taskId\":\"%s\","
	    "\"type\":\"a\",\"dead\":1}", longer));
	T_INT(on(DLQ).all, 4);
	T_INT(tq_store_redrive(w1.st, &ref, 1, &out, &err), 0);
	T_INT(on(DLQ).all, 3);
}

/* As SQS's own redrive does it. */
static void
moved_back_by_somebody(void)
{
	const char *id = put_dead();
	uint64_t token = get(id)->token;
	struct tq_sqs_msg *m = take(DLQ);
	const struct tq_task *t;

	T_MUST(m != NULL);
	T_INT(on(MAIN).all, 0);
	ring_by_hand(MAIN, tq_arena_dup(&arena, m->body.p, m->body.n));
	drop(DLQ, m->receipt);
	t = claim(&w2);
	if (t == NULL)			/* it may have been only redriven */
		t = claim(&w2);
	T_MUST(t != NULL);
	/* A worker has no right to receive there, and nothing to look for. */
	T_INT(place_of(&w2, "ReceiveMessage", "-dlq"), -1);
	T_STR(t->id, id);
	T_INT(t->token, token + 2);
	T_INT(t->attempts, 1);
	T_OK(get(id)->reason == NULL);
	finish(&w2, t, TQ_COMPLETE, 0);
	T_OK(claim(&w2) == NULL);
	T_INT(on(MAIN).all, 0);
	T_INT(on(DLQ).all, 0);
}

static void
moved_back_but_of_another_death(void)
{
	const char *id = put_dead();
	uint64_t rev = get(id)->rev;

	ring_by_hand(MAIN, tq_arena_fmt(&arena, "{\"v\":1,\"taskId\":\"%s\","
	    "\"type\":\"a\",\"dead\":%d}", id, (int)get(id)->token - 1));
	ring_for(id);
	T_OK(claim(&w2) == NULL);
	T_OK(claim(&w2) == NULL);
	T_INT(on(MAIN).all, 0);
	T_INT(get(id)->rev, rev);
	T_INT(get(id)->status, TQ_FAILED);
}

static void
no_record(void)
{
	int i;

	ring_for("not-there");
	for (i = 0; i < 4; i++) {
		T_OK(claim(&w1) == NULL);
		T_INT(hidden_for(&w1), 60);
		T_INT(on(MAIN).hidden, 1);
		forget(&w1);
		bring_back(&w1);
	}
	T_OK(claim(&w1) == NULL);
	T_INT(on(MAIN).all, 0);
	T_INT(on(DLQ).all, 0);
}

/* It is in the DLQ as it came, once, and gone here. */
static void
is_buried(const char *body)
{
	struct tq_sqs_msg *m;

	ring_by_hand(MAIN, body);
	T_OK(claim(&w1) == NULL);
	T_INT(on(MAIN).all, 0);
	T_INT(on(DLQ).visible, 1);
	T_MUST((m = take(DLQ)) != NULL);
	T_OK(tq_span_eq(m->body, body));
	T_MUST(m->nattrs == 1);
	T_STR(m->attrs[0].name, "tq-reason");
	T_OK(m->attrs[0].value.n > 20);
	drop(DLQ, m->receipt);
}

static void
foreign(void)
{
	is_buried("{\"Records\":[{\"eventSource\":\"aws:s3\"}]}");
	is_buried("{\"v\":1,\"type\":\"a\"}");
}

static void
unreadable(void)
{
	is_buried("hello, \"world\"");
	is_buried("{\"v\":1,\"taskId\":\"x\",\"type\":");
	is_buried("[1,2,3]");
}

static void
damaged(void)
{
	const char *id = put();
	struct tq_sqs_msg *m;
	int i;

	w1.spoil = true;
	for (i = 0; i < 4; i++) {
		T_INT(claim_of(&w1, "none", 1).n, 0);
		T_INT(hidden_for(&w1), 60);
		T_INT(on(MAIN).hidden, 1);
		forget(&w1);
		bring_back(&w1);
	}
	T_INT(claim_of(&w1, "none", 1).n, 0);
	T_INT(on(MAIN).all, 0);
	T_MUST((m = take(DLQ)) != NULL);
	T_INT(m->nattrs, 1);
	T_INT(get(id)->status, TQ_PENDING);
	pass(2 * MINUTE);
	T_INT(sweep(&w2).rung, 1);
	T_OK(claim(&w2) != NULL);
}

/* The DLQ can't be reached: better twice than never. */
static void
unreadable_and_no_dlq(void)
{
	ring_by_hand(MAIN, "hello");
	w1.refuse = "SendMessage";
	w1.refuse_in = "-dlq";
	T_OK(claim(&w1) == NULL);
	T_INT(on(DLQ).all, 0);
	T_INT(on(MAIN).hidden, 1);
	bring_back(&w1);
	T_OK(claim(&w2) == NULL);
	T_INT(on(DLQ).visible, 1);
	T_INT(on(MAIN).all, 0);
}

CASES(dead,
	{ "who follows is told of a death once, not of its message",
	    a_death_is_told_once },
	{ "... also of one that happens while it looks",
	    a_death_during_a_look_is_told_once },
	{ "a message of a dead task finishes its move to the DLQ",
	    move_is_finished },
	{ "the sweep finishes a move, once", sweep_finishes_a_move },
	{ "a move cut off after any step is finished, and listed once",
	    move_cut_off_anywhere },
	{ "a redrive clears the task's message from the DLQ, and no other",
	    only_stale_ones_are_cleared },
	{ "a dead task's message moved back to the queue redrives it",
	    moved_back_by_somebody },
	{ "a message of another death, or of none, is deleted",
	    moved_back_but_of_another_death },
	{ "without a record it is hidden 60 s, and deleted the 5th time",
	    no_record },
	{ "a foreign message goes to the DLQ with the reason", foreign },
	{ "what can't be read goes to the DLQ at once, with the reason",
	    unreadable },
	{ "what comes damaged is hidden 60 s, and moved the 5th time",
	    damaged },
	{ "what can't be read stays while the DLQ can't be reached",
	    unreadable_and_no_dlq })

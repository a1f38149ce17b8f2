/* tests/store/doorbells_bell.c -- what a received message meets: tasks alive. */
#include "doorbells.h"

static void
due(void)
{
	const char *id = put();
	const struct tq_task *t = claim(&w1);

	T_MUST(t != NULL);
	T_STR(t->id, id);
	T_INT(get(id)->status, TQ_RUNNING);
	T_STR(get(id)->bell, w1.bell);
	T_INT(on(MAIN).hidden, 1);
	T_INT(finish(&w1, t, TQ_COMPLETE, 0).status, TQ_COMPLETED);
	T_INT(on(MAIN).all, 0);
}

static void
not_due(void)
{
	const char *id = put_due("a", now + 10 * MINUTE, TQ_STORED);

	T_INT(on(MAIN).delayed, 1);
	ring_for(id);
	T_OK(claim(&w1) == NULL);
	T_INT(hidden_for(&w1), 600);
	T_INT(on(MAIN).hidden, 1);
	T_INT(get(id)->rev, 1);
}

static void
not_due_for_long(void)
{
	const char *id = put_due("a", now + 13 * HOUR, TQ_STORED);

	T_INT(on(MAIN).all, 0);
	ring_for(id);
	T_OK(claim(&w1) == NULL);
	T_INT(hidden_for(&w1), -1);
	T_INT(on(MAIN).all, 0);
	T_INT(get(id)->rev, 1);
	pass(13 * HOUR - 1);
	T_INT(sweep(&w1).rung, 0);
	pass(1);
	T_INT(sweep(&w1).rung, 1);
	T_INT(on(MAIN).visible, 1);
	T_OK(claim(&w1) != NULL);
}

/* SQS counts its twelve hours from the receive. */
static void
not_due_for_what_is_left(void)
{
	const char *early = put_due("a", now + 11 * HOUR, TQ_STORED), *late;
	uint64_t bell = claim_of(&w1, "a", 1).bell;

	ring_for(early);
	T_INT(wait_ready(&w1, bell, MINUTE), 1);
	pass(2 * HOUR);
	T_OK(claim(&w1) == NULL);
	T_INT(hidden_for(&w1), 9 * 3600);
	late = put_due("a", now + 12 * HOUR - 1000, TQ_STORED);
	ring_for(late);
	T_INT(wait_ready(&w1, bell, MINUTE), 1);
	pass(2 * HOUR);
	forget(&w1);
	T_OK(claim(&w1) == NULL);
	T_INT(hidden_for(&w1), -1);
	T_INT(on(MAIN).all, 1);
}

static void
live_same_bell(void)
{
	const char *id = put();
	uint64_t rev;

	T_MUST(claim(&w1) != NULL);
	rev = get(id)->rev;
	bring_back(&w1);
	pass(20000);
	T_OK(claim(&w2) == NULL);
	T_STR(w2.bell, w1.bell);
	/* The lease's end, the margin of two clocks, a second. */
	T_INT(hidden_for(&w2), 40 + 5 + 1);
	T_INT(on(MAIN).hidden, 1);
	T_INT(get(id)->rev, rev);
}

static void
live_other_bell(void)
{
	const char *id = put();
	uint64_t rev;

	T_MUST(claim(&w1) != NULL);
	rev = get(id)->rev;
	ring_for(id);
	T_OK(claim(&w2) == NULL);
	T_INT(hidden_for(&w2), -1);
	T_INT(on(MAIN).all, 1);		/* its own */
	T_INT(get(id)->rev, rev);
}

/* Two messages at once, and one task. */
static void
twice_at_once(void)
{
	const char *id = put();
	struct tq_claimed got;

	ring_for(id);
	got = claim_of(&w1, "a", 2);
	T_MUST(got.n == 1);
	T_STR(got.tasks[0].id, id);
	T_INT(on(MAIN).all, 1);
	finish(&w1, &got.tasks[0], TQ_COMPLETE, 0);
	T_INT(on(MAIN).all, 0);
}

/* A lease whose end is over and whose message comes again. */
static const struct tq_task *
lost_worker(void)
{
	const struct tq_task *t = claim(&w1);

	if (t == NULL) {
		T_FAIL("nothing was claimed");
		return NULL;
	}
	claim_of(&w2, "none", 1);	/* it knows the queue */
	return t;
}

static void
expired_is_taken_over(void)
{
	const char *id = put();
	const struct tq_task *t = lost_worker(), *over;

	T_MUST(t != NULL);
	bring_back(&w1);
	pass(LEASE_MS + AQ_MARGIN_MS - 1);
	T_OK(claim(&w2) == NULL);	/* another host's clock may be slow */
	bring_back(&w2);
	pass(1);
	T_MUST((over = claim(&w2)) != NULL);
	T_INT(over->token, t->token + 1);
	T_INT(over->attempts, 2);
	T_STR(get(id)->worker, "w2");
	T_INT(finish(&w2, over, TQ_COMPLETE, 0).status, TQ_COMPLETED);
	T_INT(on(MAIN).all, 0);
}

static void
expired_and_cancelled(void)
{
	const char *id = put();
	struct tq_answer out;

	T_MUST(lost_worker() != NULL);
	T_INT(tq_store_cancel(w2.st, &id, 1, &out, &err), 0);
	T_INT(get(id)->status, TQ_RUNNING);
	bring_back(&w1);
	pass(LONG_OVER);
	T_OK(claim(&w2) == NULL);
	T_INT(get(id)->status, TQ_CANCELLED);
	T_INT(on(MAIN).all, 0);
	T_INT(on(DLQ).all, 0);
}

static void
expired_and_used_up(void)
{
	const char *id = put();
	struct tq_sqs_msg *m;

	T_MUST(lost_worker() != NULL);
	set_number(id, "attempts", 3);
	bring_back(&w1);
	pass(LONG_OVER);
	T_OK(claim(&w2) == NULL);
	T_INT(get(id)->status, TQ_FAILED);
	T_OK(!get(id)->dlq_owed);
	T_INT(on(MAIN).all, 0);
	T_MUST((m = take(DLQ)) != NULL);
	T_OK(tq_span_eq(m->body, tq_arena_fmt(&arena, "{\"v\":1,\"taskId\":"
	    "\"%s\",\"type\":\"a\",\"dead\":%d}", id, (int)get(id)->token)));
}

static void
completed(void)
{
	const char *id = put();
	const struct tq_task *t = claim(&w1);

	T_MUST(t != NULL);
	finish(&w1, t, TQ_COMPLETE, 0);
	ring_for(id);
	T_OK(claim(&w2) == NULL);
	T_INT(on(MAIN).all, 0);
	T_INT(get(id)->status, TQ_COMPLETED);
}

static void
cancelled(void)
{
	const char *id = put();
	struct tq_answer out;

	T_INT(tq_store_cancel(w1.st, &id, 1, &out, &err), 0);
	T_INT(on(MAIN).visible, 1);
	T_OK(claim(&w2) == NULL);
	T_INT(on(MAIN).all, 0);
	T_INT(get(id)->status, TQ_CANCELLED);
}

/* 30 s, doubling to 15 min. */
static void
no_handler(void)
{
	static const int want[] = { 30, 60, 120, 240, 480, 900, 900 };
	const char *id = put();
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		T_INT(claim_of(&w1, "other", 1).n, 0);
		T_INT(hidden_for(&w1), want[i]);
		T_INT(on(MAIN).hidden, 1);
		forget(&w1);
		bring_back(&w1);
		/* As if its rest from receiving were over. */
		aq_poll_no_strangers(aq_queue(aq_of(w1.st), QUEUE));
	}
	T_INT(get(id)->rev, 1);
	T_OK(claim(&w2) != NULL);
}

/* It does not go on receiving what it can't do, and finds its own all the same. */
static void
rests_beside_strangers(void)
{
	int i;

	stop_boot();
	for (i = 0; i < 5; i++)
		put();
	T_INT(claim_of(&w1, "other", 1).n, 0);
	forget(&w1);
	for (i = 0; i < 5; i++)
		T_INT(claim_of(&w1, "other", 1).n, 0);
	T_INT(sent(&w1, "ReceiveMessage"), 0);
	T_INT(sent(&w1, "ChangeMessageVisibility"), 0);
	put_due("other", 0, TQ_STORED);
	T_INT(claim_of(&w1, "other", 1).n, 1);
	T_INT(sent(&w1, "ReceiveMessage"), 0);
	claim_of(&w1, "other", 1);
	T_OK(sent(&w1, "ReceiveMessage") > 0);
}

/* For a second, then for two: its end brings a receive, and no sooner. */
static void
rests_for_longer_each_time(void)
{
	stop_boot();
	put();
	put();
	T_INT(claim_of(&w1, "other", 1).n, 0);
	forget(&w1);
	pass_boot(999);
	T_INT(claim_of(&w1, "other", 1).n, 0);
	T_INT(sent(&w1, "ReceiveMessage"), 0);
	pass_boot(1);
	bring_back(&w1);
	T_INT(claim_of(&w1, "other", 1).n, 0);
	T_OK(sent(&w1, "ReceiveMessage") > 0);
	forget(&w1);
	pass_boot(1999);
	T_INT(claim_of(&w1, "other", 1).n, 0);
	T_INT(sent(&w1, "ReceiveMessage"), 0);
}

static void
paused(void)
{
	struct tq_control c;

	put();
	T_INT(tq_store_control_get(w1.st, QUEUE, &arena, &c, &err), 0);
	c.paused = true;
	T_INT(tq_store_control_set(w1.st, &c, &err), 0);
	T_OK(claim_of(&w1, "a", 1).paused);
	T_INT(wait_ready(&w1, 0, 1), 0);
	T_INT(sent(&w1, "ReceiveMessage"), 0);
	T_INT(on(MAIN).visible, 1);
	c.paused = false;
	c.ver++;
	T_INT(tq_store_control_set(w1.st, &c, &err), 0);
	T_OK(claim(&w1) != NULL);
}

/* ${n} tasks in the hands of w1. */
static struct tq_claimed
in_hand(size_t n)
{
	struct tq_claimed got;
	size_t i;

	for (i = 0; i < n; i++)
		put();
	got = claim_of(&w1, "a", n);
	T_INT(got.n, n);
	forget(&w1);
	return got;
}

static void
deleted_ten_at_a_time(void)
{
	struct tq_claimed got = in_hand(13);
	size_t i;

	for (i = 0; i < got.n; i++) {
		T_INT(sent(&w1, "DeleteMessage"), i / 10);
		finish(&w1, &got.tasks[i], TQ_COMPLETE, 0);
	}
	/* Nothing is left in hand that could bring more. */
	T_INT(sent(&w1, "DeleteMessage"), 2);
	T_INT(on(MAIN).all, 0);
}

static void
deleted_before_they_come_again(void)
{
	struct tq_claimed got = in_hand(4);
	struct tq_extend in = { .lease_ms = LEASE_MS };
	struct tq_extended out;

	T_MUST(got.n == 4);
	finish(&w1, &got.tasks[0], TQ_COMPLETE, 0);
	T_INT(on(MAIN).all, 4);
	in.id = got.tasks[1].id;
	in.token = got.tasks[1].token;
	in.claim = got.tasks[1].claim;
	T_INT(tq_store_extend(w1.st, &in, 1, &out, &err), 0);
	T_INT(on(MAIN).all, 3);
	/* When the queue is empty tasks end one by one. */
	finish(&w1, &got.tasks[1], TQ_COMPLETE, 0);
	T_INT(on(MAIN).all, 3);
	T_OK(claim(&w1) == NULL);
	T_INT(on(MAIN).all, 2);
	/* And at the end of the process. */
	finish(&w1, &got.tasks[2], TQ_COMPLETE, 0);
	host_anew(&w1);
	T_INT(on(MAIN).all, 1);
}

/* Killed before it deleted: what it finished is finished. */
static void
never_deleted(void)
{
	struct tq_claimed got = in_hand(2);

	T_MUST(got.n == 2);
	finish(&w1, &got.tasks[0], TQ_COMPLETE, 0);
	w1.dies = 1;
	host_anew(&w1);
	T_INT(on(MAIN).all, 2);
	ring_for(got.tasks[0].id);
	T_OK(claim(&w2) == NULL);
	T_INT(on(MAIN).all, 2);
	T_INT(get(got.tasks[0].id)->status, TQ_COMPLETED);
}

static void
newer_message(void)
{
	const char *id = put();

	lose_all();
	ring_by_hand(MAIN, tq_arena_fmt(&arena, "{\"v\":2,\"taskId\":\"%s\","
	    "\"type\":\"a\",\"new\":true}", id));
	T_INT(claim_of(&w1, "none", 1).n, 0);
	T_INT(hidden_for(&w1), 30);
	T_INT(on(MAIN).hidden, 1);
	T_INT(on(DLQ).all, 0);
	T_INT(get(id)->rev, 1);
}

static void
newer_record(void)
{
	const char *id = put();

	set_number(id, "v", TQ_TASK_VERSION + 1);
	T_OK(claim(&w1) == NULL);
	T_INT(hidden_for(&w1), 30);
	T_INT(on(MAIN).hidden, 1);
	T_INT(number(id, "v"), TQ_TASK_VERSION + 1);
	T_INT(number(id, "rev"), 1);
}

/* Newer records are left alone, and keep nobody from the others. */
static void
newer_records_are_not_swept(void)
{
	const char *waits = put(), *runs, *old;

	set_number(waits, "v", TQ_TASK_VERSION + 1);
	T_OK(claim(&w1) == NULL);
	runs = put();
	T_OK(claim(&w1) != NULL);
	set_number(runs, "v", TQ_TASK_VERSION + 1);
	w1.refuse = "SendMessage";
	old = put_due("a", 0, TQ_OWED);
	lose_all();
	pass(HOUR);
	T_INT(sweep(&w2).rung, 1);
	T_INT(number(waits, "rev"), 1);
	T_INT(number(runs, "rev"), 2);
	T_INT(number(old, "rings"), 1);
}

CASES(bell,
	{ "a message that meets a due task has it claimed", due },
	{ "one whose task is not due is hidden until then", not_due },
	{ "those of finished tasks are deleted ten at a time",
	    deleted_ten_at_a_time },
	{ "those of finished tasks are deleted before they come again",
	    deleted_before_they_come_again },
	{ "one that a killed worker did not delete is deleted later",
	    never_deleted },
	{ "one whose task is due in 13 h is deleted, and the sweep rings",
	    not_due_for_long },
	{ "of the 12 h those since the receive are gone",
	    not_due_for_what_is_left },
	{ "the message of a live lease is hidden until that can be over",
	    live_same_bell },
	{ "another message for a live lease is deleted", live_other_bell },
	{ "of two messages for one task at once one is deleted",
	    twice_at_once },
	{ "an expired lease is taken over", expired_is_taken_over },
	{ "an expired lease with a cancel request is CANCELLED",
	    expired_and_cancelled },
	{ "an expired lease with its attempts used up is FAILED and moved",
	    expired_and_used_up },
	{ "a message of a completed task is deleted", completed },
	{ "a message of a cancelled task is deleted", cancelled },
	{ "without a handler it is hidden 30 s, doubling to 15 min",
	    no_handler },
	{ "beside others' tasks a worker rests from receiving",
	    rests_beside_strangers },
	{ "beside others' tasks it rests for twice as long each time",
	    rests_for_longer_each_time },
	{ "a paused queue is not received from", paused },
	{ "a newer tq's message is given back", newer_message },
	{ "a message whose record a newer tq wrote is given back",
	    newer_record },
	{ "a newer tq's records are left out by the sweep",
	    newer_records_are_not_swept })

/* tests/store/doorbells_lost.c -- which messages are believed lost. */
#include "doorbells.h"

/* A task of ${ago}, whose message is lost. */
static const char *
put_and_lose(int64_t ago)
{
	const char *id;

	pass(-ago);
	id = put();
	lose_all();
	pass(ago);
	return id;
}

/* A message that was sent just now is received. */
static void
receive_one(struct host *h)
{
	put_due("later", 0, TQ_STORED);
	T_INT(claim_of(h, "later", 1).n, 1);
}

static void
what_waits_is_not_lost(void)
{
	const char *id;
	int i;

	pass(-DAY);
	id = put();
	for (i = 0; i < 10; i++) {
		pass(5 * MINUTE);
		T_INT(sweep(&w2).rung, 0);
		host_anew(&w2);
	}
	T_INT(on(MAIN).all, 1);
	T_INT(number(id, "rings") > 0, 0);
}

static void
empty_queue(void)
{
	const char *id = put_and_lose(2 * MINUTE);

	pass(-1);
	T_INT(sweep(&w2).rung, 0);
	pass(1);
	T_INT(sweep(&w2).rung, 1);
	T_INT(on(MAIN).visible, 1);
	T_INT(number(id, "rings"), 1);
	T_OK(claim(&w1) != NULL);
}

static void
queue_with_others_messages(void)
{
	const char *id = put_and_lose(HOUR);

	ring_by_hand(MAIN, "waits");
	T_INT(sweep(&w2).rung, 0);
	T_OK(take(MAIN) != NULL);
	T_INT(sweep(&w2).rung, 0);
	lose_all();
	put_due("a", now + 10 * MINUTE, TQ_STORED);
	T_INT(on(MAIN).delayed, 1);
	T_INT(sweep(&w2).rung, 0);
	T_INT(number(id, "rev"), 1);	/* and that was not even written down */
}

/* Even if it was swept all the time before that could be known. */
static void
later_ones_came(void)
{
	int i;

	put_and_lose(10 * MINUTE);
	be_busy();
	pass(-10 * MINUTE);
	for (i = 0; i < 10; i++) {
		pass(MINUTE);
		T_INT(sweep(&w2).rung, 0);
	}
	receive_one(&w2);
	T_INT(sweep(&w2).rung, 1);
	T_INT(on(MAIN).visible, 1);
	T_INT(sweep(&w2).rung, 0);
	T_OK(claim(&w1) != NULL);
}

static void
only_little_later_ones_came(void)
{
	put_and_lose(4 * MINUTE);
	be_busy();
	receive_one(&w2);
	T_INT(sweep(&w2).rung, 0);
	T_INT(on(MAIN).visible, 0);
}

/* SQS keeps messages for 14 days: three quarters of it are 10.5. */
static void
retention(void)
{
	int64_t ago = 21 * DAY / 2;
	const char *id = put_and_lose(ago);

	be_busy();
	pass(-1);
	T_INT(sweep(&w2).rung, 0);
	pass(1);
	T_INT(sweep(&w2).rung, 1);
	T_INT(on(MAIN).visible, 1);
	T_INT(number(id, "rings"), 1);
}

static void
retention_although_swept(void)
{
	int day;

	put_and_lose(0);
	be_busy();
	for (day = 0; day < 10; day++) {
		pass(DAY);
		T_INT(sweep(&w2).rung, 0);
	}
	pass(DAY);
	T_INT(sweep(&w2).rung, 1);
	T_INT(on(MAIN).visible, 1);
}

/* 2 min times 4 to the rings, at most 12 h; first written, then sent. */
static void
farther_and_farther(void)
{
	static const int minutes[] = { 8, 32, 128, 512, 720, 720 };
	const char *id = put();
	size_t i;

	pass(2 * MINUTE);
	for (i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		lose_all();
		pass(-1);
		T_INT(sweep(&w2).rung, 0);
		pass(1);
		forget(&w2);
		T_INT(sweep(&w2).rung, 1);
		T_INT(number(id, "rings"), i + 1);
		T_INT(number(id, "ringAt"), now + minutes[i] * MINUTE);
		T_OK(place_of(&w2, "PutItem", id) <
		    place_of(&w2, "SendMessage", id));
		T_INT(on(MAIN).visible, 1);
		pass(minutes[i] * MINUTE);
	}
}

static struct tq_swept others;

static void
other_sweeps(void)
{
	others = sweep(&w1);
}

static void
two_sweepers(void)
{
	const char *id = put_and_lose(3 * MINUTE);

	w2.before = other_sweeps;	/* as w2 is about to write */
	w2.before_in = id;
	others.rung = 99;
	T_INT(sweep(&w2).rung, 0);
	T_INT(others.rung, 1);
	T_INT(on(MAIN).visible, 1);
	T_INT(number(id, "rings"), 1);
}

/* A sweep's own send fails: it is owed again. */
static void
sweep_whose_send_failed(void)
{
	const char *id;

	be_busy();
	w1.refuse = "SendMessage";
	id = put_due("a", 0, TQ_OWED);
	T_INT(sweep(&w1).rung, 0);
	T_INT(number(id, "rings"), TQ_RINGS_OWED);
	T_INT(on(MAIN).visible, 0);
	pass(MINUTE);
	T_INT(sweep(&w2).rung, 1);
	T_INT(on(MAIN).visible, 1);
	T_INT(number(id, "rings"), 1);
}

static void
retry_whose_send_failed(void)
{
	const struct tq_task *t;
	const char *id = put();

	T_MUST((t = claim(&w1)) != NULL);
	lose_all();
	w1.refuse = "";			/* all of SQS and the table ... */
	w1.refuse_in = "QueueUrl";	/* ... but only SQS has those */
	T_INT(finish(&w1, t, TQ_RETRY, now + 1000).status, TQ_RETRYING);
	T_INT(number(id, "rings"), TQ_RINGS_OWED);
	pass(1000);
	T_INT(sweep(&w2).rung, 1);
	T_INT(on(MAIN).visible, 1);
}

static void
redrive_whose_send_failed(void)
{
	const char *id = put_dead();
	struct tq_ref ref = { .id = id };
	struct tq_answer out;

	w1.refuse = "SendMessage";
	T_INT(tq_store_redrive(w1.st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_INT(number(id, "rings"), TQ_RINGS_OWED);
	T_INT(number(id, "ringAt"), now);
	T_INT(sweep(&w2).rung, 1);
	T_INT(on(MAIN).visible, 1);
}

CASES(lost,
	{ "what waits in the queue is not rung for, whoever sweeps",
	    what_waits_is_not_lost },
	{ "it is lost when ringAt comes and the queue has no message",
	    empty_queue },
	{ "one message in it, waiting, held or delayed, is one too many",
	    queue_with_others_messages },
	{ "it is lost when messages sent 5 min later were received",
	    later_ones_came },
	{ "it is not when they were sent 4 min later",
	    only_little_later_ones_came },
	{ "it is lost after three quarters of the retention", retention },
	{ "so too when it was swept every day", retention_although_swept },
	{ "it is rung for at 2 min times 4 to the rings, 12 h at most",
	    farther_and_farther },
	{ "of two sweepers at once one rings", two_sweepers },
	{ "a sweep whose send failed still owes it",
	    sweep_whose_send_failed },
	{ "a retry whose message can't be kept owes one",
	    retry_whose_send_failed },
	{ "a redrive whose send failed owes it", redrive_whose_send_failed })

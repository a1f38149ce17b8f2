/* tests/store/doorbells_pushed.c -- messages that were received for the store:
   what it asks to be deleted. */
#include "doorbells.h"

#define MOST	10

static struct tq_pushed pushed[MOST];
static size_t npushed;

static const char *
source(void)
{
	return tq_arena_fmt(&arena, "%s-" QUEUE, aq_of(w1.st)->url.prefix);
}

/* The next message of the queue, whose place in ${pushed} is told. */
static size_t
receive(void)
{
	const struct tq_sqs_msg *m = take(MAIN);

	if (m == NULL || npushed == MOST) {
		T_FAIL("no message came");
		return 0;
	}
	pushed[npushed] = (struct tq_pushed){ .source = source(),
	    .id = m->id, .receipt = m->receipt, .body = m->body,
	    .intact = m->intact, .receives = m->receives,
	    .sent_ms = m->sent_ms };
	return npushed++;
}

/* A process that gets them. */
static int
push(struct host *h)
{
	static const char *const queues[] = { "other", QUEUE };

	host_anew(h);
	forget(h);
	return tq_store_push(h->st, queues, 2, pushed, npushed, &err);
}

static void
begin(void)
{
	npushed = 0;
	memset(pushed, 0, sizeof(pushed));
}

static void
claimed_and_ended(void)
{
	const char *id = put(), *other;
	const struct tq_task *t;

	begin();
	receive();
	other = put();
	T_MUST(push(&w1) == 0);
	t = claim_of(&w1, "a", 5).tasks;
	T_MUST(t != NULL && get(id)->status == TQ_RUNNING);
	T_STR(t->id, id);
	T_STR(get(id)->bell, pushed[0].id);
	T_OK(!pushed[0].gone);
	T_INT(finish(&w1, t, TQ_COMPLETE, 0).status, TQ_COMPLETED);
	T_OK(pushed[0].gone);
	/* Just that one, though another is due and the worker idle. */
	T_INT(claim_of(&w1, "a", 5).n, 0);
	T_INT(get(other)->status, TQ_PENDING);
	T_INT(wait_ready(&w1, 0, 1), 0);
	T_INT(sent(&w1, "ReceiveMessage"), 0);
	T_INT(sent(&w1, "DeleteMessage"), 0);
	T_INT(number_at("m#" QUEUE, "watermark"), pushed[0].sent_ms);
}

/* What was pushed says how far the queue has been received, however late it
   comes: so a sweep knows which messages are lost. */
static void
marked(void)
{
	const char *lost;
	int64_t newest = now;

	begin();
	pass(-10 * MINUTE);
	lost = put();
	lose_all();
	pass(10 * MINUTE);
	be_busy();
	put_due("a", now, TQ_STORED);
	receive();
	put_due("a", now, TQ_STORED);
	receive();
	pushed[0].sent_ms = newest;
	pushed[1].sent_ms = newest - 9 * MINUTE;
	T_INT(sweep(&w2).rung, 0);
	T_MUST(push(&w1) == 0);
	T_INT(claim_of(&w1, "a", 2).n, 2);
	T_INT(number_at("m#" QUEUE, "watermark"), newest);
	T_INT(sent(&w1, "ReceiveMessage"), 0);
	host_anew(&w2);
	T_INT(sweep(&w2).rung, 1);
	T_INT(number(lost, "rings"), 1);
}

static void
judged(void)
{
	const char *id, *soon = put_due("a", now + HOUR, TQ_STORED),
	    *late = put_due("a", now + 13 * HOUR, TQ_STORED);
	size_t unknown, done, held, hour, day, foreign;
	struct tq_answer cancelled;

	begin();
	lose_all();
	ring_by_hand(MAIN, "{\"v\":1,\"taskId\":\"nobody\",\"type\":\"a\"}");
	unknown = receive();
	id = put();
	done = receive();
	T_INT(tq_store_cancel(w2.st, &id, 1, &cancelled, &err), 0);
	ring_for(soon);
	hour = receive();
	ring_for(late);
	day = receive();
	ring_by_hand(MAIN, "not ours");
	foreign = receive();
	id = put();
	T_MUST(claim(&w2) != NULL);
	ring_for(id);
	held = receive();
	T_MUST(push(&w1) == 0);
	while (claim_of(&w1, "a", 1).more)
		continue;
	T_OK(!pushed[unknown].gone && !pushed[hour].gone);
	T_OK(pushed[done].gone && pushed[day].gone && pushed[held].gone);
	T_OK(pushed[foreign].gone);
	T_INT(on(DLQ).all, 1);
	T_INT(sent(&w1, "ChangeMessageVisibility"), 2);
	T_INT(hidden_for(&w1), 3600);
	T_INT(sent(&w1, "DeleteMessage"), 0);
	/* A message is deleted only by its receiver. */
	T_INT(on(MAIN).all, 7);
}

static void
retried(void)
{
	const char *near = put(), *far;
	struct tq_claimed got;

	begin();
	receive();
	far = put();
	receive();
	T_MUST(push(&w1) == 0);
	got = claim_of(&w1, "a", 2);
	T_MUST(got.n == 2);
	T_STR(got.tasks[0].id, near);
	finish(&w1, &got.tasks[0], TQ_RETRY, now + 10 * MINUTE);
	T_INT(hidden_for(&w1), 600);
	finish(&w1, &got.tasks[1], TQ_RETRY, now + 16 * MINUTE);
	T_OK(!pushed[0].gone && pushed[1].gone);
	T_INT(number(far, "ringAt"), now + 16 * MINUTE);
	T_INT(sent(&w1, "SendMessage"), 0);
}

static void
dead(void)
{
	const char *id = put();
	const struct tq_task *t;

	begin();
	receive();
	T_MUST(push(&w1) == 0);
	t = claim_of(&w1, "a", 1).tasks;
	w1.refuse = "SendMessage";
	T_INT(finish(&w1, t, TQ_FAIL, 0).status, TQ_FAILED);
	/* It comes again, to finish the way to the DLQ. */
	T_OK(!pushed[0].gone && get(id)->dlq_owed);
	w1.refuse = NULL;
	T_MUST(push(&w1) == 0);
	T_INT(claim_of(&w1, "a", 1).n, 0);
	T_OK(pushed[0].gone && !get(id)->dlq_owed);
	T_INT(on(DLQ).all, 1);
}

static void
not_written(void)
{
	static const char *const type = "a";
	struct tq_claimed got = { .arena = &arena };
	struct tq_claim req = { .queue = QUEUE, .types = &type, .ntypes = 1,
	    .worker = "w1", .lease_ms = LEASE_MS, .n = 1, .slots = 1 };

	begin();
	put();
	receive();
	T_MUST(push(&w1) == 0);
	w1.refuse = "PutItem";
	T_INT(tq_store_claim(w1.st, &req, &got, &err), -1);
	w1.refuse = NULL;
	T_OK(!pushed[0].gone);
	host_anew(&w1);
	/* Nor is one that was not looked at: another may have it at once. */
	T_MUST(push(&w1) == 0);
	host_anew(&w1);
	T_OK(!pushed[0].gone);
	T_INT(on(MAIN).visible, 1);
}

static void
put_off(void)
{
	struct tq_control c;

	begin();
	put();
	receive();
	T_INT(tq_store_control_get(w2.st, QUEUE, &arena, &c, &err), 0);
	c.paused = true;
	T_INT(tq_store_control_set(w2.st, &c, &err), 0);
	T_MUST(push(&w1) == 0);
	T_INT(claim_of(&w1, "a", 1).n, 0);
	T_INT(hidden_for(&w1), 30);
	T_OK(!pushed[0].gone && !claim_of(&w1, "a", 1).more);
	c.paused = false;
	c.rate = 0.001;
	c.ver++;
	T_INT(tq_store_control_set(w2.st, &c, &err), 0);
	put();
	receive();
	T_MUST(push(&w1) == 0);
	T_INT(claim_of(&w1, "a", 1).n, 1);
	T_INT(claim_of(&w1, "a", 1).n, 0);
	T_INT(hidden_for(&w1), 30);
	T_OK(!pushed[0].gone && !pushed[1].gone);
}

static void
refused(void)
{
	begin();
	put();
	receive();
	pushed[0].source = "theirs-" QUEUE;
	T_INT(push(&w1), -1);
	T_INT(err.code, TQ_E_CONFIG);
	T_OK(strstr(err.msg, "theirs-" QUEUE) != NULL);
	pushed[0].source = "orders.fifo";
	T_INT(push(&w1), -1);
	T_OK(strstr(err.msg, "orders.fifo: a FIFO queue") != NULL);
	npushed = 0;
}

CASES(pushed,
	{ "pushed, just that task is claimed, and gone when it has ended",
	    claimed_and_ended },
	{ "by what was pushed a sweep knows which messages are lost", marked },
	{ "each message that is pushed is hidden, or gone, as it is received",
	    judged },
	{ "a pushed one is hidden until a retry within 15 min, gone for later",
	    retried },
	{ "a pushed one of a dead task is gone when the DLQ has it", dead },
	{ "what was pushed and not written, or not looked at, comes again", not_written },
	{ "pushed, a paused queue's, or one too many for its rate, is put off",
	    put_off },
	{ "pushed from another queue, or a FIFO queue, it is refused", refused })

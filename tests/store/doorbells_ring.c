/* tests/store/doorbells_ring.c -- ringAt as each change of a task leaves it. */
#include "doorbells.h"

static void
submit_due_now(void)
{
	const char *id = put();

	T_INT(number(id, "ringAt"), now + 2 * MINUTE);
	T_INT(on(MAIN).visible, 1);
}

static void
submit_delayed(void)
{
	const char *id = put_due("a", now + 10 * MINUTE, TQ_STORED);

	T_INT(number(id, "ringAt"), now + 12 * MINUTE);
	T_INT(on(MAIN).delayed, 1);
}

/* SQS delays by 15 min at most: the sweep rings when it is due. */
static void
submit_delayed_for_long(void)
{
	const char *id = put_due("a", now + HOUR, TQ_STORED);

	T_INT(number(id, "ringAt"), now + HOUR);
	T_INT(number(id, "rings"), TQ_RINGS_OWED);
	T_INT(on(MAIN).all, 0);
	pass(HOUR - 1);
	T_INT(sweep(&w1).rung, 0);
	T_INT(number(id, "rev"), 1);
	pass(1);
	T_INT(sweep(&w1).rung, 1);
	T_INT(on(MAIN).visible, 1);
	T_INT(sweep(&w1).rung, 0);
	T_OK(claim(&w2) != NULL);
}

static void
submit_whose_send_failed(void)
{
	const char *id;

	be_busy();
	w1.refuse = "SendMessage";
	id = put_due("a", 0, TQ_OWED);
	T_INT(number(id, "ringAt"), now);
	T_INT(number(id, "rings"), TQ_RINGS_OWED);
	T_INT(on(MAIN).visible, 0);
	T_INT(sweep(&w2).rung, 1);
	T_INT(on(MAIN).visible, 1);
	T_OK(claim(&w2) != NULL);
}

static void
submit_delayed_whose_send_failed(void)
{
	const char *id;

	be_busy();
	w1.refuse = "SendMessage";
	id = put_due("a", now + 10 * MINUTE, TQ_OWED);
	T_INT(number(id, "ringAt"), now + 10 * MINUTE);
	T_INT(sweep(&w2).rung, 0);
	pass(10 * MINUTE);
	T_INT(sweep(&w2).rung, 1);
	T_OK(claim(&w2) != NULL);
}

/* Two leases, or a quarter of an hour if that is more. */
static void
running(void)
{
	static const char *const type = "a";
	const char *id = put();
	const struct tq_task *t = claim(&w1);
	struct tq_claimed got = { .arena = &arena };
	struct tq_claim req = { .queue = QUEUE, .types = &type, .ntypes = 1,
	    .worker = "w1", .lease_ms = 10 * MINUTE, .n = 1, .slots = 1 };

	T_MUST(t != NULL);
	/* The entry stays where it waited, which is ahead of the lease. */
	T_INT(number(id, "ringAt"), now + 2 * MINUTE);
	finish(&w1, t, TQ_COMPLETE, 0);
	T_INT(number(id, "ringAt"), now);
	/* One that has waited for longer than that is moved. */
	id = put();
	pass(MINUTE + 1);
	T_MUST((t = claim(&w1)) != NULL);
	T_INT(number(id, "ringAt"), now + 15 * MINUTE);
	finish(&w1, t, TQ_COMPLETE, 0);
	id = put();
	T_INT(tq_store_claim(w1.st, &req, &got, &err), 0);
	T_MUST(got.n == 1);
	T_INT(number(id, "ringAt"), now + 20 * MINUTE);
}

/* Neither the worker nor its message is there any more. */
static void
running_and_lost(void)
{
	const char *id = put();
	const struct tq_task *t;

	pass(MINUTE + 1);
	T_MUST((t = claim(&w1)) != NULL);
	lose_all();
	pass(15 * MINUTE - 1);
	T_INT(sweep(&w2).rung, 0);
	pass(1);
	T_INT(sweep(&w2).rung, 1);
	T_INT(on(MAIN).visible, 1);
	T_INT(sweep(&w2).rung, 0);
	T_INT(get(id)->token, t->token);
	T_MUST((t = claim(&w2)) != NULL);
	T_INT(t->attempts, 2);
	T_STR(get(id)->bell, w2.bell);
}

static void
extend_for(const struct tq_task *t)
{
	struct tq_extend in = { .id = t->id, .token = t->token,
	    .claim = t->claim, .lease_ms = LEASE_MS };
	struct tq_extended out;

	T_INT(tq_store_extend(w1.st, &in, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
}

/* Each time it moves costs a write of its own. */
static void
extended(void)
{
	const char *id = put();
	const struct tq_task *t = claim(&w1);
	int64_t ring_at = now + 2 * MINUTE;
	int i, moved = 0;

	T_MUST(t != NULL);
	for (i = 0; i < 94; i++) {
		pass(LEASE_MS / 3);
		extend_for(t);
		if (get(id)->ring_at == ring_at)
			continue;
		ring_at = get(id)->ring_at;
		T_INT(ring_at, now + 15 * MINUTE);
		moved++;
	}
	/* Once to those that run, then twice in half an hour. */
	T_INT(moved, 3);
	T_INT(get(id)->lease_until, now + LEASE_MS);
	T_OK(get(id)->ring_at >= get(id)->lease_until);
	T_INT(sweep(&w2).rung, 0);
	T_INT(on(MAIN).all, 1);
}

/* The lease's message is kept hidden for as long as the lease. */
static void
extend_hides(void)
{
	const struct tq_task *t;

	put();
	T_MUST((t = claim(&w1)) != NULL);
	forget(&w1);
	pass(20000);
	extend_for(t);
	T_INT(hidden_for(&w1), 62);
	/* The lease first: a message that comes too early is only hidden. */
	T_OK(place_of(&w1, "PutItem", t->id) <
	    place_of(&w1, "ChangeMessageVisibility", "Visib"));
	forget(&w1);
	pass(12 * HOUR);
	set_number(t->id, "rings", 0);
	extend_for(t);
	T_INT(hidden_for(&w1), -1);	/* beyond SQS's 12 h it goes */
	T_INT(on(MAIN).all, 0);
	pass(15 * MINUTE);
	T_INT(sweep(&w2).rung, 1);
}

static void
retried(void)
{
	const char *id = put(), *bell;
	const struct tq_task *t = claim(&w1);

	T_MUST(t != NULL);
	bell = w1.bell;
	forget(&w1);
	T_INT(finish(&w1, t, TQ_RETRY, now + 30000).status, TQ_RETRYING);
	T_INT(number(id, "ringAt"), now + 30000 + 2 * MINUTE);
	T_INT(hidden_for(&w1), 30);
	T_INT(on(MAIN).hidden, 1);
	T_INT(sent(&w1, "SendMessage"), 0);
	bring_back(&w1);
	pass(30000);
	T_OK(claim(&w2) != NULL);
	T_STR(w2.bell, bell);
}

static void
retried_long_after(void)
{
	const char *id = put();
	const struct tq_task *t = claim(&w1);

	T_MUST(t != NULL);
	finish(&w1, t, TQ_RETRY, now + HOUR);
	T_INT(number(id, "ringAt"), now + HOUR);
	T_INT(on(MAIN).all, 0);
	pass(HOUR - 1);
	T_INT(sweep(&w2).rung, 0);
	pass(1);
	T_INT(sweep(&w2).rung, 1);
	T_OK(claim(&w2) != NULL);
}

static void
released(void)
{
	const char *id = put();
	const struct tq_task *t = claim(&w1);

	T_MUST(t != NULL);
	T_INT(finish(&w1, t, TQ_RELEASE, 0).status, TQ_PENDING);
	T_INT(number(id, "ringAt"), now + 2 * MINUTE);
	T_INT(on(MAIN).visible, 1);
	T_MUST((t = claim(&w2)) != NULL);
	T_STR(t->id, id);
	T_STR(w2.bell, get(id)->bell);
}

static void
redriven(void)
{
	const char *id = put_dead();
	struct tq_ref ref = { .id = id };
	struct tq_answer out;

	T_INT(number(id, "ringAt"), now);
	T_INT(on(DLQ).visible, 1);
	pass(DAY);
	T_INT(tq_store_redrive(w1.st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_INT(number(id, "ringAt"), now + 2 * MINUTE);
	T_INT(on(MAIN).visible, 1);
	T_INT(on(DLQ).all, 0);
	T_OK(claim(&w2) != NULL);
}

/* A missing message in the DLQ blocks nothing. */
static void
redriven_without_a_message(void)
{
	const char *id = put_dead();
	struct tq_ref ref = { .id = id };
	struct tq_sqs_msg *m = take(DLQ);
	struct tq_answer out;

	T_MUST(m != NULL);
	drop(DLQ, m->receipt);
	T_INT(tq_store_redrive(w1.st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_OK(claim(&w2) != NULL);
}

static void
ended_is_not_rung(void)
{
	const char *done = put(), *gone, *dead;
	const struct tq_task *t = claim(&w1);
	struct tq_answer out;

	T_MUST(t != NULL);
	finish(&w1, t, TQ_COMPLETE, 0);
	gone = put();
	T_INT(tq_store_cancel(w1.st, &gone, 1, &out, &err), 0);
	T_INT(number(done, "ringAt"), now);
	T_INT(number(gone, "ringAt"), now);
	lose_all();
	dead = put_dead();
	pass(HOUR);
	T_INT(sweep(&w2).rung, 0);
	T_INT(on(MAIN).all, 0);
	T_INT(on(DLQ).all, 1);
	T_INT(number(done, "ringAt"), now - HOUR);
	T_INT(number(dead, "ringAt"), now - HOUR);
}

static void
deadline(void)
{
	struct tq_task t = { .queue = QUEUE, .type = "a", .id = "late",
	    .payload = tq_span_of("1"), .payload_kind = TQ_KIND_JSON,
	    .expires_at = now + 30000 };
	struct tq_submit in = { .task = &t };
	struct tq_submitted out;

	T_INT(tq_store_submit(w1.st, &in, 1, &out, &err), 0);
	T_INT(number("late", "ringAt"), now + 30000);
	T_INT(number("late", "expiresAt"), -99);
	pass(30001);
	T_INT(sweep(&w2).expired, 1);
	T_INT(get("late")->status, TQ_CANCELLED);
	T_INT(get("late")->finished_at, t.expires_at);
	T_INT(number("late", "deadlineMs"), t.expires_at);
	T_INT(number("late", "expiresAtMs"), t.expires_at + 14 * DAY);
	T_INT(number("late", "expiresAt"), t.expires_at / 1000 + 14 * 86400 +
	    (t.expires_at % 1000 != 0));
}

/* Nobody rings for what is held; it rings when it is let go. */
static void
held(void)
{
	const char *id = put();
	struct tq_task to = { .held = true };
	struct tq_edit e = { .ref.id = id, .set = TQ_SET_HELD, .to = &to };
	struct tq_answer out;

	T_INT(tq_store_edit(w1.st, &e, 1, &out, &err), 0);
	T_OK(claim(&w1) == NULL);
	T_INT(on(MAIN).all, 0);
	pass(DAY);
	T_INT(sweep(&w2).rung, 0);
	to.held = false;
	T_INT(tq_store_edit(w1.st, &e, 1, &out, &err), 0);
	T_INT(on(MAIN).visible, 1);
	T_OK(claim(&w1) != NULL);
}

static void
make_due(const char *id, int64_t at)
{
	struct tq_task to = { .not_before = at };
	struct tq_edit e = { .ref.id = id, .set = TQ_SET_NOT_BEFORE,
	    .to = &to };
	struct tq_answer out = { .code = TQ_E_BUG };

	T_INT(tq_store_edit(w1.st, &e, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
}

/* What was due in an hour: it has no message yet. */
static void
edited_to_be_due_earlier(void)
{
	const struct tq_task *t;
	const char *id = put_due("a", now + HOUR, TQ_STORED);

	make_due(id, now + 10 * MINUTE);
	T_INT(on(MAIN).delayed, 1);
	T_INT(number(id, "ringAt"), now + 12 * MINUTE);
	lose_all();
	make_due(id, 0);
	T_INT(on(MAIN).visible, 1);
	T_INT(number(id, "ringAt"), now + 2 * MINUTE);
	T_MUST((t = claim(&w2)) != NULL);
	/* So does one that is to be tried again. */
	finish(&w2, t, TQ_RETRY, now + HOUR);
	lose_all();
	make_due(id, 0);
	T_INT(on(MAIN).visible, 1);
	T_INT(number(id, "ringAt"), now + 2 * MINUTE);
	T_OK(claim(&w2) != NULL);
}

/* Its message is there already, and starts it no earlier. */
static void
edited_to_be_due_later(void)
{
	const char *id = put();

	make_due(id, now + HOUR);
	T_INT(number(id, "ringAt"), now + HOUR);
	T_OK(claim(&w2) == NULL);
	lose_all();
	pass(HOUR - 1);
	T_INT(sweep(&w2).rung, 0);
	T_OK(claim(&w2) == NULL);
	pass(1);
	T_INT(sweep(&w2).rung, 1);
	T_INT(on(MAIN).visible, 1);
	T_OK(claim(&w2) != NULL);
}

CASES(ring,
	{ "ringAt is never later than the deadline, which a sweep keeps",
	    deadline },
	{ "nobody rings for a held task until it is let go", held },
	{ "a task that is edited to be due earlier is rung for then",
	    edited_to_be_due_earlier },
	{ "a task that is edited to be due later is rung for then",
	    edited_to_be_due_later },
	{ "a submit writes ringAt 2 min ahead and rings", submit_due_now },
	{ "a delay within 15 min is the message's", submit_delayed },
	{ "a longer one has no message, and the sweep rings when it is due",
	    submit_delayed_for_long },
	{ "a send that failed is owed, now, and the sweep pays",
	    submit_whose_send_failed },
	{ "a delayed task's that failed is owed when it is due",
	    submit_delayed_whose_send_failed },
	{ "a claim moves the entry only if its lease outlives ringAt", running },
	{ "a worker lost with its message is rung for, once",
	    running_and_lost },
	{ "extend moves the entry once the lease outlives it, and seldom",
	    extended },
	{ "extend hides the message after the lease, for 12 h in all",
	    extend_hides },
	{ "a retry hides the message for its backoff", retried },
	{ "a retry after more than 15 min has no message until then",
	    retried_long_after },
	{ "a release gives the message back", released },
	{ "a redrive rings and clears the DLQ", redriven },
	{ "a redrive needs no message in the DLQ",
	    redriven_without_a_message },
	{ "nobody rings for what has ended", ended_is_not_rung })

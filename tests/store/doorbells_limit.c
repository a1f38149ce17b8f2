/* tests/store/doorbells_limit.c -- tasks that a limit holds back. */
#include "doorbells.h"

/* A claim for types "a", of which one may run at a time, and ${other}. */
static struct tq_claimed
claim_limited(struct host *h, size_t n, const char *other)
{
	static const struct tq_limit limit = { "a", 1 };
	const char *types[] = { "a", other };
	struct tq_claimed got = { .arena = &arena };
	struct tq_claim req = { .queue = QUEUE, .types = types,
	    .ntypes = other != NULL ? 2 : 1, .worker = h->name,
	    .lease_ms = LEASE_MS, .n = n, .slots = n,
	    .limits = &limit, .nlimits = 1 };

	if (tq_store_claim(h->st, &req, &got, &err) == -1)
		T_FAIL("claim: %s", err.msg);
	return got;
}

/* As a worker whose other handlers work ${other}: it wants no "a" now. */
static struct tq_claimed
claim_other(struct host *h, const char *other)
{
	static const struct tq_limit limit = { "a", 1 };
	static const char *const a = "a";
	struct tq_claimed got = { .arena = &arena };
	struct tq_claim req = { .queue = QUEUE, .types = &other,
	    .ntypes = 1, .others = &a, .nothers = 1, .worker = h->name,
	    .lease_ms = LEASE_MS, .n = 1, .slots = 1,
	    .limits = &limit, .nlimits = 1 };

	if (tq_store_claim(h->st, &req, &got, &err) == -1)
		T_FAIL("claim: %s", err.msg);
	return got;
}

static void
put_some(int n)
{
	int i;

	for (i = 0; i < n; i++) {
		put();
		pass(1);
	}
}

static void
no_more_are_received_than_may_run(void)
{
	struct tq_claimed got;

	put_some(5);
	got = claim_limited(&w1, 4, NULL);
	T_INT(got.n, 1);
	T_INT(on(MAIN).hidden, 1);
	T_INT(on(MAIN).visible, 4);
	T_INT(finish(&w1, &got.tasks[0], TQ_COMPLETE, 0).status, TQ_COMPLETED);
	T_INT(claim_limited(&w2, 4, NULL).n, 1);
	T_INT(on(MAIN).visible, 3);
}

/* Ask ten times, as a worker does each second. */
static void
ten_claims(struct host *h, size_t calls, bool limited)
{
	size_t before = h->calls;
	struct tq_claimed got;
	int i;

	forget(h);
	for (i = 0; i < 10; i++) {
		got = claim_limited(h, 4, NULL);
		T_INT(got.n, 0);
		T_INT(got.limited, i > 0 || limited);
		T_OK(!limited || got.next_ms >= now + 1000);
	}
	T_INT(wait_ready(h, got.bell, 300), 0);
	T_INT(sent(h, "ReceiveMessage"), 0);
	T_OK(h->calls - before <= calls);
	if (h->calls - before > calls)
		printf("# ten claims took %zu requests\n", h->calls - before);
}

static void
to_ask_under_a_limit_costs_little(void)
{
	stop_boot();
	put_some(20);
	T_INT(claim_limited(&w1, 4, NULL).n, 1);
	/* The control record; once the index; and whether the slot is free,
	   which the one that holds it knows. */
	ten_claims(&w1, 10 + 3, true);
	ten_claims(&w2, 2 * 10 + 3, true);
	T_INT(on(MAIN).visible, 19);
}

static void
nothing_waits_behind_the_limit(void)
{
	uint64_t bell;

	stop_boot();
	put();
	T_INT(claim_limited(&w1, 1, NULL).n, 1);
	/* The index is asked at first, and then only every ten seconds. */
	ten_claims(&w2, 2 * 10 + 3, false);
	host_anew(&w2);
	bell = claim_limited(&w2, 1, NULL).bell;
	put();
	/* It listens, then, and comes to know that something does. */
	T_INT(wait_ready(&w2, bell, MINUTE), 1);
	T_OK(claim_limited(&w2, 1, NULL).limited);
	T_INT(hidden_for(&w2), 30);
}

static void
put_off_and_claimed_by_the_index(void)
{
	struct tq_claimed got;
	const char *second;

	put();
	pass(1);
	second = put();
	got = claim_limited(&w1, 2, "b");
	T_INT(got.n, 1);
	T_OK(got.limited);
	T_INT(hidden_for(&w1), 30);
	T_INT(on(MAIN).hidden, 2);
	finish(&w1, &got.tasks[0], TQ_COMPLETE, 0);
	T_INT(on(MAIN).hidden, 1);
	got = claim_limited(&w2, 2, "b");
	T_MUST(got.n == 1);
	T_STR(got.tasks[0].id, second);
	T_OK(get(second)->bell == NULL);
	/* Its message comes when it is of no use any more. */
	bring_back(&w1);
	T_INT(claim_limited(&w1, 2, "b").n, 0);
	T_INT(on(MAIN).all, 0);
}

static void
put_off_and_not_forgotten(void)
{
	struct tq_claimed got;
	const char *second;

	put();
	pass(1);
	second = put();
	got = claim_limited(&w1, 2, "b");
	T_MUST(got.n == 1);
	pass(1);
	put_due("b", 0, TQ_STORED);
	finish(&w1, &got.tasks[0], TQ_COMPLETE, 0);
	forget(&w1);
	got = claim_limited(&w1, 1, "b");
	T_MUST(got.n == 1);
	T_STR(got.tasks[0].id, second);
	T_INT(sent(&w1, "ReceiveMessage"), 0);
	got = claim_limited(&w1, 1, "b");
	T_MUST(got.n == 1);
	T_STR(got.tasks[0].type, "b");
}

static void
put_off_for_longer_each_time(void)
{
	put_some(2);
	T_INT(claim_limited(&w1, 2, "b").n, 1);
	T_INT(hidden_for(&w1), 30);
	bring_back(&w1);
	T_INT(claim_limited(&w1, 1, "b").n, 0);
	T_INT(hidden_for(&w1), 60);
	bring_back(&w1);
	T_INT(claim_limited(&w1, 1, "b").n, 0);
	T_INT(hidden_for(&w1), 120);
}

static void
met_by_a_claim_for_others(void)
{
	put_some(2);
	T_INT(claim_limited(&w1, 1, NULL).n, 1);
	T_INT(claim_other(&w2, "b").n, 0);
	T_INT(hidden_for(&w2), 30);
	T_OK(aq_of(w2.st)->buffer == NULL);
}

static void
a_high_limit_costs_no_more(void)
{
	static const struct tq_limit limit = { "a", TQ_LIMIT_MAX };
	static const char *const a = "a";
	struct tq_claimed got = { .arena = &arena };
	struct tq_claim req = { .queue = QUEUE, .types = &a, .ntypes = 1,
	    .worker = w1.name, .lease_ms = LEASE_MS, .n = 4, .slots = 4,
	    .limits = &limit, .nlimits = 1 };

	put_some(3);
	forget(&w1);
	T_INT(tq_store_claim(w1.st, &req, &got, &err), 0);
	T_INT(got.n, 3);
	T_OK(sent(&w1, "BatchGetItem") <= 3);
}

CASES(limit,
	{ "under a limit no more messages are received than may run",
	    no_more_are_received_than_may_run },
	{ "while a limit is full nothing is received, and asking is cheap",
	    to_ask_under_a_limit_costs_little },
	{ "where nothing waits behind a limit the worker listens",
	    nothing_waits_behind_the_limit },
	{ "one that comes over the limit is put off; its task needs it not",
	    put_off_and_claimed_by_the_index },
	{ "while other tasks are due those put off have their turn",
	    put_off_and_not_forgotten },
	{ "one over the limit is put off for twice as long each time",
	    put_off_for_longer_each_time },
	{ "one over the limit is put off by a claim for other types too",
	    met_by_a_claim_for_others },
	{ "of a limit of a million a claim reads a few permits",
	    a_high_limit_costs_no_more })

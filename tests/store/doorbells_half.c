/* tests/store/doorbells_half.c -- what was done in part, or twice. */
#include "doorbells.h"

static char big[5000];		/* more than a record holds itself */

static struct tq_span
bytes(void)
{
	memset(big, 'x', sizeof(big));
	return (struct tq_span){ big, sizeof(big) };
}

/* The key of the body that ${t}'s result gets. */
static const char *
result_at(const struct tq_task *t)
{
	return tq_arena_fmt(&arena, "b#%s#%llu-%llx#result", t->id,
	    (unsigned long long)t->token, (unsigned long long)t->claim);
}

static struct tq_answer
complete(struct host *h, const struct tq_task *t, const struct tq_claim *next,
    struct tq_claimed *got)
{
	struct tq_finish in = { .id = t->id, .queue = QUEUE,
	    .token = t->token, .claim = t->claim, .how = TQ_COMPLETE,
	    .result = bytes(), .result_kind = TQ_KIND_TEXT };
	struct tq_answer out = { .code = TQ_E_BUG };

	if (tq_store_finish(h->st, &in, 1, &out, next, got, &err) == -1)
		T_FAIL("finish: %s", err.msg);
	return out;
}

static void
result_expires_after_its_task(void)
{
	const struct tq_task *t;

	put();
	T_MUST((t = claim(&w1)) != NULL);
	T_INT(complete(&w1, t, NULL, NULL).code, TQ_OK);
	/* DynamoDB takes the record only where it has no such body. */
	T_INT(number(t->id, "expiresAtMs"), now + 14 * DAY);
	T_INT(number(t->id, "expiresAt"), -99);
	T_INT(number_at(result_at(t), "expiresAt"), (now + 15 * DAY) / 1000);
}

/* The key in the first body that ${h} wrote. */
static const char *
body_at(const struct host *h)
{
	static const char name[] = "\"b#";
	int i = place_of(h, "PutItem", name);
	const char *p = i == -1 ? NULL : strstr(h->seen[i].body.p, name);

	return p == NULL ? "" : tq_arena_dup(&arena, p + 1,
	    strcspn(p + 1, "\""));
}

static void
payload_of_a_killed_submit(void)
{
	struct tq_task t = { .queue = QUEUE, .type = "a", .id = "half",
	    .payload = bytes(), .payload_kind = TQ_KIND_TEXT,
	    .not_before = now + DAY };
	struct tq_submit in = { .task = &t };
	struct tq_submitted out;

	w1.dies = 2;
	T_INT(tq_store_submit(w1.st, &in, 1, &out, &err), -1);
	T_INT(number("half", "rev"), -99);
	T_INT(number_at(body_at(&w1), "expiresAt"),
	    (now + DAY + 3 * 365 * DAY) / 1000);
}

static void
result_of_one_finished_twice(void)
{
	const struct tq_task *t;
	struct tq_task *r;

	put();
	T_MUST((t = claim(&w1)) != NULL);
	T_INT(complete(&w1, t, NULL, NULL).code, TQ_OK);
	T_INT(complete(&w1, t, NULL, NULL).code, TQ_E_LOST);
	T_OK(number_at(result_at(t), "expiresAt") > 0);
	T_INT(tq_store_get(w2.st, &t->id, 1, TQ_WITH_RESULT, &arena, &r,
	    &err), 0);
	T_MUST(r != NULL);
	T_INT(r->result.n, sizeof(big));
}

static void
result_of_one_that_was_lost(void)
{
	const struct tq_task *t;

	put();
	T_MUST((t = claim(&w1)) != NULL);
	pass(LONG_OVER);
	T_INT(claim_of(&w2, "a", 1).n, 1);
	T_INT(complete(&w1, t, NULL, NULL).code, TQ_E_LOST);
	T_INT(number_at(result_at(t), "expiresAt"), -99);
}

static void
finished_and_the_next_claim_fails(void)
{
	static const char *const type = "a";
	struct tq_claim next = { .queue = QUEUE, .types = &type,
	    .ntypes = 1, .worker = "w1", .lease_ms = LEASE_MS, .n = 1,
	    .slots = 1 };
	struct tq_claimed got = { .arena = &arena };
	const struct tq_task *t;

	put();
	T_MUST((t = claim(&w1)) != NULL);
	w1.refuse = "ReceiveMessage";
	T_INT(complete(&w1, t, &next, &got).code, TQ_OK);
	T_INT(got.n, 0);
	T_OK(got.more);
	T_INT(tq_store_claim(w1.st, &next, &got, &err), -1);
}

static void
claimed_in_part(void)
{
	const char *first = put(), *second;
	struct tq_claimed got;

	pass(1);
	second = put();
	w1.refuse = "PutItem";
	w1.refuse_in = second;
	got = claim_of(&w1, "a", 2);
	T_MUST(got.n == 1);
	T_STR(got.tasks[0].id, first);
	T_INT(get(second)->status, TQ_PENDING);
	T_INT(complete(&w1, &got.tasks[0], NULL, NULL).code, TQ_OK);
}

CASES(half,
	{ "the body of a result stays a day longer than its task",
	    result_expires_after_its_task },
	{ "a body that a killed submit left goes, long after it was due",
	    payload_of_a_killed_submit },
	{ "a task that is finished twice keeps its result",
	    result_of_one_finished_twice },
	{ "the result of a task that another worker has is not kept",
	    result_of_one_that_was_lost },
	{ "what was finished is, though the claim that follows fails",
	    finished_and_the_next_claim_fails },
	{ "of a claim that fails half way what is leased is worked",
	    claimed_in_part })

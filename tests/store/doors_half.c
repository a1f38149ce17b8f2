/* tests/store/doors_half.c -- what was done in part, or twice. */
#include "doors.h"

static char big[2000];		/* more than a record holds itself */

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
complete(struct host *h, const struct tq_task *t)
{
	struct tq_finish in = { .id = t->id, .queue = QUEUE,
	    .token = t->token, .claim = t->claim, .how = TQ_COMPLETE,
	    .result = bytes(), .result_kind = TQ_KIND_TEXT };
	struct tq_answer out = { .code = TQ_E_BUG };

	if (tq_store_finish(h->st, &in, 1, &out, NULL, NULL, &err) == -1)
		T_FAIL("finish: %s", err.msg);
	return out;
}

static void
result_expires_after_its_task(void)
{
	const struct tq_task *t;

	put();
	T_MUST((t = claim(&w1)) != NULL);
	T_INT(complete(&w1, t).code, TQ_OK);
	T_INT(number(t->id, "expiresAt"), (now + 14 * DAY + 999) / 1000);
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

CASES(half,
	{ "the body of a result stays a day longer than its task",
	    result_expires_after_its_task },
	{ "a body that a killed submit left goes, long after it was due",
	    payload_of_a_killed_submit })

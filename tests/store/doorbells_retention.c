/* tests/store/doorbells_retention.c -- records past their time, and what they own. */
#include "doorbells.h"

#include "task/id.h"

#define KEPT	(14 * DAY + 1)		/* long enough to be over */
#define MANY	300

/* A finished task; its result is ${n} bytes. */
static const char *
done_with(size_t n)
{
	char *bytes = tq_arena_alloc(&arena, n);
	const struct tq_task *t;
	struct tq_finish in;
	struct tq_answer out;
	const char *id = put();

	memset(bytes, 'x', n);
	if ((t = claim(&w1)) == NULL) {
		T_FAIL("no task was claimed");
		return id;
	}
	in = (struct tq_finish){ .id = t->id, .queue = QUEUE,
	    .token = t->token, .claim = t->claim, .how = TQ_COMPLETE,
	    .result = { bytes, n }, .result_kind = TQ_KIND_TEXT };
	if (tq_store_finish(w1.st, &in, 1, &out, NULL, NULL, &err) == -1)
		T_FAIL("finish: %s", err.msg);
	return id;
}

/* As a worker does it, not by force. */
static uint64_t
removed_by(struct host *h)
{
	struct tq_swept one = { .more = true };
	uint64_t all = 0;

	while (one.more) {
		one = (struct tq_swept){ 0 };
		if (tq_store_sweep(h->st, "worker", false, &one, &err) == -1)
			T_FAIL("sweep: %s", err.msg);
		all += one.removed;
	}
	return all;
}

static void
ttl_takes_what_owns_nothing(void)
{
	const char *id = done_with(10);

	T_INT(number(id, "expiresAt"), (now + 14 * DAY + 999) / 1000);
	T_INT(number(id, "rings"), AQ_RINGS_TTL);
	pass(KEPT);
	forget(&w2);
	T_INT(removed_by(&w2), 0);
	T_INT(sent(&w2, "DeleteItem") + sent(&w2, "BatchGetItem") +
	    sent(&w2, "GetItem"), 0);
	/* Off, or late: then it is removed here. */
	pass(3 * DAY);
	T_INT(removed_by(&w2), 1);
	T_INT(number(id, "rev"), -99);
	/* Or at once, for one who insists. */
	id = done_with(10);
	pass(KEPT);
	T_INT(sweep(&w2).removed, 1);
	T_INT(number(id, "rev"), -99);
}

/* The key of the body that the record of ${id} names. */
static const char *
body_of(const char *id)
{
	const char *p;
	size_t i;

	for (i = w1.n; i-- > 0; ) {
		p = strstr(w1.seen[i].body.p, "\"b#");
		if (p != NULL && strstr(p, id) != NULL)
			return tq_arena_dup(&arena, p + 1, strcspn(p + 1,
			    "\""));
	}
	T_FAIL("%s has no body", id);
	return "";
}

static void
sweep_takes_what_is_owned(void)
{
	const char *id = done_with(5000), *at = body_of(id);

	T_INT(number(id, "expiresAt"), -99);
	T_OK(number_at(at, "expiresAt") > 0);
	pass(KEPT);
	T_INT(removed_by(&w2), 1);
	T_INT(number_at(at, "expiresAt"), -99);
	/* The rest is the TTL's, and costs the next sweeps nothing. */
	T_OK(number(id, "expiresAt") > 0);
	forget(&w2);
	T_INT(removed_by(&w2), 0);
	T_INT(sent(&w2, "PutItem"), 1);		/* s#sweeper */
	T_INT(sent(&w2, "BatchGetItem") + sent(&w2, "GetItem"), 0);
}

static void
role_that_may_not_delete(void)
{
	const char *id = done_with(10);

	pass(KEPT + 3 * DAY);
	w2.refuse = "DeleteItem";
	w2.denies = true;
	T_INT(removed_by(&w2), 0);
	forget(&w2);
	T_INT(removed_by(&w2), 0);
	T_INT(sent(&w2, "DeleteItem"), 0);
	T_INT(removed_by(&w1), 1);
	T_INT(number(id, "rev"), -99);
}

/* Its record is still there, and nobody sees it. */
static void
gone_for_every_verb(void)
{
	const char *id = done_with(10);
	struct tq_ref ref = { id, 0 };
	struct tq_answer out;
	struct tq_list req = { .filter.queue = QUEUE, .limit = 10 };
	struct tq_page page;
	struct tq_task to = { .prio = 1 }, *seen;
	struct tq_edit edit = { .ref = { id, 0 }, .set = TQ_SET_PRIO,
	    .to = &to };
	struct tq_count *rows;
	size_t n;

	pass(KEPT);
	T_INT(get(id)->status, TQ_STATUS_MAX);
	T_INT(tq_store_list(w2.st, &req, &arena, &page, &err), 0);
	T_INT(page.n, 0);
	T_INT(tq_store_count(w2.st, QUEUE, &arena, &rows, &n, &err), 0);
	T_INT(n, 0);
	T_INT(tq_store_cancel(w2.st, &id, 1, &out, &err), 0);
	T_INT(out.code, TQ_E_NOTFOUND);
	T_INT(tq_store_redrive(w2.st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_E_NOTFOUND);
	T_INT(tq_store_purge(w2.st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_E_NOTFOUND);
	T_INT(tq_store_edit(w2.st, &edit, 1, &out, &err), 0);
	T_INT(out.code, TQ_E_NOTFOUND);
	ref.rev = 1;
	T_INT(tq_store_wait_ids(w2.st, &ref, 1, 0, &arena, &seen, &err), 1);
	T_OK(seen != NULL && seen->id == NULL);
	ring_for(id);
	T_OK(claim(&w2) == NULL);
	T_OK(number(id, "rev") > 0);
}

/* Reads, writes and removals are many at a time: ${MANY} take few rounds. */
static void
many_at_once(void)
{
	size_t i, rounds;

	w1.deaf = w2.deaf = true;
	for (i = 0; i < MANY; i++)
		done_with(5000);
	pass(KEPT);
	rounds = w2.rounds;
	T_INT(removed_by(&w2), MANY);
	/* At 10 ms a round: 30 a second and connection, 32 of them. */
	T_OK(w2.rounds - rounds <= MANY / AQ_CALLS * 2 + 25);
	if (t_bad != 0)
		printf("# %zu rounds\n", w2.rounds - rounds);
}

CASES(retention,
	{ "what owns nothing is left to DynamoDB, and removed if that is late",
	    ttl_takes_what_owns_nothing },
	{ "what is owned goes by the sweep, once, and then the TTL has it",
	    sweep_takes_what_is_owned },
	{ "a role that may not delete a record tries it once",
	    role_that_may_not_delete },
	{ "past its time a record is gone for every verb",
	    gone_for_every_verb },
	{ "300 with bodies are removed many at a time", many_at_once })

/*
 * tests/store/doorbells_edges.c -- tasks that wait for others, where those who
 * tell them die between two writes, or are overtaken.
 */
#include "doorbells.h"

#include "store/aws/edge/edge.h"
#include "task/id.h"

#define STEPS_MAX	60	/* writes of a verb, at most */

static struct tq_idgen gen;

/* A request of ${type} that waits for ${parent}; ${ended}: any end will do. */
static struct tq_task
a_child(const char *type, const char *parent, bool ended)
{
	struct tq_task t = { .queue = QUEUE, .type = type,
	    .payload = tq_span_of("{}"), .payload_kind = TQ_KIND_JSON };
	struct tq_span list = tq_span_of(tq_arena_fmt(&arena, "[\"%s\"]",
	    parent));
	char id[TQ_UUID_TEXT];

	tq_id_new(&gen, now, tq_random_u64(&env), id);
	t.id = tq_arena_str(&arena, id);
	t.submit_id = tq_arena_fmt(&arena, "%016llx",
	    (unsigned long long)tq_random_u64(&env));
	*(ended ? &t.after_ended : &t.after) = list;
	return t;
}

static int
submit(struct host *h, const struct tq_task *t)
{
	struct tq_submit in = { .task = t };
	struct tq_submitted out = { .what = TQ_REFUSED };

	if (tq_store_submit(h->st, &in, 1, &out, &err) == -1)
		return -1;
	T_INT(out.what, TQ_STORED);
	return 0;
}

static const char *
put_child(const char *type, const char *parent, bool ended)
{
	struct tq_task t = a_child(type, parent, ended);

	T_INT(submit(&w2, &t), 0);
	return t.id;
}

/* End the lease of ${t} by ${h}, and tell nobody yet. */
static int
end(struct host *h, const struct tq_task *t)
{
	struct tq_finish in = { .id = t->id, .queue = QUEUE,
	    .token = t->token, .claim = t->claim, .how = TQ_COMPLETE };
	struct tq_answer out;

	return aq_end_leases(aq_of(h->st), &in, 1, &out, &err);
}

/* All tasks of ${type} that are due run once: how many those are. */
static size_t
run_all(const char *type)
{
	struct tq_claimed got = claim_of(&w2, type, 10);
	size_t i;

	for (i = 0; i < got.n; i++)
		T_INT(end(&w2, &got.tasks[i]), 0);
	return got.n;
}

/* ${h} was killed at its ${k}th write, or came to its end. */
static bool
was_killed(struct host *h)
{
	bool killed = h->dies == 1;

	h->dies = 0;
	host_anew(h);
	return killed;
}

static void
killed_while_it_completes(void)
{
	struct tq_claimed got;
	bool killed = true;
	const char *d, *p;
	size_t told = 0;
	int k;

	for (k = 1; killed && k < STEPS_MAX; k++) {
		p = put();
		put_child("c", p, false);
		d = put_child("d", p, true);
		put_child("e", d, false);
		got = claim_of(&w1, "a", 1);
		T_MUST(got.n == 1);
		w1.dies = k;
		if (end(&w1, &got.tasks[0]) == 0)
			aq_settle(aq_of(w1.st));
		killed = was_killed(&w1);
		if (get(p)->status == TQ_RUNNING)
			T_INT(end(&w2, &got.tasks[0]), 0);
		told += sweep(&w2).told;
		T_INT(run_all("c"), 1);
		T_INT(run_all("d"), 1);
		sweep(&w2);
		T_INT(run_all("e"), 1);
		T_INT(run_all("c") + run_all("d") + run_all("e"), 0);
		T_INT(number(p, "unblockOwed"), -99);
	}
	T_OK(k > 6);
	T_OK(!killed);
	T_OK(told > 2);
}

static void
killed_while_it_cancels(void)
{
	const char *p, *c, *d;
	struct tq_answer out;
	bool killed = true;
	int k;

	for (k = 1; killed && k < STEPS_MAX; k++) {
		p = put_due("p", 0, TQ_STORED);
		c = put_child("c", p, false);
		d = put_child("d", c, false);
		put_child("e", d, true);
		w1.dies = k;
		tq_store_cancel(w1.st, &p, 1, &out, &err);
		killed = was_killed(&w1);
		T_INT(tq_store_cancel(w2.st, &p, 1, &out, &err), 0);
		sweep(&w2);
		sweep(&w2);
		T_INT(get(c)->status, TQ_CANCELLED);
		T_INT(get(d)->status, TQ_CANCELLED);
		T_INT(run_all("e"), 1);
		T_INT(run_all("e"), 0);
	}
	T_OK(k > 6);
	T_OK(!killed);
}

static void
killed_while_it_submits(void)
{
	struct tq_task c;
	bool killed = true;
	const char *p;
	int k;

	for (k = 1; killed && k < STEPS_MAX; k++) {
		p = put();
		c = a_child("c", p, false);
		w1.dies = k;
		submit(&w1, &c);
		killed = was_killed(&w1);
		/* A write whose answer is lost is asked for again, as tools do,
		   or it was written, and nobody comes. */
		if (k % 2 == 0 || get(c.id)->status == TQ_STATUS_MAX)
			T_INT(submit(&w2, &c), 0);
		sweep(&w2);
		T_INT(get(c.id)->status, TQ_BLOCKED);
		T_INT(run_all("a"), 1);
		sweep(&w2);
		T_INT(run_all("c"), 1);
	}
	T_OK(k > 3);
	T_OK(!killed);
}

static void
killed_while_it_redrives(void)
{
	struct tq_ref ref[2];
	struct tq_answer out[2];
	bool killed = true;
	const char *p, *c;
	int k;

	for (k = 1; killed && k < STEPS_MAX; k++) {
		p = put_due("p", 0, TQ_STORED);
		c = put_child("c", p, false);
		T_INT(tq_store_cancel(w2.st, &p, 1, out, &err), 0);
		T_INT(get(c)->status, TQ_CANCELLED);
		ref[0] = (struct tq_ref){ c, 0 };
		ref[1] = (struct tq_ref){ p, 0 };
		w1.dies = k;
		tq_store_redrive(w1.st, ref, 2, out, &err);
		killed = was_killed(&w1);
		T_INT(tq_store_redrive(w2.st, ref, 2, out, &err), 0);
		sweep(&w2);
		T_INT(get(c)->status, TQ_BLOCKED);
		T_INT(run_all("p"), 1);
		sweep(&w2);
		T_INT(run_all("c"), 1);
	}
	T_OK(k > 2);
	T_OK(!killed);
}

static void
killed_while_it_purges(void)
{
	struct tq_answer out;
	struct tq_ref ref;
	bool killed = true;
	const char *p, *c;
	int k;

	for (k = 1; killed && k < STEPS_MAX; k++) {
		p = put_dead();
		c = put_child("c", p, false);
		put_child("d", p, true);
		T_INT(run_all("d"), 1);
		ref = (struct tq_ref){ p, 0 };
		w1.dies = k;
		tq_store_purge_tree(w1.st, &ref, 1, &out, &err);
		killed = was_killed(&w1);
		T_INT(tq_store_purge_tree(w2.st, &ref, 1, &out, &err), 0);
		sweep(&w2);
		T_INT(get(p)->status, TQ_STATUS_MAX);
		T_INT(get(c)->status, TQ_CANCELLED);
	}
	T_OK(k > 3);
	T_OK(!killed);
}

/* -- the parent ends while its child is being stored ------------------------------ */

static const struct tq_task *parent;

static void
parent_ends(void)
{
	T_INT(end(&w2, parent), 0);
	aq_settle(aq_of(w2.st));
}

static void
overtaken_by_the_end(void)
{
	static const char *const at[] = { "\"t#", "\"d#", "\"e#", "lookOwed" };
	struct tq_claimed got;
	struct tq_task c;
	size_t i;

	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		put();
		got = claim_of(&w2, "a", 1);
		T_MUST(got.n == 1);
		parent = &got.tasks[0];
		c = a_child("c", parent->id, false);
		w1.before_in = at[i];
		w1.before = parent_ends;
		T_INT(submit(&w1, &c), 0);
		T_OK(w1.before == NULL);
		T_INT(get(parent->id)->status, TQ_COMPLETED);
		T_INT(get(c.id)->status, TQ_PENDING);
		T_INT(run_all("c"), 1);
	}
}

/* Or a drain would end before what its own last task has unblocked. */
static void
owed_is_said(void)
{
	static const char *const type = "c";
	const char *p = put(), *c = put_child("c", p, false);
	struct tq_claimed got = claim_of(&w1, "a", 1), next = { .arena =
	    &arena };
	struct tq_claim req = { .queue = QUEUE, .types = &type, .ntypes = 1,
	    .worker = "w1", .lease_ms = LEASE_MS, .n = 1, .slots = 1 };
	int64_t until = tq_boot_ms(&tq_env_system) + MINUTE;
	struct tq_finish in;
	struct tq_answer out;

	T_MUST(got.n == 1);
	T_OK(!got.owed);
	in = (struct tq_finish){ .id = p, .queue = QUEUE,
	    .token = got.tasks[0].token, .claim = got.tasks[0].claim,
	    .how = TQ_COMPLETE };
	T_INT(tq_store_finish(w1.st, &in, 1, &out, &req, &next, &err), 0);
	T_INT(next.n, 0);
	T_OK(next.owed);
	while (next.n == 0 && tq_boot_ms(&tq_env_system) < until) {
		next = claim_of(&w1, "c", 1);
		T_OK(next.n > 0 || next.owed || next.more);
	}
	T_MUST(next.n == 1);
	T_STR(next.tasks[0].id, c);
	do
		next = claim_of(&w1, "c", 1);
	while (next.owed && tq_boot_ms(&tq_env_system) < until);
	T_OK(!next.owed);
}

static void
costs_nothing_without(void)
{
	const struct tq_task *t;

	put();
	forget(&w1);
	T_MUST((t = claim(&w1)) != NULL);
	forget(&w1);
	finish(&w1, t, TQ_COMPLETE, 0);
	T_INT(sent(&w1, "PutItem"), 1);
	T_INT(sent(&w1, "GetItem") + sent(&w1, "BatchGetItem") +
	    sent(&w1, "Query"), 0);
}

CASES(edge,
	{ "killed before each write of a completion: every child runs once",
	    killed_while_it_completes },
	{ "killed before each write of a cancel: every child ends, or runs once",
	    killed_while_it_cancels },
	{ "killed before each write of a submit: the child waits, and runs once",
	    killed_while_it_submits },
	{ "killed before each write of a redrive: the child waits, and runs "
	  "once", killed_while_it_redrives },
	{ "killed before each write of a purge: the record goes, its child is "
	  "told", killed_while_it_purges },
	{ "a parent that ends while its child is being stored is seen to have",
	    overtaken_by_the_end },
	{ "a claim says that children of what has ended are still being told",
	    owed_is_said },
	{ "a task without children ends with one write", costs_nothing_without },
)

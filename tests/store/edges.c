/* tests/store/edges.c -- conformance: tasks that wait for other tasks. */
#include "conformance.h"

#include "util/time.h"

/* A task of ${type} that waits for ${after}, and any end of ${ended}: JSON. */
static struct tq_task
child(const char *type, const char *after, const char *ended)
{
	struct tq_task t = task(type, "{}");

	t.after = tq_span_of(after);
	t.after_ended = tq_span_of(ended);
	return t;
}

static const char *
list(const char *a, const char *b)
{
	return b == NULL ? tq_arena_fmt(&arena, "[\"%s\"]", a) :
	    tq_arena_fmt(&arena, "[\"%s\",\"%s\"]", a, b);
}

/* Store one that waits; its id. */
static const char *
put_after(const char *type, const char *after, const char *ended)
{
	struct tq_task t = child(type, after, ended);
	struct tq_submitted out = submit(&t);

	T_INT(out.what, TQ_STORED);
	return t.id;
}

/* A store may tell the children soon after: store.h. */
static void
await(const char *id, enum tq_status status)
{
	int64_t until = tq_boot_ms(&tq_env_system) + 60000;
	struct tq_ref ref = { id, 0 };
	struct tq_task *t = NULL;

	do {
		if (tq_store_wait_ids(st, &ref, 1, 2000, &arena, &t, &err) ==
		    -1)
			T_FAIL("wait: %s", err.msg);
		if (t != NULL && t->status == status)
			return;
		if (t != NULL)
			ref.rev = t->rev;
	} while (tq_boot_ms(&tq_env_system) < until);
	T_FAIL("task %s is %s, not %s", id, tq_status_name(status_of(id)),
	    tq_status_name(status));
}

/* Claim ${id}, which is the only one due of its type, and end it. */
static void
run(const char *type, const char *id, enum tq_how how)
{
	struct tq_claimed got = claim(type, 1);

	T_MUST(got.n == 1);
	T_STR(got.tasks[0].id, id);
	T_INT(finish(&got.tasks[0], how, how == TQ_COMPLETE ? "1" : NULL).code,
	    TQ_OK);
}

static enum tq_code
redrive(const char *id)
{
	struct tq_ref ref = { id, 0 };
	struct tq_answer out = { .code = TQ_E_BUG };

	T_INT(tq_store_redrive(st, &ref, 1, &out, &err), 0);
	return out.code;
}

static enum tq_code
cancel(const char *id)
{
	struct tq_answer out = { .code = TQ_E_BUG };

	T_INT(tq_store_cancel(st, &id, 1, &out, &err), 0);
	return out.code;
}

static void
a_child_waits_until_all_its_parents_complete(void)
{
	const char *p = put("p", "{}"), *q = put("q", "{}"), *c;
	struct tq_parent *v;
	struct tq_claimed got;
	const char **ids;
	size_t n;

	c = put_after("c", list(p, q), NULL);
	T_INT(status_of(c), TQ_BLOCKED);
	T_INT(count_of("c").by_status[TQ_BLOCKED], 1);
	T_INT(claim("c", 1).n, 0);
	run("p", p, TQ_COMPLETE);
	T_INT(claim("c", 1).n, 0);
	T_INT(tq_store_parents(st, c, &arena, &v, &n, &err), 0);
	T_MUST(n == 2);
	T_STR(v[1].id, q);
	T_OK(!v[1].met);
	T_INT(v[1].status, TQ_PENDING);
	run("q", q, TQ_COMPLETE);
	await(c, TQ_PENDING);
	T_INT(tq_store_parents(st, c, &arena, &v, &n, &err), 0);
	T_MUST(n == 2);
	T_STR(v[0].id, p);
	T_OK(v[0].met && v[1].met);
	T_INT(v[0].status, TQ_COMPLETED);
	T_INT(tq_store_children(st, p, &arena, &ids, &n, &err), 0);
	T_MUST(n == 1);
	T_STR(ids[0], c);
	got = claim("c", 1);
	T_MUST(got.n == 1);
	T_INT(got.tasks[0].parents, 2);
	T_INT(finish(&got.tasks[0], TQ_COMPLETE, "1").code, TQ_OK);
	T_INT(count_of("c").by_status[TQ_COMPLETED], 1);
	T_INT(count_of("c").by_status[TQ_BLOCKED], 0);
}

static void
a_task_without_its_parent_is_refused(void)
{
	struct tq_task t = child("c", "[\"no-such-task\"]", NULL), a, b, c;
	struct tq_submitted out[3];
	struct tq_submit in[3];

	out[0] = submit(&t);
	T_INT(out[0].what, TQ_REFUSED);
	T_INT(out[0].code, TQ_E_NOTFOUND);
	T_STR(out[0].parent, "no-such-task");
	T_OK(get(t.id) == NULL);
	/* A parent may stand before it, and not behind. */
	a = task("a", "{}");
	b = child("c", list(a.id, NULL), NULL);
	c = task("a", "{}");
	t = child("c", list(c.id, NULL), NULL);
	in[0] = (struct tq_submit){ .task = &a };
	in[1] = (struct tq_submit){ .task = &b };
	in[2] = (struct tq_submit){ .task = &t };
	T_INT(tq_store_submit(st, in, 3, out, &err), 0);
	T_INT(out[0].what, TQ_STORED);
	T_INT(out[1].what, TQ_STORED);
	T_INT(out[1].status, TQ_BLOCKED);
	T_INT(out[2].code, TQ_E_NOTFOUND);
	T_STR(out[2].parent, c.id);
	/* Our own write is there, whatever became of its parent. */
	T_INT(cancel(b.id), TQ_OK);
	T_INT(cancel(a.id), TQ_OK);
	T_INT(tq_store_purge(st, &(struct tq_ref){ a.id, 0 }, 1,
	    &(struct tq_answer){ TQ_OK, 0 }, &err), 0);
	T_INT(submit(&b).what, TQ_STORED);
}

static void
a_dead_parent_blocks_until_it_is_redriven(void)
{
	const char *p = put("p", "{}"), *c, *e;

	c = put_after("c", list(p, NULL), NULL);
	e = put_after("e", NULL, list(p, NULL));
	run("p", p, TQ_FAIL);
	await(e, TQ_PENDING);
	T_INT(status_of(c), TQ_BLOCKED);
	T_INT(redrive(p), TQ_OK);
	run("p", p, TQ_COMPLETE);
	await(c, TQ_PENDING);
}

static void
a_cancelled_parent_cancels_what_waits_for_its_completion(void)
{
	const char *p = put("p", "{}"), *c, *d, *e, *f;

	c = put_after("c", list(p, NULL), NULL);
	d = put_after("d", list(c, NULL), NULL);
	e = put_after("e", NULL, list(d, NULL));
	f = put_after("f", NULL, list(p, NULL));
	T_INT(cancel(p), TQ_OK);
	await(f, TQ_PENDING);
	await(c, TQ_CANCELLED);
	T_STR(get(c)->reason, tq_arena_fmt(&arena, "it waited for task %s, "
	    "which was cancelled", p));
	await(d, TQ_CANCELLED);
	await(e, TQ_PENDING);
	/* The child waits again when both are redriven, in any order. */
	T_INT(redrive(c), TQ_OK);
	T_INT(status_of(c), TQ_BLOCKED);
	T_INT(redrive(p), TQ_OK);
	run("p", p, TQ_COMPLETE);
	await(c, TQ_PENDING);
}

static void
a_parent_that_has_ended_says_so_at_once(void)
{
	const char *p = put("p", "{}"), *q, *c, *e, *d;

	run("p", p, TQ_COMPLETE);
	c = put_after("c", list(p, NULL), NULL);
	await(c, TQ_PENDING);
	q = put("q", "{}");
	T_INT(cancel(q), TQ_OK);
	d = put_after("d", list(p, q), NULL);
	await(d, TQ_CANCELLED);
	e = put_after("e", NULL, list(p, q));
	await(e, TQ_PENDING);
	run("e", e, TQ_COMPLETE);
}

/* A mark on what has ended leaves it as it is, wherever its result is. */
static void
a_parents_result_stays(void)
{
	static const size_t sizes[] = { 20, 5000, 70000 };
	const struct tq_task *r;
	struct tq_claimed got;
	const char *p, *c;
	char *text;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		text = tq_arena_alloc(&arena, sizes[i] + 1);
		memset(text, 'x', sizes[i]);
		text[0] = text[sizes[i] - 1] = '"';
		p = put("p", "{}");
		got = claim("p", 1);
		T_MUST(got.n == 1);
		T_INT(finish(&got.tasks[0], TQ_COMPLETE, text).code, TQ_OK);
		c = put_after("c", list(p, NULL), NULL);
		await(c, TQ_PENDING);
		T_MUST((r = get(p)) != NULL);
		T_INT(r->result.n, sizes[i]);
		T_STR(r->result.p, text);
		run("c", c, TQ_COMPLETE);
	}
}

static void
a_met_wait_stays_met(void)
{
	struct tq_task p = task("p", "{}"), again;
	struct tq_submit in = { .keyed = true, .replace = TQ_REPLACE_ENDED,
	    .task = &again };
	struct tq_submitted out;
	const char *q = put("q", "{}"), *c;

	submit(&p);
	c = put_after("c", list(p.id, q), NULL);
	run("p", p.id, TQ_COMPLETE);
	again = p;
	again.submit_id = "00000000000000ab";
	T_INT(tq_store_submit(st, &in, 1, &out, &err), 0);
	T_INT(out.what, TQ_STORED);
	T_INT(out.status, TQ_PENDING);
	run("q", q, TQ_COMPLETE);
	await(c, TQ_PENDING);
	T_INT(status_of(p.id), TQ_PENDING);
}

static void
a_replaced_parent_goes_on_being_waited_for(void)
{
	struct tq_task p = task("p", "{}"), again;
	struct tq_submit in = { .keyed = true, .replace = TQ_REPLACE_ENDED,
	    .task = &again };
	struct tq_submitted out;
	const char *c, *q = put("q", "{}");

	submit(&p);
	c = put_after("c", list(p.id, NULL), NULL);
	run("p", p.id, TQ_FAIL);
	again = p;
	again.submit_id = "00000000000000ac";
	/* Which must not wait itself: nothing may wait for itself. */
	again.after = tq_span_of(list(q, NULL));
	T_INT(tq_store_submit(st, &in, 1, &out, &err), 0);
	T_INT(out.what, TQ_REFUSED);
	T_INT(out.code, TQ_E_STATE);
	T_INT(status_of(p.id), TQ_FAILED);
	again.after = TQ_SPAN_NONE;
	T_INT(tq_store_submit(st, &in, 1, &out, &err), 0);
	T_INT(out.what, TQ_STORED);
	T_INT(status_of(c), TQ_BLOCKED);
	run("p", p.id, TQ_COMPLETE);
	await(c, TQ_PENDING);
	/* Nobody waits for it now. */
	again.submit_id = "00000000000000ad";
	again.after = tq_span_of(list(q, NULL));
	T_INT(tq_store_submit(st, &in, 1, &out, &err), 0);
	T_INT(out.what, TQ_STORED);
	T_INT(status_of(p.id), TQ_BLOCKED);
}

static void
a_purge_asks_for_the_tree(void)
{
	const char *p = put("p", "{}"), *c, *e;
	struct tq_ref ref = { p, 0 };
	struct tq_answer out;

	c = put_after("c", list(p, NULL), NULL);
	e = put_after("e", list(p, NULL), NULL);
	run("p", p, TQ_FAIL);
	T_INT(tq_store_purge(st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_E_STATE);
	T_INT(out.status, TQ_FAILED);
	T_INT(cancel(e), TQ_OK);
	T_INT(tq_store_purge_tree(st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_OK(get(p) == NULL);
	await(c, TQ_CANCELLED);
	T_STR(get(c)->reason, tq_arena_fmt(&arena, "it waited for task %s, "
	    "which was purged", p));
	/* A parent that is not there is not waited for again. */
	T_INT(redrive(c), TQ_OK);
	await(c, TQ_PENDING);
	T_INT(redrive(e), TQ_OK);
	await(e, TQ_PENDING);
}

void
a_parent_is_kept_while_a_child_has_not_ended(void)
{
	const char *p = put("p", "{}"), *q = put("q", "{}"), *c;
	struct tq_swept swept;

	c = put_after("c", list(p, q), NULL);
	run("p", p, TQ_COMPLETE);
	shift += TQ_KEEP_MS + 1000;
	T_INT(tq_store_sweep(st, "s", true, &swept, &err), 0);
	T_OK(get(p) != NULL);
	T_INT(cancel(c), TQ_OK);
	T_INT(tq_store_sweep(st, "s", true, &swept, &err), 0);
	T_OK(get(p) == NULL);
	T_OK(get(c) != NULL);
}

static void
a_delay_counts_from_the_last_parents_end(void)
{
	const char *p = put("p", "{}");
	struct tq_task c = child("c", list(p, NULL), NULL);

	c.delay_ms = 60000;
	c.not_before = tq_wall_ms(&env) + 60000;
	T_INT(submit(&c).status, TQ_BLOCKED);
	shift += 50000;
	run("p", p, TQ_COMPLETE);
	await(c.id, TQ_PENDING);
	shift += 30000;
	T_INT(claim("c", 1).n, 0);
	shift += 40000;
	T_INT(claim("c", 1).n, 1);
}

void
a_deadline_ends_what_is_blocked(void)
{
	const char *p = put("p", "{}"), *d;
	struct tq_task c = child("c", list(p, NULL), NULL);
	struct tq_swept swept;

	c.expires_at = tq_wall_ms(&env) + 60000;
	T_INT(submit(&c).status, TQ_BLOCKED);
	d = put_after("d", list(c.id, NULL), NULL);
	shift += 61000;
	T_INT(status_of(c.id), TQ_CANCELLED);
	T_INT(tq_store_sweep(st, "s", true, &swept, &err), 0);
	T_OK(swept.expired >= 1);
	await(d, TQ_CANCELLED);
	run("p", p, TQ_COMPLETE);
	T_INT(claim("c", 1).n, 0);
	T_INT(status_of(c.id), TQ_CANCELLED);
}

static void
a_blocked_task_is_listed_edited_and_cancelled(void)
{
	const char *p = put("p", "{}"), *c = put_after("c", list(p, NULL),
	    NULL);
	struct tq_list req = { .filter = { .queue = queue,
	    .statuses = TQ_BIT(TQ_BLOCKED) }, .limit = 10 };
	struct tq_task to = { .prio = 8 };
	struct tq_edit in = { .ref = { c, 0 }, .set = TQ_SET_PRIO, .to = &to };
	struct tq_answer out;
	struct tq_page page;

	T_INT(tq_store_list(st, &req, &arena, &page, &err), 0);
	T_MUST(page.n == 1);
	T_STR(page.tasks[0].id, c);
	T_INT(tq_store_edit(st, &in, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_INT(status_of(c), TQ_BLOCKED);
	T_INT(cancel(c), TQ_OK);
	T_INT(status_of(c), TQ_CANCELLED);
	run("p", p, TQ_COMPLETE);
	/* Its wait was met all the same. */
	T_INT(redrive(c), TQ_OK);
	await(c, TQ_PENDING);
	T_INT(get(c)->prio, 8);
}

static void
a_held_child_stays_held_when_it_is_unblocked(void)
{
	const char *p = put("p", "{}"), *c = put_after("c", list(p, NULL),
	    NULL);
	struct tq_task to = { .held = true };
	struct tq_edit in = { .ref = { c, 0 }, .set = TQ_SET_HELD, .to = &to };
	struct tq_answer out;

	T_INT(tq_store_edit(st, &in, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_OK(status_of(c) == TQ_BLOCKED && get(c)->held);
	run("p", p, TQ_COMPLETE);
	await(c, TQ_PENDING);
	T_OK(get(c)->held);
	T_INT(claim("c", 1).n, 0);
	to.held = false;
	T_INT(tq_store_edit(st, &in, 1, &out, &err), 0);
	run("c", c, TQ_COMPLETE);
	/* Let go before: it waits for its parent alone. */
	p = put("p", "{}");
	in.ref.id = c = put_after("c", list(p, NULL), NULL);
	to.held = true;
	T_INT(tq_store_edit(st, &in, 1, &out, &err), 0);
	to.held = false;
	T_INT(tq_store_edit(st, &in, 1, &out, &err), 0);
	T_OK(status_of(c) == TQ_BLOCKED && !get(c)->held);
	run("p", p, TQ_COMPLETE);
	await(c, TQ_PENDING);
	run("c", c, TQ_COMPLETE);
}

static void
a_graph_that_was_cancelled_is_redriven_as_one(void)
{
	const char *p = put("p", "{}"), *c;

	c = put_after("c", NULL, list(p, NULL));
	T_INT(cancel(c), TQ_OK);
	T_INT(cancel(p), TQ_OK);
	T_INT(redrive(p), TQ_OK);
	T_INT(redrive(c), TQ_OK);
	T_INT(status_of(c), TQ_BLOCKED);
	run("p", p, TQ_COMPLETE);
	await(c, TQ_PENDING);
}

#define MANY	205

/* ${n} tasks of ${type}; a JSON array of their ids. */
static const char *
put_many(const char *type, size_t n, const char *after, const char **ids)
{
	struct tq_task *t = tq_arena_alloc(&arena, n * sizeof(*t));
	struct tq_submit *in = tq_arena_alloc(&arena, n * sizeof(*in));
	struct tq_submitted *out = tq_arena_alloc(&arena, n * sizeof(*out));
	struct tq_buf b = TQ_BUF_INIT(1 << 20);
	const char *all;
	size_t i;

	for (i = 0; i < n; i++) {
		t[i] = child(type, after, NULL);
		in[i] = (struct tq_submit){ .task = &t[i] };
		ids[i] = t[i].id;
		tq_buf_fmt(&b, "%c\"%s\"", i == 0 ? '[' : ',', t[i].id);
	}
	tq_buf_chr(&b, ']');
	T_INT(tq_store_submit(st, in, n, out, &err), 0);
	for (i = 0; i < n; i++)
		T_INT(out[i].what, TQ_STORED);
	all = tq_arena_str(&arena, b.data);
	tq_buf_free(&b);
	return all;
}

static void
end_all(const char *type, size_t n)
{
	struct tq_finish *in = tq_arena_alloc(&arena, n * sizeof(*in));
	struct tq_answer *out = tq_arena_alloc(&arena, n * sizeof(*out));
	int64_t until = tq_boot_ms(&tq_env_system) + 60000;
	struct tq_claimed got;
	size_t i, done = 0;

	while (done < n && tq_boot_ms(&tq_env_system) < until) {
		got = claim(type, n);
		for (i = 0; i < got.n; i++)
			in[i] = (struct tq_finish){ .id = got.tasks[i].id,
			    .queue = queue, .token = got.tasks[i].token,
			    .claim = got.tasks[i].claim, .how = TQ_COMPLETE };
		T_INT(tq_store_finish(st, in, got.n, out, NULL, NULL, &err), 0);
		done += got.n;
	}
	T_INT(done, n);
}

static void
many_fan_out_and_in(void)
{
	const char *ids[MANY], *p = put("p", "{}"), *all, *c;
	const size_t all_of = many(MANY);
	size_t n;
	const char **v;

	all = put_many("m", all_of, list(p, NULL), ids);
	c = put_after("c", all, NULL);
	T_INT(tq_store_children(st, p, &arena, &v, &n, &err), 0);
	T_INT(n, all_of);
	run("p", p, TQ_COMPLETE);
	end_all("m", all_of);
	await(c, TQ_PENDING);
	T_INT(get(c)->parents, all_of);
	run("c", c, TQ_COMPLETE);
}

/* Claim all ${n} of ${type} as they become due, each once. */
static void
claim_each(const char *type, const char *const *ids, size_t n)
{
	int64_t until = tq_boot_ms(&tq_env_system) + 60000;
	bool *had = tq_arena_alloc(&arena, n * sizeof(*had));
	struct tq_claimed got;
	size_t i, k, all = 0;

	while (all < n && tq_boot_ms(&tq_env_system) < until) {
		got = claim(type, n);
		for (i = 0; i < got.n; i++) {
			for (k = 0; k < n && strcmp(ids[k],
			    got.tasks[i].id) != 0; k++)
				;
			T_MUST(k < n && !had[k]);
			had[k] = true;
		}
		T_OK(got.n > 0 || got.owed || got.more || all == n);
		all += got.n;
	}
	T_INT(all, n);
	T_INT(claim(type, 1).n, 0);
}

#define MORE	1100	/* than two rounds */

static void
more_children_than_a_round_are_told_each_once(void)
{
	static const char *ids[MORE], *dead[MORE];
	const char *p = put("p", "{}"), *q = put("q", "{}");
	const size_t n = many(on_sqlite() ? MORE : MORE / 5);
	size_t i;

	put_many("m", n, list(p, NULL), ids);
	run("p", p, TQ_COMPLETE);
	claim_each("m", ids, n);
	/* Cancelled with their parent, which then may start anew at once. */
	put_many("d", n, list(q, NULL), dead);
	T_INT(cancel(q), TQ_OK);
	T_INT(redrive(q), TQ_OK);
	for (i = 0; i < n; i += n - 1)
		T_INT(status_of(dead[i]), TQ_CANCELLED);
	T_INT(count_of("d").by_status[TQ_CANCELLED], n);
	/* They wait for it again. */
	T_INT(redrive(dead[n - 1]), TQ_OK);
	T_INT(status_of(dead[n - 1]), TQ_BLOCKED);
	run("q", q, TQ_COMPLETE);
	await(dead[n - 1], TQ_PENDING);
}

/* A keyed child of ${id}'s; the same each time but for its submitId. */
static struct tq_task
hook_of(const struct tq_task *t)
{
	struct tq_task c = child("hook", NULL, list(t->id, NULL));

	c.id = tq_arena_fmt(&arena, "hook-%s", t->id);
	c.fingerprint = "0123456789abcdef0123456789abcdef";
	return c;
}

/* Two tasks and behind them, in one call, what goes with each. */
static void
put_pairs(const struct tq_task *a, const struct tq_task *b,
    struct tq_submitted out[4])
{
	struct tq_task ha = hook_of(a), hb = hook_of(b);
	struct tq_submit in[] = { { .task = a }, { .task = b },
	    { .task = &ha, .keyed = true, .with = 2 },
	    { .task = &hb, .keyed = true, .with = 2 } };

	if (tq_store_submit(st, in, 4, out, &err) == -1)
		T_FAIL("submit: %s", err.msg);
}

static void
what_goes_with_a_refused_task_is_refused(void)
{
	struct tq_task a = task("p", "{}"), b = task("p", "{}"), d = a;
	struct tq_submitted out[4];

	T_INT(submit(&a).what, TQ_STORED);
	d.submit_id = "00000000000000aa";
	put_pairs(&d, &b, out);
	T_INT(out[0].code, TQ_E_TAKEN);
	T_INT(out[2].what, TQ_REFUSED);
	T_INT(out[2].code, TQ_E_TAKEN);
	T_OK(get(hook_of(&a).id) == NULL);
	T_INT(out[1].what, TQ_STORED);
	T_INT(out[3].what, TQ_STORED);
	T_INT(status_of(hook_of(&b).id), TQ_BLOCKED);
	T_OK(get(a.id)->edges == 0);
}

static void
what_goes_with_a_task_starts_anew_with_it(void)
{
	struct tq_task a = task("p", "{}"), b = task("p", "{}");
	struct tq_submitted out[4];
	struct tq_ref ref = { a.id, 0 };
	struct tq_answer got;

	put_pairs(&a, &b, out);
	T_INT(out[2].what, TQ_STORED);
	run("p", a.id, TQ_FAIL);
	await(hook_of(&a).id, TQ_PENDING);
	run("hook", hook_of(&a).id, TQ_COMPLETE);
	T_INT(tq_store_purge(st, &ref, 1, &got, &err), 0);
	b = task("p", "{}");
	a.submit_id = "00000000000000ab";
	put_pairs(&a, &b, out);
	T_INT(out[0].what, TQ_STORED);
	T_INT(out[2].what, TQ_STORED);
	T_INT(status_of(hook_of(&a).id), TQ_BLOCKED);
}

#define CASE(fn) { #fn, fn }
const struct t_case edge_cases[] = {
	CASE(a_child_waits_until_all_its_parents_complete),
	CASE(a_task_without_its_parent_is_refused),
	CASE(a_dead_parent_blocks_until_it_is_redriven),
	CASE(a_cancelled_parent_cancels_what_waits_for_its_completion),
	CASE(a_parent_that_has_ended_says_so_at_once),
	CASE(a_parents_result_stays),
	CASE(a_met_wait_stays_met),
	CASE(a_replaced_parent_goes_on_being_waited_for),
	CASE(a_purge_asks_for_the_tree),
	CASE(a_delay_counts_from_the_last_parents_end),
	CASE(a_blocked_task_is_listed_edited_and_cancelled),
	CASE(a_graph_that_was_cancelled_is_redriven_as_one),
	CASE(a_held_child_stays_held_when_it_is_unblocked),
	CASE(what_goes_with_a_refused_task_is_refused),
	CASE(what_goes_with_a_task_starts_anew_with_it),
	CASE(many_fan_out_and_in),
	CASE(more_children_than_a_round_are_told_each_once),
};
const size_t edge_ncases = sizeof(edge_cases) / sizeof(edge_cases[0]);

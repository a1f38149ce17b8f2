/*
 * tests/unit/test_move.c -- tasks on their way to another store, when a store fails in
 * between, or somebody is quicker.
 */
#include "t.h"

#include "store/move.h"
#include "store/ops.h"
#include "util/env.h"
#include "work/spawn/spawn.h"

static char dir[96];
static struct tq_store *from, *to;
static struct tq_arena mem = TQ_ARENA_INIT;
static struct tq_err err;

/* The verbs of sqlite, but for what happens before one of them, once. */
static struct tq_store_ops ours;
static bool purge_fails, submit_fails;
static void (*before_edit)(void);

static int
purge(struct tq_store *st, const struct tq_ref *refs, size_t n, bool awaited,
    struct tq_answer *out, struct tq_err *e)
{
	if (purge_fails)
		return tq_err_set(e, TQ_AT_STORE, TQ_E_IO, "the disk is gone");
	return tq_sqlite_ops.purge(st, refs, n, awaited, out, e);
}

static int
submit(struct tq_store *st, const struct tq_submit *in, size_t n,
    struct tq_submitted *out, struct tq_err *e)
{
	if (submit_fails)
		return tq_err_set(e, TQ_AT_STORE, TQ_E_IO, "the disk is gone");
	return tq_sqlite_ops.submit(st, in, n, out, e);
}

static int
edit(struct tq_store *st, const struct tq_edit *in, size_t n,
    struct tq_answer *out, struct tq_err *e)
{
	void (*first)(void) = before_edit;

	before_edit = NULL;
	if (first != NULL)
		first();
	return tq_sqlite_ops.edit(st, in, n, out, e);
}

static void
open_at(const char *name, struct tq_store **st)
{
	char url[160];

	snprintf(url, sizeof(url), "sqlite:%s/%s", dir, name);
	T_MUST(tq_store_open(url, &tq_env_system, TQ_OPEN_CREATE, st, &err) ==
	    0);
	(*st)->ops = &ours;
}

static void
begin(const char *const *ids, size_t n)
{
	size_t i;

	ours = tq_sqlite_ops;
	ours.purge = purge;
	ours.submit = submit;
	ours.edit = edit;
	T_MUST(t_mkdir(dir, sizeof(dir), "move"));
	open_at("from.db", &from);
	open_at("to.db", &to);
	for (i = 0; i < n; i++) {
		struct tq_task t = { .id = ids[i], .submit_id = "s",
		    .queue = "default", .type = ids[i], .max_attempts = 3 };
		struct tq_submit in = { .task = &t };
		struct tq_submitted done;

		T_MUST(tq_store_submit(from, &in, 1, &done, &err) == 0);
	}
}

static void
end(void)
{
	tq_store_close(from);
	tq_store_close(to);
	tq_spawn_remove(dir);
	tq_arena_free(&mem);
}

static const struct tq_task *
task(struct tq_store *st, const char *id)
{
	struct tq_task *t = NULL;

	T_INT(tq_store_get(st, &id, 1, 0, &mem, &t, &err), 0);
	return t;
}

static void
cancel(const char *id)
{
	struct tq_answer out;

	T_MUST(tq_store_cancel(from, &id, 1, &out, &err) == 0);
	T_INT(out.code, TQ_OK);
}

static enum tq_move_what told[2];	/* of the tasks "a" and "b" */

static void
note(void *arg, const struct tq_task *t, enum tq_move_what what)
{
	(void)arg;
	told[t->id[0] - 'a'] = what;
}

/* All rounds; the last one's answer, and ${done} tasks. */
static int
move(uint64_t done)
{
	struct tq_move m = { .from = from, .to = to, .tell = note };
	int rc;

	T_INT(tq_move_begin(&m, tq_wall_ms(&tq_env_system), &err), 0);
	while ((rc = tq_move_round(&m, &err)) == 1)
		continue;
	T_INT(m.done, done);
	tq_move_end(&m);
	return rc;
}

/* It was stored there and cancelled here, but is still here. */
static void
test_not_removed(void)
{
	static const char *const ids[] = { "a" };
	const struct tq_task *t;

	begin(ids, 1);
	purge_fails = true;
	T_INT(move(0), -1);
	T_INT(err.code, TQ_E_IO);
	T_MUST((t = task(from, "a")) != NULL);
	T_INT(t->status, TQ_CANCELLED);
	purge_fails = false;
	T_INT(move(1), 0);
	T_OK(task(from, "a") == NULL);
	T_MUST((t = task(to, "a")) != NULL);
	T_INT(t->status, TQ_PENDING);
	T_OK(!t->held && t->labels.n == 0);
	end();
}

/* It was to go, and its owner cancelled it before it was stored there. */
static void
test_cancelled(void)
{
	static const char *const ids[] = { "a" };
	const struct tq_task *t;

	begin(ids, 1);
	submit_fails = true;
	T_INT(move(0), -1);
	T_MUST((t = task(from, "a")) != NULL);
	T_INT(t->status, TQ_PENDING);
	T_OK(t->held);
	submit_fails = false;
	cancel("a");
	T_INT(move(0), 0);
	T_MUST((t = task(from, "a")) != NULL);
	T_INT(t->status, TQ_CANCELLED);
	T_OK(task(to, "a") == NULL);
	end();
}

static void
start_a_cancel_b(void)
{
	static const char *const type[] = { "a" };
	struct tq_claim req = { .queue = "default", .types = type,
	    .ntypes = 1, .worker = "host:1:1", .lease_ms = 60000, .n = 1,
	    .slots = 1 };
	struct tq_claimed got = { .arena = &mem };

	T_MUST(tq_store_claim(from, &req, &got, &err) == 0);
	T_INT(got.n, 1);
	cancel("b");
}

/* Between the read of the page and its hold. */
static void
test_quicker(void)
{
	static const char *const ids[] = { "a", "b" };

	begin(ids, 2);
	before_edit = start_a_cancel_b;
	T_INT(move(0), 0);
	T_INT(told[0], TQ_MOVE_RUNS);
	T_INT(told[1], TQ_MOVE_CHANGED);
	T_MUST(task(from, "a") != NULL && task(from, "b") != NULL);
	T_INT(task(from, "a")->status, TQ_RUNNING);
	T_INT(task(from, "b")->status, TQ_CANCELLED);
	T_OK(task(to, "a") == NULL && task(to, "b") == NULL);
	end();
}

T_MAIN(
	{ "one that could not be removed is removed by the next move",
	      test_not_removed },
	{ "one that was cancelled on its way is left", test_cancelled },
	{ "one that starts or is cancelled before it is held is left",
	      test_quicker })

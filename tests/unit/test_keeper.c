/* tests/unit/test_keeper.c -- the thread that renews leases beside a long call. */
#include "t.h"

#include <unistd.h>

#include "store/store.h"
#include "util/env.h"
#include "work/spawn/spawn.h"
#include "work/worker.h"

#define N		4
#define LEASE_MS	1200

static char dir[96], url[160];
static struct tq_arena arena = TQ_ARENA_INIT;
static const struct tq_work_opts opts = { .chatty = true };
static struct tq_claimed got = { .arena = &arena };
static struct job jobs[N];
static struct slot slot = { .job = &jobs[0] };

/* N tasks, claimed. */
static int
claim(struct tq_store *st, struct tq_err *err)
{
	static const char *const type[] = { "t" };
	static const char *const ids[N] = { "a", "b", "c", "d" };
	const struct tq_claim req = { .queue = "default", .types = type,
	    .ntypes = 1, .worker = "host:1:1", .lease_ms = LEASE_MS, .n = N,
	    .slots = N };
	struct tq_task tasks[N];
	struct tq_submit in[N];
	struct tq_submitted out[N];
	size_t i;

	for (i = 0; i < N; i++) {
		tasks[i] = (struct tq_task){ .id = ids[i], .submit_id = ids[i],
		    .queue = "default", .type = "t", .max_attempts = 3 };
		in[i] = (struct tq_submit){ .task = &tasks[i] };
	}
	if (tq_store_submit(st, in, N, out, err) == -1)
		return -1;
	return tq_store_claim(st, &req, &got, err);
}

/* A worker whose loop is overdue by ten seconds; one job wherever it can be. */
static void
hold(struct worker *w)
{
	size_t i;

	for (i = 0; i < N; i++)
		jobs[i] = (struct job){ .task = &got.tasks[i] };
	jobs[3].lost = true;
	w->slots.v = &slot;
	w->slots.n = 1;
	w->jobs.ready = &jobs[1];
	w->jobs.nready = 1;
	w->jobs.done[0] = &jobs[2];
	w->jobs.done[1] = &jobs[3];
	w->jobs.ndone = 2;
	w->now = tq_boot_ms(w->env) - LEASE_MS / 2 - 10000;
}

/* Said once the leases were renewed, while we have the lock again. */
static bool
renewed(struct worker *w)
{
	int tries;

	for (tries = 0; w->report.log.len == 0 && tries < 60000; tries++) {
		tq_keeper_lend(w);
		usleep(1000);
		tq_keeper_back(w);
	}
	return w->report.log.len > 0;
}

/* Does the lease end later than it was made to, by more than rounding? */
static bool
later(struct tq_store *st, size_t i)
{
	const char *id = got.tasks[i].id;
	struct tq_task *t;

	T_INT(tq_store_get(st, &id, 1, 0, &arena, &t, NULL), 0);
	return t != NULL && t->lease_until - got.tasks[i].lease_until > 50;
}

static void
lent_and_back(void)
{
	struct worker *w = calloc(1, sizeof(*w));
	struct tq_err err = TQ_ERR_INIT;
	size_t i;

	T_MUST(w != NULL && t_mkdir(dir, sizeof(dir), "keeper"));
	snprintf(url, sizeof(url), "sqlite:%s/tq.db", dir);
	w->env = &tq_env_system;
	w->o = &opts;
	w->lease_ms = LEASE_MS;
	tq_say_init(w);
	T_MUST(tq_store_open(url, w->env, TQ_OPEN_CREATE, &w->st, &err) == 0);
	T_MUST(claim(w->st, &err) == 0 && got.n == N);
	hold(w);
	T_MUST(tq_keeper_init(w, &err) == 0);
	/* What has to be seen is that nothing happens: no condition to wait for. */
	usleep(100000);
	T_INT(w->report.log.len, 0);
	T_OK(!later(w->st, 0));
	T_OK(renewed(w));
	T_OK(w->report.log.data != NULL && strstr(w->report.log.data,
	    " 3 renewed beside a call") != NULL);
	for (i = 0; i < N; i++)
		T_INT(later(w->st, i), !jobs[i].lost);
	/* It is due again after a third of the lease, and we have the lock. */
	tq_buf_clear(&w->report.log);
	usleep(1000 * LEASE_MS / 2);
	T_INT(w->report.log.len, 0);
	T_OK(renewed(w));
	tq_keeper_free(w);
	T_OK(w->leases.keeper == NULL);
	tq_say_free(w);
	tq_store_close(w->st);
	tq_arena_free(&arena);
	tq_spawn_remove(dir);
	free(w);
}

static void
hurried(void)
{
	struct worker w = { .now = 5000 };

	w.leases.at = 9000;
	tq_keeper_hurry(&w);
	T_INT(w.leases.at, 5000);
	w.leases.at = 4000;
	tq_keeper_hurry(&w);
	T_INT(w.leases.at, 4000);
	/* Without a thread there is nothing to lend. */
	tq_keeper_lend(&w);
	tq_keeper_back(&w);
	tq_keeper_free(&w);
	T_OK(w.leases.keeper == NULL);
}

T_MAIN(
	{ "leases are renewed while the loop lends the worker, and only then",
	    lent_and_back },
	{ "news of a running task make the next renewal due", hurried },
)

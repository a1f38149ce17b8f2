/* tests/unit/test_source.c -- when a worker that drains has seen all. */
#include "t.h"

#include <dirent.h>
#include <time.h>

#include "store/store.h"
#include "util/env.h"
#include "work/behind.h"
#include "work/spawn/spawn.h"
#include "work/sweeper.h"
#include "work/worker.h"

static struct tq_arena arena = TQ_ARENA_INIT;
static const char *queue[] = { "default" };
static struct tq_work_opts opts;
static char dir[96], url[160];
static struct worker w;

/* A worker with a store, whose looks have all found nothing. */
static void
begin(enum tq_drain drain)
{
	const struct tq_work_opts once = { .drain = drain, .once = true,
	    .queues = { queue, 1 } };
	static const struct tq_runner runner;
	static struct tq_handler h = { .type = "t", .runner = &runner };
	struct tq_err err = TQ_ERR_INIT;
	size_t i;

	T_MUST(t_mkdir(dir, sizeof(dir), "source"));
	snprintf(url, sizeof(url), "sqlite:%s/tq.db", dir);
	opts = once;
	w = (struct worker){ .o = &opts, .env = &tq_env_system, .now = 1000,
	    .claims.max = 10, .h = { .v = &h, .n = 1 } };
	T_MUST(tq_store_open(url, w.env, TQ_OPEN_CREATE, &w.st, &err) == 0);
	tq_say_init(&w);
	/* With --once no bell is listened to. */
	T_MUST(tq_source_init(&w, &err) == 0);
	opts.once = false;
	for (i = 0; i < w.sources.n; i++)
		w.sources.v[i].empty = true;
}

static void
end(void)
{
	tq_source_free(&w);
	tq_say_free(&w);
	tq_store_close(w.st);
	tq_spawn_remove(dir);
	tq_arena_free(&arena);
}

static struct source *
source(void)
{
	return w.sources.v[0].ntypes > 0 ? &w.sources.v[0] :
	    &w.sources.v[1];
}

/* A look found ${n} tasks, which have run since. */
static void
looked(size_t n, bool owed)
{
	const struct tq_claim c = { .n = 10 };
	const struct tq_claimed got = { .n = n, .owed = owed };

	source()->asked = w.jobs.told;
	tq_source_found(&w, source(), &c, &got);
	w.jobs.told += n;
}

static void
put(const char *id, const char *after)
{
	struct tq_task t = { .id = id, .submit_id = id, .queue = "default",
	    .type = "t", .max_attempts = 3, .after = tq_span_of(after) };
	struct tq_submit in = { .task = &t };
	struct tq_submitted out;
	struct tq_err err = TQ_ERR_INIT;

	T_MUST(tq_store_submit(w.st, &in, 1, &out, &err) == 0 &&
	    out.what == TQ_STORED);
}

/*
 * Another worker ends a parent after our look found nothing, and before we
 * count: none is BLOCKED, and the child is due.  Only a look after it tells.
 */
static void
one_that_comes_between_look_and_count(void)
{
	begin(TQ_DRAIN_ALL);
	T_OK(tq_source_drained(&w));
	T_OK(tq_source_blocked(&w));
	T_OK(!tq_source_drained(&w));	/* that look finds the child */
	looked(2, false);
	T_OK(tq_source_blocked(&w));	/* and others may have come meanwhile */
	T_OK(!tq_source_drained(&w));
	looked(0, false);
	T_OK(tq_source_drained(&w));
	T_OK(!tq_source_blocked(&w));
	end();
}

static void
one_that_is_blocked_by_what_will_run(void)
{
	begin(TQ_DRAIN_ALL);
	put("p", NULL);
	put("c", "[\"p\"]");
	T_OK(tq_source_blocked(&w));
	T_OK(w.sources.blocked_at > w.now);
	looked(0, false);
	w.now = w.sources.blocked_at;
	T_OK(tq_source_blocked(&w));
	end();
}

static void
word_that_is_on_its_way(void)
{
	begin(TQ_DRAIN_DUE);
	looked(0, true);
	T_OK(!tq_source_drained(&w));
	T_OK(source()->next > w.now && source()->next <= w.now + 100);
	looked(0, false);
	T_OK(tq_source_drained(&w));
	end();
}

/* A look that a rate or a limit kept from all; how often "waits:" was said. */
static size_t
held_back(int64_t next_ms)
{
	const struct tq_claim c = { .n = 10 };
	const struct tq_claimed got = { .limited = true, .next_ms = next_ms };
	const char *p = NULL;
	size_t n = 0;

	source()->asked = w.jobs.told;
	tq_source_found(&w, source(), &c, &got);
	tq_buf_str(&w.report.log, "");
	for (p = w.report.log.data; p != NULL && (p = strstr(p, "waits:")) !=
	    NULL; p++)
		n++;
	return n;
}

static void
set_control(double rate, int max)
{
	struct tq_control c = { .queue = "default", .rate = rate,
	    .limits = { { "t", max } }, .nlimits = max > 0 };
	struct tq_err err = TQ_ERR_INIT;

	T_MUST(tq_store_control_set(w.st, &c, &err) == 0);
}

static void
a_rate_that_is_used_up(void)
{
	begin(TQ_DRAIN_DUE);
	w.wall = 1000;
	set_control(3 / 3600.0, 0);
	/* Nothing is left: who waits for the next token waits for nothing. */
	T_OK(held_back(w.wall + 1200000) == 0);
	T_OK(tq_source_drained(&w));
	put("t1", NULL);
	T_OK(held_back(w.wall + 1200000) == 0);
	T_OK(!tq_source_drained(&w));
	w.now += 2000;
	T_OK(held_back(w.wall + 1200000) == 1);
	T_OK(strstr(w.report.log.data, "waits: queue default starts at most "
	    "3/h, the next in 20m") != NULL);
	w.now += 2000;
	T_OK(held_back(w.wall + 1200000) == 1);
	end();
}

static void
a_limit_that_is_reached(void)
{
	begin(TQ_DRAIN_ALL);
	set_control(0, 2);
	T_OK(held_back(w.wall + 1000) == 0);
	T_OK(tq_source_drained(&w));
	put("t1", NULL);
	held_back(w.wall + 1000);
	w.now += 2000;
	T_OK(held_back(w.wall + 1000) == 1);
	T_OK(strstr(w.report.log.data, "waits: queue default runs at most 2 t "
	    "at once") != NULL);
	T_OK(!tq_source_drained(&w));
	end();
}

/* A worker that has taken all it may take looks for no more. */
static void
all_that_may_be_taken(void)
{
	begin(TQ_DRAIN_NO);
	w.slots.nfree = 1;
	source()->empty = false;
	w.jobs.taken = w.claims.max - 1;
	T_INT(tq_source_next(&w), w.now);
	w.jobs.taken++;
	T_OK(tq_source_next(&w) == INT64_MAX);
	w.jobs.taken = 0;
	w.slots.nfree = 0;
	T_OK(tq_source_next(&w) == INT64_MAX);
	end();
}

/* What a claim did not get it may have passed over, or come too early for. */
static void
what_a_claim_left(void)
{
	const struct tq_claimed none = { .n = 0 }, some = { .n = 1 };

	begin(TQ_DRAIN_DUE);
	w.slots.n = w.slots.nfree = 1;
	T_OK(!tq_behind(&w, source(), &none));
	T_OK(tq_behind(&w, source(), &some));
	put("t1", NULL);
	T_OK(tq_behind(&w, source(), &none));
	/* One that is busy will see. */
	w.slots.nfree = 0;
	T_OK(tq_behind(&w, source(), &none));
	end();
}

static size_t
threads(void)
{
	DIR *d = opendir("/proc/self/task");
	size_t n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return n;
}

static void
a_sweeper_that_ends(void)
{
	static const struct timespec nap = { 0, 10000000 };
	struct tq_err err = TQ_ERR_INIT;
	size_t before;
	int i;

	begin(TQ_DRAIN_NO);
	opts.store_url = url;
	before = threads();
	T_INT(tq_sweeper_init(&w, &err), 0);
	T_INT(threads(), before + 1);
	tq_sweeper_free(&w);
	for (i = 0; i < 6000 && threads() != before; i++)
		nanosleep(&nap, NULL);
	T_INT(threads(), before);
	end();
}

T_MAIN(
	{ "a drain looks once more for what came between look and count",
	    one_that_comes_between_look_and_count },
	{ "a drain of all waits for what is blocked by what will run",
	    one_that_is_blocked_by_what_will_run },
	{ "a drain waits for word to the children of what has ended",
	    word_that_is_on_its_way },
	{ "a drain beside a used-up rate waits for tasks only, and says so",
	    a_rate_that_is_used_up },
	{ "a drain beside a reached limit does, too", a_limit_that_is_reached },
	{ "a claim that got nothing asks whether something is there", what_a_claim_left },
	{ "a sweeper ends with its worker", a_sweeper_that_ends },
	{ "a worker without a slot, or that has taken all, does not look",
	    all_that_may_be_taken },
)

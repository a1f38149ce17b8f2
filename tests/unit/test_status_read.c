/*
 * tests/unit/test_status_read.c -- how --watch reads a store that has to be
 * asked: a store of the test's own, which tells what it was asked for.
 */
#include "t.h"

#include <stdatomic.h>
#include <unistd.h>

#include "../../cmd/tq-status/watch_read.h"
#include "store/ops.h"

static _Atomic int counts, looks, lists;
static _Atomic int failing;	/* 1: for a while, 2: for good */
static _Atomic int most;	/* the longest list that was asked for */
static _Atomic bool change;	/* tell one at the next look */

static int
fake_count(struct tq_store *st, const char *queue, struct tq_arena *a,
    struct tq_count **rows, size_t *n, struct tq_err *err)
{
	(void)err;
	counts++;
	*rows = tq_arena_alloc(a, sizeof(**rows));
	(*rows)[0] = (struct tq_count){ .queue = queue != NULL ? queue : "q",
	    .type = "t", .by_status = { [TQ_PENDING] = 5 },
	    .oldest_due = tq_wall_ms(st->env) - 5000 };
	*n = 1;
	return 0;
}

static int
fake_list(struct tq_store *st, const struct tq_list *req, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err)
{
	(void)st;
	(void)a;
	(void)err;
	lists++;
	if ((int)req->limit > most)
		most = (int)req->limit;
	*page = (struct tq_page){ 0 };
	return 0;
}

static int
fake_workers(struct tq_store *st, struct tq_arena *a,
    struct tq_presence **out, size_t *n, struct tq_err *err)
{
	(void)st;
	(void)err;
	*out = tq_arena_alloc(a, sizeof(**out));
	*n = 0;
	return 0;
}

static int
fake_controls(struct tq_store *st, struct tq_arena *a,
    struct tq_control **out, size_t *n, struct tq_err *err)
{
	(void)st;
	(void)err;
	*out = tq_arena_alloc(a, sizeof(**out));
	*n = 0;
	return 0;
}

static int
fake_changes(struct tq_store *st, const char *queue, bool ended,
    const char *cursor, int64_t timeout_ms, struct tq_arena *a,
    struct tq_page *page, struct tq_err *err)
{
	(void)queue;
	(void)ended;
	(void)timeout_ms;
	looks++;
	*page = (struct tq_page){ .cursor = "here" };
	if (failing != 0) {
		tq_err_set(err, TQ_AT_STORE, TQ_E_UNAVAILABLE, "no answer");
		err->retryable = failing == 1;
		return -1;
	}
	if (cursor == NULL || !change)
		return 0;
	change = false;
	page->tasks = tq_arena_alloc(a, sizeof(*page->tasks));
	page->tasks[0] = (struct tq_task){ .id = "x", .queue = "q",
	    .type = "t", .status = TQ_RUNNING, .attempts = 1,
	    .updated_at = tq_wall_ms(st->env) + 1,
	    .started_at = tq_wall_ms(st->env) + 1 };
	page->n = 1;
	return 0;
}

static int
fake_get(struct tq_store *st, const char *const *ids, size_t n, unsigned with,
    struct tq_arena *a, struct tq_task **out, struct tq_err *err)
{
	(void)st;
	(void)with;
	(void)err;
	(void)n;
	out[0] = tq_arena_alloc(a, sizeof(*out[0]));
	*out[0] = (struct tq_task){ .id = ids[0], .queue = "q", .type = "t",
	    .log = "blob:log" };
	return 0;
}

static int
fake_blob(struct tq_store *st, const char *name, int64_t *size,
    struct tq_err *err)
{
	(void)st;
	(void)size;
	return tq_err_set(err, TQ_AT_STORE, TQ_E_NOTFOUND, "%s: gone", name);
}

static const struct tq_store_ops ops = { .asked = true, .count = fake_count,
    .list = fake_list, .workers = fake_workers,
    .control_list = fake_controls, .wait_changes = fake_changes,
    .get = fake_get, .blob_get = fake_blob };

static char name[] = "fake:";
static struct tq_store store = { .ops = &ops, .env = &tq_env_system,
    .name = name };
static struct tq_cli cli = { .env = &tq_env_system };
static struct status status = { .cli = &cli, .st = &store };
static struct watch_reader reader;

static bool
start(void)
{
	struct watch_want want = { .queue = "" };

	counts = looks = lists = failing = most = 0;
	change = false;
	memset(&reader, 0, sizeof(reader));
	return watch_reader_start(&reader, &status, &want) == 0;
}

/* Until ${cond} is true; within a minute. */
#define WAIT_FOR(cond) do {						\
	int tries_;							\
	bool true_ = false;						\
	for (tries_ = 0; tries_ < 6000 && !true_; tries_++) {		\
		pthread_mutex_lock(&reader.lock);			\
		true_ = (cond);						\
		pthread_mutex_unlock(&reader.lock);			\
		if (!true_)						\
			usleep(10000);					\
	}								\
	T_OK(true_ && #cond);						\
} while (0)

static void
want(const char *queue, const char *id)
{
	struct watch_want w = { .queue = "" };

	snprintf(w.queue, sizeof(w.queue), "%s", queue);
	snprintf(w.id, sizeof(w.id), "%s", id);
	pthread_mutex_lock(&reader.lock);
	watch_reader_want(&reader, &w);
	pthread_mutex_unlock(&reader.lock);
}

static void
test_counts_once(void)
{
	int64_t oldest;

	T_MUST(start());
	WAIT_FOR(reader.ready && reader.data.rows[0].waiting == 5);
	/* What waits grows older meanwhile. */
	oldest = reader.data.rows[0].oldest_ms;
	T_OK(oldest >= 5000);
	WAIT_FOR(reader.data.rows[0].oldest_ms > oldest);
	change = true;
	WAIT_FOR(reader.data.rows[0].running == 1);
	WAIT_FOR(looks >= 4);
	T_INT(reader.data.rows[0].waiting, 4);
	T_INT(reader.data.ntasks[PART_RUNNING], 1);
	T_INT(counts, 1);
	T_INT(lists, 3);
	T_OK(most > 0 && most <= 1000);
	T_OK(watch_reader_stop(&reader));
}

static void
test_want(void)
{
	T_MUST(start());
	WAIT_FOR(reader.ready);
	want("other", "some-id");
	WAIT_FOR(strcmp(reader.data.rows[0].queue, "other") == 0);
	WAIT_FOR(reader.detail.id != NULL);
	T_STR(reader.detail.id, "some-id");
	T_OK(reader.detail.why != NULL);
	T_STR(reader.detail.log_trouble, "log: gone");
	/* Of one queue what has ended is listed, too. */
	T_INT(lists, 7);
	want("other", "");
	WAIT_FOR(reader.detail.id == NULL);
	T_INT(counts, 2);
	T_OK(watch_reader_stop(&reader));
}

static void
test_trouble(void)
{
	T_MUST(start());
	WAIT_FOR(reader.ready);
	failing = 1;
	WAIT_FOR(reader.data.trouble != NULL);
	T_STR(reader.data.trouble, "no answer");
	T_OK(!reader.failed);
	failing = 0;
	want("q", "");
	WAIT_FOR(reader.data.trouble == NULL);
	failing = 2;
	want("p", "");
	WAIT_FOR(reader.failed);
	T_STR(cli.err.msg, "no answer");
	T_OK(watch_reader_stop(&reader));
}

T_MAIN(
	{ "what changes is followed, not counted anew", test_counts_once },
	{ "what is wanted next is read at once", test_want },
	{ "a failure that may pass is shown, another ends it", test_trouble }
)

/*
 * tests/unit/test_no_space.c -- the Nth statement of a verb fails as on a full disk,
 * for N = 1, 2, ... until none does: the verb says so, and all that it had written is
 * taken back.  Linked with --wrap for the two functions below.
 */
#include "t.h"

#include <sqlite3.h>

#include "store/bulk.h"
#include "store/edges.h"
#include "store/rates.h"
#include "store/setup.h"
#include "util/crc.h"
#include "util/env.h"
#include "work/spawn/spawn.h"

static unsigned long nth;	/* statement from now fails; 0: none does */
static bool failed;		/* it has ... */
static bool committed, late;	/* ... and what was written before, stays */

int __real_sqlite3_step(sqlite3_stmt *), __real_sqlite3_errcode(sqlite3 *);
int __wrap_sqlite3_step(sqlite3_stmt *), __wrap_sqlite3_errcode(sqlite3 *);

static int
stop(void *arg)
{
	(void)arg;
	failed = true;
	return 1;
}

/* SQLite itself stops it, and takes back what it takes back for a full disk. */
int
__wrap_sqlite3_step(sqlite3_stmt *q)
{
	bool commits = strncmp(sqlite3_sql(q), "COMMIT", 6) == 0;
	sqlite3 *db = sqlite3_db_handle(q);
	int rc;

	if (nth == 0 || --nth > 0) {
		rc = __real_sqlite3_step(q);
		committed |= commits && rc == SQLITE_DONE;
		return rc;
	}
	late = committed;
	if (commits)
		sqlite3_commit_hook(db, stop, NULL);
	else
		sqlite3_progress_handler(db, 1, stop, NULL);
	rc = __real_sqlite3_step(q);
	sqlite3_commit_hook(db, NULL, NULL);
	sqlite3_progress_handler(db, 0, NULL, NULL);
	return rc;
}

int
__wrap_sqlite3_errcode(sqlite3 *db)
{
	return failed ? SQLITE_FULL : __real_sqlite3_errcode(db);
}

/* -- the store ------------------------------------------------------------------------- */

static char dir[128], url[192], path[160];
static struct tq_store *st;
static struct tq_arena mem = TQ_ARENA_INIT;
static struct tq_err err;
static char large[20000];	/* a row of its own */
static struct tq_task running, retried;

#define LARGE	(struct tq_span){ large, sizeof(large) }

/* All that is in its tables but for the clock, as a number. */
static uint32_t
snapshot(void)
{
	static const char *const tables[] = { "lane", "tally", "task", "ready",
	    "lease", "ended", "parked", "edge", "owed", "body", "control",
	    "worker" };
	uint32_t crc = 0;
	sqlite3_stmt *q;
	sqlite3 *db;
	char sql[64];
	size_t i;
	int c;

	T_INT(sqlite3_open(path, &db), SQLITE_OK);
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		snprintf(sql, sizeof(sql), "SELECT * FROM %s", tables[i]);
		T_INT(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
		while (__real_sqlite3_step(q) == SQLITE_ROW)
			for (c = 0; c < sqlite3_column_count(q); c++) {
				const void *p = sqlite3_column_blob(q, c);

				crc = tq_crc32(crc, p == NULL ? "-" : p, p ==
				    NULL ? 1 : (size_t)sqlite3_column_bytes(q,
				    c));
			}
		sqlite3_finalize(q);
	}
	sqlite3_close(db);
	return crc;
}

static int
put(struct tq_task t, enum tq_replace replace)
{
	struct tq_submit in = { .task = &t, .replace = replace };
	struct tq_submitted out;

	t.queue = "default";
	if (t.submit_id == NULL)
		t.submit_id = t.id;
	if (t.max_attempts == 0)
		t.max_attempts = 3;
	t.payload_size = t.payload.n;
	t.payload_kind = t.payload.n > 0 ? TQ_KIND_TEXT : TQ_KIND_NONE;
	if (tq_store_submit(st, &in, 1, &out, &err) == -1)
		return -1;
	T_OK(out.what == TQ_STORED);
	return 0;
}

static int
claim(const char *type, struct tq_task *got)
{
	struct tq_claim req = { .queue = "default", .types = &type, .ntypes =
	    1, .worker = "host:1:1", .lease_ms = 600000, .n = 1, .slots = 1 };
	struct tq_claimed out = { .arena = &mem };

	if (tq_store_claim(st, &req, &out, &err) == -1)
		return -1;
	T_INT(out.n, 1);
	if (out.n == 1)
		*got = out.tasks[0];
	return 0;
}

static int
finish(const struct tq_task *t, enum tq_how how, struct tq_span result,
    const struct tq_claim *next)
{
	struct tq_finish in = { .id = t->id, .queue = "default", .token =
	    t->token, .claim = t->claim, .how = how, .result = result,
	    .result_kind = result.n > 0 ? TQ_KIND_TEXT : TQ_KIND_NONE,
	    .err_stage = TQ_AT_EXEC, .err_code = "exit-1", .reason = "why" };
	struct tq_claimed got = { .arena = &mem };
	struct tq_answer out;

	if (tq_store_finish(st, &in, 1, &out, next, next == NULL ? NULL : &got,
	    &err) == -1)
		return -1;
	T_INT(out.code, TQ_OK);
	T_OK(next == NULL || got.n == 1 || got.more);
	return 0;
}

static void
begin(void)
{
	struct tq_task t;

	memset(large, 'x', sizeof(large));
	T_MUST(t_mkdir(dir, sizeof(dir), "no-space"));
	snprintf(path, sizeof(path), "%s/tq.db", dir);
	snprintf(url, sizeof(url), "sqlite:%s?sync=normal", path);
	T_MUST(tq_store_open(url, &tq_env_system, TQ_OPEN_CREATE, &st, &err) ==
	    0);
	T_OK(put((struct tq_task){ .id = "run", .type = "run" }, 0) == 0);
	T_OK(put((struct tq_task){ .id = "after-run", .type = "x",
	    .after = tq_span_of("[\"run\"]") }, 0) == 0);
	T_OK(claim("run", &running) == 0);
	T_OK(put((struct tq_task){ .id = "big", .type = "big",
	    .payload = LARGE }, 0) == 0);
	T_OK(put((struct tq_task){ .id = "tree", .type = "tree" }, 0) == 0);
	T_OK(put((struct tq_task){ .id = "leaf", .type = "x",
	    .after = tq_span_of("[\"tree\"]") }, 0) == 0);
	T_OK(put((struct tq_task){ .id = "dead", .type = "dead",
	    .max_attempts = 1 }, 0) == 0);
	T_OK(claim("dead", &t) == 0);
	T_OK(finish(&t, TQ_FAIL, TQ_SPAN_NONE, NULL) == 0);
	T_OK(put((struct tq_task){ .id = "done", .type = "done" }, 0) == 0);
	T_OK(claim("done", &t) == 0);
	T_OK(finish(&t, TQ_COMPLETE, LARGE, NULL) == 0);
}

static void
end(void)
{
	tq_store_close(st);
	tq_spawn_remove(dir);
	tq_arena_free(&mem);
}

/* -- the verbs ------------------------------------------------------------------------- */

static int
do_submit(void)
{
	return put((struct tq_task){ .id = "new", .type = "new",
	    .after = tq_span_of("[\"tree\",\"run\"]"), .payload = LARGE }, 0);
}

static int
do_replace(void)
{
	return put((struct tq_task){ .id = "done", .submit_id = "again",
	    .type = "done" }, TQ_REPLACE_ENDED);
}

static int
do_claim(void)
{
	return claim("done", &retried);
}

static int
do_extend(void)
{
	struct tq_extend in = { .id = "run", .token = running.token,
	    .claim = running.claim, .lease_ms = 700000, .progress =
	    tq_span_of("{\"percent\":5}") };
	struct tq_extended out;

	return tq_store_extend(st, &in, 1, &out, &err);
}

static int
do_finish_and_claim(void)
{
	static const char *const type[] = { "big" };
	static const struct tq_claim next = { .queue = "default",
	    .types = type, .ntypes = 1, .worker = "host:1:1",
	    .lease_ms = 600000, .n = 1, .slots = 1 };

	return finish(&running, TQ_COMPLETE, LARGE, &next);
}

static int
do_retry(void)
{
	return finish(&retried, TQ_RETRY, TQ_SPAN_NONE, NULL);
}

static int
do_read(void)
{
	static const char *const ids[] = { "run", "big", "none" };
	struct tq_list by_status = { .limit = 2, .with = TQ_WITH_PAYLOAD };
	struct tq_list newest = { .limit = 10, .by_created = true };
	struct tq_rates rates = { .look = 100 };
	struct tq_task *t[3];
	struct tq_page page;
	int rc;

	rc = tq_store_get(st, ids, 3, TQ_WITH_PAYLOAD | TQ_WITH_RESULT, &mem,
	    t, &err);
	do {
		rc = rc == -1 ? -1 : tq_store_list(st, &by_status, &mem, &page,
		    &err);
		by_status.cursor = page.cursor;
	} while (rc == 0 && page.cursor != NULL);
	return rc == -1 || tq_store_list(st, &newest, &mem, &page, &err) == -1 ?
	    -1 : tq_store_rates(st, &rates, &mem, &err);
}

static int
do_look(void)
{
	const char **children;
	struct tq_parent *parents;
	struct tq_presence *workers;
	struct tq_control *controls;
	struct tq_count *counts;
	size_t n;

	return tq_store_count(st, "default", &mem, &counts, &n, &err) == -1 ||
	    tq_store_parents(st, "after-run", &mem, &parents, &n, &err) == -1 ||
	    tq_store_children(st, "run", &mem, &children, &n, &err) == -1 ||
	    tq_store_workers(st, &mem, &workers, &n, &err) == -1 ? -1 :
	    tq_store_control_list(st, &mem, &controls, &n, &err);
}

static int
do_edit(void)
{
	static const struct tq_task to = { .payload = { "[1]", 3 },
	    .payload_kind = TQ_KIND_JSON, .payload_size = 3, .prio = 5,
	    .held = true };
	struct tq_edit in = { .ref = { "big", 0 }, .to = &to,
	    .set = TQ_SET_PAYLOAD | TQ_SET_PRIO | TQ_SET_HELD };
	struct tq_answer out;

	return tq_store_edit(st, &in, 1, &out, &err);
}

static int
do_cancel(void)
{
	static const char *const ids[] = { "tree", "big" };
	struct tq_answer out[2];

	return tq_store_cancel(st, ids, 2, out, &err);
}

static int
do_redrive(void)
{
	struct tq_bulk b = { .verb = TQ_BULK_REDRIVE, .all = true };
	int rc = tq_bulk_begin(&b, tq_wall_ms(&tq_env_system), &err);

	while (rc == 0 && (rc = tq_bulk_round(st, &b, &err)) == 1)
		rc = 0;
	tq_bulk_end(&b);
	return rc;
}

static int
do_purge(void)
{
	static const struct tq_ref refs[] = { { "tree", 0 }, { "run", 0 } };
	struct tq_answer out[2];

	return tq_store_purge_tree(st, refs, 2, out, &err);
}

static int
do_control(void)
{
	struct tq_control c;

	if (tq_store_control_get(st, "default", &mem, &c, &err) == -1)
		return -1;
	c.paused = true;
	c.nlimits = 1;
	c.limits[0] = (struct tq_limit){ "x", 2 };
	return tq_store_control_set(st, &c, &err);
}

static int
do_present(void)
{
	struct tq_presence p = { .worker = "host:1:1", .queue = "default",
	    .types = "x y", .slots = 2 };

	return tq_store_present(st, &p, false, &err);
}

static int
do_sweep(void)
{
	struct tq_swept swept;

	return tq_store_sweep(st, "host:1:1", true, &swept, &err);
}

/* -- one fault after the other ---------------------------------------------------------- */

static void
complain(void *arg, const struct tq_finding *f)
{
	(void)arg;
	if (f->level == TQ_LEVEL_FAIL)
		T_FAIL("%s: %s", f->subject, f->text);
}

enum how {
	WHOLE,		/* in one commit: it is all done, or nothing is */
	LATE,		/* so, but what goes wrong behind the commit is not said */
	PARTS		/* in several; what fails may be left to the next */
};

/* How many failed. */
static unsigned long
each(const char *name, int (*verb)(void), enum how how)
{
	uint32_t before;
	unsigned long at;
	int rc;

	for (at = 1; ; at++) {
		before = snapshot();
		err = (struct tq_err)TQ_ERR_INIT;
		failed = committed = false;
		nth = at;
		rc = verb();
		if (!failed && nth == 0)
			continue;	/* a COMMIT that had nothing to write */
		nth = 0;
		if (!failed)
			break;
		failed = false;
		if (rc == 0 && how != PARTS && !(how == LATE && late))
			T_FAIL("%s: statement %lu failed unsaid", name, at);
		if (rc == -1 && (err.code != TQ_E_IO || strstr(err.msg,
		    "no space left") == NULL))
			T_FAIL("%s, %lu: %s: %s", name, at,
			    tq_code_name(err.code), err.msg);
		if (rc == -1 && how != PARTS && snapshot() != before)
			T_FAIL("%s: statement %lu failed, and half is done",
			    name, at);
		if (rc == 0 && how != WHOLE)
			break;
	}
	if (rc == -1)
		T_FAIL("%s: %s", name, err.msg);
	return at - 1;
}

static void
hear(void *arg, const struct tq_finding *f)
{
	if (f->level == TQ_LEVEL_FAIL)
		snprintf(arg, 256, "%s: %s", f->subject, f->text);
}

/* What it could not read is not well. */
static void
test_doctor(void)
{
	enum tq_level worst;
	unsigned long at;
	char said[256];

	begin();
	for (at = 1; ; at++) {
		failed = false;
		said[0] = '\0';
		nth = at;
		T_INT(tq_store_doctor(url, &tq_env_system, hear, said, &worst,
		    &err), 0);
		if (!failed && nth == 0)
			continue;
		nth = 0;
		if (!failed)
			break;
		if (worst != TQ_LEVEL_FAIL || said[0] == '\0')
			T_FAIL("doctor: statement %lu failed unsaid", at);
	}
	failed = false;
	T_OK(at > 5);
	T_STR(said, "");
	end();
}

static void
test_all(void)
{
	static const struct {
		const char	*name;
		int		(*verb)(void);
		enum how	 how;
	} verbs[] = {
		{ "submit", do_submit, WHOLE }, { "replace", do_replace, WHOLE },
		{ "read", do_read, WHOLE }, { "look", do_look, WHOLE },
		{ "claim", do_claim, WHOLE }, { "extend", do_extend, WHOLE },
		{ "finish", do_finish_and_claim, LATE },
		{ "retry", do_retry, WHOLE }, { "edit", do_edit, WHOLE },
		{ "sweep", do_sweep, PARTS }, { "cancel", do_cancel, WHOLE },
		{ "redrive", do_redrive, WHOLE }, { "purge", do_purge, WHOLE },
		{ "control", do_control, WHOLE },
		{ "present", do_present, WHOLE }, { "sweep", do_sweep, PARTS },
		{ "read", do_read, WHOLE }, { "look", do_look, WHOLE },
	};
	enum tq_level worst;
	size_t i;

	begin();
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (each(verbs[i].name, verbs[i].verb, verbs[i].how) == 0)
			T_FAIL("%s: nothing failed", verbs[i].name);
	T_INT(tq_store_doctor(url, &tq_env_system, complain, NULL, &worst,
	    &err), 0);
	end();
}

T_MAIN(
	{ "a statement that fails takes back the whole verb, whichever it is",
	      test_all },
	{ "doctor says what it could not read", test_doctor })

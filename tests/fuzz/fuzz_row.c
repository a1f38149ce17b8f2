/*
 * tests/fuzz/fuzz_row.c -- any values in the columns of a sqlite store, as a
 * member of its group can write them.  A line each: a letter for the column, then
 * "#" and a number, or a text.
 *
 * Beyond "no crash": what a list or a claim gives is shown as JSON, or it says
 * why there is none.
 */
#include "fuzz.h"

#include "store/sqlite/sqlite.h"
#include "store/store.h"
#include "util/env.h"
#include "util/json.h"

static const char *const columns[] = {
	"task SET asked", "task SET info", "task SET payload",
	"task SET created", "task SET submit_id", "task SET expires",
	"task SET id", "ready SET status", "ready SET flags",
	"ready SET attempts", "ready SET became", "ready SET token",
	"ended SET status", "ended SET flags", "ended SET at",
	"ended SET became", "ended SET result", "ended SET started",
	"ended SET worker", "parked SET status", "parked SET became",
	"control SET limits", "control SET rate", "control SET until",
};
#define NCOLUMNS	(sizeof(columns) / sizeof(columns[0]))

static const char *const tables[] = { "task", "ready", "ended", "parked",
	"control", "lease", "tally" };
static struct tq_store *store;

/* A statement, with ${value} for ?1: what is not NULL or UNIQUE may refuse it. */
static void
run(const char *format, const char *name, const char *value)
{
	char sql[200];
	sqlite3_stmt *q;

	snprintf(sql, sizeof(sql), format, name, name);
	MUST(sqlite3_prepare_v2(sq_of(store)->db, sql, -1, &q, NULL) ==
	    SQLITE_OK);
	if (value != NULL && value[0] == '#')
		sqlite3_bind_int64(q, 1, strtoll(value + 1, NULL, 10));
	else if (value != NULL)
		sqlite3_bind_text(q, 1, value, -1, SQLITE_STATIC);
	sqlite3_step(q);
	sqlite3_finalize(q);
}

/* All between the two is one transaction, as forty would take forty times. */
static void
transaction(const char *what)
{
	MUST(sqlite3_exec(sq_of(store)->db, what, NULL, NULL, NULL) ==
	    SQLITE_OK);
}

static void
open_store(void)
{
	static const char *const ids[] = { "ready", "ended", "parked" };
	const char *dir = tq_getenv(&tq_env_system, "TMPDIR");
	struct tq_control c = { .queue = "default", .rate = 5 };
	struct tq_submitted out[3];
	struct tq_submit in[3];
	struct tq_answer answer;
	struct tq_task t[3];
	char url[300];
	size_t i;

	snprintf(url, sizeof(url), "sqlite:%.250s/row.db?sync=normal",
	    dir == NULL ? "/tmp" : dir);
	MUST(tq_store_open(url, &tq_env_system, TQ_OPEN_CREATE, &store,
	    NULL) == 0);
	for (i = 0; i < 3; i++) {
		t[i] = (struct tq_task){ .id = ids[i], .type = "x",
		    .queue = "default", .payload = tq_span_of("{}"),
		    .payload_kind = TQ_KIND_JSON, .payload_size = 2,
		    .submit_id = ids[i], .held = i == 2, .fingerprint = "f" };
		in[i] = (struct tq_submit){ .task = &t[i] };
	}
	MUST(tq_store_submit(store, in, 3, out, NULL) == 0);
	MUST(tq_store_cancel(store, &ids[1], 1, &answer, NULL) == 0);
	MUST(tq_store_control_set(store, &c, NULL) == 0);
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		run("CREATE TEMP TABLE saved_%s AS SELECT * FROM main.%s",
		    tables[i], NULL);
}

static void
show(const struct tq_task *t, size_t n)
{
	struct tq_buf b = TQ_BUF_INIT(1 << 20);

	for (; n > 0; n--, t++) {
		tq_buf_clear(&b);
		MUST((unsigned)t->status < TQ_STATUS_MAX);
		tq_task_write(t, &b);
		/* Its payload and result are the user's bytes. */
		MUST(!b.failed && (t->payload_kind == TQ_KIND_JSON ||
		    t->result_kind == TQ_KIND_JSON ||
		    tq_json_check(tq_buf_span(&b), NULL) == 0));
	}
	tq_buf_free(&b);
}

static void
use(struct tq_arena *a)
{
	static const char *const types[] = { "x" };
	struct tq_claim claim = { .queue = "default", .types = types,
	    .ntypes = 1, .worker = "w", .lease_ms = 60000, .n = 2, .slots = 1 };
	struct tq_list list = { .limit = 5, .with = 3 };
	struct tq_claimed got = { .arena = a };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_page page;

	if (tq_store_list(store, &list, a, &page, &err) == 0)
		show(page.tasks, page.n);
	else
		MUST(err.msg[0] != '\0' && err.code != TQ_E_BUG);
	if (tq_store_claim(store, &claim, &got, &err) == 0)
		show(got.tasks, got.n);
	else
		MUST(err.msg[0] != '\0' && err.code != TQ_E_BUG);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = fuzz_string(data, n), *rest = text, *line;
	struct tq_arena a = TQ_ARENA_INIT;
	size_t i;

	if (store == NULL)
		open_store();
	transaction("BEGIN IMMEDIATE");
	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] >= 'a' && (size_t)(line[0] - 'a') < NCOLUMNS)
			run("UPDATE %s = ?1", columns[line[0] - 'a'], line + 1);
	transaction("COMMIT");
	use(&a);
	transaction("BEGIN IMMEDIATE");
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		run("DELETE FROM %s", tables[i], NULL);
		run("INSERT INTO main.%s SELECT * FROM saved_%s", tables[i], NULL);
	}
	transaction("COMMIT");
	tq_arena_free(&a);
	free(text);
	return 0;
}

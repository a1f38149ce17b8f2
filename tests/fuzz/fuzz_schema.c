/*
 * tests/fuzz/fuzz_schema.c -- any SQL on the database of a sqlite store, as one who
 * may write to it can run it, before the store is opened ('o'), looked at by the
 * doctor ('d') or restored ('r').  A statement a line; or '%', a byte that chooses a
 * column of all tables, and what it is set to: "#" and a number, or a text.
 *
 * Beyond "no crash": what opens it says why when it can't, and so does each verb;
 * what a restore takes has tables and indexes only.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include "store/edges.h"
#include "store/rates.h"
#include "store/setup.h"
#include "store/sqlite/backup.h"
#include "store/store.h"
#include "util/env.h"

#define STEPS_MAX	20	/* of a thousand instructions each */

static char path[300], url[340];
static char *good;
static size_t good_n;
static int steps;

/* Statements that set each column of each table to ?1. */
static char *sets[200];
static size_t nsets;

static void
check_err(const struct tq_err *err)
{
	MUST(err->msg[0] != '\0' && err->code != TQ_OK);
	/* A constraint that somebody has added. */
	MUST(err->code != TQ_E_BUG || strstr(err->msg, "constraint") != NULL);
}

/* -- the database that each input begins with --------------------------------------- */

static void
fill(struct tq_store *st)
{
	static const char *const ids[] = { "ready", "ended", "parked", "child" };
	struct tq_control c = { .queue = "default", .rate = 1e6, .nlimits = 1,
	    .limits = { { "y", 3 } } };
	struct tq_presence w = { .worker = "w", .queue = "default",
	    .types = "x", .slots = 1 };
	struct tq_submitted out[4];
	struct tq_submit in[4];
	struct tq_answer answer;
	struct tq_task t[4];
	size_t i;

	for (i = 0; i < 4; i++) {
		t[i] = (struct tq_task){ .id = ids[i], .type = "x",
		    .queue = "default", .payload = tq_span_of("{}"),
		    .payload_kind = TQ_KIND_JSON, .payload_size = 2,
		    .submit_id = ids[i], .held = i == 2, .fingerprint = "f" };
		in[i] = (struct tq_submit){ .task = &t[i] };
	}
	t[3].after = tq_span_of("[\"ready\",\"parked\"]");
	MUST(tq_store_submit(st, in, 4, out, NULL) == 0);
	MUST(tq_store_cancel(st, &ids[1], 1, &answer, NULL) == 0);
	MUST(tq_store_control_set(st, &c, NULL) == 0);
	MUST(tq_store_present(st, &w, false, NULL) == 0);
}

static void
remove_all(void)
{
	static const char *const beside[] = { "", "-wal", "-shm", "-journal",
		".wake", ".lock" };
	char name[320];
	size_t i;

	for (i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, beside[i]);
		unlink(name);
	}
}

static void
find_sets(sqlite3 *db)
{
	sqlite3_stmt *q;

	MUST(sqlite3_prepare_v2(db, "SELECT 'UPDATE '||t.name||' SET '||c.name"
	    "||'=?1' FROM sqlite_master t, pragma_table_info(t.name) c WHERE"
	    " t.type='table' AND t.name<>'sqlite_sequence'", -1, &q, NULL) ==
	    SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW && nsets < 200)
		MUST((sets[nsets++] = strdup((const char *)
		    sqlite3_column_text(q, 0))) != NULL);
	sqlite3_finalize(q);
	MUST(nsets > 50);
}

static void
make_good(void)
{
	const char *dir = tq_getenv(&tq_env_system, "TMPDIR");
	struct tq_store *st;
	sqlite3 *db;
	FILE *f;

	snprintf(path, sizeof(path), "%.250s/schema.db",
	    dir == NULL ? "/tmp" : dir);
	snprintf(url, sizeof(url), "sqlite:%s?sync=normal", path);
	remove_all();
	MUST(tq_store_open(url, &tq_env_system, TQ_OPEN_CREATE, &st, NULL) == 0);
	fill(st);
	tq_store_close(st);
	MUST(sqlite3_open(path, &db) == SQLITE_OK);
	MUST(sqlite3_exec(db, "PRAGMA journal_mode=DELETE", NULL, NULL,
	    NULL) == SQLITE_OK);
	find_sets(db);
	MUST(sqlite3_close(db) == SQLITE_OK);
	MUST((f = fopen(path, "r")) != NULL);
	MUST((good = malloc(1 << 20)) != NULL);
	good_n = fread(good, 1, 1 << 20, f);
	MUST(good_n > 4096 && good_n < 1 << 20);
	fclose(f);
}

static void
put_good(void)
{
	int fd;

	remove_all();
	MUST((fd = open(path, O_WRONLY | O_CREAT, 0600)) != -1);
	MUST(write(fd, good, good_n) == (ssize_t)good_n);
	close(fd);
}

/* -- what another does to it ----------------------------------------------------------- */

/* Nothing but this file is anybody's. */
static int
allow(void *arg, int what, const char *a, const char *b, const char *c,
    const char *d)
{
	(void)arg;
	(void)b;
	(void)c;
	(void)d;
	if (what == SQLITE_PRAGMA)
		return strcmp(a, "writable_schema") == 0 ||
		    strcmp(a, "user_version") == 0 ||
		    strcmp(a, "application_id") == 0 ||
		    strcmp(a, "encoding") == 0 ? SQLITE_OK : SQLITE_DENY;
	return what == SQLITE_ATTACH || what == SQLITE_DETACH ? SQLITE_DENY :
	    SQLITE_OK;
}

static int
enough(void *arg)
{
	(void)arg;
	return ++steps > STEPS_MAX;
}

/* What is NOT NULL, UNIQUE or CHECKed may refuse it. */
static void
set(sqlite3 *db, unsigned char which, const char *value)
{
	sqlite3_stmt *q;

	if (sqlite3_prepare_v2(db, sets[which % nsets], -1, &q, NULL) !=
	    SQLITE_OK)
		return;		/* its table is gone */
	if (value[0] == '#')
		sqlite3_bind_int64(q, 1, strtoll(value + 1, NULL, 10));
	else
		sqlite3_bind_text(q, 1, value, -1, SQLITE_STATIC);
	sqlite3_step(q);
	sqlite3_finalize(q);
}

static void
change(char *lines)
{
	sqlite3 *db;
	char *line;

	MUST(sqlite3_open(path, &db) == SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1 << 18);
	sqlite3_set_authorizer(db, allow, NULL);
	steps = 0;
	sqlite3_progress_handler(db, 1000, enough, NULL);
	sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
	while ((line = strsep(&lines, "\n")) != NULL)
		if (line[0] == '%' && line[1] != '\0')
			set(db, (unsigned char)line[1], line + 2);
		else
			sqlite3_exec(db, line, NULL, NULL, NULL);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
}

/* -- what we do with it ------------------------------------------------------------- */

static void
show(const struct tq_task *t, size_t n)
{
	struct tq_buf b = TQ_BUF_INIT(1 << 20);

	for (; n > 0; n--, t++) {
		tq_buf_clear(&b);
		MUST((unsigned)t->status < TQ_STATUS_MAX);
		tq_task_write(t, &b);
		MUST(!b.failed);
	}
	tq_buf_free(&b);
}

typedef int verb(struct tq_store *st, struct tq_arena *a, struct tq_err *err);

static int
list(struct tq_store *st, struct tq_arena *a, struct tq_err *err)
{
	struct tq_list req = { .limit = 5, .with = 3 };
	struct tq_page page;

	if (tq_store_list(st, &req, a, &page, err) == -1)
		return -1;
	show(page.tasks, page.n);
	return 0;
}

static int
claim(struct tq_store *st, struct tq_arena *a, struct tq_err *err)
{
	static const char *const types[] = { "x" };
	struct tq_claim req = { .queue = "default", .types = types,
	    .ntypes = 1, .worker = "w", .lease_ms = 60000, .n = 2, .slots = 1 };
	struct tq_claimed got = { .arena = a };

	if (tq_store_claim(st, &req, &got, err) == -1)
		return -1;
	show(got.tasks, got.n);
	return 0;
}

static int
count(struct tq_store *st, struct tq_arena *a, struct tq_err *err)
{
	struct tq_count *rows;
	struct tq_rates r = { .look = 10 };
	size_t n;

	return tq_store_count(st, NULL, a, &rows, &n, err) == -1 ||
	    tq_store_rates(st, &r, a, err) == -1 ? -1 : 0;
}

static int
around(struct tq_store *st, struct tq_arena *a, struct tq_err *err)
{
	struct tq_control *all;
	struct tq_presence *w;
	struct tq_parent *parents;
	const char **children;
	size_t n;

	return tq_store_control_list(st, a, &all, &n, err) == -1 ||
	    tq_store_workers(st, a, &w, &n, err) == -1 ||
	    tq_store_parents(st, "child", a, &parents, &n, err) == -1 ||
	    tq_store_children(st, "ready", a, &children, &n, err) == -1 ?
	    -1 : 0;
}

static int
change_all(struct tq_store *st, struct tq_arena *a, struct tq_err *err)
{
	static const char *const ids[] = { "ready" };
	struct tq_ref refs[] = { { "ended", 0 }, { "parked", 0 } };
	struct tq_answer answer[2];
	struct tq_swept swept;

	(void)a;
	return tq_store_cancel(st, ids, 1, answer, err) == -1 ||
	    tq_store_redrive(st, refs, 2, answer, err) == -1 ||
	    tq_store_sweep(st, "s", true, &swept, err) == -1 ||
	    tq_store_purge(st, refs, 2, answer, err) == -1 ? -1 : 0;
}

static void
use(struct tq_store *st, struct tq_arena *a)
{
	static verb *const verbs[] = { count, list, around, claim, change_all,
	    list };
	struct tq_err err;
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		if (verbs[i](st, a, &err) == -1)
			check_err(&err);
	}
}

static void
found(void *arg, const struct tq_finding *f)
{
	(void)arg;
	MUST(f->subject != NULL && f->text != NULL && f->text[0] != '\0');
}

static void
looked_at(void)
{
	struct tq_err err = TQ_ERR_INIT;
	enum tq_level worst;

	if (tq_store_doctor(url, &tq_env_system, found, NULL, &worst, &err) ==
	    -1)
		check_err(&err);
}

static void
opened(struct tq_arena *a)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_store *st;

	if (tq_store_open(url, &tq_env_system, TQ_OPEN_WRITE, &st, &err) ==
	    -1) {
		check_err(&err);
		return;
	}
	use(st, a);
	tq_store_close(st);
}

/* How many rows ${sql} gives; those of the first column go to ${fn}. */
static int
rows(sqlite3 *db, const char *sql, void (*fn)(sqlite3 *, const char *))
{
	sqlite3_stmt *q;
	int n = 0;

	MUST(sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK);
	for (; sqlite3_step(q) == SQLITE_ROW; n++)
		if (fn != NULL)
			fn(db, (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	return n;
}

/* A trigger is a program within the statement's. */
static void
no_trigger(sqlite3 *db, const char *explain)
{
	sqlite3_stmt *q;

	MUST(sqlite3_prepare_v2(db, explain, -1, &q, NULL) == SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW)
		MUST(strcmp((const char *)sqlite3_column_text(q, 1),
		    "Program") != 0);
	sqlite3_finalize(q);
}

/* As SQLite understands it, whatever is written where. */
static void
only_tables(void)
{
	sqlite3 *db;

	MUST(sqlite3_open(path, &db) == SQLITE_OK);
	MUST(rows(db, "SELECT name FROM pragma_table_list WHERE schema='main'"
	    " AND type<>'table'", NULL) == 0);
	rows(db, "SELECT 'EXPLAIN DELETE FROM \"'||replace(name,'\"','\"\"')"
	    "||'\"' FROM pragma_table_list WHERE schema='main' AND"
	    " name NOT LIKE 'sqlite\\_%' ESCAPE '\\'", no_trigger);
	sqlite3_close(db);
}

static void
restored(struct tq_arena *a)
{
	struct tq_backup b = { .made_at = 1790000000000 };
	struct tq_err err = TQ_ERR_INIT;

	if (sq_restore_settle(path, &tq_env_system, &b, &err) == -1) {
		check_err(&err);
		return;
	}
	only_tables();
	opened(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_arena a = TQ_ARENA_INIT;
	char *sql;

	if (n == 0)
		return 0;
	if (good == NULL)
		make_good();
	put_good();
	sql = fuzz_string(data + 1, n - 1);
	change(sql);
	switch (data[0]) {
	case 'r': restored(&a); break;
	case 'd': looked_at(); break;
	default: opened(&a); break;
	}
	free(sql);
	tq_arena_free(&a);
	return 0;
}

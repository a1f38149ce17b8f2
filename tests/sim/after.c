/*
 * tests/sim/after.c -- what becomes of it all: a day after the last task has ended
 * all is there to the last byte, and weeks later nothing is.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "actors.h"
#include "cloud.h"
#include "model.h"
#include "world.h"

#define BLOBS	"/sim/a/b/tq.db.blobs"

/* What a submit has put and not named yet: a sweep leaves it alone for a day. */
static void
put_unnamed(struct sim_self *me)
{
	static const char name[] = "q0/01890000-0000-7000-8000-000000000000/1/out";
	struct tq_swept swept;
	int64_t size;
	int fd = memfd_create("blob", MFD_CLOEXEC);

	if (fd == -1 || ftruncate(fd, 5) == -1)
		sim_fail("no file for a blob");
	if (tq_store_blob_put(me->st, name, fd, false, &me->err) == -1 ||
	    tq_store_sweep(me->st, me->name, true, &swept, &me->err) == -1)
		sim_fail("a blob at rest: %s", me->err.msg);
	close(fd);
	fd = tq_store_blob_get(me->st, name, &size, &me->err);
	if (fd == -1)
		sim_fail("a sweep removed a blob that is young: %s",
		    me->err.msg);
	close(fd);
}

/* A sweep every hour, for a few. */
static void
sweep_for_hours(struct sim_proc *p, void *arg)
{
	struct tq_swept swept;
	struct sim_self me;
	int i;

	if (!sim_come_in(&me, p))
		sim_fail("the store can't be opened to be swept");
	if (arg != NULL)
		put_unnamed(&me);
	for (i = 0; i < 4; i++) {
		if (tq_store_sweep(me.st, me.name, true, &swept, &me.err) == -1)
			sim_fail("a sweep, long after: %s", me.err.msg);
		sim_log("%s sweep -> %llu removed, %llu blobs", me.name,
		    (unsigned long long)swept.removed,
		    (unsigned long long)swept.blobs);
		tq_arena_reset(&me.arena);
		sim_sleep(60 * SIM_MIN);
	}
	tq_store_close(me.st);
}

/* ${days} later; with a blob that nobody names. */
static void
later(int days, bool unnamed)
{
	sim.now += days * INT64_C(24) * 60 * SIM_MIN + 60 * SIM_MIN;
	sim_spawn("keeper", sweep_for_hours, unnamed ? &sim : NULL, 0);
	if (!sim_run(INT64_MAX - 1))
		sim_fail("sweeps do not end");
}

static int
no_row(void *arg, int n, char **v, char **names)
{
	(void)names;
	if (n != 1 || strcmp(v[0], "0") != 0)
		sim_fail("%s rows are left of %s", v[0], (const char *)arg);
	return 0;
}

static void
no_rows(void)
{
	static const char *const tables[] = { "task", "ready", "lease", "ended",
	    "parked", "edge", "owed", "body", "lane" };
	char sql[64];
	sqlite3 *db;
	size_t i;

	if (sqlite3_open_v2("/sim/a/b/tq.db", &db, SQLITE_OPEN_READWRITE,
	    "sim") != SQLITE_OK)
		sim_fail("the database can't be opened: %s", sqlite3_errmsg(db));
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", tables[i]);
		if (sqlite3_exec(db, sql, no_row, (void *)(uintptr_t)tables[i],
		    NULL) != SQLITE_OK)
			sim_fail("%s: %s", sql, sqlite3_errmsg(db));
	}
	sqlite3_close(db);
}

static void
no_file(const char *dir)
{
	const char *name;
	char path[1200];
	size_t i;

	for (i = 0; (name = sim_disk_child(dir, i)) != NULL; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (!sim_node_is_dir(sim_disk_find(path)))
			sim_fail("%s is left", path);
		no_file(path);
	}
}

/* Of records, and of what belongs to them. */
static void
nothing_left(void)
{
	sim_look_begin();
	if (sim.aws && sim_s3_first() != NULL)
		sim_fail("s3: %s is left", sim_s3_first());
	if (!sim.aws) {
		no_rows();
		no_file(BLOBS);
	}
	sim_look_end();
	if (sim_model_records() != 0)
		sim_fail("%d records are left", sim_model_records());
}

void
sim_after(void)
{
	later(1, true);
	sim_model_look_all(true);
	/* What ended by a clock that was a year ahead is kept for so long. */
	later(sim.jumps > 0 ? 31 + 366 : 31, false);
	later(2, false);
	nothing_left();
}

/* tests/unit/test_as_read.c -- verbs on tasks as they were read. */
#include "t.h"

#include <sqlite3.h>

#include "store/as_read.h"
#include "store/bulk.h"
#include "util/env.h"
#include "work/spawn/spawn.h"

static char dir[96], path[160], url[192];
static struct tq_store *st;

static void
begin(void)
{
	const char *ids[] = { "a", "b", "c" };
	struct tq_answer out[3];
	struct tq_err err = TQ_ERR_INIT;
	size_t i;

	T_MUST(t_mkdir(dir, sizeof(dir), "as-read"));
	snprintf(path, sizeof(path), "%s/tq.db", dir);
	snprintf(url, sizeof(url), "sqlite:%s", path);
	T_MUST(tq_store_open(url, &tq_env_system, TQ_OPEN_CREATE, &st, &err) ==
	    0);
	for (i = 0; i < 3; i++) {
		struct tq_task t = { .id = ids[i], .submit_id = "s",
		    .queue = "default", .type = "t", .max_attempts = 3 };
		struct tq_submit in = { .task = &t };
		struct tq_submitted done;

		T_MUST(tq_store_submit(st, &in, 1, &done, &err) == 0);
	}
	T_MUST(tq_store_cancel(st, ids, 3, out, &err) == 0);
}

static void
end(void)
{
	tq_store_close(st);
	tq_spawn_remove(dir);
}

/* Another process writes to a record, which came as the ${rid}th. */
static void
write_to(int rid, const char *set)
{
	sqlite3 *db;
	char sql[256];

	snprintf(sql, sizeof(sql), "UPDATE ended SET rev = rev + 1%s WHERE rid "
	    "= %d", set, rid);
	T_MUST(sqlite3_open(path, &db) == SQLITE_OK);
	T_MUST(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	T_MUST(sqlite3_changes(db) == 1);
	sqlite3_close(db);
}

/* Asked between the read of a page and the verb on it. */
static bool
meanwhile(void *arg, const struct tq_task *t)
{
	(void)arg;
	if (strcmp(t->id, "a") == 0)
		write_to(1, "");
	if (strcmp(t->id, "b") == 0)
		write_to(2, ", updated = updated + 1");
	return true;
}

static void
does(enum tq_bulk_verb verb)
{
	struct tq_bulk b = { .verb = verb, .all = true, .may = meanwhile,
	    .filter.statuses = TQ_BIT(TQ_CANCELLED) };
	struct tq_err err = TQ_ERR_INIT;

	begin();
	T_MUST(tq_bulk_begin(&b, tq_wall_ms(&tq_env_system), &err) == 0);
	T_OK(tq_bulk_round(st, &b, &err) == 0);
	T_INT(b.done, 2);
	T_INT(b.skipped, 1);
	tq_bulk_end(&b);
	end();
}

static void
purge_and_redrive_of_what_the_store_wrote_to(void)
{
	does(TQ_BULK_PURGE);
	does(TQ_BULK_REDRIVE);
}

static void
what_is_as_it_was_read(void)
{
	struct tq_task was = { .id = "a", .status = TQ_FAILED, .token = 4,
	    .rev = 7, .created_at = 1, .updated_at = 9 }, now = was;

	T_OK(!tq_as_read(&was, NULL));
	now.rev++;
	now.dlq_owed = false;
	T_OK(tq_as_read(&was, &now));
	now.updated_at++;
	T_OK(!tq_as_read(&was, &now));
	now = was;
	now.token++;
	T_OK(!tq_as_read(&was, &now));
	now = was;
	now.created_at++;	/* another task of that id */
	T_OK(!tq_as_read(&was, &now));
	now = was;
	now.status = TQ_PENDING;
	T_OK(!tq_as_read(&was, &now));
}

T_MAIN(
	{ "a task is as it was read if only its rev has moved on",
	    what_is_as_it_was_read },
	{ "purge and redrive by a filter pass over what others changed, and not "
	    "what the store alone wrote to",
	    purge_and_redrive_of_what_the_store_wrote_to },
)

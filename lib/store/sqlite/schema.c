/*
 * lib/store/sqlite/schema.c -- the tables.
 *
 * To change them: (1) raise SQ_SCHEMA, (2) change `tables', (3) add a step to
 * migrate.c, (4) tests/fixtures has a dump of every older schema: add yours.
 */
#include "store/sqlite/record.h"

/*
 * A record is a row of `task', which is written by submit and then left alone,
 * and a row in one of four small tables that say where it is in its life:
 * `ready' while it waits to be claimed, `lease' while it runs, `ended', and
 * `parked' while it is held or BLOCKED.  A transition moves the small row.
 *
 * `ready' is its own index, in the order of claims; (prio, late, at) of `task'
 * repeat the key, so that it is found from there.  `late' rows wait for the
 * clock, the others are due whatever it says.  Small integers stand for names
 * (lane), and ids are 16-byte blobs; UUIDv7 ids append to their index.
 * `change' has rows only while somebody follows.
 *
 * `edge' has a row for each task that another was submitted after: `ended' if
 * any end will do, `met' the status that met it, NULL while it is open.
 * Parents go by id: a record that is replaced gets another rid.  `owed' has a
 * row for each end that not all children have been told of yet: those up to
 * (child, n) have, at the time `at' (boot clock); meta.owed counts them.
 *
 * Fields seldom set live in two JSON objects, `asked' (written by submit)
 * and `became', NULL for most tasks.  payload and result are the bytes, or say
 * where they are: bodies.c.
 */
static const char tables[] =
"CREATE TABLE meta(one INTEGER PRIMARY KEY CHECK(one=1),"
" schema INT NOT NULL, min_reader INT NOT NULL, min_writer INT NOT NULL,"
" boot TEXT NOT NULL, seq INT NOT NULL, clock_known INT NOT NULL,"
" clock_offset INT NOT NULL, clock_seen INT NOT NULL,"
" clock_since INT NOT NULL, clock_high INT NOT NULL,"
" lanes_gen INT NOT NULL, owed INT NOT NULL);"
"CREATE TABLE lane(lane INTEGER PRIMARY KEY AUTOINCREMENT,"
" queue TEXT NOT NULL, type TEXT NOT NULL, UNIQUE(queue,type));"
"CREATE TABLE tally(lane INT NOT NULL, status INT NOT NULL, n INT NOT NULL,"
" PRIMARY KEY(lane,status)) WITHOUT ROWID;"
"CREATE TABLE task(rid INTEGER PRIMARY KEY, id NOT NULL, lane INT NOT NULL,"
" created INT NOT NULL, info INT NOT NULL, prio INT NOT NULL,"
" late INT NOT NULL, at INT NOT NULL, expires INT, submit_id INT, asked TEXT,"
" payload);"
"CREATE UNIQUE INDEX task_id ON task(id);"
"CREATE TABLE ready(lane INT NOT NULL, prio INT NOT NULL, late INT NOT NULL,"
" at INT NOT NULL, rid INT NOT NULL, status INT NOT NULL,"
" token INT NOT NULL, rev INT NOT NULL, attempts INT NOT NULL,"
" flags INT NOT NULL, updated INT NOT NULL, expires INT, since INT,"
" became TEXT, PRIMARY KEY(lane,prio DESC,late,at,rid)) WITHOUT ROWID;"
"CREATE INDEX ready_expires ON ready(expires) WHERE expires IS NOT NULL;"
"CREATE INDEX ready_since ON ready(lane,since) WHERE since IS NOT NULL;"
"CREATE TABLE lease(rid INTEGER PRIMARY KEY, lane INT NOT NULL,"
" at INT NOT NULL, token INT NOT NULL, claim INT NOT NULL,"
" rev INT NOT NULL, attempts INT NOT NULL, flags INT NOT NULL,"
" updated INT NOT NULL, started INT, worker TEXT, became TEXT);"
"CREATE INDEX lease_at ON lease(lane,at);"
"CREATE TABLE ended(rid INTEGER PRIMARY KEY, lane INT NOT NULL,"
" status INT NOT NULL, at INT NOT NULL, token INT NOT NULL,"
" rev INT NOT NULL, attempts INT NOT NULL, flags INT NOT NULL,"
" updated INT NOT NULL, started INT, worker TEXT, keep INT, became TEXT,"
" result);"
"CREATE INDEX ended_at ON ended(status,at,lane);"
"CREATE INDEX ended_keep ON ended(keep) WHERE keep IS NOT NULL;"
"CREATE TABLE parked(rid INTEGER PRIMARY KEY, lane INT NOT NULL,"
" status INT NOT NULL, at INT NOT NULL, token INT NOT NULL,"
" rev INT NOT NULL, attempts INT NOT NULL, flags INT NOT NULL,"
" updated INT NOT NULL, expires INT, became TEXT);"
"CREATE INDEX parked_at ON parked(status,at,lane);"
"CREATE INDEX parked_expires ON parked(expires) WHERE expires IS NOT NULL;"
"CREATE TABLE change(seq INTEGER PRIMARY KEY, rid INT NOT NULL,"
" at INT NOT NULL);"
"CREATE TABLE edge(child INT NOT NULL, n INT NOT NULL, parent NOT NULL,"
" ended INT NOT NULL, met INT, PRIMARY KEY(child,n)) WITHOUT ROWID;"
"CREATE INDEX edge_parent ON edge(parent);"
"CREATE INDEX edge_open ON edge(child) WHERE met IS NULL;"
"CREATE TABLE owed(seq INTEGER PRIMARY KEY, parent NOT NULL,"
" status INT NOT NULL, gone INT NOT NULL, child INT NOT NULL, n INT NOT NULL,"
" at INT NOT NULL);"
"CREATE TABLE body(rid INT NOT NULL, which INT NOT NULL, bytes BLOB NOT NULL,"
" PRIMARY KEY(rid,which));"
"CREATE TABLE control(queue TEXT PRIMARY KEY, ver INT NOT NULL,"
" paused INT NOT NULL, reason TEXT, until INT NOT NULL, rate REAL NOT NULL,"
" limits TEXT NOT NULL, tokens REAL NOT NULL DEFAULT 0,"
" filled INT NOT NULL DEFAULT 0) WITHOUT ROWID;"
"CREATE TABLE sweeper(one INTEGER PRIMARY KEY CHECK(one=1), name TEXT,"
" boot TEXT, until INT NOT NULL);"
"CREATE TABLE worker(worker TEXT NOT NULL, queue TEXT NOT NULL,"
" types TEXT NOT NULL, slots INT NOT NULL, busy INT NOT NULL,"
" started INT NOT NULL, seen INT NOT NULL, PRIMARY KEY(worker,queue))"
" WITHOUT ROWID;"
"INSERT INTO sweeper VALUES(1,NULL,NULL,0);";

int
sq_schema_create(struct sq *s, struct tq_err *err)
{
	struct tq_clock c;
	char *sql;
	int rc;

	sq_now(s);
	tq_clock_new(&c, s->wall, s->boot);
	sql = sqlite3_mprintf("%sINSERT INTO meta VALUES(1,%d,%d,%d,%Q,0,1,"
	    "%lld,%lld,%lld,0,0,0);PRAGMA application_id=%d;"
	    "PRAGMA user_version=%d;", tables, SQ_SCHEMA, SQ_SCHEMA, SQ_SCHEMA,
	    s->base.env->boot_id(s->base.env->arg), (long long)c.offset,
	    (long long)c.seen, (long long)c.since, SQ_APPLICATION, SQ_SCHEMA);
	rc = sql == NULL ? SQLITE_NOMEM :
	    sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	sqlite3_free(sql);
	return rc == SQLITE_OK ? 0 : sq_fail(s, err, "create tables");
}

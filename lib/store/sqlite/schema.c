/*
 * lib/store/sqlite/schema.c -- the tables.
 *
 * To change them: (1) raise SQ_SCHEMA, (2) add the statement for fresh files
 * to `tables', (3) add a step to `additive' if an older tq may go on writing
 * (new nullable columns, new tables), else raise min_writer or min_reader in
 * a step that only `tq-ctl init --migrate' runs, (4) tests/store has a file of
 * every older schema: add yours.
 */
#include "store/sqlite/sqlite.h"

/*
 * A task is in exactly one of three partial indexes: task_ready while it
 * waits, task_lease while it runs, task_done when it has ended.  `at' is that
 * index's time.  Small integers in place of names (lane), and ids as 16-byte
 * blobs, keep the indexes small; UUIDv7 ids append to theirs.  task_change
 * holds rows only while somebody follows changes.
 *
 * Every transition decodes and rewrites the whole row, so columns are few:
 * what is seldom set lives in two JSON objects, `asked' (written by submit) and
 * `became' (written by finish), NULL for most tasks.  payload and result are
 * the bytes, or say where they are: see SQ_PPLACE and bodies.c.
 */
static const char tables[] =
"CREATE TABLE meta(one INTEGER PRIMARY KEY CHECK(one=1),"
" schema INT NOT NULL, min_reader INT NOT NULL, min_writer INT NOT NULL,"
" boot TEXT NOT NULL, seq INT NOT NULL);"
"CREATE TABLE lane(lane INTEGER PRIMARY KEY, queue TEXT NOT NULL,"
" type TEXT NOT NULL, UNIQUE(queue,type));"
"CREATE TABLE tally(lane INT NOT NULL, status INT NOT NULL, n INT NOT NULL,"
" PRIMARY KEY(lane,status)) WITHOUT ROWID;"
"CREATE TABLE task(rid INTEGER PRIMARY KEY, id NOT NULL, lane INT NOT NULL,"
" status INT NOT NULL, at INT NOT NULL, prio INT NOT NULL,"
" token INT NOT NULL, claim INT NOT NULL, rev INT NOT NULL,"
" attempts INT NOT NULL, flags INT NOT NULL, created INT NOT NULL,"
" updated INT NOT NULL, started INT, worker TEXT, expires INT,"
" submit_id INT, seq INT, asked TEXT, became TEXT, payload, result);"
"CREATE UNIQUE INDEX task_id ON task(id);"
"CREATE INDEX task_ready ON task(lane,prio DESC,at) WHERE status<2;"
"CREATE INDEX task_lease ON task(lane,at) WHERE status=2;"
"CREATE INDEX task_done ON task(lane,status,at) WHERE status>3;"
"CREATE INDEX task_change ON task(seq) WHERE seq IS NOT NULL;"
"CREATE INDEX task_expires ON task(expires) WHERE expires IS NOT NULL;"
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
"INSERT INTO meta VALUES(1,1,1,1,'',0);"
"INSERT INTO sweeper VALUES(1,NULL,NULL,0);"
"PRAGMA user_version=1;";

int
sq_schema_create(struct sq *s, struct tq_err *err)
{
	if (sqlite3_exec(s->db, tables, NULL, NULL, NULL) != SQLITE_OK)
		return sq_fail(s, err, "create tables");
	return 0;
}

/*
 * lib/store/sqlite/migrate.c -- from schema 1 to 2.
 *
 * Schema 1 kept a record in one wide row of `task', in which flags said all
 * that the small tables say now.  Its place among those that wait was `at';
 * rows whose time has not come are the late ones.
 */
#include "store/sqlite/sqlite.h"

/* The old tables out of the way of the new. */
static const char aside[] =
"DROP INDEX task_id;DROP INDEX task_ready;DROP INDEX task_lease;"
"DROP INDEX task_done;DROP INDEX task_change;DROP INDEX task_expires;"
"ALTER TABLE meta RENAME TO old_meta;ALTER TABLE lane RENAME TO old_lane;"
"ALTER TABLE tally RENAME TO old_tally;ALTER TABLE task RENAME TO old_task;"
"ALTER TABLE body RENAME TO old_body;"
"ALTER TABLE control RENAME TO old_control;"
"ALTER TABLE sweeper RENAME TO old_sweeper;"
"ALTER TABLE worker RENAME TO old_worker;";

/* Old flags: 1 alone, 2 prefetched, 4 cancel, 8 drained, then two bits each
   of payload kind, result kind, payload place, result place; 3 of crashes. */
#define FLAGS	"(flags&7)|((flags>>12&3)<<6)|((flags>>6&3)<<13)|"	\
		"((flags>>10&3)<<15)"
#define LATE	"(status<2 AND at>%lld)"

static const char copy[] =
"INSERT INTO lane(lane,queue,type) SELECT lane,queue,type FROM old_lane;"
"INSERT INTO tally SELECT lane,status,n FROM old_tally;"
"INSERT INTO task SELECT rid,id,lane,created,"
" (flags>>4&3)|((flags>>8&3)<<2),prio," LATE ","
" CASE WHEN status<2 THEN at ELSE created END,"
" CASE WHEN status<2 THEN expires END,submit_id,asked,"
" CASE WHEN (flags>>8&3)=1 THEN CAST(payload AS TEXT) ELSE payload END"
" FROM old_task ORDER BY rid;"
"INSERT INTO ready SELECT lane,prio," LATE ",at,rid,status,token,rev,attempts,"
FLAGS ",updated,expires,NULL,CASE WHEN started IS NULL THEN became ELSE"
" json_set(coalesce(became,'{}'),'$.started',started,'$.worker',worker) END"
" FROM old_task WHERE status<2;"
"INSERT INTO lease SELECT rid,lane,at,token,claim,rev,attempts," FLAGS ","
" updated,started,worker,became FROM old_task WHERE status=2;"
"INSERT INTO ended SELECT rid,lane,"
" CASE WHEN status=5 AND flags&8 THEN 7 ELSE status END,at,token,rev,"
" attempts," FLAGS ",updated,started,worker,NULL,became,"
" CASE WHEN (flags>>10&3)=1 THEN CAST(result AS TEXT) ELSE result END"
" FROM old_task WHERE status>3;"
"INSERT INTO body SELECT rid,which,bytes FROM old_body;"
"INSERT INTO control SELECT queue,ver,paused,reason,until,rate,limits,tokens,"
" filled FROM old_control;"
"INSERT INTO worker SELECT worker,queue,types,slots,busy,started,seen"
" FROM old_worker;"
/* Leases of another boot are void, as this boot's first write would have it. */
"UPDATE lease SET at=0 WHERE (SELECT boot FROM old_meta)<>"
" (SELECT boot FROM meta);"
"DROP TABLE old_task;DROP TABLE old_body;DROP TABLE old_tally;"
"DROP TABLE old_lane;DROP TABLE old_control;DROP TABLE old_sweeper;"
"DROP TABLE old_worker;DROP TABLE old_meta;";

int
sq_migrate(struct sq *s, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(sizeof(copy) + 256);
	int rc;

	if (sqlite3_exec(s->db, aside, NULL, NULL, NULL) != SQLITE_OK)
		return sq_fail(s, err, "set the old tables aside");
	if (sq_schema_create(s, err) == -1)
		return -1;
	tq_buf_fmt(&b, copy, (long long)s->wall, (long long)s->wall);
	rc = b.failed ? SQLITE_NOMEM :
	    sqlite3_exec(s->db, b.data, NULL, NULL, NULL);
	tq_buf_free(&b);
	return rc == SQLITE_OK ? 0 : sq_fail(s, err, "copy the old tables");
}

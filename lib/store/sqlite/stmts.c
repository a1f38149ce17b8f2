/* lib/store/sqlite/stmts.c -- the SQL of the store, in one place. */
#include "store/sqlite/sqlite.h"

/*
 * The predicates repeat those of the partial indexes to the letter.  One
 * comparison each: for IN (...) SQLite would build a table in every write.
 * likely() keeps the planner from taking status>3 for its range.
 */
#define WAITING	"status<2"
#define DONE	"likely(status>3)"

const char *const sq_stmt_sql[SQ_STMT_MAX] = {
	[SQ_BEGIN] = "BEGIN IMMEDIATE",
	[SQ_COMMIT] = "COMMIT",
	[SQ_ROLLBACK] = "ROLLBACK",
	[SQ_META] = "SELECT min_reader,min_writer,boot,seq FROM meta",
	[SQ_META_SEQ] = "UPDATE meta SET seq=?1",
	[SQ_META_BOOT] = "UPDATE meta SET boot=?1",
	[SQ_LEASES_VOID] = "UPDATE task SET at=0 WHERE status=2",

	[SQ_LANE_FIND] = "SELECT lane FROM lane WHERE queue=?1 AND type=?2",
	[SQ_LANE_ADD] = "INSERT INTO lane(queue,type) VALUES(?1,?2)",
	[SQ_LANE_ALL] = "SELECT lane,queue,type FROM lane ORDER BY lane",
	[SQ_TALLY_ADD] = "INSERT INTO tally VALUES(?1,?2,?3)"
	    " ON CONFLICT DO UPDATE SET n=n+excluded.n",

	[SQ_INSERT] = "INSERT INTO task(id,lane,status,at,prio,token,claim,"
	    "rev,attempts,flags,created,updated,expires,submit_id,seq,asked,"
	    "payload) VALUES(?1,?2,0,?3,?4,1,0,1,0,?5,?6,?6,?7,?8,?9,?10,?11)"
	    " ON CONFLICT(id) DO NOTHING",
	[SQ_REPLACE] = "UPDATE task SET lane=?2,status=0,at=?3,prio=?4,"
	    "token=token+1,claim=0,rev=rev+1,attempts=0,flags=?5,"
	    "updated=?6,started=NULL,worker=NULL,expires=?7,submit_id=?8,"
	    "seq=?9,asked=?10,became=NULL,payload=?11,result=NULL"
	    " WHERE rid=?1",
	[SQ_BY_ID] = "SELECT " SQ_COLS " FROM task WHERE id=?1",
	[SQ_BY_RID] = "SELECT " SQ_COLS " FROM task WHERE rid=?1",
	[SQ_HEAD_BY_ID] = "SELECT rid,lane,status,flags,token,claim,rev,"
	    "attempts,became FROM task WHERE id=?1",

	[SQ_READY_TOP] = "SELECT prio FROM task WHERE lane=?1 AND " WAITING
	    " AND prio<=?2 ORDER BY prio DESC LIMIT 1",
	[SQ_READY] = "SELECT " SQ_COLS " FROM task WHERE lane=?1 AND " WAITING
	    " AND prio=?2 ORDER BY at,rid LIMIT ?3",
	[SQ_EXPIRED] = "SELECT " SQ_COLS " FROM task WHERE lane=?1 AND"
	    " status=2 AND at<=?2 ORDER BY at LIMIT 1",
	[SQ_LEASED_N] = "SELECT count(*) FROM task WHERE lane=?1 AND status=2",
	[SQ_NEXT_LEASE] = "SELECT at FROM task WHERE lane=?1 AND status=2"
	    " ORDER BY at LIMIT 1",
	[SQ_CLAIM] = "UPDATE task SET status=2,at=?2,token=?3,claim=?4,"
	    "rev=rev+1,attempts=?5,flags=?6,updated=?7,started=?7,"
	    "worker=?8,expires=NULL,became=?9,seq=?10 WHERE rid=?1",
	[SQ_EXTEND] = "UPDATE task SET at=?2,rev=rev+1,updated=?3,became=?4,"
	    "seq=?5 WHERE rid=?1",
	[SQ_COMPLETE] = "UPDATE task SET status=4,at=?2,rev=rev+1,flags=?3,"
	    "updated=?2,became=?4,result=?5,seq=?6 WHERE rid=?1",
	[SQ_END] = "UPDATE task SET status=?2,at=?3,token=token+1,rev=rev+1,"
	    "attempts=?4,flags=?5,updated=?6,became=?7,seq=?8 WHERE rid=?1",
	[SQ_STATE] = "UPDATE task SET status=?2,at=?3,token=token+1,"
	    "rev=rev+1,attempts=?4,flags=?5,updated=?3,started=NULL,"
	    "worker=NULL,expires=NULL,became=?6,seq=?7 WHERE rid=?1",
	[SQ_DELETE] = "DELETE FROM task WHERE rid=?1",
	[SQ_EDIT] = "UPDATE task SET token=token+1,rev=rev+1,flags=?2,"
	    "updated=?3,payload=?4,seq=?5 WHERE rid=?1",
	[SQ_MARK] = "UPDATE task SET token=token+1,rev=rev+1,flags=?2,"
	    "updated=?3,seq=?4 WHERE rid=?1",
	[SQ_FLAG] = "UPDATE task SET rev=rev+1,flags=?2,updated=?3,seq=?4"
	    " WHERE rid=?1",
	[SQ_BODY_PUT] = "INSERT OR REPLACE INTO body VALUES(?1,?2,?3)",
	[SQ_BODY_GET] = "SELECT bytes FROM body WHERE rid=?1 AND which=?2",
	[SQ_BODY_DEL] = "DELETE FROM body WHERE rid=?1 AND which=?2",

	/* A span of an index, for list: (at, rid) beyond a cursor. */
	[SQ_SPAN_READY] = "SELECT rid,at FROM task WHERE lane=?1 AND " WAITING
	    " AND prio=?2 AND (at,rid)>(?3,?4) ORDER BY at,rid LIMIT ?5",
	[SQ_SPAN_READY_DOWN] = "SELECT rid,at FROM task WHERE lane=?1 AND "
	    WAITING " AND prio=?2 AND (at,rid)<(?3,?4)"
	    " ORDER BY at DESC,rid DESC LIMIT ?5",
	[SQ_SPAN_LEASE] = "SELECT rid,at FROM task WHERE lane=?1 AND status=2"
	    " AND ?2=?2 AND (at,rid)>(?3,?4) ORDER BY at,rid LIMIT ?5",
	[SQ_SPAN_LEASE_DOWN] = "SELECT rid,at FROM task WHERE lane=?1 AND"
	    " status=2 AND ?2=?2 AND (at,rid)<(?3,?4)"
	    " ORDER BY at DESC,rid DESC LIMIT ?5",
	[SQ_SPAN_DONE] = "SELECT rid,at FROM task WHERE lane=?1 AND " DONE
	    " AND status=?2 AND (at,rid)>(?3,?4) ORDER BY at,rid LIMIT ?5",
	[SQ_SPAN_DONE_DOWN] = "SELECT rid,at FROM task WHERE lane=?1 AND " DONE
	    " AND status=?2 AND (at,rid)<(?3,?4)"
	    " ORDER BY at DESC,rid DESC LIMIT ?5",
	[SQ_TALLY_ALL] = "SELECT lane,status,n FROM tally ORDER BY lane",
	[SQ_CHANGED] = "SELECT " SQ_COLS ",seq FROM task WHERE seq>?1"
	    " ORDER BY seq LIMIT ?2",

	[SQ_CONTROL_GET] = "SELECT ver,paused,reason,until,rate,limits"
	    " FROM control WHERE queue=?1",
	[SQ_CONTROL_ALL] = "SELECT ver,paused,reason,until,rate,limits,queue"
	    " FROM control ORDER BY queue",
	[SQ_CONTROL_SET] = "UPDATE control SET ver=ver+1,paused=?3,reason=?4,"
	    "until=?5,rate=?6,limits=?7 WHERE queue=?1 AND ver=?2",
	[SQ_CONTROL_ADD] = "INSERT INTO control(queue,ver,paused,reason,until,"
	    "rate,limits) VALUES(?1,1,?3,?4,?5,?6,?7)"
	    " ON CONFLICT DO NOTHING",
	[SQ_BUCKET_GET] = "SELECT tokens,filled FROM control WHERE queue=?1",
	[SQ_BUCKET_SET] = "UPDATE control SET tokens=?2,filled=?3"
	    " WHERE queue=?1",
	[SQ_CONTROL_SWEEPER] = "UPDATE sweeper SET name=?1,boot=?2,until=?3"
	    " WHERE ?4 OR until<=?5 OR boot IS NOT ?2 OR name=?1",
	[SQ_WORKER_PUT] = "INSERT OR REPLACE INTO worker"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7)",
	[SQ_WORKER_DEL] = "DELETE FROM worker WHERE worker=?1 AND queue=?2",
	[SQ_WORKER_ALL] = "SELECT worker,queue,types,slots,busy,started,seen"
	    " FROM worker WHERE seen>=?1 ORDER BY worker,queue",
	[SQ_WORKER_OLD] = "DELETE FROM worker WHERE seen<?1",
	[SQ_OLD_DONE] = "SELECT " SQ_COLS " FROM task WHERE lane=?1 AND " DONE
	    " AND status=?2 AND at<?3 LIMIT ?4",
	[SQ_OLD_WAITING] = "SELECT " SQ_COLS " FROM task WHERE"
	    " expires IS NOT NULL AND expires<=?1 AND " WAITING " LIMIT ?2",
	[SQ_ALL_EXPIRED] = "SELECT " SQ_COLS " FROM task WHERE lane=?1 AND"
	    " status=2 AND at<=?2 ORDER BY at LIMIT ?3",
};

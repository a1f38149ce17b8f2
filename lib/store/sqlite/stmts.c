/* lib/store/sqlite/stmts.c -- the SQL of the store, in one place. */
#include "store/sqlite/meta.h"
#include "store/sqlite/record.h"

/* `ready' is found by its key, which `task' repeats. */
#define READY_KEY							\
	"s.lane=t.lane AND s.prio=t.prio AND s.late=t.late AND s.at=t.at"	\
	" AND s.rid=t.rid"

/*
 * A record, wherever it is in its life: the tables are looked at in turn up to
 * the first that has it.  Each costs a look at `task' too, so the likeliest
 * comes first: what is asked for has mostly ended, or still waits.
 */
#define ROW(COLS, table, ON, WHICH)					\
	"SELECT " SQ_TASK_COLS COLS " FROM task t JOIN " table " s ON "	\
	ON WHICH
#define ENDED(WHICH)	ROW(SQ_ENDED_COLS, "ended", "s.rid=t.rid", WHICH)
#define READY(WHICH)	ROW(SQ_READY_COLS, "ready", READY_KEY, WHICH)
#define LEASE(WHICH)	ROW(SQ_LEASE_COLS, "lease", "s.rid=t.rid", WHICH)
#define PARKED(WHICH)	ROW(SQ_PARKED_COLS, "parked", "s.rid=t.rid", WHICH)
#define OR		" UNION ALL "
#define ENDED_FIRST(WHICH)						\
	ENDED(WHICH) OR READY(WHICH) OR LEASE(WHICH) OR PARKED(WHICH) " LIMIT 1"
#define READY_FIRST(WHICH)						\
	READY(WHICH) OR ENDED(WHICH) OR LEASE(WHICH) OR PARKED(WHICH) " LIMIT 1"
#define BY_ID		" WHERE t.id=?1"

/*
 * Spans, for list.  ?1 ?2 ?3 say which; entries are (at, lane, rid) behind
 * (?4, ?5, ?6), at most ?7 of them; ?8 is the time for expiry.
 */
#define BEHIND(at)	"(" at ",lane,rid)>(?4,?5,?6)"			\
			" ORDER BY " at ",lane,rid LIMIT ?7"
#define BEFORE(at)	"(" at ",lane,rid)<(?4,?5,?6)"			\
			" ORDER BY " at " DESC,lane DESC,rid DESC LIMIT ?7"
#define LIVE		"(expires IS NULL OR expires>?8) AND "
#define SPAN_READY	"SELECT at,lane,rid,status FROM ready WHERE lane=?1"	\
			" AND prio=?2 AND late=?3 AND " LIVE
#define SPAN_WAITING	"SELECT at,lane,rid,status FROM ready WHERE"	\
			" status=?1 AND ?2=?2 AND ?3=?3 AND " LIVE
#define SPAN_LEASE	"SELECT at,lane,rid,2 FROM lease WHERE ?1=?1 AND"	\
			" ?2=?2 AND ?3=?3 AND ?8=?8 AND "
#define SPAN_ENDED	"SELECT at,lane,rid,status FROM ended WHERE"	\
			" status=?1 AND ?2=?2 AND ?3=?3 AND ?8=?8 AND "
#define SPAN_PARKED	"SELECT at,lane,rid,status FROM parked WHERE"	\
			" status=?1 AND ?2=?2 AND ?3=?3 AND " LIVE
#define SPAN_OVERDUE							\
	"SELECT expires,lane,rid,status FROM (SELECT expires,lane,rid,status"	\
	" FROM ready WHERE expires IS NOT NULL AND expires<=?8"		\
	" UNION ALL SELECT expires,lane,rid,status FROM parked"		\
	" WHERE expires IS NOT NULL AND expires<=?8)"			\
	" WHERE (status=?1 OR status=?2) AND ?3=?3 AND "

const char *const sq_stmt_sql[SQ_STMT_MAX] = {
	[SQ_BEGIN] = "BEGIN IMMEDIATE",
	[SQ_BEGIN_READ] = "BEGIN",
	[SQ_COMMIT] = "COMMIT",
	[SQ_ROLLBACK] = "ROLLBACK",
	[SQ_META] = "SELECT min_reader,min_writer,seq,lanes_gen,owed,boot,"
	    "clock_known,clock_offset,clock_seen,clock_since,clock_high"
	    " FROM meta",
	[SQ_META_SEQ] = "UPDATE meta SET seq=?1",
	[SQ_META_CLOCK] = "UPDATE meta SET boot=?1,clock_known=?2,"
	    "clock_offset=?3,clock_seen=?4,clock_since=?5,clock_high=?6",
	[SQ_META_LANES] = "UPDATE meta SET lanes_gen=lanes_gen+1",
	[SQ_LEASES_VOID] = "UPDATE lease SET at=0",

	[SQ_LANE_FIND] = "SELECT lane FROM lane WHERE queue=?1 AND type=?2",
	[SQ_LANE_ADD] = "INSERT INTO lane(queue,type) VALUES(?1,?2)",
	[SQ_LANE_ALL] = "SELECT lane,queue,type FROM lane ORDER BY lane",
	[SQ_LANE_COUNT] = "SELECT (SELECT count(*) FROM lane),"
	    "(SELECT count(DISTINCT queue) FROM lane),"
	    "EXISTS(SELECT 1 FROM lane WHERE queue=?1)",
	[SQ_LANE_IDLE] = "SELECT lane FROM lane l WHERE NOT EXISTS("
	    "SELECT 1 FROM tally a WHERE a.lane=l.lane) LIMIT 1000",
	[SQ_LANE_DEL] = "DELETE FROM lane WHERE lane=?1",
	[SQ_TALLY_ADD] = "INSERT INTO tally VALUES(?1,?2,?3)"
	    " ON CONFLICT DO UPDATE SET n=n+excluded.n",
	[SQ_TALLY_ALL] = "SELECT lane,status,n FROM tally WHERE n<>0"
	    " ORDER BY lane",
	[SQ_TALLY_EMPTY] = "DELETE FROM tally WHERE n=0",

	[SQ_RID] = "SELECT rid FROM task WHERE id=?1",
	[SQ_REV_LEASE] = "SELECT rev FROM lease WHERE rid=?1",
	[SQ_REV_ENDED] = "SELECT rev FROM ended WHERE rid=?1",
	[SQ_REV_PARKED] = "SELECT rev FROM parked WHERE rid=?1",
	[SQ_REV_READY] = "SELECT s.rev FROM task t JOIN ready s ON " READY_KEY
	    " WHERE t.rid=?1",
	[SQ_ROW_BY_RID] = ENDED_FIRST(" WHERE t.rid=?1"),
	[SQ_ROW_BY_ID] = ENDED_FIRST(BY_ID),
	[SQ_ROW_BY_ID_READY] = READY_FIRST(BY_ID),

	[SQ_TASK_ADD] = "INSERT INTO task(id,lane,created,info,prio,late,at,"
	    "expires,submit_id,asked,payload)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"
	    " ON CONFLICT(id) DO NOTHING",
	[SQ_TASK_SET] = "UPDATE task SET info=?2,expires=?3,asked=?4,"
	    "payload=CASE WHEN ?5 THEN ?6 ELSE payload END WHERE rid=?1",
	[SQ_TASK_KEY] = "UPDATE task SET prio=?2,late=?3,at=?4 WHERE rid=?1",
	[SQ_TASK_DEL] = "DELETE FROM task WHERE rid=?1",
	[SQ_READY_ADD] = "INSERT INTO ready VALUES(?1,?2,?3,?4,?5,?6,?7,?8,"
	    "?9,?10,?11,?12,?13,?14)",
	[SQ_LEASE_ADD] = "INSERT INTO lease VALUES(?1,?2,?3,?4,?5,?6,?7,?8,"
	    "?9,?10,?11,?12)",
	[SQ_LEASE_SET] = "UPDATE lease SET at=?2,rev=?3,flags=?4,updated=?5,"
	    "became=?6 WHERE rid=?1",
	[SQ_ENDED_ADD] = "INSERT INTO ended VALUES(?1,?2,?3,?4,?5,?6,?7,?8,"
	    "?9,?10,?11,?12,?13,?14)",
	[SQ_PARKED_ADD] = "INSERT INTO parked VALUES(?1,?2,?3,?4,?5,?6,?7,?8,"
	    "?9,?10,?11)",
	[SQ_READY_DEL] = "DELETE FROM ready WHERE lane=?1 AND prio=?2 AND"
	    " late=?3 AND at=?4 AND rid=?5",
	[SQ_READY_NEW] = "INSERT INTO ready SELECT lane,prio,late,at,rid,0,1,1,"
	    "0,0,created,expires,NULL,NULL FROM task WHERE rid BETWEEN ?1 AND"
	    " ?2",
	[SQ_READY_HEAD_DEL] = "DELETE FROM ready WHERE lane=?1 AND prio=?2 AND"
	    " late=?3 AND (at,rid)<=(?4,?5)",
	[SQ_LEASE_DEL_IF] = "DELETE FROM lease WHERE rid=?1 AND claim=?2 AND"
	    " rev=?3",
	[SQ_LEASE_DEL] = "DELETE FROM lease WHERE rid=?1",
	[SQ_ENDED_DEL] = "DELETE FROM ended WHERE rid=?1",
	[SQ_PARKED_DEL] = "DELETE FROM parked WHERE rid=?1",

	[SQ_READY_TOP] = "SELECT prio FROM ready WHERE lane=?1 AND prio<=?2"
	    " AND prio>=0 ORDER BY prio DESC LIMIT 1",
	[SQ_READY] = "SELECT " SQ_TASK_COLS SQ_READY_COLS " FROM ready s JOIN"
	    " task t ON t.rid=s.rid WHERE s.lane=?1 AND s.prio=?2 AND"
	    " s.late=?3 ORDER BY s.at,s.rid LIMIT ?4",
	[SQ_READY_HEAD] = "SELECT at FROM ready WHERE lane=?1 AND prio=?2 AND"
	    " late=?3 ORDER BY at LIMIT 1",
	[SQ_READY_SINCE] = "SELECT since FROM ready WHERE lane=?1 AND since IS"
	    " NOT NULL ORDER BY since LIMIT 1",
	[SQ_HELD_LEASE] = "SELECT rid,lane,at,token,claim,rev,attempts,flags,"
	    "updated,started,worker,became FROM lease"
	    " WHERE rid=(SELECT rid FROM task WHERE id=?1)",
	[SQ_EXPIRED] = "SELECT " SQ_TASK_COLS SQ_LEASE_COLS " FROM lease s"
	    " JOIN task t ON t.rid=s.rid WHERE s.lane=?1 AND s.at<=?2"
	    " ORDER BY s.at LIMIT 1",
	[SQ_LEASED_N] = "SELECT count(*) FROM lease WHERE lane=?1",
	[SQ_NEXT_LEASE] = "SELECT at FROM lease WHERE lane=?1"
	    " ORDER BY at LIMIT 1",

	[SQ_BODY_PUT] = "INSERT OR REPLACE INTO body VALUES(?1,?2,?3)",
	[SQ_BODY_GET] = "SELECT bytes FROM body WHERE rid=?1 AND which=?2",
	[SQ_BODY_DEL] = "DELETE FROM body WHERE rid=?1 AND which=?2",

	[SQ_SPAN_READY] = SPAN_READY BEHIND("at"),
	[SQ_SPAN_READY_DOWN] = SPAN_READY BEFORE("at"),
	[SQ_SPAN_WAITING] = SPAN_WAITING BEHIND("at"),
	[SQ_SPAN_WAITING_DOWN] = SPAN_WAITING BEFORE("at"),
	[SQ_SPAN_LEASE] = SPAN_LEASE BEHIND("at"),
	[SQ_SPAN_LEASE_DOWN] = SPAN_LEASE BEFORE("at"),
	[SQ_SPAN_ENDED] = SPAN_ENDED BEHIND("at"),
	[SQ_SPAN_ENDED_DOWN] = SPAN_ENDED BEFORE("at"),
	[SQ_SPAN_PARKED] = SPAN_PARKED BEHIND("at"),
	[SQ_SPAN_PARKED_DOWN] = SPAN_PARKED BEFORE("at"),
	[SQ_SPAN_OVERDUE] = SPAN_OVERDUE BEHIND("expires"),
	[SQ_SPAN_OVERDUE_DOWN] = SPAN_OVERDUE BEFORE("expires"),
	[SQ_SPAN_CREATED] = "SELECT created,lane,rid,0 FROM task WHERE"
	    " ?1=?1 AND ?2=?2 AND ?3=?3 AND ?4=?4 AND ?5=?5 AND ?8=?8 AND"
	    " rid<?6 ORDER BY rid DESC LIMIT ?7",

	[SQ_CHANGE_ADD] = "INSERT INTO change VALUES(?1,?2,?3)",
	[SQ_CHANGED] = "SELECT seq,rid FROM change WHERE seq>?1"
	    " ORDER BY seq LIMIT ?2",
	[SQ_CHANGE_OLD] = "DELETE FROM change WHERE"
	    " seq<(SELECT min(seq) FROM change)+?2 AND at<?1",

	/* As tq_turn_mark(), in place; 8 is SQ_EDGES. */
	[SQ_MARK_READY] = "UPDATE ready SET flags=flags|8,rev=rev+1 WHERE"
	    " (lane,prio,late,at,rid)=(SELECT lane,prio,late,at,rid FROM task"
	    " WHERE rid=?1)",
	[SQ_MARK_LEASE] = "UPDATE lease SET flags=flags|8,rev=rev+1 WHERE"
	    " rid=?1",
	[SQ_MARK_ENDED] = "UPDATE ended SET flags=flags|8,rev=rev+1 WHERE"
	    " rid=?1",
	[SQ_MARK_PARKED] = "UPDATE parked SET flags=flags|8,rev=rev+1 WHERE"
	    " rid=?1",
	[SQ_EDGE_ADD] = "INSERT INTO edge VALUES(?1,?2,?3,?4,?5)",
	[SQ_EDGE_OPEN] = "SELECT child,n,ended FROM edge WHERE parent=?1 AND"
	    " met IS NULL AND (child,n)>(?2,?3) ORDER BY child,n LIMIT ?4",
	[SQ_EDGE_MEET] = "UPDATE edge SET met=?3 WHERE child=?1 AND n=?2",
	/* The key would go over all that were met before. */
	[SQ_EDGE_LEFT] = "SELECT 1 FROM edge INDEXED BY edge_open WHERE"
	    " child=?1 AND met IS NULL LIMIT 1",
	[SQ_EDGE_PARENTS] = "SELECT n,parent,ended,met FROM edge WHERE"
	    " child=?1 ORDER BY n",
	[SQ_EDGE_CHILDREN] = "SELECT t.id FROM edge e JOIN task t ON"
	    " t.rid=e.child WHERE e.parent=?1 ORDER BY e.child",
	[SQ_EDGE_LIVE] = "SELECT 1 FROM edge e WHERE e.parent=?1 AND"
	    " (?2 OR e.met IS NULL) AND NOT EXISTS(SELECT 1 FROM ended d"
	    " WHERE d.rid=e.child) LIMIT 1",
	[SQ_EDGE_DEL] = "DELETE FROM edge WHERE child=?1",
	[SQ_OWED_ADD] = "INSERT INTO owed(parent,status,gone,child,n,at)"
	    " VALUES(?1,?2,?3,?4,?5,?6)",
	[SQ_OWED_SET] = "UPDATE owed SET child=?2,n=?3,at=?4 WHERE seq=?1",
	[SQ_OWED_DEL] = "DELETE FROM owed WHERE seq=?1",
	[SQ_OWED_COUNT] = "UPDATE meta SET owed=owed+?1",
	[SQ_OWED_NEXT] = "SELECT seq,parent,status,gone,child,n FROM owed"
	    " WHERE ?1 IS ?1 AND at NOT BETWEEN ?2 AND ?3 ORDER BY seq LIMIT 1",
	/* Its own, or one of its parents'. */
	[SQ_OWED_OF] = "SELECT seq,parent,status,gone,child,n FROM owed o"
	    " WHERE at NOT BETWEEN ?2 AND ?3 AND (parent=?1 OR EXISTS(SELECT 1"
	    " FROM task t JOIN edge e ON e.child=t.rid WHERE t.id=?1 AND"
	    " e.parent=o.parent)) ORDER BY seq LIMIT 1",

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

	/* For the sweep: rids, behind where the last look ended. */
	[SQ_OLD_ENDED] = "SELECT rid,at FROM ended WHERE status=?1 AND at<?2"
	    " AND keep IS NULL AND (at,rid)>(?3,?4) ORDER BY at,rid LIMIT ?5",
	[SQ_OLD_KEPT] = "SELECT rid,keep FROM ended WHERE keep IS NOT NULL AND"
	    " keep<=?2 AND ?1=?1 AND (keep,rid)>(?3,?4) ORDER BY keep,rid"
	    " LIMIT ?5",
	[SQ_OVERDUE] = "SELECT rid,expires FROM ready WHERE expires IS NOT"
	    " NULL AND expires<=?2 UNION ALL SELECT rid,expires FROM parked"
	    " WHERE expires IS NOT NULL AND expires<=?2 AND ?1=?1 AND ?3=?3"
	    " AND ?4=?4 LIMIT ?5",
	[SQ_OVERDUE_COUNT] = "SELECT lane,status,count(*) FROM (SELECT lane,"
	    "status FROM ready WHERE expires IS NOT NULL AND expires<=?1"
	    " UNION ALL SELECT lane,status FROM parked WHERE expires IS NOT"
	    " NULL AND expires<=?1) GROUP BY 1,2",
	[SQ_ALL_EXPIRED] = "SELECT rid,at FROM lease WHERE at<=?2 AND ?1=?1"
	    " AND (at,rid)>(?3,?4) ORDER BY at,rid LIMIT ?5",
};

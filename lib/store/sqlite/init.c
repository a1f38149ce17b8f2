/* lib/store/sqlite/init.c -- init and doctor. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"
#include "util/limits.h"
#include "util/time.h"

struct report {
	tq_finding_fn	*fn;
	void		*arg;
	enum tq_level	 worst;
};

static void
say(struct report *r, enum tq_level level, const char *subject,
    const char *text, const char *remedy)
{
	struct tq_finding f = { level, subject, text, remedy, NULL };

	if (level > r->worst)
		r->worst = level;
	r->fn(r->arg, &f);
}

static void
say_queues(struct report *r, const struct tq_init *opts)
{
	char subject[TQ_QUEUE_MAX + 16];
	size_t i;

	for (i = 0; i < opts->nqueues; i++) {
		snprintf(subject, sizeof(subject), "queue %s",
		    opts->queues[i]);
		say(r, TQ_LEVEL_OK, subject, "needs no making: the first "
		    "submit makes it", NULL);
	}
}

static int
init_dry(const char *url, const struct tq_env *env,
    const struct tq_init *opts, struct report *r, struct tq_err *err)
{
	struct sq_url u;
	struct tq_buf b = TQ_BUF_INIT(8192);
	bool there;

	if (sq_url_parse(url, env, &u, err) == -1)
		return -1;
	there = access(u.path, F_OK) == 0;
	tq_buf_fmt(&b, "%s %s", there ? "is there:" : "would create", u.path);
	say(r, TQ_LEVEL_NOTE, "database", b.data, NULL);
	say_queues(r, opts);
	tq_buf_free(&b);
	sq_url_free(&u);
	return 0;
}

int
sq_init(const char *url, const struct tq_env *env,
    const struct tq_init *opts, tq_finding_fn *report, void *arg,
    struct tq_err *err)
{
	struct report r = { report, arg, TQ_LEVEL_OK };
	struct tq_store *st;
	int fd;

	if (opts->dry_run)
		return init_dry(url, env, opts, &r, err);
	if ((opts->migrate ? sq_open_migrating(url, env, &st, err) :
	    sq_open(url, env, TQ_OPEN_CREATE, &st, err)) == -1)
		return -1;
	if ((fd = sq_blob_tmp(st, err)) == -1) {
		tq_store_close(st);
		return -1;
	}
	close(fd);
	say(&r, TQ_LEVEL_OK, "database", sq_of(st)->url.path, NULL);
	say(&r, TQ_LEVEL_OK, "blobs", sq_of(st)->blob_dir, NULL);
	say_queues(&r, opts);
	tq_store_close(st);
	return 0;
}

static void
check_integrity(struct sq *s, struct report *r)
{
	sqlite3_stmt *q = NULL;
	const char *text = "quick_check could not run";
	struct tq_err err = TQ_ERR_INIT;
	bool ok = false;

	if (sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &q, NULL) ==
	    SQLITE_OK && sq_step_one(s, q, &err) == 0) {
		text = (const char *)sqlite3_column_text(q, 0);
		ok = text != NULL && strcmp(text, "ok") == 0;
	}
	if (ok)
		say(r, TQ_LEVEL_OK, "database", "its structure is sound", NULL);
	else
		say(r, TQ_LEVEL_FAIL, "database", text, "restore a copy, or "
		    "try: sqlite3 FILE .recover");
	sqlite3_finalize(q);
}

/* The counts that --summary shows against the rows themselves. */
static void
check_tallies(struct sq *s, struct report *r)
{
	static const char sql[] = "WITH state AS (SELECT rid,lane,status FROM"
	    " ready UNION ALL SELECT rid,lane,2 FROM lease UNION ALL"
	    " SELECT rid,lane,status FROM ended UNION ALL"
	    " SELECT rid,lane,status FROM parked) SELECT (SELECT count(*)"
	    " FROM (SELECT lane,status,count(*) FROM state GROUP BY 1,2"
	    " EXCEPT SELECT lane,status,n FROM tally))+(SELECT count(*) FROM"
	    " (SELECT lane,status,n FROM tally WHERE n<>0 EXCEPT SELECT lane,"
	    "status,count(*) FROM state GROUP BY 1,2))+(SELECT count(*)<>"
	    "(SELECT count(*) FROM task) FROM state)";
	sqlite3_stmt *q = NULL;
	struct tq_err err = TQ_ERR_INIT;
	int wrong = -1;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		sq_fail(s, &err, "read");
	else if (sq_step_one(s, q, &err) == 0)
		wrong = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	if (wrong == -1)
		say(r, TQ_LEVEL_FAIL, "counts", err.msg, NULL);
	else if (wrong == 0)
		say(r, TQ_LEVEL_OK, "counts", "agree with the records", NULL);
	else
		say(r, TQ_LEVEL_FAIL, "counts", "do not agree with the "
		    "records", "report this: it is a bug in tq");
}

static void
check_mode(struct sq *s, struct report *r)
{
	struct stat sb;

	if (stat(s->url.path, &sb) == -1)
		return;
	if ((sb.st_mode & 0007) != 0)
		say(r, TQ_LEVEL_WARN, "permissions", "everybody on this machine "
		    "can open the database", "chmod o= FILE FILE-wal FILE-shm");
	else
		say(r, TQ_LEVEL_OK, "permissions", "only its owner (and group) "
		    "can open the database", NULL);
}

static void
check_space(struct sq *s, struct report *r)
{
	struct statvfs vfs;
	char text[128];
	double free_mib;

	if (statvfs(s->url.path, &vfs) == -1)
		return;
	free_mib = (double)vfs.f_bavail * (double)vfs.f_frsize / 1048576.0;
	snprintf(text, sizeof(text), "%.0f MiB are free", free_mib);
	if (free_mib < 100)
		say(r, TQ_LEVEL_WARN, "disk", text, "make room: a full disk "
		    "stops submits and workers");
	else
		say(r, TQ_LEVEL_OK, "disk", text, NULL);
}

static void
check_dead(uint64_t dead, struct report *r)
{
	char text[64];

	if (dead == 0)
		return;
	snprintf(text, sizeof(text), "%llu dead task%s for a decision",
	    (unsigned long long)dead, dead == 1 ? " waits" : "s wait");
	say(r, TQ_LEVEL_NOTE, "dead tasks", text, "tq-dlq top");
}

/* Without work, no worker is needed: cron may start them. */
static void
check_workers(size_t n, int64_t waits_ms, struct report *r)
{
	char text[160], waits[TQ_TIME_TEXT];

	if (n > 0)
		snprintf(text, sizeof(text), "%zu running", n);
	else if (waits_ms == 0)
		snprintf(text, sizeof(text), "none is running, and nothing "
		    "waits");
	else
		snprintf(text, sizeof(text), "none is running, and the oldest "
		    "due task has waited for %s",
		    tq_duration_text(waits_ms, waits));
	if (n > 0 || waits_ms == 0)
		say(r, TQ_LEVEL_OK, "workers", text, NULL);
	else
		say(r, TQ_LEVEL_WARN, "workers", text, "tq-work");
}

static void
check_work(struct sq *s, struct report *r)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_presence *workers;
	struct tq_count *rows;
	size_t i, n, nworkers;
	uint64_t dead = 0;
	int64_t oldest = INT64_MAX;

	if (sq_count(&s->base, NULL, &a, &rows, &n, &err) == -1 ||
	    sq_workers(&s->base, &a, &workers, &nworkers, &err) == -1) {
		say(r, TQ_LEVEL_FAIL, "records", err.msg, NULL);
		tq_arena_free(&a);
		return;
	}
	for (i = 0; i < n; i++) {
		dead += rows[i].by_status[TQ_FAILED];
		if (rows[i].oldest_due != 0 && rows[i].oldest_due < oldest)
			oldest = rows[i].oldest_due;
	}
	check_dead(dead, r);
	check_workers(nworkers, oldest < s->wall ? s->wall - oldest : 0, r);
	tq_arena_free(&a);
}

int
sq_doctor(const char *url, const struct tq_env *env, tq_finding_fn *report,
    void *arg, enum tq_level *worst, struct tq_err *err)
{
	struct report r = { report, arg, TQ_LEVEL_OK };
	struct tq_err why = TQ_ERR_INIT;
	struct tq_store *st;

	(void)err;
	if (tq_store_open(url, env, TQ_OPEN_READ, &st, &why) == -1) {
		say(&r, TQ_LEVEL_FAIL, "store", why.msg,
		    why.code == TQ_E_UNAVAILABLE ? "tq-ctl init" : NULL);
		*worst = r.worst;
		return 0;
	}
	check_integrity(sq_of(st), &r);
	check_tallies(sq_of(st), &r);
	check_mode(sq_of(st), &r);
	check_space(sq_of(st), &r);
	check_work(sq_of(st), &r);
	if (sq_of(st)->url.sync_normal)
		say(&r, TQ_LEVEL_NOTE, "durability", "sync=normal: the last "
		    "tasks may be lost when the power fails", NULL);
	tq_store_close(st);
	*worst = r.worst;
	return 0;
}

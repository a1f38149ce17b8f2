/* lib/store/sqlite/doctor.c -- what can be wrong with a store. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "store/causes.h"
#include "store/sqlite/report.h"
#include "store/sqlite/share.h"
#include "util/time.h"

#define LOOKS_MAX	100000	/* files looked at */

/* Remedies are to be pasted: with the path, in quotes where it needs them. */
static const char *
on_path(const struct sq *s, const char *fmt, char out[16 * 1024])
{
	struct tq_buf b = { out, 0, 16 * 1024, 16 * 1024 - 1,
	    false, false };
	const char *p, *q;

	out[0] = '\0';
	for (p = fmt; *p != '\0'; p++) {
		if (*p != '@')
			tq_buf_chr(&b, *p);
		for (q = s->url.path; *p == '@' && *q != '\0'; q++) {
			if (strchr(" \\'\"$&;()<>|*?[]#~`!{}", *q) != NULL)
				tq_buf_chr(&b, '\\');
			tq_buf_chr(&b, *q);
		}
	}
	return out;
}

static void
check_integrity(struct sq *s, struct sq_report *r)
{
	sqlite3_stmt *q = NULL;
	const char *text = "quick_check could not run";
	struct tq_err err = TQ_ERR_INIT;
	char remedy[16 * 1024];
	bool ok = false;

	if (sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &q, NULL) ==
	    SQLITE_OK && sq_step_one(s, q, &err) == 0) {
		text = (const char *)sqlite3_column_text(q, 0);
		ok = text != NULL && strcmp(text, "ok") == 0;
	}
	if (ok)
		sq_say(r, TQ_LEVEL_OK, "database", "its structure is sound", NULL);
	else
		sq_say(r, TQ_LEVEL_FAIL, "database", text, on_path(s,
		    "restore a copy, or try: sqlite3 @ .recover", remedy));
	sqlite3_finalize(q);
}

/* The counts that --summary shows against the rows themselves. */
static void
check_tallies(struct sq *s, struct sq_report *r)
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
		sq_say(r, TQ_LEVEL_FAIL, "counts", err.msg, NULL);
	else if (wrong == 0)
		sq_say(r, TQ_LEVEL_OK, "counts", "agree with the records", NULL);
	else
		sq_say(r, TQ_LEVEL_FAIL, "counts", "do not agree with the "
		    "records", "report this: it is a bug in tq");
}

static void
check_mode(struct sq *s, struct sq_report *r)
{
	char remedy[16 * 1024];
	struct stat sb;

	if (stat(s->url.path, &sb) == -1)
		return;
	if ((sb.st_mode & 0007) != 0)
		sq_say(r, TQ_LEVEL_WARN, "permissions", "everybody on this machine "
		    "can open the database", on_path(s, "chmod o= @ @-wal "
		    "@-shm", remedy));
	else
		sq_say(r, TQ_LEVEL_OK, "permissions", "only its owner (and group) "
		    "can open the database", NULL);
}

static void
count(void *arg, const char *path, const char *what)
{
	(void)path;
	(void)what;
	++*(size_t *)arg;
}

/* Files that one of those who share the store has made as his own. */
static void
check_own(struct sq *s, struct sq_report *r)
{
	size_t n = 0;
	struct sq_share sh = { .sys = s->sys, .path = s->url.path,
	    .own = s->own, .looks = LOOKS_MAX, .told = count, .arg = &n };
	struct tq_buf why = TQ_BUF_INIT(8192);
	char text[128], remedy[16 * 1024];

	sq_share(&sh, NULL);
	n += sh.blobs;
	snprintf(text, sizeof(text), "%zu file%s not as the database is, in "
	    "%s", n, n == 1 ? " is" : "s are", s->own.shared ?
	    "owner, group or mode" : "owner");
	if (n > 0)
		sq_say(r, TQ_LEVEL_WARN, "sharing", text, s->own.shared ?
		    "tq-ctl init --shared GROUP, as root" : on_path(s,
		    "chown -R OWNER @ @-wal @-shm @.*", remedy));
	if (s->own.shared && !sq_share_folder(s->url.path, &s->own, &why))
		sq_say(r, TQ_LEVEL_WARN, "sharing", why.data,
		    "chgrp GROUP DIR; chmod g+rwxs DIR");
	else if (s->own.shared && n == 0)
		sq_say(r, TQ_LEVEL_OK, "sharing", "all files are the group's",
		    NULL);
	tq_buf_free(&why);
}

static void
check_space(struct sq *s, struct sq_report *r)
{
	struct statvfs vfs;
	char text[128];
	double free_mib;

	if (statvfs(s->url.path, &vfs) == -1)
		return;
	free_mib = (double)vfs.f_bavail * (double)vfs.f_frsize / 1048576.0;
	snprintf(text, sizeof(text), "%.0f MiB are free", free_mib);
	if ((vfs.f_flag & ST_RDONLY) != 0)
		sq_say(r, TQ_LEVEL_WARN, "disk", "its file system is read-only",
		    "mount it to be written: nothing can be submitted or run");
	else if (free_mib < 100)
		sq_say(r, TQ_LEVEL_WARN, "disk", text, "make room: a full disk "
		    "stops submits and workers");
	else
		sq_say(r, TQ_LEVEL_OK, "disk", text, NULL);
}

static void
check_dead(uint64_t dead, struct sq_report *r)
{
	char text[64];

	if (dead == 0)
		return;
	snprintf(text, sizeof(text), "%llu dead task%s for a decision",
	    (unsigned long long)dead, dead == 1 ? " waits" : "s wait");
	sq_say(r, TQ_LEVEL_NOTE, "dead tasks", text, "tq-dlq top");
}

/* Without work, no worker is needed: cron may start them. */
static void
check_workers(size_t n, int64_t waits_ms, struct sq_report *r)
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
		sq_say(r, TQ_LEVEL_OK, "workers", text, NULL);
	else
		sq_say(r, TQ_LEVEL_WARN, "workers", text, "tq-work");
}

static void
check_work(struct sq *s, struct sq_report *r)
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
		sq_say(r, TQ_LEVEL_FAIL, "records", err.msg, NULL);
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

static void
relay(void *arg, const struct tq_finding *f)
{
	sq_say(arg, f->level, f->subject, f->text, f->remedy);
}

static void
check_causes(struct sq *s, struct sq_report *r)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_facts f = { .now = 0 };

	if (tq_facts_load(&s->base, NULL, s->wall, &f, &err) == 0)
		tq_causes(&f, relay, r);
	if (err.code != TQ_OK || tq_causes_module(&s->base, relay, r,
	    &err) == -1)
		sq_say(r, TQ_LEVEL_FAIL, "records", err.msg, NULL);
	tq_facts_free(&f);
}

/* What to do about a store that can't be opened, if its message leaves that. */
static const char *
way_in(enum tq_code code)
{
	return code == TQ_E_UNAVAILABLE ? "tq-ctl init" :
	    code == TQ_E_NEWER ? "install the tq here that the other users of "
	    "the store have, or a newer one" : NULL;
}

int
sq_doctor(const char *url, const struct tq_env *env, tq_finding_fn *report,
    void *arg, enum tq_level *worst, struct tq_err *err)
{
	struct sq_report r = { report, arg, TQ_LEVEL_OK };
	struct tq_err why = TQ_ERR_INIT;
	struct tq_store *st;

	(void)err;
	if (tq_store_open(url, env, TQ_OPEN_READ, &st, &why) == -1) {
		sq_say(&r, TQ_LEVEL_FAIL, "store", why.msg,
		    way_in(why.code));
		*worst = r.worst;
		return 0;
	}
	check_integrity(sq_of(st), &r);
	check_tallies(sq_of(st), &r);
	check_mode(sq_of(st), &r);
	check_own(sq_of(st), &r);
	check_space(sq_of(st), &r);
	check_work(sq_of(st), &r);
	check_causes(sq_of(st), &r);
	sq_doctor_blobs(sq_of(st), &r);
	if (sq_of(st)->url.sync_normal)
		sq_say(&r, TQ_LEVEL_NOTE, "durability", "sync=normal: the last "
		    "tasks may be lost when the power fails", NULL);
	tq_store_close(st);
	*worst = r.worst;
	return 0;
}

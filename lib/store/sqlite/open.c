/* lib/store/sqlite/open.c -- open and close. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/payer.h"
#include "store/sqlite/distrust.h"
#include "store/sqlite/meta.h"
#include "store/sqlite/sqlite.h"
#include "util/str.h"

#define BUSY_MS		10000	/* for writers that don't take turns with us */

/*
 * Blobs may lie elsewhere, on a larger disk, but not where any member of a
 * group says: a link counts if it is root's, the store's owner's or ours.
 */
static char *
blob_folder(const struct sq *s)
{
	char *dir = tq_str_fmt("%s.blobs", s->url.path), *real;
	struct stat sb;

	if (s->sys->stat_in(dir, "", &sb) == -1 || !S_ISLNK(sb.st_mode) ||
	    (sb.st_uid != 0 && sb.st_uid != s->own.uid &&
	    sb.st_uid != geteuid()) || (real = s->sys->realpath(dir)) == NULL)
		return dir;
	free(dir);
	return real;
}

/* The lock file and the wake file; readers do without what they can't have. */
static int
open_beside(struct sq *s, struct tq_err *err)
{
	char *lock = tq_str_fmt("%s.lock", s->url.path);
	char *wake = tq_str_fmt("%s.wake", s->url.path);
	struct tq_err ignored = TQ_ERR_INIT;
	int rc = 0;

	s->blob_dir = blob_folder(s);
	if (s->writable) {
		s->lock_fd = sq_own_open(s->sys, lock, O_RDWR | O_CREAT,
		    &s->own, err);
		if (s->lock_fd == -1)
			rc = -1;
		else
			sq_own_set(&s->own, s->lock_fd, false);
		if (rc == 0)
			rc = sq_wake_open(s->sys, wake, &s->own, true,
			    &s->wake, err);
		s->wake_rw = rc == 0;
	} else {
		/* Followers announce themselves in it, if they may. */
		s->wake_rw = sq_wake_open(s->sys, wake, &s->own, true,
		    &s->wake, &ignored) == 0;
		if (!s->wake_rw)
			sq_wake_open(s->sys, wake, &s->own, false,
			    &s->wake, &ignored);
	}
	free(lock);
	free(wake);
	return rc;
}

static int
set_up(struct sq *s, struct tq_err *err)
{
	static const char pragmas[] =
	    "PRAGMA synchronous=%s;PRAGMA temp_store=MEMORY;"
	    "PRAGMA cache_size=-%d;PRAGMA foreign_keys=OFF;"
	    "PRAGMA journal_size_limit=%d;";
	char sql[256];

	snprintf(sql, sizeof(sql), pragmas, s->url.sync_normal ? "NORMAL" :
	    "FULL", s->writable ? 4500 : 1000, SQ_WAL_BYTES);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	sq_distrust(s->db);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 1200, 100);
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sq_fail(s, err, "open");
	return 0;
}

static int
connect(struct sq *s, bool writable, struct tq_err *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | (writable ? SQLITE_OPEN_READWRITE :
	    SQLITE_OPEN_READONLY);

	if (sqlite3_open_v2(s->url.path, &s->db, flags,
	    sq_wal_vfs(s->sys->sqlite_vfs)) != SQLITE_OK)
		return sq_fail(s, err, "open");
	return set_up(s, err) == -1 ? -1 : sq_check_ours(s, err);
}

static void
disconnect(struct sq *s)
{
	size_t i;

	for (i = 0; i < SQ_STMT_MAX; i++) {
		sqlite3_finalize(s->stmt[i]);
		s->stmt[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
}

/*
 * Another program's database is left as it is, and its folder too.  To read
 * one in WAL mode makes files that only a connection that may write removes.
 */
static int
check_unknown(struct sq *s, struct tq_err *err)
{
	char *lock = tq_str_fmt("%s.lock", s->url.path);
	bool known = s->sys->access(lock, F_OK) == 0;
	int rc = 0;

	free(lock);
	if (!known && !s->writable && s->sys->access(s->url.path, W_OK) == 0) {
		rc = connect(s, true, err);
		disconnect(s);
	}
	return rc;
}

static int
open_database(struct sq *s, enum tq_open how, struct tq_err *err)
{
	if (sq_file_reach(s, how, err) == -1 || check_unknown(s, err) == -1 ||
	    connect(s, s->writable, err) == -1)
		return -1;
	sq_wal_keep(s);
	if (open_beside(s, err) == -1)
		return -1;
	if (sq_check_version(s, how, err) == -1)
		return -1;
	sq_own_log(&s->own, s->url.path);
	s->met_file = true;
	return sq_there(&s->base, err);
}

/*
 * A handle serves one thread, so SQLite need not lock; and nobody reads its
 * memory statistics, which cost a mutex for every allocation.
 */
static void
configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* Once, so that all its files lie together, and stay where they are. */
static void
resolve(struct sq *s, const char *url)
{
	char *real = sq_path_resolve(s->sys, s->url.path);
	const char *opts = strchr(url, '?');

	free(s->url.path);
	s->url.path = real;
	s->base.name = tq_str_fmt("sqlite:%s", real);
	s->base.url = tq_str_fmt("sqlite:%s%s", real, opts == NULL ? "" : opts);
}

static int
open_store(const char *url, const struct tq_env *env, enum tq_open how,
    bool migrate, struct tq_store **out, struct tq_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sq *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM, "out of memory");
	pthread_once(&once, configure);
	s->lock_fd = -1;
	s->base.ops = &tq_sqlite_ops;
	s->base.env = env;
	s->sys = env->sys != NULL ? env->sys : &tq_sys_system;
	s->text[0].max = s->text[1].max = TQ_PAYLOAD_MAX;
	s->writable = how != TQ_OPEN_READ;
	snprintf(s->me, sizeof(s->me), "%u", (unsigned)geteuid());
	s->migrate = migrate;
	if (sq_url_parse(url, env, &s->url, err) == -1)
		goto fail;
	resolve(s, url);
	if (open_database(s, how, err) == -1)
		goto fail;
	*out = &s->base;
	return 0;
fail:
	sq_close(&s->base);
	return -1;
}

int
sq_open(const char *url, const struct tq_env *env, enum tq_open how,
    struct tq_store **out, struct tq_err *err)
{
	return open_store(url, env, how, false, out, err);
}

int
sq_open_migrating(const char *url, const struct tq_env *env,
    struct tq_store **out, struct tq_err *err)
{
	return open_store(url, env, TQ_OPEN_CREATE, true, out, err);
}

void
sq_close(struct tq_store *st)
{
	struct sq *s = sq_of(st);

	tq_payer_end(&s->payer);
	sq_wal_tidy(s);
	disconnect(s);
	sq_wake_close(s->sys, s->wake);
	if (s->lock_fd != -1)
		s->sys->close(s->lock_fd);
	sq_lanes_free(s);
	sq_url_free(&s->url);
	tq_arena_free(&s->trash_arena);
	tq_arena_free(&s->ends_arena);
	free(s->ends);
	tq_buf_free(&s->text[0]);
	tq_buf_free(&s->text[1]);
	free(s->trash);
	free(s->memo);
	free(s->memo_worker);
	free(s->delta);
	free(s->blob_dir);
	free(s->base.name);
	free(s->base.url);
	free(s->base.note);
	free(s);
}

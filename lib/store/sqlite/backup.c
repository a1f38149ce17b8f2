/* lib/store/sqlite/backup.c -- a live store with its blobs, as one archive. */
#include "store/sqlite/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/json.h"
#include "util/module.h"

#define DEPTH_MAX	8	/* of folders, more than a blob's name has */
#define BLOB_NAME_MAX	1024

const struct tq_archive_module *
sq_archive(struct tq_err *err)
{
	const struct tq_archive_module *m = tq_module_symbol(TQ_ARCHIVE_SO,
	    TQ_ARCHIVE_MODULE, err);

	if (m != NULL && m->version != TQ_ARCHIVE_VERSION) {
		tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    TQ_ARCHIVE_SO " is of another version than this tool");
		return NULL;
	}
	return m;
}

struct out {
	struct sq	*s;
	const struct tq_archive_module *m;
	struct tq_archive_out *to;
	struct tq_backup *b;
	struct tq_sha256 sum;
	uint64_t	 entries;
	struct tq_err	*err;
};

/* The ${size} bytes of ${fd} as the entry ${name}. */
static int
add_file(struct out *o, const char *name, int fd, int64_t size,
    int64_t mtime_ms)
{
	char piece[16 * 1024];
	int64_t done;
	ssize_t n;

	if (o->m->add(o->to, name, size, mtime_ms, o->err) == -1)
		return -1;
	tq_sha256_add(&o->sum, name, strlen(name) + 1);
	for (done = 0; done < size; done += n) {
		n = pread(fd, piece, size - done < (int64_t)sizeof(piece) ?
		    (size_t)(size - done) : sizeof(piece), done);
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return tq_err_sys(o->err, TQ_AT_STORE, TQ_E_IO,
			    n == 0 ? ENODATA : errno, "%s", name);
		tq_sha256_add(&o->sum, piece, (size_t)n);
		if (o->m->put(o->to, (struct tq_span){ piece, (size_t)n },
		    o->err) == -1 || sq_backup_go_on(o->b, o->err) == -1)
			return -1;
	}
	o->entries++;
	o->b->bytes += (uint64_t)size;
	return 0;
}

static int
add_json(struct out *o, const char *name, const struct tq_buf *json)
{
	if (o->m->add(o->to, name, (int64_t)json->len, o->b->made_at,
	    o->err) == -1)
		return -1;
	return o->m->put(o->to, tq_buf_span(json), o->err);
}

static int
add_head(struct out *o)
{
	struct tq_buf b = TQ_BUF_INIT(SQ_BACKUP_JSON_MAX);
	int rc;

	tq_buf_chr(&b, '{');
	tq_json_member_int(&b, "format", SQ_BACKUP_FORMAT);
	tq_json_member_str(&b, "tq", TQ_VERSION);
	tq_json_member_time(&b, "createdAt", o->b->made_at);
	tq_buf_str(&b, "}\n");
	rc = add_json(o, SQ_BACKUP_HEAD, &b);
	tq_buf_free(&b);
	return rc;
}

static int
add_end(struct out *o)
{
	struct tq_buf b = TQ_BUF_INIT(SQ_BACKUP_JSON_MAX);
	uint8_t sum[TQ_SHA256_LEN];
	char hex[2 * TQ_SHA256_LEN + 1];
	int rc;

	tq_sha256_end(&o->sum, sum);
	tq_hex(sum, sizeof(sum), hex);
	tq_buf_chr(&b, '{');
	tq_json_member_int(&b, "entries", (int64_t)o->entries);
	tq_json_member_str(&b, "sha256", hex);
	tq_buf_str(&b, "}\n");
	rc = add_json(o, SQ_BACKUP_END, &b);
	tq_buf_free(&b);
	return rc;
}

/* -- blobs -------------------------------------------------------------------- */

struct folder {
	struct out	*o;
	const char	*name;		/* below the blobs; "" for all */
	int		 depth;
};

/* One that has gone since its folder was read was in no record. */
static int
add_blob(struct out *o, const char *name)
{
	char entry[BLOB_NAME_MAX + sizeof(SQ_BACKUP_BLOBS)];
	struct tq_err why = TQ_ERR_INIT;
	struct stat sb;
	int64_t size;
	int rc, fd = sq_blob_get(&o->s->base, name, &size, &why);

	if (fd == -1 && why.code == TQ_E_NOTFOUND)
		return 0;
	if (fd == -1 || fstat(fd, &sb) == -1) {
		*o->err = why;
		return -1;
	}
	snprintf(entry, sizeof(entry), SQ_BACKUP_BLOBS "%s", name);
	rc = add_file(o, entry, fd, size, (int64_t)sb.st_mtim.tv_sec * 1000);
	close(fd);
	o->b->blobs += rc == 0;
	return rc;
}

static int add_entry(void *arg, const char *entry);

/* 0, or 1 with the error: entries_in() has -1 for itself. */
static int
add_folder(struct out *o, const char *name, int depth)
{
	struct folder f = { o, name, depth };
	int rc = o->s->sys->entries_in(o->s->blob_dir, name, add_entry, &f);

	if (rc != -1 || errno == ENOENT)
		return rc == 1;
	tq_err_sys(o->err, TQ_AT_STORE, errno == EACCES ? TQ_E_DENIED :
	    TQ_E_IO, errno, "%s/%s", o->s->blob_dir, name);
	return 1;
}

static int
add_entry(void *arg, const char *entry)
{
	const struct folder *f = arg;
	char name[BLOB_NAME_MAX];
	struct stat sb;

	/* Being written: of no record yet. */
	if (strstr(entry, ".tmp-") != NULL || f->depth > DEPTH_MAX ||
	    (size_t)snprintf(name, sizeof(name), "%s%s%s", f->name,
	    f->name[0] == '\0' ? "" : "/", entry) >= sizeof(name) ||
	    f->o->s->sys->stat_in(f->o->s->blob_dir, name, &sb) == -1)
		return 0;
	if (S_ISDIR(sb.st_mode))
		return add_folder(f->o, name, f->depth + 1);
	return S_ISREG(sb.st_mode) && add_blob(f->o, name) == -1;
}

/* -- all of it ------------------------------------------------------------------ */

static int
write_archive(struct out *o, int snapshot)
{
	struct stat sb;

	if (fstat(snapshot, &sb) == -1)
		return tq_err_sys(o->err, TQ_AT_STORE, TQ_E_IO, errno,
		    "copy of the database");
	tq_sha256_init(&o->sum);
	if (add_head(o) == -1 || add_file(o, SQ_BACKUP_DB, snapshot,
	    sb.st_size, o->b->made_at) == -1 || add_folder(o, "", 0) != 0 ||
	    add_end(o) == -1)
		return -1;
	return o->m->finish(o->to, o->err);
}

/* From before the moment on no blob is removed: blob.c. */
static int
back_up(struct out *o, int fd)
{
	int keep = sq_blobs_keep(o->s, o->err), snapshot, rc = -1;

	if (keep == -1)
		return -1;
	if ((snapshot = sq_snapshot(o->s, o->b, o->err)) != -1) {
		if ((o->to = o->m->create(fd, o->err)) != NULL)
			rc = write_archive(o, snapshot);
		o->m->drop(o->to);
		close(snapshot);
	}
	o->s->sys->close(keep);
	return rc;
}

int
sq_backup(const char *url, const struct tq_env *env, int fd,
    struct tq_backup *b, struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;
	struct out o = { .m = sq_archive(err), .b = b, .err = &why };
	struct tq_store *st;
	int rc;

	if (o.m == NULL || sq_open(url, env, TQ_OPEN_READ, &st, err) == -1)
		return -1;
	o.s = sq_of(st);
	rc = back_up(&o, fd);
	sq_close(st);
	if (rc == -1 && err != NULL)
		*err = why;
	return rc;
}

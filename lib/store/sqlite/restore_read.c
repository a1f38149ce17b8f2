/*
 * lib/store/sqlite/restore_read.c -- an archive into a folder, if it is one of
 * ours and whole.
 *
 * Nothing in it is believed: a name is one of those that a backup has, each
 * comes where it has to and once, and it is opened below the folder only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/backup.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

#define NAME_LEN_MAX	1000

struct in {
	const struct tq_archive_module *m;
	struct tq_archive_in *from;
	const struct tq_sys *sys;
	const char	*dir;
	struct tq_backup *b;
	struct tq_sha256 sum;
	uint64_t	 entries;
	struct tq_err	*err;
};

static int
unlike(struct in *in, const char *name, const char *why)
{
	return tq_err_set(in->err, TQ_AT_STORE, TQ_E_DATA,
	    "archive: %.200s: %s", name, why);
}

/* -- names ------------------------------------------------------------------- */

/* One folder or file of a blob's name. */
static bool
part_ok(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)p[i] <= ' ' || p[i] == 0x7f)
			return false;
	return n > 0 && n < 256 && p[0] != '.';
}

/* QUEUE/TASKID/...: at least three parts, each of them a name. */
static bool
blob_ok(const char *name)
{
	size_t n, parts = 0, len = strlen(name);

	for (; len < NAME_LEN_MAX; name += n + 1) {
		n = strcspn(name, "/");
		if (!part_ok(name, n))
			return false;
		parts++;
		if (name[n] == '\0')
			return parts >= 3;
	}
	return false;
}

/* -- entries ------------------------------------------------------------------- */

static int
write_failed(struct in *in, const char *name)
{
	return tq_err_sys(in->err, TQ_AT_STORE, TQ_E_IO, errno, "%s/%s",
	    in->dir, name);
}

static int
make_folders(struct in *in, const char *name)
{
	char *copy = tq_must(strdup(name)), *p = copy;
	int rc = 0;

	for (; rc == 0 && (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		rc = in->sys->mkdir_in(in->dir, copy, 0700);
		if (rc == -1 && errno == EEXIST)
			rc = 0;
	}
	free(copy);
	return rc;
}

static int
copy_entry(struct in *in, const char *name, int64_t size, int fd)
{
	char piece[16 * 1024];
	int64_t done = 0;
	ssize_t n;

	while ((n = in->m->get(in->from, piece, sizeof(piece),
	    in->err)) > 0) {
		tq_sha256_add(&in->sum, piece, (size_t)n);
		if (tq_fd_write(fd, (struct tq_span){ piece, (size_t)n }) ==
		    -1)
			return write_failed(in, name);
		if (sq_backup_go_on(in->b, in->err) == -1)
			return -1;
		done += n;
	}
	if (n == -1)
		return -1;
	in->b->bytes += (uint64_t)done;
	return done == size ? 0 : tq_err_set(in->err, TQ_AT_STORE,
	    TQ_E_DATA, "archive: %s: is cut short", name);
}

/* The entry ${entry} as the file ${name}, which there must not be yet. */
static int
take_file(struct in *in, const char *entry, int64_t size, const char *name)
{
	int fd, rc;

	tq_sha256_add(&in->sum, entry, strlen(entry) + 1);
	if (make_folders(in, name) == -1)
		return write_failed(in, name);
	fd = in->sys->open_in(in->dir, name, O_WRONLY | O_CREAT | O_EXCL,
	    0600);
	if (fd == -1 && errno == EEXIST)
		return unlike(in, entry, "is there twice");
	if (fd == -1)
		return write_failed(in, name);
	rc = copy_entry(in, name, size, fd);
	if (close(fd) == -1 && rc == 0)
		rc = write_failed(in, name);
	in->entries++;
	return rc;
}

static int
take_blob(struct in *in, const char *entry, int64_t size)
{
	size_t n = strlen(SQ_BACKUP_BLOBS);
	char name[NAME_LEN_MAX + 32];

	if (!tq_str_starts(entry, SQ_BACKUP_BLOBS) || !blob_ok(entry + n))
		return unlike(in, entry, "is no name of a blob");
	snprintf(name, sizeof(name), SQ_BACKUP_DB ".blobs/%s", entry + n);
	in->b->blobs++;
	return take_file(in, entry, size, name);
}

/* -- the first and the last ------------------------------------------------------ */

static int
read_json(struct in *in, const char *name, int64_t size, struct tq_arena *a,
    struct tq_span *out)
{
	char *text;
	size_t have = 0;
	ssize_t n;

	if (size > SQ_BACKUP_JSON_MAX)
		return unlike(in, name, "is too long");
	text = tq_arena_alloc(a, (size_t)size + 1);
	while ((n = in->m->get(in->from, text + have, (size_t)size - have,
	    in->err)) > 0)
		have += (size_t)n;
	*out = (struct tq_span){ text, have };
	if (n == -1)
		return -1;
	if (tq_json_check(*out, in->err) == -1 ||
	    tq_json_kind(*out) != TQ_JSON_OBJECT)
		return unlike(in, name, "is not as a backup has it");
	return 0;
}

static int
take_head(struct in *in, int64_t size, struct tq_arena *a)
{
	struct tq_span json, v, at;
	int64_t format;

	if (read_json(in, SQ_BACKUP_HEAD, size, a, &json) == -1)
		return -1;
	if (!tq_json_get(json, "format", &v) || !tq_json_int(v, &format) ||
	    !tq_json_get(json, "createdAt", &v) ||
	    !tq_json_str(v, a, &at) ||
	    tq_time_parse(at.p, 0, &in->b->made_at) == -1)
		return unlike(in, SQ_BACKUP_HEAD, "is not as a backup has it");
	return format <= SQ_BACKUP_FORMAT ? 0 : tq_err_set(in->err,
	    TQ_AT_STORE, TQ_E_NEWER, "archive: was made by a newer tq");
}

static int
take_end(struct in *in, int64_t size, struct tq_arena *a)
{
	uint8_t sum[TQ_SHA256_LEN];
	char hex[2 * TQ_SHA256_LEN + 1];
	struct tq_span json, v, said;
	int64_t entries;

	if (read_json(in, SQ_BACKUP_END, size, a, &json) == -1)
		return -1;
	tq_sha256_end(&in->sum, sum);
	tq_hex(sum, sizeof(sum), hex);
	if (tq_json_get(json, "entries", &v) && tq_json_int(v, &entries) &&
	    (uint64_t)entries == in->entries &&
	    tq_json_get(json, "sha256", &v) && tq_json_str(v, a, &said) &&
	    tq_span_eq(said, hex))
		return 0;
	return tq_err_set(in->err, TQ_AT_STORE, TQ_E_DATA, "archive: is "
	    "damaged: its checksum is another");
}

/* -- all of it -------------------------------------------------------------------- */

/* 1: there is more to come, 0: that was the last, -1. */
static int
take_entry(struct in *in, uint64_t n, const char *name, int64_t size,
    struct tq_arena *a)
{
	if (n == 0)
		return strcmp(name, SQ_BACKUP_HEAD) != 0 ? tq_err_set(in->err,
		    TQ_AT_STORE, TQ_E_DATA, "archive: is not one of tq-ctl "
		    "backup") : take_head(in, size, a) == -1 ? -1 : 1;
	if (n == 1)
		return strcmp(name, SQ_BACKUP_DB) != 0 ? unlike(in, name,
		    "stands where " SQ_BACKUP_DB " has to be") :
		    take_file(in, SQ_BACKUP_DB, size, SQ_BACKUP_DB) == -1 ?
		    -1 : 1;
	if (strcmp(name, SQ_BACKUP_END) == 0)
		return take_end(in, size, a);
	return take_blob(in, name, size) == -1 ? -1 : 1;
}

static int
take_all(struct in *in, struct tq_arena *a)
{
	const char *name;
	int64_t size;
	uint64_t n;
	int rc = 1, got;

	tq_sha256_init(&in->sum);
	for (n = 0; (got = in->m->next(in->from, &name, &size, in->err)) == 1;
	    n++) {
		if (rc == 0)
			return unlike(in, name, "stands behind its end");
		if ((rc = take_entry(in, n, name, size, a)) == -1)
			return -1;
	}
	if (got == -1)
		return -1;
	return rc == 0 ? 0 : tq_err_set(in->err, TQ_AT_STORE, TQ_E_DATA,
	    "archive: is cut short");
}

int
sq_restore_read(const struct tq_archive_module *m, int fd,
    const struct tq_sys *sys, const char *dir, struct tq_backup *b,
    struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;
	struct tq_arena a = TQ_ARENA_INIT;
	struct in in = { .m = m, .sys = sys, .dir = dir, .b = b,
	    .err = &why };
	int rc = -1;

	if ((in.from = m->open(fd, &why)) != NULL)
		rc = take_all(&in, &a);
	m->close(in.from);
	tq_arena_free(&a);
	if (rc == -1 && err != NULL)
		*err = why;
	return rc;
}

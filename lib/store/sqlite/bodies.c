/* lib/store/sqlite/bodies.c -- payloads and results too big for the row. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/record.h"
#include "task/input.h"
#include "util/crc.h"

int
sq_body_place(struct sq *s, struct tq_span bytes, struct sq_body *b,
    struct tq_err *err)
{
	int rc;

	b->place = SQ_INLINE;
	if (bytes.n <= TQ_INLINE_MAX)
		return 0;
	b->crc = TQ_CRC_KNOWN | tq_crc32(0, bytes.p, bytes.n);
	b->place = SQ_BODY;
	if (bytes.n <= TQ_BODY_MAX)
		return 0;
	b->place = SQ_BLOB;
	if ((rc = sq_blob_write(s, b->name, bytes, err)) == 1)
		b->place = SQ_BODY;
	return rc == -1 ? -1 : 0;
}

void
sq_bind_body(sqlite3_stmt *q, int i, struct tq_span bytes,
    const struct sq_body *b, struct tq_buf *text)
{
	if (b == NULL || b->place == SQ_INLINE) {
		sqlite3_bind_blob64(q, i, bytes.p == NULL ? "" : bytes.p,
		    bytes.n, SQLITE_STATIC);
		return;
	}
	tq_buf_clear(text);
	tq_buf_fmt(text, "%zu", bytes.n);
	if (b->crc != 0)
		tq_buf_fmt(text, ",%08llx", (unsigned long long)(b->crc &
		    UINT32_MAX));
	if (b->place == SQ_BLOB)
		tq_buf_fmt(text, " %s", b->name);
	sqlite3_bind_text(q, i, text->data, (int)text->len, SQLITE_STATIC);
}

int
sq_body_store(struct sq *s, int64_t rid, int which, struct tq_span bytes,
    struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_BODY_PUT, err);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, rid);
	sqlite3_bind_int(q, 2, which);
	sqlite3_bind_blob64(q, 3, bytes.p, bytes.n, SQLITE_STATIC);
	return sq_run(s, q, err);
}

static const char *
word(int which)
{
	return which == SQ_PAYLOAD ? "payload" : "result";
}

/* May we look into the folder of all blobs? */
static bool
may_enter(const struct sq *s)
{
	int fd = s->sys->open_in(s->blob_dir, "", O_PATH | O_DIRECTORY, 0);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

/* Why a blob could not be opened: its own fault, or that of all blobs. */
static int
unopened(struct sq *s, const struct sq_row *row, int which,
    const struct tq_err *why, struct tq_err *err)
{
	struct stat sb;

	if (why->code == TQ_E_NOTFOUND && s->sys->stat(s->blob_dir, &sb) == -1)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_UNAVAILABLE,
		    "%s: the folder of its blobs is not there", s->blob_dir);
	if (why->code == TQ_E_NOTFOUND)
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_NOTFOUND,
		    "its %s is missing: blob %s is not there", word(which),
		    row->blob[which]);
	if (why->code == TQ_E_DENIED && may_enter(s))
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_DENIED,
		    "its %s can't be read: %s", word(which), why->msg);
	if (err != NULL)
		*err = *why;
	return -1;
}

static int
open_blob(struct sq *s, const struct sq_row *row, int which, int64_t *size,
    struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;
	int fd = sq_blob_get(&s->base, row->blob[which], size, &why);

	return fd != -1 ? fd : unopened(s, row, which, &why, err);
}

static int
read_all(int fd, char *p, size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size && (n = read(fd, p + done, size - done)) > 0)
		done += (size_t)n;
	return done == size ? 0 : -1;
}

/* Are these as many bytes as were put there? */
static int
check_size(const struct sq_row *row, int which, uint64_t got,
    struct tq_err *err)
{
	size_t size = which == SQ_PAYLOAD ? row->t.payload_size :
	    row->t.result_size;

	return got == size && got <= TQ_PAYLOAD_MAX ? 0 :
	    tq_err_set(err, TQ_AT_FETCH, TQ_E_CORRUPT,
	    "its %s has %llu bytes instead of %zu", word(which),
	    (unsigned long long)got, size);
}

static int
load_blob(struct sq *s, const struct sq_row *row, int which,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err)
{
	int64_t size;
	char *p;
	int fd = open_blob(s, row, which, &size, err), rc;

	if (fd == -1)
		return -1;
	/* Before there is room for it: others may have planted a larger one. */
	if (check_size(row, which, (uint64_t)size, err) == -1) {
		close(fd);
		return -1;
	}
	p = tq_arena_alloc(a, (size_t)size + 1);
	rc = read_all(fd, p, (size_t)size);
	close(fd);
	if (rc == -1)
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_CORRUPT,
		    "its %s can't be read to the end", word(which));
	*out = (struct tq_span){ p, (size_t)size };
	return 0;
}

static int
load_row(struct sq *s, const struct sq_row *row, int which,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err)
{
	sqlite3_stmt *q = sq_stmt(s, SQ_BODY_GET, err);
	size_t n;
	int rc;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, row->rid);
	sqlite3_bind_int(q, 2, which);
	if ((rc = sq_step(s, q, err)) == 1) {
		n = (size_t)sqlite3_column_bytes(q, 0);
		*out = (struct tq_span){ tq_arena_dup(a,
		    sqlite3_column_blob(q, 0), n), n };
	}
	sqlite3_reset(q);
	return rc == 1 ? 0 : rc == -1 ? -1 : tq_err_set(err, TQ_AT_FETCH,
	    TQ_E_NOTFOUND, "its %s is missing from the store", word(which));
}

/* Are these the bytes that were put there? */
static int
check_bytes(const struct sq_row *row, int which, struct tq_span got,
    struct tq_err *err)
{
	const struct tq_task *t = &row->t;
	uint64_t crc = which == SQ_PAYLOAD ? t->payload_crc : t->result_crc;

	if (check_size(row, which, got.n, err) == -1)
		return -1;
	if (crc != 0 && (uint32_t)crc != tq_crc32(0, got.p, got.n))
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_CORRUPT, "its %s is "
		    "not what was stored: the CRC-32 differs", word(which));
	return 0;
}

int
sq_body_load(struct sq *s, const struct sq_row *row, int which,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err)
{
	struct tq_span got = TQ_SPAN_NONE;
	int rc;

	if (row->place[which] == SQ_INLINE)
		return 0;
	rc = row->place[which] == SQ_BLOB ?
	    load_blob(s, row, which, a, &got, err) :
	    load_row(s, row, which, a, &got, err);
	if (rc == -1 || check_bytes(row, which, got, err) == -1)
		return -1;
	*out = got;
	return 0;
}

static int
load_readable(struct sq *s, struct sq_row *row, int which,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;

	if (sq_body_load(s, row, which, a, out, &why) == 0 ||
	    why.stage == TQ_AT_FETCH) {
		row->t.damaged |= why.code == TQ_E_CORRUPT;
		return 0;
	}
	if (err != NULL)
		*err = why;
	return -1;
}

int
sq_load_bodies(struct sq *s, struct sq_row *row, unsigned with,
    struct tq_arena *a, struct tq_err *err)
{
	if ((with & TQ_WITH_PAYLOAD) != 0 && load_readable(s, row, SQ_PAYLOAD,
	    a, &row->t.payload, err) == -1)
		return -1;
	if ((with & TQ_WITH_RESULT) != 0 && load_readable(s, row, SQ_RESULT,
	    a, &row->t.result, err) == -1)
		return -1;
	return 0;
}

int
sq_body_drop(struct sq *s, const struct sq_row *row, int which,
    struct tq_err *err)
{
	sqlite3_stmt *q;

	if (row->place[which] == SQ_BLOB && row->blob[which] != NULL)
		sq_trash(s, row->blob[which]);
	if (row->place[which] != SQ_BODY)
		return 0;
	if ((q = sq_stmt(s, SQ_BODY_DEL, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, row->rid);
	sqlite3_bind_int(q, 2, which);
	return sq_run(s, q, err);
}

int
sq_bodies_drop(struct sq *s, const struct sq_row *row, struct tq_err *err)
{
	const char *own[TQ_OWN_BLOBS];
	size_t i, n = tq_task_own_blobs(&row->t, own);

	if (sq_body_drop(s, row, SQ_PAYLOAD, err) == -1 ||
	    sq_body_drop(s, row, SQ_RESULT, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		sq_trash(s, tq_blob_name(own[i]));
	return 0;
}

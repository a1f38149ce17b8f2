/* lib/store/sqlite/bodies.c -- payloads and results too big for the row. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"

int
sq_body_place(struct sq *s, struct tq_span bytes, const char *name,
    enum sq_place *place, struct tq_err *err)
{
	*place = SQ_INLINE;
	if (bytes.n <= TQ_INLINE_MAX)
		return 0;
	*place = SQ_BODY;
	if (bytes.n <= TQ_BODY_MAX)
		return 0;
	*place = SQ_BLOB;
	return sq_blob_write(s, name, bytes, err);
}

void
sq_bind_body(sqlite3_stmt *q, int i, enum sq_place place,
    struct tq_span bytes, const char *name, struct tq_buf *b)
{
	if (place == SQ_INLINE) {
		sqlite3_bind_blob64(q, i, bytes.p == NULL ? "" : bytes.p,
		    bytes.n, SQLITE_STATIC);
	} else if (place == SQ_BODY) {
		sqlite3_bind_int64(q, i, (int64_t)bytes.n);
	} else {
		tq_buf_clear(b);
		tq_buf_fmt(b, "%zu %s", bytes.n, name);
		sqlite3_bind_text(q, i, b->data, (int)b->len, SQLITE_STATIC);
	}
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

static int
load_blob(struct sq *s, const char *name, struct tq_arena *a,
    struct tq_span *out, struct tq_err *err)
{
	int64_t size;
	size_t done = 0;
	ssize_t n;
	char *p;
	int fd = sq_blob_get(&s->base, name, &size, err);

	if (fd == -1)
		return -1;
	p = tq_arena_alloc(a, (size_t)size + 1);
	while (done < (size_t)size &&
	    (n = read(fd, p + done, (size_t)size - done)) > 0)
		done += (size_t)n;
	close(fd);
	if (done < (size_t)size)
		return tq_err_set(err, TQ_AT_STORE, TQ_E_CORRUPT,
		    "blob %s: ends early", name);
	*out = (struct tq_span){ p, done };
	return 0;
}

int
sq_body_load(struct sq *s, const struct sq_row *row, int which,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err)
{
	enum sq_place place = which == SQ_PAYLOAD ?
	    SQ_GET_PPLACE(row->flags) : SQ_GET_RPLACE(row->flags);
	sqlite3_stmt *q;
	int rc;

	if (place == SQ_INLINE)
		return 0;
	if (place == SQ_BLOB)
		return load_blob(s, row->blob[which], a, out, err);
	if ((q = sq_stmt(s, SQ_BODY_GET, err)) == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, row->rid);
	sqlite3_bind_int(q, 2, which);
	if ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		size_t n = (size_t)sqlite3_column_bytes(q, 0);

		*out = (struct tq_span){ tq_arena_dup(a,
		    sqlite3_column_blob(q, 0), n), n };
	}
	sqlite3_reset(q);
	if (rc == SQLITE_ROW)
		return 0;
	return rc != SQLITE_DONE ? sq_fail(s, err, "read") :
	    tq_err_set(err, TQ_AT_STORE, TQ_E_CORRUPT,
	    "%s: task %s: its %s is missing", s->base.name, row->t.id,
	    which == SQ_PAYLOAD ? "payload" : "result");
}

static int
drop_one(struct sq *s, const struct sq_row *row, int which,
    enum sq_place place, struct tq_err *err)
{
	sqlite3_stmt *q;

	if (place == SQ_BLOB) {
		sq_trash(s, row->blob[which]);
		return 0;
	}
	if (place != SQ_BODY)
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
	const char *const refs[] = { row->t.input, row->t.output, row->t.log };
	char own[TQ_QUEUE_MAX + TQ_NAME_MAX + 16];
	size_t i;

	if (drop_one(s, row, SQ_PAYLOAD, SQ_GET_PPLACE(row->flags), err) ==
	    -1 || drop_one(s, row, SQ_RESULT, SQ_GET_RPLACE(row->flags),
	    err) == -1)
		return -1;
	/* Only this task's own blobs: an input may name another's output. */
	snprintf(own, sizeof(own), "blob:%s/%s/", row->t.queue, row->t.id);
	for (i = 0; i < sizeof(refs) / sizeof(refs[0]); i++)
		if (refs[i] != NULL && strncmp(refs[i], own, strlen(own)) == 0)
			sq_trash(s, refs[i] + strlen("blob:"));
	return 0;
}

/*
 * lib/store/aws/blob/blob.c -- blobs are objects: BUCKET/QUEUE/TASKID/...
 *
 * They are written on the condition that there is none.  The names hold a
 * token or a random tag, so what is there already can only be our own try
 * whose answer got lost: no request is spent on a look before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/s3.h"
#include "store/aws/blob/object.h"

/* S3 answers with the object's ETag; what says 200 to anything does not. */
static int
is_stored(const struct tq_aws_call *c, const char *name, struct tq_err *err)
{
	if (tq_s3_etag(&c->res) != NULL)
		return 0;
	return tq_err_set(err, TQ_AT_STORE, TQ_E_CONFIG, "blob %s: %s was "
	    "answered with no ETag: is that an S3?", name, c->what);
}

/* In one request.  1: it is over what this server takes in one. */
static int
put_whole(struct aq *s, const char *name, struct tq_span bytes, bool replace,
    struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3,
	    .what = "s3 PutObject" };
	struct tq_s3_put opts = { .if_absent = !replace && !s->no_conditions };
	char crc[TQ_S3_CRC_TEXT];
	struct tq_s3_bucket b;
	bool again = false;
	int rc = -1;

	if (aq_bucket(s, &b, err) == -1)
		return -1;
	c.bucket = b.name;
	if (tq_s3_put(&c.req, &b, name, bytes, &opts, err) == 0) {
		if (tq_aws_call(s->a, &c, 1) == 0)
			rc = is_stored(&c, name, err);
		else if (c.fault.status == 412)
			rc = aq_blob_is(s, &b, name, bytes.n,
			    tq_s3_crc_of(bytes, crc), c.repeated) ? 0 :
			    aq_blob_taken(name, err);
		else if (c.fault.status == 413 && bytes.n > AQ_PART)
			rc = 1;
		else if (!(again = aq_no_conditions(s, &c, &opts)))
			aq_blob_failed(s, &c, name, err);
	}
	tq_aws_call_free(&c);
	return again ? put_whole(s, name, bytes, replace, err) : rc;
}

int
aq_blob_tmp(struct tq_store *st, struct tq_err *err)
{
	const char *dir = tq_getenv(st->env, "TMPDIR");
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/tq-XXXXXX", dir != NULL ? dir :
	    "/tmp");
	if ((fd = mkostemp(path, O_CLOEXEC)) == -1)
		return tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "%s",
		    path);
	unlink(path);
	return fd;
}

static int
put(struct aq *s, const char *name, const struct aq_bytes *from, bool replace,
    struct tq_err *err)
{
	struct aq_bytes whole = { .size = from->size };
	struct tq_span bytes;
	char *buf;
	int rc;

	if (from->size > AQ_SINGLE_MAX)
		return aq_blob_upload(s, name, from, replace, err);
	buf = from->fd != -1 ? tq_must(malloc(from->size + 1)) : NULL;
	rc = aq_bytes_at(from, name, 0, from->size, buf, &bytes, err);
	if (rc == 0)
		rc = put_whole(s, name, bytes, replace, err);
	if (rc == 1) {
		/* A proxy's limit, mostly; parts may be under it. */
		whole.fd = -1;
		whole.p = bytes.p;
		rc = aq_blob_upload(s, name, &whole, replace, err);
	}
	free(buf);
	return rc;
}

int
aq_blob_write(struct aq *s, const char *name, struct tq_span bytes,
    struct tq_err *err)
{
	const struct aq_bytes from = { .p = bytes.p, .fd = -1,
	    .size = bytes.n };

	return put(s, name, &from, false, err);
}

int
aq_blob_put(struct tq_store *st, const char *name, int fd, bool replace,
    struct tq_err *err)
{
	struct aq_bytes from = { .fd = fd };
	struct stat sb;

	if (fstat(fd, &sb) == -1)
		return tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "blob %s",
		    name);
	from.size = (size_t)sb.st_size;
	return put(aq_of(st), name, &from, replace, err);
}

/* Are the bytes that came into ${fd} what the answer's sum says? */
static int
intact(int fd, const struct tq_aws_call *c, const char *name,
    struct tq_err *err)
{
	const char *want = tq_s3_crc(&c->res);
	char buf[65536], text[TQ_S3_CRC_TEXT];
	uint32_t crc = 0;
	off_t at = 0;
	ssize_t n;

	if (want == NULL)
		return 0;
	for (; (n = pread(fd, buf, sizeof(buf), at)) > 0; at += n)
		crc = tq_s3_crc_more(crc, (struct tq_span){ buf, (size_t)n });
	if (n == -1)
		return tq_err_sys(err, TQ_AT_FETCH, TQ_E_IO, errno, "blob %s",
		    name);
	if (strcmp(tq_s3_crc_text(crc, text), want) == 0)
		return 0;
	tq_err_set(err, TQ_AT_FETCH, TQ_E_CORRUPT, "blob %s: came damaged",
	    name);
	if (err != NULL)
		err->retryable = true;
	return -1;
}

int
aq_blob_get(struct tq_store *st, const char *name, int64_t *size,
    struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_aws_call c = { .service = TQ_AWS_S3, .to_fd = true,
	    .what = "s3 GetObject" };
	struct tq_s3_bucket b;
	int fd;

	if (aq_bucket(s, &b, err) == -1 || (fd = aq_blob_tmp(st, err)) == -1)
		return -1;
	c.bucket = b.name;
	c.fd = fd;
	if (tq_s3_get(&c.req, &b, name, 0, -1, err) == -1)
		goto fail;
	if (tq_aws_call(s->a, &c, 1) > 0) {
		aq_blob_failed(s, &c, name, err);
		goto fail;
	}
	if (intact(fd, &c, name, err) == -1)
		goto fail;
	*size = lseek(fd, 0, SEEK_END);
	lseek(fd, 0, SEEK_SET);
	tq_aws_call_free(&c);
	return fd;
fail:
	tq_aws_call_free(&c);
	close(fd);
	return -1;
}

int
aq_blob_read(struct aq *s, const char *name, struct tq_arena *a,
    struct tq_span *out, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3,
	    .what = "s3 GetObject" };
	struct tq_s3_bucket b;
	int rc = -1;

	if (aq_bucket(s, &b, err) == -1)
		return -1;
	c.bucket = b.name;
	if (tq_s3_get(&c.req, &b, name, 0, -1, err) == 0) {
		if (tq_aws_call(s->a, &c, 1) > 0) {
			aq_blob_failed(s, &c, name, err);
		} else {
			*out = tq_arena_span(a, tq_buf_span(&c.res.body));
			rc = 0;
		}
	}
	tq_aws_call_free(&c);
	return rc;
}

int
aq_blob_del(struct tq_store *st, const char *name, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_aws_call c = { .service = TQ_AWS_S3,
	    .what = "s3 DeleteObject" };
	struct tq_s3_bucket b;
	int rc = -1;

	if (aq_bucket(s, &b, err) == -1)
		return -1;
	c.bucket = b.name;
	if (tq_s3_delete(&c.req, &b, name, err) == 0) {
		if (tq_aws_call(s->a, &c, 1) == 0 ||
		    tq_aws_fault_is(&c.fault, "NoSuchKey"))
			rc = 0;
		else
			aq_blob_failed(s, &c, name, err);
	}
	tq_aws_call_free(&c);
	return rc;
}

int
aq_blob_url(struct tq_store *st, const char *name, int64_t valid_ms,
    struct tq_buf *out, struct tq_err *err)
{
	struct tq_s3_bucket b;

	if (aq_bucket(aq_of(st), &b, err) == -1)
		return -1;
	return tq_aws_presign(aq_of(st)->a, &b, "GET", name, valid_ms / 1000,
	    out, err);
}

/*
 * lib/store/aws/blob.c -- blobs are objects: BUCKET/QUEUE/TASKID/...
 *
 * They are written on the condition that there is none; where the service
 * does not know conditions (some stand-ins) a look before has to do, and the
 * names, which hold the token, make a clash unlikely.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/s3.h"
#include "store/aws/aws.h"

#define PART	(8u * 1024 * 1024)	/* as the AWS SDKs; fauxqs takes 11 MiB */

/* PREFIX-ACCOUNT-REGION: the account is in the address of any queue. */
static int
find_bucket(struct aq *s, struct tq_err *err)
{
	const char *account = tq_getenv(s->base.env, "AWS_ACCOUNT_ID");
	struct tq_arena a = TQ_ARENA_INIT;
	const char *url, *p;
	int rc = 0;

	if (s->url.bucket != NULL) {
		s->bucket = s->url.bucket;
		return 0;
	}
	if (account == NULL) {
		rc = aq_queue_url(s, s->a, s->queues != NULL ?
		    s->queues->name : "default", false, &url, err);
		if (rc == 0 && (p = strstr(url, "://")) != NULL &&
		    (p = strchr(p + 3, '/')) != NULL)
			account = tq_arena_dup(&a, p + 1, strcspn(p + 1, "/"));
	}
	if (rc == 0 && account == NULL)
		rc = tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s: the bucket's name is not known: add ?bucket=NAME to "
		    "the store", s->base.name);
	if (rc == 0)
		s->bucket = tq_arena_fmt(&s->url.mem, "%s-%s-%s",
		    s->url.prefix, account, tq_aws_region_of(s->a));
	tq_arena_free(&a);
	return rc;
}

int
aq_bucket(struct aq *s, struct tq_s3_bucket *out, struct tq_err *err)
{
	if (s->bucket == NULL && find_bucket(s, err) == -1)
		return -1;
	return tq_aws_bucket(s->a, s->bucket, out, err);
}

static int
failed(const struct aq *s, const struct tq_aws_call *c, const char *name,
    struct tq_err *err)
{
	if (err == NULL)
		return -1;
	*err = c->err;
	err->stage = TQ_AT_STORE;
	if (tq_aws_fault_is(&c->fault, "NoSuchBucket"))
		return tq_err_set(err, TQ_AT_STORE, TQ_E_CONFIG,
		    "%s: there is no bucket \"%s\"; tq-ctl init makes it",
		    s->base.name, s->bucket);
	if (c->err.code == TQ_E_NOTFOUND)
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_NOTFOUND,
		    "blob %s: is not there", name);
	return -1;
}

/* 1 there is one, 0 none, -1. */
static int
exists(struct aq *s, const struct tq_s3_bucket *b, const char *name,
    struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = b->name,
	    .what = "s3 HeadObject" };
	int rc = -1;

	if (tq_s3_head(&c.req, b, name, err) == 0) {
		if (tq_aws_call(s->a, &c, 1) == 0)
			rc = 1;
		else if (c.err.code == TQ_E_NOTFOUND || c.fault.status == 404)
			rc = 0;
		else
			failed(s, &c, name, err);
	}
	tq_aws_call_free(&c);
	return rc;
}

static int
taken(const char *name, struct tq_err *err)
{
	return tq_err_set(err, TQ_AT_STORE, TQ_E_TAKEN,
	    "blob %s: exists already; blobs are write-once", name);
}

static int
put_bytes(struct aq *s, const char *name, struct tq_span bytes, bool replace,
    struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3,
	    .what = "s3 PutObject" };
	struct tq_s3_put opts = { .if_absent = !replace };
	struct tq_s3_bucket b;
	int rc = -1;

	if (aq_bucket(s, &b, err) == -1)
		return -1;
	c.bucket = b.name;
	if (!replace && (rc = exists(s, &b, name, err)) != 0)
		return rc == 1 ? taken(name, err) : -1;
	rc = -1;
	if (tq_s3_put(&c.req, &b, name, bytes, &opts, err) == 0) {
		if (tq_aws_call(s->a, &c, 1) == 0)
			rc = 0;
		/* Our own try whose answer got lost: the look said "none". */
		else if (c.fault.status == 412 && c.repeated)
			rc = 0;
		else if (c.fault.status == 412)
			taken(name, err);
		else
			failed(s, &c, name, err);
	}
	tq_aws_call_free(&c);
	return rc;
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

/* -- above one part: multipart ------------------------------------------------ */

static int
send_part(struct aq *s, const struct tq_s3_bucket *b, const char *name,
    const char *upload, int part, struct tq_span bytes, struct tq_arena *a,
    const char **etag, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = b->name,
	    .what = "s3 UploadPart" };
	int rc = -1;

	if (tq_s3_upload_part(&c.req, b, name, upload, part, bytes, err) ==
	    0) {
		if (tq_aws_call(s->a, &c, 1) == 0) {
			*etag = tq_arena_str(a, tq_s3_etag(&c.res));
			rc = *etag != NULL ? 0 : tq_err_set(err, TQ_AT_STORE,
			    TQ_E_CORRUPT, "s3 UploadPart: no ETag came");
		} else {
			failed(s, &c, name, err);
		}
	}
	tq_aws_call_free(&c);
	return rc;
}

static int
complete(struct aq *s, const struct tq_s3_bucket *b, const char *name,
    const char *upload, const char *const *etags, size_t n, bool replace,
    struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = b->name,
	    .what = "s3 CompleteMultipartUpload" };
	struct tq_s3_put opts = { .if_absent = !replace };
	int rc = -1;

	if (tq_s3_upload_complete(&c.req, b, name, upload, etags, n, &opts,
	    err) == 0) {
		if (tq_aws_call(s->a, &c, 1) > 0)
			rc = c.fault.status == 412 ? taken(name, err) :
			    failed(s, &c, name, err);
		else if (!tq_s3_upload_completed(&c.res) && exists(s, b, name,
		    err) != 1)
			tq_err_set(err, TQ_AT_STORE, TQ_E_CORRUPT,
			    "s3 CompleteMultipartUpload: the answer was cut");
		else
			rc = 0;
	}
	tq_aws_call_free(&c);
	return rc;
}

static void
give_up(struct aq *s, const struct tq_s3_bucket *b, const char *name,
    const char *upload)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = b->name,
	    .what = "s3 AbortMultipartUpload" };

	if (tq_s3_upload_abort(&c.req, b, name, upload, NULL) == 0)
		tq_aws_call(s->a, &c, 1);
	tq_aws_call_free(&c);
}

static int
put_parts(struct aq *s, const char *name, const char *p, size_t n,
    bool replace, struct tq_err *err)
{
	/* Larger parts rather than more than S3 takes. */
	size_t part = n / 9000 > PART ? n / 9000 : PART, i = 0, at;
	struct tq_aws_call c = { .service = TQ_AWS_S3,
	    .what = "s3 CreateMultipartUpload" };
	struct tq_s3_put opts = { .content_type = NULL };
	struct tq_arena a = TQ_ARENA_INIT;
	const char **etags = tq_arena_alloc(&a, (n / part + 2) *
	    sizeof(*etags));
	const char *upload = NULL;
	struct tq_s3_bucket b;
	int rc = -1;

	if (aq_bucket(s, &b, err) == -1 || (!replace && (rc = exists(s, &b,
	    name, err)) != 0)) {
		tq_arena_free(&a);
		return rc == 1 ? taken(name, err) : -1;
	}
	c.bucket = b.name;
	rc = tq_s3_upload_create(&c.req, &b, name, &opts, err);
	if (rc == 0 && tq_aws_call(s->a, &c, 1) > 0)
		rc = failed(s, &c, name, err);
	else if (rc == 0 && (upload = tq_s3_upload_id(&c.res, &a)) == NULL)
		rc = tq_err_set(err, TQ_AT_STORE, TQ_E_CORRUPT,
		    "s3 CreateMultipartUpload: no id came");
	for (at = 0; rc == 0 && at < n; at += part, i++)
		rc = send_part(s, &b, name, upload, (int)i + 1,
		    (struct tq_span){ p + at, n - at < part ? n - at : part },
		    &a, &etags[i], err);
	if (rc == 0)
		rc = complete(s, &b, name, upload, etags, i, replace, err);
	if (rc == -1 && upload != NULL)
		give_up(s, &b, name, upload);
	tq_aws_call_free(&c);
	tq_arena_free(&a);
	return rc;
}

static int
put(struct aq *s, const char *name, struct tq_span bytes, bool replace,
    struct tq_err *err)
{
	return bytes.n > PART ? put_parts(s, name, bytes.p, bytes.n, replace,
	    err) : put_bytes(s, name, bytes, replace, err);
}

int
aq_blob_write(struct aq *s, const char *name, struct tq_span bytes,
    struct tq_err *err)
{
	return put(s, name, bytes, false, err);
}

int
aq_blob_put(struct tq_store *st, const char *name, int fd, bool replace,
    struct tq_err *err)
{
	struct stat sb;
	size_t n;
	void *p;
	int rc;

	if (fstat(fd, &sb) == -1)
		return tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "blob %s",
		    name);
	n = (size_t)sb.st_size;
	if (n == 0)
		return put_bytes(aq_of(st), name, TQ_SPAN_NONE, replace, err);
	p = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "blob %s",
		    name);
	rc = put(aq_of(st), name, (struct tq_span){ p, n }, replace, err);
	munmap(p, n);
	return rc;
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
		failed(s, &c, name, err);
		goto fail;
	}
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
			failed(s, &c, name, err);
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
			failed(s, &c, name, err);
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

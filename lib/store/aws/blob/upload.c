/* lib/store/aws/blob/upload.c -- blobs above 16 MiB: sent in parts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/s3.h"
#include "store/aws/blob/object.h"

#define AT_ONCE	4	/* parts on their way; that many are in memory */

struct upload {
	struct aq		*s;
	const char		*name;
	struct tq_s3_bucket	 b;
	const struct aq_bytes	*from;
	bool			 replace;
	const char		*id;
	const char		**etags;	/* one a part */
	size_t			 nparts;
	struct tq_arena		 mem;
};

static int
create(struct upload *u, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = u->b.name,
	    .what = "s3 CreateMultipartUpload" };
	int rc = tq_s3_upload_create(&c.req, &u->b, u->name, NULL, err);

	if (rc == 0 && tq_aws_call(u->s->a, &c, 1) > 0)
		rc = aq_blob_failed(u->s, &c, u->name, err);
	else if (rc == 0 && (u->id = tq_s3_upload_id(&c.res, &u->mem)) ==
	    NULL)
		rc = tq_err_set(err, TQ_AT_STORE, TQ_E_CORRUPT,
		    "s3 CreateMultipartUpload: no id came");
	tq_aws_call_free(&c);
	return rc;
}

/* Build part ${i}, of what ${buf} has room for. */
static int
make_part(struct upload *u, size_t i, char *buf, struct tq_aws_call *c,
    struct tq_err *err)
{
	size_t at = i * AQ_PART, n = u->from->size - at;
	struct tq_span bytes;

	*c = (struct tq_aws_call){ .service = TQ_AWS_S3,
	    .bucket = u->b.name, .what = "s3 UploadPart" };
	if (aq_bytes_at(u->from, u->name, at, n < AQ_PART ? n : AQ_PART, buf,
	    &bytes, err) == -1)
		return -1;
	return tq_s3_upload_part(&c->req, &u->b, u->name, u->id, (int)i + 1,
	    bytes, err);
}

/* Send the ${n} parts from ${first}; ${buf} has AT_ONCE times AQ_PART. */
static int
send_parts(struct upload *u, size_t first, size_t n, char *buf,
    struct tq_err *err)
{
	struct tq_aws_call c[AT_ONCE] = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++)
		rc = make_part(u, first + i, buf != NULL ? buf + i * AQ_PART :
		    NULL, &c[i], err);
	if (rc == 0)
		tq_aws_call(u->s->a, c, n);
	for (i = 0; rc == 0 && i < n; i++) {
		if (c[i].err.code != TQ_OK)
			rc = aq_blob_failed(u->s, &c[i], u->name, err);
		else if (tq_s3_etag(&c[i].res) == NULL)
			rc = tq_err_set(err, TQ_AT_STORE, TQ_E_CORRUPT,
			    "s3 UploadPart: no ETag came");
		else
			u->etags[first + i] = tq_arena_str(&u->mem,
			    tq_s3_etag(&c[i].res));
	}
	for (i = 0; i < n; i++)
		tq_aws_call_free(&c[i]);
	return rc;
}

static int
send_all(struct upload *u, struct tq_err *err)
{
	size_t i, n;
	char *buf = NULL;
	int rc = 0;

	if (u->from->fd != -1)
		buf = tq_must(malloc((size_t)AT_ONCE * AQ_PART));
	for (i = 0; rc == 0 && i < u->nparts; i += n) {
		n = u->nparts - i < AT_ONCE ? u->nparts - i : AT_ONCE;
		rc = send_parts(u, i, n, buf, err);
	}
	free(buf);
	return rc;
}

static int
complete(struct upload *u, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = u->b.name,
	    .what = "s3 CompleteMultipartUpload" };
	struct tq_s3_put opts = { .if_absent = !u->replace &&
	    !u->s->no_conditions };
	bool again = false;
	int rc = -1;

	if (tq_s3_upload_complete(&c.req, &u->b, u->name, u->id, u->etags,
	    u->nparts, &opts, err) == -1)
		return -1;
	if (tq_aws_call(u->s->a, &c, 1) == 0 &&
	    tq_s3_upload_completed(&c.res))
		rc = 0;
	/* Done all the same?  Then the id is gone, or the name taken. */
	else if ((c.err.code == TQ_OK || c.fault.status == 412 ||
	    tq_aws_fault_is(&c.fault, "NoSuchUpload")) && aq_blob_is(u->s,
	    &u->b, u->name, u->from->size, NULL, c.err.code == TQ_OK ||
	    c.repeated))
		rc = 0;
	else if (c.err.code == TQ_OK)
		tq_err_set(err, TQ_AT_STORE, TQ_E_CORRUPT,
		    "s3 CompleteMultipartUpload: the answer was cut");
	else if (c.fault.status == 412)
		aq_blob_taken(u->name, err);
	else if (!(again = aq_no_conditions(u->s, &c, &opts)))
		aq_blob_failed(u->s, &c, u->name, err);
	tq_aws_call_free(&c);
	return again ? complete(u, err) : rc;
}

static void
give_up(struct upload *u)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = u->b.name,
	    .what = "s3 AbortMultipartUpload" };

	if (tq_s3_upload_abort(&c.req, &u->b, u->name, u->id, NULL) == 0)
		tq_aws_call(u->s->a, &c, 1);
	tq_aws_call_free(&c);
}

int
aq_blob_upload(struct aq *s, const char *name, const struct aq_bytes *from,
    bool replace, struct tq_err *err)
{
	struct upload u = { .s = s, .name = name, .from = from,
	    .replace = replace, .mem = TQ_ARENA_INIT,
	    .nparts = (from->size + AQ_PART - 1) / AQ_PART };
	int rc = -1;

	if (aq_bucket(s, &u.b, err) == -1)
		return -1;
	u.etags = tq_arena_alloc(&u.mem, u.nparts * sizeof(*u.etags));
	if (create(&u, err) == 0) {
		rc = send_all(&u, err);
		if (rc == 0)
			rc = complete(&u, err);
		if (rc == -1)
			give_up(&u);
	}
	tq_arena_free(&u.mem);
	return rc;
}

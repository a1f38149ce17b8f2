/*
 * lib/store/aws/blob/object.c -- what is asked about an object, and what is
 * stored as one.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "aws/s3.h"
#include "store/aws/blob/object.h"

bool
aq_no_conditions(struct aq *s, const struct tq_aws_call *c,
    const struct tq_s3_put *opts)
{
	if (c->fault.status != 501 || !opts->if_absent)
		return false;
	s->no_conditions = true;
	return true;
}

int
aq_blob_failed(struct aq *s, const struct tq_aws_call *c, const char *name,
    struct tq_err *err)
{
	if (err == NULL || aq_bucket_others(s, c, err))
		return -1;
	*err = c->err;
	if (c->err.code == TQ_E_NOTFOUND)
		return tq_err_set(err, TQ_AT_FETCH, TQ_E_NOTFOUND,
		    "blob %s: is not there", name);
	return -1;
}

bool
aq_blob_is(struct aq *s, const struct tq_s3_bucket *b, const char *name,
    size_t size, const char *crc, bool repeated)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = b->name,
	    .what = "s3 HeadObject" };
	bool same = repeated;
	const char *has;

	if (tq_s3_head(&c.req, b, name, NULL) == 0 &&
	    tq_aws_call(s->a, &c, 1) == 0) {
		has = tq_s3_crc(&c.res);
		if (tq_s3_size(&c.res) != (int64_t)size)
			same = false;
		else if (has != NULL && crc != NULL)
			same = strcmp(has, crc) == 0;
	} else if (c.fault.status != 403) {
		same = false;		/* it is not there, or nobody says */
	}
	tq_aws_call_free(&c);
	return same;
}

int
aq_blob_taken(const char *name, struct tq_err *err)
{
	return tq_err_set(err, TQ_AT_STORE, TQ_E_TAKEN,
	    "blob %s: exists already; blobs are write-once", name);
}

int
aq_bytes_at(const struct aq_bytes *from, const char *name, size_t at,
    size_t n, char *buf, struct tq_span *out, struct tq_err *err)
{
	size_t got = 0;
	ssize_t r;

	*out = (struct tq_span){ from->fd == -1 ? from->p + at : buf, n };
	while (from->fd != -1 && got < n) {
		r = pread(from->fd, buf + got, n - got, (off_t)(at + got));
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno,
			    "blob %s", name);
		if (r == 0)
			return tq_err_set(err, TQ_AT_STORE, TQ_E_IO,
			    "blob %s: the file was cut while it was sent",
			    name);
		got += (size_t)r;
	}
	return 0;
}

/*
 * lib/store/aws/blob/object.c -- the bucket, and what is asked about an
 * object.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "aws/s3.h"
#include "store/aws/blob/object.h"

/* PREFIX-ACCOUNT-REGION */
static int
find_bucket(struct aq *s, const char *account, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	int rc = 0;

	if (s->url.bucket != NULL) {
		s->bucket = s->url.bucket;
		return 0;
	}
	if (account == NULL && (account = aq_account_shown(s, &a)) == NULL)
		rc = tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "%s: the bucket's name is not known: set AWS_ACCOUNT_ID, "
		    "or add ?bucket=NAME to the store", s->base.name);
	else
		s->bucket = tq_arena_fmt(&s->url.mem, "%s-%s-%s",
		    s->url.prefix, account, tq_aws_region_of(s->a));
	tq_arena_free(&a);
	return rc;
}

int
aq_bucket(struct aq *s, struct tq_s3_bucket *out, struct tq_err *err)
{
	const char *account;

	if (aq_account(s, &account, err) == -1 || (s->bucket == NULL &&
	    find_bucket(s, account, err) == -1) ||
	    tq_aws_bucket(s->a, s->bucket, out, err) == -1)
		return -1;
	out->owner = account;
	return 0;
}

/* Is there the bucket, of ${owner} (NULL: of anybody)? */
static bool
is_there(struct aq *s, struct tq_s3_bucket b, const char *owner)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = b.name,
	    .what = "s3 HeadBucket" };
	bool is;

	b.owner = owner;
	is = tq_s3_bucket_head(&c.req, &b, NULL) == 0 &&
	    tq_aws_call(s->a, &c, 1) == 0;
	tq_aws_call_free(&c);
	return is;
}

bool
aq_bucket_others(struct aq *s, const struct tq_aws_call *c,
    struct tq_err *err)
{
	struct tq_s3_bucket b;

	/* A 403 is all that S3 says, as for want of permission. */
	if (c->fault.status != 403 || aq_bucket(s, &b, NULL) == -1 ||
	    b.owner == NULL || is_there(s, b, b.owner) || !is_there(s, b, NULL))
		return false;
	tq_err_set(err, TQ_AT_STORE, TQ_E_CONFIG, "%s: bucket \"%s\" is "
	    "somebody else's, not of account %s, and is not used; give another "
	    "with ?bucket=NAME, or add owner=ACCOUNT to the store", s->base.name,
	    b.name, b.owner);
	return true;
}

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

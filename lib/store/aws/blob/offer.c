/*
 * lib/store/aws/blob/offer.c -- blobs that others store, by an address that we
 * sign for them.
 */
#include <string.h>

#include "aws/s3.h"
#include "store/aws/blob/object.h"
#include "util/time.h"

int
aq_offer(struct tq_store *st, const char *name, int64_t size,
    int64_t valid_ms, struct tq_buf *out, struct tq_err *err)
{
	struct tq_s3_bucket b;

	if (aq_bucket(aq_of(st), &b, err) == -1)
		return -1;
	return tq_aws_presign_new(aq_of(st)->a, &b, name, size,
	    valid_ms / 1000, out, err);
}

/* What a listing that begins at ${name} says of it. */
static int
judge(const struct tq_http_res *res, const char *name, int64_t *size,
    struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_s3_entry *e;
	const char *token;
	size_t n;
	int rc = tq_s3_listed(res, &a, &e, &n, &token, err);

	if (rc == 0 && (n == 0 || strcmp(e->key, name) != 0))
		rc = tq_err_set(err, TQ_AT_STORE, TQ_E_NOTFOUND,
		    "blob %s: is not there", name);
	else if (rc == 0 && e->modified_ms + TQ_DAY_MS / 2 < res->date_ms)
		rc = tq_err_set(err, TQ_AT_STORE, TQ_E_STATE,
		    "blob %s: was uploaded over 12 hours ago", name);
	else if (rc == 0)
		*size = e->size;
	tq_arena_free(&a);
	return rc;
}

/* A listing, not a HEAD: it says the time as the sweep will read it. */
int
aq_offered(struct tq_store *st, const char *name, int64_t *size,
    struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_aws_call c = { .service = TQ_AWS_S3,
	    .what = "s3 ListObjectsV2" };
	struct tq_s3_bucket b;
	int rc = -1;

	if (aq_bucket(s, &b, err) == -1)
		return -1;
	c.bucket = b.name;
	if (tq_s3_list(&c.req, &b, name, NULL, NULL, 1, err) == 0)
		rc = tq_aws_call(s->a, &c, 1) == 0 ? judge(&c.res, name, size,
		    err) : aq_blob_failed(s, &c, name, err);
	tq_aws_call_free(&c);
	return rc;
}

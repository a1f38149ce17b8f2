/* lib/aws/s3_input.c -- see s3_input.h. */
#include "aws/s3_input.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aws/call.h"
#include "aws/request.h"
#include "aws/s3.h"
#include "util/limits.h"
#include "util/s3url.h"
#include "util/str.h"

#define SHOWN_MAX	160	/* of the URL, in a message */

/* An object on its way. */
struct reading {
	struct tq_aws	*a;
	const char	*url, *bucket, *key;
	int		 fd;
	off_t		 start;		/* of ${fd} */
	int64_t		 part, max;
	int64_t		 at, size;	/* written; in all, -1: not known yet */
	const char	*etag;		/* of the version that is read */
	struct tq_arena	 mem;
	struct tq_fetch_got *got;
};

/* -- what went wrong ------------------------------------------------------- */

/* ${why} about the URL, as a terminal may show it. */
static int
fail(const char *url, enum tq_code code, bool retryable, const char *why,
    struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(8 * SHOWN_MAX);

	tq_visible(&b, tq_span_of(url), SHOWN_MAX);
	tq_err_set(err, TQ_AT_FETCH, code, "%s: %s", b.failed ? "s3:" :
	    b.data, why);
	if (err != NULL)
		err->retryable = retryable;
	tq_buf_free(&b);
	return -1;
}

/* The codes that mean more than a status does. */
static const struct {
	const char	*code;
	enum tq_code	 is;
	bool		 retryable;
	const char	*why;		/* NULL: the service's words */
} meanings[] = {
	{ "NoSuchKey", TQ_E_NOTFOUND, false, "there is no such key" },
	{ "NoSuchBucket", TQ_E_NOTFOUND, false, "there is no such bucket" },
	{ "InvalidObjectState", TQ_E_STATE, false, "it is archived, and has "
	    "to be restored before it can be read" },
	/* Unless S3 says what more it takes: see failed(). */
	{ "AccessDenied", TQ_E_DENIED, true, "access denied: it takes "
	    "s3:GetObject; or there is no such key, which S3 tells only with "
	    "s3:ListBucket" },
	{ "PreconditionFailed", TQ_E_LOST, true,
	    "it was replaced while it was read" },
	/* Not this object's fault, but this worker's. */
	{ "AuthorizationHeaderMalformed", TQ_E_CONFIG, true, NULL },
	{ "ExpiredToken", TQ_E_CONFIG, true, NULL },
	{ "InvalidAccessKeyId", TQ_E_CONFIG, true, NULL },
	{ "InvalidToken", TQ_E_CONFIG, true, NULL },
	{ "RequestTimeTooSkewed", TQ_E_CONFIG, true, NULL },
	{ "SignatureDoesNotMatch", TQ_E_CONFIG, true, NULL },
};

static int
failed(const struct reading *r, const struct tq_aws_call *c,
    struct tq_err *err)
{
	/* A key in KMS, or a policy that denies: no other words will do. */
	bool own = strstr(c->fault.message, "perform: kms:") != NULL ||
	    strstr(c->fault.message, "explicit deny") != NULL;
	enum tq_code code = c->err.code;
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (tq_aws_fault_is(&c->fault, meanings[i].code))
			return fail(r->url, meanings[i].is,
			    meanings[i].retryable, meanings[i].why != NULL &&
			    !own ? meanings[i].why : c->err.msg, err);
	if (c->err.stage == TQ_AT_CREDS)
		code = TQ_E_CONFIG;
	return fail(r->url, code, code != TQ_E_NOTFOUND && code != TQ_E_DATA &&
	    code != TQ_E_TOOBIG, c->err.msg, err);
}

static int
too_big(const struct reading *r, struct tq_err *err)
{
	char why[80];

	snprintf(why, sizeof(why), "%" PRId64 " bytes are over the limit of %"
	    PRId64, r->size, r->max);
	return fail(r->url, TQ_E_TOOBIG, false, why, err);
}

/* -- one part after the other ---------------------------------------------- */

/* "bytes 0-8388607/9437184": how many in all; -1 when it does not say. */
static int64_t
total_of(const struct tq_http_res *res)
{
	const char *range = tq_http_get(res, "content-range");
	const char *slash = range == NULL ? NULL : strchr(range, '/');
	int64_t n;

	return slash != NULL && tq_str_int(slash + 1, 0, INT64_MAX, &n) == 0 ?
	    n : -1;
}

/* The size and version of the whole, from the answer to a part. */
static int
note_answer(struct reading *r, const struct tq_aws_call *c,
    struct tq_err *err)
{
	int64_t at = lseek(r->fd, 0, SEEK_CUR) - r->start, want;

	if (r->size == -1) {
		/* A service that knows no ranges has sent all of it. */
		r->size = c->res.status == 206 ? total_of(&c->res) : at;
		r->etag = tq_arena_str(&r->mem, tq_s3_etag(&c->res));
	}
	if (r->size > r->max)
		return too_big(r, err);
	want = r->size - r->at < r->part ? r->size : r->at + r->part;
	if (at != (c->res.status == 206 ? want : r->size))
		return fail(r->url, TQ_E_CORRUPT, true,
		    "other bytes came than were asked for", err);
	r->at = at;
	return 0;
}

static int
read_part(struct reading *r, struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = r->bucket,
	    .what = "s3 GetObject", .to_fd = true, .fd = r->fd };
	struct tq_err why = TQ_ERR_INIT;
	struct tq_s3_bucket b;
	int rc = -1;

	if (tq_aws_bucket(r->a, r->bucket, &b, &why) == -1 ||
	    tq_s3_get(&c.req, &b, r->key, r->at, r->part, &why) == -1) {
		tq_aws_call_free(&c);
		return fail(r->url, TQ_E_DATA, false, why.msg, err);
	}
	if (r->etag != NULL)
		tq_aws_req_header(&c.req, "If-Match", r->etag);
	if (tq_aws_call(r->a, &c, 1) == 0) {
		rc = note_answer(r, &c, err);
	} else if (r->size == -1 && c.fault.status == 416) {
		r->size = 0;	/* no range of an empty object can be had */
		rc = 0;
	} else {
		failed(r, &c, err);
	}
	r->got->status = c.res.status;
	tq_aws_call_free(&c);
	return rc;
}

int
tq_s3_input(struct tq_aws *a, const char *url, int fd, int64_t part,
    int64_t max, struct tq_fetch_got *got, struct tq_err *err)
{
	struct reading r = { .a = a, .url = url, .fd = fd, .part = part,
	    .max = max, .size = -1, .got = got };
	struct tq_span bucket;
	int rc = 0;

	*got = (struct tq_fetch_got){ .retry_after_ms = -1 };
	if (!tq_s3url(url, &bucket, &r.key))
		return fail(url, TQ_E_DATA, false,
		    "not s3://BUCKET/KEY with names that S3 takes", err);
	r.bucket = tq_arena_dup(&r.mem, bucket.p, bucket.n);
	r.start = lseek(fd, 0, SEEK_CUR);
	while (rc == 0 && r.at != r.size)
		rc = read_part(&r, err);
	got->bytes = (uint64_t)r.at;
	tq_arena_free(&r.mem);
	return rc;
}

/*
 * Credentials may be in any file, or come from a program: they are found while
 * that is still possible.
 */
static int
confine(struct tq_aws *a, const char *url, const struct tq_fetch_opts *o,
    struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;
	const char *source;
	int64_t expires;

	if (o->confine == NULL)
		return 0;
	if (tq_aws_who(a, &source, &expires, &why) == -1)
		return fail(url, TQ_E_CONFIG, true, why.msg, err);
	return o->confine(tq_aws_ca(a), err);
}

int
tq_s3_fetch(const char *url, int fd, const struct tq_fetch_opts *o,
    struct tq_fetch_got *got, struct tq_err *err)
{
	struct tq_aws_opts opts = { .env = o->env, .conns = 1,
	    .user_agent = "tq/" TQ_VERSION };
	struct tq_err why = TQ_ERR_INIT;
	struct tq_aws *a;
	int rc;

	*got = (struct tq_fetch_got){ .retry_after_ms = -1 };
	if (tq_aws_new(&opts, &a, &why) == -1)
		return fail(url, TQ_E_CONFIG, true, why.msg, err);
	if ((rc = confine(a, url, o, err)) == 0)
		rc = tq_s3_input(a, url, fd, TQ_S3_INPUT_PART,
		    o->max_bytes > 0 ? (int64_t)o->max_bytes :
		    (int64_t)TQ_OUTPUT_MAX, got, err);
	tq_aws_free(a);
	return rc;
}

const struct tq_net_module tq_s3_module = { TQ_NET_VERSION, tq_s3_fetch,
    NULL };

/*
 * lib/aws/s3.h -- S3: requests built, answers read.  Pure; tq_aws_call()
 * sends, and follows a bucket to its region.
 *
 *	PUT /KEY HTTP/1.1			virtual-host style, or
 *	PUT /BUCKET/KEY HTTP/1.1		path style
 *	Host: BUCKET.s3.REGION.amazonaws.com
 *	X-Amz-Checksum-Crc32: base64
 *	If-None-Match: *
 */
#ifndef TQ_AWS_S3_H
#define TQ_AWS_S3_H

#include <stdint.h>

#include "util/buf.h"

struct tq_aws_fault;
struct tq_aws_req;
struct tq_err;
struct tq_http_res;
struct tq_sigv4;

#define TQ_S3_PART_MIN		(5 * 1024 * 1024)	/* but the last */
#define TQ_S3_PARTS_MAX		10000

struct tq_s3_bucket {
	const char	*base;		/* tq_aws_endpoint() */
	const char	*name;
	bool		 path_style;	/* tq_s3_path_style() */
	/*
	 * The account whose it must be, or S3 refuses the request (403); NULL:
	 * whoever's.  Said in each request but CreateBucket.
	 */
	const char	*owner;
};

/*
 * tq_s3_path_style(name, custom, style):
 * Must the bucket be in the path?  Yes for custom endpoints, unless ${style}
 * (the profile's s3 addressing_style; may be NULL) is "virtual"; for "path";
 * and for names that can't be a host's one label under Amazon's certificate.
 */
bool tq_s3_path_style(const char *name, bool custom, const char *style);

/* Conditions and such; zero and NULL: none. */
struct tq_s3_put {
	const char	*content_type;	/* else application/octet-stream */
	bool		 if_absent;	/* If-None-Match: *; else 412, or 409 */
	const char	*if_etag;	/* If-Match; else 412, 404, or 409 */
};

/* A CRC-32 as S3 writes it: the base64 of four bytes. */
#define TQ_S3_CRC_TEXT	9

/*
 * tq_s3_crc_of(body, text), tq_s3_crc_text(crc, text): ${text}.
 * tq_s3_crc_more(crc, bytes): of what had ${crc} (0: nothing) and ${bytes}.
 */
const char *tq_s3_crc_of(struct tq_span body, char text[TQ_S3_CRC_TEXT]);
const char *tq_s3_crc_text(uint32_t crc, char text[TQ_S3_CRC_TEXT]);
uint32_t tq_s3_crc_more(uint32_t crc, struct tq_span bytes);

/* Builders: 0, or -1 with ${err}; ${r} is to be freed in any case. */

/* ${body} is borrowed until the request is done; its CRC-32 is sent along. */
int tq_s3_put(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, struct tq_span body, const struct tq_s3_put *opts,
    struct tq_err *err);
/* ${size} -1: to the end; ${at} 0 and ${size} -1: all of it. */
int tq_s3_get(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, int64_t at, int64_t size, struct tq_err *err);
int tq_s3_head(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, struct tq_err *err);
int tq_s3_delete(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, struct tq_err *err);
/* ${token}: from the last page; ${after}: start behind that key; or NULL. */
int tq_s3_list(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *prefix, const char *after, const char *token, int max,
    struct tq_err *err);
int tq_s3_upload_create(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, const struct tq_s3_put *opts, struct tq_err *err);
/* Parts count from 1. */
int tq_s3_upload_part(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, const char *upload, int part, struct tq_span body,
    struct tq_err *err);
/* ${etags} as the parts' answers gave them, in order. */
int tq_s3_upload_complete(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, const char *upload, const char *const *etags, size_t n,
    const struct tq_s3_put *opts, struct tq_err *err);
int tq_s3_upload_abort(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, const char *upload, struct tq_err *err);
/* The uploads not ended yet of keys under ${prefix}, up to ${max} <= 1000. */
int tq_s3_uploads(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *prefix, int max, struct tq_err *err);
int tq_s3_bucket_head(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    struct tq_err *err);
/* ${regional}: its name is one in the account's own namespace. */
int tq_s3_bucket_create(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *region, bool regional, struct tq_err *err);

/*
 * tq_s3_presign(s, b, method, key, seconds, out, err):
 * Append a URL that lets anyone do ${method} ("GET", "PUT") on ${key} for
 * ${seconds}, or until the token of ${s} ends.
 */
int tq_s3_presign(const struct tq_sigv4 *s, const struct tq_s3_bucket *b,
    const char *method, const char *key, int64_t seconds, struct tq_buf *out,
    struct tq_err *err);

/*
 * tq_s3_presign_new(s, b, key, size, seconds, out, err):
 * One for a PUT of ${size} bytes where no object is yet.  Its sender must add
 * "Content-Length: ${size}" and "If-None-Match: *", which are signed.
 */
int tq_s3_presign_new(const struct tq_sigv4 *s, const struct tq_s3_bucket *b,
    const char *key, int64_t size, int64_t seconds, struct tq_buf *out,
    struct tq_err *err);

/* Readers. */

/*
 * tq_s3_intact(res): is the body what x-amz-checksum-crc32 says?  True without
 * such a header, for sums of parts, and for part of an object.
 */
bool tq_s3_intact(const struct tq_http_res *res);

/*
 * tq_s3_failed(res, method, f):
 * Is it an error?  To a POST also with status 200, as CompleteMultipartUpload
 * may answer; a GET's body is the user's, whatever it looks like.  Then ${f}
 * is filled.
 */
bool tq_s3_failed(const struct tq_http_res *res, const char *method,
    struct tq_aws_fault *f);

/*
 * tq_s3_moved(f, region):
 * Does the error say that the bucket is elsewhere than in ${region}, and
 * where (${f}->region)?
 */
bool tq_s3_moved(const struct tq_aws_fault *f, const char *region);

struct tq_s3_entry {
	const char	*key;
	int64_t		 size;
	int64_t		 modified_ms;
};
/* ${token}: for the next page; NULL at the end.  -1 (TQ_E_CORRUPT). */
int tq_s3_listed(const struct tq_http_res *res, struct tq_arena *mem,
    struct tq_s3_entry **entries, size_t *n, const char **token,
    struct tq_err *err);

struct tq_s3_pending {
	const char	*key, *upload;
	int64_t		 begun_ms;
};
/* Of tq_s3_uploads().  -1 (TQ_E_CORRUPT). */
int tq_s3_uploads_listed(const struct tq_http_res *res, struct tq_arena *mem,
    struct tq_s3_pending **pending, size_t *n, struct tq_err *err);

/* tq_s3_upload_id(res, mem): of upload_create; NULL: none. */
const char *tq_s3_upload_id(const struct tq_http_res *res,
    struct tq_arena *mem);

/*
 * tq_s3_upload_completed(res): of upload_complete, when it has not failed:
 * is the answer whole?  If not, whether the object is there is unknown.
 */
bool tq_s3_upload_completed(const struct tq_http_res *res);

/* tq_s3_etag(res): with its quotes; NULL: none. */
const char *tq_s3_etag(const struct tq_http_res *res);

/* tq_s3_crc(res): of the whole object, as tq_s3_crc_of(); NULL: unknown. */
const char *tq_s3_crc(const struct tq_http_res *res);

/* tq_s3_size(res): of a HEAD; -1 unknown. */
int64_t tq_s3_size(const struct tq_http_res *res);

#endif

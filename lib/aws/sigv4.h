/*
 * lib/aws/sigv4.h -- AWS Signature Version 4, in headers and in URLs.  Pure:
 * the time comes in.
 *
 *	POST / HTTP/1.1
 *	Host: sqs.eu-west-1.amazonaws.com
 *	X-Amz-Date: 20150830T123600Z
 *	X-Amz-Security-Token: ${token}			(where there is one)
 *	X-Amz-Content-Sha256: ${payload}		(TQ_SIGV4_BODY_HEADER)
 *	Authorization: AWS4-HMAC-SHA256 Credential=${key_id}/20150830/
 *	    eu-west-1/sqs/aws4_request, SignedHeaders=host;x-amz-date...,
 *	    Signature=${hex}
 */
#ifndef TQ_AWS_SIGV4_H
#define TQ_AWS_SIGV4_H

#include <stdint.h>

#include "util/buf.h"
#include "util/hash.h"

struct tq_aws_req;
struct tq_err;

/* How a service reads a request. */
#define TQ_SIGV4_NORMALIZE	1u	/* resolve . .. and // in the path */
#define TQ_SIGV4_ENCODE_PATH	2u	/* encode the wire path once more */
#define TQ_SIGV4_BODY_HEADER	4u	/* send X-Amz-Content-Sha256, signed */
#define TQ_SIGV4_TOKEN_LAST	8u	/* the token is sent but not signed */

#define TQ_SIGV4_S3		TQ_SIGV4_BODY_HEADER
#define TQ_SIGV4_OTHERS		(TQ_SIGV4_NORMALIZE | TQ_SIGV4_ENCODE_PATH)

#define TQ_SIGV4_EXPIRES_MAX	604800	/* a signed URL lives seven days */

/*
 * Signing keys by day, region, service and secret: four HMACs saved for each
 * request.  One per thread; zeroed is empty; wipe it with _cache_wipe().
 */
#define TQ_SIGV4_KEYS	4
struct tq_sigv4_cache {
	struct {
		uint8_t	tag[TQ_SHA256_LEN];
		uint8_t	key[TQ_SHA256_LEN];
		bool	used;
	} entry[TQ_SIGV4_KEYS];
	unsigned next;
};

struct tq_sigv4 {
	const char	*key_id, *secret;
	const char	*token;		/* NULL or empty: none */
	const char	*region, *service;
	int64_t		 now_ms;
	unsigned	 how;
	struct tq_sigv4_cache *cache;	/* NULL: derive each time */
};

/*
 * tq_sigv4_sign(s, r, err):
 * Put the headers above into ${r}, in the place of such as are there from
 * an earlier try.  Returns 0, or -1 as tq_aws_req_check() does.
 */
int tq_sigv4_sign(const struct tq_sigv4 *s, struct tq_aws_req *r,
    struct tq_err *err);

/*
 * tq_sigv4_presign(s, r, seconds, err):
 * Put the signature into the query of ${r}: whoever has tq_aws_req_url() may
 * send the request for ${seconds} (1..TQ_SIGV4_EXPIRES_MAX; less when the
 * token ends sooner).  Headers in ${r} become part of the bargain.  Not to be
 * done twice to one request.  Returns 0, or -1 as tq_sigv4_sign() does.
 */
int tq_sigv4_presign(const struct tq_sigv4 *s, struct tq_aws_req *r,
    int64_t seconds, struct tq_err *err);

/* tq_sigv4_cache_wipe(c): forget the keys. */
void tq_sigv4_cache_wipe(struct tq_sigv4_cache *c);

/*
 * The steps, for the tests.  The time in ${stamp} is "20150830T123600Z".
 *
 * tq_sigv4_canon_path / _query / _headers(...): append the canonical form; the
 * last also appends the "a;b;c" of the names to ${names}.
 * tq_sigv4_canon(s, r, out, names): append the canonical request.
 * tq_sigv4_to_sign(s, stamp, canon, out): append the string to sign.
 * tq_sigv4_key(s, stamp, key): the signing key of the day.
 */
#define TQ_SIGV4_STAMP	17
void tq_sigv4_canon_path(struct tq_buf *out, struct tq_span wire,
    unsigned how);
void tq_sigv4_canon_query(struct tq_buf *out, struct tq_span wire);
void tq_sigv4_canon_headers(const struct tq_sigv4 *s,
    const struct tq_aws_req *r, struct tq_buf *out, struct tq_buf *names);
void tq_sigv4_canon(const struct tq_sigv4 *s, const struct tq_aws_req *r,
    struct tq_buf *out, struct tq_buf *names);
void tq_sigv4_stamp(int64_t now_ms, char stamp[TQ_SIGV4_STAMP]);
void tq_sigv4_to_sign(const struct tq_sigv4 *s, const char *stamp,
    struct tq_span canon, struct tq_buf *out);
void tq_sigv4_key(const struct tq_sigv4 *s, const char *stamp,
    uint8_t key[TQ_SHA256_LEN]);

#endif

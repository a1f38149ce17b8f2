/* lib/store/aws/blob/object.h -- what blob.c and upload.c share. */
#ifndef TQ_STORE_AWS_OBJECT_H
#define TQ_STORE_AWS_OBJECT_H

#include "store/aws/blob/blob.h"

struct tq_s3_bucket;
struct tq_s3_put;

#define AQ_SINGLE_MAX	(16u * 1024 * 1024)	/* above: in parts */
#define AQ_PART		(8u * 1024 * 1024)	/* as the AWS SDKs; 10,000 of
						   them are 78 GiB */

/* The bytes to store: memory, or all of a regular file. */
struct aq_bytes {
	const char	*p;
	int		 fd;		/* -1: it is memory */
	size_t		 size;
};

/*
 * aq_bytes_at(from, name, at, n, buf, out, err):
 * ${out} is ${n} of the bytes: of memory where they are, of a file read into
 * ${buf}.  Never mapped: a file that somebody else cuts meanwhile would end
 * this process by SIGBUS.  -1 (TQ_E_IO) when it was cut, or can't be read.
 */
int aq_bytes_at(const struct aq_bytes *from, const char *name, size_t at,
    size_t n, char *buf, struct tq_span *out, struct tq_err *err);

/*
 * aq_blob_upload(s, name, from, replace, err):
 * Store ${from} in parts (a multipart upload), which is given up when it
 * fails.  One that a killed process left is dropped by a sweep.
 */
int aq_blob_upload(struct aq *s, const char *name,
    const struct aq_bytes *from, bool replace, struct tq_err *err);

/*
 * aq_blob_is(s, b, name, size, crc, repeated):
 * Is the object that is there what we were writing?  Same size, and the same
 * sum; where that can't be known (${crc} NULL: of an upload in parts; or we
 * may not look), yes if a try of ours may have been done.
 */
bool aq_blob_is(struct aq *s, const struct tq_s3_bucket *b, const char *name,
    size_t size, const char *crc, bool repeated);

/*
 * aq_no_conditions(s, c, opts):
 * Did ${c} fail because this S3 knows no conditional writes (501)?  Then ${s}
 * sends none from now on: names hold a token or a random tag, and the condition
 * is there for what should not happen.
 */
bool aq_no_conditions(struct aq *s, const struct tq_aws_call *c,
    const struct tq_s3_put *opts);

/* aq_blob_failed(s, c, name, err): -1, in the words for a blob. */
int aq_blob_failed(struct aq *s, const struct tq_aws_call *c,
    const char *name, struct tq_err *err);

/* aq_blob_taken(name, err): -1, TQ_E_TAKEN. */
int aq_blob_taken(const char *name, struct tq_err *err);

#endif

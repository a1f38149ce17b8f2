/*
 * lib/aws/s3_upload.c -- the builders for multipart uploads; see s3.h.
 *
 * Without x-amz-checksum-*: S3 refuses to complete an upload that was begun
 * with an algorithm unless the list of parts has each one's sum, and a list
 * that has them is refused by others' S3.  Nothing would be gained: S3 compares
 * the hash of each part's bytes that the signature is made with.
 */
#include <stdio.h>

#include "aws/request.h"
#include "aws/s3_inside.h"
#include "util/err.h"

int
tq_s3_upload_create(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, const struct tq_s3_put *opts, struct tq_err *err)
{
	if (tq_s3_start(r, b, "POST", key, err) == -1)
		return -1;
	tq_aws_req_query(r, "uploads", NULL);
	tq_s3_content_type(r, opts);
	return tq_aws_req_check(r, err);
}

int
tq_s3_upload_part(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, const char *upload, int part, struct tq_span body,
    struct tq_err *err)
{
	char number[16];

	if (tq_s3_start(r, b, "PUT", key, err) == -1)
		return -1;
	snprintf(number, sizeof(number), "%d", part);
	tq_aws_req_query(r, "partNumber", number);
	tq_aws_req_query(r, "uploadId", upload);
	r->body = body;
	tq_s3_content_type(r, NULL);
	return tq_aws_req_check(r, err);
}

static void
put_escaped(struct tq_buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '&')
			tq_buf_str(b, "&amp;");
		else if (*s == '<')
			tq_buf_str(b, "&lt;");
		else
			tq_buf_chr(b, *s);
	}
}

int
tq_s3_upload_complete(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, const char *upload, const char *const *etags, size_t n,
    const struct tq_s3_put *opts, struct tq_err *err)
{
	size_t i;

	if (tq_s3_start(r, b, "POST", key, err) == -1)
		return -1;
	tq_aws_req_query(r, "uploadId", upload);
	tq_aws_req_header(r, "Content-Type", "application/xml");
	tq_s3_conditions(r, opts);
	tq_buf_str(&r->text, "<CompleteMultipartUpload xmlns=\"" TQ_S3_XMLNS "\">");
	for (i = 0; i < n; i++) {
		tq_buf_fmt(&r->text, "<Part><PartNumber>%zu</PartNumber>"
		    "<ETag>", i + 1);
		put_escaped(&r->text, etags[i]);
		tq_buf_str(&r->text, "</ETag></Part>");
	}
	tq_buf_str(&r->text, "</CompleteMultipartUpload>");
	tq_aws_req_body(r);
	return tq_aws_req_check(r, err);
}

int
tq_s3_upload_abort(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, const char *upload, struct tq_err *err)
{
	if (tq_s3_start(r, b, "DELETE", key, err) == -1)
		return -1;
	tq_aws_req_query(r, "uploadId", upload);
	return tq_aws_req_check(r, err);
}

int
tq_s3_uploads(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *prefix, int max, struct tq_err *err)
{
	char number[16];

	if (tq_s3_start(r, b, "GET", NULL, err) == -1)
		return -1;
	tq_aws_req_query(r, "uploads", NULL);
	tq_aws_req_query(r, "encoding-type", "url");
	tq_aws_req_query(r, "prefix", prefix);
	snprintf(number, sizeof(number), "%d", max);
	tq_aws_req_query(r, "max-uploads", number);
	return tq_aws_req_check(r, err);
}

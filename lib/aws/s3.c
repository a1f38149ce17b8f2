/* lib/aws/s3.c -- the builders; see s3.h. */
#include "aws/s3.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "aws/request.h"
#include "aws/s3_inside.h"
#include "aws/sigv4.h"
#include "util/digest.h"
#include "util/err.h"

#define OWNER	"x-amz-expected-bucket-owner"

bool
tq_s3_path_style(const char *name, bool custom, const char *style)
{
	size_t n = strlen(name);

	if (n < 3 || n > 63 || strspn(name,
	    "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
		return true;
	if (style != NULL && strcmp(style, "path") == 0)
		return true;
	if (style != NULL && strcmp(style, "virtual") == 0)
		return false;
	return custom;
}

/* A name that stays one segment of a path, if only just. */
static bool
name_ok(const char *name)
{
	size_t n = strlen(name);

	return n >= 3 && n <= 255 && name[0] != '.' && strspn(name,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-._") == n;
}

/* S3 Express: other hosts, sessions instead of signatures with one's keys. */
static bool
is_directory(const char *name)
{
	size_t n = strlen(name);

	return n > 6 && strcmp(name + n - 6, "--x-s3") == 0;
}

int
tq_s3_start(struct tq_aws_req *r, const struct tq_s3_bucket *b, const char *method,
    const char *key, struct tq_err *err)
{
	if (tq_aws_req_init(r, method, b->base, err) == -1)
		return -1;
	if (!name_ok(b->name))
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "bucket \"%s\": not a bucket's name", b->name);
	if (is_directory(b->name))
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "bucket \"%s\": a directory bucket (S3 Express) will not "
		    "do: give a general purpose one", b->name);
	if (b->path_style) {
		tq_aws_req_path(r, tq_span_of(b->name));
		if (key != NULL)
			tq_buf_chr(&r->path, '/');
	} else
		r->host = tq_arena_fmt(&r->mem, "%s.%s", b->name, r->host);
	if (b->owner != NULL)
		tq_aws_req_header(r, OWNER, b->owner);
	if (key != NULL) {
		if (*key == '\0' || strlen(key) > 1024)
			return tq_err_set(err, TQ_AT_SEND, TQ_E_DATA,
			    "s3: a key has 1 to 1024 bytes, not %zu",
			    strlen(key));
		tq_aws_req_path(r, tq_span_of(key));
	}
	return 0;
}

uint32_t
tq_s3_crc_more(uint32_t crc, struct tq_span bytes)
{
	return bytes.n == 0 ? crc : (uint32_t)crc32_z(crc,
	    (const void *)bytes.p, bytes.n);
}

const char *
tq_s3_crc_text(uint32_t crc, char text[TQ_S3_CRC_TEXT])
{
	struct tq_buf out = TQ_BUF_INIT(TQ_S3_CRC_TEXT);
	const uint8_t be[4] = { (uint8_t)(crc >> 24), (uint8_t)(crc >> 16),
	    (uint8_t)(crc >> 8), (uint8_t)crc };

	tq_base64_put(&out, be, sizeof(be));
	snprintf(text, TQ_S3_CRC_TEXT, "%s", out.data != NULL ? out.data : "");
	tq_buf_free(&out);
	return text;
}

const char *
tq_s3_crc_of(struct tq_span body, char text[TQ_S3_CRC_TEXT])
{
	return tq_s3_crc_text(tq_s3_crc_more(0, body), text);
}

static void
checksum(struct tq_aws_req *r)
{
	char text[TQ_S3_CRC_TEXT];

	tq_aws_req_header(r, "X-Amz-Checksum-Crc32", tq_s3_crc_of(r->body,
	    text));
}

void
tq_s3_content_type(struct tq_aws_req *r, const struct tq_s3_put *o)
{
	tq_aws_req_header(r, "Content-Type",
	    o != NULL && o->content_type != NULL ? o->content_type :
	    "application/octet-stream");
}

void
tq_s3_conditions(struct tq_aws_req *r, const struct tq_s3_put *o)
{
	if (o == NULL)
		return;
	if (o->if_absent)
		tq_aws_req_header(r, "If-None-Match", "*");
	if (o->if_etag != NULL)
		tq_aws_req_header(r, "If-Match", o->if_etag);
}

int
tq_s3_put(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, struct tq_span body, const struct tq_s3_put *opts,
    struct tq_err *err)
{
	if (tq_s3_start(r, b, "PUT", key, err) == -1)
		return -1;
	r->body = body;
	tq_s3_content_type(r, opts);
	tq_s3_conditions(r, opts);
	checksum(r);
	return tq_aws_req_check(r, err);
}

int
tq_s3_get(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, int64_t at, int64_t size, struct tq_err *err)
{
	char range[64];

	if (tq_s3_start(r, b, "GET", key, err) == -1)
		return -1;
	if (size >= 0)
		snprintf(range, sizeof(range), "bytes=%" PRId64 "-%" PRId64,
		    at, at + size - 1);
	else
		snprintf(range, sizeof(range), "bytes=%" PRId64 "-", at);
	if (at > 0 || size >= 0)
		tq_aws_req_header(r, "Range", range);
	else
		tq_aws_req_header(r, "X-Amz-Checksum-Mode", "ENABLED");
	return tq_aws_req_check(r, err);
}

int
tq_s3_head(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, struct tq_err *err)
{
	if (tq_s3_start(r, b, "HEAD", key, err) == -1)
		return -1;
	tq_aws_req_header(r, "X-Amz-Checksum-Mode", "ENABLED");
	return tq_aws_req_check(r, err);
}

int
tq_s3_delete(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *key, struct tq_err *err)
{
	if (tq_s3_start(r, b, "DELETE", key, err) == -1)
		return -1;
	return tq_aws_req_check(r, err);
}

int
tq_s3_list(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *prefix, const char *after, const char *token, int max,
    struct tq_err *err)
{
	char number[16];

	if (tq_s3_start(r, b, "GET", NULL, err) == -1)
		return -1;
	tq_aws_req_query(r, "list-type", "2");
	/* XML can't hold every byte that a key can. */
	tq_aws_req_query(r, "encoding-type", "url");
	if (prefix != NULL)
		tq_aws_req_query(r, "prefix", prefix);
	if (token != NULL)
		tq_aws_req_query(r, "continuation-token", token);
	else if (after != NULL)
		tq_aws_req_query(r, "start-after", after);
	snprintf(number, sizeof(number), "%d", max);
	tq_aws_req_query(r, "max-keys", number);
	return tq_aws_req_check(r, err);
}

int
tq_s3_bucket_head(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    struct tq_err *err)
{
	if (tq_s3_start(r, b, "HEAD", NULL, err) == -1)
		return -1;
	return tq_aws_req_check(r, err);
}

int
tq_s3_bucket_create(struct tq_aws_req *r, const struct tq_s3_bucket *b,
    const char *region, bool regional, struct tq_err *err)
{
	if (tq_s3_start(r, b, "PUT", NULL, err) == -1)
		return -1;
	tq_aws_req_drop(r, OWNER);
	if (regional)
		tq_aws_req_header(r, "x-amz-bucket-namespace",
		    "account-regional");
	/* The oldest region is the one that may not be named. */
	if (strcmp(region, "us-east-1") != 0) {
		tq_aws_req_header(r, "Content-Type", "application/xml");
		tq_buf_fmt(&r->text, "<CreateBucketConfiguration xmlns=\""
		    TQ_S3_XMLNS "\"><LocationConstraint>%s</LocationConstraint>"
		    "</CreateBucketConfiguration>", region);
		tq_aws_req_body(r);
	}
	return tq_aws_req_check(r, err);
}

/* Sign ${r}, which has its headers, for ${seconds}; frees it. */
static int
presign(const struct tq_sigv4 *s, const struct tq_s3_bucket *b,
    struct tq_aws_req *r, int64_t seconds, struct tq_buf *out,
    struct tq_err *err)
{
	struct tq_sigv4 sig = *s;
	int rc;

	sig.how = TQ_SIGV4_S3;
	r->payload = TQ_AWS_UNSIGNED;
	/* A header would have to be sent by whoever has the URL. */
	tq_aws_req_drop(r, OWNER);
	if (b->owner != NULL)
		tq_aws_req_query(r, OWNER, b->owner);
	if (seconds < 1 || seconds > TQ_SIGV4_EXPIRES_MAX)
		rc = tq_err_set(err, TQ_AT_INPUT, TQ_E_USAGE,
		    "presigned URL: lives 1 s to 7 days, not %" PRId64 " s",
		    seconds);
	else
		rc = tq_sigv4_presign(&sig, r, seconds, err);
	if (rc == 0)
		tq_aws_req_url(r, out);
	tq_aws_req_free(r);
	return rc;
}

int
tq_s3_presign(const struct tq_sigv4 *s, const struct tq_s3_bucket *b,
    const char *method, const char *key, int64_t seconds, struct tq_buf *out,
    struct tq_err *err)
{
	struct tq_aws_req r = { 0 };

	if (tq_s3_start(&r, b, method, key, err) == 0)
		return presign(s, b, &r, seconds, out, err);
	tq_aws_req_free(&r);
	return -1;
}

int
tq_s3_presign_new(const struct tq_sigv4 *s, const struct tq_s3_bucket *b,
    const char *key, int64_t size, int64_t seconds, struct tq_buf *out,
    struct tq_err *err)
{
	const struct tq_s3_put opts = { .if_absent = true };
	struct tq_aws_req r = { 0 };
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, size);
	if (tq_s3_start(&r, b, "PUT", key, err) == 0) {
		tq_aws_req_header(&r, "Content-Length", text);
		tq_s3_conditions(&r, &opts);
		return presign(s, b, &r, seconds, out, err);
	}
	tq_aws_req_free(&r);
	return -1;
}

/* lib/aws/s3_read.c -- the readers; see s3.h. */
#include <stdio.h>
#include <string.h>

#include "aws/endpoint.h"
#include "aws/fault.h"
#include "aws/request.h"
#include "aws/s3.h"
#include "aws/xml.h"
#include "net/http.h"
#include "util/err.h"
#include "util/str.h"
#include "util/time.h"

bool
tq_s3_intact(const struct tq_http_res *res)
{
	const char *want = tq_s3_crc(res);
	char text[TQ_S3_CRC_TEXT];

	return res->status != 200 || want == NULL ||
	    strcmp(tq_s3_crc_of(tq_buf_span(&res->body), text), want) == 0;
}

/* Does the body, behind blanks that kept the connection alive, begin so? */
static bool
body_is_error(const struct tq_http_res *res)
{
	const char *p = res->body.data, *end = p + res->body.len;

	while (p < end && strchr(" \t\r\n", *p) != NULL)
		p++;
	if (end - p > 5 && memcmp(p, "<?xml", 5) == 0) {
		if ((p = memchr(p, '>', (size_t)(end - p))) == NULL)
			return false;
		for (p++; p < end && strchr(" \t\r\n", *p) != NULL; p++)
			;
	}
	return end - p > 6 && memcmp(p, "<Error", 6) == 0;
}

bool
tq_s3_failed(const struct tq_http_res *res, const char *method,
    struct tq_aws_fault *f)
{
	if (res->status >= 200 && res->status < 300 &&
	    !(res->status == 200 && strcmp(method, "POST") == 0 &&
	    body_is_error(res)))
		return false;
	tq_aws_fault_xml(res, f);
	if (f->code[0] == '\0' && res->status == 200)
		/* It was cut short. */
		snprintf(f->code, sizeof(f->code), "InternalError");
	return true;
}

bool
tq_s3_moved(const struct tq_aws_fault *f, const char *region)
{
	/* It becomes part of the host's name. */
	if (!tq_aws_region_ok(f->region) || strcmp(f->region, region) == 0)
		return false;
	if (f->status == 301 || f->status == 307)
		return true;
	/* A HEAD has no code to tell 400s apart. */
	return f->status == 400 && (f->code[0] == '\0' ||
	    tq_aws_fault_is(f, "AuthorizationHeaderMalformed") ||
	    tq_aws_fault_is(f, "IllegalLocationConstraintException"));
}

static const char *
decoded(const char *s, bool url, struct tq_arena *mem)
{
	struct tq_buf b = TQ_BUF_INIT(8192);
	char *plain;

	if (s == NULL || !url)
		return s;
	plain = tq_arena_str(mem, s);
	for (s = plain; *plain != '\0'; plain++)
		if (*plain == '+')
			*plain = ' ';
	tq_uri_unescape(&b, tq_span_of(s));
	s = tq_arena_dup(mem, b.data, b.len);
	tq_buf_free(&b);
	return s;
}

static bool
take_entry(const struct tq_xml *x, bool url, struct tq_arena *mem,
    struct tq_s3_entry *e)
{
	const char *size = tq_xml_text(x, "Size");
	const char *modified = tq_xml_text(x, "LastModified");

	e->key = decoded(tq_xml_text(x, "Key"), url, mem);
	e->modified_ms = 0;
	if (modified != NULL)
		tq_time_parse(modified, 0, &e->modified_ms);
	return e->key != NULL && size != NULL &&
	    tq_str_int(size, 0, INT64_MAX, &e->size) == 0;
}

static int
corrupt(const char *why, struct tq_err *err)
{
	tq_err_set(err, TQ_AT_RECEIVE, TQ_E_CORRUPT, "s3 ListObjectsV2: %s",
	    why);
	if (err != NULL)
		err->retryable = true;
	return -1;
}

int
tq_s3_listed(const struct tq_http_res *res, struct tq_arena *mem,
    struct tq_s3_entry **entries, size_t *n, const char **token,
    struct tq_err *err)
{
	struct tq_err bad = TQ_ERR_INIT;
	struct tq_xml *root = tq_xml_parse(tq_buf_span(&res->body), mem, &bad);
	const struct tq_xml *x;
	const char *s;
	size_t count = 0;
	bool url;

	if (root == NULL || strcmp(root->name, "ListBucketResult") != 0)
		return corrupt(root == NULL ? bad.msg : root->name, err);
	s = tq_xml_text(root, "EncodingType");
	url = s != NULL && strcmp(s, "url") == 0;
	for (x = root->child; x != NULL; x = x->next)
		count += strcmp(x->name, "Contents") == 0;
	*entries = tq_arena_alloc(mem, (count + 1) * sizeof(**entries));
	*n = 0;
	for (x = root->child; x != NULL; x = x->next)
		if (strcmp(x->name, "Contents") == 0 &&
		    !take_entry(x, url, mem, &(*entries)[(*n)++]))
			return corrupt("an entry without key or size", err);
	s = tq_xml_text(root, "IsTruncated");
	*token = s != NULL && strcmp(s, "true") == 0 ?
	    tq_xml_text(root, "NextContinuationToken") : NULL;
	return 0;
}

int
tq_s3_uploads_listed(const struct tq_http_res *res, struct tq_arena *mem,
    struct tq_s3_pending **pending, size_t *n, struct tq_err *err)
{
	struct tq_xml *root = tq_xml_parse(tq_buf_span(&res->body), mem, err);
	const struct tq_xml *x;
	const char *s;
	bool url;

	if (root == NULL)
		return -1;
	s = tq_xml_text(root, "EncodingType");
	url = s != NULL && strcmp(s, "url") == 0;
	for (*n = 0, x = root->child; x != NULL; x = x->next)
		*n += strcmp(x->name, "Upload") == 0;
	*pending = tq_arena_alloc(mem, (*n + 1) * sizeof(**pending));
	for (*n = 0, x = root->child; x != NULL; x = x->next) {
		struct tq_s3_pending *p = &(*pending)[*n];

		if (strcmp(x->name, "Upload") != 0)
			continue;
		p->key = decoded(tq_xml_text(x, "Key"), url, mem);
		p->upload = tq_xml_text(x, "UploadId");
		s = tq_xml_text(x, "Initiated");
		/* Its age is what counts: without one it is left alone. */
		if (p->key != NULL && p->upload != NULL && s != NULL &&
		    tq_time_parse(s, 0, &p->begun_ms) == 0)
			++*n;
	}
	return 0;
}

const char *
tq_s3_upload_id(const struct tq_http_res *res, struct tq_arena *mem)
{
	const char *id = tq_xml_text(tq_xml_parse(tq_buf_span(&res->body),
	    mem, NULL), "UploadId");

	return id != NULL && *id != '\0' ? id : NULL;
}

bool
tq_s3_upload_completed(const struct tq_http_res *res)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_xml *root = tq_xml_parse(tq_buf_span(&res->body), &mem,
	    NULL);
	/* "...Result" by the manual, "...Response" by some. */
	bool whole = root != NULL &&
	    tq_str_starts(root->name, "CompleteMultipartUpload");

	tq_arena_free(&mem);
	return whole;
}

const char *
tq_s3_etag(const struct tq_http_res *res)
{
	return tq_http_get(res, "etag");
}

const char *
tq_s3_crc(const struct tq_http_res *res)
{
	const char *s = tq_http_get(res, "x-amz-checksum-crc32");

	/* "AAAAAA==-3" is a sum over the sums of three parts. */
	return s != NULL && strlen(s) == TQ_S3_CRC_TEXT - 1 ? s : NULL;
}

int64_t
tq_s3_size(const struct tq_http_res *res)
{
	const char *s = tq_http_get(res, "content-length");
	int64_t n;

	return s != NULL && tq_str_int(s, 0, INT64_MAX, &n) == 0 ? n : -1;
}

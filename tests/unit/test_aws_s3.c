/* tests/unit/test_aws_s3.c -- S3 requests and answers. */
#include "t.h"

#include "aws/fault.h"
#include "aws/request.h"
#include "aws/s3.h"
#include "aws/sigv4.h"
#include "t_reply.h"
#include "util/err.h"

static const struct tq_s3_bucket virtual = {
    "https://s3.eu-west-1.amazonaws.com", "my-bucket", false, NULL };
static const struct tq_s3_bucket path = {
    "http://127.0.0.1:9000", "my.bucket", true, NULL };

static struct tq_aws_req req;
static struct tq_err err;

static const char *
url(int rc)
{
	static char text[2048];
	struct tq_buf b = TQ_BUF_INIT(sizeof(text) - 1);

	if (rc == -1) {
		snprintf(text, sizeof(text), "%s", err.msg);
	} else {
		tq_buf_fmt(&b, "%s ", req.method);
		tq_aws_req_url(&req, &b);
		snprintf(text, sizeof(text), "%s", b.data);
	}
	tq_buf_free(&b);
	tq_aws_req_free(&req);
	return text;
}

static void
test_urls(void)
{
	T_STR(url(tq_s3_get(&req, &virtual, "q/1/in", 0, -1, &err)),
	    "GET https://my-bucket.s3.eu-west-1.amazonaws.com/q/1/in");
	T_STR(url(tq_s3_head(&req, &path, "a b/../\xc3\xbc+%=:*~//", &err)),
	    "HEAD http://127.0.0.1:9000/my.bucket/"
	    "a%20b/../%C3%BC%2B%25%3D%3A%2A~//");
	T_STR(url(tq_s3_delete(&req, &path, "/x", &err)),
	    "DELETE http://127.0.0.1:9000/my.bucket//x");
	T_STR(url(tq_s3_list(&req, &virtual, "p/&", NULL, "t=", 10, &err)),
	    "GET https://my-bucket.s3.eu-west-1.amazonaws.com/?list-type=2"
	    "&encoding-type=url&prefix=p%2F%26&continuation-token=t%3D"
	    "&max-keys=10");
	T_STR(url(tq_s3_bucket_head(&req, &path, &err)),
	    "HEAD http://127.0.0.1:9000/my.bucket");
	T_STR(url(tq_s3_upload_create(&req, &path, "k", NULL, &err)),
	    "POST http://127.0.0.1:9000/my.bucket/k?uploads=");
	T_STR(url(tq_s3_upload_part(&req, &path, "k", "id/1", 3,
	    TQ_SPAN_NONE, &err)),
	    "PUT http://127.0.0.1:9000/my.bucket/k?partNumber=3"
	    "&uploadId=id%2F1");
	T_STR(url(tq_s3_upload_abort(&req, &path, "k", "u", &err)),
	    "DELETE http://127.0.0.1:9000/my.bucket/k?uploadId=u");
	T_OK(strstr(url(tq_s3_get(&req, &path, "", 0, -1, &err)),
	    "1 to 1024") != NULL);
}

static void
test_styles(void)
{
	struct tq_s3_bucket bad = path;

	T_OK(!tq_s3_path_style("my-bucket", false, NULL));
	T_OK(tq_s3_path_style("my-bucket", true, NULL));
	T_OK(!tq_s3_path_style("my-bucket", true, "virtual"));
	T_OK(tq_s3_path_style("my-bucket", false, "path"));
	T_OK(tq_s3_path_style("my.bucket", false, "virtual"));
	T_OK(tq_s3_path_style("My_bucket", false, NULL));
	bad.name = "../x";
	T_INT(tq_s3_get(&req, &bad, "k", 0, -1, &err), -1);
	T_INT(err.code, TQ_E_CONFIG);
	tq_aws_req_free(&req);
	bad.name = "a/b";
	T_INT(tq_s3_get(&req, &bad, "k", 0, -1, &err), -1);
	tq_aws_req_free(&req);
	/* Whatever is asked of it. */
	T_INT(tq_s3_list(&req, &bad, NULL, NULL, NULL, 9, &err), -1);
	tq_aws_req_free(&req);
	T_INT(tq_s3_head(&req, &bad, "k", &err), -1);
	tq_aws_req_free(&req);
	T_INT(tq_s3_delete(&req, &bad, "k", &err), -1);
	tq_aws_req_free(&req);
	T_INT(tq_s3_bucket_head(&req, &bad, &err), -1);
	tq_aws_req_free(&req);
	bad.name = "b--usw2-az1--x-s3";
	T_INT(tq_s3_get(&req, &bad, "k", 0, -1, &err), -1);
	T_INT(err.code, TQ_E_CONFIG);
	T_OK(strstr(err.msg, "S3 Express") != NULL);
	tq_aws_req_free(&req);
}

static void
test_headers(void)
{
	struct tq_s3_put opts = { "image/png", true, NULL };

	T_INT(tq_s3_put(&req, &path, "k", tq_span_of("123456789"), &opts,
	    &err), 0);
	/* CRC-32's check value is cbf43926. */
	T_STR(tq_aws_req_find(&req, "x-amz-checksum-crc32"), "y/Q5Jg==");
	T_STR(tq_aws_req_find(&req, "content-type"), "image/png");
	T_STR(tq_aws_req_find(&req, "if-none-match"), "*");
	T_OK(tq_span_eq(req.body, "123456789"));
	tq_aws_req_free(&req);
	opts = (struct tq_s3_put){ NULL, false, "\"etag\"" };
	T_INT(tq_s3_put(&req, &path, "k", TQ_SPAN_NONE, &opts, &err), 0);
	T_STR(tq_aws_req_find(&req, "x-amz-checksum-crc32"), "AAAAAA==");
	T_STR(tq_aws_req_find(&req, "if-match"), "\"etag\"");
	tq_aws_req_free(&req);
	T_INT(tq_s3_get(&req, &path, "k", 100, 50, &err), 0);
	T_STR(tq_aws_req_find(&req, "range"), "bytes=100-149");
	tq_aws_req_free(&req);
	T_INT(tq_s3_get(&req, &path, "k", 100, -1, &err), 0);
	T_STR(tq_aws_req_find(&req, "range"), "bytes=100-");
	tq_aws_req_free(&req);
}

static void
test_multipart(void)
{
	static const char *const etags[] = { "\"a&b\"", "\"c\"" };
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_aws_fault f;
	struct tq_http_res r;

	/* Or S3 wants each part's sum in the list, which others refuse. */
	T_INT(tq_s3_upload_create(&req, &path, "k", NULL, &err), 0);
	T_OK(tq_aws_req_find(&req, "x-amz-checksum-algorithm") == NULL);
	tq_aws_req_free(&req);
	T_INT(tq_s3_upload_part(&req, &path, "k", "u", 1, tq_span_of("x"),
	    &err), 0);
	T_OK(tq_aws_req_find(&req, "x-amz-checksum-crc32") == NULL);
	tq_aws_req_free(&req);
	T_INT(tq_s3_upload_complete(&req, &path, "k", "u", etags, 2, NULL,
	    &err), 0);
	T_STR(req.text.data, "<CompleteMultipartUpload xmlns="
	    "\"http://s3.amazonaws.com/doc/2006-03-01/\"><Part><PartNumber>1"
	    "</PartNumber><ETag>\"a&amp;b\"</ETag></Part><Part><PartNumber>2"
	    "</PartNumber><ETag>\"c\"</ETag></Part>"
	    "</CompleteMultipartUpload>");
	T_STR(tq_aws_req_find(&req, "content-type"), "application/xml");
	tq_aws_req_free(&req);
	r = t_reply(200, NULL, "<InitiateMultipartUploadResult><UploadId>u-1"
	    "</UploadId></InitiateMultipartUploadResult>");
	T_STR(tq_s3_upload_id(&r, &mem), "u-1");
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "  \n <?xml version=\"1.0\"?>\n<Error><Code>"
	    "InternalError</Code><Message>m</Message></Error>");
	T_OK(tq_s3_failed(&r, "POST", &f));
	T_STR(f.code, "InternalError");
	T_OK(!tq_s3_upload_completed(&r));
	tq_aws_fault_err(&f, "s3", &err);
	T_OK(err.retryable);
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "<Error><Code>Int");
	T_OK(tq_s3_failed(&r, "POST", &f));
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "<Error><Code>InternalError</Code></Error>");
	T_OK(!tq_s3_failed(&r, "GET", &f));	/* the user's own bytes */
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "<CompleteMultipartUploadResult><ETag>x</ETag>"
	    "</CompleteMultipartUploadResult>");
	T_OK(!tq_s3_failed(&r, "POST", &f));
	T_OK(tq_s3_upload_completed(&r));
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "<CompleteMultipartUploadResult><ETa");
	T_OK(!tq_s3_upload_completed(&r));
	tq_http_res_free(&r);
	tq_arena_free(&mem);
}

static void
test_listed(void)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_http_res r = t_reply(200, NULL, "<?xml version=\"1.0\"?>"
	    "<ListBucketResult xmlns=\"x\"><EncodingType>url</EncodingType>"
	    "<Contents><Key>a%2Fb+c%2B%00</Key><Size>5</Size><LastModified>"
	    "2015-08-30T12:36:00.000Z</LastModified></Contents>"
	    "<Contents><Key>d&amp;e</Key><Size>99999999999</Size></Contents>"
	    "<IsTruncated>true</IsTruncated><NextContinuationToken>n=="
	    "</NextContinuationToken></ListBucketResult>");
	struct tq_s3_entry *e;
	const char *token;
	size_t n;

	T_INT(tq_s3_listed(&r, &mem, &e, &n, &token, &err), 0);
	T_INT(n, 2);
	T_STR(e[0].key, "a/b c+");
	T_INT(e[0].modified_ms, INT64_C(1440938160000));
	T_STR(e[1].key, "d&e");
	T_INT(e[1].size, INT64_C(99999999999));
	T_STR(token, "n==");
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "<ListBucketResult><Contents><Key>a+b</Key>"
	    "<Size>1</Size></Contents><IsTruncated>false</IsTruncated>"
	    "</ListBucketResult>");
	T_INT(tq_s3_listed(&r, &mem, &e, &n, &token, &err), 0);
	T_STR(e[0].key, "a+b");
	T_OK(token == NULL);
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>");
	T_INT(tq_s3_listed(&r, &mem, &e, &n, &token, &err), -1);
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "<ListBucketResult><Contents>");
	T_INT(tq_s3_listed(&r, &mem, &e, &n, &token, &err), -1);
	T_OK(err.retryable);
	tq_http_res_free(&r);
	tq_arena_free(&mem);
}

static void
test_moved(void)
{
	static const struct {
		int status;
		const char *head, *body, *region;
		bool moved;
	} t[] = {
		{ 301, "x-amz-bucket-region: eu-west-2\n", "", "eu-west-2",
		    true },
		{ 307, NULL, "<Error><Code>TemporaryRedirect</Code><Region>"
		    "eu-west-2</Region></Error>", "eu-west-2", true },
		{ 400, NULL, "<Error><Code>AuthorizationHeaderMalformed</Code>"
		    "<Region>eu-west-2</Region></Error>", "eu-west-2", true },
		{ 400, "x-amz-bucket-region: eu-west-2\n", "", "eu-west-2",
		    true },
		{ 403, "x-amz-bucket-region: eu-west-2\n", "", "eu-west-2",
		    false },
		{ 301, NULL, "", "", false },
		/* It would lead elsewhere, with the request's signature. */
		{ 301, "x-amz-bucket-region: x.example.org/\n", "",
		    "x.example.org/", false },
		{ 301, "x-amz-bucket-region: us-east-1\n", "", "us-east-1",
		    false },
	};
	struct tq_aws_fault f;
	struct tq_http_res r;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		r = t_reply(t[i].status, t[i].head, t[i].body);
		T_OK(tq_s3_failed(&r, "HEAD", &f));
		T_STR(f.region, t[i].region);
		if (tq_s3_moved(&f, "us-east-1") != t[i].moved)
			T_FAIL("case %zu", i);
		tq_http_res_free(&r);
	}
}

static void
test_pending_uploads(void)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_s3_pending *p;
	struct tq_http_res r;
	size_t n;

	T_INT(tq_s3_uploads(&req, &path, "q/", 10, &err), 0);
	T_STR(req.method, "GET");
	tq_aws_req_free(&req);
	r = t_reply(200, NULL, "<ListMultipartUploadsResult>"
	    "<EncodingType>url</EncodingType><Upload><Key>q%2Fa+b</Key>"
	    "<UploadId>u-1</UploadId>"
	    "<Initiated>1970-01-01T00:00:01.000Z</Initiated></Upload>"
	    "<Upload><Key>q/no-time</Key><UploadId>u-2</UploadId></Upload>"
	    "</ListMultipartUploadsResult>");
	T_INT(tq_s3_uploads_listed(&r, &mem, &p, &n, &err), 0);
	T_MUST(n == 1);
	T_STR(p[0].key, "q/a b");
	T_STR(p[0].upload, "u-1");
	T_INT(p[0].begun_ms, 1000);
	tq_http_res_free(&r);
	r = t_reply(200, NULL, "<ListMultip");
	T_INT(tq_s3_uploads_listed(&r, &mem, &p, &n, &err), -1);
	tq_http_res_free(&r);
	tq_arena_free(&mem);
}

static void
test_sums(void)
{
	char text[TQ_S3_CRC_TEXT];
	struct tq_http_res r;

	T_STR(tq_s3_crc_of(tq_span_of("123456789"), text), "y/Q5Jg==");
	r = t_reply(200, "x-amz-checksum-crc32: y/Q5Jg==\n", "");
	T_STR(tq_s3_crc(&r), "y/Q5Jg==");
	tq_http_res_free(&r);
	/* A sum over the sums of parts says nothing about the whole. */
	r = t_reply(200, "x-amz-checksum-crc32: y/Q5Jg==-2\n", "");
	T_OK(tq_s3_crc(&r) == NULL);
	tq_http_res_free(&r);
}

static void
test_bare_status(void)
{
	static const struct {
		int status;
		enum tq_code is;
	} t[] = { { 403, TQ_E_DENIED }, { 404, TQ_E_NOTFOUND },
	    { 412, TQ_E_LOST }, { 503, TQ_E_UNAVAILABLE } };
	struct tq_aws_fault f;
	struct tq_http_res r;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		r = t_reply(t[i].status, NULL, "");
		T_OK(tq_s3_failed(&r, "HEAD", &f));
		tq_aws_fault_err(&f, "s3 HEAD", &err);
		T_INT(err.code, t[i].is);
		tq_http_res_free(&r);
	}
}

static void
test_intact(void)
{
	static const struct {
		int status;
		const char *head;
		bool ok;
	} t[] = {
		{ 200, "x-amz-checksum-crc32: y/Q5Jg==\n", true },
		{ 200, "x-amz-checksum-crc32: AAAAAA==\n", false },
		{ 200, "x-amz-checksum-crc32: AAAAAA==-2\n", true },
		{ 206, "x-amz-checksum-crc32: AAAAAA==\n", true },
		{ 200, NULL, true },
	};
	struct tq_http_res r;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		r = t_reply(t[i].status, t[i].head, "123456789");
		if (tq_s3_intact(&r) != t[i].ok)
			T_FAIL("case %zu", i);
		tq_http_res_free(&r);
	}
	r = t_reply(200, "Content-Length: 12\nETag: \"e\"\n", "");
	T_INT(tq_s3_size(&r), 12);
	T_STR(tq_s3_etag(&r), "\"e\"");
	tq_http_res_free(&r);
}

static void
test_presign(void)
{
	struct tq_sigv4 s = { "AKIAIOSFODNN7EXAMPLE",
	    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL, "us-east-1",
	    "s3", INT64_C(1369353600000), 0, NULL };
	struct tq_s3_bucket b = { "https://s3.amazonaws.com",
	    "examplebucket", false, NULL };
	struct tq_buf out = TQ_BUF_INIT(4096);

	T_INT(tq_s3_presign(&s, &b, "GET", "test.txt", 86400, &out, &err), 0);
	T_OK(strstr(out.data, "https://examplebucket.s3.amazonaws.com/"
	    "test.txt?X-Amz-Algorithm=") == out.data);
	T_OK(strstr(out.data, "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d8"
	    "6835f995330da4c265957d157751f604d404") != NULL);
	/* As botocore 1.43.11 signs it. */
	b.owner = "123456789012";
	tq_buf_clear(&out);
	T_INT(tq_s3_presign(&s, &b, "GET", "test.txt", 86400, &out, &err), 0);
	T_OK(strstr(out.data, "?x-amz-expected-bucket-owner=123456789012&")
	    != NULL);
	T_OK(strstr(out.data, "&X-Amz-SignedHeaders=host&") != NULL);
	T_OK(strstr(out.data, "&X-Amz-Signature=971d56401d80eccf44569b2aece7"
	    "6a5aa5bb50ad16405bcb892de53543420002") != NULL);
	tq_buf_clear(&out);
	T_INT(tq_s3_presign_new(&s, &b, "test.txt", 12, 86400, &out, &err), 0);
	T_OK(strstr(out.data, "&X-Amz-SignedHeaders=content-length%3Bhost%3B"
	    "if-none-match&") != NULL);
	T_OK(strstr(out.data, "&X-Amz-Signature=f394197954b0fc6e606c1b93d807"
	    "d13f68959224aa8749c615b4361aceed7ce1") != NULL);
	T_INT(tq_s3_presign(&s, &b, "GET", "k", 0, &out, &err), -1);
	T_INT(tq_s3_presign(&s, &b, "GET", "k", 604801, &out, &err), -1);
	tq_buf_free(&out);
}

/* The request's header, before it is freed. */
static const char *
owner_of(int rc)
{
	static char text[64];
	const char *v;

	T_INT(rc, 0);
	v = tq_aws_req_find(&req, "X-Amz-Expected-Bucket-Owner");
	snprintf(text, sizeof(text), "%s", v != NULL ? v : "none");
	tq_aws_req_free(&req);
	return text;
}

static void
test_owner(void)
{
	static const char *const etags[] = { "\"e\"" };
	struct tq_s3_bucket b = virtual;

	b.owner = "123456789012";
	T_STR(owner_of(tq_s3_put(&req, &b, "k", TQ_SPAN_NONE, NULL, &err)),
	    b.owner);
	T_STR(owner_of(tq_s3_get(&req, &b, "k", 0, -1, &err)), b.owner);
	T_STR(owner_of(tq_s3_head(&req, &b, "k", &err)), b.owner);
	T_STR(owner_of(tq_s3_delete(&req, &b, "k", &err)), b.owner);
	T_STR(owner_of(tq_s3_list(&req, &b, "", NULL, NULL, 1, &err)),
	    b.owner);
	T_STR(owner_of(tq_s3_upload_create(&req, &b, "k", NULL, &err)),
	    b.owner);
	T_STR(owner_of(tq_s3_upload_part(&req, &b, "k", "u", 1, TQ_SPAN_NONE,
	    &err)), b.owner);
	T_STR(owner_of(tq_s3_upload_complete(&req, &b, "k", "u", etags, 1,
	    NULL, &err)), b.owner);
	T_STR(owner_of(tq_s3_upload_abort(&req, &b, "k", "u", &err)),
	    b.owner);
	T_STR(owner_of(tq_s3_uploads(&req, &b, "", 1, &err)), b.owner);
	T_STR(owner_of(tq_s3_bucket_head(&req, &b, &err)), b.owner);
	/* S3 does not take it there. */
	T_STR(owner_of(tq_s3_bucket_create(&req, &b, "eu-west-1", false, &err)),
	    "none");
	T_STR(owner_of(tq_s3_get(&req, &virtual, "k", 0, -1, &err)), "none");
}

static void
test_create(void)
{
	T_INT(tq_s3_bucket_create(&req, &path, "us-east-1",
	    false, &err), 0);
	T_INT(req.body.n, 0);
	T_OK(tq_aws_req_find(&req, "x-amz-bucket-namespace") == NULL);
	tq_aws_req_free(&req);
	T_INT(tq_s3_bucket_create(&req, &path, "eu-west-1", true,
	    &err), 0);
	T_STR(tq_aws_req_find(&req, "x-amz-bucket-namespace"),
	    "account-regional");
	T_OK(strstr(req.text.data, "<LocationConstraint>eu-west-1<") != NULL);
	tq_aws_req_free(&req);
}

T_MAIN(
	{ "keys are encoded once, in path and virtual-host style", test_urls },
	{ "the style follows endpoint, name and setting", test_styles },
	{ "puts carry checksum and condition, gets a range", test_headers },
	{ "multipart: no sums, the parts' list; errors inside a 200",
	    test_multipart },
	{ "listings are read, with their encoding", test_listed },
	{ "a bucket elsewhere is recognised in all its forms", test_moved },
	{ "uploads that were never ended are listed with their age",
	    test_pending_uploads },
	{ "sums are written as S3 does, and of parts not trusted", test_sums },
	{ "a bare status has a meaning", test_bare_status },
	{ "a body that is not what its CRC says is noticed", test_intact },
	{ "presigned URLs are the manual's, and botocore's", test_presign },
	{ "each request but CreateBucket says whose bucket it must be",
	    test_owner },
	{ "a bucket's region is named, but for the first", test_create }
)

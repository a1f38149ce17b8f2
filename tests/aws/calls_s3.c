/* tests/aws/calls_s3.c -- the part of aws_calls about S3; see calls.h. */
#include "calls.h"

#include "aws/s3.h"
#include "aws/sigv4.h"

#define PART	(5 * 1024 * 1024)

static struct tq_s3_bucket bucket;
static const char *strange = "q/a b/gr\xc3\xbcn+=%:*~'()&$@,;!/x";

static void
test_bucket(void)
{
	if (lacks("strange-keys"))
		strange = "q/a.b-c_d/x";
	T_INT(tq_aws_bucket(client, name, &bucket, &err), 0);
	S3("CreateBucket", tq_s3_bucket_create(&c.req, &bucket,
	    tq_aws_region_of(client), false, &err));
	S3("HeadBucket", tq_s3_bucket_head(&c.req, &bucket, &err));
}

static void
test_objects(void)
{
	const struct tq_s3_put png = { "image/png", false, NULL };
	struct tq_span bytes = { "a\0b\n", 4 };
	struct tq_aws_fault f;

	S3("PutObject", tq_s3_put(&c.req, &bucket, strange, bytes, &png,
	    &err));
	T_OK(tq_s3_etag(&c.res) != NULL);
	S3("HeadObject", tq_s3_head(&c.req, &bucket, strange, &err));
	T_INT(tq_s3_size(&c.res), 4);
	T_STR(tq_http_get(&c.res, "content-type"), "image/png");
	S3("GetObject", tq_s3_get(&c.req, &bucket, strange, 0, -1, &err));
	T_OK(c.res.body.len == 4 && memcmp(c.res.body.data, "a\0b\n", 4) == 0);
	S3("GetObject", tq_s3_get(&c.req, &bucket, strange, 2, 2, &err));
	T_INT(c.res.status, 206);
	T_INT(c.res.body.len, 2);
	begin(TQ_AWS_S3, "s3 GetObject");
	done(tq_s3_get(&c.req, &bucket, "no/such/key", 0, -1, &err),
	    "NoSuchKey");
	T_INT(c.err.code, TQ_E_NOTFOUND);
	begin(TQ_AWS_S3, "s3 HeadObject");
	T_INT(tq_s3_head(&c.req, &bucket, "no/such/key", &err), 0);
	T_INT(tq_aws_call(client, &c, 1), 1);
	T_OK(tq_s3_failed(&c.res, "HEAD", &f));
	T_INT(c.err.code, TQ_E_NOTFOUND);
}

static void
test_conditional(void)
{
	const struct tq_s3_put absent = { NULL, true, NULL };

	LEAVE_OUT("if-none-match");
	S3("PutObject", tq_s3_put(&c.req, &bucket, "once", tq_span_of("1"),
	    &absent, &err));
	begin(TQ_AWS_S3, "s3 PutObject");
	done(tq_s3_put(&c.req, &bucket, "once", tq_span_of("2"), &absent,
	    &err), "PreconditionFailed");
	T_INT(c.err.code, TQ_E_LOST);
}

static void
test_list(void)
{
	struct tq_s3_entry *e;
	const char *token = NULL;
	size_t n, total = 0, hits = 0, i;

	S3("PutObject", tq_s3_put(&c.req, &bucket, "q/2", TQ_SPAN_NONE, NULL,
	    &err));
	do {
		S3("ListObjectsV2", tq_s3_list(&c.req, &bucket,
		    lacks("strange-keys") ? "q" : "q/", NULL, token, 1,
		    &err));
		T_INT(tq_s3_listed(&c.res, &mem, &e, &n, &token, &err), 0);
		for (i = 0; i < n; i++)
			hits += strcmp(e[i].key, strange) == 0 &&
			    e[i].size == 4 && e[i].modified_ms > 0;
		total += n;
	} while (token != NULL && total < 10);
	T_INT(total, 2);
	T_INT(hits, 1);
	S3("DeleteObject", tq_s3_delete(&c.req, &bucket, strange, &err));
	S3("DeleteObject", tq_s3_delete(&c.req, &bucket, strange, &err));
}

static void
test_multipart(void)
{
	const char *etags[2], *upload;
	char *bytes = tq_arena_alloc(&mem, PART);
	int i;

	memset(bytes, 'x', PART);
	S3("CreateMultipartUpload", tq_s3_upload_create(&c.req, &bucket,
	    "big", NULL, &err));
	upload = tq_s3_upload_id(&c.res, &mem);
	T_MUST(upload != NULL);
	for (i = 0; i < 2; i++) {
		S3("UploadPart", tq_s3_upload_part(&c.req, &bucket, "big",
		    upload, i + 1, (struct tq_span){ bytes, i ? 3 : PART },
		    &err));
		T_MUST(tq_s3_etag(&c.res) != NULL);
		etags[i] = tq_arena_str(&mem, tq_s3_etag(&c.res));
	}
	S3("CompleteMultipartUpload", tq_s3_upload_complete(&c.req, &bucket,
	    "big", upload, etags, 2, NULL, &err));
	T_OK(tq_s3_upload_completed(&c.res));
	S3("HeadObject", tq_s3_head(&c.req, &bucket, "big", &err));
	T_INT(tq_s3_size(&c.res), PART + 3);
	S3("DeleteObject", tq_s3_delete(&c.req, &bucket, "big", &err));
}

/* How many uploads of q/... are not ended; the first in *${p}. */
static size_t
pending(struct tq_s3_pending *p)
{
	struct tq_s3_pending *all;
	size_t n = 0;

	S3("ListMultipartUploads", tq_s3_uploads(&c.req, &bucket,
	    lacks("strange-keys") ? "q" : "q/", 10, &err));
	T_INT(tq_s3_uploads_listed(&c.res, &mem, &all, &n, &err), 0);
	if (n > 0)
		*p = all[0];
	return n;
}

static void
test_given_up(void)
{
	struct tq_s3_pending p;
	const char *upload;

	S3("CreateMultipartUpload", tq_s3_upload_create(&c.req, &bucket,
	    strange, NULL, &err));
	upload = tq_s3_upload_id(&c.res, &mem);
	T_MUST(upload != NULL);
	if (!lacks("uploads")) {
		T_MUST(pending(&p) == 1);
		T_STR(p.key, strange);
		T_STR(p.upload, upload);
		T_OK(p.begun_ms > 0);
	}
	S3("AbortMultipartUpload", tq_s3_upload_abort(&c.req, &bucket,
	    strange, upload, &err));
	if (!lacks("uploads"))
		T_INT(pending(&p), 0);
}

/* Sent by somebody who has nothing but what is in ${req}. */
static int
send(const struct tq_http_req *req, struct tq_buf *got)
{
	struct tq_http_res res;
	struct tq_http *h;
	int status;

	if (tq_http_new(&(struct tq_http_opts){ 0 }, &h, &err) == -1)
		return -1;
	tq_http_perform(h, req, 1, &res);
	status = res.status;
	if (got != NULL)
		tq_buf_add(got, res.body.data, res.body.len);
	tq_http_res_free(&res);
	tq_http_free(h);
	return status;
}

static int
by_url(const char *method, const char *url, struct tq_span body,
    struct tq_buf *got)
{
	return send(&(struct tq_http_req){ .method = method, .url = url,
	    .body = body }, got);
}

static char *
presigned(struct tq_aws *by, const char *method, const char *key_name)
{
	struct tq_buf url = TQ_BUF_INIT(8192);
	char *s;

	T_INT(tq_aws_presign(by, &bucket, method, key_name, 60, &url, &err),
	    0);
	s = tq_arena_dup(&mem, url.data, url.len);
	tq_buf_free(&url);
	return s;
}

static void
test_presigned(void)
{
	struct tq_buf got = TQ_BUF_INIT(65536);

	LEAVE_OUT("presign");
	T_INT(by_url("PUT", presigned(client, "PUT", strange),
	    tq_span_of("by url"), NULL), 200);
	T_INT(by_url("GET", presigned(client, "GET", strange), TQ_SPAN_NONE,
	    &got), 200);
	T_STR(got.data, "by url");
	tq_buf_free(&got);
}

/* -- what must be refused ---------------------------------------------------- */

static int64_t
an_hour_ago(void *arg)
{
	(void)arg;
	return tq_wall_ms(&tq_env_system) - INT64_C(3600000);
}

/* Another client whose clock is an hour slow. */
static struct tq_aws *
slow_client(void)
{
	static struct tq_env env;
	struct tq_aws_opts opts = { .env = &env };
	struct tq_aws *a = NULL;

	env = tq_env_system;
	env.wall_ms = an_hour_ago;
	T_INT(tq_aws_new(&opts, &a, &err), 0);
	return a;
}

static void
test_url_refused(void)
{
	struct tq_aws *slow;
	char *url, *p;

	LEAVE_OUT("verify");
	LEAVE_OUT("presign");
	T_MUST((slow = slow_client()) != NULL);
	T_INT(by_url("GET", presigned(slow, "GET", strange), TQ_SPAN_NONE,
	    NULL), 403);
	tq_aws_free(slow);
	url = presigned(client, "GET", strange);
	T_INT(by_url("PUT", url, tq_span_of("x"), NULL), 403);
	T_MUST((p = strstr(url, "X-Amz-Signature=")) != NULL);
	p += strlen("X-Amz-Signature=");
	*p = *p == '0' ? '1' : '0';
	T_INT(by_url("GET", url, TQ_SPAN_NONE, NULL), 403);
	url = presigned(client, "GET", "q/one");
	T_MUST((p = strstr(url, "q/one")) != NULL);
	p[4] = 'f';
	T_INT(by_url("GET", url, TQ_SPAN_NONE, NULL), 403);
	url = presigned(client, "GET", strange);
	T_MUST((p = strstr(url, "X-Amz-Expires=60")) != NULL);
	p[strlen("X-Amz-Expires=")] = '9';
	T_INT(by_url("GET", url, TQ_SPAN_NONE, NULL), 403);
}

/* Signed for some bytes, sent with others. */
static void
test_body_refused(void)
{
	struct tq_sigv4 s = { .key_id = getenv("AWS_ACCESS_KEY_ID"),
	    .secret = getenv("AWS_SECRET_ACCESS_KEY"),
	    .region = tq_aws_region_of(client), .service = "s3",
	    .now_ms = tq_wall_ms(&tq_env_system), .how = TQ_SIGV4_S3 };
	struct tq_buf url = TQ_BUF_INIT(8192);
	struct tq_http_req h = { .method = "PUT" };
	struct tq_aws_req r;
	const char *const bodies[] = { "as signed", "otherwise" };
	int i, want[] = { 200, 400 };

	LEAVE_OUT("verify");
	T_INT(tq_s3_put(&r, &bucket, "q/body", tq_span_of(bodies[0]), NULL,
	    &err), 0);
	T_INT(tq_sigv4_sign(&s, &r, &err), 0);
	tq_aws_req_url(&r, &url);
	h.url = url.data;
	h.headers = r.header;
	h.nheaders = r.nheaders;
	for (i = 0; i < 2; i++) {
		h.body = tq_span_of(bodies[i]);
		T_INT(send(&h, NULL), want[i]);
	}
	s.secret = "wrong";
	T_INT(tq_sigv4_sign(&s, &r, &err), 0);
	h.headers = r.header;
	h.body = tq_span_of(bodies[0]);
	T_INT(send(&h, NULL), 403);
	tq_aws_req_free(&r);
	tq_buf_free(&url);
	S3("DeleteObject", tq_s3_delete(&c.req, &bucket, "q/body", &err));
}

/* The service says what time it is, and the call goes through. */
static void
test_clock(void)
{
	struct tq_aws *fine = client, *slow;

	LEAVE_OUT("verify");
	T_MUST((slow = slow_client()) != NULL);
	client = slow;
	S3("ListObjectsV2", tq_s3_list(&c.req, &bucket, NULL, NULL, NULL, 1,
	    &err));
	T_INT(c.tries, 2);
	S3("PutObject", tq_s3_put(&c.req, &bucket, "q/late", TQ_SPAN_NONE,
	    NULL, &err));
	T_INT(c.tries, 1);	/* it has learned */
	S3("DeleteObject", tq_s3_delete(&c.req, &bucket, "q/late", &err));
	client = fine;
	tq_aws_call_free(&c);
	tq_aws_free(slow);
}

const struct t_case s3_cases[] = {
	{ "S3: a bucket is made", test_bucket },
	{ "S3: objects with strange keys come back", test_objects },
	{ "S3: a put on condition", test_conditional },
	{ "S3: listing page by page, deleting twice", test_list },
	{ "S3: multipart uploads", test_multipart },
	{ "S3: an upload that was not ended is listed, and given up",
	    test_given_up },
	{ "S3: presigned URLs put and get", test_presigned },
	{ "S3: a presigned URL that expired or was changed is refused",
	    test_url_refused },
	{ "S3: other bytes than those signed, and a wrong secret, are refused",
	    test_body_refused },
	{ "S3: a clock that is an hour slow is corrected", test_clock },
};
const size_t ns3_cases = sizeof(s3_cases) / sizeof(s3_cases[0]);

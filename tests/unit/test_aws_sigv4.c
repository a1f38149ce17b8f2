/*
 * tests/unit/test_aws_sigv4.c -- SigV4 step by step; the official suite is
 * in test_aws_sigv4_suite.c.
 */
#include "t.h"

#include "aws/request.h"
#include "aws/sigv4.h"
#include "util/digest.h"
#include "util/err.h"

#define KEY_ID	"AKIAIOSFODNN7EXAMPLE"
#define SECRET	"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define MAY_24	INT64_C(1369353600000)	/* 2013-05-24T00:00:00Z */

static char text[16384];

static const char *
take(struct tq_buf *b)
{
	snprintf(text, sizeof(text), "%s", b->data != NULL ? b->data : "");
	tq_buf_free(b);
	return text;
}

static const char *
path(const char *wire, unsigned how)
{
	struct tq_buf b = TQ_BUF_INIT(65536);

	tq_sigv4_canon_path(&b, tq_span_of(wire), how);
	return take(&b);
}

static const char *
query(const char *wire)
{
	struct tq_buf b = TQ_BUF_INIT(65536);

	tq_sigv4_canon_query(&b, tq_span_of(wire));
	return take(&b);
}

static void
test_paths(void)
{
	static const struct {
		const char *wire, *s3, *others;
	} t[] = {
		{ "/", "/", "/" },
		{ "", "/", "/" },
		{ "//", "//", "/" },
		{ "/a//b/", "/a//b/", "/a/b/" },
		{ "/a/../b", "/a/../b", "/b" },
		{ "/../../b/..", "/../../b/..", "/" },
		{ "/a/./b/.", "/a/./b/.", "/a/b" },
		{ "/a/.../b", "/a/.../b", "/a/.../b" },
		{ "/..a/b..", "/..a/b..", "/..a/b.." },
		{ "/a%2Fb%20c", "/a%2Fb%20c", "/a%252Fb%2520c" },
		{ "/a%3Db%2B%3A", "/a%3Db%2B%3A", "/a%253Db%252B%253A" },
		{ "/gr%C3%BCn~", "/gr%C3%BCn~", "/gr%25C3%25BCn~" },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		T_STR(path(t[i].wire, TQ_SIGV4_S3), t[i].s3);
		T_STR(path(t[i].wire, TQ_SIGV4_OTHERS), t[i].others);
	}
}

/* Each of these was signed wrongly by a released libcurl. */
static void
test_queries(void)
{
	static const struct {
		const char *wire, *canon;
	} t[] = {
		{ "", "" },
		{ "uploads", "uploads=" },			/* #8107 */
		{ "b=2&a=1", "a=1&b=2" },			/* #9717 */
		{ "a=2&a=1&a=", "a=&a=1&a=2" },
		{ "q.parser=x&q=y", "q=y&q.parser=x" },
		{ "a-b=1&a=2&a.c=3", "a=2&a-b=1&a.c=3" },
		{ "&&a=1&&", "a=1" },
		{ "a=b=c", "a=b%3Dc" },
		{ "a=%2f%2F", "a=%2F%2F" },
		{ "a=x+y", "a=x%2By" },				/* %2b */
		{ "a=*'()!", "a=%2A%27%28%29%21" },
		{ "gr\xc3\xbcn=%c3%bc", "gr%C3%BCn=%C3%BC" },
		{ "%=%zz&%4", "%25=%25zz&%254=" },
		{ "a&a=&A=1", "A=1&a=&a=" },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		T_STR(query(t[i].wire), t[i].canon);
}

static void
test_headers(void)
{
	struct tq_buf out = TQ_BUF_INIT(4096), names = TQ_BUF_INIT(4096);
	struct tq_sigv4 s = { .how = TQ_SIGV4_S3 };
	struct tq_aws_req r;
	struct tq_err err = TQ_ERR_INIT;

	T_INT(tq_aws_req_init(&r, "PUT", "https://b.s3.amazonaws.com:443",
	    &err), 0);
	tq_aws_req_header(&r, "Expect", "");
	tq_aws_req_header(&r, "User-Agent", "tq");
	tq_aws_req_header(&r, "Host", "other");
	tq_aws_req_header(&r, "x-amz-meta-a-b", "2");
	tq_aws_req_header(&r, "x-amz-meta-a", " 1  2\t3 ");
	tq_aws_req_header(&r, "X-Amz-Meta-A", "again");
	tq_aws_req_header(&r, "Empty", "");
	tq_sigv4_canon_headers(&s, &r, &out, &names);
	T_STR(names.data, "empty;host;x-amz-meta-a;x-amz-meta-a-b");
	T_STR(out.data, "empty:\nhost:b.s3.amazonaws.com\n"
	    "x-amz-meta-a:1 2 3,again\nx-amz-meta-a-b:2\n");
	tq_buf_free(&out);
	tq_buf_free(&names);
	tq_aws_req_free(&r);

	T_INT(tq_aws_req_init(&r, "PUT", "http://127.0.0.1:4566", &err), 0);
	tq_sigv4_canon_headers(&s, &r, &out, &names);
	T_STR(out.data, "host:127.0.0.1:4566\n");
	tq_buf_free(&out);
	tq_buf_free(&names);
	tq_aws_req_free(&r);
}

/* The examples of "Signature Calculations for the Authorization Header". */
static void
example(const char *method, const char *key, const char *name,
    const char *value, const char *body, const char *const headers[][2],
    const char *want)
{
	struct tq_sigv4 s = { KEY_ID, SECRET, NULL, "us-east-1", "s3", MAY_24,
	    TQ_SIGV4_S3, NULL };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_aws_req r;
	const char *auth;
	size_t i;

	T_INT(tq_aws_req_init(&r, method,
	    "https://examplebucket.s3.amazonaws.com", &err), 0);
	tq_aws_req_path(&r, tq_span_of(key));
	if (name != NULL)
		tq_aws_req_query(&r, name, value);
	for (i = 0; headers != NULL && headers[i][0] != NULL; i++)
		tq_aws_req_header(&r, headers[i][0], headers[i][1]);
	r.body = tq_span_of(body);
	T_INT(tq_sigv4_sign(&s, &r, &err), 0);
	auth = tq_aws_req_find(&r, "authorization");
	T_MUST(auth != NULL && strstr(auth, "Signature=") != NULL);
	T_STR(strstr(auth, "Signature=") + 10, want);
	tq_aws_req_free(&r);
}

static void
test_s3_examples(void)
{
	static const char *const get[][2] = { { "Range", "bytes=0-9" },
	    { NULL, NULL } };
	static const char *const put[][2] = {
	    { "Date", "Fri, 24 May 2013 00:00:00 GMT" },
	    { "x-amz-storage-class", "REDUCED_REDUNDANCY" },
	    { NULL, NULL } };

	example("GET", "test.txt", NULL, NULL, "", get,
	    "f0e8bdb87c964420e857bd35b5d6ed31"
	    "0bd44f0170aba48dd91039c6036bdb41");
	example("PUT", "test$file.text", NULL, NULL, "Welcome to Amazon S3.",
	    put, "98ad721746da40c64f1a55b78f14c238"
	    "d841ea1380cd77a1b5971af0ece108bd");
	example("GET", "", "lifecycle", NULL, "", NULL,
	    "fea454ca298b7da1c68078a5d1bdbfbb"
	    "e0d65c699e0f91ac7a200a0136783543");
}

static void
test_s3_presign(void)
{
	struct tq_sigv4 s = { KEY_ID, SECRET, "", "us-east-1", "s3", MAY_24,
	    TQ_SIGV4_S3, NULL };
	struct tq_buf url = TQ_BUF_INIT(4096);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_aws_req r;

	T_INT(tq_aws_req_init(&r, "GET",
	    "https://examplebucket.s3.amazonaws.com", &err), 0);
	tq_aws_req_path(&r, tq_span_of("test.txt"));
	r.payload = TQ_AWS_UNSIGNED;
	T_INT(tq_sigv4_presign(&s, &r, 86400, &err), 0);
	tq_aws_req_url(&r, &url);
	T_STR(url.data, "https://examplebucket.s3.amazonaws.com/test.txt"
	    "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
	    KEY_ID "%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
	    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
	    "&X-Amz-SignedHeaders=host&X-Amz-Signature="
	    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
	tq_buf_free(&url);
	tq_aws_req_free(&r);
}

static size_t
count(const struct tq_aws_req *r, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < r->nheaders; i++)
		n += strcmp(r->header[i].name, name) == 0;
	return n;
}

static void
test_again(void)
{
	struct tq_sigv4 s = { KEY_ID, SECRET, "token", "us-east-1", "s3",
	    MAY_24, TQ_SIGV4_S3, NULL };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_aws_req r;
	char first[512];

	T_INT(tq_aws_req_init(&r, "PUT", "https://s3.amazonaws.com", &err), 0);
	r.body = tq_span_of("x");
	T_INT(tq_sigv4_sign(&s, &r, &err), 0);
	snprintf(first, sizeof(first), "%s",
	    tq_aws_req_find(&r, "Authorization"));
	s.now_ms += 61000;
	T_INT(tq_sigv4_sign(&s, &r, &err), 0);
	T_OK(strcmp(first, tq_aws_req_find(&r, "Authorization")) != 0);
	T_STR(tq_aws_req_find(&r, "x-amz-date"), "20130524T000101Z");
	T_INT(count(&r, "Authorization"), 1);
	T_INT(count(&r, "X-Amz-Date"), 1);
	T_INT(count(&r, "X-Amz-Security-Token"), 1);
	T_INT(count(&r, "X-Amz-Content-Sha256"), 1);
	s.now_ms -= 61000;
	s.token = NULL;
	T_INT(tq_sigv4_sign(&s, &r, &err), 0);
	T_INT(count(&r, "X-Amz-Security-Token"), 0);
	tq_aws_req_free(&r);
}

static void
test_cache(void)
{
	struct tq_sigv4_cache cache = { 0 };
	struct tq_sigv4 s = { KEY_ID, SECRET, NULL, "us-east-1", "iam", 0, 0,
	    NULL };
	static const char *const regions[] = { "a", "b", "c", "d", "e", "a" };
	uint8_t plain[TQ_SHA256_LEN], got[TQ_SHA256_LEN];
	size_t i, round;

	for (round = 0; round < 3; round++)
		for (i = 0; i < 6; i++) {
			s.region = regions[i];
			s.secret = round == 1 ? "another" : SECRET;
			s.cache = NULL;
			tq_sigv4_key(&s, "20130524T000000Z", plain);
			s.cache = &cache;
			tq_sigv4_key(&s, "20130524T000000Z", got);
			T_OK(memcmp(plain, got, sizeof(got)) == 0);
			tq_sigv4_key(&s, "20130524T000000Z", got);
			T_OK(memcmp(plain, got, sizeof(got)) == 0);
			tq_sigv4_key(&s, "20130525T000000Z", got);
			T_OK(memcmp(plain, got, sizeof(got)) != 0);
		}
	tq_sigv4_cache_wipe(&cache);
	T_OK(!cache.entry[0].used);
}

static void
test_digests(void)
{
	uint8_t sum[TQ_SHA256_LEN], sha1[TQ_SHA1_LEN], key[131];
	char hex[2 * TQ_SHA256_LEN + 1];
	struct tq_buf b = TQ_BUF_INIT(64);

	/* RFC 4231, cases 2 and 6; RFC 1321; FIPS 180; RFC 4648. */
	tq_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, sum);
	tq_hex(sum, sizeof(sum), hex);
	T_STR(hex, "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	tq_hmac_sha256(key, sizeof(key), "Test Using Larger Than Block-Size "
	    "Key - Hash Key First", 54, sum);
	tq_hex(sum, sizeof(sum), hex);
	T_STR(hex, "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
	tq_md5_hex("abc", 3, hex);
	T_STR(hex, "900150983cd24fb0d6963f7d28e17f72");
	tq_sha1("abc", 3, sha1);
	tq_hex(sha1, sizeof(sha1), hex);
	T_STR(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
	tq_base64_put(&b, "foobar", 6);
	tq_base64_put(&b, "fooba", 5);
	tq_base64_put(&b, "foob", 4);
	tq_base64_put(&b, "", 0);
	T_STR(b.data, "Zm9vYmFyZm9vYmE=Zm9vYg==");
	tq_buf_free(&b);
}

static void
test_requests(void)
{
	static const char *const bad[] = { "", "sqs", "ftp://x", "https://",
	    "https:///x", "https://u@x", "https://x?y", "https://x/#",
	    "http://x y" };
	struct tq_err err = TQ_ERR_INIT;
	struct tq_buf url = TQ_BUF_INIT(4096);
	struct tq_aws_req r;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		T_INT(tq_aws_req_init(&r, "GET", bad[i], &err), -1);
		T_INT(err.code, TQ_E_CONFIG);
		tq_aws_req_free(&r);
	}
	T_INT(tq_aws_req_init(&r, "GET", "http://h:1/pre/fix/", &err), 0);
	tq_aws_req_path(&r, tq_span_of("a b/\xc3\xbc+=:%*~"));
	tq_aws_req_query(&r, "k &", "v=/");
	tq_aws_req_query(&r, "flag", NULL);
	tq_aws_req_url(&r, &url);
	T_STR(url.data, "http://h:1/pre/fix/a%20b/%C3%BC%2B%3D%3A%25%2A~"
	    "?k%20%26=v%3D%2F&flag=");
	T_INT(tq_aws_req_check(&r, &err), 0);
	tq_aws_req_header(&r, "X-A", "b\r\nEvil: 1");
	T_INT(tq_aws_req_check(&r, &err), -1);
	T_INT(err.code, TQ_E_DATA);
	tq_buf_free(&url);
	tq_aws_req_free(&r);
}

T_MAIN(
	{ "HMAC, MD5, SHA-1 and base64 give the published values",
	    test_digests },
	{ "a request's URL is encoded once, a bad endpoint is refused",
	    test_requests },
	{ "S3 paths stay as sent, others are normalised and encoded again",
	    test_paths },
	{ "queries sort by name, then value, and always have '='",
	    test_queries },
	{ "headers are lower case, sorted, joined; some are never signed",
	    test_headers },
	{ "the S3 examples of the manual come out", test_s3_examples },
	{ "the presigned URL of the manual comes out", test_s3_presign },
	{ "signing again replaces what was signed before", test_again },
	{ "cached keys are the derived ones", test_cache }
)

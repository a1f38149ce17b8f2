/* tests/unit/test_s3url.c -- addresses of objects. */
#include "t.h"

#include "util/s3url.h"

static void
parts(void)
{
	static const struct {
		const char *url, *bucket, *key;
	} rows[] = {
		{ "s3://pics/a.jpg", "pics", "a.jpg" },
		{ "s3://pics/in/a b+c%20d?e#f@g", "pics", "in/a b+c%20d?e#f@g" },
		{ "S3://pics/a.jpg", "pics", "a.jpg" },
		{ "s3://pics//a", "pics", "/a" },
		{ "s3://pics/../b", "pics", "../b" },
		{ "s3://a.b-c9/gr\xc3\xbcn", "a.b-c9", "gr\xc3\xbcn" },
		{ "s3://Old_Bucket/k", "Old_Bucket", "k" },
	};
	struct tq_span bucket;
	const char *key;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		T_MUST(tq_s3url(rows[i].url, &bucket, &key));
		T_OK(tq_span_eq(bucket, rows[i].bucket));
		T_STR(key, rows[i].key);
	}
}

static void
refused(void)
{
	static const char *const rows[] = {
		"", "s3:", "s3:/", "s3://", "s3://pics", "s3://pics/",
		"s3:///k", "s3://ab/k", "s3://.ab/k", "s3://-ab/k",
		"s3://a b/k", "s3://me@pics/k", "s3://pics:80/k",
		"s3://gr\xc3\xbcn/k", "https://pics/k",
		"s3://pics/\xff", "s3://pics/a\nb", "s3://pics/a\x7f",
	};
	char url[1100];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (tq_s3url(rows[i], NULL, NULL))
			T_FAIL("\"%s\" is taken", rows[i]);
	memset(url, 'k', sizeof(url));
	memcpy(url, "s3://pics/", 10);
	url[10 + 1024] = '\0';
	T_OK(tq_s3url(url, NULL, NULL));
	url[10 + 1024] = 'k';
	url[10 + 1025] = '\0';
	T_OK(!tq_s3url(url, NULL, NULL));
}

T_MAIN(
	{ "s3: the key is what follows, byte for byte", parts },
	{ "s3: other text is refused", refused })

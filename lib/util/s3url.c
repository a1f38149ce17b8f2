/* lib/util/s3url.c -- see s3url.h. */
#include "util/s3url.h"

#include <string.h>

#include "util/str.h"

#define SCHEME		"s3://"
#define BUCKET_MIN	3
#define BUCKET_MAX	255
#define KEY_MAX		1024

static bool
key_ok(const char *key)
{
	struct tq_span s = tq_span_of(key);
	size_t i;

	if (s.n < 1 || s.n > KEY_MAX || !tq_utf8_valid(s))
		return false;
	for (i = 0; i < s.n; i++)
		if ((unsigned char)key[i] < 0x20 || key[i] == 0x7f)
			return false;
	return true;
}

bool
tq_s3url(const char *url, struct tq_span *bucket, const char **key)
{
	const char *name = url + strlen(SCHEME);
	size_t n;

	if (!tq_str_scheme(url, SCHEME))
		return false;
	n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-._");
	if (n < BUCKET_MIN || n > BUCKET_MAX ||
	    strchr("-._", name[0]) != NULL || name[n] != '/' ||
	    !key_ok(name + n + 1))
		return false;
	if (bucket != NULL)
		*bucket = (struct tq_span){ name, n };
	if (key != NULL)
		*key = name + n + 1;
	return true;
}

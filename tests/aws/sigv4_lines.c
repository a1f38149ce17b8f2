/*
 * tests/aws/sigv4_lines.c -- sign what comes in, for agree.mjs: one JSON
 * request a line, and for each a line with its Authorization header, or with
 * its signed query.
 */
#include <stdio.h>
#include <stdlib.h>

#include "aws/request.h"
#include "aws/sigv4.h"
#include "util/err.h"
#include "util/json.h"

static struct tq_arena mem;

static struct tq_span
get(struct tq_span obj, const char *key)
{
	struct tq_span v, s = TQ_SPAN_NONE;

	if (tq_json_get(obj, key, &v))
		tq_json_str(v, &mem, &s);
	return s;
}

static int64_t
get_int(struct tq_span obj, const char *key)
{
	struct tq_span v;
	int64_t n = 0;

	if (tq_json_get(obj, key, &v))
		tq_json_int(v, &n);
	return n;
}

/* Pairs as [["name", "value"], ["name"], ...]. */
static void
each_pair(struct tq_span obj, const char *key, struct tq_aws_req *r,
    void (*add)(struct tq_aws_req *, const char *, const char *))
{
	struct tq_json_iter it, in;
	struct tq_span list, pair, none, v, name, value;

	if (!tq_json_get(obj, key, &list))
		return;
	for (it = tq_json_iter(list); tq_json_next(&it, &none, &pair);) {
		in = tq_json_iter(pair);
		value = TQ_SPAN_NONE;
		if (!tq_json_next(&in, &none, &v) ||
		    !tq_json_str(v, &mem, &name))
			exit(1);
		if (tq_json_next(&in, &none, &v))
			tq_json_str(v, &mem, &value);
		add(r, name.p, value.p);
	}
}

static void
one(struct tq_span line, struct tq_sigv4_cache *cache)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_aws_req r;
	struct tq_sigv4 s = {
		get(line, "keyId").p, get(line, "secret").p,
		get(line, "token").p, get(line, "region").p,
		get(line, "service").p, get_int(line, "now"),
		get_int(line, "s3") ? TQ_SIGV4_S3 : TQ_SIGV4_OTHERS, cache
	};
	int64_t expires = get_int(line, "expires");
	int rc;

	rc = tq_aws_req_init(&r, get(line, "method").p, get(line, "base").p,
	    &err);
	if (rc == 0) {
		tq_aws_req_path(&r, get(line, "key"));
		each_pair(line, "query", &r, tq_aws_req_query);
		each_pair(line, "headers", &r, tq_aws_req_header);
		r.body = get(line, "body");
		if (expires > 0 && s.how == TQ_SIGV4_S3)
			r.payload = TQ_AWS_UNSIGNED;
		rc = expires > 0 ? tq_sigv4_presign(&s, &r, expires, &err) :
		    tq_sigv4_sign(&s, &r, &err);
	}
	if (rc == -1)
		printf("error %s\n", err.msg);
	else
		printf("%s\n", expires > 0 ? r.query.data :
		    tq_aws_req_find(&r, "Authorization"));
	tq_aws_req_free(&r);
	tq_arena_reset(&mem);
}

int
main(void)
{
	struct tq_sigv4_cache cache = { 0 };
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0)
		one((struct tq_span){ line, (size_t)n - 1 }, &cache);
	free(line);
	tq_arena_free(&mem);
	return ferror(stdin) || fflush(stdout) != 0;
}

/* tests/sim/cloud_s3.c -- S3: one bucket, whose objects are consistent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cloud.h"
#include "world.h"

#define OBJECTS	4000

static struct object {
	char		*key, *crc;
	char		*data;		/* NULL: it is not there */
	size_t		 size;
	int64_t		 at;		/* ms */
} objects[OBJECTS];
static size_t nobjects;

static struct object *
object_of(const char *key)
{
	size_t i;

	for (i = 0; i < nobjects; i++)
		if (strcmp(objects[i].key, key) == 0)
			return &objects[i];
	if (nobjects == OBJECTS)
		sim_fail("too many objects");
	objects[nobjects] = (struct object){ .key = tq_must(strdup(key)) };
	return &objects[nobjects++];
}

static void
error(struct tq_http_res *res, int status, const char *code)
{
	cloud_answer(res, status);
	tq_buf_fmt(&res->body, "<Error><Code>%s</Code></Error>", code);
}

static void
put(const struct tq_http_req *req, struct object *o, struct tq_http_res *res)
{
	const char *crc = cloud_header(req, "X-Amz-Checksum-Crc32");

	if (cloud_header(req, "If-None-Match") != NULL && o->data != NULL) {
		error(res, 412, "PreconditionFailed");
		return;
	}
	free(o->data);
	o->data = tq_must(malloc(req->body.n + 1));
	o->size = req->body.n;
	if (o->size > 0)
		memcpy(o->data, req->body.p, o->size);
	o->crc = crc == NULL ? NULL : tq_must(strdup(crc));
	o->at = sim_true_ms();
	cloud_answer(res, 200);
	cloud_head(res, "ETag", "\"etag\"");
}

static void
get(const struct tq_http_req *req, const struct object *o,
    struct tq_http_res *res)
{
	char size[32];

	if (o->data == NULL) {
		error(res, 404, "NoSuchKey");
		return;
	}
	cloud_answer(res, 200);
	snprintf(size, sizeof(size), "%zu", o->size);
	cloud_head(res, "Content-Length", size);
	if (o->crc != NULL)
		cloud_head(res, "x-amz-checksum-crc32", o->crc);
	if (strcmp(req->method, "HEAD") == 0)
		return;
	if (cloud_header(req, "Range") != NULL)
		sim_fail("S3 has no ranges here");
	if (!req->to_fd)
		tq_buf_add(&res->body, o->data, o->size);
	else if (write(req->fd, o->data, o->size) != (ssize_t)o->size)
		sim_fail("a download can't be written");
}

static int
by_key(const void *va, const void *vb)
{
	const struct object *const *a = va, *const *b = vb;

	return strcmp((*a)->key, (*b)->key);
}

static void
query_of(const char *url, const char *name, char *out, size_t n)
{
	const char *p = strchr(url, '?');
	size_t len = strlen(name), i = 0;
	unsigned c;

	for (; p != NULL; p = strchr(p, '&'))
		if (strncmp(++p, name, len) == 0 && p[len] == '=')
			break;
	for (p = p == NULL ? "" : p + len + 1; *p != '\0' && *p != '&' &&
	    i + 1 < n; p++)
		if (*p == '%' && sscanf(p + 1, "%2x", &c) == 1) {
			out[i++] = (char)c;
			p += 2;
		} else {
			out[i++] = *p;
		}
	out[i] = '\0';
}

static void
list(const struct tq_http_req *req, struct tq_http_res *res)
{
	static const struct object *all[OBJECTS];
	char prefix[1100], after[1100], when[40];
	size_t i, n = 0, given = 0;
	time_t at;

	query_of(req->url, "prefix", prefix, sizeof(prefix));
	query_of(req->url, "continuation-token", after, sizeof(after));
	if (after[0] == '\0')
		query_of(req->url, "start-after", after, sizeof(after));
	for (i = 0; i < nobjects; i++)
		if (objects[i].data != NULL && strncmp(objects[i].key, prefix,
		    strlen(prefix)) == 0 && strcmp(objects[i].key, after) > 0)
			all[n++] = &objects[i];
	qsort(all, n, sizeof(all[0]), by_key);
	cloud_answer(res, 200);
	tq_buf_str(&res->body, "<ListBucketResult>");
	for (; given < n && given < 50; given++) {
		at = all[given]->at / 1000;
		strftime(when, sizeof(when), "%FT%T.000Z", gmtime(&at));
		tq_buf_fmt(&res->body, "<Contents><Key>%s</Key><Size>%zu"
		    "</Size><LastModified>%s</LastModified></Contents>",
		    all[given]->key, all[given]->size, when);
	}
	tq_buf_fmt(&res->body, "<IsTruncated>%s</IsTruncated>", given < n ?
	    "true" : "false");
	if (given < n)
		tq_buf_fmt(&res->body, "<NextContinuationToken>%s"
		    "</NextContinuationToken>", all[given - 1]->key);
	tq_buf_str(&res->body, "</ListBucketResult>");
}

void
sim_s3(const struct tq_http_req *req, struct tq_http_res *res)
{
	const char *at = strstr(req->url, "/simu");
	char key[1100];
	struct object *o;

	if (at == NULL)
		sim_fail("%s: another bucket", req->url);
	at += strlen("/simu");
	if (*at != '/' || at[1] == '?') {
		if (strcmp(req->method, "GET") == 0)
			list(req, res);
		else if (strcmp(req->method, "HEAD") == 0)
			cloud_answer(res, 200);	/* it is there, and ours */
		else
			sim_fail("S3 has no %s of a bucket here", req->method);
		return;
	}
	snprintf(key, sizeof(key), "%.*s", (int)strcspn(at + 1, "?"), at + 1);
	o = object_of(key);
	if (strcmp(req->method, "PUT") == 0) {
		put(req, o, res);
	} else if (strcmp(req->method, "DELETE") == 0) {
		free(o->data);
		o->data = NULL;
		cloud_answer(res, 204);
	} else if (strcmp(req->method, "POST") == 0) {
		sim_fail("S3 has no uploads in parts here");
	} else {
		get(req, o, res);
	}
}

const char *
sim_s3_first(void)
{
	size_t i;

	for (i = 0; i < nobjects; i++)
		if (objects[i].data != NULL)
			return objects[i].key;
	return NULL;
}

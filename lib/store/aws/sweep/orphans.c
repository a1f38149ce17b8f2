/*
 * lib/store/aws/sweep/orphans.c -- a day old: blobs that no record names, and
 * uploads that nobody ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/s3.h"
#include "store/aws/blob/blob.h"
#include "store/aws/sweep/sweep.h"
#include "task/history.h"
#include "task/id.h"
#include "task/input.h"
#include "util/str.h"
#include "util/time.h"

#define PAGE	500	/* objects in a listing */
#define PAGES	20	/* in one sweep; the next goes on from there */
#define UPLOADS	1000	/* in a listing; S3's most */

/*
 * The TASKID of "QUEUE/TASKID/...", or NULL.  In a bucket that the user named
 * there may be others' objects: there only ids that tq makes are ours.
 */
static const char *
task_of(const struct aq *s, const char *key, const char *prefix,
    struct tq_arena *a)
{
	const char *id = key + strlen(prefix), *end;
	uint8_t raw[16];

	if (!tq_str_starts(key, prefix) || (end = strchr(id, '/')) == NULL)
		return NULL;
	id = tq_arena_dup(a, id, (size_t)(end - id));
	if (s->url.bucket != NULL && !tq_uuid_parse(id, raw))
		return NULL;
	return tq_name_ok(id) ? id : NULL;
}

static bool
names(const struct aq_update *j, const char *key)
{
	const char *payload = tq_blob_name(j->rec.payload_at);
	const char *result = tq_blob_name(j->rec.result_at);
	char ref[1100];

	snprintf(ref, sizeof(ref), "blob:%s", key);
	return j->there && ((payload != NULL && strcmp(payload, key) == 0) ||
	    (result != NULL && strcmp(result, key) == 0) ||
	    tq_task_names_blob(&j->rec.t, key) ||
	    tq_history_names(&j->rec.t, ref));
}

/*
 * Was it a day old when ${res} was answered, by S3's own clock?  Ours may be wrong
 * by anything.  An answer that does not say the time makes nothing old.
 */
static bool
is_old(int64_t ms, const struct tq_http_res *res)
{
	return ms + TQ_DAY_MS < res->date_ms;
}

/* Remove those of a page that are old and have no record to name them. */
static int
tidy_page(struct aq *s, const char *prefix, const struct tq_s3_entry *e,
    size_t n, const struct tq_http_res *res, struct tq_arena *a,
    uint64_t *count, struct tq_err *err)
{
	struct aq_update *ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	const char **keys = tq_arena_alloc(a, (n + 1) * sizeof(*keys));
	size_t i, m = 0;

	for (i = 0; i < n; i++) {
		ups[m].id = task_of(s, e[i].key, prefix, a);
		if (ups[m].id != NULL && is_old(e[i].modified_ms, res))
			keys[m++] = e[i].key;
	}
	if (aq_fetch(s, ups, m, a, err) == -1)
		return -1;
	for (i = 0; i < m; i++)
		if (!names(&ups[i], keys[i]) && aq_blob_del(&s->base,
		    keys[i], NULL) == 0)
			++*count;
	return 0;
}

/* One page behind q->orphans.last; *more: there is another. */
static int
next_page(struct aq *s, struct aq_queue *q, uint64_t *count, bool *more,
    struct tq_err *err)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3,
	    .what = "s3 ListObjectsV2" };
	struct tq_arena a = TQ_ARENA_INIT;
	const char *prefix = tq_arena_fmt(&a, "%s/", q->name), *token = NULL;
	struct tq_s3_entry *e;
	struct tq_s3_bucket b;
	size_t n = 0;
	int rc = -1;

	if (aq_bucket(s, &b, err) == -1 || tq_s3_list(&c.req, &b, prefix,
	    q->orphans.last, NULL, PAGE, err) == -1)
		goto out;
	c.bucket = b.name;
	if (tq_aws_call(s->a, &c, 1) > 0) {
		if (err != NULL)
			*err = c.err;
		goto out;
	}
	if (tq_s3_listed(&c.res, &a, &e, &n, &token, err) == -1)
		goto out;
	rc = tidy_page(s, prefix, e, n, &c.res, &a, count, err);
	*more = token != NULL && n > 0;
	free(q->orphans.last);
	q->orphans.last = *more ? tq_must(strdup(e[n - 1].key)) : NULL;
out:
	tq_aws_call_free(&c);
	tq_arena_free(&a);
	return rc;
}

static void
give_up(struct aq *s, const struct tq_s3_bucket *b,
    const struct tq_s3_pending *p)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = b->name,
	    .what = "s3 AbortMultipartUpload" };

	if (tq_s3_upload_abort(&c.req, b, p->key, p->upload, NULL) == 0)
		tq_aws_call(s->a, &c, 1);
	tq_aws_call_free(&c);
}

/*
 * Parts that a killed process left cost money and are in no listing of
 * objects.  Not every S3 knows this call and not every worker may do it, so a
 * failure is none of the sweep's.
 */
static void
tidy_uploads(struct aq *s, const struct aq_queue *q)
{
	struct tq_aws_call c = { .service = TQ_AWS_S3,
	    .what = "s3 ListMultipartUploads" };
	struct tq_arena a = TQ_ARENA_INIT;
	const char *prefix = tq_arena_fmt(&a, "%s/", q->name);
	struct tq_s3_pending *p;
	struct tq_s3_bucket b;
	size_t i, n;

	if (aq_bucket(s, &b, NULL) == 0 && tq_s3_uploads(&c.req, &b, prefix,
	    UPLOADS, NULL) == 0) {
		c.bucket = b.name;
		if (tq_aws_call(s->a, &c, 1) == 0 && tq_s3_uploads_listed(
		    &c.res, &a, &p, &n, NULL) == 0)
			for (i = 0; i < n; i++)
				if (task_of(s, p[i].key, prefix, &a) != NULL &&
				    is_old(p[i].begun_ms, &c.res))
					give_up(s, &b, &p[i]);
	}
	tq_aws_call_free(&c);
	tq_arena_free(&a);
}

int
aq_orphans_remove(struct aq *s, const char *queue, uint64_t *count,
    struct tq_err *err)
{
	struct aq_queue *q = aq_queue(s, queue);
	bool more = true;
	int i, rc = 0;

	/* A blob a day old can wait an hour for a worker's next look. */
	if (q->orphans.last == NULL &&
	    q->orphans.seen_at + TQ_HOUR_MS > aq_now(s))
		return 0;
	for (i = 0; rc == 0 && more && i < PAGES; i++)
		rc = next_page(s, q, count, &more, err);
	if (rc == 0 && !more) {
		q->orphans.seen_at = aq_now(s);
		tidy_uploads(s, q);
	}
	return rc;
}

void
aq_orphans_free(struct aq_queue *q)
{
	free(q->orphans.last);
}

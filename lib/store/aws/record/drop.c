/*
 * lib/store/aws/record/drop.c -- what records own is removed: body items and
 * objects, many at a time.
 *
 * Best effort: an object that stays is an orphan for the sweep, a body item
 * has a TTL of its own.
 */
#include <string.h>

#include "aws/dynamodb.h"
#include "aws/s3.h"
#include "store/aws/blob/blob.h"
#include "store/aws/record/record.h"
#include "store/aws/record/table.h"
#include "task/input.h"
#include "util/str.h"

#define REFS	(2 + TQ_OWN_BLOBS)	/* of a record, at most */

bool
aq_rec_owns(const struct aq_rec *r)
{
	const char *const refs[REFS] = { r->payload_at, r->result_at,
	    r->t.input, r->t.output, r->t.log,
	    r->t.out_log };
	size_t i;

	for (i = 0; i < REFS; i++)
		if (refs[i] != NULL && (tq_str_starts(refs[i], "b#") ||
		    tq_blob_name(refs[i]) != NULL))
			return true;
	/* ... edges, and a message. */
	return r->t.dlq_owed || r->t.edges != 0 || r->t.parents != 0;
}

/* The call that removes ${at}; false when it can't be made. */
static bool
build(struct aq *s, const char *at, struct tq_arena *a, struct tq_aws_call *c)
{
	struct tq_ddb_write w = { .table = s->url.table };
	struct tq_s3_bucket *b = tq_arena_alloc(a, sizeof(*b));

	if (tq_blob_name(at) == NULL) {
		*c = (struct tq_aws_call){ .service = TQ_AWS_DYNAMODB,
		    .what = "dynamodb DeleteItem" };
		w.item = aq_key_of(at, a);
		return tq_ddb_delete(&c->req, tq_aws_base(s->a,
		    TQ_AWS_DYNAMODB), &w, NULL) == 0;
	}
	*c = (struct tq_aws_call){ .service = TQ_AWS_S3,
	    .what = "s3 DeleteObject" };
	if (aq_bucket(s, b, NULL) == -1)
		return false;
	c->bucket = b->name;
	return tq_s3_delete(&c->req, b, tq_blob_name(at), NULL) == 0;
}

void
aq_bodies_drop(struct aq *s, const char *const *ats, size_t n)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_aws_call *calls = tq_arena_alloc(&a, (n + 1) *
	    sizeof(*calls));
	size_t i, m = 0;

	for (i = 0; i < n; i++) {
		if (ats[i] == NULL)
			continue;
		if (build(s, ats[i], &a, &calls[m]))
			m++;
		else
			tq_aws_call_free(&calls[m]);
	}
	if (m > 0)
		tq_aws_call(s->a, calls, m);
	for (i = 0; i < m; i++)
		tq_aws_call_free(&calls[i]);
	tq_arena_free(&a);
}

static size_t
own(const struct aq_rec *r, const char **out)
{
	size_t n = 0;

	if (r->payload_at != NULL)
		out[n++] = r->payload_at;
	if (r->result_at != NULL)
		out[n++] = r->result_at;
	return n + tq_task_own_blobs(&r->t, out + n);
}

void
aq_recs_drop(struct aq *s, const struct aq_rec *const *recs, size_t n)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char **ats = tq_arena_alloc(&a, (n * REFS + 1) * sizeof(*ats));
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		m += own(recs[i], ats + m);
	aq_bodies_drop(s, ats, m);
	tq_arena_free(&a);
}

void
aq_rec_disown(struct aq_rec *r)
{
	r->payload_at = r->result_at = NULL;
	r->t.input = r->t.output = r->t.log = r->t.out_log = NULL;
	r->t.payload = r->t.result = TQ_SPAN_NONE;
	r->t.payload_kind = r->t.result_kind = TQ_KIND_NONE;
	r->t.dlq_owed = false;
	r->t.edges = r->t.parents = 0;
}

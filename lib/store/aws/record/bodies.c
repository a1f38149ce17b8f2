/*
 * lib/store/aws/record/bodies.c -- payloads and results too big for the
 * record.
 */
#include <string.h>

#include "aws/dynamodb.h"
#include "aws/item.h"
#include "store/aws/blob/blob.h"
#include "store/aws/record/record.h"
#include "store/aws/record/table.h"
#include "task/input.h"
#include "util/crc.h"

#define RECORD_MAX	2048
#define LAST_MAX	4096
#define TO_COME		300	/* what a claim and an end put in, at most */

/* A bigger one costs less in S3: docs/cost.md.  Older tools wrote up to 64 KiB. */
#define BODY_MAX	8192

/* Of a body whose record was never written, or was removed by DynamoDB. */
#define DAY_MS		INT64_C(86400000)
#define RESULT_MS	(TQ_KEEP_MS + DAY_MS)	/* its record goes before */
#define PAYLOAD_MS	(3 * 365 * DAY_MS)	/* nothing waits for so long */

size_t
aq_body_room(const struct aq_rec *r, bool last)
{
	struct tq_buf b = TQ_BUF_INIT(TQ_DDB_ITEM_MAX);
	size_t max = last ? LAST_MAX : RECORD_MAX, is = max;

	aq_rec_write(r, &b);
	if (!b.failed)
		is = tq_item_size(tq_buf_span(&b)) + TO_COME;
	tq_buf_free(&b);
	return is + TQ_INLINE_MAX < max ? max - is : TQ_INLINE_MAX;
}

int
aq_body_store(struct aq *s, const char *queue, const char *id, int64_t due,
    const char *tag, const char *which, struct tq_span bytes, size_t room,
    struct tq_arena *a, const char **at, struct tq_err *err)
{
	int64_t until = aq_now(s);
	/* A control character takes six bytes in JSON. */
	struct tq_buf b = TQ_BUF_INIT(8 * BODY_MAX);
	int rc;

	*at = NULL;
	if (bytes.n <= room)
		return 0;
	if (bytes.n > BODY_MAX) {
		*at = tq_arena_fmt(a, "blob:%s/%s/%s/%s", queue, id, tag,
		    which);
		return aq_blob_write(s, tq_blob_name(*at), bytes, err);
	}
	*at = tq_arena_fmt(a, "b#%s#%s#%s", id, tag, which);
	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", *at);
	tq_item_bytes(&b, "body", bytes);
	if (until < due)
		until = due;
	until += strcmp(which, "result") == 0 ? RESULT_MS : PAYLOAD_MS;
	tq_item_int(&b, "expiresAt", until / 1000);
	tq_item_close(&b, NULL);
	rc = b.failed ? tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM,
	    "out of memory") : aq_put(s, tq_buf_span(&b), NULL, NULL,
	    TQ_SPAN_NONE, err);
	tq_buf_free(&b);
	return rc == -1 ? -1 : 0;
}

static bool
is_at(const char *named, const char *at)
{
	return named != NULL && strcmp(named, at) == 0;
}

void
aq_body_undo(struct aq *s, const struct aq_update *j, const char *at)
{
	if (at != NULL && !(j->there && (is_at(j->rec.payload_at, at) ||
	    is_at(j->rec.result_at, at))))
		aq_bodies_drop(s, &at, 1);
}

/* Where a body is, where it goes, and what it should be. */
struct wanted {
	struct aq_rec	*r;
	const char	*at, *word;
	struct tq_span	*out;
	size_t		 size;
	uint64_t	 crc;
};

static void
unread(struct wanted *w, enum tq_code code, const char *why,
    struct tq_arena *a)
{
	struct tq_err *err = tq_arena_alloc(a, sizeof(*err));

	*err = (struct tq_err)TQ_ERR_INIT;
	tq_err_set(err, TQ_AT_FETCH, code, "its %s %s: %s", w->word, why,
	    w->at);
	w->r->unread = err;
	*w->out = TQ_SPAN_NONE;
}

uint64_t
aq_crc(struct tq_span bytes)
{
	return TQ_CRC_KNOWN | tq_crc32(0, bytes.p, bytes.n);
}

/* Old records know no sum. */
static void
check(struct wanted *w, struct tq_arena *a)
{
	if (w->out->n != w->size || ((w->crc & TQ_CRC_KNOWN) != 0 &&
	    w->crc != aq_crc(*w->out)))
		unread(w, TQ_E_CORRUPT, "is not what was stored", a);
}

static int
load_blob(struct aq *s, struct wanted *w, struct tq_arena *a,
    struct tq_err *err)
{
	struct tq_err why = TQ_ERR_INIT;

	if (aq_blob_read(s, tq_blob_name(w->at), a, w->out, &why) == 0) {
		check(w, a);
		return 0;
	}
	/* Of a bucket that is not there the code is another. */
	if (why.code == TQ_E_NOTFOUND) {
		unread(w, TQ_E_NOTFOUND, "has expired", a);
		return 0;
	}
	if (err != NULL)
		*err = why;
	return -1;
}

static int
load_all(struct aq *s, struct wanted *w, size_t n, struct tq_arena *a,
    struct tq_err *err)
{
	const char **pks = tq_arena_alloc(a, (n + 1) * sizeof(*pks));
	struct tq_span *items = tq_arena_alloc(a, (n + 1) * sizeof(*items));
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		if (tq_blob_name(w[i].at) == NULL)
			pks[m++] = w[i].at;
	if (aq_items(s, pks, m, a, items, err) == -1)
		return -1;
	for (i = m = 0; i < n; i++) {
		if (tq_blob_name(w[i].at) != NULL) {
			if (load_blob(s, &w[i], a, err) == -1)
				return -1;
			continue;
		}
		if (items[m].n == 0)
			unread(&w[i], TQ_E_NOTFOUND, "has expired", a);
		else if (!tq_item_get_str(items[m], "body", a, w[i].out) &&
		    !tq_item_get_bin(items[m], "body", a, w[i].out))
			unread(&w[i], TQ_E_CORRUPT, "is not what was stored",
			    a);
		else
			check(&w[i], a);
		m++;
	}
	return 0;
}

int
aq_recs_load(struct aq *s, struct aq_rec *const *recs, size_t n,
    unsigned with, struct tq_arena *a, struct tq_err *err)
{
	struct wanted *w = tq_arena_alloc(a, 2 * (n + 1) * sizeof(*w));
	struct aq_rec *r;
	size_t i, m = 0;

	for (i = 0; i < n; i++) {
		r = recs[i];
		if ((with & TQ_WITH_PAYLOAD) != 0 && r->payload_at != NULL &&
		    r->t.payload.n == 0)
			w[m++] = (struct wanted){ r, r->payload_at, "payload",
			    &r->t.payload, r->t.payload_size,
			    r->t.payload_crc };
		if ((with & TQ_WITH_RESULT) != 0 && r->result_at != NULL &&
		    r->t.result.n == 0)
			w[m++] = (struct wanted){ r, r->result_at, "result",
			    &r->t.result, r->t.result_size,
			    r->t.result_crc };
	}
	return load_all(s, w, m, a, err);
}

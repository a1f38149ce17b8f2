/* lib/store/aws/record/shards.c -- see shards.h. */
#include <string.h>

#include "aws/item.h"
#include "store/aws/record/shards.h"
#include "store/aws/record/table.h"

#define SUBMITTED	25	/* before a process asks how many there are */

void
aq_shards_read(struct tq_span item, struct aq_shards *out)
{
	*out = (struct aq_shards){ .walk = 1, .write = 1 };
	if (item.n == 0)
		return;
	tq_item_get_int(item, "walk", &out->walk);
	tq_item_get_int(item, "shards", &out->write);
	tq_item_get_int(item, "raisedAt", &out->raised_at);
	tq_item_get_int(item, "ver", &out->ver);
	if (out->walk < 1)
		out->walk = 1;
	if (out->walk > AQ_SHARDS_MAX)
		out->walk = AQ_SHARDS_MAX;
	if (out->write < 1)
		out->write = 1;
	if (out->write > out->walk)
		out->write = out->walk;
}

const char *
aq_shards_pk(const char *queue, struct tq_arena *a)
{
	return tq_arena_fmt(a, "n#%s", queue);
}

void
aq_shards_saw(struct aq *s, struct aq_queue *q, struct tq_span item)
{
	int64_t boot = tq_boot_ms(s->base.env);
	struct aq_shards is;

	aq_shards_read(item, &is);
	q->shards = (struct aq_shards_known){ .walk = (int)is.walk,
	    .write = (int)is.write, .raised_at = is.raised_at,
	    .walk_at = boot, .write_at = boot };
}

void
aq_shards_listed(struct aq *s, struct aq_queue *q, int64_t walk)
{
	/* The index may be late, and the number never falls. */
	if (walk > q->shards.walk)
		q->shards.walk = walk > AQ_SHARDS_MAX ? AQ_SHARDS_MAX :
		    (int)walk;
	if (q->shards.walk == 0)
		q->shards.walk = 1;
	q->shards.walk_at = tq_boot_ms(s->base.env);
}

static int
fetch(struct aq *s, const char *queue, struct aq_shards *is,
    struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *pk = aq_shards_pk(queue, &a);
	struct tq_span item = TQ_SPAN_NONE;
	int rc = aq_items(s, &pk, 1, &a, &item, err);

	aq_shards_read(item, is);
	if (rc == 0)
		aq_shards_saw(s, aq_queue(s, queue), item);
	tq_arena_free(&a);
	return rc;
}

static bool
fresh(const struct aq *s, int64_t at)
{
	return at != 0 && tq_boot_ms(s->base.env) - at < AQ_SHARDS_FRESH_MS;
}

int
aq_shards_walk(struct aq *s, const char *queue, int *n, struct tq_err *err)
{
	struct aq_queue *q = aq_queue(s, queue);
	struct aq_shards is;

	*n = 1;
	if (!fresh(s, q->shards.walk_at) && fetch(s, queue, &is, err) == -1)
		return -1;
	*n = q->shards.walk;
	return 0;
}

int
aq_shard_hash(const char *id, int64_t n)
{
	uint32_t h = UINT32_C(2166136261);

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * UINT32_C(16777619);
	return (int)(h % (uint32_t)n);
}

int
aq_shard_of(struct aq *s, const char *queue, const char *id)
{
	struct aq_queue *q = aq_queue(s, queue);
	struct aq_shards is;

	/* A few tasks heat no shard: they are not worth a read. */
	if (!fresh(s, q->shards.write_at)) {
		if (q->submitted < SUBMITTED) {
			q->submitted++;
			return 0;
		}
		if (fetch(s, queue, &is, NULL) == -1)
			return 0;
	}
	return aq_shard_hash(id, q->shards.write);
}

/* 1 written, 0 somebody was quicker, -1. */
static int
put(struct aq *s, const char *queue, const struct aq_shards *is,
    struct tq_err *err)
{
	static const char *const names[] = { "#v", "ver", NULL };
	struct tq_buf b = TQ_BUF_INIT(4096), v = TQ_BUF_INIT(256);
	struct tq_arena a = TQ_ARENA_INIT;
	int rc;

	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", aq_shards_pk(queue, &a));
	tq_item_text(&b, "gsi", "#control");
	tq_item_int(&b, "ringAt", is->walk);
	tq_item_int(&b, "walk", is->walk);
	tq_item_int(&b, "shards", is->write);
	tq_item_int(&b, "raisedAt", is->raised_at);
	tq_item_int(&b, "ver", is->ver + 1);
	tq_item_close(&b, NULL);
	tq_item_open(&v, NULL);
	tq_item_int(&v, ":v", is->ver);
	tq_item_close(&v, NULL);
	rc = is->ver == 0 ? aq_put(s, tq_buf_span(&b),
	    "attribute_not_exists(#v)", names, TQ_SPAN_NONE, err) :
	    aq_put(s, tq_buf_span(&b), "#v = :v", names, tq_buf_span(&v), err);
	tq_buf_free(&b);
	tq_buf_free(&v);
	tq_arena_free(&a);
	/* To be read anew. */
	aq_queue(s, queue)->shards.walk_at = 0;
	aq_queue(s, queue)->shards.write_at = 0;
	return rc;
}

/* A role that may not is not asked again; what is throttled may do better. */
static void
try_put(struct aq *s, const char *queue, const struct aq_shards *is)
{
	struct tq_err err = TQ_ERR_INIT;

	s->no_shards |= put(s, queue, is, &err) == -1 &&
	    err.code == TQ_E_DENIED;
}

void
aq_shards_settle(struct aq *s, const char *queue)
{
	struct aq_queue *q = aq_queue(s, queue);
	struct aq_shards is;

	if (s->no_shards || q->shards.write >= q->shards.walk ||
	    q->shards.raised_at + AQ_SHARDS_SETTLE_MS > aq_now(s) ||
	    fetch(s, queue, &is, NULL) == -1 || is.write >= is.walk)
		return;
	is.write = is.walk;
	try_put(s, queue, &is);
}

void
aq_shards_heat(struct aq *s, const char *queue)
{
	struct aq_shards is;

	if (!tq_aws_index_hot(s->a, AQ_INDEX) || s->no_shards ||
	    fetch(s, queue, &is, NULL) == -1 || is.walk >= AQ_SHARDS_MAX ||
	    (is.raised_at != 0 && is.raised_at + AQ_SHARDS_REST_MS >
	    aq_now(s)))
		return;
	is.walk *= 2;
	if (is.walk > AQ_SHARDS_MAX)
		is.walk = AQ_SHARDS_MAX;
	is.raised_at = aq_now(s);
	try_put(s, queue, &is);
}

int
aq_shards_set(struct aq *s, const char *queue, int n, bool settled,
    struct tq_err *err)
{
	struct aq_shards is;
	int rc;

	do {
		if (fetch(s, queue, &is, err) == -1)
			return -1;
		if (is.write >= n)
			return 1;
		if (is.walk >= n && !settled)
			return 0;
		if (is.walk < n)
			is.raised_at = aq_now(s);
		is.walk = is.walk > n ? is.walk : n;
		if (settled)
			is.write = is.walk;
		rc = put(s, queue, &is, err);
	} while (rc == 0);
	return rc == -1 ? -1 : settled;
}

/* lib/store/aws/bodies.c -- payloads and results too big for the record. */
#include <string.h>

#include "aws/item.h"
#include "store/aws/aws.h"
#include "util/str.h"

int
aq_body_store(struct aq *s, const char *queue, const char *id,
    const char *tag, const char *which, struct tq_span bytes,
    struct tq_arena *a, const char **at, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(4 * TQ_BODY_MAX);
	int rc;

	*at = NULL;
	if (bytes.n <= TQ_INLINE_MAX)
		return 0;
	if (bytes.n > TQ_BODY_MAX) {
		*at = tq_arena_fmt(a, "blob:%s/%s/%s/%s", queue, id, tag,
		    which);
		return aq_blob_write(s, *at + strlen("blob:"), bytes, err);
	}
	*at = tq_arena_fmt(a, "b#%s#%s#%s", id, tag, which);
	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", *at);
	if (tq_utf8_valid(bytes))
		tq_item_str(&b, "body", bytes);
	else
		tq_item_bin(&b, "body", bytes);
	tq_item_close(&b, NULL);
	rc = b.failed ? tq_err_set(err, TQ_AT_STORE, TQ_E_NOMEM,
	    "out of memory") : aq_put(s, tq_buf_span(&b), NULL, NULL,
	    TQ_SPAN_NONE, err);
	tq_buf_free(&b);
	return rc == -1 ? -1 : 0;
}

int
aq_body_load(struct aq *s, const char *id, const char *at,
    struct tq_arena *a, struct tq_span *out, struct tq_err *err)
{
	struct tq_span item;

	if (tq_str_starts(at, "blob:"))
		return aq_blob_read(s, at + strlen("blob:"), a, out, err);
	if (aq_items(s, &at, 1, a, &item, err) == -1)
		return -1;
	if (item.n > 0 && (tq_item_get_str(item, "body", a, out) ||
	    tq_item_get_bin(item, "body", a, out)))
		return 0;
	return tq_err_set(err, TQ_AT_STORE, TQ_E_CORRUPT,
	    "%s: task %s: its %s is missing", s->base.name, id,
	    strrchr(at, '#') != NULL ? strrchr(at, '#') + 1 : at);
}

void
aq_body_drop(struct aq *s, const char *at)
{
	if (at == NULL)
		return;
	if (tq_str_starts(at, "blob:"))
		aq_blob_del(&s->base, at + strlen("blob:"), NULL);
	else
		aq_delete(s, at, NULL);
}

int
aq_rec_load(struct aq *s, struct aq_rec *r, unsigned with,
    struct tq_arena *a, struct tq_err *err)
{
	if ((with & TQ_WITH_PAYLOAD) != 0 && r->payload_at != NULL &&
	    r->t.payload.n == 0 && aq_body_load(s, r->t.id, r->payload_at, a,
	    &r->t.payload, err) == -1)
		return -1;
	if ((with & TQ_WITH_RESULT) != 0 && r->result_at != NULL &&
	    r->t.result.n == 0)
		return aq_body_load(s, r->t.id, r->result_at, a,
		    &r->t.result, err);
	return 0;
}

void
aq_rec_drop(struct aq *s, const struct aq_rec *r)
{
	const char *const refs[] = { r->t.input, r->t.output, r->t.log };
	struct tq_arena a = TQ_ARENA_INIT;
	const char *own = tq_arena_fmt(&a, "blob:%s/%s/", r->t.queue,
	    r->t.id);
	size_t i;

	aq_body_drop(s, r->payload_at);
	aq_body_drop(s, r->result_at);
	/* Only this task's own blobs: an input may name another's output. */
	for (i = 0; i < sizeof(refs) / sizeof(refs[0]); i++)
		if (refs[i] != NULL && tq_str_starts(refs[i], own))
			aq_body_drop(s, refs[i]);
	tq_arena_free(&a);
}

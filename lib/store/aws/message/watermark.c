/*
 * lib/store/aws/message/watermark.c -- a queue's watermark: when the newest
 * message was sent that anybody received.  Those who receive write it down
 * once a minute; a sweep, cron's too, reads it, and knows that older
 * messages are lost.
 */
#include "aws/item.h"
#include "store/aws/message/message.h"
#include "store/aws/record/table.h"
#include "util/time.h"

static const char *
mark_key(const char *queue, struct tq_arena *a)
{
	return tq_arena_fmt(a, "m#%s", queue);
}

void
aq_watermark_received(struct aq_queue *q, int64_t sent_ms)
{
	if (sent_ms > q->watermark.received)
		q->watermark.received = sent_ms;
}

void
aq_watermark_write(struct aq *s, struct aq_queue *q)
{
	static const char *const names[] = { "#w", "watermark", NULL };
	int64_t boot = tq_boot_ms(s->base.env);
	struct tq_buf b = TQ_BUF_INIT(1024), v = TQ_BUF_INIT(256);
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_watermark *w = &q->watermark;
	int64_t mark = w->received;

	if (mark <= w->written ||
	    (w->written_at != 0 && boot - w->written_at < TQ_MINUTE_MS))
		return;
	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", mark_key(q->name, &a));
	tq_item_int(&b, "watermark", mark);
	tq_item_close(&b, NULL);
	tq_item_open(&v, NULL);
	tq_item_int(&v, ":w", mark);
	tq_item_close(&v, NULL);
	/* Another may have received a newer one: then that stays. */
	if (aq_put(s, tq_buf_span(&b), "attribute_not_exists(#w) OR #w < :w",
	    names, tq_buf_span(&v), NULL) != -1)
		w->written = mark;
	w->written_at = boot;
	tq_buf_free(&b);
	tq_buf_free(&v);
	tq_arena_free(&a);
}

int64_t
aq_watermark_read(struct aq *s, const struct aq_queue *q)
{
	struct tq_arena a = TQ_ARENA_INIT;
	const char *pk = mark_key(q->name, &a);
	struct tq_span item = TQ_SPAN_NONE;
	int64_t mark = 0;

	if (aq_items(s, &pk, 1, &a, &item, NULL) == 0 && item.n > 0)
		tq_item_get_int(item, "watermark", &mark);
	tq_arena_free(&a);
	return mark > q->watermark.received ? mark : q->watermark.received;
}

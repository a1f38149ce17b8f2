/* lib/store/aws/record/control.c -- control records and worker presence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/item.h"
#include "store/aws/record/control.h"
#include "store/aws/record/record.h"
#include "store/aws/record/shards.h"
#include "store/aws/record/table.h"
#include "util/json.h"
#include "util/str.h"

#define PRESENT_MS	60000	/* unseen for so long: gone */
#define FRESH_MS	1000	/* a claim may go by what it read so long ago */

static void
read_control(const struct aq *s, struct tq_span item, struct tq_arena *a,
    struct tq_control *c)
{
	struct tq_span limits;
	const char *rate;
	int64_t n = 0;

	tq_item_get_int(item, "ver", &n);
	c->ver = (uint64_t)n;
	tq_item_get_bool(item, "paused", &c->paused);
	c->reason = tq_item_get_text(item, "reason", a);
	tq_item_get_int(item, "until", &c->until);
	if ((rate = tq_item_get_num(item, "rate", a)) != NULL)
		c->rate = strtod(rate, NULL);
	if (tq_item_get_str(item, "limits", a, &limits))
		tq_limits_read(c, limits, a);
	tq_control_now(c, aq_now(s));
}

/* With it how many shards there are, in the same request. */
static int
fetch_control(struct aq *s, const char *queue, struct tq_arena *a,
    struct tq_span *item, struct tq_err *err)
{
	const char *pks[] = { tq_arena_fmt(a, "c#%s", queue),
	    aq_shards_pk(queue, a) };
	struct tq_span items[2];

	if (aq_items(s, pks, 2, a, items, err) == -1)
		return -1;
	*item = items[0];
	aq_shards_saw(s, aq_queue(s, queue), items[1]);
	return 0;
}

int
aq_control_get(struct tq_store *st, const char *queue, struct tq_arena *a,
    struct tq_control *c, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_span item;

	*c = (struct tq_control){ .queue = queue };
	if (fetch_control(s, queue, a, &item, err) == -1)
		return -1;
	if (item.n > 0)
		read_control(s, item, a, c);
	return 0;
}

void
aq_control_forget(struct aq_queue *q)
{
	free(q->control.item);
	q->control.item = NULL;
}

int
aq_control_lately(struct aq *s, const char *queue, struct tq_arena *a,
    struct tq_control *c, struct tq_err *err)
{
	struct aq_queue *q = aq_queue(s, queue);
	int64_t boot = tq_boot_ms(s->base.env);
	struct aq_control_item *had = &q->control;
	struct tq_span item = { had->item, had->n };

	*c = (struct tq_control){ .queue = queue };
	if (had->item == NULL || boot - had->read_at >= FRESH_MS) {
		if (fetch_control(s, queue, a, &item, err) == -1)
			return -1;
		aq_control_forget(q);
		had->item = tq_must(malloc(item.n + 1));
		if (item.n > 0)
			memcpy(had->item, item.p, item.n);
		had->n = item.n;
		had->read_at = boot;
	}
	if (item.n > 0)
		read_control(s, item, a, c);
	return 0;
}

int
aq_control_list(struct tq_store *st, struct tq_arena *a,
    struct tq_control **out, size_t *n, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	const char **queues;
	struct tq_control *c;
	size_t i, m;

	if (aq_queues(s, a, &queues, &m, err) == -1)
		return -1;
	*out = tq_arena_alloc(a, (m + 1) * sizeof(**out));
	*n = 0;
	for (i = 0; i < m; i++) {
		c = &(*out)[*n];
		if (aq_control_get(st, queues[i], a, c, err) == -1)
			return -1;
		*n += c->ver > 0;
	}
	return 0;
}

static void
write_control(struct tq_buf *b, const struct tq_control *c)
{
	struct tq_buf limits = TQ_BUF_INIT(64 * 1024);
	char text[2 * TQ_QUEUE_MAX];

	tq_limits_write(c, &limits);
	snprintf(text, sizeof(text), "c#%s", c->queue);
	tq_item_open(b, NULL);
	tq_item_text(b, "pk", text);
	tq_item_text(b, "gsi", "#control");
	tq_item_int(b, "ringAt", 0);
	tq_item_int(b, "v", TQ_MESSAGE_VERSION);
	tq_item_int(b, "shards", 1);
	tq_item_int(b, "ver", (int64_t)c->ver + 1);
	tq_item_bool(b, "paused", c->paused);
	if (c->reason != NULL)
		tq_item_text(b, "reason", c->reason);
	tq_item_int(b, "until", c->until);
	snprintf(text, sizeof(text), "%.17g", c->rate);
	tq_item_num(b, "rate", text);
	tq_item_str(b, "limits", tq_buf_span(&limits));
	tq_item_close(b, NULL);
	tq_buf_free(&limits);
}

int
aq_control_set(struct tq_store *st, const struct tq_control *c,
    struct tq_err *err)
{
	static const char *const names[] = { "#v", "ver", NULL };
	struct tq_buf b = TQ_BUF_INIT(128 * 1024), v = TQ_BUF_INIT(256);
	int rc;

	write_control(&b, c);
	tq_item_open(&v, NULL);
	tq_item_int(&v, ":v", (int64_t)c->ver);
	tq_item_close(&v, NULL);
	rc = c->ver == 0 ? aq_put(aq_of(st), tq_buf_span(&b),
	    "attribute_not_exists(#v)", names, TQ_SPAN_NONE, err) :
	    aq_put(aq_of(st), tq_buf_span(&b), "#v = :v", names,
	    tq_buf_span(&v), err);
	tq_buf_free(&b);
	tq_buf_free(&v);
	aq_control_forget(aq_queue(aq_of(st), c->queue));
	if (rc == 0)
		return tq_err_set(err, TQ_AT_UPDATE, TQ_E_LOST,
		    "queue %s: its control record was changed meanwhile",
		    c->queue);
	return rc == 1 ? 0 : -1;
}

int
aq_present(struct tq_store *st, const struct tq_presence *p, bool gone,
    struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_arena a = TQ_ARENA_INIT;
	const char *pk = tq_arena_fmt(&a, "w#%s#%s", p->worker, p->queue);
	struct tq_buf b = TQ_BUF_INIT(16 * 1024);
	int64_t now = aq_now(s);
	int rc;

	if (gone) {
		rc = aq_delete(s, pk, err);
		tq_arena_free(&a);
		return rc;
	}
	tq_item_open(&b, NULL);
	tq_item_text(&b, "pk", pk);
	tq_item_text(&b, "gsi", "#worker");
	tq_item_int(&b, "ringAt", now);
	tq_item_text(&b, "worker", p->worker);
	tq_item_text(&b, "queue", p->queue);
	tq_item_text(&b, "types", p->types);
	tq_item_int(&b, "slots", p->slots);
	tq_item_int(&b, "busy", p->busy);
	tq_item_int(&b, "startedAt", p->started_at);
	tq_item_int(&b, "expiresAt", now / 1000 + 3600);
	tq_item_close(&b, NULL);
	rc = aq_put(s, tq_buf_span(&b), NULL, NULL, TQ_SPAN_NONE, err);
	tq_buf_free(&b);
	tq_arena_free(&a);
	return rc == -1 ? -1 : 0;
}

int
aq_workers(struct tq_store *st, struct tq_arena *a, struct tq_presence **out,
    size_t *n, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct aq_query q = { .gsi = "#worker",
	    .since = aq_now(s) - PRESENT_MS };
	struct aq_entry *e;
	struct tq_presence *p;
	struct tq_span *items;
	const char **pks;
	int64_t v;
	size_t i, m;
	bool more;

	if (aq_query(s, &q, a, &e, &m, &more, err) == -1)
		return -1;
	pks = tq_arena_alloc(a, (m + 1) * sizeof(*pks));
	items = tq_arena_alloc(a, (m + 1) * sizeof(*items));
	for (i = 0; i < m; i++)
		pks[i] = e[i].pk;
	if (aq_items(s, pks, m, a, items, err) == -1)
		return -1;
	*out = tq_arena_alloc(a, (m + 1) * sizeof(**out));
	*n = 0;
	for (i = 0; i < m; i++) {
		if (items[i].n == 0)
			continue;
		p = &(*out)[(*n)++];
		p->worker = tq_item_get_text(items[i], "worker", a);
		p->queue = tq_item_get_text(items[i], "queue", a);
		p->types = tq_item_get_text(items[i], "types", a);
		v = 0;
		tq_item_get_int(items[i], "slots", &v);
		p->slots = (int)v;
		v = 0;
		tq_item_get_int(items[i], "busy", &v);
		p->busy = (int)v;
		tq_item_get_int(items[i], "startedAt", &p->started_at);
		tq_item_get_int(items[i], "ringAt", &p->seen_at);
	}
	return 0;
}

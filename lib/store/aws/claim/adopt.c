/*
 * lib/store/aws/claim/adopt.c -- messages of others become tasks.
 *
 * The id follows from the message's, and the record is written on the
 * condition that there is none: so a message is one task, however often it
 * comes and to however many workers.  It stays the task's doorbell until the
 * task has ended; should it get lost, the sweep rings with one of ours.
 */
#include <string.h>

#include "store/aws/claim/claim.h"
#include "store/aws/record/shards.h"
#include "util/json.h"
#include "util/str.h"

struct adopting {
	const struct tq_claim	*req;
	struct aq_msg *const	*msgs;
	const char		**payload_at;
	struct tq_arena		*a;
	int64_t			 now;		/* the claim's */
};

/* By which a producer, who knows the MessageId alone, finds its task. */
static struct tq_span
labels(const struct aq_msg *m, struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(TQ_LABELS_MAX);
	struct tq_span text;

	tq_buf_chr(&b, '{');
	tq_json_member_str(&b, "messageId", m->id);
	tq_buf_chr(&b, '}');
	text = b.failed ? TQ_SPAN_NONE : tq_arena_span(a, tq_buf_span(&b));
	tq_buf_free(&b);
	return text;
}

/* The record of ${m}, all of it in the claim's arena: the message goes. */
static void
make(struct aq *s, struct aq_update *j, const struct adopting *w,
    const struct aq_msg *m, const char *payload_at)
{
	struct tq_span body = tq_span_of(m->body);
	struct tq_arena *a = w->a;
	struct tq_task t = { .id = j->id, .queue = w->req->queue,
	    .type = w->req->adopt, .payload = tq_arena_span(a, body),
	    .payload_size = body.n, .labels = labels(m, a),
	    .group = tq_arena_str(a, m->group),
	    .traceparent = tq_arena_str(a, m->traceparent) };
	int64_t now = aq_now(s);

	t.payload_kind = tq_json_check(body, NULL) == 0 ? TQ_KIND_JSON :
	    TQ_KIND_TEXT;
	if (!j->there || tq_turn_submit(&j->rec.t, &t, false,
	    TQ_REPLACE_NEVER, now, now, a) != TQ_MET_REPLACE)
		tq_turn_new(&t, now);
	/* It has waited since it was sent; the claim must find it due. */
	t.due_since = m->sent_ms > 0 && m->sent_ms < w->now ? m->sent_ms :
	    w->now;
	t.created_at = t.due_since;
	j->rec = (struct aq_rec){ .t = t, .payload_at = payload_at,
	    .shard = aq_shard_of(s, t.queue, t.id) };
	if (payload_at != NULL)
		j->rec.t.payload_crc = aq_crc(body);
	aq_rec_place(s, &j->rec, now);
}

static enum aq_do
decide(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct adopting *w = arg;

	if (ups[i].found)
		return AQ_NOTHING;	/* somebody was quicker */
	make(s, &ups[i], w, w->msgs[i], w->payload_at[i]);
	return AQ_WRITE;
}

static int
place(struct aq *s, const struct aq_msg *m, const char *id,
    struct tq_arena *a, const char **at, struct tq_err *err)
{
	/* A tag of its own: who is too late must not touch what is there. */
	const char *tag = tq_arena_fmt(a, "adopt-%08x",
	    (unsigned)tq_random_u64(s->base.env));

	return aq_body_store(s, m->queue, id, 0, tag, "payload",
	    tq_span_of(m->body), TQ_INLINE_MAX, a, at, err);
}

/* As if it had been read: for the claim that follows. */
static void
settle(struct aq_update *j)
{
	if (j->wrote) {
		j->there = j->found = true;
		j->old_rev = j->rec.t.rev;
		j->rec.write_id = NULL;
	}
	j->write_id[0] = '\0';
	j->done = j->wrote = false;
}

int
aq_adopt(struct claiming *c, struct aq_msg *const *msgs, struct aq_update *ups,
    size_t n, struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	struct adopting w = { c->req, msgs,
	    tq_arena_alloc(a, (n + 1) * sizeof(*w.payload_at)), a, c->now };
	size_t i;

	for (i = 0; i < n; i++)
		if (place(c->s, msgs[i], ups[i].id, a, &w.payload_at[i],
		    err) == -1)
			return -1;
	if (aq_update(c->s, ups, n, decide, &w, a, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (!ups[i].wrote)
			aq_body_undo(c->s, &ups[i], w.payload_at[i]);
		settle(&ups[i]);
	}
	return 0;
}

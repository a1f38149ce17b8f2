/* lib/store/aws/claim/messages.c -- where claims come from: messages. */
#include <stdlib.h>
#include <string.h>

#include "store/aws/claim/claim.h"
#include "store/aws/edge/edge.h"
#include "task/id.h"
#include "util/str.h"

#define SOON_MS		1000
#define RECEIVES	5	/* in a claim that gets nothing */
#define BUFFER_MAX	10 /* messages kept for other claims: no hoarding */

static struct tq_message
parse(const struct aq_msg *in, struct tq_arena *a)
{
	struct tq_message m = { .v = 1, .message_id = in->id,
	    .damaged = !in->intact, .received_at = in->received_at,
	    .receives = (int)in->receives };
	char *id;

	m.readable = in->intact && aq_message_read(tq_span_of(in->body), a,
	    &m);
	if (!m.readable) {
		/* One of others: the task that it is, or may become. */
		id = tq_arena_alloc(a, TQ_UUID_TEXT);
		tq_id_of_message(in->queue, in->id, id);
		m.task_id = id;
	}
	return m;
}

/* Put it where the next claim finds it first; it stays hidden in SQS. */
static void
put_back(struct aq *s, struct aq_msg *m)
{
	pthread_mutex_lock(&s->lock);
	m->kept = true;
	m->next = s->buffer;
	s->buffer = m;
	pthread_mutex_unlock(&s->lock);
}

static void
later(struct claiming *c, const struct candidate *k, int64_t ms)
{
	c->later[c->nlater++] = (struct aq_receipt){ .queue = c->req->queue,
	    .receipt = k->msg->receipt, .hide_ms = ms };
}

/* One for this handle's other claims: for them, as long as they are few. */
static void
leave(struct claiming *c, struct candidate *k)
{
	const struct aq_msg *m;
	size_t n = 0;

	pthread_mutex_lock(&c->s->lock);
	for (m = c->s->buffer; m != NULL; m = m->next)
		n += m->type != NULL;
	pthread_mutex_unlock(&c->s->lock);
	if (n >= BUFFER_MAX && !aq_pushed(c->s)) {
		later(c, k, SOON_MS);
		return;
	}
	free(k->msg->type);
	k->msg->type = tq_must(strdup(k->up.rec.t.type));
	put_back(c->s, k->msg);
	atomic_fetch_add(&c->s->wakes, 1);
}

static void
gone(struct claiming *c, const struct candidate *k)
{
	c->gone[c->ngone++] = (struct aq_receipt){ .queue = c->req->queue,
	    .receipt = k->msg->receipt };
}

/* A dead task's message is back on the queue: somebody wants it redriven. */
static void
redrive(struct claiming *c, const struct candidate *k)
{
	struct tq_ref ref = { k->up.id, k->up.rec.t.rev };

	if (aq_redrive_back(c->s, &ref) == 0)
		gone(c, k);
	/* It is due: now, that is, not when this claim began. */
	c->now = aq_now(c->s);
}

/* Do what the verdict says; true when the record may be claimed. */
static bool
obey(struct claiming *c, const struct tq_msg_verdict *v, struct candidate *k)
{
	const char *type = k->up.rec.t.type;

	switch (v->action) {
	case TQ_MSG_CLAIM:
	case TQ_MSG_TAKE_OVER:
		k->over = v->action == TQ_MSG_TAKE_OVER;
		if (!aq_wants(c->req, type) &&
		    aq_wants_otherwise(c->req, type)) {
			leave(c, k);
			return false;
		}
		return !k->over || aq_wants(c->req, type);
	case TQ_MSG_HIDE:
	case TQ_MSG_KEEP:
		later(c, k, v->hide_ms);
		break;
	case TQ_MSG_DELETE:
		gone(c, k);
		break;
	case TQ_MSG_FINISH_MOVE:
		aq_dlq_move(c->s, &k->up, k->msg->receipt);
		break;
	case TQ_MSG_REDRIVE:
		redrive(c, k);
		break;
	case TQ_MSG_FOREIGN:
		c->got->foreign += aq_dlq_foreign(c->s, c->req->queue,
		    k->msg, v->reason);
		break;
	case TQ_MSG_ADOPT:
		break;		/* and gone again: its next delivery tells */
	}
	return false;
}

static void
held_up(struct claiming *c, const struct tq_task *t)
{
	aq_defer(aq_queue(c->s, c->req->queue), t->id, t->type);
	if (aq_wants(c->req, t->type))
		aq_limited(c);
}

/* The message of ${k}: what does it mean? */
static bool
judge(struct claiming *c, struct candidate *k)
{
	const struct tq_task *t = k->up.found ? &k->up.rec.t : NULL;
	struct tq_receiver me = { .put_off = k->m.receives - 1 };
	struct tq_msg_verdict v;

	if (t != NULL && k->up.rec.v > TQ_TASK_VERSION) {
		later(c, k, 30000);
		return false;
	}
	if (t != NULL && t->held) {
		gone(c, k);	/* it rings anew when it is let go */
		return false;
	}
	me.no_handler = t != NULL && !aq_wants(c->req, t->type) &&
	    !aq_wants_otherwise(c->req, t->type);
	c->strangers += me.no_handler;
	me.paused = c->put_off;
	me.limited = t != NULL && aq_full(c, t->type);
	/* A lease of another host's clock gets its margin. */
	v = tq_msg_judge(&k->m, t, &me,
	    t != NULL && t->status == TQ_RUNNING ? c->now - AQ_MARGIN_MS
						 : c->now);
	if (v.action == TQ_MSG_HIDE && t != NULL &&
	    (TQ_BIT(t->status) & TQ_WAITING) != 0) {
		aq_next(c->got, aq_due(t) > c->now ? aq_due(t) : c->now +
		    v.hide_ms);
		if (me.limited && aq_due(t) <= c->now)
			held_up(c, t);
	}
	return obey(c, &v, k);
}

/* Those of others that have no record get one. */
static int
adopt_new(struct claiming *c, struct aq_msg *const *msgs,
    const struct tq_message *m, struct aq_update *ups, size_t n,
    struct tq_err *err)
{
	static const struct tq_receiver adopts = { .adopt = true };
	struct tq_arena *a = c->got->arena;
	struct aq_update *new = tq_arena_alloc(a, (n + 1) * sizeof(*new));
	struct aq_msg **of = tq_arena_alloc(a, (n + 1) * sizeof(*of));
	size_t *which = tq_arena_alloc(a, (n + 1) * sizeof(*which));
	size_t i, k = 0;

	if (c->req->adopt == NULL)
		return 0;
	for (i = 0; i < n; i++)
		if (!ups[i].found && tq_msg_judge(&m[i], NULL, &adopts,
		    c->now).action == TQ_MSG_ADOPT) {
			which[k] = i;
			of[k] = msgs[i];
			new[k++] = ups[i];
		}
	if (aq_adopt(c, of, new, k, err) == -1)
		return -1;
	while (k-- > 0)
		ups[which[k]] = new[k];
	return 0;
}

/* Read the records behind ${msgs}; ${list} gets those that may be claimed. */
static int
sort_out(struct claiming *c, struct aq_msg **msgs, size_t n,
    struct candidate *list, size_t *nlist, struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	struct tq_message *m = tq_arena_alloc(a, (n + 1) * sizeof(*m));
	struct aq_update *ups = tq_arena_alloc(a, (n + 1) * sizeof(*ups));
	size_t i, k;

	for (i = 0; i < n; i++) {
		m[i] = parse(msgs[i], a);
		ups[i] = (struct aq_update){ .id = m[i].task_id };
	}
	if (aq_fetch(c->s, ups, n, a, err) == -1 ||
	    adopt_new(c, msgs, m, ups, n, err) == -1)
		return -1;
	*nlist = 0;
	for (i = 0; i < n; i++) {
		struct candidate *one = &list[*nlist];

		*one = (struct candidate){ .up = ups[i], .msg = msgs[i],
		    .m = m[i] };
		for (k = 0; k < *nlist; k++)
			if (strcmp(list[k].up.id, one->up.id) == 0)
				break;
		if (k < *nlist)	/* rung twice */
			gone(c, one);
		else if (judge(c, one))
			++*nlist;
	}
	return 0;
}

static bool
claimed(const struct tq_claimed *got, const char *id)
{
	size_t i;

	for (i = 0; i < got->n; i++)
		if (strcmp(got->tasks[i].id, id) == 0)
			return true;
	return false;
}

/*
 * Messages of what was not claimed after all come again: soon, to be judged
 * by what has become of the record, unless it is a limit that is full now.
 */
static void
hide_rest(struct claiming *c, struct candidate *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!claimed(c->got, list[i].up.id) && !list[i].ended &&
		    (list[i].chosen || judge(c, &list[i])))
			later(c, &list[i], SOON_MS);
}

static int
claim_or_take_over(struct claiming *c, struct candidate *list, size_t n,
    struct tq_err *err)
{
	size_t i, live = 0;

	for (i = 0; i < n; i++)
		if (list[i].over && c->got->n == 0 &&
		    aq_take_over(c, &list[i], 1, err) == -1)
			return -1;
	if (c->got->n == 0) {
		struct candidate *rest = tq_arena_alloc(c->got->arena,
		    (n + 1) * sizeof(*rest));

		for (i = 0; i < n; i++)
			if (!list[i].over)
				rest[live++] = list[i];
		aq_sort_candidates(rest, live);
		if (aq_claim_candidates(c, rest, live, c->req->n, err) == -1)
			return -1;
		hide_rest(c, rest, live);
		return 0;
	}
	for (i = 0; i < n; i++)
		if (!list[i].chosen && list[i].msg != NULL) {
			put_back(c->s, list[i].msg);
			list[i].msg = NULL;
		}
	return 0;
}

/* Up to ${max} messages and what comes of them; *n there were. */
static int
claim_received(struct claiming *c, bool ask, size_t max, size_t *n,
    struct tq_err *err)
{
	struct tq_arena *a = c->got->arena;
	size_t nlist = 0, i;
	struct aq_msg **msgs = tq_arena_alloc(a, (max + 1) * sizeof(*msgs));
	struct candidate *list = tq_arena_alloc(a, (max + 1) * sizeof(*list));
	int rc;

	c->later = tq_arena_alloc(a, (max + 1) * sizeof(*c->later));
	c->gone = tq_arena_alloc(a, (max + 1) * sizeof(*c->gone));
	c->nlater = c->ngone = 0;
	rc = aq_receive(c->s, c->req, ask, max, msgs, n, err);
	if (rc == 0)
		rc = sort_out(c, msgs, *n, list, &nlist, err);
	if (rc == 0)
		rc = claim_or_take_over(c, list, nlist, err);
	aq_hide_all(c->s, false, c->later, c->nlater);
	aq_delete_all(c->s, false, c->gone, c->ngone);
	for (i = 0; i < *n; i++)
		if (!msgs[i]->kept)
			aq_msg_free(msgs[i]);
	return rc;
}

int
aq_claim_messages(struct claiming *c, bool ask, struct tq_err *err)
{
	size_t n = 1, room = ask ? aq_room(c) : BUFFER_MAX;
	int i;

	/* Those pushed wait for their turn, which costs nothing. */
	if ((ask || aq_pushed(c->s)) && room > c->req->n)
		room = c->req->n;
	/* Behind messages that are of no use to it there may be others. */
	for (i = 0; i < RECEIVES && n > 0 && c->got->n == 0 &&
	    c->strangers == 0; i++)
		if (claim_received(c, ask, room, &n, err) == -1)
			return -1;
	return 0;
}

/* lib/store/aws/submit.c -- new records, then their doorbells. */
#include <stdio.h>
#include <string.h>

#include "store/aws/aws.h"
#include "store/aws/edge/edge.h"
#include "store/aws/message/message.h"
#include "store/aws/record/shards.h"
#include "task/doorbell.h"

struct submitting {
	const struct tq_submit	*in;
	struct tq_submitted	*out;
	const char		**payload_at, **result_at;
	const char		**old_at, **old_result_at;	/* of a record
						   that was replaced */
	struct tq_task		*old;		/* its edges */
	const char		**missing;	/* parents that are not there */
	struct tq_arena		*a;
};

/* ${j} is the record of the ${i}th request; its bodies are placed. */
static void
make(struct aq *s, struct submitting *w, struct aq_update *j, size_t i,
    const struct tq_task *t)
{
	const char *at = w->payload_at[i], *result = w->result_at[i];
	int shard = j->there ? j->rec.shard : aq_shard_of(s, t->queue, t->id);

	j->rec = (struct aq_rec){ .t = *t, .payload_at = at,
	    .result_at = result };
	j->rec.shard = shard;
	j->rec.t.payload_size = t->payload.n;
	j->rec.t.payload_crc = at != NULL ? aq_crc(t->payload) : 0;
	if (at != NULL)
		j->rec.t.payload = TQ_SPAN_NONE;
	if (w->in[i].moved) {
		j->rec.t.result_size = t->result.n;
		j->rec.t.result_crc = result != NULL ? aq_crc(t->result) : 0;
		if (result != NULL)
			j->rec.t.result = TQ_SPAN_NONE;
	}
	aq_edges_ask(&j->rec, t, w->a);
	aq_rec_place(s, &j->rec, aq_now(s));
}

static enum aq_do
no_parent(struct submitting *w, size_t i)
{
	w->out[i] = (struct tq_submitted){ TQ_REFUSED, TQ_E_NOTFOUND,
	    w->out[i].status, "" };
	snprintf(w->out[i].parent, sizeof(w->out[i].parent), "%s",
	    w->missing[i]);
	return AQ_NOTHING;
}

static enum aq_do
refuse(struct submitting *w, size_t i, enum tq_code code)
{
	w->out[i] = (struct tq_submitted){ TQ_REFUSED, code, w->out[i].status,
	    "" };
	return AQ_NOTHING;
}

static enum aq_do
write_or_refuse(struct submitting *w, const struct aq_update *j, size_t i)
{
	return aq_rec_fits(&j->rec) ? AQ_WRITE : refuse(w, i, TQ_E_DATA);
}

/* Children of ${old} get word of it first, and must not be waited for. */
static enum aq_do
may_replace(struct aq *s, struct submitting *w, const struct aq_rec *old,
    const struct tq_task *t, size_t i)
{
	int live = 0;

	if (old->unblock_owed)
		return aq_pay_word(s, t->id, NULL) >= 0 ? AQ_AGAIN :
		    refuse(w, i, TQ_E_UNAVAILABLE);
	if (w->missing[i] != NULL)
		return no_parent(w, i);
	if (t->parents > 0 && old->t.edges != 0)
		live = aq_edges_live(s, &old->t, false, w->a, NULL);
	return live == 0 ? AQ_WRITE : refuse(w, i, live == 1 ? TQ_E_STATE :
	    TQ_E_UNAVAILABLE);
}

/* The request meets the record that stands under its id. */
static enum aq_do
meet(struct aq *s, struct submitting *w, struct aq_update *j, size_t i,
    struct tq_task *t)
{
	const struct tq_submit *in = &w->in[i];
	struct tq_submitted *out = &w->out[i];
	int64_t now = aq_now(s);
	enum aq_do what;

	tq_turn_expire(&j->rec.t, now, w->a);
	out->status = j->rec.t.status;
	switch (tq_turn_submit(&j->rec.t, t, in->keyed, in->replace, now,
	    now, w->a)) {
	case TQ_MET_OURS:
		return AQ_NOTHING;
	case TQ_MET_SAME:
		out->what = TQ_EXISTS;
		return AQ_NOTHING;
	case TQ_MET_TAKEN:
		return refuse(w, i, TQ_E_TAKEN);
	case TQ_MET_CONFLICT:
		return refuse(w, i, TQ_E_CONFLICT);
	case TQ_MET_REPLACE:
		break;
	}
	if ((what = may_replace(s, w, &j->rec, t, i)) != AQ_WRITE)
		return what;
	w->old_at[i] = j->rec.payload_at;
	w->old_result_at[i] = j->rec.result_at;
	w->old[i] = j->rec.t;
	out->status = t->status;
	make(s, w, j, i, t);
	return write_or_refuse(w, j, i);
}

static enum aq_do
decide(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct submitting *w = arg;
	struct aq_update *j = &ups[i];
	struct tq_task t = *w->in[i].task;

	if (t.not_before != 0)
		t.not_before += aq_ahead(s);
	w->old_at[i] = w->old_result_at[i] = NULL;
	w->old[i].parents = 0;
	t.parents = (int)aq_parents_asked(&t);
	t.waits = t.parents > 0;
	w->out[i] = (struct tq_submitted){ TQ_STORED, TQ_OK, TQ_PENDING,
	    "" };
	if (j->there)
		return meet(s, w, j, i, &t);
	if (w->missing[i] != NULL)
		return no_parent(w, i);
	if (w->in[i].moved)
		tq_turn_moved(&t, aq_now(s));
	else
		tq_turn_new(&t, aq_now(s));
	w->out[i].status = t.status;
	make(s, w, j, i, &t);
	return write_or_refuse(w, j, i);
}

/* For its payload. */
static size_t
room(const struct tq_task *t)
{
	struct aq_rec r = { .t = *t };

	r.t.payload = TQ_SPAN_NONE;
	return t->payload.n <= TQ_INLINE_MAX ? TQ_INLINE_MAX :
	    aq_body_room(&r, false);
}

static int
place(struct aq *s, const struct submitting *w, size_t i, struct tq_err *err)
{
	const struct tq_task *t = w->in[i].task;
	struct tq_arena *a = w->a;
	/* A tag of its own: a refused submit must not touch what is there. */
	const char *tag = tq_arena_fmt(a, "%s-%08x", t->submit_id != NULL ?
	    t->submit_id : "0", (unsigned)tq_random_u64(s->base.env));

	if (aq_body_store(s, t->queue, t->id, t->not_before, tag, "payload",
	    t->payload, room(t), a, &w->payload_at[i], err) == -1)
		return -1;
	return !w->in[i].moved ? 0 : aq_body_store(s, t->queue, t->id, 0, tag,
	    "result", t->result, TQ_INLINE_MAX, a, &w->result_at[i], err);
}

/* Is a message due for what was written; or was, by an earlier try? */
static bool
rings(const struct tq_task *t, const struct tq_submit *in,
    const struct tq_submitted *out)
{
	if (out->what != TQ_STORED)
		return false;
	return in->moved ? (TQ_BIT(t->status) & TQ_WAITING) != 0 && !t->held :
	    out->status == TQ_PENDING && t->attempts == 0;
}

static void
ring(struct aq *s, struct aq_update *ups, size_t n,
    const struct tq_submit *in, struct tq_submitted *out, struct tq_arena *a,
    struct tq_err *err)
{
	struct aq_update **wrote = tq_arena_alloc(a, (n + 1) * sizeof(*wrote));
	size_t i, m = 0;

	/* Also for what an earlier try wrote, and perhaps did not ring for. */
	for (i = 0; i < n; i++)
		if (ups[i].done && rings(&ups[i].rec.t, &in[i], &out[i]))
			wrote[m++] = &ups[i];
	aq_doorbells_send(s, wrote, m, a, err);
	for (i = 0; i < n; i++)
		if (ups[i].owed)
			out[i].what = TQ_OWED;
}

/*
 * A task for a queue that is not there is refused before anything is kept.
 * One that can't be asked for is no reason to: its doorbells are owed.
 */
static int
refuse_unknown(struct aq *s, struct aq_update *ups, struct submitting *w,
    size_t n, struct tq_err *err)
{
	const struct tq_submit *in = w->in;
	struct tq_err why;
	const char *url;
	bool there = true;	/* SQS is */
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; strcmp(in[k].task->queue, in[i].task->queue) != 0;
		    k++)
			;
		if (k < i) {	/* as the first of that queue */
			ups[i].done = ups[k].done;
			w->out[i] = w->out[k];
			continue;
		}
		why = (struct tq_err)TQ_ERR_INIT;
		if (!there || aq_queue_url(s, s->a, in[i].task->queue, false,
		    &url, &why) == 0)
			continue;
		if (why.code == TQ_E_NOQUEUE) {
			ups[i].done = true;
			w->out[i] = (struct tq_submitted){ TQ_REFUSED,
			    TQ_E_NOQUEUE, TQ_PENDING, "" };
		} else if (why.code == TQ_E_UNAVAILABLE ||
		    why.code == TQ_E_TIMEOUT || why.code == TQ_E_THROTTLED) {
			there = false;
		} else {
			if (err != NULL)
				*err = why;
			return -1;
		}
	}
	return 0;
}

/*
 * New ids are the rule: no read before the first write.  But a key may well be
 * there, and then a big payload would be stored only to be removed again.
 */
static bool
looks_first(const struct tq_submit *in)
{
	return in->keyed && in->task->payload.n > TQ_INLINE_MAX;
}

/* Remove the blobs of records that were replaced, or refused. */
static void
drop_edges(struct aq *s, const struct submitting *w,
    const struct aq_update *ups, size_t n)
{
	struct tq_task t;
	size_t i;

	for (i = 0; i < n; i++) {
		if (ups[i].wrote && w->old[i].parents > 0)
			aq_sets_drop(s, &w->old[i]);
		if (!ups[i].done || ups[i].wrote ||
		    w->out[i].what == TQ_STORED)
			continue;
		t = *w->in[i].task;
		if ((t.parents = (int)aq_parents_asked(&t)) > 0)
			aq_sets_drop(s, &t);
	}
}

/* The new children look at their parents. */
static void
look(struct aq *s, struct aq_update *ups, size_t n, struct tq_arena *a)
{
	const char **ids = tq_arena_alloc(a, (n + 1) * sizeof(*ids));
	size_t i, m = 0;

	for (i = 0; i < n; i++)
		if (ups[i].done && ups[i].rec.look_owed != 0)
			ids[m++] = ups[i].id;
	if (m > 0)
		aq_pay_looks(s, ids, m, NULL);	/* or the sweep does */
	aq_settle(s);
}

/* Store tasks of which none is another's parent. */
static int
submit_some(struct aq *s, const struct tq_submit *in, size_t n,
    struct tq_submitted *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_update *ups = tq_arena_alloc(&a, n * sizeof(*ups));
	struct submitting w = { .in = in, .out = out, .a = &a };
	size_t i;
	int rc = -1;

	w.old = tq_arena_alloc(&a, n * sizeof(*w.old));
	w.missing = tq_arena_alloc(&a, n * sizeof(*w.missing));
	w.payload_at = tq_arena_alloc(&a, n * sizeof(*w.payload_at));
	w.result_at = tq_arena_alloc(&a, n * sizeof(*w.result_at));
	w.old_at = tq_arena_alloc(&a, n * sizeof(*w.old_at));
	w.old_result_at = tq_arena_alloc(&a, n * sizeof(*w.old_result_at));
	for (i = 0; i < n; i++)
		ups[i] = (struct aq_update){ .id = in[i].task->id,
		    .known = !looks_first(&in[i]) };
	if (refuse_unknown(s, ups, &w, n, err) == -1 ||
	    aq_edges_add(s, in, n, w.missing, &a, err) == -1)
		goto out;
	for (i = 0; i < n; i++)		/* is it there all the same? */
		ups[i].known = ups[i].known && w.missing[i] == NULL;
	if (aq_fetch(s, ups, n, &a, err) == -1)
		goto out;
	for (i = 0; i < n; i++)
		if (!ups[i].done && (!ups[i].found ||
		    in[i].replace != TQ_REPLACE_NEVER) &&
		    place(s, &w, i, err) == -1)
			goto out;
	rc = aq_update(s, ups, n, decide, &w, &a, err);
	/* Records that were written are followed up, whatever of the others. */
	for (i = 0; i < n; i++)
		if (ups[i].wrote) {
			aq_bodies_drop(s, &w.old_at[i], 1);
			aq_bodies_drop(s, &w.old_result_at[i], 1);
		} else if (ups[i].done) {
			aq_body_undo(s, &ups[i], w.payload_at[i]);
			aq_body_undo(s, &ups[i], w.result_at[i]);
		}
	ring(s, ups, n, in, out, &a, rc == 0 ? err : NULL);
	drop_edges(s, &w, ups, n);
	look(s, ups, n, &a);
	if (n > 0)
		aq_shards_heat(s, in[0].task->queue);
out:
	tq_arena_free(&a);
	return rc;
}

/* Does one of ${in} before its ${i}th stand among the parents of that? */
static bool
waits_within(const struct tq_submit *in, size_t i, struct tq_arena *a)
{
	struct tq_edge *v;
	size_t n, k, j;

	if (aq_parents_asked(in[i].task) == 0 ||
	    tq_edges_of(in[i].task, a, &v, &n, NULL) == -1)
		return false;
	for (k = 0; k < n; k++)
		for (j = 0; j < i; j++)
			if (strcmp(in[j].task->id, v[k].id) == 0)
				return true;
	return false;
}

int
aq_submit(struct tq_store *st, const struct tq_submit *in, size_t n,
    struct tq_submitted *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT, own = TQ_ARENA_INIT;
	struct tq_submit *v = tq_arena_alloc(&own, n * sizeof(*v));
	size_t from, m;
	int rc = 0;

	memcpy(v, in, n * sizeof(*v));
	/* A parent is stored before its child, or refused with it. */
	for (from = 0; rc == 0 && from < n; from += m) {
		m = 1;
		if (!tq_submit_with(&v[from], &out[from]))
			continue;
		while (from + m < n && !waits_within(v + from, m, &a) &&
		    tq_submit_with(&v[from + m], &out[from + m]))
			m++;
		rc = submit_some(aq_of(st), v + from, m, out + from, err);
		tq_arena_reset(&a);
	}
	tq_arena_free(&a);
	tq_arena_free(&own);
	return rc;
}

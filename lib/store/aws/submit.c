/* lib/store/aws/submit.c -- new records, then their doorbells. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/aws/aws.h"
#include "task/doorbell.h"

struct submitting {
	const struct tq_submit	*in;
	struct tq_submitted	*out;
	const char		**payload_at;
	const char		**old_at;	/* of a record that was replaced */
};

void
aq_to_waiting(struct aq *s, struct tq_task *t, enum tq_status status,
    int64_t due)
{
	int64_t now = aq_now(s);

	t->status = status;
	t->not_before = due > now ? due : now;
	t->rings = 0;
	/* A bell can't be set so far ahead: the sweep rings when it is due. */
	t->ring_at = t->not_before - now > AQ_DELAY_MAX_MS ? t->not_before :
	    tq_ring_first(t->not_before, now);
	if (t->not_before - now > AQ_DELAY_MAX_MS)
		t->rings = TQ_RING_OWED;
	t->bell = NULL;
	t->lease_until = 0;
	t->finished_at = 0;
}

/* The record of a request, with what a replaced one hands on. */
static void
make(struct aq *s, struct aq_job *j, const struct tq_task *asked,
    const char *payload_at)
{
	uint64_t token = j->there ? j->rec.t.token + 1 : 1;
	struct tq_task t = *asked;

	t.token = token;
	t.claim = 0;
	t.attempts = t.crashes = 0;
	t.created_at = t.updated_at = aq_now(s);
	t.payload_size = t.payload.n;
	aq_to_waiting(s, &t, TQ_PENDING, asked->not_before);
	if (t.not_before == t.created_at)
		t.not_before = 0;
	if (payload_at != NULL)
		t.payload = TQ_SPAN_NONE;
	j->rec = (struct aq_rec){ .t = t, .payload_at = payload_at };
}

static enum aq_do
decide(struct aq *s, struct aq_job *jobs, size_t i, void *arg)
{
	struct submitting *w = arg;
	const struct tq_submit *in = &w->in[i];
	struct tq_submitted *out = &w->out[i];
	struct aq_job *j = &jobs[i];
	const struct tq_task *old = &j->rec.t;
	bool dead;

	*out = (struct tq_submitted){ TQ_STORED, TQ_OK, TQ_PENDING };
	if (j->found) {
		out->status = old->status;
		out->code = tq_submit_clash(old, in->task, in->keyed);
		dead = old->status == TQ_FAILED || old->status == TQ_CANCELLED;
		if (!dead || !in->replace_dead) {
			if (out->code != TQ_OK)
				out->what = TQ_REFUSED;
			else if (old->submit_id == NULL ||
			    in->task->submit_id == NULL ||
			    strcmp(old->submit_id, in->task->submit_id) != 0)
				out->what = TQ_EXISTS;
			return AQ_NOTHING;
		}
		out->code = TQ_OK;
		out->status = TQ_PENDING;
	}
	w->old_at[i] = j->there ? j->rec.payload_at : NULL;
	make(s, j, in->task, w->payload_at[i]);
	return AQ_WRITE;
}

static int
place(struct aq *s, const struct tq_task *t, struct tq_arena *a,
    const char **at, struct tq_err *err)
{
	/* A tag of its own: a refused submit must not touch what is there. */
	const char *tag = tq_arena_fmt(a, "%s-%08x", t->submit_id != NULL ?
	    t->submit_id : "0", (unsigned)tq_random_u64(s->base.env));

	return aq_body_store(s, t->queue, t->id, tag, "payload", t->payload,
	    a, at, err);
}

/* Mark those whose send failed: the sweep owes them a ring. */
static enum aq_do
owe(struct aq *s, struct aq_job *jobs, size_t i, void *arg)
{
	struct tq_task *t = &jobs[i].rec.t;

	(void)arg;
	if (!jobs[i].found || (TQ_BIT(t->status) & TQ_WAITING) == 0)
		return AQ_NOTHING;
	t->rings = TQ_RING_OWED;
	t->ring_at = aq_now(s) > t->not_before ? aq_now(s) : t->not_before;
	return AQ_WRITE;
}

/* Ring for what was written; the queues may differ from task to task. */
static void
ring_all(struct aq *s, const struct tq_submit *in, struct aq_job *jobs,
    size_t n, struct tq_submitted *out, struct tq_arena *a)
{
	struct aq_ring *rings = tq_arena_alloc(a, n * sizeof(*rings));
	struct aq_job *owed = tq_arena_alloc(a, n * sizeof(*owed));
	size_t *which = tq_arena_alloc(a, n * sizeof(*which));
	size_t i, k, m, nowed = 0;
	int64_t now = aq_now(s), delay;

	for (i = 0; i < n; i = k) {
		for (m = 0, k = i; k < n && strcmp(in[k].task->queue,
		    in[i].task->queue) == 0; k++) {
			delay = jobs[k].rec.t.not_before - now;
			if (!jobs[k].wrote || delay > AQ_DELAY_MAX_MS)
				continue;
			which[m] = k;
			rings[m++] = (struct aq_ring){ .t = in[k].task,
			    .delay_ms = delay > 0 ? delay : 0 };
		}
		aq_send(s, in[i].task->queue, false, rings, m);
		while (m-- > 0) {
			if (rings[m].sent)
				continue;
			out[which[m]].what = TQ_OWED;
			owed[nowed++] = (struct aq_job){
			    .id = in[which[m]].task->id };
		}
	}
	aq_change(s, owed, nowed, owe, NULL, a, NULL);
}

int
aq_submit(struct tq_store *st, const struct tq_submit *in, size_t n,
    struct tq_submitted *out, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_job *jobs = tq_arena_alloc(&a, n * sizeof(*jobs));
	struct submitting w = { in, out, NULL, NULL };
	const char *url;
	size_t i;
	int rc = -1;

	w.payload_at = tq_arena_alloc(&a, n * sizeof(*w.payload_at));
	w.old_at = tq_arena_alloc(&a, n * sizeof(*w.old_at));
	for (i = 0; i < n; i++) {
		/* A queue that is not there is said before anything is kept. */
		if (aq_queue_url(s, s->a, in[i].task->queue, false, &url,
		    err) == -1 || place(s, in[i].task, &a, &w.payload_at[i],
		    err) == -1)
			goto out;
		/* New ids are the rule: no read before the first write. */
		jobs[i] = (struct aq_job){ .id = in[i].task->id,
		    .known = true };
	}
	if (aq_change(s, jobs, n, decide, &w, &a, err) == -1)
		goto out;
	for (i = 0; i < n; i++)
		aq_body_drop(s, jobs[i].wrote ? w.old_at[i] : w.payload_at[i]);
	ring_all(s, in, jobs, n, out, &a);
	rc = 0;
out:
	tq_arena_free(&a);
	return rc;
}

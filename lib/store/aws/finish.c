/* lib/store/aws/finish.c -- leases renewed and ended. */
#include <stdlib.h>
#include <string.h>

#include "store/aws/aws.h"
#include "task/doorbell.h"

/* -- extend -------------------------------------------------------------------- */

struct extending {
	const struct tq_extend	*in;
	struct tq_extended	*out;
};

static enum aq_do
decide_extend(struct aq *s, struct aq_job *jobs, size_t i, void *arg)
{
	struct extending *x = arg;
	const struct tq_extend *in = &x->in[i];
	struct tq_task *t = &jobs[i].rec.t;
	int64_t now = aq_now(s);

	x->out[i] = (struct tq_extended){ .code = TQ_OK };
	if (!jobs[i].found) {
		x->out[i].code = TQ_E_NOTFOUND;
		return AQ_NOTHING;
	}
	if (t->status != TQ_RUNNING || t->token != in->token ||
	    t->claim != in->claim) {
		x->out[i].code = TQ_E_LOST;
		return AQ_NOTHING;
	}
	x->out[i].cancel_requested = t->cancel_requested;
	t->lease_until = now + in->lease_ms;
	t->updated_at = now;
	/* The index entry moves rarely: each time costs a write of its own. */
	if (t->ring_at < t->lease_until)
		t->ring_at = aq_running_ring_at(in->lease_ms, now);
	if (in->progress.n > 0)
		t->progress = in->progress;
	if (in->log != NULL)
		t->log = in->log;
	return AQ_WRITE;
}

/* The lease first, then the message: a lost ring is only a late one. */
static void
keep_hidden(struct aq *s, const struct tq_extend *in, const struct aq_rec *r)
{
	struct aq_held *h = aq_held(s, in->id, in->claim);
	int64_t now = aq_now(s);

	aq_slot_extend(s, r->slot, &r->t, r->t.lease_until + AQ_MARGIN_MS);
	if (h == NULL)
		return;
	if (now - h->received_at + in->lease_ms + 2000 > TQ_SQS_HIDE_MAX_MS -
	    TQ_SQS_MARGIN_MS) {
		/* Past SQS's 12 hours: the sweep rings if we die. */
		aq_unsend(s, h->queue, false, h->receipt);
		aq_let_go(s, h);
	} else {
		aq_hide(s, h->queue, false, h->receipt, in->lease_ms + 2000);
	}
}

int
aq_extend(struct tq_store *st, const struct tq_extend *in, size_t n,
    struct tq_extended *out, struct tq_err *err)
{
	struct aq *s = aq_of(st);
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_job *jobs = tq_arena_alloc(&a, n * sizeof(*jobs));
	struct extending x = { in, out };
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		jobs[i].id = in[i].id;
	rc = aq_change(s, jobs, n, decide_extend, &x, &a, err);
	for (i = 0; i < n; i++)
		if (jobs[i].wrote)
			keep_hidden(s, &in[i], &jobs[i].rec);
	tq_arena_free(&a);
	return rc;
}

/* -- finish -------------------------------------------------------------------- */

struct finishing {
	const struct tq_finish	*in;
	struct tq_answer	*out;
	const char		**result_at;
	const char		**slot;		/* that it held */
};

static enum tq_status
end_status(const struct tq_finish *in, const struct tq_task *t)
{
	if (in->how == TQ_COMPLETE)
		return TQ_COMPLETED;
	if (in->how == TQ_FAIL)
		return TQ_FAILED;
	if (in->how == TQ_CANCEL || t->cancel_requested)
		return TQ_CANCELLED;
	return in->how == TQ_RETRY ? TQ_RETRYING : TQ_PENDING;
}

void
aq_to_finished(struct aq *s, struct tq_task *t, enum tq_status status)
{
	int64_t now = aq_now(s);

	t->status = status;
	t->finished_at = t->ring_at = now;
	t->expires_at = now + (status == TQ_FAILED ? TQ_KEEP_DEAD_MS :
	    TQ_KEEP_MS);
	t->lease_until = t->not_before = 0;
	t->rings = 0;
	t->bell = NULL;
	t->crashes = 0;
	t->dlq_owed = status == TQ_FAILED;
	t->cancel_requested = false;
}

static void
complete(struct tq_task *t, const struct tq_finish *in, struct aq_rec *r,
    const char *result_at)
{
	t->result = result_at == NULL ? in->result : TQ_SPAN_NONE;
	t->result_kind = in->result_kind;
	t->result_size = in->result.n;
	r->result_at = result_at;
	t->output = in->output;
	t->output_size = in->output_size;
	t->reason = NULL;
	t->err_stage = TQ_AT_NONE;
	t->err_code = NULL;
	t->give_up_at = 0;
}

static void
end(struct tq_task *t, const struct tq_finish *in)
{
	if (in->how == TQ_RELEASE && in->give_back && t->attempts > 0)
		t->attempts--;
	if (in->reason != NULL) {
		t->reason = in->reason;
		t->err_stage = in->err_stage;
		t->err_code = in->err_code;
	}
	if (in->give_up_at != 0)
		t->give_up_at = in->give_up_at;
	t->token++;
}

/* An answer that got lost: is the record as our own write left it? */
static bool
ours_already(const struct tq_task *t, const struct tq_finish *in)
{
	return t->claim == in->claim && t->status != TQ_RUNNING &&
	    (in->how == TQ_COMPLETE ? t->status == TQ_COMPLETED &&
	    t->token == in->token : t->token == in->token + 1);
}

static enum aq_do
decide_finish(struct aq *s, struct aq_job *jobs, size_t i, void *arg)
{
	struct finishing *f = arg;
	const struct tq_finish *in = &f->in[i];
	struct aq_rec *r = &jobs[i].rec;
	struct tq_task *t = &r->t;
	enum tq_status to;

	f->out[i] = (struct tq_answer){ TQ_OK, TQ_PENDING };
	if (!jobs[i].found) {
		f->out[i].code = TQ_E_NOTFOUND;
		return AQ_NOTHING;
	}
	f->out[i].status = t->status;
	if (t->status != TQ_RUNNING || t->token != in->token ||
	    t->claim != in->claim) {
		f->out[i].code = jobs[i].write_id[0] != '\0' &&
		    ours_already(t, in) ? TQ_OK : TQ_E_LOST;
		return AQ_NOTHING;
	}
	to = end_status(in, t);
	f->out[i].status = to;
	f->slot[i] = r->slot;
	r->slot = NULL;
	r->alone = r->prefetched = false;
	t->progress = TQ_SPAN_NONE;
	if (in->log != NULL)
		t->log = in->log;
	if (to == TQ_COMPLETED)
		complete(t, in, r, f->result_at[i]);
	else
		end(t, in);
	if (TQ_BIT(to) & TQ_WAITING) {
		t->crashes = 0;
		aq_to_waiting(s, t, to, in->not_before);
	} else {
		aq_to_finished(s, t, to);
	}
	t->updated_at = aq_now(s);
	return AQ_WRITE;
}

/* A task waits again: its message does, or a new one is sent. */
static void
ring_again(struct aq *s, const struct tq_task *t, struct aq_held *h)
{
	int64_t delay = t->not_before - aq_now(s);
	struct aq_ring ring = { .t = t, .delay_ms = delay > 0 ? delay : 0 };

	if (delay > AQ_DELAY_MAX_MS) {
		if (h != NULL)
			aq_unsend(s, h->queue, false, h->receipt);
		return;			/* the sweep rings */
	}
	if (h != NULL && aq_hide(s, h->queue, false, h->receipt,
	    ring.delay_ms))
		return;
	aq_send(s, t->queue, false, &ring, 1);
}

/* What follows once the records are written. */
static void
settle(struct aq *s, const struct finishing *f, struct aq_job *jobs, size_t n,
    struct tq_arena *a)
{
	const char **gone = tq_arena_alloc(a, (n + 1) * sizeof(*gone));
	struct aq_held *h;
	struct tq_task *t;
	size_t i, k;

	for (i = 0; i < n; i++) {
		t = &jobs[i].rec.t;
		h = aq_held(s, f->in[i].id, f->in[i].claim);
		if (!jobs[i].wrote) {
			aq_body_drop(s, f->result_at[i]);
		} else if (TQ_BIT(t->status) & TQ_WAITING) {
			ring_again(s, t, h);
		} else if (t->status == TQ_FAILED) {
			aq_bury(s, t, h != NULL ? h->receipt : NULL);
		} else if (h != NULL) {
			gone[i] = tq_arena_str(a, h->receipt);
		}
		if (jobs[i].wrote)
			aq_slot_free(s, f->slot[i]);
		aq_let_go(s, h);
	}
	for (i = 0; i < n; i = k) {
		for (k = i + 1; k < n && strcmp(f->in[k].queue,
		    f->in[i].queue) == 0; k++)
			;
		aq_unsend_all(s, f->in[i].queue, gone + i, k - i);
	}
}

static int
finish_all(struct aq *s, const struct tq_finish *in, size_t n,
    struct tq_answer *out, struct tq_err *err)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct aq_job *jobs = tq_arena_alloc(&a, n * sizeof(*jobs));
	struct finishing f = { in, out,
	    tq_arena_alloc(&a, n * sizeof(*f.result_at)),
	    tq_arena_alloc(&a, n * sizeof(*f.slot)) };
	const char *tag;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++) {
		jobs[i].id = in[i].id;
		tag = tq_arena_fmt(&a, "%llu-%llx",
		    (unsigned long long)in[i].token,
		    (unsigned long long)in[i].claim);
		if (in[i].how == TQ_COMPLETE)
			rc = aq_body_store(s, in[i].queue, in[i].id, tag,
			    "result", in[i].result, &a, &f.result_at[i], err);
	}
	if (rc == 0)
		rc = aq_change(s, jobs, n, decide_finish, &f, &a, err);
	if (rc == 0)
		settle(s, &f, jobs, n, &a);
	tq_arena_free(&a);
	return rc;
}

int
aq_finish(struct tq_store *st, const struct tq_finish *in, size_t n,
    struct tq_answer *out, const struct tq_claim *next,
    struct tq_claimed *got, struct tq_err *err)
{
	struct aq *s = aq_of(st);

	if (n > 0 && finish_all(s, in, n, out, err) == -1)
		return -1;
	return next != NULL ? aq_claim(s, next, got, err) : 0;
}

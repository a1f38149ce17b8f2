/* lib/work/finish.c -- see finish.h. */
#include "work/finish.h"

#include <string.h>

#include "util/time.h"
#include "work/lease.h"
#include "work/worker.h"

#define GROUP		1024	/* so many ended jobs make a commit worth it */
#define WAIT_MS		20	/* and no job waits longer to be told */

bool
tq_finish_wanted(const struct worker *w)
{
	if (w->jobs.ndone == 0 || !tq_contact_may(w))
		return false;
	return w->jobs.nready == 0 || w->slots.nfree > 0 ||
	    w->jobs.ndone >= GROUP || w->now - w->jobs.done_at >= WAIT_MS;
}

static void
fill(struct worker *w, struct job *j, struct tq_finish *f,
    struct tq_verdict *v)
{
	const struct outcome *o = &j->out;

	*v = tq_verdict_of(j->task, o->end, o->retry_after, w->wall,
	    o->end == TQ_END_DONE ? 0 : tq_random_u64(w->env));
	*f = (struct tq_finish){ .id = j->task->id, .queue = j->task->queue,
	    .token = j->task->token, .claim = j->task->claim, .how = v->how,
	    .not_before = v->not_before, .give_up_at = v->give_up_at,
	    .give_back = v->give_back, .stopped = v->stopped, .log = o->log,
	    .out_log = o->out_log };
	if (v->how == TQ_COMPLETE) {
		f->result = o->result;
		f->result_kind = o->result_kind;
		f->output = o->output;
		f->output_size = o->output_size;
	} else {
		f->reason = o->reason;
		f->err_stage = o->stage;
		f->err_code = o->code;
	}
}

/* Put off for this machine's sake: a disk that is full, a folder that went. */
static bool
is_ours(const struct outcome *o)
{
	return o->end == TQ_END_LATER && o->code != NULL &&
	    strcmp(o->code, tq_code_name(TQ_E_IO)) == 0;
}

static void
tell_waiting(struct worker *w, const struct job *j,
    const struct tq_verdict *v)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	bool retry = v->how == TQ_RETRY;
	char text[TQ_TIME_TEXT];
	enum say how = SAY_NOTE;

	if (is_ours(&j->out) || (!retry && w->stop.told))
		how = SAY_LOUD;
	if (!tq_say_wanted(w, how))
		return;
	if (j->out.reason != NULL)
		tq_buf_fmt(&b, "%s; ", j->out.reason);
	if (v->not_before > w->wall)
		tq_buf_fmt(&b, "due again in %s",
		    tq_duration_text(v->not_before - w->wall, text));
	else
		tq_buf_str(&b, "waits again");
	if (v->give_back)
		tq_buf_str(&b, ", no attempt used");
	tq_say_job(w, how, retry ? "retry" : j->out.end == TQ_END_LATER ?
	    "later" : "released", j, b.data);
	tq_buf_free(&b);
}

/* One answer: count it and say it. */
static void
told(struct worker *w, const struct job *j, const struct tq_verdict *v,
    const struct tq_answer *a)
{
	if (a->code != TQ_OK) {
		tq_say_job(w, SAY_LOUD, "lost", j, a->code == TQ_E_NOTFOUND ?
		    "the task is gone; what it did here does not count" :
		    "another worker has it, or it was changed; what it did "
		    "here does not count");
		return;
	}
	switch (a->status) {
	case TQ_COMPLETED:
		tq_say_count(w, j, TQ_EMF_DONE);
		tq_say_job(w, SAY_EVENT, "done", j, NULL);
		break;
	case TQ_FAILED:
		tq_say_count(w, j, TQ_EMF_FAILED);
		tq_say_job(w, SAY_LOUD, "dead", j, j->out.reason);
		break;
	case TQ_CANCELLED:
		tq_say_job(w, w->stop.told ? SAY_LOUD : SAY_NOTE, "cancelled",
		    j, NULL);
		break;
	default:
		if (v->how == TQ_RETRY)
			tq_say_count(w, j, TQ_EMF_RETRIED);
		tell_waiting(w, j, v);
	}
}

void
tq_finish(struct worker *w)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_verdict *v;
	struct tq_answer *out;
	struct tq_finish *in;
	struct tq_claimed got;
	struct tq_claim c;
	struct source *src;
	struct batch *b = NULL;
	int64_t asked_at;
	size_t i, n;
	int rc;

	if (tq_lease_check_done(w) == -1 || (n = w->jobs.ndone) == 0)
		return;
	tq_arena_reset(&w->scratch);
	in = tq_arena_alloc(&w->scratch, n * sizeof(*in));
	out = tq_arena_alloc(&w->scratch, n * sizeof(*out));
	v = tq_arena_alloc(&w->scratch, n * sizeof(*v));
	for (i = 0; i < n; i++)
		fill(w, w->jobs.done[i], &in[i], &v[i]);
	tq_claim_measure(w);
	w->jobs.told += n;
	tq_source_look(w, w->o->drain == TQ_DRAIN_ALL);
	src = tq_claim_prepare(w, &c, &got, &b);
	asked_at = tq_boot_ms(w->env);
	tq_keeper_lend(w);
	rc = tq_store_finish(w->st, in, n, out, src ? &c : NULL,
	    src ? &got : NULL, &err);
	tq_keeper_back(w);
	if (tq_contact_said(w, rc, &err) == -1) {
		if (src != NULL)
			tq_claim_untake(w, b);
		return;
	}
	for (i = 0; i < n; i++)
		told(w, w->jobs.done[i], &v[i], &out[i]);
	tq_jobs_told(&w->jobs);
	if (src != NULL)
		tq_claim_take(w, src, &c, b, &got, asked_at);
}

/* lib/work/lease.c -- see lease.h. */
#include "work/lease.h"

#include <signal.h>
#include <string.h>

#include "work/worker.h"

/* The jobs asked about, in the order of the request. */
struct ask {
	struct tq_arena	 arena;
	struct tq_extend *in;
	struct tq_extended *out;
	struct job	**jobs;
	struct slot	**slots;	/* NULL: it is not running */
	size_t		 n;
};

static void
ask_init(struct ask *q, size_t max)
{
	memset(q, 0, sizeof(*q));
	q->in = tq_arena_alloc(&q->arena, max * sizeof(*q->in));
	q->out = tq_arena_alloc(&q->arena, max * sizeof(*q->out));
	q->jobs = tq_arena_alloc(&q->arena, max * sizeof(*q->jobs));
	q->slots = tq_arena_alloc(&q->arena, max * sizeof(*q->slots));
}

static void
ask_add(struct worker *w, struct ask *q, struct job *j, struct slot *s)
{
	struct tq_extend *e = &q->in[q->n];

	*e = (struct tq_extend){ .id = j->task->id, .token = j->task->token,
	    .claim = j->task->claim, .lease_ms = w->lease_ms,
	    .started = j->started != 0 };
	if (s != NULL && s->at != NULL && s->at->fd3.progressed) {
		struct tq_buf b = TQ_BUF_INIT(4096);

		tq_fd3_progress(&s->at->fd3, &b);
		e->progress = tq_arena_span(&q->arena, tq_buf_span(&b));
		tq_buf_free(&b);
	}
	if (j->out.log != NULL && !j->log_told)
		e->log = j->out.log;
	if (j->out.out_log != NULL && !j->out_told)
		e->out_log = j->out.out_log;
	q->jobs[q->n] = j;
	q->slots[q->n++] = s;
}

static void
lost(struct worker *w, struct job *j, struct slot *s)
{
	if (s != NULL) {
		tq_slot_drop(w, s);
		return;
	}
	j->lost = true;
	if (j->ended == 0) {
		tq_job_unlink(w, j);
		tq_job_end(w, j, TQ_END_UNSTARTED);
	}
}

static void
cancel(struct worker *w, struct job *j, struct slot *s)
{
	if (s != NULL) {
		tq_slot_stop(w, s, TQ_END_CANCELLED, TQ_KILL_AFTER_MS);
	} else if (j->ended == 0) {
		tq_job_unlink(w, j);
		tq_job_end(w, j, TQ_END_CANCELLED);
	}
}

static void
answered(struct worker *w, struct ask *q, size_t i, int64_t asked_at)
{
	struct job *j = q->jobs[i];
	struct slot *s = q->slots[i];

	if (q->out[i].code != TQ_OK) {
		lost(w, j, s);
		return;
	}
	j->lease_end = asked_at + w->lease_ms;
	if (q->in[i].log != NULL)
		j->log_told = true;
	if (q->in[i].out_log != NULL)
		j->out_told = true;
	if (q->in[i].progress.p != NULL)
		s->at->fd3.progressed = false;
	if (q->out[i].cancel_requested)
		cancel(w, j, s);
}

static int
ask_store(struct worker *w, struct ask *q)
{
	struct tq_err err = TQ_ERR_INIT;
	int64_t asked_at = tq_boot_ms(w->env);
	size_t i;
	int rc = 0;

	if (q->n > 0) {
		tq_keeper_lend(w);
		rc = tq_store_extend(w->st, q->in, q->n, q->out, &err);
		tq_keeper_back(w);
		tq_contact_said(w, rc, &err);
	}
	for (i = 0; rc == 0 && i < q->n; i++)
		answered(w, q, i, asked_at);
	tq_arena_free(&q->arena);
	return rc;
}

int
tq_lease_renew(struct worker *w)
{
	struct ask q;
	struct job *j;
	int i, rc;

	ask_init(&q, (size_t)w->slots.n + w->jobs.nready);
	for (i = 0; i < w->slots.n; i++)
		if (w->slots.v[i].job != NULL && !w->slots.v[i].job->lost)
			ask_add(w, &q, w->slots.v[i].job, &w->slots.v[i]);
	for (j = w->jobs.ready; j != NULL; j = j->next)
		ask_add(w, &q, j, NULL);
	rc = ask_store(w, &q);
	w->leases.at = rc == 0 ? w->now + w->lease_ms / 3 : w->contact.retry;
	return rc;
}

int
tq_lease_check_done(struct worker *w)
{
	int64_t now = tq_boot_ms(w->env);
	struct ask q;
	size_t i, n = 0;

	for (i = 0; i < w->jobs.ndone; i++)
		n += now >= w->jobs.done[i]->lease_end;
	if (n == 0)
		return 0;
	ask_init(&q, n);
	for (i = 0; i < w->jobs.ndone; i++)
		if (now >= w->jobs.done[i]->lease_end)
			ask_add(w, &q, w->jobs.done[i], NULL);
	if (ask_store(w, &q) == -1)
		return -1;
	tq_jobs_drop_lost(w);
	return 0;
}

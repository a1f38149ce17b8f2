/* lib/work/job.c -- see job.h. */
#include "work/job.h"

#include <stdlib.h>

#include "work/worker.h"

void
tq_jobs_init(struct jobs *q)
{
	q->ready_end = &q->ready;
}

void
tq_jobs_free(struct jobs *q)
{
	struct batch *b;

	while ((b = q->pool) != NULL) {
		q->pool = b->next;
		tq_arena_free(&b->arena);
		free(b);
	}
}

/* -- batches --------------------------------------------------------------- */

struct batch *
tq_batch_new(struct jobs *q)
{
	struct batch *b = q->pool;

	if (b != NULL) {
		q->pool = b->next;
		return b;
	}
	return tq_must(calloc(1, sizeof(*b)));
}

void
tq_batch_put(struct jobs *q, struct batch *b)
{
	tq_arena_reset(&b->arena);
	b->live = 0;
	b->next = q->pool;
	q->pool = b;
}

const char *
tq_job_blob(struct job *j, const char *what)
{
	return tq_arena_fmt(&j->batch->arena, "%s/%s/%llu/%s",
	    j->task->queue, j->task->id, (unsigned long long)j->task->token,
	    what);
}

/* -- waiting for a slot ---------------------------------------------------- */

void
tq_job_ready(struct worker *w, struct job *j)
{
	struct jobs *q = &w->jobs;

	*q->ready_end = j;
	q->ready_end = &j->next;
	q->nready++;
	q->ready_at = w->now;
}

void
tq_job_unlink(struct worker *w, struct job *j)
{
	struct jobs *q = &w->jobs;
	struct job **p = &q->ready;

	while (*p != j)
		p = &(*p)->next;
	*p = j->next;
	if (q->ready_end == &j->next)
		q->ready_end = p;
	q->nready--;
}

struct job *
tq_job_next(struct worker *w)
{
	struct job *j = w->jobs.ready;

	if (j != NULL) {
		tq_job_unlink(w, j);
		w->jobs.ready_at = w->now;
	}
	return j;
}

void
tq_jobs_give_back(struct worker *w)
{
	struct job *j;

	w->jobs.gave_back = true;
	while ((j = w->jobs.ready) != NULL) {
		tq_job_unlink(w, j);
		w->jobs.taken--;
		tq_job_end(w, j, TQ_END_UNSTARTED);
	}
}

bool
tq_jobs_gave_back(struct jobs *q)
{
	bool some = q->gave_back;

	q->gave_back = false;
	return some;
}

/* -- ended ----------------------------------------------------------------- */

void
tq_job_forget(struct jobs *q, struct job *j)
{
	struct batch *b = j->batch;

	if (--b->live == 0)
		tq_batch_put(q, b);
}

void
tq_job_done(struct worker *w, struct job *j)
{
	struct jobs *q = &w->jobs;

	j->ended = w->now;
	if (j->lost) {
		tq_say_job(w, SAY_LOUD, "lost", j, "the lease is another "
		    "worker's or the task was changed; what it did here "
		    "does not count");
		tq_job_forget(q, j);
		return;
	}
	if (q->ndone == 0)
		q->done_at = w->now;
	q->done[q->ndone++] = j;
}

void
tq_job_end(struct worker *w, struct job *j, enum tq_end end)
{
	j->out.end = end;
	j->out.retry_after = -1;
	tq_job_done(w, j);
}

void
tq_jobs_told(struct jobs *q)
{
	size_t i;

	for (i = 0; i < q->ndone; i++)
		tq_job_forget(q, q->done[i]);
	q->ndone = 0;
}

void
tq_jobs_drop_lost(struct worker *w)
{
	struct jobs *q = &w->jobs;
	size_t i, n = 0;

	for (i = 0; i < q->ndone; i++) {
		if (q->done[i]->lost) {
			tq_say_job(w, SAY_LOUD, "lost", q->done[i], "its lease "
			    "was over and it is another worker's now");
			tq_job_forget(q, q->done[i]);
		} else {
			q->done[n++] = q->done[i];
		}
	}
	q->ndone = n;
}

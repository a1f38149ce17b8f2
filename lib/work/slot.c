/* lib/work/slot.c -- a job's way through a slot; see inside.h. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "work/inside.h"

static void
init_child(struct worker *w, struct slot *s, struct child *c, uint32_t k)
{
	c->n = (uint32_t)s->n * (uint32_t)(1 + w->h.nstreams) + k;
	c->slot = s;
	c->in.fd = c->out.fd = c->err.fd = c->ctl.fd = -1;
	c->result_fd = c->output_fd = -1;
	c->log.max = TQ_LOG_MAX;
	tq_fd3_init(&c->fd3);
}

int
tq_slots_init(struct worker *w, struct tq_err *err)
{
	struct slot *s;
	uint32_t k;
	int i;

	w->slots = tq_must(calloc((size_t)w->nslots, sizeof(*w->slots)));
	for (i = 0; i < w->nslots; i++) {
		s = &w->slots[i];
		s->n = i;
		init_child(w, s, &s->child, 0);
		s->streams = tq_must(calloc(w->h.nstreams + 1,
		    sizeof(*s->streams)));
		for (k = 0; k < w->h.nstreams; k++)
			init_child(w, s, &s->streams[k], k + 1);
	}
	for (i = 0; i < w->nslots; i++)
		if (tq_files_init(w, &w->slots[i], err) == -1)
			return -1;
	return 0;
}

void
tq_slots_free(struct worker *w)
{
	struct slot *s;
	size_t k;
	int i;

	for (i = 0; w->slots != NULL && i < w->nslots; i++) {
		s = &w->slots[i];
		for (k = 0; k < w->h.nstreams; k++) {
			tq_child_close(w, &s->streams[k]);
			tq_child_free(&s->streams[k]);
		}
		tq_child_close(w, &s->child);
		tq_child_free(&s->child);
		free(s->streams);
		tq_files_free(s);
	}
	free(w->slots);
}

static int64_t
timeout_of(const struct job *j)
{
	if (j->task->timeout_ms <= 0 && j->handler->timeout_ms > 0)
		return j->handler->timeout_ms;
	return tq_task_timeout_ms(j->task);
}

static void
begin(struct worker *w, struct slot *s, const struct tq_runner *runner)
{
	s->runner = runner;
	if (runner->start(w, s) == 0)
		return;
	if (s->stopping)	/* while it was being prepared */
		s->job->out.end = s->why;
	tq_slot_end(w, s);
}

void
tq_slot_start(struct worker *w, struct slot *s, struct job *j)
{
	s->job = j;
	s->deadline = w->now + timeout_of(j);
	s->kill_at = s->wake_at = 0;
	s->stopping = false;
	s->at = NULL;
	w->nfree--;
	j->started = w->now;
	j->out.retry_after = j->out.store_fd = -1;
	begin(w, s, tq_files_to_fetch(j) ? w->fetch :
	    j->handler->runner);
}

void
tq_slot_handle(struct worker *w, struct slot *s)
{
	begin(w, s, s->job->handler->runner);
}

/* 126 and 127 are this worker's fault: three in a row and it gives up. */
static void
count_faults(struct worker *w, const struct job *j)
{
	struct tq_handler *h = j->handler;

	if (j->out.end != TQ_END_NO_HANDLER) {
		h->faults = 0;
		return;
	}
	if (++h->faults != TQ_FAULTS_MAX)
		return;
	tq_say(w, SAY_ALWAYS, "stop", "the handler of %s can't be started, "
	    "%d times in a row: fix it and start this worker again; its tasks "
	    "wait, with no attempt used", h->type, h->faults);
	tq_stop_begin(w, TQ_WORK_HANDLER);
}

void
tq_slot_end(struct worker *w, struct slot *s)
{
	struct job *j = s->job;

	if (j->out.store_fd != -1 && j->out.end == TQ_END_DONE && !j->lost) {
		begin(w, s, w->store);
		return;
	}
	if (j->out.store_fd != -1)
		close(j->out.store_fd);
	s->job = NULL;
	s->at = NULL;
	s->deadline = s->kill_at = s->wake_at = 0;
	w->nfree++;
	if (!j->lost)
		count_faults(w, j);
	tq_job_done(w, j);
}

void
tq_slot_stop(struct worker *w, struct slot *s, enum tq_end why,
    int64_t kill_ms)
{
	if (s->job == NULL)
		return;
	if (!s->stopping) {
		s->stopping = true;
		s->why = why;
		s->deadline = 0;
		s->kill_at = w->now + kill_ms;
		s->runner->stop(w, s, SIGTERM);
	} else if (s->kill_at > w->now + kill_ms) {
		s->kill_at = w->now + kill_ms;
	}
}

void
tq_slot_drop(struct worker *w, struct slot *s)
{
	s->job->lost = true;
	s->stopping = true;
	s->why = TQ_END_RELEASED;
	s->deadline = 0;
	s->kill_at = w->now + TQ_KILL_AFTER_MS;
	s->runner->stop(w, s, SIGKILL);
}

/* What a running task has said, for those who watch it. */
static void
save(struct worker *w, struct slot *s)
{
	struct child *c = s->at;

	if (c->saved_at == 0)
		c->saved_at = c->born;
	if (w->now - c->saved_at < TQ_SAVE_MS)
		return;
	c->saved_at = w->now;
	if (c->log.total != c->log_saved)
		tq_child_save_log(w, c, s->job);
	if ((c->fd3.progressed || (s->job->out.log && !s->job->log_told)) &&
	    w->renew_at > w->now)
		w->renew_at = w->now;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return b != 0 && b < a ? b : a;
}

int64_t
tq_slot_timers(struct worker *w, struct slot *s)
{
	int64_t next = INT64_MAX;

	if (s->job != NULL && s->wake_at != 0 && w->now >= s->wake_at) {
		s->wake_at = 0;
		s->runner->wake(w, s);
	}
	if (s->job == NULL)
		return next;
	if (s->deadline != 0 && w->now >= s->deadline)
		tq_slot_stop(w, s, TQ_END_TIMEOUT, TQ_KILL_AFTER_MS);
	if (s->job != NULL && s->kill_at != 0 && w->now >= s->kill_at) {
		s->kill_at = w->now + TQ_KILL_AFTER_MS;
		s->runner->stop(w, s, SIGKILL);
	}
	if (s->job == NULL)
		return next;
	if (s->at != NULL) {
		save(w, s);
		if (s->at->log.total != s->at->log_saved ||
		    s->at->fd3.progressed)
			next = s->at->saved_at + TQ_SAVE_MS;
	}
	next = sooner(next, s->wake_at);
	next = sooner(next, s->deadline);
	return sooner(next, s->kill_at);
}

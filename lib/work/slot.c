/* lib/work/slot.c -- see slot.h. */
#include "work/slot.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "work/files.h"
#include "work/worker.h"

#define FAULTS_MAX	3	/* 126, 127 in a row end the worker */
#define OTHER_FDS	40	/* beside those of children */
#define SAVE_MS		1000	/* how often logs and progress are saved */

/*
 * A command has pipes for stdout, stderr and descriptor 3, a file for a large
 * result, and while it starts the other ends and its stdin; a stream keeps four
 * pipes.  The rest is the store's, a keeper's store, and connections.
 */
static uint64_t
slot_fds(size_t nstreams)
{
	return 5 + 4 * nstreams;
}

uint64_t
tq_slots_need(size_t nstreams)
{
	return OTHER_FDS + slot_fds(nstreams);
}

int
tq_slots_fit(uint64_t fds, size_t nstreams)
{
	uint64_t n;

	n = fds > OTHER_FDS ? (fds - OTHER_FDS) / slot_fds(nstreams) : 0;
	return n > TQ_JOBS_MAX ? TQ_JOBS_MAX : (int)n;
}

int
tq_slots_init(struct worker *w, struct tq_err *err)
{
	uint32_t each = 1 + (uint32_t)w->h.nstreams, k;
	struct slot *s;
	int i;

	w->slots.nfree = w->slots.n;
	w->slots.v = tq_must(calloc((size_t)w->slots.n, sizeof(*w->slots.v)));
	for (i = 0; i < w->slots.n; i++) {
		s = &w->slots.v[i];
		s->n = i;
		tq_child_init(&s->child, s, (uint32_t)i * each);
		s->streams = tq_must(calloc(w->h.nstreams + 1,
		    sizeof(*s->streams)));
		for (k = 0; k < w->h.nstreams; k++)
			tq_child_init(&s->streams[k], s,
			    (uint32_t)i * each + k + 1);
	}
	for (i = 0; i < w->slots.n; i++)
		if (tq_files_init(w, &w->slots.v[i], err) == -1)
			return -1;
	return 0;
}

void
tq_slots_free(struct worker *w)
{
	struct slot *s;
	size_t k;
	int i;

	for (i = 0; w->slots.v != NULL && i < w->slots.n; i++) {
		s = &w->slots.v[i];
		for (k = 0; k < w->h.nstreams; k++) {
			tq_child_close(w, &s->streams[k]);
			tq_child_free(&s->streams[k]);
		}
		tq_child_close(w, &s->child);
		tq_child_free(&s->child);
		free(s->streams);
		tq_files_free(s);
	}
	free(w->slots.v);
}

struct child *
tq_slots_child(struct worker *w, uint32_t n)
{
	size_t each = 1 + w->h.nstreams;
	struct slot *s = &w->slots.v[n / each];

	return n % each == 0 ? &s->child : &s->streams[n % each - 1];
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
	s->stopping = s->killed = false;
	s->at = NULL;
	w->slots.nfree--;
	j->started = w->now;
	j->out.retry_after = j->out.store_fd = -1;
	begin(w, s, tq_files_to_fetch(j) ? w->slots.fetch :
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
	if (++h->faults != FAULTS_MAX)
		return;
	tq_say(w, SAY_ALWAYS, "stop", "the handler of %s can't be started, "
	    "%d times in a row (%s): fix it and start this worker again; its "
	    "tasks wait, with no attempt used", h->type, h->faults,
	    j->out.reason != NULL ? j->out.reason : "no reason is known");
	tq_stop_begin(w, TQ_WORK_HANDLER);
}

void
tq_slot_end(struct worker *w, struct slot *s)
{
	struct job *j = s->job;

	if (j->out.store_fd != -1 && j->out.end == TQ_END_DONE && !j->lost) {
		begin(w, s, w->slots.store);
		return;
	}
	if (j->out.store_fd != -1)
		close(j->out.store_fd);
	s->job = NULL;
	s->at = NULL;
	s->deadline = s->kill_at = s->wake_at = 0;
	w->slots.nfree++;
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
	} else if (!s->killed && s->kill_at > w->now + kill_ms) {
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
	s->killed = true;
	s->runner->stop(w, s, SIGKILL);
}

/*
 * KILL has done nothing: another user's program, or one that hangs in the
 * kernel.  The task does not wait for it, nor does its lease.
 */
static void
give_up(struct worker *w, struct slot *s)
{
	struct child *c = s->at;
	struct tq_spawn_exit e = { .child = c->n, .wstatus = SIGKILL };

	tq_say_job(w, SAY_LOUD, "stuck", s->job, "what it runs can't be "
	    "killed: the task ends without it, and the slot stays taken while "
	    "it is there");
	tq_child_ended(w, c, &e);
	if (s->job != NULL)
		return;
	s->stuck = c;
	w->slots.nfree--;
	w->slots.nstuck++;
}

bool
tq_slot_unstick(struct worker *w, struct child *c)
{
	if (c->slot->stuck != c)
		return false;
	c->slot->stuck = NULL;
	w->slots.nstuck--;
	w->slots.nfree++;
	return true;
}

static void
kill_due(struct worker *w, struct slot *s)
{
	s->kill_at = w->now + TQ_KILL_AFTER_MS;
	if (!s->killed || s->at == NULL || !s->at->alive) {
		s->killed = true;
		s->runner->stop(w, s, SIGKILL);
	} else if (w->spawner.missed > 0) {
		s->kill_at = w->now + SAVE_MS;	/* has KILL been sent? */
	} else {
		give_up(w, s);
	}
}

/* The log of a running task so far, for those who watch it. */
static void
save(struct worker *w, struct slot *s)
{
	struct child *c = s->at;

	if (c->saved_at == 0)
		c->saved_at = c->born;
	if (w->now - c->saved_at < SAVE_MS)
		return;
	c->saved_at = w->now;
	if (c->log.total != c->log_saved)
		tq_child_save_log(w, c, s->job);
	tq_child_save_out(w, c, s->job, false);
	if (c->fd3.progressed || (s->job->out.log && !s->job->log_told) ||
	    (s->job->out.out_log && !s->job->out_told))
		tq_keeper_hurry(w);
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
	if (s->job != NULL && s->at != NULL)
		tq_child_held(w, s->at);
	if (s->job == NULL)
		return next;
	if (s->deadline != 0 && w->now >= s->deadline)
		tq_slot_stop(w, s, TQ_END_TIMEOUT, TQ_KILL_AFTER_MS);
	if (s->job != NULL && s->kill_at != 0 && w->now >= s->kill_at)
		kill_due(w, s);
	if (s->job == NULL)
		return next;
	if (s->at != NULL) {
		save(w, s);
		if (s->at->log.total != s->at->log_saved ||
		    (s->at->keeps_out &&
		    s->at->out_total != s->at->out_saved) ||
		    s->at->fd3.progressed)
			next = s->at->saved_at + SAVE_MS;
		next = sooner(next, s->at->held_until);
	}
	next = sooner(next, s->wake_at);
	next = sooner(next, s->deadline);
	return sooner(next, s->kill_at);
}

void
tq_slots_abandon(struct worker *w)
{
	uint32_t k, each = 1 + (uint32_t)w->h.nstreams;
	struct child *c;
	struct slot *s;

	for (k = 0; k < (uint32_t)w->slots.n * each; k++) {
		c = tq_slots_child(w, k);
		c->alive = false;
		tq_child_close(w, c);
	}
	for (s = w->slots.v; s < w->slots.v + w->slots.n; s++) {
		if (s->job == NULL)
			continue;
		s->job->out.end = TQ_END_RELEASED;
		tq_slot_end(w, s);
	}
}

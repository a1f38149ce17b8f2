/* lib/work/say.c -- see say.h. */
#include "work/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "util/event.h"
#include "util/fd.h"
#include "util/time.h"
#include "work/worker.h"

#define DRAW_MS		200

void
tq_say_init(struct worker *w)
{
	w->report.log = (struct tq_buf)TQ_BUF_INIT(1024 * 1024);
	w->report.metrics = (struct tq_buf)TQ_BUF_INIT(1024 * 1024);
	w->report.emf_at = w->o->emf ? w->now + TQ_EMF_MS : 0;
}

void
tq_say_free(struct worker *w)
{
	tq_buf_free(&w->report.log);
	tq_buf_free(&w->report.metrics);
	tq_emf_free(&w->report.emf);
}

bool
tq_say_wanted(const struct worker *w, enum say how)
{
	switch (how) {
	case SAY_EVENT:
		return w->o->chatty && !w->o->quiet;
	case SAY_NOTE:
		return (w->o->chatty || w->o->terminal) && !w->o->quiet;
	case SAY_LOUD:
		return !w->o->quiet;
	case SAY_ALWAYS:
		break;
	}
	return true;
}

static void
put(struct worker *w, const struct tq_event *e)
{
	struct tq_event with = *e;

	if (with.trace == NULL && w->o->call != NULL)
		with.trace = w->o->call->trace;
	if (w->report.drawn)
		tq_buf_str(&w->report.log, "\r\033[K");
	w->report.drawn = false;
	if (w->o->log_format == TQ_LOG_HUMAN && e->task == NULL)
		tq_buf_str(&w->report.log, "tq-work: ");
	tq_log_event(&w->report.log, w->o->log_format, w->wall, &with);
	if (w->report.log.len > 32 * 1024)
		tq_say_flush(w);
}

void
tq_say_job(struct worker *w, enum say how, const char *event,
    const struct job *j, const char *text)
{
	struct tq_event e = { .name = event, .duration_ms = -1,
	    .worker = w->id, .text = text };

	if (!tq_say_wanted(w, how))
		return;
	e.task = j->task->id;
	e.type = j->task->type;
	e.attempt = j->task->attempts;
	e.trace = j->task->traceparent;
	if (j->out.stage != TQ_AT_NONE)
		e.stage = tq_stage_name(j->out.stage);
	if (j->started != 0)
		e.duration_ms = j->ended - j->started;
	put(w, &e);
}

void
tq_say_passed(struct worker *w, const struct tq_claimed *got)
{
	struct tq_event e = { .duration_ms = -1, .worker = w->id };
	const struct tq_passed *p;
	size_t i;

	for (i = 0; i < got->npassed; i++) {
		p = &got->passed[i];
		if (!tq_say_wanted(w, p->status == TQ_FAILED ? SAY_LOUD :
		    SAY_NOTE))
			continue;
		e.name = p->status == TQ_FAILED ? "dead" : p->status ==
		    TQ_CANCELLED ? "cancelled" : "retry";
		e.task = p->id;
		e.type = p->type;
		e.text = p->reason;
		put(w, &e);
	}
}

void
tq_say(struct worker *w, enum say how, const char *event, const char *fmt,
    ...)
{
	struct tq_event e = { .name = event, .duration_ms = -1,
	    .worker = w->id[0] != '\0' ? w->id : NULL };
	char text[1024];
	va_list ap;

	if (!tq_say_wanted(w, how))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e.text = text;
	put(w, &e);
}

/* Lines that nobody takes are lost: work goes on without them. */
static void
write_out(int fd, struct tq_buf *b)
{
	(void)tq_fd_write(fd, tq_buf_span(b));
	tq_buf_clear(b);
}

void
tq_say_flush(struct worker *w)
{
	write_out(STDERR_FILENO, &w->report.log);
}

void
tq_say_count(struct worker *w, const struct job *j, enum tq_emf_end end)
{
	const struct tq_task *t = j->task;
	bool first = !t->alone && t->due_since != 0;
	int64_t wait = !first ? -1 : t->started_at < t->due_since ? 0 :
	    t->started_at - t->due_since;

	w->report.ended[end]++;
	if (w->report.emf_at == 0 || j->started == 0)
		return;
	tq_emf_count(&w->report.emf, t->queue, t->type, end,
	    j->ended - j->started, wait, w->wall, &w->report.metrics);
}

void
tq_say_metrics(struct worker *w, bool last)
{
	if (w->report.emf_at == 0)
		return;
	if (last || w->now >= w->report.emf_at) {
		w->report.emf_at = w->now + TQ_EMF_MS;
		tq_emf_flush(&w->report.emf, w->wall, &w->report.metrics);
	}
	write_out(STDOUT_FILENO, &w->report.metrics);
}

const char *
tq_say_totals(const struct worker *w, char buf[TQ_TOTALS_TEXT])
{
	const uint64_t *n = w->report.ended;

	snprintf(buf, TQ_TOTALS_TEXT, "%llu done, %llu retried, %llu dead",
	    (unsigned long long)n[TQ_EMF_DONE],
	    (unsigned long long)n[TQ_EMF_RETRIED],
	    (unsigned long long)n[TQ_EMF_FAILED]);
	return buf;
}

void
tq_say_slots(struct worker *w)
{
	char ran[TQ_TIME_TEXT], totals[TQ_TOTALS_TEXT];
	const struct slot *s;
	int i;

	for (i = 0; i < w->slots.n; i++) {
		s = &w->slots.v[i];
		if (s->job == NULL) {
			tq_say(w, SAY_ALWAYS, "slot", "%d: %s", i, s->stuck ?
			    "taken by what could not be killed" : "free");
			continue;
		}
		tq_duration_text(w->now - s->job->started, ran);
		tq_say(w, SAY_ALWAYS, "slot", "%d: %s %s, attempt %d, "
		    "for %s%s%s", i, s->job->task->type, s->job->task->id,
		    s->job->task->attempts, ran,
		    s->at != NULL && s->at->fd3.text[0] ? ": " : "",
		    s->at != NULL ? s->at->fd3.text : "");
	}
	tq_say(w, SAY_ALWAYS, "totals", "%s, %zu held ahead",
	    tq_say_totals(w, totals), w->jobs.nready);
}

void
tq_say_progress(struct worker *w, bool last)
{
	char totals[TQ_TOTALS_TEXT];

	if (!w->o->terminal || w->o->quiet ||
	    w->o->log_format != TQ_LOG_HUMAN)
		return;
	if (!last && w->now - w->report.drawn_at < DRAW_MS)
		return;
	w->report.drawn_at = w->now;
	w->report.drawn = !last;
	tq_buf_fmt(&w->report.log, "\r\033[K%s, %d running%s",
	    tq_say_totals(w, totals), w->slots.n - w->slots.nfree,
	    last ? "\n" : "");
}

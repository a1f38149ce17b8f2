/* lib/task/why.c -- see why.h. */
#include "task/why.h"

#include <string.h>
#include <time.h>

#include "task/rate.h"
#include "util/time.h"

/* Whether it applies: then it is written. */
typedef bool why_fn(const struct tq_why *w, struct tq_buf *out);
typedef void write_fn(const struct tq_why *w, struct tq_buf *out);

static const char *
span_text(int64_t from, int64_t to, char out[TQ_TIME_TEXT])
{
	return tq_duration_text(to > from ? to - from : 0, out);
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* The clock alone today, with the date on any other day. */
static void
put_moment(struct tq_buf *out, int64_t now, int64_t when)
{
	time_t a = (time_t)(now / 1000), b = (time_t)(when / 1000);
	struct tm today, day;
	char text[32];

	if (localtime_r(&a, &today) == NULL || localtime_r(&b, &day) == NULL)
		return;
	strftime(text, sizeof(text), today.tm_year == day.tm_year &&
	    today.tm_yday == day.tm_yday ? "%H:%M" : "%Y-%m-%d %H:%M", &day);
	tq_buf_str(out, text);
}

void
tq_why_pause(const struct tq_why *w, struct tq_buf *out)
{
	if (w->paused_until != 0) {
		tq_buf_str(out, " until ");
		put_moment(out, w->now, w->paused_until);
	}
	if (w->pause_reason != NULL && *w->pause_reason != '\0')
		tq_buf_fmt(out, " (%s)", w->pause_reason);
}

static bool
why_paused(const struct tq_why *w, struct tq_buf *out)
{
	/* A task that is due after the pause waits for its time. */
	if (!w->paused || (w->paused_until != 0 &&
	    w->task->not_before > w->paused_until))
		return false;
	tq_buf_fmt(out, "paused: queue %s", w->task->queue);
	tq_why_pause(w, out);
	return true;
}

/* " in attempt 2 of 3" and " (the reason)"; a worker's reason says both. */
static void
put_failure(const struct tq_task *t, struct tq_buf *out)
{
	if (t->reason == NULL || strstr(t->reason, " on attempt ") == NULL)
		tq_buf_fmt(out, " in attempt %d of %d", t->attempts,
		    tq_task_max_attempts(t));
	if (t->reason != NULL)
		tq_buf_fmt(out, " (%s)", t->reason);
}

static bool
why_held(const struct tq_why *w, struct tq_buf *out)
{
	if (!w->task->held)
		return false;
	tq_buf_fmt(out, "held: tq-ctl unhold %s lets it go", w->task->id);
	return true;
}

static bool
why_input(const struct tq_why *w, struct tq_buf *out)
{
	if (w->input == NULL)
		return false;
	tq_buf_fmt(out, "its input can't be read: %s", w->input);
	return true;
}

static bool
why_not_due(const struct tq_why *w, struct tq_buf *out)
{
	const struct tq_task *t = w->task;
	char text[TQ_TIME_TEXT], due[TQ_TIME_TEXT];

	if (t->not_before <= w->now)
		return false;
	span_text(w->now, t->not_before, text);
	if (t->status == TQ_RETRYING) {
		tq_buf_str(out, "backoff: failed");
		put_failure(t, out);
		tq_buf_fmt(out, ", next try in %s", text);
		return true;
	}
	/* Given back by its handler: it has had its time, and waits on. */
	if (t->due_since != 0 && t->due_since < w->now)
		tq_buf_fmt(out, "put off: due for %s, next try in %s",
		    span_text(t->due_since, w->now, due), text);
	else
		tq_buf_fmt(out, "not due: in %s", text);
	if (t->reason != NULL)
		tq_buf_fmt(out, " (%s)", t->reason);
	return true;
}

static bool
why_no_worker(const struct tq_why *w, struct tq_buf *out)
{
	if (!w->workers_known || w->workers > 0)
		return false;
	tq_buf_fmt(out, "no worker for type %s has been seen", w->task->type);
	if (w->others > 0)
		tq_buf_fmt(out, " (%d on queue %s take%s other types)",
		    w->others, w->task->queue, w->others == 1 ? "s" : "");
	if (w->elsewhere > 0)
		tq_buf_fmt(out, " (%d on queue %s take%s it: tq-work -q %s)",
		    w->elsewhere, w->where, w->elsewhere == 1 ? "s" : "",
		    w->task->queue);
	return true;
}

static bool
why_limit(const struct tq_why *w, struct tq_buf *out)
{
	if (w->limit <= 0 || w->running < (uint64_t)w->limit)
		return false;
	tq_buf_fmt(out, "at the limit: %llu of %d %s tasks are running",
	    (unsigned long long)w->running, w->limit, w->task->type);
	return true;
}

static bool
why_ahead(const struct tq_why *w, struct tq_buf *out)
{
	char rate[TQ_RATE_TEXT];

	if (w->ahead == 0)
		return false;
	tq_buf_fmt(out, "%s%llu due task%s ahead of it",
	    w->ahead_more ? "at least " : "", (unsigned long long)w->ahead,
	    w->ahead == 1 ? " is" : "s are");
	if (w->rate > 0)
		tq_buf_fmt(out, ", and queue %s starts at most %s",
		    w->task->queue, tq_rate_text(w->rate, rate));
	if (w->limit > 0)
		tq_buf_fmt(out, ", and at most %d %s run%s at once", w->limit,
		    w->task->type, w->limit == 1 ? "s" : "");
	return true;
}

static bool
why_busy(const struct tq_why *w, struct tq_buf *out)
{
	if (!w->workers_known || w->busy < w->slots || w->slots == 0)
		return false;
	tq_buf_fmt(out, "all %d slot%s of %d worker%s are busy", w->slots,
	    plural((uint64_t)w->slots), w->workers,
	    plural((uint64_t)w->workers));
	return true;
}

static bool
why_rate(const struct tq_why *w, struct tq_buf *out)
{
	char text[TQ_RATE_TEXT];

	if (w->rate <= 0)
		return false;
	tq_buf_fmt(out, "queue %s starts at most %s", w->task->queue,
	    tq_rate_text(w->rate, text));
	return true;
}

/*
 * Causes, the strongest first.  Those of a task, and of its queue and type, keep
 * it from being started each by itself; the slow ones let others through.
 */
static why_fn *const why_own[] = {
	why_held, why_input, why_paused, why_not_due, NULL
};
static why_fn *const why_kind[] = { why_no_worker, why_limit, NULL };
static why_fn *const why_slow[] = { why_busy, why_rate, NULL };

/* All that apply, behind the ${n} that are there; how many there are then. */
static size_t
put_causes(const struct tq_why *w, struct tq_buf *out, why_fn *const *causes,
    size_t n)
{
	struct tq_buf one = TQ_BUF_INIT(64 * 1024);

	for (; *causes != NULL; causes++) {
		tq_buf_clear(&one);
		if (!(*causes)(w, &one))
			continue;
		tq_buf_str(out, n++ > 0 ? "; " : "");
		tq_buf_add(out, one.data, one.len);
	}
	tq_buf_free(&one);
	return n;
}

bool
tq_why_cause(const struct tq_why *w, struct tq_buf *out)
{
	size_t n = put_causes(w, out, why_kind, 0);

	return put_causes(w, out, why_slow, n) > 0;
}

static void
write_waiting(const struct tq_why *w, struct tq_buf *out)
{
	size_t n = put_causes(w, out, why_own, 0);

	/* Who would take it now is no matter before its time. */
	if (w->task->not_before > w->now)
		return;
	n = put_causes(w, out, why_kind, n);
	/* What keeps it may keep those ahead of it, too. */
	if (n == 0 && why_ahead(w, out))
		return;
	if (put_causes(w, out, why_slow, n) == 0)
		tq_buf_str(out, "due: the next free worker takes it");
}

static void
write_running(const struct tq_why *w, struct tq_buf *out)
{
	const struct tq_task *t = w->task;
	char ran[TQ_TIME_TEXT], left[TQ_TIME_TEXT];

	if (t->lease_until != 0 && t->lease_until <= w->now) {
		tq_buf_fmt(out, "its lease ran out %s ago: the next worker "
		    "takes it over", span_text(t->lease_until, w->now, left));
		return;
	}
	tq_buf_fmt(out, "%s on %s for %s, lease %s left",
	    t->cancel_requested ? "cancelling: running" : "running",
	    t->worker != NULL ? t->worker : "an unknown worker",
	    span_text(t->started_at, w->now, ran),
	    span_text(w->now, t->lease_until, left));
}

static void
write_blocked(const struct tq_why *w, struct tq_buf *out)
{
	if (w->waits_for == NULL) {
		tq_buf_str(out, "blocked: waits for other tasks");
		return;
	}
	tq_buf_fmt(out, "blocked: waits for %s", w->waits_for);
	if (w->waits_status == TQ_FAILED || w->waits_status == TQ_CANCELLED)
		tq_buf_fmt(out, ", which is %s: tq-dlq redrive %s",
		    w->waits_status == TQ_FAILED ? "dead" : "cancelled",
		    w->waits_for);
	else
		tq_buf_fmt(out, " (%s)", tq_status_name(w->waits_status));
	if (w->waits_more > 0)
		tq_buf_fmt(out, " (and for %llu more)",
		    (unsigned long long)w->waits_more);
	if (w->task->held)
		tq_buf_fmt(out, "; then held: tq-ctl unhold %s lets it go",
		    w->task->id);
}

static void
put_ended(const struct tq_why *w, const char *how, struct tq_buf *out)
{
	char ago[TQ_TIME_TEXT];

	tq_buf_fmt(out, "%s %s ago", how,
	    span_text(w->task->finished_at, w->now, ago));
}

static void
write_completed(const struct tq_why *w, struct tq_buf *out)
{
	put_ended(w, "completed", out);
	tq_buf_fmt(out, " by attempt %d", w->task->attempts);
}

static void
write_failed(const struct tq_why *w, struct tq_buf *out)
{
	put_ended(w, "dead: failed", out);
	put_failure(w->task, out);
}

static void
write_cancelled(const struct tq_why *w, struct tq_buf *out)
{
	put_ended(w, "cancelled", out);
	/* Its deadline, or a task that it waited for. */
	if (w->task->reason != NULL)
		tq_buf_fmt(out, " (%s)", w->task->reason);
}

static write_fn *const why_status[TQ_STATUS_MAX] = {
	[TQ_PENDING] = write_waiting, [TQ_RETRYING] = write_waiting,
	[TQ_RUNNING] = write_running, [TQ_BLOCKED] = write_blocked,
	[TQ_COMPLETED] = write_completed, [TQ_FAILED] = write_failed,
	[TQ_CANCELLED] = write_cancelled,
};

void
tq_why_write(const struct tq_why *w, struct tq_buf *out)
{
	why_status[w->task->status](w, out);
}

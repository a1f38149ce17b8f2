/* lib/work/call.c -- see call.h. */
#include "work/call.h"

#include "task/trace.h"
#include "util/time.h"
#include "work/outcome.h"
#include "work/worker.h"

bool
tq_call_refuses(struct worker *w, struct job *j)
{
	const struct tq_work_call *c = w->o->call;
	char need[TQ_TIME_TEXT], room[TQ_TIME_TEXT];
	int64_t ms = j->task->timeout_ms > 0 ? j->task->timeout_ms :
	    j->handler->timeout_ms, whole;
	struct tq_err err = TQ_ERR_INIT;
	enum tq_end end;

	if (c == NULL || ms <= c->stop_at - w->now)
		return false;
	whole = c->stop_at - w->born;
	tq_err_set(&err, TQ_AT_TIMEOUT, TQ_E_TIMEOUT, "its timeout of %s does "
	    "not fit into the %s that %s", tq_duration_text(ms, need),
	    tq_duration_text(ms > whole ? whole : c->stop_at - w->now, room),
	    ms > whole ? "this function has" : "are left");
	end = ms > whole ? TQ_END_LATER : TQ_END_UNSTARTED;
	tq_outcome_err(j, end, &err);
	tq_job_end(w, j, end);
	return true;
}

void
tq_call_trace(struct worker *w, struct job *j)
{
	const struct tq_work_call *c = w->o->call;
	char text[TQ_TRACEPARENT];

	if (c != NULL && c->trace != NULL && j->task->traceparent == NULL &&
	    tq_traceparent_of_xray(c->trace, text))
		j->task->traceparent = tq_arena_str(&j->batch->arena, text);
}

/* lib/work/runner_simple.c -- text.transform and simulate: no process. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/json.h"
#include "util/str.h"
#include "work/files.h"
#include "work/outcome.h"
#include "work/handler/simulate.h"
#include "work/handler/text.h"
#include "work/worker.h"

static int
failed(struct slot *s, struct tq_err *err)
{
	tq_outcome_err(s->job, tq_outcome_end_of(err), err);
	return 1;
}

/* -- text.transform -------------------------------------------------------- */

/* The text: the input's bytes, a text payload, a JSON string, or "text". */
static int
find_text(struct worker *w, struct slot *s, struct tq_span *text,
    struct tq_err *err)
{
	struct tq_arena *a = &s->job->batch->arena;
	const struct tq_task *t = s->job->task;
	struct tq_span v = t->payload;
	int64_t size;
	int fd, rc;

	if (t->input != NULL) {
		if ((fd = tq_files_input(w, s, &size, err)) == -1)
			return -1;
		rc = tq_files_read(fd, TQ_PAYLOAD_MAX, a, text, err);
		close(fd);
		return rc;
	}
	if (t->payload_kind == TQ_KIND_TEXT) {
		*text = v;
		return 0;
	}
	if (tq_json_kind(v) == TQ_JSON_OBJECT &&
	    !tq_json_get(v, "text", &v))
		v = TQ_SPAN_NONE;
	if (tq_json_kind(v) == TQ_JSON_STRING && tq_json_text(v, a, text))
		return 0;
	return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
	    "no text: the payload must be {\"text\": \"...\"} or text");
}

static int
text_start(struct worker *w, struct slot *s)
{
	struct tq_buf out = TQ_BUF_INIT(6 * (size_t)TQ_PAYLOAD_MAX);
	struct tq_err err = TQ_ERR_INIT;
	struct job *j = s->job;
	struct tq_span text;
	int rc;

	if (find_text(w, s, &text, &err) == -1)
		return failed(s, &err);
	if (!tq_utf8_valid(text)) {
		tq_err_set(&err, TQ_AT_DECODE, TQ_E_DATA,
		    "the text is not UTF-8");
		return failed(s, &err);
	}
	rc = tq_text_transform(text, &out);
	if (rc == -1 || out.len > TQ_RESULT_MAX)
		rc = tq_buf_why(&out, &err, TQ_AT_PROCESS,
		    "the result is over %u bytes", TQ_RESULT_MAX);
	if (rc == 0) {
		j->out.end = TQ_END_DONE;
		j->out.result = tq_arena_span(&j->batch->arena,
		    tq_buf_span(&out));
		j->out.result_kind = TQ_KIND_JSON;
	}
	tq_buf_free(&out);
	return rc == 0 ? 1 : failed(s, &err);
}

static void
no_stop(struct worker *w, struct slot *s, int sig)
{
	(void)w;
	(void)s;
	(void)sig;
}

/* -- simulate -------------------------------------------------------------- */

static void
simulate_end(struct worker *w, struct job *j, const struct tq_simulate *sim)
{
	struct tq_err err = TQ_ERR_INIT;

	if (sim->failure_rate > 0 && tq_simulate_fails(sim->failure_rate,
	    tq_random_u64(w->env))) {
		tq_err_set(&err, TQ_AT_PROCESS, TQ_E_STATE,
		    "failed as simulated (failure_rate %g)",
		    sim->failure_rate);
		tq_outcome_err(j, TQ_END_ERROR, &err);
		j->out.code = "simulated";
		return;
	}
	j->out.end = TQ_END_DONE;
	j->out.result = tq_simulate_result(sim, &j->batch->arena);
	j->out.result_kind = TQ_KIND_JSON;
}

static int
simulate_start(struct worker *w, struct slot *s)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_simulate sim;

	if (tq_simulate_parse(&sim, s->job->task->payload,
	    w->failure_rate, &err) == -1)
		return failed(s, &err);
	if (sim.ms == 0) {
		simulate_end(w, s->job, &sim);
		return 1;
	}
	s->wake_at = w->now + sim.ms;
	return 0;
}

static void
simulate_wake(struct worker *w, struct slot *s)
{
	struct tq_simulate sim;

	/* It has been read before: it can be read. */
	if (tq_simulate_parse(&sim, s->job->task->payload,
	    w->failure_rate, NULL) == 0)
		simulate_end(w, s->job, &sim);
	tq_slot_end(w, s);
}

static void
simulate_stop(struct worker *w, struct slot *s, int sig)
{
	struct tq_err err = TQ_ERR_INIT;

	(void)sig;
	s->job->out.end = s->why;
	if (s->why == TQ_END_TIMEOUT) {
		tq_err_set(&err, TQ_AT_TIMEOUT, TQ_E_TIMEOUT,
		    "stopped at its timeout");
		tq_outcome_err(s->job, TQ_END_TIMEOUT, &err);
	}
	tq_slot_end(w, s);
}

const struct tq_runner tq_runner_text = { "text.transform", true, text_start,
    no_stop, NULL, NULL, TQ_PAYLOAD_MAX };
const struct tq_runner tq_runner_simulate = { "simulate", true,
    simulate_start, simulate_stop, simulate_wake, NULL, 0 };

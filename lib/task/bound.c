/* lib/task/bound.c -- see bound.h. */
#include "task/bound.h"

#include "task/edge.h"
#include "util/json.h"

#define TIME_MAX	(INT64_C(253402300799) * 1000)	/* of the year 9999 */
#define SPAN_MAX	(INT64_C(36525) * 86400000)	/* a hundred years */
#define COUNT_MAX	1000000000

static void
within(int *n, int least, int most)
{
	*n = *n < least ? least : *n > most ? most : *n;
}

static void
ms_within(int64_t *ms, int64_t least, int64_t most)
{
	*ms = *ms < least ? least : *ms > most ? most : *ms;
}

static void
json_or_none(struct tq_span *v, enum tq_json_kind kind)
{
	if (v->n > 0 && (tq_json_check(*v, NULL) == -1 ||
	    tq_json_kind(*v) != kind))
		*v = TQ_SPAN_NONE;
}

void
tq_task_bound(struct tq_task *t)
{
	int64_t *times[] = { &t->not_before, &t->expires_at, &t->lease_until,
	    &t->created_at, &t->updated_at, &t->started_at, &t->finished_at,
	    &t->due_since, &t->keep_until, &t->give_up_at };
	int64_t *spans[] = { &t->timeout_ms, &t->backoff_cap_ms, &t->delay_ms,
	    &t->keep_ms };
	int *counts[] = { &t->max_attempts, &t->edges, &t->waits, &t->attempts,
	    &t->crashes, &t->stops };
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		ms_within(times[i], 0, TIME_MAX);
	for (i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		ms_within(spans[i], 0, SPAN_MAX);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		within(counts[i], 0, COUNT_MAX);
	ms_within(&t->backoff_ms, -1, SPAN_MAX);
	ms_within(&t->input_size, 0, INT64_MAX);
	ms_within(&t->output_size, 0, INT64_MAX);
	within(&t->prio, 0, 9);
	within(&t->parents, 0, TQ_PARENTS_MAX);
	if (t->payload_kind > TQ_KIND_TEXT)
		t->payload_kind = TQ_KIND_TEXT;
	if (t->result_kind > TQ_KIND_TEXT)
		t->result_kind = TQ_KIND_TEXT;
	json_or_none(&t->labels, TQ_JSON_OBJECT);
	json_or_none(&t->argv, TQ_JSON_ARRAY);
	json_or_none(&t->env, TQ_JSON_OBJECT);
	json_or_none(&t->progress, TQ_JSON_OBJECT);
	json_or_none(&t->history, TQ_JSON_ARRAY);
}

/* cmd/tq-submit/request.c -- from options to the defaults of every task. */
#include <string.h>

#include "cli/asked.h"
#include "submit.h"
#include "util/time.h"

int
submit_defaults(struct submit *s)
{
	const struct opts *o = s->o;
	int64_t now = tq_wall_ms(s->cli->env);
	struct tq_task *t = &s->def, probe;
	int rc;

	t->queue = o->queue;
	t->group = o->group;
	t->prio = (int)o->prio;
	t->max_attempts = (int)o->max_attempts;
	t->timeout_ms = o->timeout;
	t->not_before = o->at;
	if (o->delay > 0) {
		t->not_before = now + o->delay;
		t->delay_ms = o->delay;
	}
	t->payload = tq_span_of("{}");
	t->payload_kind = TQ_KIND_JSON;
	t->keep_ms = o->keep;
	if (o->backoff != NULL && (rc = tq_cli_backoff(s->cli, o->backoff,
	    t)) != 0)
		return rc;
	if (o->expires != NULL && (rc = tq_cli_expires(s->cli, o->expires,
	    now, t)) != 0)
		return rc;
	if ((rc = tq_cli_labels(s->cli, &o->labels, t)) != 0)
		return rc;
	s->wait_ms = -1;
	if (o->wait != NULL && *o->wait != '\0' &&
	    tq_duration_parse(o->wait, &s->wait_ms) == -1)
		return tq_cli_usage(s->cli, "--wait=%s: must be a duration "
		    "such as 30s", o->wait);
	/* A fault of the options is said once, not for each line. */
	probe = *t;
	probe.type = "x";
	probe.id = o->id;
	return tq_task_check(&probe, &s->cli->err);
}

/* cmd/tq-submit/request.c -- from options to the defaults of every task. */
#include <string.h>

#include "submit.h"
#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

/* "BASE" or "BASE,CAP"; a base of 0 means at once. */
static int
backoff(struct submit *s, const char *text)
{
	struct tq_task *t = &s->def;
	const char *comma = strchr(text, ',');
	const char *base = text;

	if (comma != NULL)
		base = tq_arena_dup(&s->cli->arena, text,
		    (size_t)(comma - text));
	if (tq_duration_parse(base, &t->backoff_ms) == -1 ||
	    (comma != NULL && (tq_duration_parse(comma + 1,
	    &t->backoff_cap_ms) == -1 ||
	    t->backoff_cap_ms < t->backoff_ms)))
		return tq_cli_usage(s->cli, "--backoff %s: must be a duration "
		    "such as 1s, or two: 1s,15m", text);
	if (t->backoff_ms == 0)
		t->backoff_ms = -1;
	return TQ_EX_OK;
}

static int
expires(struct submit *s, const char *text, int64_t now)
{
	int64_t ms;

	if (tq_duration_parse(text, &ms) == 0 && ms > 0)
		ms += now;
	else if (tq_time_parse(text, now, &ms) == -1)
		return tq_cli_usage(s->cli, "--expires %s: must be a duration "
		    "such as 1h, or a time such as 2026-01-31T02:00:00Z",
		    text);
	s->def.expires_at = ms;
	return TQ_EX_OK;
}

static bool
label_twice(const struct tq_strs *l, size_t i, size_t keylen)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (strncmp(l->v[j], l->v[i], keylen + 1) == 0)
			return true;
	return false;
}

static int
labels(struct submit *s, const struct tq_strs *l)
{
	struct tq_buf b = TQ_BUF_INIT(1024 * 1024);
	const char *eq;
	size_t i;

	if (l->n == 0)
		return TQ_EX_OK;
	for (i = 0; i < l->n; i++) {
		eq = strchr(l->v[i], '=');
		if (eq == NULL || eq == l->v[i] ||
		    !tq_utf8_valid(tq_span_of(l->v[i])) ||
		    label_twice(l, i, (size_t)(eq - l->v[i]))) {
			tq_buf_free(&b);
			return tq_cli_usage(s->cli, "--label %s: must be "
			    "KEY=VALUE, each key once", l->v[i]);
		}
		tq_buf_chr(&b, i == 0 ? '{' : ',');
		tq_json_put_str(&b, (struct tq_span){ l->v[i],
		    (size_t)(eq - l->v[i]) });
		tq_buf_chr(&b, ':');
		tq_json_put_str(&b, tq_span_of(eq + 1));
	}
	tq_buf_chr(&b, '}');
	s->def.labels = tq_arena_span(&s->cli->arena, tq_buf_span(&b));
	tq_buf_free(&b);
	return TQ_EX_OK;
}

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
	if (o->delay > 0)
		t->not_before = now + o->delay;
	t->payload = tq_span_of("{}");
	t->payload_kind = TQ_KIND_JSON;
	if (o->backoff != NULL && (rc = backoff(s, o->backoff)) != 0)
		return rc;
	if (o->expires != NULL && (rc = expires(s, o->expires, now)) != 0)
		return rc;
	if ((rc = labels(s, &o->labels)) != 0)
		return rc;
	s->wait_ms = -1;
	if (o->wait != NULL && *o->wait != '\0' &&
	    tq_duration_parse(o->wait, &s->wait_ms) == -1)
		return tq_cli_usage(s->cli, "--wait=%s: must be a duration "
		    "such as 30s", o->wait);
	/* What is wrong with the options is said once, not for each line. */
	probe = *t;
	probe.type = "x";
	probe.id = o->id;
	return tq_task_check(&probe, &s->cli->err);
}

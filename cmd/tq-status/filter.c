/* cmd/tq-status/filter.c -- which tasks are meant; see status.h. */
#include "status.h"

#include <stdio.h>
#include <string.h>

#include "util/str.h"
#include "util/time.h"

static int
add_status(struct status *s, const char *word, size_t n)
{
	enum tq_status status;
	char name[24];

	snprintf(name, sizeof(name), "%.*s", (int)n, word);
	if (n >= sizeof(name) || tq_status_parse(name, &status) == -1)
		return tq_cli_usage(s->cli, "--status %s: must be PENDING, "
		    "RUNNING, RETRYING, COMPLETED, FAILED or CANCELLED", name);
	s->filter.statuses |= TQ_BIT(status);
	return 0;
}

static int
parse_statuses(struct status *s)
{
	const char *p;
	size_t i, n;
	int rc;

	for (i = 0; i < s->o->statuses.n; i++)
		for (p = s->o->statuses.v[i]; ; p += n + 1) {
			n = strcspn(p, ",");
			if ((rc = add_status(s, p, n)) != 0)
				return rc;
			if (p[n] == '\0')
				break;
		}
	return 0;
}

static int
parse_label(struct status *s)
{
	const char *eq, *label = s->o->label;

	if (label == NULL)
		return 0;
	if (*label == '\0' || *label == '=')
		return tq_cli_usage(s->cli, "--label %s: must be K=V or K",
		    label);
	eq = strchr(label, '=');
	s->filter.label_key = label;
	if (eq != NULL) {
		s->filter.label_key = tq_arena_dup(&s->cli->arena, label,
		    (size_t)(eq - label));
		s->filter.label_value = eq + 1;
	}
	return 0;
}

static int
parse_since(struct status *s)
{
	int64_t now = tq_wall_ms(s->cli->env), ms;
	const char *since = s->o->since;

	if (since == NULL)
		return 0;
	if (tq_duration_parse(since, &ms) == 0) {
		s->filter.since = now - ms;
		return 0;
	}
	/* HH:MM is read as the next such moment; here the last one is meant. */
	if (tq_time_parse(since, now - TQ_DAY_MS, &s->filter.since) == 0)
		return 0;
	return tq_cli_usage(s->cli, "--since %s: must be a duration such as "
	    "2h, or a time such as 14:00 or 2026-01-31T02:00:00Z", since);
}

int
filter_parse(struct status *s)
{
	const struct opts *o = s->o;
	int rc;

	if (o->type != NULL && !tq_name_ok(o->type))
		return tq_cli_usage(s->cli, "--type %s: no legal type",
		    o->type);
	if (o->queue != NULL && !tq_queue_ok(o->queue))
		return tq_cli_usage(s->cli, "--queue %s: no legal queue name",
		    o->queue);
	s->filter.type = o->type;
	s->filter.queue = o->queue;
	s->filter.error = o->error;
	if ((rc = parse_statuses(s)) != 0 || (rc = parse_label(s)) != 0)
		return rc;
	return parse_since(s);
}

bool
filter_narrows(const struct tq_filter *f)
{
	return f->queue != NULL || f->statuses != 0 || f->type != NULL ||
	    f->label_key != NULL || f->error != NULL || f->since != 0 ||
	    f->until != 0 || f->drained;
}

static bool
error_match(const struct tq_filter *f, const struct tq_task *t)
{
	return (t->reason != NULL && strcasestr(t->reason, f->error)) ||
	    strcasestr(tq_stage_name(t->err_stage), f->error);
}

bool
filter_match(const struct tq_filter *f, const struct tq_task *t)
{
	return (f->queue == NULL || strcmp(f->queue, t->queue) == 0) &&
	    (f->statuses == 0 || (f->statuses & TQ_BIT(t->status)) != 0) &&
	    (f->type == NULL || strcmp(f->type, t->type) == 0) &&
	    (f->label_key == NULL ||
	    tq_task_label(t, f->label_key, f->label_value)) &&
	    (f->error == NULL || error_match(f, t));
}

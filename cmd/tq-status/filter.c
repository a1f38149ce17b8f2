/* cmd/tq-status/filter.c -- which tasks are meant; see status.h. */
#include "status.h"

#include <string.h>

#include "cli/filter.h"

int
filter_parse(struct status *s)
{
	const struct opts *o = s->o;
	const struct tq_cli_filter in = { .queue = o->queue, .type = o->type,
	    .label = o->label, .error = o->error, .since = o->since,
	    .statuses = o->statuses };

	return tq_cli_filter_read(s->cli, &in, &s->filter);
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

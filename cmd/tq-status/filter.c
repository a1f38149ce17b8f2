/* cmd/tq-status/filter.c -- which tasks are meant; see status.h. */
#include "status.h"

#include "cli/filter.h"

int
filter_parse(struct status *s)
{
	const struct opts *o = s->o;
	const struct tq_cli_filter in = { .queue = o->queue, .type = o->type,
	    .label = o->label, .group = o->group, .error = o->error,
	    .since = o->since, .until = o->until,
	    .statuses = o->statuses };

	return tq_cli_filter_read(s->cli, &in, &s->filter);
}

/* cmd/tq-status/facts.c -- what surrounds tasks; see status.h. */
#include "status.h"

int
status_facts(struct status *s, struct tq_facts *f)
{
	const char *queue = s->filter.queue;

	if (tq_facts_load(s->st, queue, tq_wall_ms(s->cli->env), f,
	    &s->cli->err) == -1)
		return -1;
	if (!f->mistyped || s->queue_asked)
		return 0;
	s->queue_asked = true;
	return tq_cli_queue(s->cli, s->st, queue);
}

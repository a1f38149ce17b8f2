/* cmd/tq-submit/lines.c -- a task per line: read, parsed and sent in groups. */
#include "submit.h"
#include "util/limits.h"

static bool
full(const struct group *g)
{
	return g->n == g->cap || g->arena.total >= GROUP_BYTES;
}

/* Send the group that was given to the parser, if any. */
static int
send_given(struct submit *s)
{
	struct group *reading = s->g;
	int rc;

	if (s->given == NULL)
		return 0;
	submit_ahead_wait(s);
	s->g = s->given;
	s->given = NULL;
	rc = submit_send(s);
	s->g = reading;
	return rc;
}

/* Have the full group parsed, and send the one before meanwhile. */
static int
pass_on(struct submit *s)
{
	struct group *reading = s->g;
	const struct group *before = s->given;

	submit_ahead_wait(s);
	submit_ahead(s, reading);
	s->given = reading;
	s->g = &s->groups[reading == &s->groups[0]];
	return before == NULL ? 0 : submit_send(s);
}

/* Send all that was read. */
static int
flush(struct submit *s)
{
	if (send_given(s) == -1)
		return -1;
	submit_parse(s, s->g);
	return submit_send(s);
}

/* Another item of the group, of the line that was read last. */
static struct item *
next_item(struct submit *s, const struct tq_lines *l)
{
	struct item *it = &s->g->items[s->g->n++];

	*it = (struct item){ .line = l->number };
	return it;
}

static int
take_line(struct submit *s, const struct tq_lines *l, struct tq_span line)
{
	/* Long ones are kept in memory one at a time. */
	if (line.n >= GROUP_BYTES && flush(s) == -1)
		return -1;
	next_item(s, l)->text = (struct tq_span){ tq_arena_dup(&s->g->arena,
	    line.p, line.n), line.n };
	return full(s->g) ? pass_on(s) : 0;
}

static int
too_long(struct submit *s, const struct tq_lines *l)
{
	struct item *it = next_item(s, l);

	it->err = tq_arena_alloc(&s->g->arena, sizeof(*it->err));
	tq_err_set(it->err, TQ_AT_INPUT, TQ_E_TOOBIG, "longer than 16 MiB");
	return full(s->g) ? pass_on(s) : 0;
}

/* Nothing more can be read, now or at all. */
static int
no_line(struct submit *s, const struct tq_lines *l, bool failed,
    const struct tq_err *err)
{
	if (flush(s) == -1)
		return -1;
	if (!failed)
		return 0;
	s->line = l->number;
	s->cli->err = *err;
	tq_err_prefix(&s->cli->err, "%s", s->file == NULL ? "stdin" : s->file);
	return submit_stopped(s);
}

/*
 * Reading may only block when nothing waits to be sent, so that a slow
 * producer's lines go in at once.
 */
int
submit_lines(struct submit *s, int fd, line_fn *parse, bool blank_ok)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_lines l;
	struct tq_span line;
	int rc, got;

	s->parse = parse;
	tq_lines_init(&l, fd, s->o->nul ? '\0' : '\n', TQ_LINE_MAX);
	do {
		got = tq_lines_next(&l, &line, s->g->n == 0 && s->given == NULL,
		    &err);
		if (got == 1)
			rc = line.n > 0 || blank_ok ? take_line(s, &l, line) :
			    0;
		else if (got == -1 && err.code == TQ_E_TOOBIG)
			rc = too_long(s, &l);
		else
			rc = no_line(s, &l, got == -1, &err);
	} while (rc == 0 && got != 0);
	tq_lines_free(&l);
	return rc;
}

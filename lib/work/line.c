/* lib/work/line.c -- see line.h. */
#include "work/line.h"

#include "work/worker.h"

static struct slot **
place_of(struct worker *w, const struct slot *s)
{
	struct slot **p = &w->line.first;

	while (*p != NULL && *p != s)
		p = &(*p)->behind;
	return p;
}

bool
tq_line_holds(const struct worker *w, const struct slot *s)
{
	const struct slot *x = w->line.first;

	while (x != NULL && x != s)
		x = x->behind;
	return x != NULL;
}

bool
tq_line_enter(struct worker *w, struct slot *s, uint64_t bytes)
{
	s->memory = bytes;
	if (w->line.first == NULL && tq_room_take(&w->line.room, bytes))
		return true;
	s->left = s->deadline - w->now;
	s->deadline = 0;
	s->behind = NULL;
	*place_of(w, NULL) = s;
	return false;
}

void
tq_line_leave(struct worker *w, struct slot *s)
{
	struct slot **p = place_of(w, s);

	if (*p != NULL)
		*p = s->behind;
	else
		tq_room_give(&w->line.room, s->memory);
	s->memory = 0;
}

struct slot *
tq_line_next(struct worker *w)
{
	struct slot *s = w->line.first;

	if (s == NULL || !tq_room_take(&w->line.room, s->memory))
		return NULL;
	w->line.first = s->behind;
	s->deadline = w->now + s->left;
	return s;
}

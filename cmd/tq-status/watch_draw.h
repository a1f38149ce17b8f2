/* cmd/tq-status/watch_draw.h -- what --watch shows.  Pure. */
#ifndef TQ_WATCH_DRAW_H
#define TQ_WATCH_DRAW_H

#include "status.h"

/* All borrowed. */
struct watch_view {
	const char	*store;
	int64_t		 now;
	int		 width, height;
	bool		 color;
	bool		 utf8;		/* may it draw more than ASCII? */
	const struct tq_facts_row *rows;
	size_t		 nrows;
	const struct tq_task *running;	/* maybe not all */
	size_t		 nrunning;
	bool		 all_running;	/* these are all that run */
	const struct tq_task *dead;	/* newest first; maybe not all */
	size_t		 ndead;
	const struct tq_presence *workers;
	size_t		 nworkers;
};

/*
 * watch_draw(v, out):
 * Append at most v->height lines of at most v->width columns, with a line
 * feed between them (none at the end).  With v->color SGR sequences come in;
 * no other control character does, whatever tasks have in their texts.
 * Sections that do not fit say how many lines are left out.
 */
void watch_draw(const struct watch_view *v, struct tq_buf *out);

#endif

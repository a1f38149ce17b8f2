/*
 * lib/work/line.h -- slots that wait for memory, in a line.
 *
 * A picture that needs more than its slot's share waits until that much is
 * free.  Those behind it wait too, however little they need: else
 * small ones would keep a large one out for ever.  The time limit of a task
 * that waits stands still.
 */
#ifndef TQ_LINE_H
#define TQ_LINE_H

#include "work/handler/room.h"
#include "work/slot.h"

/* Owned by line.c; others only read. */
struct line {
	struct tq_room	 room;
	struct slot	*first;
};

/*
 * tq_line_enter(w, s, bytes):
 * ${s} is to have so much: true when it has it, false when it stands in the
 * line now.
 */
bool tq_line_enter(struct worker *w, struct slot *s, uint64_t bytes);

/* tq_line_leave(w, s): it needs nothing more, wherever it was. */
void tq_line_leave(struct worker *w, struct slot *s);

/*
 * tq_line_next(w): the first in the line if it can have what it needs: it has
 * it then, and its time goes on; NULL.
 */
struct slot *tq_line_next(struct worker *w);

/* tq_line_holds(w, s): does it stand in the line? */
bool tq_line_holds(const struct worker *w, const struct slot *s);

#endif

/* lib/task/why.h -- why is this task not running?  One line for people. */
#ifndef TQ_WHY_H
#define TQ_WHY_H

#include "task/task.h"

/*
 * The facts about a task's surroundings.  Everything is borrowed; zeroed
 * fields mean "nothing holds it back", except for workers (see there).
 */
struct tq_why {
	const struct tq_task	*task;
	int64_t			 now;	/* wall clock, milliseconds */

	/* The queue's control record. */
	bool			 paused;	/* and until is not over */
	int64_t			 paused_until;	/* 0: until resumed */
	const char		*pause_reason;
	double			 rate;		/* starts a second; 0: any */
	int			 limit;		/* of its type; 0: none */
	uint64_t		 running;	/* of its queue and type */

	/* Live workers of its queue. */
	bool			 workers_known;	/* else they are not mentioned */
	int			 workers;	/* those that take its type */
	int			 others;	/* those that do not */
	int			 elsewhere;	/* take its type, of another queue */
	const char		*where;		/* that one, or one of them */
	int			 slots, busy;	/* of those that take its type */

	/* BLOCKED: what it waits for, the dead first. */
	const char		*waits_for;	/* an id; NULL: not known */
	enum tq_status		 waits_status;	/* that one's */
	uint64_t		 waits_more;	/* beside that one */

	/* Due tasks of its queue that are claimed before it. */
	uint64_t		 ahead;
	bool			 ahead_more;	/* at least so many */

	const char		*input;		/* what is wrong with its input */
};

/*
 * tq_why_write(w, out):
 * Append one line without a line feed: why w->task is not running, each cause that
 * holds ("paused: queue mail; no worker for type x has been seen"), or
 * where it runs, or how it ended.  Pauses are shown in local time.  The
 * text may hold bytes from tasks: show it through tq_visible().
 */
void tq_why_write(const struct tq_why *w, struct tq_buf *out);

/*
 * tq_why_cause(w, out):
 * Append all that holds back the tasks of a queue and type, whose w->task need
 * have no more: workers, a limit, a rate; false, and nothing, if none of those.
 */
bool tq_why_cause(const struct tq_why *w, struct tq_buf *out);

/*
 * tq_why_pause(w, out):
 * Append only " until 14:00 (SES throttled)", as far as either is known.
 */
void tq_why_pause(const struct tq_why *w, struct tq_buf *out);

#endif

/*
 * cmd/tq-status/watch_view.h -- what --watch shows, and what a key changes in
 * that.  Pure.
 *
 * The screen is a list of parts (queues, tasks that run, that wait, ...), one
 * of which has the keys; the others make room for it.
 */
#ifndef TQ_WATCH_VIEW_H
#define TQ_WATCH_VIEW_H

#include "status.h"
#include "watch_key.h"

enum watch_part {
	PART_QUEUES, PART_RUNNING, PART_WAITING, PART_DEAD, PART_DONE,
	PART_WORKERS, NPARTS
};

enum watch_sort {
	SORT_BUSY, SORT_NAME, SORT_WAITING, SORT_OLDEST, SORT_DEAD, NSORTS
};

enum watch_screen { SCREEN_ALL, SCREEN_TASK, SCREEN_HELP };

/* What the store has to show.  All borrowed. */
struct watch_data {
	const char	*store;
	int64_t		 now;		/* wall clock */
	int64_t		 counted_at;	/* the same: when it was counted */
	const struct tq_facts_row *rows;
	size_t		 nrows;
	struct tq_task *const *tasks[NPARTS];	/* of RUNNING to DONE; maybe */
	size_t		 ntasks[NPARTS];	/* not all there are */
	const struct tq_presence *workers;
	size_t		 nworkers;
	const char	*trouble;	/* why it is not up to date; NULL */
};

/* A task, looked at closely; what it has is borrowed. */
struct watch_detail {
	const char	*id;
	const struct tq_task *task;	/* NULL: it is not there any more */
	const char	*why;		/* as --why has it */
	struct tq_span	 log;		/* the end of what it wrote to stderr */
	const char	*log_trouble;	/* why there is none; NULL */
};

#define WATCH_KEY_MAX	(TQ_QUEUE_MAX + TQ_NAME_MAX + 2)
#define WATCH_COMMANDS	8
#define WATCH_NOTES	3

/* A command that would change what is selected. */
struct watch_command {
	const char	*what;		/* "redrive it" */
	char		*line;		/* for a shell; in an arena */
};

struct watch_view {
	enum watch_screen screen;
	enum watch_part	 focus;
	enum watch_sort	 sort;
	bool		 typing;	/* the filter is being typed */
	char		 filter[64];
	char		 queue[TQ_QUEUE_MAX + 1], type[TQ_NAME_MAX + 1];
					/* only these are shown; "": all */
	const char	*asked_queue, *asked_type;	/* of the command line, the
					   same; what Esc comes back to */
	char		 id[TQ_NAME_MAX + 1];	/* of SCREEN_TASK */
	int		 scroll;	/* lines of SCREEN_TASK above the screen */
	bool		 at_end;	/* it stays at its end */
	struct {
		size_t	 at;		/* the row that has the cursor */
		size_t	 top;		/* the first one shown */
		char	 key[WATCH_KEY_MAX];	/* of that row; "": none yet */
	} part[NPARTS];
	bool		 choosing;	/* one of the commands */
	int		 choice;
	bool		 copies;	/* the terminal takes what is copied */
	bool		 copied;	/* the chosen command was, just now */
	bool		 quit, redraw;
	char		 store[1024];	/* " --store=URL" for commands, or "" */
};

/* What is shown of the data, as watch_arrange() has chosen it. */
struct watch_shown {
	struct tq_arena	 a;
	const void	**rows[NPARTS];	/* struct tq_facts_row, tq_task or tq_presence */
	size_t		 n[NPARTS];
	uint64_t	 all[NPARTS];	/* with those that were not read */
	int		 lines[NPARTS];	/* rows that have room; 0: no heading */
	bool		 gaps;		/* an empty line between parts */
	const struct tq_facts_row *note[WATCH_NOTES];	/* rows to say something of: */
	int		 nnotes;	/* paused, or what is due waits */
	struct watch_command command[WATCH_COMMANDS];
	int		 ncommands;	/* for the selected row */
	int		 page;		/* rows of the part with the keys, or
					   lines of SCREEN_TASK */
	int		 detail_lines;	/* of SCREEN_TASK, all */
};

/*
 * watch_arrange(v, d, height, s):
 * Choose what is shown of ${d} in ${height} lines: what passes the filter, in
 * order, and where the cursor is, which stays on its row while that is there.
 * ${s}, zeroed before the first time, is overwritten, but for detail_lines
 * and, on SCREEN_TASK, page; its arena is reset.
 */
void watch_arrange(struct watch_view *v, const struct watch_data *d,
    int height, struct watch_shown *s);

/* watch_press(v, s, p): what a key does; ${s} is what was shown last. */
void watch_press(struct watch_view *v, const struct watch_shown *s,
    const struct watch_press *p);

/* watch_commands(v, detail, s): fill s->command for what is selected. */
void watch_commands(const struct watch_view *v,
    const struct watch_detail *detail, struct watch_shown *s);

/* watch_command_store(v, url): let commands name the store by this option,
   quoted for a shell. */
void watch_command_store(struct watch_view *v, const char *url);

/* watch_sort_name(sort): "busy" ... */
const char *watch_sort_name(enum watch_sort sort);

#endif

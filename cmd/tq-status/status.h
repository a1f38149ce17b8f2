/* cmd/tq-status/status.h -- what the modes of tq-status share. */
#ifndef TQ_STATUS_H
#define TQ_STATUS_H

#include "cli/cli.h"
#include "task/why.h"

struct opts {
	/* Modes: at most one, see main.c. */
	bool		 list, summary, follow, watch, why, check, wait,
			 result, history;
	/* What they take; INT and DURATION are -1 when not given. */
	struct tq_strs	 statuses;
	const char	*type, *label, *since, *until, *queue, *error, *columns,
			*group;
	bool		 newest, any, allow_empty, url;
	int64_t		 limit, timeout_ms, max_age_ms, max_dead, attempt;
	const char	*output, *dir, *log;
};

struct status {
	struct tq_cli	*cli;
	struct opts	*o;
	struct tq_store	*st;
	struct tq_filter filter;	/* of --list and --follow */
	bool		 queue_asked;	/* whether its queue is there */
	int		 rc;		/* worst of the ids so far */
};

/* Modes; each returns an exit status, or -1 with cli->err filled. */
int mode_show(struct status *s);
int mode_list(struct status *s);
int mode_summary(struct status *s);
int mode_follow(struct status *s);
int mode_watch(struct status *s);
int mode_why(struct status *s);
int mode_check(struct status *s);
int mode_log(struct status *s);
int mode_wait(struct status *s);
int mode_result(struct status *s);
int mode_history(struct status *s);

/* check_unknown(s): the UNKNOWN answer of --check for what is in cli->err. */
int check_unknown(struct status *s);

/* -- ids (ids.c) ----------------------------------------------------------- */

/*
 * status_open(s): open the store, if it is not.  Modes that take ids open it
 * when the first id has come: "tq-submit ... | tq-status --wait -" may be
 * what creates the store.  0, or -1 with cli->err filled.
 */
int status_open(struct status *s);

/* status_no_task(s, id): say that there is none; the exit will be 5. */
void status_no_task(struct status *s, const char *id);

/*
 * status_each(s, fn, arg):
 * Calls fn(s, task, arg) for each id of the operands that names a record,
 * in order, a group at a time, and flushes stdout after each group; says
 * which ids are unknown.  Returns 0, or -1 as fn() or with cli->err filled.
 */
typedef int status_fn(struct status *s, const struct tq_task *t, void *arg);
int status_each(struct status *s, status_fn *fn, void *arg);

/*
 * status_one(s, with, a, t):
 * The record of the only id of the operands, in ${a}.  1 when it is there;
 * 0 when there is none, said, with s->rc set; -1 with cli->err filled.
 * No id at all is exit 5, more than one is exit 2.
 */
int status_one(struct status *s, unsigned with, struct tq_arena *a,
    struct tq_task **t);

/*
 * status_full(s, t, a, full): ${t} with all its bytes, in ${a}: records come
 * with small ones only, so that pages of them stay small.  0, or -1.
 */
int status_full(struct status *s, const struct tq_task *t, struct tq_arena *a,
    const struct tq_task **full);

/* status_json(s, t): the public record on a line, with all its bytes. */
int status_json(struct status *s, const struct tq_task *t);

/* -- filter (filter.c) ----------------------------------------------------- */

/* filter_parse(s): s->filter from the options; 0, or 2 with it said. */
int filter_parse(struct status *s);

/* -- facts (facts.c) ------------------------------------------------------- */

/* The store's surroundings of tasks, read once. */
struct facts {
	struct tq_arena		 a;
	int64_t			 now;
	struct tq_count		*counts;
	size_t			 ncounts;
	struct tq_presence	*workers;
	size_t			 nworkers;
	struct tq_control	*controls;
	size_t			 ncontrols;
	const char		**queues;	/* that was asked for; or those
						   with tasks or a worker, or
						   paused */
	size_t			 nqueues;
	bool			 mistyped;	/* perhaps: nothing is known of
						   the queue that was asked for */
};

/* facts_load(s, f): (re)read; ${f} zeroed before the first time. */
int facts_load(struct status *s, struct facts *f);
void facts_free(struct facts *f);

/* facts_control(f, queue): its control record, or NULL. */
const struct tq_control *facts_control(const struct facts *f,
    const char *queue);

/* facts_paused(f, c): is it paused now?  ${c} may be NULL. */
bool facts_paused(const struct facts *f, const struct tq_control *c);

/* facts_workers(f, queue, type): live workers that take it; NULL: any type. */
int facts_workers(const struct facts *f, const char *queue, const char *type);

/* facts_why(f, t, w): fill ${w} for ${t}; w->ahead stays 0. */
void facts_why(const struct facts *f, const struct tq_task *t,
    struct tq_why *w);

/* One line of the summary; borrowed from the facts. */
struct row {
	const char	*queue, *type;
	uint64_t	 blocked;	/* of those that wait */
	uint64_t	 waiting, running, retrying, completed, failed,
			 cancelled;
	int64_t		 oldest_ms;	/* how long the oldest due one waits */
	int		 workers;
	bool		 paused;
	const char	*pause;		/* " until 14:00 (why)" */
	double		 rate;		/* starts a second; 0: any */
	int		 limit;		/* of the type at a time; 0: none */
	const char	*cause;		/* why what is due waits; NULL */
};

/*
 * facts_rows(f, rows, n): a row per queue and type, in f->a, sorted; of
 * f->queues, one without tasks has one of type "-".
 */
void facts_rows(struct facts *f, struct row **rows, size_t *n);

/* -- columns (columns.c) --------------------------------------------------- */

struct columns {
	struct status	*s;
	struct tq_table	 table;
	const struct column **cols;
	size_t		 n;
	struct facts	 facts;
	bool		 facts_known;
	struct tq_buf	 cell;
};

/*
 * columns_init(c, s): the table of --columns, or the default one.  0, or 2
 * when a column's name is wrong (said).
 */
int columns_init(struct columns *c, struct status *s);

/* columns_row(c, t): add the row of ${t}, printed when c->table or stdout is
   flushed; 0 or -1. */
int columns_row(struct columns *c, const struct tq_task *t);

/* columns_end(c): print what is left and free. */
int columns_end(struct columns *c);

/* columns_free(c): columns_end() without printing. */
void columns_free(struct columns *c);

#endif

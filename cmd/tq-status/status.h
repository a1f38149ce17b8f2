/* cmd/tq-status/status.h -- what the modes of tq-status share. */
#ifndef TQ_STATUS_H
#define TQ_STATUS_H

#include "cli/cli.h"
#include "store/facts.h"

struct opts {
	/* Modes: at most one, see main.c. */
	bool		 list, summary, follow, watch, why, check, wait,
			 result, history;
	/* Their values; INT and DURATION are -1 when not given. */
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

/*
 * status_facts(s, f): (re)read what surrounds the tasks of s->filter.queue, and
 * ask once whether a queue of which nothing is known is there.  0 or -1.
 */
int status_facts(struct status *s, struct tq_facts *f);

/* -- columns (columns.c) --------------------------------------------------- */

struct columns {
	struct status	*s;
	struct tq_table	 table;
	const struct column **cols;
	size_t		 n;
	struct tq_facts	 facts;
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

/*
 * cmd/tq-dlq/dlq.h -- what the files of tq-dlq share.
 *
 * main.c has the table of subcommands; select.c finds the tasks that one is
 * about and hands them on in pages; the others do one thing to a page each.
 */
#ifndef TQ_DLQ_H
#define TQ_DLQ_H

#include "cli/cli.h"

struct opts {
	const char	*queue, *type, *label, *group, *error, *since, *until,
			*rate, *out, *exec;
	struct tq_strs	 statuses;
	int64_t		 max, limit;
	bool		 all, drained, foreign, yes, dry_run, follow, redrive, tree;
};

struct dlq;

struct command {
	const char	*name;
	int		(*run)(struct dlq *);
	const char	*takes;		/* options, each between blanks */
	bool		 must_select;	/* ids, a filter or --all */
	bool		 writes;	/* changes records */
	unsigned	 statuses;	/* TQ_BIT()s of what ids may name */
};

struct dlq {
	struct tq_cli	*cli;
	const struct opts *o;
	const struct command *cmd;
	struct tq_store	*st;
	struct tq_filter filter;
	int64_t		 max;		/* tasks left to be taken */
	size_t		 page;		/* tasks in a page at most */
	size_t		 chunk;		/* of them dealt with at once */
	double		 rate;		/* a second; 0: no limit */
	int64_t		 began;		/* boot time, for rate */
	uint64_t	 done, skipped, total;
	bool		 missing;	/* an id named nothing: exit 5 */
	bool		 bad;		/* a task could not be dealt with: 1 */
	const struct verb *verb;	/* redrive.c's */
	struct {
		int	fd;		/* -o FILE, or -1 */
		bool	pipe;		/* stdout is a pipe */
	} drain;
	struct tq_table	*table;		/* list.c's and follow.c's */
	struct tq_failures *tally;	/* top.c's */
};

#define PAGE_TASKS	1000
#define CHUNK_TASKS	256
#define CHUNK_BYTES	(4u * 1024 * 1024)

/*
 * Deals with ${n} tasks, valid during the call; 0, or -1 with cli->err to
 * stop.  Payloads and results are there only if they are small.
 */
typedef int dlq_page_fn(struct dlq *d, struct tq_task *tasks, size_t n);

/* A verb of the store on ${n} records, at their revs; out[] is per record. */
typedef int dlq_verb_fn(struct dlq *d, const struct tq_ref *refs, size_t n,
    struct tq_answer *out);

/* again.c: ${fn} on ${n} tasks as they were read, as tq_do_as_read() has it.  0,
   or -1 with cli->err. */
int dlq_do(struct dlq *d, dlq_verb_fn *fn, const struct tq_task *tasks,
    size_t n, struct tq_answer *out);

/* again.c: a verb, with ${drained} for drain or undrain. */
int dlq_set_drained(struct dlq *d, const struct tq_ref *refs, size_t n,
    bool drained, struct tq_answer *out);

/*
 * select.c.  dlq_filter(): read the filter options; 0 or an exit status.
 * dlq_select(): call ${fn} with the selected tasks, page by page; -1 with
 * cli->err, among it TQ_E_INTR.  dlq_loaded(): the same tasks again with
 * payload and result, at most d->chunk at once.  dlq_exit(): the exit status
 * that d->missing and d->bad ask for.  dlq_ids(): were ids given?
 */
int dlq_filter(struct dlq *d);
int dlq_select(struct dlq *d, dlq_page_fn *fn);
int dlq_loaded(struct dlq *d, struct tq_task *tasks, size_t n,
    dlq_page_fn *fn);
int dlq_exit(const struct dlq *d);
bool dlq_ids(const struct dlq *d);

/* select.c: does an option narrow it down, beside the queue? */
bool dlq_filtered(const struct opts *o);

/*
 * list.c: print tasks as rows of d->table, or as NDJSON.  dlq_table():
 * prepare d->table.
 */
int dlq_rows(struct dlq *d, struct tq_task *tasks, size_t n);
void dlq_table(struct dlq *d, struct tq_table *t);

/* list.c: a terminal that shows nothing looks as if nothing had happened. */
void dlq_none(const struct dlq *d);

/*
 * follow.c: call ${fn} with the tasks that the filter wants as they die,
 * until a signal; ${first}, if not NULL, once after the watch has begun and
 * again when changes may have been missed.
 */
int dlq_deaths(struct dlq *d, int (*first)(struct dlq *), dlq_page_fn *fn);

/*
 * output.c: stdout and -o FILE of drain.  dlq_to_stdout() and dlq_to_file()
 * return 0 once the reader or the disk has all of the records, else -1.
 */
int dlq_output_open(struct dlq *d);
void dlq_output_close(struct dlq *d);
int dlq_to_stdout(struct dlq *d, const struct tq_task *tasks, size_t n);
int dlq_to_file(struct dlq *d, const struct tq_task *tasks, size_t n);

/* exec.c: give each task to the command; drain.c: remove tasks for good. */
int dlq_exec_all(struct dlq *d, struct tq_task *tasks, size_t n);
int dlq_take_out(struct dlq *d, const struct tq_task *tasks, size_t n);

/* rate.c: read --rate; sleep until d->done tasks are within the rate. */
int dlq_rate(struct dlq *d);
int dlq_pace(struct dlq *d);

/* child.c: run ${argv} with ${in} as its stdin; its wait status, or -1. */
int dlq_run(struct dlq *d, const char *const *argv, int in);

/* The subcommands; an exit status, or -1 with cli->err. */
int dlq_list(struct dlq *d);
int dlq_foreign(struct dlq *d);	/* list --foreign */
int dlq_top(struct dlq *d);
int dlq_show(struct dlq *d);
int dlq_follow(struct dlq *d);
int dlq_redrive(struct dlq *d);
int dlq_undrain(struct dlq *d);
int dlq_purge(struct dlq *d);
int dlq_drain(struct dlq *d);
int dlq_edit(struct dlq *d);

#endif

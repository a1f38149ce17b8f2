/*
 * cmd/tq-submit/submit.h -- what the files of tq-submit share.
 *
 * A run: main.c reads the options, request.c makes of them the defaults of
 * every task, source.c produces tasks, lines.c groups of them, a task a line,
 * which line.c parses while the group before is stored (ahead.c).  send.c gives
 * a group to the store and prints the answers, stage.c stores input files,
 * wait.c waits for the ends.
 */
#ifndef TQ_SUBMIT_H
#define TQ_SUBMIT_H

#include <pthread.h>

#include "cli/cli.h"
#include "cli/tail.h"
#include "task/id.h"

struct opts {
	const char	*queue, *id, *key, *input, *each, *expires, *backoff;
	const char	*group, *wait, *chdir;
	struct tq_strs	 labels, env, after, after_ended;
	int64_t		 every, keep, delay, at, max_attempts, timeout, prio;
	bool		 batch, nul, text, replace_dead, replace_ended, dry_run;
	bool		 result, pass_exit, cancel_on_int;
};

/* Our notes on a task besides its record, until it is answered. */
struct item {
	uint64_t	 line;		/* where it came from, */
	struct tq_span	 text;		/* and what it is made of */
	const char	*key;		/* as given, for messages */
	const char	*path;		/* the input, to be staged, or NULL */
	const char	*blob;		/* staged for it, or NULL */
	struct tq_err	*err;		/* why it can't go in, or NULL */
};

/* Tasks on their way: all memory is given back when they were sent. */
struct group {
	struct tq_task		*tasks;
	struct item		*items;		/* one for each of tasks */
	size_t			 n, cap;
	struct tq_submit	*in;		/* those that can go in: */
	struct tq_submitted	*out;
	size_t			 nin;		/* the first of tasks */
	struct tq_arena		 arena;
};

#define GROUP_TASKS	2048	/* 16 MB in all, with SQLite's cache */
#define GROUP_BYTES	(1u * 1024 * 1024)	/* of lines */
#define GROUP_FILES	64	/* an fsync each: answer before they pile up */

struct submit;

/* Make g->tasks[i] of g->items[i].text; -1 with ${err} when it can't go in. */
typedef int line_fn(struct submit *s, struct group *g, size_t i,
    struct tq_err *err);

/* The thread that parses. */
struct ahead {
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 turn;		/* todo or quit has changed */
	struct group	*todo;		/* NULL: all is parsed */
	bool		 runs, quit;
};

struct submit {
	struct tq_cli	*cli;
	const struct opts *o;
	struct tq_store	*st;		/* NULL under --dry-run */
	struct tq_task	 def;		/* what the options say of each task */
	struct group	*g;		/* the one at hand, */
	struct group	 groups[2];	/* of these */
	struct group	*given;		/* the other, while it is parsed */
	struct ahead	 ahead;
	line_fn		*parse;
	bool		 many;		/* --each, --batch: errors by line */
	const char	*file;		/* the --batch FILE being read */
	uint64_t	 line;		/* the last one dealt with */
	uint64_t	 stored;	/* tasks that are in the store */
	bool		 bad;		/* something was refused: exit 1 */

	struct tq_idgen	 ids;
	uint64_t	 submit_id;	/* counts up from a random start */
	uint64_t	 rnd[256];
	size_t		 nrnd;		/* unused ones in rnd */

	int64_t		 wait_ms;	/* --wait; -1: for ever */
	bool		 keep_ids;	/* --wait: of all tasks, in order */
	struct tq_tail	 tail;		/* of a command's stdout: printed so far */
	const char	**done;
	const char	**runs;		/* their submitIds; NULL: whatever stands
					   there first */
	size_t		 ndone, done_cap;
};

/* after.c: --after and --after-ended into s->def; 0, or an exit status. */
int submit_after(struct submit *s);

/* request.c: fill s->def from the options; 0, or an exit status. */
int submit_defaults(struct submit *s);

/*
 * source.c: produce tasks as the operands say and send them.  0; -1 with
 * cli->err; or an exit status when the usage is wrong.
 */
int submit_one(struct submit *s);
int submit_command(struct submit *s);
int submit_each(struct submit *s);
int submit_batch(struct submit *s);

/*
 * command.c: the command that the operands are, its directory, umask and
 * environment, into ${t}.  0, -1 with cli->err, or an exit status.
 */
int submit_argv(struct submit *s, struct tq_task *t);

/*
 * line.c, where nothing waits and nothing is written: the store and the
 * terminal are the main thread's.  submit_identify(): complete g->tasks[i],
 * which tq_task_check() has let pass, but for its staged input; -1 with ${err}
 * when it can't go in.  submit_parse(): s->parse() on each of the group, the
 * errors into its items.
 */
int submit_identify(struct submit *s, struct group *g, size_t i,
    struct tq_err *err);
void submit_parse(struct submit *s, struct group *g);
line_fn submit_line_json, submit_line_text, submit_line_input,
    submit_line_task;

/*
 * ahead.c.  submit_ahead(): have ${g} parsed by the thread, which the first
 * call starts; here, if there can be none.  submit_ahead_wait(): until it is.
 */
void submit_ahead(struct submit *s, struct group *g);
void submit_ahead_wait(struct submit *s);
void submit_ahead_end(struct submit *s);

/*
 * lines.c: send a task for each line of ${fd}, as ${parse} makes it; -1 with
 * cli->err.  ${blank_ok}: of an empty one too.
 */
int submit_lines(struct submit *s, int fd, line_fn *parse, bool blank_ok);

/*
 * send.c.  submit_slot(): the only task of the group, a copy of s->def.
 * submit_send(): stage the inputs of the parsed group, send it and print the
 * answers; -1 with cli->err.  submit_stopped(): say in cli->err how far we
 * came; -> -1.
 */
int submit_begin(struct submit *s);
void submit_end(struct submit *s);
struct tq_task *submit_slot(struct submit *s);
int submit_send(struct submit *s);
int submit_stopped(struct submit *s);

/* answer.c: report what can't go in of ${line} and remember that. */
void submit_bad(struct submit *s, uint64_t line, const struct tq_err *err);

/*
 * answer.c: deal with the store's answer to item ${i} of the group; *${in}:
 * it is in the store.  -1 with cli->err when it was refused and no other can
 * go in.
 */
int submit_answer(struct submit *s, size_t i, bool *in);

/* answer.c: say in one line which of the group are owed, and ${why}. */
void submit_owed(struct submit *s, const struct tq_err *why);

/*
 * stage.c: set ${t}->input to what ${path} names, storing its bytes as a
 * blob unless it is an address.  *${blob} is then the blob's name; ${sha},
 * if not NULL, gets 64 hex digits and a NUL; it is left alone for an address.
 */
int submit_stage(struct submit *s, struct tq_task *t, const char *path,
    const char **blob, char *sha, struct tq_err *err);

/* left.c: --result and --pass-exit of the one task; an exit status, or -1. */
int submit_left(struct submit *s, int verdict);

/* left.c: print what the command has written since, with --result. */
int submit_more(struct submit *s, const struct tq_task *t);

/* wait.c: until all of s->done ended; an exit status, or -1. */
int submit_wait(struct submit *s);

#endif

/*
 * cmd/tq-submit/submit.h -- what the files of tq-submit share.
 *
 * A run: main.c reads the options, request.c makes of them the defaults of
 * every task, source.c produces tasks, stage.c stores their input files,
 * send.c gives them to the store in groups and prints the answers, wait.c
 * waits for their ends.
 */
#ifndef TQ_SUBMIT_H
#define TQ_SUBMIT_H

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
	uint64_t	 line;		/* where it came from */
	const char	*key;		/* as given, for messages */
	const char	*blob;		/* staged for it, or NULL */
};

/* Tasks on their way: all memory is given back when they were sent. */
struct group {
	struct tq_task		*tasks;
	struct tq_submit	*in;
	struct tq_submitted	*out;
	struct item		*items;
	size_t			 n, cap;
	struct tq_arena		 arena;
};

#define GROUP_TASKS	3072	/* 16 MB in all, with SQLite's cache */
#define GROUP_BYTES	(4u * 1024 * 1024)
#define GROUP_FILES	64	/* an fsync each: answer before they pile up */

struct submit {
	struct tq_cli	*cli;
	const struct opts *o;
	struct tq_store	*st;		/* NULL under --dry-run */
	struct tq_task	 def;		/* what the options say of each task */
	struct group	 g;
	bool		 many;		/* --each, --batch: errors by line */
	const char	*file;		/* the --batch FILE being read */
	uint64_t	 line;		/* the last one read of it */
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
 * send.c.  submit_slot(): the next task, a copy of s->def.  submit_add():
 * complete it (id, key, staged ${path}), once tq_task_check() has let it pass,
 * and put it into the group; -1 with ${err} when it can't go in.  submit_send(): send the group and print the
 * answers; -1 with cli->err.  submit_stopped(): say in cli->err how far we
 * came; -> -1.  submit_fault(): did ${err} come from the task rather than
 * from the store?  submit_bad(): report a bad task and remember it.
 */
int submit_begin(struct submit *s);
void submit_end(struct submit *s);
struct tq_task *submit_slot(struct submit *s);
int submit_add(struct submit *s, const char *key, const char *path,
    struct tq_err *err);
bool submit_full(const struct submit *s);
int submit_send(struct submit *s);
int submit_stopped(struct submit *s);
bool submit_fault(const struct tq_err *err);
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

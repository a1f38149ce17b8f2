/*
 * lib/cli/cli.h -- what all tools share: options, help, exit codes, config,
 * ids from operands or stdin, checked output, signals.
 *
 * A tool is: one option table, run(), main().  main() is
 *
 *	struct opts o = { ... };
 *	struct tq_cli cli;
 *	int rc;
 *
 *	if ((rc = tq_cli_start(&cli, &tool, &o, argc, argv)) != TQ_CLI_GO)
 *		return rc;
 *	return tq_cli_finish(&cli, run(&cli, &o));
 */
#ifndef TQ_CLI_H
#define TQ_CLI_H

#include <pthread.h>
#include <stddef.h>

#include "store/store.h"
#include "util/buf.h"
#include "util/env.h"
#include "util/err.h"

/* -- exit codes, printed in tq(7) ------------------------------- */

enum tq_exit {
	TQ_EX_OK = 0, TQ_EX_NO = 1, TQ_EX_USAGE = 2, TQ_EX_TIMEOUT = 3,
	TQ_EX_DENIED = 4, TQ_EX_NOTASK = 5, TQ_EX_CANCELLED = 6,
	TQ_EX_DATA = 65, TQ_EX_UNAVAILABLE = 69, TQ_EX_BUG = 70,
	TQ_EX_IO = 74, TQ_EX_AGAIN = 75, TQ_EX_CONFIG = 78, TQ_EX_INTR = 130
};

struct tq_exit_row {
	enum tq_exit	 code;
	const char	*meaning;
};
extern const struct tq_exit_row tq_exit_rows[];
extern const size_t tq_exit_nrows;

/* tq_exit_of(code): the exit status of a failure with ${code}. */
enum tq_exit tq_exit_of(enum tq_code code);

/*
 * tq_exit_of_err(err): that of a failure, which also looks at where: without
 * credentials it is 4, whatever kept them away, unless the set-up is wrong.
 */
enum tq_exit tq_exit_of_err(const struct tq_err *err);

/*
 * tq_exit_graver(a, b): of what became of several tasks the gravest counts, in
 * the order of tq(7): 5, 3, 1, 6; what could not be read (74) before all.
 */
int tq_exit_graver(int a, int b);

/* -- options ---------- */

enum tq_opt_kind {
	TQ_OPT_FLAG,		/* bool */
	TQ_OPT_COUNT,		/* int, +1 each time */
	TQ_OPT_STR,		/* const char * */
	TQ_OPT_OPTSTR,		/* --name[=VALUE]: const char *, "" if bare */
	TQ_OPT_LIST,		/* struct tq_strs: may be repeated */
	TQ_OPT_INT,		/* int64_t within [min, max]; max 0: no upper
				   bound */
	TQ_OPT_DURATION,	/* int64_t milliseconds within [min, max];
				   max 0: no upper bound */
	TQ_OPT_SIZE,		/* int64_t bytes, min or more */
	TQ_OPT_TIME		/* int64_t wall-clock milliseconds */
};

/* A repeated option's values; borrowed from argv. */
struct tq_strs {
	const char	**v;
	size_t		  n;
};

struct tq_opt {
	const char	*name;		/* long name */
	char		 letter;	/* or 0 */
	enum tq_opt_kind kind;
	const char	*arg;		/* "D", "FILE"; NULL for flags */
	const char	*help;		/* one line, lower case, no full stop */
	size_t		 offset;	/* in the tool's options struct */
	int64_t		 min, max;	/* INT, DURATION */
};

/*
 * Rows of the table of a tool whose options are parsed into its struct opts:
 * long name, letter, kind, argument, field, range, help.
 */
#define TQ_ROW(name, letter, kind, arg, field, help)			\
	TQ_ROW_IN(name, letter, kind, arg, field, 0, 0, help)
#define TQ_ROW_IN(name, letter, kind, arg, field, min, max, help)	\
	{ name, letter, TQ_OPT_##kind, arg, help,			\
	    offsetof(struct opts, field), min, max }

struct tq_tool {
	const char	*name;		/* "tq-submit" */
	const char	*summary;	/* "put tasks on a queue" */
	const char *const *synopsis;	/* lines without the name; NULL ends.  A
					   tool with subcommands starts each
					   line with one: completion reads it */
	const struct tq_opt *opts;	/* its own; the common ones are added */
	size_t		 nopts;
	unsigned	 ids;		/* TQ_BIT()s: tasks in these states are
					   offered by completion; 0: in any */
	bool		 effects;	/* changes things: SIGPIPE is ignored and
					   EPIPE answered with exit 74; else the
					   tool dies of SIGPIPE in silence */
};

/* -- the running tool ---------- */

#define TQ_CALLS_MAX	64

/* Requests to remote services, counted as env->called tells of them. */
struct tq_calls {
	pthread_mutex_t	 lock;
	size_t		 n;
	bool		 no_conditions;	/* said already: see calls.c */
	struct {
		const char *what;
		int64_t	 calls, again;	/* again: tries beyond the first */
		struct tq_units units;
	} row[TQ_CALLS_MAX];
};

struct tq_busy;

struct tq_cli {
	const struct tq_tool *tool;
	const struct tq_env *env;	/* the system's, with called() set */
	/* the common options */
	const char	*store_url;	/* after look-up: never NULL */
	bool		 store_given;	/* by --store */
	bool		 json, quiet;
	int		 verbose;
	const bool	*given;		/* of tool->opts: on the command line */
	/* operands */
	int		 argc;
	char		**argv;
	bool		 dashdash;	/* they came behind "--" */
	int		 fore;		/* how many came before it, a
					   subcommand too; -1: it is not there */
	/* where we talk to */
	bool		 out_tty, err_tty, in_tty;
	bool		 dumb;		/* TERM: no escapes at all */
	bool		 color_out, color_err;	/* tty, TERM, NO_COLOR */
	int		 out_width;	/* columns; 80 when unknown */
	struct tq_buf	 out;		/* stdout, not yet written */
	struct tq_err	 err;		/* what run() failed with */
	struct tq_arena	 arena;		/* lives as long as the tool */
	/* of lib/cli itself */
	bool		 out_failed;	/* a write to stdout failed */
	struct tq_env	 own_env;
	struct tq_calls	 calls;
	bool		 bar_open;	/* a progress line stands there */
	int64_t		 bar_at;	/* boot clock: when it was drawn */
	int64_t		 started_at;	/* boot clock */
	struct tq_busy	*busy;
};

#define TQ_CLI_GO	(-1)

/*
 * tq_cli_start(cli, tool, opts, argc, argv):
 * Parse options into ${opts} and ${cli} (TQ_* environment first: TQ_STORE,
 * TQ_QUEUE where the tool has --queue, then the config file's lines
 * "store = URL" and "queue = NAME"), set up signals and streams.  Returns
 * TQ_CLI_GO, or the exit status when --help or --version was answered, the
 * usage was wrong (said on stderr, with the closest option's name if near) or
 * the configuration is (78); ${cli} holds nothing then.
 *
 * Options may follow operands; behind "--" all is operands, and cli->dashdash
 * says that no operand came before it.  What ${opts} held before is the
 * default.  Values of an option named "queue" (STR or LIST) are legal queue
 * names when this returns TQ_CLI_GO.
 */
int tq_cli_start(struct tq_cli *cli, const struct tq_tool *tool, void *opts,
    int argc, char **argv);

/*
 * What the command line has, unlike defaults, TQ_QUEUE and the config file,
 * which are there for every subcommand: those it may well leave alone.
 *
 * tq_cli_given(cli, name): the tool's option --${name}?
 * tq_cli_untaken(cli, takes): the name of an option that is not in ${takes},
 * names with a blank before and behind each; NULL: there is none.  It would be
 * without effect, and believed: so a subcommand refuses it.
 */
bool tq_cli_given(const struct tq_cli *cli, const char *name);
const char *tq_cli_untaken(const struct tq_cli *cli, const char *takes);

/*
 * tq_cli_finish(cli, rc):
 * End of main(): flush and check stdout, print cli->err once if ${rc} is -1
 * ("tq-submit: store: ..."), with -v what requests were made to AWS, free.  Returns the exit status: ${rc}, or for -1
 * that of cli->err.code; 74 when stdout could not be written.  (A tool that
 * has said so in its own words returns TQ_EX_IO, and nothing is added.)
 */
int tq_cli_finish(struct tq_cli *cli, int rc);

/*
 * Lines on stderr.  Control characters in them are escaped here, so that the
 * text of tasks and operands may be passed as it is.
 *
 * tq_cli_usage(cli, fmt, ...): say what is wrong and where help is; -> 2.
 */
int tq_cli_usage(struct tq_cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* tq_cli_note(cli, fmt, ...): a line on stderr, "tq-x: ...", unless quiet. */
void tq_cli_note(const struct tq_cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* tq_cli_warn(cli, fmt, ...): the same, also when quiet. */
void tq_cli_warn(const struct tq_cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* tq_cli_warn_err(cli, err, subject): print an item's error: "subject: msg". */
void tq_cli_warn_err(const struct tq_cli *cli, const char *subject,
    const struct tq_err *err);

/*
 * tq_cli_open(cli, how, st): open cli->store_url; -1 with cli->err filled.
 */
int tq_cli_open(struct tq_cli *cli, enum tq_open how, struct tq_store **st);

/*
 * A queue that has no tasks may be mistyped.
 *
 * tq_cli_queue(cli, st, queue): -1 with cli->err when there is no such queue.
 * One that can't be asked for now is believed.
 * tq_cli_no_tasks(cli, queue): note that there are none.
 */
int tq_cli_queue(struct tq_cli *cli, struct tq_store *st, const char *queue);
void tq_cli_no_tasks(struct tq_cli *cli, const char *queue);

/*
 * tq_cli_flush(cli): write what cli->out holds.  0, or -1 with cli->err
 * (stage output, TQ_E_IO: "stdout: No space left on device", "stdout:
 * Broken pipe"), or TQ_E_INTR when a tool without effects was interrupted.
 * Bytes that can't be written are dropped.  Tools append to cli->out freely;
 * tq_cli_line() flushes when it grows over 64 KiB.
 */
int tq_cli_flush(struct tq_cli *cli);

/* tq_cli_line(cli, s): s and a line feed to stdout; -1 as tq_cli_flush(). */
int tq_cli_line(struct tq_cli *cli, struct tq_span s);

/*
 * tq_cli_end_at_once(): from now on SIGINT and SIGTERM end the tool on the spot
 * with exit 130, for a long call that changes nothing and can't be stopped.
 */
void tq_cli_end_at_once(void);

/*
 * tq_cli_interrupted(): has SIGINT or SIGTERM come?  Installed by
 * tq_cli_start() without SA_RESTART, so that blocking calls return EINTR.
 * tq_cli_signal(): which one, or 0.  tq_cli_signals_block(): block both, for a
 * tool that takes them in its own way (signalfd(2), sigtimedwait(2)); one that
 * has come is pending then, and tq_cli_interrupted() no more.
 */
bool tq_cli_interrupted(void);
void tq_cli_signals_block(void);
/* tq_cli_signals_let(in): let them in for a while, as before _block(), or, by
   _block() again, no more. */
void tq_cli_signals_let(bool in);
int tq_cli_signal(void);

/*
 * tq_cli_confirm(cli, question): ask on the terminal; 1: yes, 0: no, -1:
 * nobody to ask (stdin or stderr is no terminal).
 */
int tq_cli_confirm(struct tq_cli *cli, const char *question);

/* -- operands ---------- */

/* tq_cli_take(cli): take the first operand off; NULL when there is none. */
const char *tq_cli_take(struct tq_cli *cli);

/*
 * tq_cli_command(cli, names):
 * Take the subcommand off the operands.  Returns its index in ${names} (NULL
 * ends them), or -1 when it is missing or unknown: said on stderr, and the
 * tool returns TQ_EX_USAGE.
 */
int tq_cli_command(struct tq_cli *cli, const char *const *names);

/*
 * tq_cli_argv(cli, first, a, out):
 * The operands from ${first} on as a command: a JSON list of strings in ${a}.
 * 0, or -1 with cli->err: TQ_E_DATA (not UTF-8), TQ_E_TOOBIG.
 */
int tq_cli_argv(struct tq_cli *cli, int first, struct tq_arena *a,
    struct tq_span *out);

/*
 * tq_cli_ids(cli, group, fn, arg):
 * Every id named by the operands (those left: see tq_cli_take()), where "-"
 * means stdin: the first field of each line (up to a tab or blank), or
 * "taskId" of a line that starts with '{'; empty lines are passed over.
 * Calls fn(arg, ids, n) in groups of at most ${group}, a group early when
 * reading stdin would block.  ids are valid during the call.  A line that
 * holds no legal id is TQ_E_DATA with its line number; the ids before it are
 * handed on first.  Stops when ${fn} returns other than 0, and returns that
 * (-1: ${fn} has filled cli->err).
 */
typedef int tq_ids_fn(void *arg, const char *const *ids, size_t n);
int tq_cli_ids(struct tq_cli *cli, size_t group, tq_ids_fn *fn, void *arg);

/* -- line reader ---------- */

/*
 * Reads separated lines from a descriptor without waiting for more than is
 * there; for --each, --batch and ids.
 */
struct tq_lines {
	int		 fd;
	char		 sep;		/* '\n' or '\0' */
	struct tq_buf	 buf;
	size_t		 line_max;	/* the longest line */
	size_t		 at;		/* parsed so far */
	size_t		 scanned;	/* no separator before this */
	bool		 skipping;	/* the rest of a line over the maximum */
	uint64_t	 number;	/* of the last line, from 1 */
	bool		 eof;
};
void tq_lines_init(struct tq_lines *l, int fd, char sep, size_t line_max);
void tq_lines_free(struct tq_lines *l);

/*
 * tq_lines_next(l, line, block, err):
 * 1 and the next line, without its separator (a "\r" before "\n" is dropped),
 * valid until the next call; 0 at the end; 2 when ${block} is false and
 * reading would block; -1: TQ_E_IO; TQ_E_TOOBIG for a line over the maximum
 * (which is then skipped: one may go on); TQ_E_INTR.  The messages do not
 * name the file: the caller puts it in front.
 */
int tq_lines_next(struct tq_lines *l, struct tq_span *line, bool block,
    struct tq_err *err);

/* -- tables ---------- */

/*
 * A table for people on a terminal (aligned, cut to the width, header), TSV
 * without header in a pipe.  Cells are escaped here (tq_visible()); an empty
 * cell is "-".  On a narrow terminal a flexible column at the end has its
 * long cells below, on lines of their own; then columns are cut, to eight
 * columns each; and where that does not do either, each row takes several
 * lines, without a header (stack.h).  A column that is to be ${whole}, as one of
 * ids, is never cut: people copy it into their next command.  Where a line of
 * the terminal is too short for one, it runs on in the next.
 */
struct tq_table {
	struct tq_cli	*cli;
	const char *const *heads;
	size_t		 ncols;
	size_t		 flex;		/* the column that gives way */
	uint64_t	 right;		/* a bit per column: numbers; set it
					   after tq_table_init() */
	uint64_t	 whole;		/* a bit per column that is never cut:
					   at first the first, unless that is
					   the flexible one; set it like that */
	struct tq_span	*cells;
	size_t		 ncells, cap;
	struct tq_arena	 arena;
	struct tq_buf	 text;		/* of one cell, escaped */
	size_t		*widths;	/* of the columns so far */
	bool		 headed;	/* the header is printed once */
	bool		 failed;	/* cli->err says why */
};
void tq_table_init(struct tq_table *t, struct tq_cli *cli,
    const char *const *heads, size_t ncols, size_t flex);
void tq_table_cell(struct tq_table *t, const char *text);	/* row by row */
/* Print the full rows there are and flush cli->out; 0, or -1 as that. */
int tq_table_flush(struct tq_table *t);
void tq_table_free(struct tq_table *t);

/* tq_ago(now, then, out): "12s", "3m", "2d" for table cells; "-" for 0; "in
   5m" for what is to come. */
const char *tq_ago(int64_t now, int64_t then, char out[32]);

/* tq_cli_progress(cli, done, total, text): a bar on a terminal's stderr only;
   done == total ends its line.  At most 10 a second are drawn. */
void tq_cli_progress(struct tq_cli *cli, uint64_t done, uint64_t total,
    const char *text);

/*
 * Work that may be long: what is done so quickly that nobody wonders shows
 * nothing, and what is over leaves nothing behind.
 *
 * tq_cli_work(cli, done, total, text): the same bar, once the tool has run for a
 * second; ${total} 0, unknown: only how many, "1200 submitted".
 * tq_cli_busy(cli, text): for a call that does not come back for long: from a
 * second on "TEXT, 12s", drawn by a thread.  Until it has ended nothing else may
 * be printed.
 * tq_cli_work_end(cli): erase either; nothing where none stands.
 */
void tq_cli_work(struct tq_cli *cli, uint64_t done, uint64_t total,
    const char *text);
void tq_cli_busy(struct tq_cli *cli, const char *text);
void tq_cli_work_end(struct tq_cli *cli);

#endif

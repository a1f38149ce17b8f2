/* lib/util/err.h -- an error as a value: where, what, and a sentence. */
#ifndef TQ_ERR_H
#define TQ_ERR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Where it happened.  The stages that can end up in a task's record
 * (receive .. timeout) are the ones a worker's user sees; the others belong
 * to the tools.  Names: tq_stage_name().
 */
enum tq_stage {
	TQ_AT_NONE,
	TQ_AT_RECEIVE, TQ_AT_PARSE, TQ_AT_FETCH, TQ_AT_DECODE, TQ_AT_PROCESS,
	TQ_AT_STORE, TQ_AT_UPDATE, TQ_AT_DELETE, TQ_AT_EXEC, TQ_AT_TIMEOUT,
	TQ_AT_CONFIG, TQ_AT_INPUT, TQ_AT_OUTPUT, TQ_AT_SEND, TQ_AT_CREDS,
	TQ_STAGE_MAX
};

/*
 * What happened, for the caller to branch on.  lib/cli/exit.c maps each code
 * to an exit status; add a code there too.
 */
enum tq_code {
	TQ_OK,
	TQ_E_USAGE,		/* the command line is wrong */
	TQ_E_CONFIG,		/* set-up is wrong: the remedy is in the message */
	TQ_E_DENIED,		/* no permission, or no credentials */
	TQ_E_NOTFOUND,		/* no such task, blob */
	TQ_E_NOQUEUE,		/* no such queue, where queues are made */
	TQ_E_TAKEN,		/* the id exists already */
	TQ_E_CONFLICT,		/* the key exists with another request */
	TQ_E_LOST,		/* token or rev moved on: somebody else owns it */
	TQ_E_STATE,		/* not legal in the record's status */
	TQ_E_DATA,		/* bad input data */
	TQ_E_TOOBIG,		/* over a named limit */
	TQ_E_NEWER,		/* written by a newer version */
	TQ_E_CORRUPT,		/* stored bytes are not what was written */
	TQ_E_THROTTLED,		/* try again later */
	TQ_E_TIMEOUT,		/* a deadline passed */
	TQ_E_UNAVAILABLE,	/* the store can't be reached or opened */
	TQ_E_IO,		/* read, write, full disk */
	TQ_E_NOMEM,
	TQ_E_INTR,		/* interrupted by a signal */
	TQ_E_BUG,		/* can't happen */
	TQ_CODE_MAX
};

#define TQ_ERR_MSG_MAX	400

/*
 * Fixed size, lives on the caller's stack, so that reporting "out of memory"
 * needs no memory.  Functions that can fail return 0 / -1 (or a pointer /
 * NULL) and take a struct tq_err * last; it is untouched on success.  The
 * first detector fills it, callers may add their subject in front.
 */
struct tq_err {
	enum tq_stage	 stage;
	enum tq_code	 code;
	bool		 retryable;	/* set where the knowledge is */
	int		 sys_errno;	/* 0, or errno at the failing call */
	char		 msg[TQ_ERR_MSG_MAX]; /* complete, subject first */
};

#define TQ_ERR_INIT { TQ_AT_NONE, TQ_OK, false, 0, "" }

/*
 * tq_err_set(err, stage, code, fmt, ...):
 * Fill ${err}.  The message names its subject first ("photo.jpg: not an
 * image") and has no newline; what does not fit is cut.  Always returns -1,
 * so that a function may end in `return tq_err_set(...)`.  ${err} may be
 * NULL: then nothing is written.
 */
int tq_err_set(struct tq_err *err, enum tq_stage stage, enum tq_code code,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * tq_err_sys(err, stage, code, errnum, fmt, ...): as tq_err_set(), and appends
 * ": strerror(${errnum})".  TQ_E_IO and TQ_E_CONFIG become TQ_E_INTR by a signal and
 * TQ_E_NOMEM for want of memory; for want of descriptors or room both are TQ_E_IO.
 */
int tq_err_sys(struct tq_err *err, enum tq_stage stage, enum tq_code code,
    int errnum, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/*
 * tq_err_start(err, errnum, what):
 * Fill ${err} with why ${what}, a thread or a process, was not started:
 * ${errnum} of pthread_create(3), fork(2) or posix_spawn(3).  EAGAIN is
 * TQ_E_NOMEM, as they say it of memory too: glibc has no other word for a
 * stack that can't be mapped.  Else as tq_err_sys() has it.  Always returns -1.
 */
int tq_err_start(struct tq_err *err, int errnum, const char *what);

/*
 * tq_err_prefix(err, fmt, ...):
 * Put "subject: " in front of the message of a filled ${err}.
 */
void tq_err_prefix(struct tq_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* tq_err_done(err, done, n): "; cancelled 500" behind the message of ${err}: what
   was done before it.  Nothing for 0.  Returns -1. */
int tq_err_done(struct tq_err *err, const char *done, uint64_t n);

/* tq_stage_name(stage): its stable lower-case name ("" for TQ_AT_NONE). */
const char *tq_stage_name(enum tq_stage stage);

/* tq_code_name(code): its stable name ("not-found"), as JSON errors use it. */
const char *tq_code_name(enum tq_code code);

#endif

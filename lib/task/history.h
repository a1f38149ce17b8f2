/* lib/task/history.h -- what a record remembers of earlier attempts.  Pure. */
#ifndef TQ_HISTORY_H
#define TQ_HISTORY_H

#include "task/task.h"

/* How an attempt, or a whole run of the task, ended; as written. */
#define TQ_HOW_FAILED	"failed"	/* error, timeout, permanent */
#define TQ_HOW_DIED	"died"		/* its lease ran out */
#define TQ_HOW_STOPPED	"stopped"	/* its worker shut down */
#define TQ_HOW_LATER	"later"		/* gave itself back: not now */
#define TQ_HOW_DONE	"completed"
#define TQ_HOW_RUN	"run"		/* a whole run that was replaced */

struct tq_attempt {
	int		 n;		/* 1, 2, ... */
	const char	*how;
	const char	*worker;
	int64_t		 start, end;	/* wall clock, ms; 0: unknown */
	enum tq_stage	 stage;
	const char	*code;		/* "exit-1", "timeout", ... */
	const char	*message;
	enum tq_status	 status;	/* HOW_RUN: how the run ended */
	const char	*submit_id;	/* HOW_RUN: of which submit */
	const char	*log;		/* blob:..., while it is kept */
};

/*
 * tq_history_add(t, e, a):
 * Append ${e} to t->history, in ${a}; the oldest of more than TQ_HISTORY_MAX
 * go, messages are cut at 200 bytes.  "later" replaces a "later" before it:
 * hundreds of those are one piece of news.
 */
void tq_history_add(struct tq_task *t, const struct tq_attempt *e,
    struct tq_arena *a);

/*
 * tq_history_read(t, a, out):
 * What t->history remembers, the oldest first, in ${a}; how many.  Unknown
 * members are passed over.
 */
size_t tq_history_read(const struct tq_task *t, struct tq_arena *a,
    struct tq_attempt out[TQ_HISTORY_MAX]);

/* tq_history_log(t, n, a): the log of attempt ${n}, "blob:...", as the record
   or its history name it; NULL: it has none, or is forgotten. */
const char *tq_history_log(const struct tq_task *t, int n,
    struct tq_arena *a);

/* tq_history_names(t, blob): is ${blob} ("blob:...") the log of one of them? */
bool tq_history_names(const struct tq_task *t, const char *blob);

/*
 * tq_history_run(t, submit_id, status):
 * How did the run that ${submit_id} began end?  False when ${t} does not
 * remember it.
 */
bool tq_history_run(const struct tq_task *t, const char *submit_id,
    enum tq_status *status);

/*
 * tq_history_end(t, submit_id, a, past):
 * The same, and when and why: ${past}, the record of that run as somebody has
 * last seen it, gets status, createdAt, finishedAt, updatedAt and reason (in
 * ${a}).
 */
bool tq_history_end(const struct tq_task *t, const char *submit_id,
    struct tq_arena *a, struct tq_task *past);

#endif

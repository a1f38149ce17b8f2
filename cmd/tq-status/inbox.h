/* cmd/tq-status/inbox.h -- ids for --wait, read while it waits. */
#ifndef TQ_STATUS_INBOX_H
#define TQ_STATUS_INBOX_H

#include "status.h"

/* There is one inbox per process. */
enum inbox_state {
	INBOX_OPEN,	/* more ids may come */
	INBOX_OVER,	/* that were all */
	INBOX_BAD	/* reading failed: inbox_error() says how */
};

/*
 * inbox_start(cli, all_now):
 * Begin to read the ids of cli's operands.  If stdin is one of them a thread
 * does it from now on, else they are there on return; so are those of stdin
 * with ${all_now}.  0, or -1 with cli->err filled.
 */
int inbox_start(struct tq_cli *cli, bool all_now);

/* inbox_take(fn, arg): hand on what has come; fn() owns each id (free()). */
typedef void inbox_fn(void *arg, char *id);
enum inbox_state inbox_take(inbox_fn *fn, void *arg);

/* inbox_wait(ms): sleep until something has come, or the time is up. */
void inbox_wait(int64_t ms);

/* inbox_error(err): copy the reader's error; always -1. */
int inbox_error(struct tq_err *err);

/* inbox_close(): nobody wants more; may be called without a start. */
void inbox_close(void);

#endif

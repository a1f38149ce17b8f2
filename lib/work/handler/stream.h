/*
 * lib/work/handler/stream.h -- the protocol of --stream TYPE=COMMAND.
 *
 * The command is started once per slot and gets one task at a time: the
 * public record (tq(7)) as one line of JSON on stdin, with two more members:
 * "outputFile", where it may write an output, and "inputFile", when the task
 * has an input.  It answers each with one line of JSON on stdout:
 *
 *	{"ok": true, "result": ANY, "output": "PATH"}
 *	{"ok": false, "error": "why", "permanent": true}
 *	{"ok": false, "error": "why", "retryAfter": "30s"}
 *	{"ok": false, "error": "why", "later": true}
 *
 * result and output may be missing; permanent means never again (as exit
 * status 65), later: no attempt used (as 75).  Its stderr until
 * the answer is the task's log; descriptor 3 is as for other handlers.  Its
 * environment has TQ_STORE and TQ_TYPE.  It is stopped with its task at the
 * task's timeout or cancel, and started anew for the next one; when it dies
 * with a task, its exit status means what it means for other handlers, and 0
 * is an error.
 */
#ifndef TQ_STREAM_H
#define TQ_STREAM_H

#include "util/buf.h"

struct tq_err; struct tq_task;

struct tq_reply {
	bool		ok, permanent, later;
	struct tq_span	result;		/* JSON, in the line; NONE */
	const char	*output;	/* NULL: none */
	const char	*error;
	int64_t		retry_after;	/* ms; -1: not said */
};

/*
 * tq_stream_line(t, input, output, b): append the line for a task, with its
 * line feed; ${input} may be NULL.
 */
void tq_stream_line(const struct tq_task *t, const char *input,
    const char *output, struct tq_buf *b);

/*
 * tq_stream_reply(line, a, r, err): read an answer; strings go to ${a}.
 * Fails with stage parse, TQ_E_DATA when it is not one.
 */
int tq_stream_reply(struct tq_span line, struct tq_arena *a,
    struct tq_reply *r, struct tq_err *err);

#endif

/* lib/util/event.h -- one line per event, for people and for machines. */
#ifndef TQ_EVENT_H
#define TQ_EVENT_H

#include "util/buf.h"

enum tq_log_format { TQ_LOG_HUMAN, TQ_LOG_LOGFMT, TQ_LOG_JSON };

/* An event in a task's life; members not set (NULL, -1, 0) are left out. */
struct tq_event {
	const char	*name;		/* "done", "retry", "dead", ... */
	const char	*task;
	const char	*type;
	int		 attempt;
	const char	*stage;
	int64_t		 duration_ms;	/* -1: it never started */
	const char	*worker;
	const char	*trace;		/* traceparent, or X-Ray's header */
	const char	*text;		/* a sentence */
};

/*
 * tq_log_event(b, format, now_ms, e):
 * Append ${e} as one line.  logfmt: time=... event=done taskId=... ; json:
 * an object of the same keys; human: "done   thumb  0190...  1.2s".  Text is
 * escaped in each form as that form needs, and for terminals in all.
 */
void tq_log_event(struct tq_buf *b, enum tq_log_format format, int64_t now_ms,
    const struct tq_event *e);

/* tq_log_name(s, out): "human", "logfmt", "json"; false for another. */
bool tq_log_name(const char *s, enum tq_log_format *out);

#endif

/* cmd/tq-status/watch_detail.h -- a task and its log as lines.  Pure. */
#ifndef TQ_WATCH_DETAIL_H
#define TQ_WATCH_DETAIL_H

#include "watch_pen.h"
#include "watch_view.h"

/*
 * watch_detail_write(detail, now, width, out):
 * Append all that there is to read of a task, as lines of at most ${width}
 * columns that end with a line feed; a line that is longer goes on below.  Text
 * of tasks is escaped.  ${now}: wall clock.
 */
void watch_detail_write(const struct watch_detail *detail, int64_t now,
    int width, struct tq_buf *out);

/* watch_help_write(out): the keys, a line each. */
void watch_help_write(struct tq_buf *out);

/* watch_lines(text, from, out): how many lines ${text} has; the ${from}th, from
   0, begins at *${out}. */
int watch_lines(struct tq_span text, int from, const char **out);

#endif

/*
 * lib/work/handler/fd3.h -- what a handler says on descriptor 3, a line each:
 *
 *	progress 40/100 resizing	progress 40%	progress half way
 *	retry-after 30s
 *	output /path/of/a/file
 *
 * Pure: bytes in, fields out.  Lines it does not know are passed over, so
 * that a newer handler can run under an older worker.
 */
#ifndef TQ_FD3_H
#define TQ_FD3_H

#include "util/buf.h"

#define TQ_FD3_LINE_MAX	4200		/* a path and its verb */

struct tq_fd3 {
	char		line[TQ_FD3_LINE_MAX];
	size_t		len;
	bool		skip;		/* in a line that is too long */
	bool		progressed;	/* since the caller last cleared it */
	int64_t		done, total;	/* -1: not said */
	char		text[256];	/* of progress */
	int64_t		retry_after;	/* ms; -1: not said */
	char		output[TQ_FD3_LINE_MAX];	/* "": not said */
};

/* tq_fd3_init(f): nothing said yet. */
void tq_fd3_init(struct tq_fd3 *f);

/* tq_fd3_feed(f, p, n): the next bytes; the last word on each field counts. */
void tq_fd3_feed(struct tq_fd3 *f, const char *p, size_t n);

/*
 * tq_fd3_progress(f, out): append progress as it stands in the record:
 * {"done":40,"total":100,"text":"resizing"}.
 */
void tq_fd3_progress(const struct tq_fd3 *f, struct tq_buf *out);

#endif

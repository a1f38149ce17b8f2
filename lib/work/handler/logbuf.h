/* lib/work/handler/logbuf.h -- the last bytes of a stream: a task's log. */
#ifndef TQ_LOGBUF_H
#define TQ_LOGBUF_H

#include "util/buf.h"

/* Zeroed, with max set, is empty.  Takes memory as it fills. */
struct tq_logbuf {
	char		*data;
	size_t		 cap, max;
	size_t		 len;		/* held */
	size_t		 at;		/* where the next byte goes */
	uint64_t	 total;		/* ever added */
};

/* tq_logbuf_add(r, p, n): 0, or -1 when memory ran out (nothing added). */
int tq_logbuf_add(struct tq_logbuf *r, const char *p, size_t n);

/*
 * tq_logbuf_spans(r, out): what is held, oldest first, as two spans (the
 * second may be empty), borrowed until the next change.
 */
void tq_logbuf_spans(const struct tq_logbuf *r, struct tq_span out[2]);

/*
 * tq_logbuf_last_line(r, buf, n): the last line that is not blank, as a C
 * string in ${buf}, its end cut where it does not fit; "" when there is none.
 */
const char *tq_logbuf_last_line(const struct tq_logbuf *r, char *buf, size_t n);

/* tq_logbuf_clear(r): empty, keeps a little memory; _free(): gives it back. */
void tq_logbuf_clear(struct tq_logbuf *r);
void tq_logbuf_free(struct tq_logbuf *r);

#endif

/* lib/work/ring.h -- the last bytes of a stream: a task's log. */
#ifndef TQ_RING_H
#define TQ_RING_H

#include "util/buf.h"

/* Zeroed, with max set, is empty.  Takes memory as it fills. */
struct tq_ring {
	char		*data;
	size_t		 cap, max;
	size_t		 len;		/* held */
	size_t		 at;		/* where the next byte goes */
	uint64_t	 total;		/* ever added */
};

/* tq_ring_add(r, p, n): 0, or -1 when memory ran out (nothing added). */
int tq_ring_add(struct tq_ring *r, const char *p, size_t n);

/*
 * tq_ring_spans(r, out): what is held, oldest first, as two spans (the
 * second may be empty), borrowed until the next change.
 */
void tq_ring_spans(const struct tq_ring *r, struct tq_span out[2]);

/*
 * tq_ring_last_line(r, buf, n): the last line that is not blank, as a C
 * string in ${buf}, its end cut where it does not fit; "" when there is none.
 */
const char *tq_ring_last_line(const struct tq_ring *r, char *buf, size_t n);

/* tq_ring_clear(r): empty, keeps a little memory; _free(): gives it back. */
void tq_ring_clear(struct tq_ring *r);
void tq_ring_free(struct tq_ring *r);

#endif

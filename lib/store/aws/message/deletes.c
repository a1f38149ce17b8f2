/*
 * lib/store/aws/message/deletes.c -- messages of finished tasks, which
 * nobody hurries to delete: the record is the truth, and they stay hidden
 * until after the end of the lease.  So they are gathered, ten to a call.
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/message/message.h"

static int
by_queue(const void *a, const void *b)
{
	const struct aq_receipt *x = a, *y = b;

	return strcmp(x->queue, y->queue);
}

/* Delete the first ${n}. */
static void
flush(struct aq *s, size_t n)
{
	size_t i;

	aq_delete_all(s, false, s->deletes.v, n);
	for (i = 0; i < n; i++)
		free((char *)s->deletes.v[i].receipt);
	s->deletes.n -= n;
	memmove(s->deletes.v, s->deletes.v + n,
	    s->deletes.n * sizeof(*s->deletes.v));
}

void
aq_deletes_flush(struct aq *s)
{
	if (s->deletes.n > 0)
		flush(s, s->deletes.n);
}

void
aq_delete_soon(struct aq *s, const struct aq_receipt *notes, size_t n)
{
	size_t i;

	s->deletes.v = tq_must(realloc(s->deletes.v, (s->deletes.n + n + 1) *
	    sizeof(*s->deletes.v)));
	for (i = 0; i < n; i++)
		if (notes[i].receipt != NULL)
			s->deletes.v[s->deletes.n++] = (struct aq_receipt){
			    .queue = aq_queue(s, notes[i].queue)->name,
			    .receipt = tq_must(strdup(notes[i].receipt)) };
	/* Where that costs no call there is nothing to gather. */
	if (s->leases.n == 0 || aq_pushed(s)) {
		aq_deletes_flush(s);
	} else if (s->deletes.n >= TQ_SQS_BATCH) {
		qsort(s->deletes.v, s->deletes.n, sizeof(*s->deletes.v),
		    by_queue);
		flush(s, s->deletes.n - s->deletes.n % TQ_SQS_BATCH);
	}
}

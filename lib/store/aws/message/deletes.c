/*
 * lib/store/aws/message/deletes.c -- messages of finished tasks, which nobody hurries to
 * delete: the record is the truth, and they stay hidden until after the end
 * of the lease.  So they are gathered, ten to a call.
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/message/message.h"

static int
by_queue(const void *a, const void *b)
{
	const struct aq_note *x = a, *y = b;

	return strcmp(x->queue, y->queue);
}

/* Delete the first ${n}. */
static void
flush(struct aq *s, size_t n)
{
	size_t i;

	aq_delete_all(s, false, s->gone, n);
	for (i = 0; i < n; i++)
		free((char *)s->gone[i].receipt);
	s->ngone -= n;
	memmove(s->gone, s->gone + n, s->ngone * sizeof(*s->gone));
}

void
aq_gone_flush(struct aq *s)
{
	if (s->ngone > 0)
		flush(s, s->ngone);
}

void
aq_gone_soon(struct aq *s, const struct aq_note *notes, size_t n)
{
	size_t i;

	s->gone = tq_must(realloc(s->gone, (s->ngone + n + 1) *
	    sizeof(*s->gone)));
	for (i = 0; i < n; i++)
		if (notes[i].receipt != NULL)
			s->gone[s->ngone++] = (struct aq_note){
			    .queue = aq_queue(s, notes[i].queue)->name,
			    .receipt = tq_must(strdup(notes[i].receipt)) };
	if (s->nheld == 0) {
		aq_gone_flush(s);
	} else if (s->ngone >= TQ_SQS_BATCH) {
		qsort(s->gone, s->ngone, sizeof(*s->gone), by_queue);
		flush(s, s->ngone - s->ngone % TQ_SQS_BATCH);
	}
}

/*
 * lib/store/aws/message/foreign.c -- what in a dead-letter queue is no dead
 * task.
 *
 * SQS can't be asked for some messages of a queue.  So all are received, and
 * put back when the pass is over; should we die, they come back in a while.
 */
#include <string.h>

#include "store/aws/message/message.h"
#include "store/aws/record/table.h"

#define HIDE_S	30	/* longer than a pass, so that each comes once */
#define LOOK_MS	20000	/* a pass */
#define WAIT_S	1	/* a long poll asks all of SQS's servers */

/* One pass over the DLQ of a queue. */
struct pass {
	struct aq	*s;
	const char	*queue;
	struct tq_arena	*a, mem;	/* of the findings; of the notes */
	struct tq_foreign *v;
	size_t		 n, limit;
	struct aq_receipt *notes; /* all that came, to be put back */
	size_t		 nnotes;
};

static const char *
reason_of(const struct tq_sqs_msg *m, struct tq_arena *a)
{
	size_t i;

	for (i = 0; i < m->nattrs; i++)
		if (strcmp(m->attrs[i].name, "tq-reason") == 0)
			return tq_arena_dup(a, m->attrs[i].value.p,
			    m->attrs[i].value.n);
	return NULL;
}

static void
take(struct pass *p, const struct tq_sqs_msg *m, struct tq_arena *mem)
{
	struct tq_message told = { .dead = 0 };

	p->notes = tq_arena_more(&p->mem, p->notes, p->nnotes,
	    sizeof(*p->notes));
	p->notes[p->nnotes++] = (struct aq_receipt){ .queue = p->queue,
	    .receipt = tq_arena_str(&p->mem, m->receipt) };
	if (p->n == p->limit ||
	    (aq_message_read(m->body, mem, &told) && told.dead != 0))
		return;
	p->v = tq_arena_more(p->a, p->v, p->n, sizeof(*p->v));
	p->v[p->n++] = (struct tq_foreign){ p->queue,
	    tq_arena_str(p->a, m->id != NULL ? m->id : ""),
	    reason_of(m, p->a), m->sent_ms, tq_arena_span(p->a, m->body) };
}

static int
look(struct pass *p, const char *url, bool *more, struct tq_err *err)
{
	struct aq *s = p->s;
	int64_t end = tq_boot_ms(s->base.env) + LOOK_MS;
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_sqs_msg *msgs;
	size_t i, n;
	int rc;

	do {
		tq_arena_reset(&mem);
		rc = aq_dlq_receive(s, url, WAIT_S, HIDE_S, &mem, &msgs, &n,
		    err);
		for (i = 0; i < n; i++)
			take(p, &msgs[i], &mem);
	} while (n > 0 && p->n < p->limit && tq_boot_ms(s->base.env) < end);
	*more |= n > 0;
	tq_arena_free(&mem);
	aq_hide_all(s, true, p->notes, p->nnotes);
	tq_arena_free(&p->mem);
	p->nnotes = 0;
	p->notes = NULL;
	return rc;
}

int
aq_foreign(struct tq_store *st, const char *queue, size_t limit,
    struct tq_arena *a, struct tq_foreign **out, size_t *n, bool *more,
    struct tq_err *err)
{
	struct pass p = { .s = aq_of(st), .a = a, .limit = limit };
	const char **queues = &queue, *url;
	struct tq_err why;
	size_t i, nqueues = 1;
	int rc;

	if (queue == NULL && aq_queues(p.s, a, &queues, &nqueues, err) == -1)
		return -1;
	for (i = 0; i < nqueues && !*more; i++) {
		p.queue = queues[i];
		why = (struct tq_err)TQ_ERR_INIT;
		if (aq_queue_url(p.s, p.s->a, p.queue, true, &url, &why) == 0)
			rc = look(&p, url, more, &why);
		else	/* one at an address of its own may have none */
			rc = queue == NULL && why.code == TQ_E_NOQUEUE ? 0 : -1;
		if (rc == -1) {
			if (err != NULL)
				*err = why;
			return -1;
		}
	}
	*out = p.v;
	*n = p.n;
	return 0;
}

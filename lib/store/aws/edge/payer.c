/*
 * lib/store/aws/edge/payer.c -- the thread that pays for a worker.
 *
 * A parent of 100,000 would hold up the worker's loop for minutes, so what is
 * owed after its verbs goes to a thread with a handle of its own, which starts
 * when the first parent ends.
 */
#include <pthread.h>
#include <stdlib.h>

#include "util/thread.h"

#include "store/aws/edge/edge.h"

#define END_MS	10000	/* to pay the rest when the handle is closed */

struct aq_payer {
	struct aq	*own;		/* its handle; it owes what is to be paid */
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 more;
	bool		 quit;
	int64_t		 until;		/* boot clock; after `quit' */
	char		**ids;		/* handed over */
	size_t		 n, cap;
};

static void *
pay(void *arg)
{
	struct aq_payer *p = arg;
	char *id;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->n == 0 && !p->quit)
			pthread_cond_wait(&p->more, &p->lock);
		if (p->n == 0 || (p->quit &&
		    tq_boot_ms(p->own->base.env) > p->until))
			break;
		id = p->ids[--p->n];
		pthread_mutex_unlock(&p->lock);
		aq_pay_word(p->own, id, NULL);
		free(id);
		aq_settle(p->own);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* NULL: there can be none, and the sweep pays. */
static struct aq_payer *
start(struct aq *s)
{
	struct aq_payer *p = tq_must(calloc(1, sizeof(*p)));
	int rc;

	if (aq_new(s->base.url, s->base.env, 0, NULL, &p->own, NULL) == -1) {
		free(p);
		return NULL;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	rc = tq_thread_start(&p->thread, pay, p);
	if (rc == 0)
		return p;
	aq_free(p->own);
	free(p);
	return NULL;
}

void
aq_settle_soon(struct aq *s)
{
	struct aq_payer *p;
	char *id;

	if ((id = aq_owed_next(s)) == NULL)
		return;
	if (s->payer == NULL)
		s->payer = start(s);
	p = s->payer;
	for (; id != NULL; id = aq_owed_next(s)) {
		if (p == NULL) {
			free(id);
			continue;
		}
		pthread_mutex_lock(&p->lock);
		if (p->n == p->cap) {
			p->cap = p->cap == 0 ? 64 : 2 * p->cap;
			p->ids = tq_must(realloc(p->ids, p->cap *
			    sizeof(*p->ids)));
		}
		p->ids[p->n++] = id;
		pthread_cond_signal(&p->more);
		pthread_mutex_unlock(&p->lock);
	}
}

void
aq_payer_end(struct aq *s)
{
	struct aq_payer *p = s->payer;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	p->until = tq_boot_ms(s->base.env) + END_MS;
	pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	while (p->n > 0)
		free(p->ids[--p->n]);
	free(p->ids);
	aq_free(p->own);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->more);
	free(p);
	s->payer = NULL;
}

/* lib/store/payer.c -- see payer.h. */
#include "store/payer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/thread.h"

#define END_MS	10000	/* to pay the rest when the handle is closed */

struct tq_payer {
	const struct tq_payer_ops *ops;
	struct tq_store	*own;		/* the thread's */
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 more;
	bool		 quit, busy;
	int64_t		 until;		/* boot clock; after `quit' */
	char		**what;		/* handed over */
	size_t		 n, cap;
};

/* Under the lock, between two rounds. */
static bool
over(const struct tq_payer *p)
{
	return p->quit && tq_boot_ms(p->own->env) > p->until;
}

static void *
pay(void *arg)
{
	struct tq_payer *p = arg;
	char *what;
	bool more;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->n == 0 && !p->quit)
			pthread_cond_wait(&p->more, &p->lock);
		if (p->n == 0 || over(p))
			break;
		what = p->what[--p->n];
		p->busy = true;
		do {
			pthread_mutex_unlock(&p->lock);
			more = p->ops->pay(p->own, what);
			pthread_mutex_lock(&p->lock);
		} while (more && !over(p));
		p->busy = false;
		free(what);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static struct tq_payer *
start(const struct tq_payer_ops *ops, const struct tq_store *st)
{
	struct tq_payer *p = tq_must(calloc(1, sizeof(*p)));

	p->ops = ops;
	if ((p->own = ops->open(st)) == NULL) {
		free(p);
		return NULL;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	if (tq_thread_start(&p->thread, pay, p) == 0)
		return p;
	ops->close(p->own);
	free(p);
	return NULL;
}

void
tq_payer_tell(struct tq_payer **pp, const struct tq_payer_ops *ops,
    const struct tq_store *st, const char *what)
{
	struct tq_payer *p;

	if (*pp == NULL)
		*pp = start(ops, st);
	if ((p = *pp) == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	if (p->n == p->cap) {
		p->cap = p->cap == 0 ? 64 : 2 * p->cap;
		p->what = tq_must(realloc(p->what, p->cap *
		    sizeof(*p->what)));
	}
	p->what[p->n++] = tq_must(strdup(what));
	pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
}

bool
tq_payer_busy(struct tq_payer *p)
{
	bool busy;

	if (p == NULL)
		return false;
	pthread_mutex_lock(&p->lock);
	busy = p->busy || p->n > 0;
	pthread_mutex_unlock(&p->lock);
	return busy;
}

void
tq_payer_end(struct tq_payer **pp)
{
	struct tq_payer *p = *pp;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	p->until = tq_boot_ms(p->own->env) + END_MS;
	pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	while (p->n > 0)
		free(p->what[--p->n]);
	free(p->what);
	p->ops->close(p->own);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->more);
	free(p);
	*pp = NULL;
}

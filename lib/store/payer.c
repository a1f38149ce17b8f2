/* lib/store/payer.c -- see payer.h. */
#include "store/payer.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/periodic.h"

#define END_MS	10000	/* to pay the rest when the handle is closed */

struct tq_payer {
	const struct tq_payer_ops *ops;
	struct tq_store	*own;		/* the thread's */
	struct tq_periodic beside;
	char		*now;		/* is being paid */
	char		**what;		/* handed over */
	size_t		 n, cap;
};

static int64_t
pay(void *arg)
{
	struct tq_payer *p = arg;
	bool more;

	if (p->now == NULL && p->n > 0)
		p->now = p->what[--p->n];
	if (p->now == NULL)
		return TQ_UNTIL_WOKEN;
	pthread_mutex_unlock(&p->beside.lock);
	more = p->ops->pay(p->own, p->now);
	pthread_mutex_lock(&p->beside.lock);
	if (!more) {
		free(p->now);
		p->now = NULL;
	}
	return 0;
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
	if (tq_periodic_start(&p->beside, TQ_UNTIL_WOKEN, pay, p) == 0)
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
	pthread_mutex_lock(&p->beside.lock);
	if (p->n == p->cap) {
		p->cap = p->cap == 0 ? 64 : 2 * p->cap;
		p->what = tq_must(realloc(p->what, p->cap *
		    sizeof(*p->what)));
	}
	p->what[p->n++] = tq_must(strdup(what));
	tq_periodic_wake(&p->beside);
	pthread_mutex_unlock(&p->beside.lock);
}

bool
tq_payer_busy(struct tq_payer *p)
{
	bool busy;

	if (p == NULL)
		return false;
	pthread_mutex_lock(&p->beside.lock);
	busy = p->now != NULL || p->n > 0;
	pthread_mutex_unlock(&p->beside.lock);
	return busy;
}

void
tq_payer_end(struct tq_payer **pp)
{
	struct tq_payer *p = *pp;
	int64_t until;

	if (p == NULL)
		return;
	until = tq_boot_ms(p->own->env) + END_MS;
	tq_periodic_stop(&p->beside, TQ_UNTIL_WOKEN);
	pthread_mutex_lock(&p->beside.lock);
	while (tq_boot_ms(p->own->env) <= until && pay(p) == 0)
		;
	pthread_mutex_unlock(&p->beside.lock);
	tq_periodic_free(&p->beside);
	free(p->now);
	while (p->n > 0)
		free(p->what[--p->n]);
	free(p->what);
	p->ops->close(p->own);
	free(p);
	*pp = NULL;
}

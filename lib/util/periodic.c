/* lib/util/periodic.c -- see periodic.h. */
#include "util/periodic.h"

#include <stddef.h>

#include "util/thread.h"

static void *
run(void *arg)
{
	struct tq_periodic *p = arg;
	int64_t ms = p->first_ms;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (ms != 0 && !p->woken && !p->quit) {
			if (ms == TQ_UNTIL_WOKEN)
				pthread_cond_wait(&p->changed, &p->lock);
			else if (!tq_cond_wait(&p->changed, &p->lock, ms))
				break;
		}
		if (p->quit)
			break;
		p->woken = false;
		ms = p->round(p->arg);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int
tq_periodic_start(struct tq_periodic *p, int64_t ms, tq_periodic_round *round,
    void *arg)
{
	int rc;

	*p = (struct tq_periodic){ .round = round, .arg = arg, .first_ms = ms };
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	if ((rc = tq_thread_start(&p->thread, run, p)) != 0)
		tq_periodic_free(p);
	return rc;
}

void
tq_periodic_wake(struct tq_periodic *p)
{
	p->woken = true;
	pthread_cond_signal(&p->changed);
}

bool
tq_periodic_stop(struct tq_periodic *p, int64_t ms)
{
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	if (ms == TQ_UNTIL_WOKEN)
		return pthread_join(p->thread, NULL) == 0;
	if (tq_thread_join(p->thread, ms))
		return true;
	pthread_detach(p->thread);
	return false;
}

void
tq_periodic_free(struct tq_periodic *p)
{
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
}

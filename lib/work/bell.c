/* lib/work/bell.c -- see bell.h. */
#include "work/bell.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"
#include "util/thread.h"

enum state { IDLE, ARMED, RANG };

struct bell {
	struct tq_bells	*all;
	const char	*queue;
	pthread_t	 thread;
	bool		 running;
	enum state	 state;
	uint64_t	 seen;
};

struct tq_bells {
	struct tq_store	*st;
	pthread_mutex_t	 lock;
	pthread_cond_t	 armed;
	bool		 quit;
	int		 fd;
	size_t		 n;
	struct bell	 v[];
};

static void *
listen_on(void *arg)
{
	struct bell *x = arg;
	struct tq_bells *b = x->all;
	struct timespec second = { 1, 0 };
	uint64_t seen, one = 1;
	int rc;

	pthread_mutex_lock(&b->lock);
	while (!b->quit) {
		if (x->state != ARMED) {
			pthread_cond_wait(&b->armed, &b->lock);
			continue;
		}
		seen = x->seen;
		pthread_mutex_unlock(&b->lock);
		rc = tq_store_wait_ready(b->st, x->queue, seen, 60000, NULL);
		pthread_mutex_lock(&b->lock);
		/* Of a store in trouble too: what is wrong a claim says. */
		if (rc != 0 && x->state == ARMED && x->seen == seen && !b->quit) {
			x->state = RANG;
			if (write(b->fd, &one, sizeof(one)) == -1)
				continue;	/* full: it is readable */
		}
		if (rc == -1 && !b->quit) {
			pthread_mutex_unlock(&b->lock);
			nanosleep(&second, NULL);
			pthread_mutex_lock(&b->lock);
		}
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

struct tq_bells *
tq_bells_new(struct tq_store *st, const char *const *queues, size_t n, int fd,
    struct tq_err *err)
{
	struct tq_bells *b;
	size_t i;
	int rc = 0;

	if ((b = calloc(1, sizeof(*b) + n * sizeof(b->v[0]))) == NULL) {
		tq_err_set(err, TQ_AT_EXEC, TQ_E_NOMEM, "out of memory");
		return NULL;
	}
	b->st = st;
	b->fd = fd;
	b->n = n;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->armed, NULL);
	for (i = 0; i < n && rc == 0; i++) {
		b->v[i].all = b;
		b->v[i].queue = queues[i];
		rc = tq_thread_start(&b->v[i].thread, listen_on, &b->v[i]);
		b->v[i].running = rc == 0;
	}
	if (rc == 0)
		return b;
	tq_err_start(err, rc, "a thread");
	tq_bells_free(b);
	return NULL;
}

void
tq_bells_arm(struct tq_bells *b, size_t i, uint64_t bell)
{
	struct bell *x = &b->v[i];
	bool stale;

	pthread_mutex_lock(&b->lock);
	stale = x->state == ARMED && x->seen != bell;
	x->state = ARMED;
	x->seen = bell;
	pthread_cond_broadcast(&b->armed);
	pthread_mutex_unlock(&b->lock);
	/* It sleeps on an older bell, which has rung or will: let it look. */
	if (stale)
		tq_store_wake(b->st);
}

int
tq_bells_rang(struct tq_bells *b, size_t i)
{
	int rang;

	pthread_mutex_lock(&b->lock);
	rang = b->v[i].state == RANG;
	if (rang)
		b->v[i].state = IDLE;
	pthread_mutex_unlock(&b->lock);
	return rang;
}

void
tq_bells_free(struct tq_bells *b)
{
	size_t i;

	if (b == NULL)
		return;
	pthread_mutex_lock(&b->lock);
	b->quit = true;
	pthread_cond_broadcast(&b->armed);
	pthread_mutex_unlock(&b->lock);
	for (i = 0; i < b->n; i++) {
		while (b->v[i].running) {
			/* Again and again: it may have been about to wait. */
			tq_store_wake(b->st);
			b->v[i].running = !tq_thread_join(b->v[i].thread, 5);
		}
	}
	pthread_cond_destroy(&b->armed);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

/*
 * cmd/tq-submit/ahead.c -- a thread that parses a group of lines while the one
 * before it is stored.
 *
 * A group is one thread's at a time: the lock hands it over.  The thread takes
 * no signals, so ^C ends the main thread's reading and waiting as ever.
 */

#include "submit.h"

#include "util/thread.h"

static void *
parse(void *arg)
{
	struct submit *s = arg;
	struct ahead *a = &s->ahead;

	pthread_mutex_lock(&a->lock);
	for (;;) {
		while (a->todo == NULL && !a->quit)
			pthread_cond_wait(&a->turn, &a->lock);
		if (a->quit)
			break;
		pthread_mutex_unlock(&a->lock);
		submit_parse(s, a->todo);
		pthread_mutex_lock(&a->lock);
		a->todo = NULL;
		pthread_cond_signal(&a->turn);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

static bool
start(struct submit *s)
{
	struct ahead *a = &s->ahead;

	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->turn, NULL);
	a->runs = tq_thread_start(&a->thread, parse, s) == 0;
	return a->runs;
}

void
submit_ahead(struct submit *s, struct group *g)
{
	struct ahead *a = &s->ahead;

	if (!a->runs && !start(s)) {
		submit_parse(s, g);
		return;
	}
	pthread_mutex_lock(&a->lock);
	a->todo = g;
	pthread_cond_signal(&a->turn);
	pthread_mutex_unlock(&a->lock);
}

void
submit_ahead_wait(struct submit *s)
{
	struct ahead *a = &s->ahead;

	if (!a->runs)
		return;
	pthread_mutex_lock(&a->lock);
	while (a->todo != NULL)
		pthread_cond_wait(&a->turn, &a->lock);
	pthread_mutex_unlock(&a->lock);
}

void
submit_ahead_end(struct submit *s)
{
	struct ahead *a = &s->ahead;

	if (!a->runs)
		return;
	pthread_mutex_lock(&a->lock);
	a->quit = true;
	pthread_cond_signal(&a->turn);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	a->runs = false;
}

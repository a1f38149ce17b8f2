/* lib/work/patience.c -- see patience.h. */
#include "work/patience.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/waits.h"
#include "util/thread.h"
#include "work/worker.h"

#define LOOK_MS	1000

struct tq_patience {
	struct worker	*w;
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 ended;
	bool		 quit;
};

/* The loop takes signals from a signalfd, when it comes round. */
static bool
told_to_end(void)
{
	sigset_t set;

	sigemptyset(&set);
	return sigpending(&set) == 0 && (sigismember(&set, SIGTERM) == 1 ||
	    sigismember(&set, SIGINT) == 1);
}

static void
look(struct worker *w)
{
	int64_t since = tq_store_waits(w->st);

	if (since == 0 || tq_boot_ms(w->env) - since < TQ_PATIENCE_MS ||
	    !(w->o->once || w->o->drain != TQ_DRAIN_NO || told_to_end()))
		return;
	/* The loop has lent it, and is not to go on now. */
	tq_keeper_back(w);
	tq_say(w, SAY_ALWAYS, "stop", "%s: no answer for %d s: another process "
	    "keeps its lock, and may be stopped, or its disk hangs",
	    tq_store_name(w->st), TQ_PATIENCE_MS / 1000);
	tq_say_flush(w);
	_exit(TQ_WORK_UNAVAILABLE);
}

static void *
watch(void *arg)
{
	struct tq_patience *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->quit) {
		look(p->w);
		tq_cond_wait(&p->ended, &p->lock, LOOK_MS);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int
tq_patience_init(struct worker *w, struct tq_err *err)
{
	struct tq_patience *p = tq_must(calloc(1, sizeof(*p)));
	int rc;

	p->w = w;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->ended, NULL);
	rc = tq_thread_start(&p->thread, watch, p);
	if (rc == 0) {
		w->patience = p;
		return 0;
	}
	free(p);
	return tq_err_start(err, rc, "a thread");
}

void
tq_patience_free(struct worker *w)
{
	struct tq_patience *p = w->patience;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_signal(&p->ended);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	pthread_cond_destroy(&p->ended);
	pthread_mutex_destroy(&p->lock);
	free(p);
	w->patience = NULL;
}

/* lib/work/patience.c -- see patience.h. */
#include "work/patience.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/waits.h"
#include "util/periodic.h"
#include "work/worker.h"

#define LOOK_MS	1000

struct tq_patience {
	struct tq_periodic beside;
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

static int64_t
look(void *worker)
{
	struct worker *w = worker;
	int64_t since = tq_store_waits(w->st);

	if (since == 0 || tq_boot_ms(w->env) - since < TQ_PATIENCE_MS ||
	    !(w->o->once || w->o->drain != TQ_DRAIN_NO || told_to_end()))
		return LOOK_MS;
	/* The loop has lent it, and is not to go on now. */
	tq_keeper_back(w);
	tq_say(w, SAY_ALWAYS, "stop", "%s: no answer for %d s: another process "
	    "keeps its lock, and may be stopped, or its disk hangs",
	    tq_store_name(w->st), TQ_PATIENCE_MS / 1000);
	tq_say_flush(w);
	_exit(TQ_WORK_UNAVAILABLE);
}

int
tq_patience_init(struct worker *w, struct tq_err *err)
{
	struct tq_patience *p = tq_must(calloc(1, sizeof(*p)));
	int rc = tq_periodic_start(&p->beside, 0, look, w);

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
	tq_periodic_stop(&p->beside, TQ_UNTIL_WOKEN);
	tq_periodic_free(&p->beside);
	free(p);
	w->patience = NULL;
}

/*
 * lib/work/protect.c -- see protect.h.
 *
 * The agent may take seconds to answer, which must hold nobody up.  It is told
 * when the first task comes, and that there is none only when none has come for
 * a while: the protection of a task is for minutes, and calls are few.
 */
#include "work/protect.h"

#include <stdlib.h>

#include "net/ecs.h"
#include "util/periodic.h"
#include "work/worker.h"

#define MINUTES		10	/* protected for so long ... */
#define RENEW_MS	(4 * INT64_C(60000))	/* ... and told again */
#define LINGER_MS	5000	/* from the last task to the end of it */
#define AGAIN_MS	10000	/* after a failure */

struct tq_protect {
	struct tq_periodic beside;
	const struct tq_env *env;
	const char	*agent;
	bool		 busy;		/* a task is in hand */
	int64_t		 idle_at;	/* boot_ms: since when none is */
	struct tq_err	 err;		/* of the last call; TQ_OK: told */
	bool		 said;		/* ... to people */
	/* The thread's. */
	bool		 on;		/* the agent was told so */
	int64_t		 next;		/* boot_ms: not before */
};

/* Tell the agent; the lock is let go meanwhile. */
static void
tell(struct tq_protect *p, bool on)
{
	struct tq_err err = TQ_ERR_INIT;
	const struct tq_ecs_module *m;
	int rc = -1;

	pthread_mutex_unlock(&p->beside.lock);
	m = tq_module_symbol(TQ_NET_SO, TQ_ECS_MODULE, &err);
	if (m != NULL && m->version == TQ_ECS_VERSION)
		rc = m->protect(p->agent, on ? MINUTES : 0, &err);
	pthread_mutex_lock(&p->beside.lock);
	p->next = tq_boot_ms(p->env) + (rc == -1 ? AGAIN_MS : RENEW_MS);
	if (rc == 0) {
		p->on = on;
		p->said = false;
	}
	p->err = err;
}

/* How long until there is something to be told; 0: now. */
static int64_t
wait_ms(const struct tq_protect *p)
{
	int64_t now = tq_boot_ms(p->env), at;

	if (p->busy)
		at = p->on || p->err.code != TQ_OK ? p->next : 0;
	else if (p->on)
		at = p->err.code != TQ_OK && p->next > p->idle_at + LINGER_MS ?
		    p->next : p->idle_at + LINGER_MS;
	else
		at = now + RENEW_MS;
	return at > now ? at - now : 0;
}

static int64_t
look(void *arg)
{
	struct tq_protect *p = arg;
	int64_t ms = wait_ms(p);

	if (ms == 0)
		tell(p, p->busy);
	return ms;
}

int
tq_protect_init(struct worker *w, struct tq_err *err)
{
	const char *agent = tq_getenv(w->env, "ECS_AGENT_URI");
	struct tq_protect *p;
	int rc;

	if (agent == NULL || w->o->call != NULL)
		return 0;
	p = tq_must(calloc(1, sizeof(*p)));
	p->env = w->env;
	p->agent = agent;
	rc = tq_periodic_start(&p->beside, 0, look, p);
	if (rc == 0) {
		w->protect.thread = p;
		return 0;
	}
	free(p);
	return tq_err_start(err, rc, "a thread");
}

void
tq_protect_look(struct worker *w)
{
	struct tq_protect *p = w->protect.thread;
	bool busy = w->slots.nfree < w->slots.n || w->jobs.nready > 0 ||
	    w->jobs.ndone > 0;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->beside.lock);
	if (busy != p->busy) {
		p->busy = busy;
		p->idle_at = w->now;
		tq_periodic_wake(&p->beside);
	}
	if (p->err.code != TQ_OK && !p->said) {
		p->said = true;
		tq_say(w, SAY_LOUD, "protect", "%s", p->err.msg);
	}
	pthread_mutex_unlock(&p->beside.lock);
}

void
tq_protect_free(struct worker *w)
{
	struct tq_protect *p = w->protect.thread;

	if (p == NULL)
		return;
	tq_periodic_stop(&p->beside, TQ_UNTIL_WOKEN);
	pthread_mutex_lock(&p->beside.lock);
	if (p->on)
		tell(p, false);
	pthread_mutex_unlock(&p->beside.lock);
	tq_periodic_free(&p->beside);
	free(p);
	w->protect.thread = NULL;
}

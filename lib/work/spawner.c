/* lib/work/spawner.c -- see spawner.h. */
#include "work/spawner.h"

#include <signal.h>
#include <sys/epoll.h>

#include "work/worker.h"

#define LOOK_MS		2000
#define MISSED_MAX	5

/* Without the spawner nothing can be started and nothing be told apart. */
static void
gone(struct worker *w, const char *how)
{
	tq_say(w, SAY_ALWAYS, "stop", "the spawner %s: every child is killed "
	    "and its task given back", how);
	tq_spawn_kill_all(&w->spawn);
	tq_unwatch(&w->watches, &w->spawner.ended);
	w->spawn.fd = -1;
	tq_stop_loudly(w, TQ_WORK_BUG);
	tq_slots_abandon(w);
}

static void
ended(struct worker *w, struct watch *x, uint32_t events)
{
	struct tq_spawn_exit e;
	struct child *c;
	int rc;

	(void)x;
	(void)events;
	while ((rc = tq_spawn_next(&w->spawn, &e)) == 1) {
		w->spawner.missed = 0;
		if (e.child == TQ_SPAWN_THERE)
			continue;
		c = tq_slots_child(w, e.child);
		if (!tq_slot_unstick(w, c))
			tq_child_ended(w, c, &e);
	}
	if (rc == -1)
		gone(w, "died");
}

int
tq_spawner_init(struct worker *w, struct tq_err *err)
{
	w->spawner.ended.ready = ended;
	return tq_watch(&w->watches, &w->spawner.ended, w->spawn.fd, EPOLLIN,
	    err);
}

static bool
children(const struct worker *w)
{
	int i;

	if (w->slots.nstuck > 0)
		return true;
	for (i = 0; i < w->slots.n; i++)
		if (w->slots.v[i].job != NULL && w->slots.v[i].at != NULL &&
		    w->slots.v[i].at->alive)
			return true;
	return false;
}

int64_t
tq_spawner_timers(struct worker *w)
{
	struct spawner_watch *s = &w->spawner;

	if (s->ended.fd == -1 || !children(w)) {
		s->missed = 0;
		s->at = 0;
		return INT64_MAX;
	}
	if (s->at == 0)
		s->at = w->now + LOOK_MS;
	if (w->now < s->at)
		return s->at;
	s->at = w->now + LOOK_MS;
	if (s->missed == MISSED_MAX) {
		kill(w->spawn.pid, SIGKILL);
		gone(w, "does not answer (it is stopped, or a program hangs "
		    "in its start)");
		return w->now;
	}
	if (s->missed++ == 0)
		tq_spawn_ask(&w->spawn);
	return s->at;
}

/* tests/unit/test_child.c -- what is made of the end of a handler's process. */
#include "t.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "work/worker.h"

static struct worker w;
static struct slot slot;
static struct job job;
static struct tq_handler handler;
static int ends;		/* acted on */

static void
note_end(struct worker *of, struct child *c, const struct tq_spawn_exit *e)
{
	(void)of;
	(void)e;
	ends++;
	c->slot->job = NULL;
}

static const struct tq_runner runner = { .ended = note_end };

/* A handler runs, the clock says 1000. */
static struct child *
begin(void)
{
	struct child *c = &slot.child;

	w = (struct worker){ .now = 1000 };
	job = (struct job){ .handler = &handler };
	handler.runner = &runner;
	tq_child_init(c, &slot, 0);
	slot.job = &job;
	slot.at = c;
	slot.stopping = false;
	slot.deadline = slot.kill_at = slot.wake_at = 0;
	c->handler = &handler;
	c->alive = true;
	c->born = c->saved_at = 1000;
	c->held_until = 0;
	ends = 0;
	return c;
}

static struct tq_spawn_exit
died_of(int sig)
{
	return (struct tq_spawn_exit){ .wstatus = sig };
}

static void
test_any_other(void)
{
	struct child *c = begin();
	struct tq_spawn_exit e = died_of(SIGKILL);

	tq_child_ended(&w, c, &e);
	T_INT(ends, 1);
	c = begin();
	e = (struct tq_spawn_exit){ .wstatus = 1 << 8 };
	tq_child_ended(&w, c, &e);
	T_INT(ends, 1);
	T_OK(!c->alive && !slot.stopping);
}

static void
test_from_elsewhere(void)
{
	struct child *c = begin();
	struct tq_spawn_exit e = died_of(SIGTERM);

	tq_child_ended(&w, c, &e);
	T_INT(ends, 0);
	T_INT(tq_slot_timers(&w, &slot), 1000 + TQ_TERM_HOLD_MS);
	w.now += TQ_TERM_HOLD_MS - 1;
	T_INT(tq_slot_timers(&w, &slot), 1000 + TQ_TERM_HOLD_MS);
	T_INT(ends, 0);
	w.now++;
	tq_slot_timers(&w, &slot);
	T_INT(ends, 1);
	T_OK(!c->alive && !slot.stopping);
}

/* ${first}: the worker's signal comes before, or at last behind the end. */
static void
shut_down(int wstatus, bool first)
{
	struct child *c = begin();
	struct tq_spawn_exit e = { .wstatus = wstatus };

	w.stop.nsignals = first;
	tq_child_ended(&w, c, &e);
	T_INT(ends, first);
	w.now += TQ_TERM_HOLD_MS - 1;
	w.stop.nsignals = 1;
	tq_slot_timers(&w, &slot);
	T_INT(ends, 1);
	T_OK(!c->alive && slot.stopping);
	T_INT(slot.why, TQ_END_RELEASED);
}

static void
test_to_both(void)
{
	shut_down(SIGTERM, true);
	shut_down(SIGTERM, false);
	shut_down((128 + SIGTERM) << 8, true);
	shut_down((128 + SIGTERM) << 8, false);
}

static void
test_stopped_meanwhile(void)
{
	struct child *c = begin();
	struct tq_spawn_exit e = died_of(SIGTERM);

	tq_child_ended(&w, c, &e);
	slot.stopping = true;
	slot.why = TQ_END_CANCELLED;
	tq_slot_timers(&w, &slot);
	T_INT(ends, 1);
	T_INT(slot.why, TQ_END_CANCELLED);
	c = begin();
	slot.stopping = true;
	tq_child_ended(&w, c, &e);
	T_INT(ends, 1);
}

/* What it wrote is not known: that is no result, as an empty one would be. */
static void
test_unreadable(void)
{
	struct child *c = begin();
	struct tq_spawn_exit e = died_of(0);
	int theirs, folder = open("/", O_RDONLY | O_DIRECTORY);

	T_INT(tq_watches_init(&w.watches, NULL), 0);
	T_INT(tq_child_capture(&w, c, &theirs, NULL), 0);
	close(theirs);
	tq_child_drain(&w, c);
	T_INT(c->out.fd, -1);
	T_INT(c->result_err.code, TQ_OK);
	T_INT(tq_child_capture(&w, c, &theirs, NULL), 0);
	close(theirs);
	T_INT(dup2(folder, c->out.fd), c->out.fd);
	close(folder);
	tq_child_ended(&w, c, &e);
	T_INT(ends, 1);
	T_INT(c->result_err.code, TQ_E_IO);
	tq_child_free(c);
	tq_watches_free(&w.watches);
}

T_MAIN(
	{ "any other end is acted on at once", test_any_other },
	{ "a SIGTERM from elsewhere is one when the worker gets none",
	    test_from_elsewhere },
	{ "a SIGTERM that the worker gets, too, before or after, is the "
	    "shutdown's", test_to_both },
	{ "one that is stopped anyway does not wait", test_stopped_meanwhile },
	{ "a stdout that can't be read is not an empty one", test_unreadable })

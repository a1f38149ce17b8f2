/*
 * tests/sim/waits.c -- what no claim may get: what is held, what is not due yet,
 * what is in a queue that is paused.
 *
 * Each holds from the answer that said so, and for claims that began later.
 */
#include "model.h"
#include "world.h"

#define CONTROL_MS	1001	/* a worker on aws may know no better for so long */

static struct {
	unsigned	changes;	/* of its control, begun */
	int64_t		since;		/* us: paused; 0: not, or nobody knows */
} queues[SIM_QUEUES];

static size_t
queue_of(const char *name)
{
	return (size_t)(name[1] - '0');
}

unsigned
sim_model_controls(const char *queue)
{
	queues[queue_of(queue)].since = 0;
	return ++queues[queue_of(queue)].changes;
}

void
sim_model_paused(const char *queue, unsigned change)
{
	/* Of two that cross, who knows which came last. */
	if (queues[queue_of(queue)].changes == change)
		queues[queue_of(queue)].since = sim.now;
}

void
sim_model_due(struct sim_task *t, int64_t due)
{
	/* By a clock that is wrong it means another time to the store. */
	t->due = sim.knobs.skewed ? 0 : due;
}

void
sim_model_put_off(struct sim_task *t, uint64_t token, unsigned revived,
    int64_t due)
{
	if (t->last_token == token && t->revived == revived && t->reviving == 0)
		sim_model_due(t, due);
}

void
sim_model_may_be_claimed(const struct sim_task *t, uint64_t token,
    const struct sim_since *since)
{
	int64_t paused = queues[queue_of(t->queue)].since;

	if (t->held != 0 && since->op > t->held)
		sim_fail("task %s: is held, and a claim got it", t->id);
	/* The answer of one that was stopped may come after a later one's. */
	if (token > t->last_token && sim.jumps == 0 && t->due > sim_true_ms())
		sim_fail("task %s: is due in %lld ms, and a claim got it", t->id,
		    (long long)(t->due - sim_true_ms()));
	if (paused != 0 && since->us > paused + (sim.aws ? CONTROL_MS * SIM_MS :
	    0))
		sim_fail("task %s: its queue is paused, and a claim got it",
		    t->id);
}

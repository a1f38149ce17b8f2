/* tests/sim/producers.c -- submits: new ids, keys, replacing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors.h"
#include "model.h"
#include "task/id.h"
#include "world.h"

static void
fill_payload(struct sim_task *t)
{
	/* In the row, in a body, in a blob. */
	size_t n = sim_below(40) == 0 ? 66000 + sim_below(9000) :
	    sim_below(8) == 0 ? 1100 + sim_below(5000) : sim_below(60), i;

	t->payload_size = n;
	if ((t->payload = malloc(n + 1)) == NULL)
		sim_fail("no memory for a payload");
	for (i = 0; i < n; i++)
		t->payload[i] = (char)('a' + (i * 7 + sim_ntasks) % 26);
}

static struct sim_task *
new_task(struct sim_self *me)
{
	struct sim_task *t = &sim_tasks[sim_ntasks];

	if (sim_ntasks == SIM_TASKS)
		return NULL;
	*t = (struct sim_task){ .queue = sim_queue[sim_below(SIM_QUEUES)],
	    .type = sim_type[sim_below(SIM_TYPES)], .sure = TQ_STATUS_MAX };
	tq_id_new(&me->gen, sim_now_ms(), sim_random(), t->id);
	fill_payload(t);
	if (sim_below(6) == 0)
		t->not_before = sim_now_ms() + (int64_t)sim_below(90000);
	if (sim_below(20) == 0) {
		t->expires_at = sim_now_ms() + 1000 + (int64_t)sim_below(90000);
		t->may_be_gone = true;
	}
	sim_ntasks++;
	return t;
}

static void
submit_answered(struct sim_self *me, struct sim_task *t,
    const struct tq_submitted *out)
{
	sim_log("%s submit %s -> %d", me->name, t->id, (int)out->what);
	if (out->what == TQ_REFUSED)
		sim_fail("task %s: refused: %s", t->id,
		    tq_code_name(out->code));
	t->acked = true;
}

void
sim_produce(struct sim_self *me)
{
	struct sim_task *t[SIM_BATCH];
	struct tq_task rec[SIM_BATCH];
	struct tq_submit in[SIM_BATCH];
	struct tq_submitted out[SIM_BATCH];
	size_t n = 1 + sim_below(SIM_BATCH), i;
	int tries;

	for (i = 0; i < n && (t[i] = new_task(me)) != NULL; i++) {
		rec[i] = (struct tq_task){ .id = t[i]->id,
		    .queue = t[i]->queue, .type = t[i]->type,
		    .payload = { t[i]->payload, t[i]->payload_size },
		    .payload_kind = TQ_KIND_TEXT,
		    .prio = (int)sim_below(3) + 4,
		    .not_before = t[i]->not_before,
		    .expires_at = t[i]->expires_at, .max_attempts = 3,
		    .submit_id = tq_arena_fmt(&me->arena, "%016llx",
		    (unsigned long long)sim_random()) };
		in[i] = (struct tq_submit){ .task = &rec[i] };
		t[i]->tried = true;
	}
	n = i;
	/* What may have been written is asked for again, as tools do. */
	for (tries = 0; n > 0 && tries < 3; tries++) {
		if (tq_store_submit(me->st, in, n, out, &me->err) == -1) {
			sim_failed(me, "submit");
			continue;
		}
		for (i = 0; i < n; i++)
			submit_answered(me, t[i], &out[i]);
		sim_model_look(t, n);
		return;
	}
}


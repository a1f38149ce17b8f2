/* tests/sim/operators.c -- redrive, drain, cancel, purge, edit, hold, pause. */
#include <stdio.h>
#include <string.h>

#include "actors.h"
#include "model.h"
#include "world.h"

void
sim_redrive(struct sim_self *me)
{
	struct tq_list req = { .limit = SIM_BATCH, .filter.statuses =
	    TQ_BIT(TQ_FAILED) | TQ_BIT(TQ_CANCELLED), .newest_first =
	    sim_below(2) == 0, .filter.drained = sim_below(4) == 0 };
	struct tq_page page;
	struct tq_ref refs[SIM_BATCH];
	struct tq_answer out[SIM_BATCH];
	struct sim_task *t[SIM_BATCH];
	size_t i;

	if (tq_store_list(me->st, &req, &me->arena, &page, &me->err) == -1) {
		sim_failed(me, "list");
		return;
	}
	for (i = 0; i < page.n; i++) {
		t[i] = sim_task_of(page.tasks[i].id);
		refs[i] = (struct tq_ref){ t[i]->id, sim_below(2) == 0 ?
		    page.tasks[i].rev : 0 };
		sim_model_revives(t[i]);
	}
	if (page.n == 0)
		return;
	if (tq_store_redrive(me->st, refs, page.n, out, &me->err) == -1) {
		sim_failed(me, "redrive");
		return;
	}
	for (i = 0; i < page.n; i++) {
		sim_model_revived(t[i]);
		sim_log("%s redrive %s -> %s", me->name, t[i]->id,
		    tq_code_name(out[i].code));
	}
	sim_model_look(t, page.n);
}

/* Mark and unmark what is dead. */
static void
drain(struct sim_self *me)
{
	struct tq_list req = { .limit = SIM_BATCH, .filter.statuses =
	    TQ_BIT(TQ_FAILED), .filter.drained = sim_below(2) == 0 };
	struct tq_page page;
	struct tq_edit in[SIM_BATCH];
	struct tq_task to = { .drained = !req.filter.drained };
	struct tq_answer out[SIM_BATCH];
	size_t i;

	if (tq_store_list(me->st, &req, &me->arena, &page, &me->err) == -1) {
		sim_failed(me, "list");
		return;
	}
	for (i = 0; i < page.n; i++) {
		in[i] = (struct tq_edit){ { page.tasks[i].id, 0 },
		    TQ_SET_DRAINED, &to };
		sim_task_of(page.tasks[i].id)->hidden = true;
	}
	if (page.n > 0 && tq_store_edit(me->st, in, page.n, out, &me->err) ==
	    -1)
		sim_failed(me, "edit");
}

void
sim_cancel(struct sim_self *me)
{
	struct sim_task *t;
	struct tq_answer out;
	unsigned revived;
	const char *id;

	if (sim_ntasks == 0)
		return;
	t = &sim_tasks[sim_below(sim_ntasks)];
	id = t->id;
	revived = t->revived;
	if (tq_store_cancel(me->st, &id, 1, &out, &me->err) == -1) {
		sim_failed(me, "cancel");
		return;
	}
	sim_log("%s cancel %s -> %s %s", me->name, id, tq_code_name(out.code),
	    tq_status_name(out.status));
	if (out.code == TQ_OK)
		sim_model_ended(t, revived, out.status);
	sim_model_look(&t, 1);
}

static void
purge(struct sim_self *me)
{
	struct sim_task *t;
	struct tq_answer out;
	struct tq_ref ref;

	if (sim_ntasks == 0 || sim_below(4) != 0)
		return;
	t = &sim_tasks[sim_below(sim_ntasks)];
	/* The token of a key that is used again would begin anew. */
	if (t->sure == TQ_STATUS_MAX || !t->acked || t->keyed)
		return;
	t->may_be_gone = true;
	ref = (struct tq_ref){ t->id, 0 };
	if (tq_store_purge(me->st, &ref, 1, &out, &me->err) == -1)
		sim_failed(me, "purge");
	else
		sim_log("%s purge %s -> %s", me->name, t->id,
		    tq_code_name(out.code));
}

void
sim_edit(struct sim_self *me)
{
	struct sim_task *t = sim_ntasks == 0 ? NULL :
	    &sim_tasks[sim_below(sim_ntasks)];
	struct tq_task to = { .prio = (int)sim_below(10), .payload_kind =
	    TQ_KIND_TEXT };
	struct tq_edit in = { .to = &to, .set = TQ_SET_PRIO };
	struct tq_answer out;

	if (t == NULL || t->keyed)
		return;
	in.ref.id = t->id;
	t->edits++;
	if (sim_below(2) == 0) {
		if (t->other == NULL) {
			t->other_size = sim_some_size();
			t->other = sim_some_bytes(t->other_size, 13);
		}
		in.set |= TQ_SET_PAYLOAD;
		to.payload = (struct tq_span){ t->other, t->other_size };
	}
	if (tq_store_edit(me->st, &in, 1, &out, &me->err) == -1) {
		sim_failed(me, "edit");
		return;
	}
	sim_log("%s edit %s -> %s", me->name, t->id, tq_code_name(out.code));
	if (out.code == TQ_OK && (in.set & TQ_SET_PAYLOAD) != 0)
		t->edited = true;
	sim_model_look(&t, 1);
}

void
sim_hold(struct sim_self *me)
{
	struct sim_task *t = sim_ntasks == 0 ? NULL :
	    &sim_tasks[sim_below(sim_ntasks)];
	struct tq_task to = { .held = t != NULL && t->held == 0 };
	struct tq_edit in = { .to = &to, .set = TQ_SET_HELD };
	unsigned unholds, revived;
	struct tq_answer out;

	if (t == NULL)
		return;
	in.ref.id = t->id;
	t->edits++;
	if (!to.held) {
		t->unholds++;
		t->held = 0;
	}
	unholds = t->unholds;
	revived = t->revived;
	if (tq_store_edit(me->st, &in, 1, &out, &me->err) == -1) {
		sim_failed(me, "hold");
		return;
	}
	sim_log("%s %s %s -> %s", me->name, to.held ? "hold" : "unhold", t->id,
	    tq_code_name(out.code));
	if (out.code == TQ_OK && to.held && unholds == t->unholds &&
	    revived == t->revived && t->reviving == 0)
		t->held = sim.ops;
	sim_model_look(&t, 1);
}

static void
pause_queue(struct sim_self *me)
{
	struct tq_control c;
	const char *queue = sim_queue[sim_below(SIM_QUEUES)];
	unsigned change = sim_model_controls(queue);

	if (tq_store_control_get(me->st, queue, &me->arena, &c, &me->err) ==
	    -1) {
		sim_failed(me, "control_get");
		return;
	}
	c.paused = sim_below(2) == 0;
	c.reason = c.paused ? "for a while" : NULL;
	c.until = 0;
	if (tq_store_control_set(me->st, &c, &me->err) == -1) {
		sim_failed(me, "control_set");
	} else {
		sim_log("%s %s %s", me->name, c.paused ? "pause" : "resume",
		    queue);
		if (c.paused)
			sim_model_paused(queue, change);
	}
	sim_sleep((int64_t)sim_below(10) * SIM_SEC);
}

/* All that are dead or cancelled, page after page. */
static void
list_dead(struct sim_self *me)
{
	struct tq_list req = { .limit = 1 + sim_below(50), .filter.statuses =
	    TQ_BIT(TQ_FAILED) | TQ_BIT(TQ_CANCELLED) };
	const char *ids[SIM_TASKS];
	int64_t began = sim.now;
	struct tq_page page;
	size_t n = 0, i;

	do {
		if (tq_store_list(me->st, &req, &me->arena, &page, &me->err) ==
		    -1) {
			sim_failed(me, "list");
			return;
		}
		for (i = 0; i < page.n && n < SIM_TASKS; i++)
			ids[n++] = page.tasks[i].id;
		req.cursor = page.cursor;
	} while (page.cursor != NULL);
	sim_log("%s list -> %zu", me->name, n);
	sim_model_listed(ids, n, req.filter.statuses, began);
}

void
sim_operate(struct sim_self *me)
{
	switch (sim_below(9)) {
	case 0: sim_redrive(me); break;
	case 1: drain(me); break;
	case 2: case 3: sim_cancel(me); break;
	case 4: purge(me); break;
	case 5: sim_edit(me); break;
	case 6: sim_hold(me); break;
	case 7: list_dead(me); break;
	default: pause_queue(me); break;
	}
}

void
sim_sweep(struct sim_self *me)
{
	struct tq_swept out;

	if (tq_store_sweep(me->st, me->name, sim_below(2) == 0, &out,
	    &me->err) == -1)
		sim_failed(me, "sweep");
	else
		sim_log("%s sweep -> %llu ended, %llu removed", me->name,
		    (unsigned long long)out.expired,
		    (unsigned long long)out.removed);
	sim_sleep((int64_t)sim_below(20) * SIM_SEC);
}


/* tests/sim/producers.c -- submits: new ids, keys, replacing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors.h"
#include "cloud.h"
#include "model.h"
#include "task/id.h"
#include "world.h"

#define KEYS	6		/* in each queue */

/* In the row, in a body, in a blob. */
size_t
sim_some_size(void)
{
	switch (sim.script ? sim_below(3) : sim_below(40) == 0 ? 0 :
	    sim_below(8) == 0 ? 1 : 2) {
	case 0: return 66000 + sim_below(9000);
	case 1: return 1100 + sim_below(5000);
	default: return sim_below(60);
	}
}

char *
sim_some_bytes(size_t n, size_t salt)
{
	char *p = malloc(n + 1);
	size_t i;

	if (p == NULL)
		sim_fail("no memory for a payload");
	for (i = 0; i < n; i++)
		p[i] = (char)('a' + (i * 7 + salt) % 26);
	return p;
}

/* One that nobody has submitted yet; NULL: there are enough. */
static struct sim_task *
add_task(size_t q)
{
	struct sim_task *t = &sim_tasks[sim_ntasks];

	if (sim_ntasks == SIM_TASKS)
		return NULL;
	*t = (struct sim_task){ .queue = sim_queue[q], .type =
	    sim_type[sim_below(SIM_TYPES)], .sure = TQ_STATUS_MAX };
	t->payload_size = sim_some_size();
	t->payload = sim_some_bytes(t->payload_size, sim_ntasks);
	sim_ntasks++;
	return t;
}

static struct sim_task *
new_task(struct sim_self *me)
{
	struct sim_task *t = add_task(sim_below(SIM_QUEUES));

	if (t == NULL)
		return NULL;
	tq_id_new(&me->gen, sim_now_ms(), sim_random(), t->id);
	if (sim_below(6) == 0) {
		t->not_before = sim_true_ms() + (int64_t)sim_below(90000);
		sim_model_due(t, t->not_before);
	}
	if (sim_below(20) == 0) {
		t->expires_at = sim_true_ms() + 1000 +
		    (int64_t)sim_below(90000);
		t->may_be_gone = true;
	}
	return t;
}

static void
submit_answered(struct sim_self *me, struct sim_task *t,
    const struct tq_submitted *out)
{
	sim_log("%s submit %s -> %d", me->name, t->id, (int)out->what);
	/* Its parent is gone: purged, past its time, or never stored. */
	if (out->what == TQ_REFUSED && out->code == TQ_E_NOTFOUND &&
	    t->has_parents)
		return;
	if (out->what == TQ_REFUSED)
		sim_fail("task %s: refused: %s", t->id,
		    tq_code_name(out->code));
	t->acked = true;
	/* Else TQ_OWED.  What a request without an answer did is not judged. */
	if (sim.aws && sim.knobs.cloud == 0 && out->what == TQ_STORED &&
	    out->status == TQ_PENDING && t->claims == 0 &&
	    !sim_sqs_rang(t->id))
		sim_fail("task %s: is due, and no message tells of it", t->id);
}

/* It waits for up to three tasks that came before, of any fate. */
static void
wait_for_some(struct sim_self *me, struct sim_task *t, struct tq_task *rec)
{
	struct tq_buf b = TQ_BUF_INIT(512);
	size_t n = 1 + sim_below(3), i;
	struct sim_task *p;

	for (i = 0; i < n; i++) {
		p = &sim_tasks[sim_below(sim_ntasks)];
		if (p != t && p->acked)
			tq_buf_fmt(&b, "%c\"%s\"", b.len == 0 ? '[' : ',',
			    p->id);
	}
	if (b.len > 0) {
		tq_buf_chr(&b, ']');
		*(sim_below(3) == 0 ? &rec->after_ended : &rec->after) =
		    tq_arena_span(&me->arena, tq_buf_span(&b));
		t->has_parents = true;
	}
	tq_buf_free(&b);
}

static struct tq_task
request_of(struct sim_self *me, const struct sim_task *t)
{
	return (struct tq_task){ .id = t->id, .queue = t->queue,
	    .type = t->type, .payload = { t->payload, t->payload_size },
	    .payload_kind = TQ_KIND_TEXT, .prio = (int)sim_below(3) + 4,
	    .not_before = t->not_before, .expires_at = t->expires_at,
	    .max_attempts = 3, .submit_id = tq_arena_fmt(&me->arena,
	    "%016llx", (unsigned long long)sim_random()) };
}

/* A request that may have been written is sent again, as tools do. */
static bool
submit(struct sim_self *me, const struct tq_submit *in, size_t n,
    struct tq_submitted *out)
{
	int tries;

	for (tries = 0; tries < 3; tries++) {
		if (tq_store_submit(me->st, in, n, out, &me->err) == 0)
			return true;
		sim_failed(me, "submit");
	}
	return false;
}

void
sim_submit_new(struct sim_self *me)
{
	struct sim_task *t[SIM_BATCH];
	struct tq_task rec[SIM_BATCH];
	struct tq_submit in[SIM_BATCH];
	struct tq_submitted out[SIM_BATCH];
	size_t n = 1 + sim_below(SIM_BATCH), i;

	for (i = 0; i < n && (t[i] = new_task(me)) != NULL; i++) {
		rec[i] = request_of(me, t[i]);
		if (sim_below(4) == 0)
			wait_for_some(me, t[i], &rec[i]);
		in[i] = (struct tq_submit){ .task = &rec[i] };
	}
	n = i;
	if (n == 0 || !submit(me, in, n, out))
		return;
	for (i = 0; i < n; i++)
		submit_answered(me, t[i], &out[i]);
	sim_model_look(t, n);
}

struct sim_task *
sim_some_keyed(void)
{
	char key[16], id[TQ_UUID_TEXT];
	size_t q = sim_below(SIM_QUEUES), i;
	struct sim_task *t;

	snprintf(key, sizeof(key), "key-%d", (int)sim_below(KEYS));
	tq_id_of_key(sim_queue[q], key, strlen(key), id);
	for (i = 0; i < sim_ntasks; i++)
		if (strcmp(sim_tasks[i].id, id) == 0)
			return &sim_tasks[i];
	if ((t = add_task(q)) == NULL)
		return NULL;
	memcpy(t->id, id, sizeof(id));
	t->keyed = true;
	return t;
}

static void
keyed_answered(struct sim_self *me, struct sim_task *t, bool replaces,
    const struct tq_submitted *out)
{
	sim_log("%s submit by key %s -> %d %s %s", me->name, t->id,
	    (int)out->what, tq_code_name(out->code),
	    tq_status_name(out->status));
	if (out->what == TQ_REFUSED && (out->code != TQ_E_CONFLICT ||
	    t->variants != 3))
		sim_fail("task %s: refused: %s", t->id,
		    tq_code_name(out->code));
	t->acked = true;
	if (replaces)
		sim_model_revived(t);
}

void
sim_submit_key(struct sim_self *me, struct sim_task *t, bool anew)
{
	unsigned variant = sim_below(4) == 0;
	struct tq_submitted out;
	struct tq_submit in;
	struct tq_task rec;
	bool replaces;

	rec = request_of(me, t);
	rec.fingerprint = tq_arena_fmt(&me->arena, "%032x", variant);
	t->variants |= 1u << variant;
	in = (struct tq_submit){ .task = &rec, .keyed = true,
	    .replace = anew ? TQ_REPLACE_ENDED :
	    (enum tq_replace)sim_below(3) };
	/* Also the first: it may arrive after others that came to an end. */
	replaces = in.replace != TQ_REPLACE_NEVER;
	if (replaces)
		sim_model_revives(t);
	if (submit(me, &in, 1, &out)) {
		keyed_answered(me, t, replaces, &out);
		sim_model_look(&t, 1);
	}
}

/* The same key again and again, with two different requests, and now and then
   to be started anew. */
void
sim_submit_keyed(struct sim_self *me)
{
	struct sim_task *t = sim_some_keyed();

	if (t != NULL)
		sim_submit_key(me, t, false);
}

void
sim_produce(struct sim_self *me)
{
	if (sim_below(3) == 0)
		sim_submit_keyed(me);
	else
		sim_submit_new(me);
}

/* tests/sim/workers.c -- claims, leases and their ends; waiting for work. */
#include <stdio.h>
#include <string.h>

#include "actors.h"
#include "model.h"
#include "world.h"

static void
take_in(struct sim_self *me, struct sim_worker *w, const struct tq_claimed *got,
    const struct sim_since *since)
{
	struct sim_task *t[SIM_BATCH];
	struct sim_held *h;
	size_t i;

	w->bell = got->bell;
	w->next_ms = got->next_ms;
	w->answered = sim_now_ms();
	w->idle = got->n == 0 && !got->paused && !got->limited && !got->more;
	for (i = 0; i < got->n; i++) {
		t[i] = sim_task_of(got->tasks[i].id);
		sim_log("%s claim %s -> token %llu", me->name, t[i]->id,
		    (unsigned long long)got->tasks[i].token);
		sim_model_claimed(t[i], &got->tasks[i], since, w->lease_ms);
		h = &w->held[w->n++];
		*h = (struct sim_held){ .t = t[i], .token =
		    got->tasks[i].token, .claim = got->tasks[i].claim,
		    .revived = t[i]->revived };
		snprintf(h->submit_id, sizeof(h->submit_id), "%s",
		    got->tasks[i].submit_id);
	}
	sim_model_look(t, got->n);
}

static void
finish_answered(struct sim_self *me, struct sim_held *h, const struct tq_finish *f,
    const struct tq_answer *out)
{
	static const char *const how[] = { "complete", "retry", "fail",
	    "release", "cancel" };
	struct sim_task *t = h->t;

	sim_log("%s %s %s (token %llu) -> %s %s", me->name, how[f->how], t->id,
	    (unsigned long long)h->token, tq_code_name(out->code),
	    tq_status_name(out->status));
	if (out->code != TQ_OK)
		return;
	sim_model_fenced(t, h->token, h->newest, "ended");
	if (f->how == TQ_COMPLETE)
		sim_model_completed(t, h->submit_id, f);
	if (out->status == TQ_RETRYING)
		sim_model_put_off(t, h->token, h->revived, f->not_before);
	sim_model_ended(t, h->revived, out->status);
}

/* The worker's name as a result, filled up to any size. */
static struct tq_span
result_of(struct sim_self *me, const struct sim_held *h)
{
	char name[32];
	size_t n = (size_t)snprintf(name, sizeof(name), "%s#%llu~", me->name,
	    (unsigned long long)h->token), size = sim_some_size();
	char *p;

	if (size < n)
		size = n;
	p = tq_arena_alloc(&me->arena, size + 1);
	memset(p, '~', size);
	memcpy(p, name, n);
	return (struct tq_span){ p, size };
}

static void
plan_finish(struct sim_self *me, struct sim_held *h, struct tq_finish *f)
{
	unsigned dice = (unsigned)sim_below(20);

	*f = (struct tq_finish){ .id = h->t->id, .queue = h->t->queue,
	    .token = h->token, .claim = h->claim };
	if (h->cancel) {
		f->how = TQ_CANCEL;
	} else if (dice < 13) {
		f->how = TQ_COMPLETE;
		f->result_kind = TQ_KIND_TEXT;
		f->result = result_of(me, h);
		h->t->completing++;
	} else if (dice < 17) {
		f->how = TQ_RETRY;
		f->not_before = sim_true_ms() + (int64_t)sim_below(20000);
		f->reason = "it failed";
		f->err_stage = TQ_AT_PROCESS;
		f->err_code = "exit";
	} else if (dice < 19) {
		f->how = TQ_RELEASE;
		f->give_back = true;
	} else {
		f->how = TQ_FAIL;
		f->reason = "it is bad";
		f->err_stage = TQ_AT_PROCESS;
		f->err_code = "exit";
	}
}

/* End what is held and, with ${next}, claim. */
void
sim_finish(struct sim_self *me, struct sim_worker *w, const struct tq_claim *next)
{
	struct tq_finish f[SIM_BATCH];
	struct tq_answer out[SIM_BATCH];
	struct tq_claimed got = { .arena = &me->arena };
	struct sim_task *t[SIM_BATCH];
	size_t n = w->n, i;
	struct sim_since since = sim_since();

	for (i = 0; i < n; i++) {
		plan_finish(me, &w->held[i], &f[i]);
		w->held[i].newest = sim_model_newest(w->held[i].t);
		if (w->held[i].token == w->held[i].t->last_token)
			w->held[i].t->lease_until = 0;
		t[i] = w->held[i].t;
	}
	sim_claims_open += next != NULL;
	if (tq_store_finish(me->st, f, n, out, next, &got, &me->err) == -1) {
		w->n = 0;	/* their leases run out */
		w->next_ms = 0;
		w->idle = false;
		sim_failed(me, "finish");
		return;
	}
	for (i = 0; i < n; i++)
		finish_answered(me, &w->held[i], &f[i], &out[i]);
	w->n = 0;
	sim_model_look(t, n);
	if (next == NULL)
		return;
	take_in(me, w, &got, &since);
	/* A write that had no answer may yet arrive. */
	if (sim.knobs.cloud == 0)
		sim_claims_open--;
	if (got.n == 0)
		sim_log("%s claim %s -> none%s", me->name, next->queue,
		    got.paused ? ", paused" : "");
	if (w->idle && sim_below(4) == 0)
		sim_model_empty(next->queue, next->types, next->ntypes,
		    since.wall_ms);
}

static void
renewed(struct sim_held *h, const struct sim_since *since, int64_t lease_ms)
{
	struct sim_task *t = h->t;

	sim_model_fenced(t, h->token, h->newest, "renewed");
	if (t->last_token == h->token) {
		t->lease_until = since->us + lease_ms * SIM_MS;
		t->lease_boot = since->boot;
	}
}

static void
extend(struct sim_self *me, struct sim_worker *w)
{
	struct tq_extend in[SIM_BATCH];
	struct tq_extended out[SIM_BATCH];
	struct sim_since since = sim_since();
	struct sim_held *h;
	size_t i, kept = 0;

	for (i = 0; i < w->n; i++) {
		w->held[i].newest = sim_model_newest(w->held[i].t);
		in[i] = (struct tq_extend){ .id = w->held[i].t->id,
		    .token = w->held[i].token, .claim = w->held[i].claim,
		    .lease_ms = w->lease_ms };
	}
	if (tq_store_extend(me->st, in, w->n, out, &me->err) == -1) {
		sim_failed(me, "extend");
		return;
	}
	for (i = 0; i < w->n; i++) {
		h = &w->held[i];
		sim_log("%s extend %s -> %s", me->name, in[i].id,
		    tq_code_name(out[i].code));
		if (out[i].code == TQ_OK)
			renewed(h, &since, w->lease_ms);
		/* Some workers do not notice, and go on. */
		if (out[i].code != TQ_OK && sim_below(3) != 0)
			continue;
		w->held[kept] = w->held[i];
		w->held[kept++].cancel = out[i].code == TQ_OK &&
		    out[i].cancel_requested;
	}
	w->n = kept;
}

static void
handle(struct sim_self *me, struct sim_worker *w)
{
	unsigned extends = (unsigned)sim_below(3);

	while (w->n > 0 && extends-- > 0) {
		/* Now and then only after the lease, and perhaps too late. */
		sim_sleep((int64_t)sim_below((uint64_t)w->lease_ms) * SIM_MS *
		    (sim_below(8) == 0 ? 4 : 1) / 2);
		extend(me, w);
	}
	/* Now and then it takes longer than the lease. */
	sim_sleep((int64_t)sim_below((uint64_t)w->lease_ms) * SIM_MS *
	    (sim_below(6) == 0 ? 3 : 1) / 2);
}

void
sim_work(struct sim_self *me)
{
	struct sim_worker w = { .lease_ms = 2000 + (int64_t)sim_below(20000) };
	size_t q = sim_below(SIM_QUEUES);
	struct tq_claim req = { .queue = sim_queue[q],
	    .types = sim_type + sim_below(SIM_TYPES), .ntypes = 1,
	    .worker = me->name, .lease_ms = w.lease_ms, .n = 1 +
	    sim_below(SIM_BATCH) };
	int rounds = 1 + (int)sim_below(6);
	int64_t nap;

	if (sim_below(2) == 0) {
		req.types = sim_type;
		req.ntypes = SIM_TYPES;
	}
	req.slots = req.n > 1 && sim_below(3) == 0 ? req.n - 1 : req.n;
	while (rounds-- > 0) {
		sim_finish(me, &w, &req);
		tq_arena_reset(&me->arena);
		if (w.n > 0) {
			handle(me, &w);
			continue;
		}
		nap = w.next_ms == 0 ? 5000 : w.next_ms - sim_now_ms();
		if (nap > 0 && tq_store_wait_ready(me->st, req.queue, w.bell,
		    nap < 5000 ? nap : 5000, NULL) == 0 && w.idle)
			sim_model_unrung(req.queue, req.types, req.ntypes,
			    w.answered);
	}
	if (w.n > 0)
		sim_finish(me, &w, NULL);
}


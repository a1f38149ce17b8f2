/* tests/sim/actors.c -- who uses the store in a run. */
#include "actors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "util/time.h"
#include "world.h"

#define URL	"sqlite:/sim/a/b/tq.db"
#define BATCH	6

/* A process of one actor: its name, its handle. */
struct self {
	struct sim_proc	*proc;
	char		 name[32];
	struct tq_store	*st;
	struct tq_arena	 arena;
	struct tq_idgen	 gen;
	struct tq_err	 err;
};

static int64_t until;
static struct sim_proc *closer;

static int64_t
now_ms(void)
{
	return sim_env.wall_ms(NULL);
}

/* What a verb may say when the world is bad, and what it may never say. */
static void
failed(struct self *me, const char *verb)
{
	sim_log("%s %s fails: %s", me->name, verb, me->err.msg);
	if (me->err.code == TQ_E_CORRUPT || me->err.code == TQ_E_BUG)
		sim_fail("%s %s: %s", me->name, verb, me->err.msg);
	if (sim.errors == 0 && sim.knobs.stall == 0 &&
	    me->err.code != TQ_E_LOST)
		sim_fail("%s %s, without a cause: %s", me->name, verb,
		    me->err.msg);
	me->err = (struct tq_err)TQ_ERR_INIT;
	sim_sleep((int64_t)sim_below(2 * SIM_SEC));
}

/* -- producers ---------------------------------------------------------------------- */

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
new_task(struct self *me)
{
	struct sim_task *t = &sim_tasks[sim_ntasks];

	if (sim_ntasks == SIM_TASKS)
		return NULL;
	*t = (struct sim_task){ .queue = sim_queue[sim_below(SIM_QUEUES)],
	    .type = sim_type[sim_below(SIM_TYPES)], .sure = TQ_STATUS_MAX };
	tq_id_new(&me->gen, now_ms(), sim_random(), t->id);
	fill_payload(t);
	if (sim_below(6) == 0)
		t->not_before = now_ms() + (int64_t)sim_below(90000);
	if (sim_below(20) == 0) {
		t->expires_at = now_ms() + 1000 + (int64_t)sim_below(90000);
		t->may_be_gone = true;
	}
	sim_ntasks++;
	return t;
}

static void
submit_answered(struct self *me, struct sim_task *t,
    const struct tq_submitted *out)
{
	sim_log("%s submit %s -> %d", me->name, t->id, (int)out->what);
	if (out->what == TQ_REFUSED)
		sim_fail("task %s: refused: %s", t->id,
		    tq_code_name(out->code));
	t->acked = true;
}

static void
produce(struct self *me)
{
	struct sim_task *t[BATCH];
	struct tq_task rec[BATCH];
	struct tq_submit in[BATCH];
	struct tq_submitted out[BATCH];
	size_t n = 1 + sim_below(BATCH), i;
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
			failed(me, "submit");
			continue;
		}
		for (i = 0; i < n; i++)
			submit_answered(me, t[i], &out[i]);
		sim_model_look(t, n);
		return;
	}
}

/* -- workers ------------------------------------------------------------------------ */

struct held {
	struct sim_task	*t;
	uint64_t	 token, claim;
	bool		 cancel;
	unsigned	 revived;
};

struct worker {
	struct held	 held[BATCH];
	size_t		 n;
	uint64_t	 bell;
	int64_t		 next_ms;
	int64_t		 lease_ms;
};

static void
take_in(struct self *me, struct worker *w, const struct tq_claimed *got)
{
	struct sim_task *t[BATCH];
	size_t i;

	w->bell = got->bell;
	w->next_ms = got->next_ms;
	for (i = 0; i < got->n; i++) {
		t[i] = sim_task_of(got->tasks[i].id);
		sim_log("%s claim %s -> token %llu", me->name, t[i]->id,
		    (unsigned long long)got->tasks[i].token);
		sim_model_claimed(t[i], &got->tasks[i]);
		w->held[w->n++] = (struct held){ t[i], got->tasks[i].token,
		    got->tasks[i].claim, false, t[i]->revived };
	}
	sim_model_look(t, got->n);
}

static void
finish_answered(struct self *me, struct held *h, const struct tq_finish *f,
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
	if (f->how == TQ_COMPLETE) {
		if (t->done)
			sim_fail("task %s: two completions were accepted: %s "
			    "and %.*s", t->id, t->result, (int)f->result.n,
			    f->result.p);
		t->done = true;
		snprintf(t->result, sizeof(t->result), "%.*s",
		    (int)f->result.n, f->result.p);
	}
	sim_model_ended(t, h->revived, out->status);
}

static void
plan_finish(struct self *me, struct held *h, struct tq_finish *f)
{
	unsigned dice = (unsigned)sim_below(20);

	*f = (struct tq_finish){ .id = h->t->id, .queue = h->t->queue,
	    .token = h->token, .claim = h->claim };
	if (h->cancel) {
		f->how = TQ_CANCEL;
	} else if (dice < 13) {
		f->how = TQ_COMPLETE;
		f->result_kind = TQ_KIND_TEXT;
		f->result = tq_span_of(tq_arena_fmt(&me->arena, "%s#%llu",
		    me->name, (unsigned long long)h->token));
		h->t->completing++;
	} else if (dice < 17) {
		f->how = TQ_RETRY;
		f->not_before = now_ms() + (int64_t)sim_below(20000);
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
static void
finish(struct self *me, struct worker *w, const struct tq_claim *next)
{
	struct tq_finish f[BATCH];
	struct tq_answer out[BATCH];
	struct tq_claimed got = { .arena = &me->arena };
	struct sim_task *t[BATCH];
	size_t n = w->n, i;
	int64_t since = now_ms();

	for (i = 0; i < n; i++) {
		plan_finish(me, &w->held[i], &f[i]);
		t[i] = w->held[i].t;
	}
	sim_claims_open += next != NULL;
	if (tq_store_finish(me->st, f, n, out, next, &got, &me->err) == -1) {
		w->n = 0;	/* their leases run out */
		w->next_ms = 0;
		failed(me, "finish");
		return;
	}
	for (i = 0; i < n; i++)
		finish_answered(me, &w->held[i], &f[i], &out[i]);
	w->n = 0;
	sim_model_look(t, n);
	if (next == NULL)
		return;
	take_in(me, w, &got);
	sim_claims_open--;
	if (got.n == 0)
		sim_log("%s claim %s -> none%s", me->name, next->queue,
		    got.paused ? ", paused" : "");
	if (got.n == 0 && !got.paused && !got.limited && !got.more &&
	    sim_below(4) == 0)
		sim_model_empty(next->queue, next->types, next->ntypes, since);
}

static void
extend(struct self *me, struct worker *w)
{
	struct tq_extend in[BATCH];
	struct tq_extended out[BATCH];
	size_t i, kept = 0;

	for (i = 0; i < w->n; i++)
		in[i] = (struct tq_extend){ .id = w->held[i].t->id,
		    .token = w->held[i].token, .claim = w->held[i].claim,
		    .lease_ms = w->lease_ms };
	if (tq_store_extend(me->st, in, w->n, out, &me->err) == -1) {
		failed(me, "extend");
		return;
	}
	for (i = 0; i < w->n; i++) {
		sim_log("%s extend %s -> %s", me->name, in[i].id,
		    tq_code_name(out[i].code));
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
handle(struct self *me, struct worker *w)
{
	unsigned extends = (unsigned)sim_below(3);

	while (w->n > 0 && extends-- > 0) {
		sim_sleep((int64_t)sim_below((uint64_t)w->lease_ms) * SIM_MS /
		    2);
		extend(me, w);
	}
	/* Now and then it takes longer than the lease. */
	sim_sleep((int64_t)sim_below((uint64_t)w->lease_ms) * SIM_MS *
	    (sim_below(6) == 0 ? 3 : 1) / 2);
}

static void
work(struct self *me)
{
	struct worker w = { .lease_ms = 2000 + (int64_t)sim_below(20000) };
	size_t q = sim_below(SIM_QUEUES);
	struct tq_claim req = { .queue = sim_queue[q],
	    .types = sim_type + sim_below(SIM_TYPES), .ntypes = 1,
	    .worker = me->name, .lease_ms = w.lease_ms, .n = 1 +
	    sim_below(BATCH) };
	int rounds = 1 + (int)sim_below(6);
	int64_t nap;

	if (sim_below(2) == 0) {
		req.types = sim_type;
		req.ntypes = SIM_TYPES;
	}
	req.slots = req.n > 1 && sim_below(3) == 0 ? req.n - 1 : req.n;
	while (rounds-- > 0) {
		finish(me, &w, &req);
		tq_arena_reset(&me->arena);
		if (w.n > 0) {
			handle(me, &w);
			continue;
		}
		nap = w.next_ms == 0 ? 5000 : w.next_ms - now_ms();
		if (nap > 0)
			tq_store_wait_ready(me->st, req.queue, w.bell,
			    nap < 5000 ? nap : 5000, NULL);
	}
	if (w.n > 0)
		finish(me, &w, NULL);
}

/* -- operators ---------------------------------------------------------------------- */

static void
redrive(struct self *me)
{
	struct tq_list req = { .limit = BATCH, .filter.statuses =
	    TQ_BIT(TQ_FAILED) | TQ_BIT(TQ_CANCELLED), .newest_first =
	    sim_below(2) == 0, .filter.drained = sim_below(4) == 0 };
	struct tq_page page;
	struct tq_ref refs[BATCH];
	struct tq_answer out[BATCH];
	struct sim_task *t[BATCH];
	size_t i;

	if (tq_store_list(me->st, &req, &me->arena, &page, &me->err) == -1) {
		failed(me, "list");
		return;
	}
	for (i = 0; i < page.n; i++) {
		t[i] = sim_task_of(page.tasks[i].id);
		refs[i] = (struct tq_ref){ t[i]->id, sim_below(2) == 0 ?
		    page.tasks[i].rev : 0 };
		t[i]->revived++;
		t[i]->sure = TQ_STATUS_MAX;
	}
	if (page.n == 0)
		return;
	if (tq_store_redrive(me->st, refs, page.n, out, &me->err) == -1) {
		failed(me, "redrive");
		return;
	}
	for (i = 0; i < page.n; i++)
		sim_log("%s redrive %s -> %s", me->name, t[i]->id,
		    tq_code_name(out[i].code));
	sim_model_look(t, page.n);
}

/* Mark and unmark what is dead. */
static void
drain(struct self *me)
{
	struct tq_list req = { .limit = BATCH, .filter.statuses =
	    TQ_BIT(TQ_FAILED), .filter.drained = sim_below(2) == 0 };
	struct tq_page page;
	struct tq_edit in[BATCH];
	struct tq_task to = { .drained = !req.filter.drained };
	struct tq_answer out[BATCH];
	size_t i;

	if (tq_store_list(me->st, &req, &me->arena, &page, &me->err) == -1) {
		failed(me, "list");
		return;
	}
	for (i = 0; i < page.n; i++)
		in[i] = (struct tq_edit){ { page.tasks[i].id, 0 },
		    TQ_SET_DRAINED, &to };
	if (page.n > 0 && tq_store_edit(me->st, in, page.n, out, &me->err) ==
	    -1)
		failed(me, "edit");
}

static void
cancel(struct self *me)
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
		failed(me, "cancel");
		return;
	}
	sim_log("%s cancel %s -> %s %s", me->name, id, tq_code_name(out.code),
	    tq_status_name(out.status));
	if (out.code == TQ_OK)
		sim_model_ended(t, revived, out.status);
	sim_model_look(&t, 1);
}

static void
purge(struct self *me)
{
	struct sim_task *t;
	struct tq_answer out;
	struct tq_ref ref;

	if (sim_ntasks == 0 || sim_below(4) != 0)
		return;
	t = &sim_tasks[sim_below(sim_ntasks)];
	if (t->sure == TQ_STATUS_MAX || !t->acked)
		return;
	t->may_be_gone = true;
	ref = (struct tq_ref){ t->id, 0 };
	if (tq_store_purge(me->st, &ref, 1, &out, &me->err) == -1)
		failed(me, "purge");
	else
		sim_log("%s purge %s -> %s", me->name, t->id,
		    tq_code_name(out.code));
}

static void
pause_queue(struct self *me)
{
	struct tq_control c;
	const char *queue = sim_queue[sim_below(SIM_QUEUES)];

	if (tq_store_control_get(me->st, queue, &me->arena, &c, &me->err) ==
	    -1) {
		failed(me, "control_get");
		return;
	}
	c.paused = sim_below(2) == 0;
	c.reason = c.paused ? "for a while" : NULL;
	c.until = 0;
	if (tq_store_control_set(me->st, &c, &me->err) == -1)
		failed(me, "control_set");
	else
		sim_log("%s %s %s", me->name, c.paused ? "pause" : "resume",
		    queue);
	sim_sleep((int64_t)sim_below(10) * SIM_SEC);
}

static void
operate(struct self *me)
{
	switch (sim_below(6)) {
	case 0: redrive(me); break;
	case 1: drain(me); break;
	case 2: case 3: cancel(me); break;
	case 4: purge(me); break;
	default: pause_queue(me); break;
	}
}

static void
sweep(struct self *me)
{
	struct tq_swept out;

	if (tq_store_sweep(me->st, me->name, sim_below(2) == 0, &out,
	    &me->err) == -1)
		failed(me, "sweep");
	else
		sim_log("%s sweep -> %llu ended, %llu removed", me->name,
		    (unsigned long long)out.expired,
		    (unsigned long long)out.removed);
	sim_sleep((int64_t)sim_below(20) * SIM_SEC);
}

/* -- their lives --------------------------------------------------------------------- */

static const struct actor {
	const char	*name;
	void		(*act)(struct self *);
	int64_t		 pause;		/* between two acts, at most */
} cast[] = {
	{ "producer", produce, 4 * SIM_SEC },
	{ "producer", produce, 9 * SIM_SEC },
	{ "worker", work, SIM_SEC },
	{ "worker", work, SIM_SEC },
	{ "worker", work, 4 * SIM_SEC },
	{ "operator", operate, 3 * SIM_SEC },
	{ "operator", operate, 6 * SIM_SEC },
	{ "sweeper", sweep, 30 * SIM_SEC },
};
#define NCAST	(sizeof(cast) / sizeof(cast[0]))
static struct sim_proc *playing[NCAST];

static bool
come_in(struct self *me, struct sim_proc *p)
{
	*me = (struct self){ .proc = p, .err = TQ_ERR_INIT };
	snprintf(me->name, sizeof(me->name), "%s.%d", p->name, p->id);
	while (tq_store_open(URL, &sim_env, TQ_OPEN_CREATE, &me->st,
	    &me->err) == -1) {
		if (sim.now >= until && p != closer)
			return false;
		failed(me, "open");
	}
	return true;
}

static void
live(struct sim_proc *p, void *arg)
{
	const struct actor *role = arg;
	struct self me;

	if (!come_in(&me, p))
		return;
	while (sim.now < until) {
		role->act(&me);
		tq_arena_reset(&me.arena);
		sim_sleep((int64_t)sim_below((uint64_t)role->pause));
		if (sim_below(30) == 0)
			break;		/* a one-shot tool ends here */
	}
	tq_store_close(me.st);
}

static void
play(size_t i)
{
	playing[i] = sim_spawn(cast[i].name, live, (void *)&cast[i],
	    (int64_t)sim_below(3 * SIM_SEC));
}

/* Who was killed, or ended, is started anew. */
static void
supervise(struct sim_proc *p, void *arg)
{
	size_t i;

	(void)p;
	(void)arg;
	while (sim.now < until) {
		sim_sleep(2 * SIM_SEC);
		for (i = 0; i < NCAST; i++)
			if (!playing[i]->alive && sim_below(2) == 0)
				play(i);
		sim_model_look_all();
	}
}

void
sim_actors_restart(void)
{
	size_t i;

	for (i = 0; i < NCAST; i++)
		play(i);
	sim_spawn("supervisor", supervise, NULL, 0);
}

void
sim_actors_begin(int64_t end)
{
	until = end;
	sim_actors_restart();
}

/* -- the end -------------------------------------------------------------------------- */

/* Completes whatever there is, in all queues. */
static void
close_up(struct sim_proc *p, void *arg)
{
	struct self me;
	struct worker w = { .lease_ms = 60000 };
	struct tq_control c;
	struct tq_claim req = { .types = sim_type, .ntypes = SIM_TYPES,
	    .lease_ms = 60000, .n = BATCH, .slots = BATCH };
	struct tq_swept swept;
	int rounds = 4 * SIM_TASKS;
	size_t q = 0;

	(void)arg;
	if (!come_in(&me, p))
		sim_fail("the store can't be opened at rest");
	for (q = 0; q < SIM_QUEUES; q++) {
		if (tq_store_control_get(me.st, sim_queue[q], &me.arena, &c,
		    &me.err) == -1)
			sim_fail("control at rest: %s", me.err.msg);
		c.paused = false;
		if (tq_store_control_set(me.st, &c, &me.err) == -1)
			sim_fail("control at rest: %s", me.err.msg);
	}
	req.worker = me.name;
	/* To look at all is dear: only when there is nothing in hand. */
	while (w.n > 0 || sim_model_open() != 0) {
		if (rounds-- == 0)
			sim_fail("%d tasks never end", sim_model_open());
		req.queue = sim_queue[q++ % SIM_QUEUES];
		finish(&me, &w, &req);
		tq_arena_reset(&me.arena);
		if (w.n == 0 && q % 10 == 0)
			sim_sleep(10 * SIM_SEC);
	}
	if (tq_store_sweep(me.st, me.name, true, &swept, &me.err) == -1)
		sim_fail("sweep at rest: %s", me.err.msg);
	tq_store_close(me.st);
}

void
sim_actors_close(void)
{
	/* One that was stopped still has a verb to end, and may undo ours. */
	sim_run(INT64_MAX - 1);
	closer = sim_spawn("closer", close_up, NULL, 0);
	if (!sim_run(INT64_MAX - 1))
		sim_fail("the closer does not end");
	sim_model_rest();
}

/* tests/sim/model.c -- what must be true of each task, whatever happens. */
#include "model.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud.h"
#include "store/edges.h"
#include "store/sqlite/record.h"
#include "task/edge.h"
#include "world.h"

const char *const sim_queue[SIM_QUEUES] = { "q0", "q1" };
const char *const sim_type[SIM_TYPES] = { "t0", "t1" };
struct sim_task sim_tasks[SIM_TASKS];
size_t sim_ntasks;
unsigned sim_claims_open;

#define CLOCKS_MS	5000	/* hosts' clocks differ by less */

static struct tq_store *eye;		/* the observer's handle */
static unsigned eye_boot;
static bool at_rest;			/* all has to have ended */

struct sim_task *
sim_task_of(const char *id)
{
	size_t i;

	for (i = 0; i < sim_ntasks; i++)
		if (strcmp(sim_tasks[i].id, id) == 0)
			return &sim_tasks[i];
	sim_fail("task %s: nobody submitted it", id);
}

struct sim_since
sim_since(void)
{
	return (struct sim_since){ sim.now, sim_env.wall_ms(NULL), sim.ops,
	    sim.powers };
}

void
sim_model_ended(struct sim_task *t, unsigned revived, enum tq_status status)
{
	if (t->revived == revived && t->reviving == 0 &&
	    (TQ_BIT(status) & TQ_FINISHED) != 0) {
		if (t->sure != status)
			t->sure_at = sim.now;
		t->sure = status;
	}
}

/* A task that ended longer ago than an index may lag has to be in it. */
void
sim_model_listed(const char *const *ids, size_t n, unsigned statuses,
    int64_t began)
{
	int64_t lag = sim.aws ? SIM_LAG_MAX : 0;
	struct sim_task *t;
	size_t i;

	for (i = 0; i < n; i++)
		sim_task_of(ids[i])->listed = true;
	for (t = sim_tasks; t < sim_tasks + sim_ntasks; t++) {
		if (!t->listed && t->sure != TQ_STATUS_MAX &&
		    (TQ_BIT(t->sure) & statuses) != 0 && !t->hidden &&
		    !t->may_be_gone && t->sure_at + lag < began)
			sim_fail("task %s: is %s, and a list leaves it out",
			    t->id, tq_status_name(t->sure));
		t->listed = false;
	}
}

void
sim_model_revives(struct sim_task *t)
{
	t->revived++;
	t->reviving++;
	t->sure = TQ_STATUS_MAX;
	t->held = 0;
	t->due = 0;
}

void
sim_model_revived(struct sim_task *t)
{
	t->revived++;
	t->reviving--;
}

static bool
is(const char *p, size_t n, struct tq_span got)
{
	return got.n == n && (n == 0 || memcmp(got.p, p, n) == 0);
}

/* Those that were submitted or, after an edit, those. */
static void
judge_payload(const struct sim_task *t, struct tq_span got)
{
	if (t->other != NULL && is(t->other, t->other_size, got))
		return;
	if (t->edited)
		sim_fail("task %s: its payload has %zu bytes, not the %zu of "
		    "its edit, or others", t->id, got.n, t->other_size);
	if (!is(t->payload, t->payload_size, got))
		sim_fail("task %s: its payload has %zu bytes, not the %zu that "
		    "were submitted, or others", t->id, got.n,
		    t->payload_size);
}

static void judge_parents(const char *id);

void
sim_model_claimed(struct sim_task *t, const struct tq_task *rec,
    const struct sim_since *since, int64_t lease_ms)
{
	t->claims++;
	if (rec->parents > 0)
		judge_parents(t->id);
	if (rec->token == t->last_token)
		sim_fail("task %s: token %llu was given to two claims", t->id,
		    (unsigned long long)rec->token);
	sim_model_may_be_claimed(t, rec->token, since);
	judge_payload(t, rec->payload);
	/* The answer of one that was stopped may come after a later one's. */
	if (rec->token < t->last_token)
		return;
	/* Clocks are read in milliseconds. */
	if (sim.now + 2 * SIM_MS < t->lease_until && t->lease_boot ==
	    sim.powers)
		sim_fail("task %s: its lease lasts for another %lld ms, and a "
		    "claim got it", t->id, (long long)((t->lease_until -
		    sim.now) / SIM_MS));
	t->last_token = rec->token;
	t->lease_until = since->us + lease_ms * SIM_MS;
	t->lease_boot = since->boot;
}

/* -- looking -------------------------------------------------------------------- */

/* Some failures are the world's; others never are. */
static void
judge_error(const struct tq_err *err)
{
	if (err->code == TQ_E_CORRUPT || err->code == TQ_E_BUG ||
	    err->code == TQ_E_DATA)
		sim_fail("a look fails: %s", err->msg);
}

static bool
eye_open(void)
{
	struct tq_err err = TQ_ERR_INIT;

	if (eye != NULL && eye_boot == sim.powers)
		return true;
	/* That of before the power failed is lost with its files. */
	eye = NULL;
	if (tq_store_open(SIM_URL, &sim_env, TQ_OPEN_READ, &eye,
	    &err) == -1) {
		eye = NULL;
		judge_error(&err);
		return false;
	}
	eye_boot = sim.powers;
	return true;
}

static void
judge_done(const struct sim_task *t, const struct tq_task *rec, bool bodies)
{
	const struct sim_done *d = sim_model_done(t, rec->submit_id);

	if (d != NULL && rec->status != TQ_COMPLETED)
		sim_fail("task %s: is %s, and a completion was accepted",
		    t->id, tq_status_name(rec->status));
	if (rec->status != TQ_COMPLETED)
		return;
	if (t->completing == 0)
		sim_fail("task %s: is COMPLETED, and no completion was sent",
		    t->id);
	if (d == NULL)
		return;
	if (rec->result_size != d->result_size)
		sim_fail("task %s: has a result of %zu bytes, and one of %zu "
		    "was accepted", t->id, rec->result_size, d->result_size);
	/* A small one is always there. */
	if (rec->result.n == 0 && !bodies)
		return;
	if (rec->result.n != d->result_size || memcmp(rec->result.p, d->result,
	    strlen(d->result)) != 0)
		sim_fail("task %s: has another result (%.*s) than %s, which "
		    "was accepted", t->id, (int)rec->result.n, rec->result.p,
		    d->result);
}

static void
judge(struct sim_task *t, const struct tq_task *rec, bool bodies)
{
	if (rec == NULL) {
		if (t->acked && !t->may_be_gone)
			sim_fail("task %s: was acknowledged, and is not there",
			    t->id);
		return;
	}
	if (rec->token < t->token || rec->rev < t->rev)
		sim_fail("task %s: token %llu, rev %llu fell to %llu, %llu",
		    t->id, (unsigned long long)t->token,
		    (unsigned long long)t->rev, (unsigned long long)rec->token,
		    (unsigned long long)rec->rev);
	/*
	 * One past its deadline is shown as the next write will leave it: a
	 * promise of the clock, which a boot takes back for ten minutes.
	 */
	if (rec->err_code == NULL || strcmp(rec->err_code, "expired") != 0) {
		t->token = rec->token;
		t->rev = rec->rev;
	} else if (sim_true_ms() + (sim.aws ? CLOCKS_MS : 0) < t->expires_at) {
		sim_fail("task %s: its deadline is in %lld ms, and it has "
		    "expired", t->id, (long long)(t->expires_at -
		    sim_true_ms()));
	}
	if (rec->attempts < 0 || (unsigned)rec->attempts > t->claims +
	    sim_claims_open)
		sim_fail("task %s: %d attempts of %u claims", t->id,
		    rec->attempts, t->claims);
	if (t->sure != TQ_STATUS_MAX && rec->status != t->sure)
		sim_fail("task %s: is %s, and was answered to be %s", t->id,
		    tq_status_name(rec->status), tq_status_name(t->sure));
	if (at_rest && (TQ_BIT(rec->status) & TQ_FINISHED) == 0)
		sim_fail("task %s: is %s, and was never found", t->id,
		    tq_status_name(rec->status));
	judge_done(t, rec, bodies);
	if (bodies)
		judge_payload(t, rec->payload);
}

static void
look(struct sim_task *const *t, size_t n, bool bodies)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	const char **ids = calloc(n + 1, sizeof(*ids));
	struct tq_task **recs = calloc(n + 1, sizeof(*recs));
	size_t i;

	if (ids == NULL || recs == NULL)
		sim_fail("no memory for a look");
	for (i = 0; i < n; i++)
		ids[i] = t[i]->id;
	sim_look_begin();
	if (eye_open()) {
		if (tq_store_get(eye, ids, n, bodies ? TQ_WITH_PAYLOAD |
		    TQ_WITH_RESULT : 0, &a, recs, &err) == -1)
			judge_error(&err);
		else
			for (i = 0; i < n; i++)
				judge(t[i], recs[i], bodies);
	}
	sim_look_end();
	tq_arena_free(&a);
	free(ids);
	free(recs);
}

void
sim_model_look(struct sim_task *const *t, size_t n)
{
	look(t, n, false);
}

void
sim_model_look_all(bool bodies)
{
	static struct sim_task *all[SIM_TASKS];
	size_t i;

	for (i = 0; i < sim_ntasks; i++)
		all[i] = &sim_tasks[i];
	if (sim_ntasks > 0)
		look(all, sim_ntasks, bodies);
}

/* Call fn for each record of the store; false when it can't be read. */
static bool
each_record(bool drained, void (*fn)(const struct tq_task *, void *),
    void *arg)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_list req = { .limit = 100, .filter.drained = drained };
	struct tq_page page = { 0 };
	bool ok;
	size_t i;

	sim_look_begin();
	ok = eye_open();
	do {
		if (!ok || tq_store_list(eye, &req, &a, &page, &err) == -1) {
			judge_error(&err);
			ok = false;
			break;
		}
		for (i = 0; i < page.n; i++)
			fn(&page.tasks[i], arg);
		req.cursor = page.cursor;
	} while (page.cursor != NULL);
	sim_look_end();
	tq_arena_free(&a);
	return ok;
}

/* -- nothing is due ----------------------------------------------------------------- */

struct emptiness {
	const char	*queue;
	const char *const *types;
	size_t		 n;
	int64_t		 since;
};

/*
 * A record that waits, is due since before the claim began, and was not
 * touched since: the claim must have seen it.
 */
static void
judge_waiting(const struct tq_task *rec, void *arg)
{
	const struct emptiness *e = arg;
	size_t i;

	if ((TQ_BIT(rec->status) & TQ_WAITING) == 0 || rec->held ||
	    strcmp(rec->queue, e->queue) != 0 || rec->updated_at >= e->since ||
	    rec->not_before >= e->since ||
	    (rec->expires_at != 0 && rec->expires_at <= e->since + 600000))
		return;
	for (i = 0; i < e->n; i++)
		if (strcmp(rec->type, e->types[i]) == 0)
			sim_fail("task %s: is due, and a claim said that "
			    "nothing is", rec->id);
}

void
sim_model_empty(const char *queue, const char *const *types, size_t n,
    int64_t since)
{
	struct emptiness e = { queue, types, n, since };

	/* Times of before a jump of the clock mean something else. */
	if (sim.jumps == 0 && !sim.aws)
		each_record(false, judge_waiting, &e);
}

/* One that came after the claim had looked, and nobody has edited it. */
static void
judge_unrung(const struct tq_task *rec, void *arg)
{
	const struct emptiness *e = arg;
	size_t i;

	if ((TQ_BIT(rec->status) & TQ_WAITING) == 0 || rec->held ||
	    strcmp(rec->queue, e->queue) != 0 || rec->updated_at <= e->since ||
	    rec->not_before != 0 || sim_task_of(rec->id)->edits > 0)
		return;
	for (i = 0; i < e->n; i++)
		if (strcmp(rec->type, e->types[i]) == 0)
			sim_fail("task %s: is due since it came, and a worker "
			    "that sleeps was not woken", rec->id);
}

void
sim_model_unrung(const char *queue, const char *const *types, size_t n,
    int64_t since)
{
	struct emptiness e = { queue, types, n, since };

	if (sim.jumps == 0 && !sim.aws)
		each_record(false, judge_unrung, &e);
}

/* -- tasks that wait for others --------------------------------------------------- */

/* A claimed task has no wait left that was not met. */
static void
judge_parents(const char *id)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_parent *v;
	size_t i, n;

	sim_look_begin();
	if (eye_open()) {
		if (tq_store_parents(eye, id, &a, &v, &n, &err) == -1)
			judge_error(&err);
		else
			for (i = 0; i < n; i++)
				if (!v[i].met)
					sim_fail("task %s: was claimed, and "
					    "waits for %s", id, v[i].id);
	}
	sim_look_end();
	tq_arena_free(&a);
}

struct stuck {
	char	(*out)[TQ_UUID_TEXT];
	size_t	 n, max;
};

/* Is it written down that not all children of ${id} know of its end? */
static bool
owes(const char *id)
{
	sqlite3_stmt *q = NULL;
	bool found = sqlite3_prepare_v2(sq_of(eye)->db, "SELECT 1 FROM owed"
	    " WHERE parent=?1", -1, &q, NULL) == SQLITE_OK;

	if (found)
		sq_bind_id(q, 1, id);
	found = found && sqlite3_step(q) == SQLITE_ROW;
	sqlite3_finalize(q);
	return found;
}

/*
 * A BLOCKED task waits for somebody, and for nobody who has let it go: an end
 * and what it means to the children, or that it is owed to them, are one.  On
 * aws word of it takes its time.
 */
static void
judge_blocked(const struct tq_task *rec, void *arg)
{
	struct stuck *s = arg;
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	bool open = false, stuck = false;
	struct tq_parent *v;
	size_t i, n;

	if (rec->status != TQ_BLOCKED)
		return;
	if (tq_store_parents(eye, rec->id, &a, &v, &n, &err) == -1)
		sim_fail("parents of %s: %s", rec->id, err.msg);
	for (i = 0; i < n; i++) {
		if (v[i].met)
			continue;
		open = true;
		/* One past its deadline is only shown to have ended. */
		if (!sim.aws && !v[i].gone && sim_task_of(v[i].id)->expires_at == 0 &&
		    v[i].status != TQ_CANCELLED &&
		    tq_edge_state(v[i].ended, v[i].status, false) ==
		    TQ_EDGE_MET && !owes(v[i].id))
			sim_fail("task %s: is BLOCKED by %s, which is %s",
			    rec->id, v[i].id, tq_status_name(v[i].status));
		stuck |= v[i].gone || v[i].status == TQ_FAILED ||
		    v[i].status == TQ_CANCELLED;
	}
	if (!open && !sim.aws)
		sim_fail("task %s: is BLOCKED by nobody", rec->id);
	if (stuck && s->n < s->max)
		memcpy(s->out[s->n++], rec->id, strlen(rec->id) + 1);
	tq_arena_free(&a);
}

size_t
sim_model_stuck(char (*out)[TQ_UUID_TEXT], size_t max)
{
	struct stuck s = { out, 0, max };

	each_record(false, judge_blocked, &s);
	return s.n;
}

/* -- at rest ---------------------------------------------------------------------------- */

static void
count_open(const struct tq_task *rec, void *arg)
{
	if ((TQ_BIT(rec->status) & TQ_FINISHED) == 0)
		++*(int *)arg;
}

int
sim_model_open(void)
{
	int n = 0;

	return each_record(false, count_open, &n) ? n : -1;
}

static void
count_any(const struct tq_task *rec, void *arg)
{
	(void)rec;
	++*(int *)arg;
}

int
sim_model_records(void)
{
	int n = 0;

	return each_record(false, count_any, &n) &&
	    each_record(true, count_any, &n) ? n : -1;
}

static uint64_t counted, listed;

struct tally {
	uint64_t	by[SIM_QUEUES][SIM_TYPES][TQ_STATUS_MAX];
	uint64_t	drained[SIM_QUEUES][SIM_TYPES];
};

static void
tally_one(const struct tq_task *rec, void *arg)
{
	struct tally *t = arg;
	int q = rec->queue[1] - '0', type = rec->type[1] - '0';

	listed++;
	if (rec->drained)
		t->drained[q][type]++;
	else
		t->by[q][type][rec->status]++;
	sim_task_of(rec->id);
}

static void
compare(const struct tally *t, const struct tq_count *row)
{
	int q = row->queue[1] - '0', type = row->type[1] - '0', s;

	for (s = 0; s < TQ_STATUS_MAX; s++)
		counted += row->by_status[s];
	counted += row->drained;
	for (s = 0; s < TQ_STATUS_MAX; s++)
		if (row->by_status[s] != t->by[q][type][s])
			sim_fail("%s, %s: the count says %llu %s, there are "
			    "%llu", row->queue, row->type,
			    (unsigned long long)row->by_status[s],
			    tq_status_name((enum tq_status)s),
			    (unsigned long long)t->by[q][type][s]);
	if (row->drained != t->drained[q][type])
		sim_fail("%s, %s: the count of drained is wrong", row->queue,
		    row->type);
}

static int
integrity_row(void *arg, int n, char **v, char **names)
{
	(void)arg;
	(void)names;
	if (n != 1 || strcmp(v[0], "ok") != 0)
		sim_fail("the database is damaged: %s", v[0]);
	return 0;
}

static void
judge_file(void)
{
	sqlite3 *db;

	if (sim.aws)
		return;
	sim_look_begin();
	if (sqlite3_open_v2("/sim/a/b/tq.db", &db, SQLITE_OPEN_READWRITE, "sim") !=
	    SQLITE_OK || sqlite3_exec(db, "PRAGMA integrity_check",
	    integrity_row, NULL, NULL) != SQLITE_OK)
		sim_fail("the database can't be read: %s", sqlite3_errmsg(db));
	sqlite3_close(db);
	sim_look_end();
}

void
sim_model_rest(void)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tally t = { 0 };
	struct tq_count *rows;
	size_t i, n;

	judge_file();
	at_rest = true;
	sim_model_look_all(true);
	if (!each_record(false, tally_one, &t) ||
	    !each_record(true, tally_one, &t))
		sim_fail("the records can't be listed at rest");
	sim_look_begin();
	if (tq_store_count(eye, NULL, &a, &rows, &n, &err) == -1)
		sim_fail("the counts can't be read at rest: %s", err.msg);
	sim_look_end();
	for (i = 0; i < n; i++)
		compare(&t, &rows[i]);
	if (counted != listed)
		sim_fail("the counts know of %llu tasks, the list of %llu",
		    (unsigned long long)counted, (unsigned long long)listed);
	tq_arena_free(&a);
}

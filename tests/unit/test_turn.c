/* tests/unit/test_turn.c -- the life of a task, every verb in every status. */
#include "t.h"

#include "task/history.h"
#include "task/turn.h"
#include "task/turned.h"
#include "util/json.h"

#define NOW	INT64_C(1790000000000)
#define DAY	INT64_C(86400000)

static struct tq_arena mem;

/* A record in ${status}, as the verbs leave one. */
static struct tq_task
in_status(enum tq_status status)
{
	struct tq_task t = { .id = "t1", .queue = "default", .type = "x",
	    .status = status, .token = 7, .rev = 20, .attempts = 1,
	    .created_at = NOW - 5000, .updated_at = NOW - 1000 };

	if (status == TQ_PENDING || status == TQ_BLOCKED)
		t.attempts = 0;
	if (status == TQ_BLOCKED)
		t.waits = 1;
	if (status == TQ_RETRYING)
		t.reason = "exit 1";
	if (status == TQ_RUNNING) {
		t.claim = 99;
		t.worker = "w1";
		t.started_at = NOW - 900;
		t.lease_until = NOW + 9000;
	}
	if (TQ_BIT(status) & TQ_FINISHED) {
		t.finished_at = NOW - 100;
		t.keep_until = tq_keep_until(&t);
	}
	return t;
}

/* Run ${verb} on ${t} as a store would; its answer. */
static struct tq_turned
run(enum tq_verb verb, struct tq_task *t, uint64_t rnd)
{
	static const enum tq_how hows[] = { TQ_COMPLETE, TQ_RETRY, TQ_FAIL,
	    TQ_RELEASE, TQ_CANCEL };
	struct tq_lease lease = { "w2", 60000, false, rnd };
	struct tq_extend ext = { .token = t->token, .claim = t->claim,
	    .lease_ms = 60000 };
	struct tq_finish fin = { .token = t->token, .claim = t->claim,
	    .how = verb >= TQ_V_COMPLETE && verb <= TQ_V_CANCELLED ?
	    hows[verb - TQ_V_COMPLETE] : TQ_COMPLETE };
	struct tq_task to = { .id = "t1", .queue = "default", .type = "x",
	    .prio = 3, .drained = true, .held = true };
	struct tq_turned got;

	switch (verb) {
	case TQ_V_SUBMIT:
		if (tq_turn_submit(t, &to, false, TQ_REPLACE_ENDED, NOW,
		    NOW, &mem) != TQ_MET_REPLACE)
			return (struct tq_turned){ TQ_E_TAKEN, false };
		*t = to;
		return (struct tq_turned){ TQ_OK, true };
	case TQ_V_CLAIM:
		return tq_turn_claim(t, &lease, NOW, NOW, &mem);
	case TQ_V_TAKE_OVER:
		return tq_turn_take_over(t, &lease, NOW, NOW, &mem);
	case TQ_V_EXTEND:
		return tq_turn_extend(t, &ext, NOW);
	case TQ_V_COMPLETE: case TQ_V_RETRY: case TQ_V_FAIL:
	case TQ_V_RELEASE: case TQ_V_CANCELLED:
		return tq_turn_finish(t, &fin, NOW, NOW, &mem);
	case TQ_V_LAPSE:
		t->max_attempts = 1;
		got = tq_turn_lapse(t, NOW, NOW, &mem);
		t->max_attempts = 0;
		return got;
	case TQ_V_EXPIRE:
		t->expires_at = NOW - 10;
		return (struct tq_turned){ TQ_OK,
		    tq_turn_expire(t, NOW, &mem) };
	case TQ_V_CANCEL:
		return tq_turn_cancel(t, NOW);
	case TQ_V_REDRIVE:
		return tq_turn_redrive(t, NOW);
	case TQ_V_EDIT:
		return tq_turn_edit(t, TQ_SET_PRIO, &to, NOW);
	case TQ_V_DRAIN:
		return tq_turn_edit(t, TQ_SET_DRAINED, &to, NOW);
	case TQ_V_HOLD:
		return tq_turn_edit(t, TQ_SET_HELD, &to, NOW);
	case TQ_V_UNBLOCK:
		return tq_turn_unblock(t, NOW);
	case TQ_V_PURGE:
	case TQ_VERB_MAX:
		break;
	}
	return tq_turn_purge(t);
}

/* The fields a cell leaves alone where it is illegal, and keeps otherwise. */
static void
test_cells(void)
{
	int verb, s;

	for (verb = 0; verb < TQ_VERB_MAX; verb++)
		for (s = 0; s < TQ_STATUS_MAX; s++) {
			enum tq_verb v = (enum tq_verb)verb;
			struct tq_task t = in_status((enum tq_status)s), was;
			unsigned to = tq_verb_to(v, (enum tq_status)s);
			struct tq_turned got;

			was = t;
			got = run(v, &t, 4711);
			if (v == TQ_V_EXPIRE)
				was.expires_at = t.expires_at;
			if (to == 0 && (got.write || t.rev != was.rev ||
			    t.status != was.status || t.token != was.token))
				T_FAIL("%s on %s: changed", tq_verb_name(v),
				    tq_status_name((enum tq_status)s));
			if (to != 0 && v != TQ_V_EXPIRE && got.code != TQ_OK)
				T_FAIL("%s on %s: %s", tq_verb_name(v),
				    tq_status_name((enum tq_status)s),
				    tq_code_name(got.code));
			if (to != 0 && (to & TQ_BIT(t.status)) == 0)
				T_FAIL("%s on %s gives %s", tq_verb_name(v),
				    tq_status_name((enum tq_status)s),
				    tq_status_name(t.status));
			if (t.token < was.token || (got.write &&
			    t.rev != was.rev + 1))
				T_FAIL("%s on %s: token %" PRIu64 ", rev %"
				    PRIu64, tq_verb_name(v), tq_status_name(
				    (enum tq_status)s), t.token, t.rev);
			tq_arena_reset(&mem);
		}
}

/* The invariants of a long life of one record; see test_lives(). */
struct life {
	struct tq_task	t;
	uint64_t	seed;
	uint64_t	high;		/* the highest token so far */
	int		claims;		/* in this submission or redrive */
	int		accepted;	/* completions of it */
};

static uint64_t
draw(struct life *l)
{
	l->seed = l->seed * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return l->seed >> 33;
}

static bool
step(struct life *l)
{
	enum tq_verb v = (enum tq_verb)(draw(l) % TQ_VERB_MAX);
	struct tq_task was = l->t;
	struct tq_turned got;
	bool ended = (TQ_BIT(was.status) & TQ_FINISHED) != 0;

	if (v == TQ_V_EXPIRE && draw(l) % 8 != 0)
		v = TQ_V_CLAIM;
	got = run(v, &l->t, draw(l));
	if (v == TQ_V_HOLD && got.write && draw(l) % 2 == 0)
		l->t.held = false;
	if (v == TQ_V_REDRIVE || (v == TQ_V_SUBMIT && got.write))
		l->claims = got.write ? 0 : l->claims;
	if (got.write && (v == TQ_V_REDRIVE || v == TQ_V_SUBMIT))
		l->accepted = 0;
	l->claims += (v == TQ_V_CLAIM || v == TQ_V_TAKE_OVER) &&
	    got.code == TQ_OK;
	l->accepted += v == TQ_V_COMPLETE && got.code == TQ_OK;
	if (l->t.token < l->high || l->t.attempts > l->claims ||
	    l->t.attempts < 0 || l->accepted > 1)
		return false;
	l->high = l->t.token;
	return !ended || (TQ_BIT(l->t.status) & TQ_FINISHED) != 0 ||
	    v == TQ_V_REDRIVE || v == TQ_V_SUBMIT;
}

static void
test_lives(void)
{
	struct life l;
	int i, k, bad = 0;

	for (i = 0; i < 100000 && bad < 3; i++) {
		l = (struct life){ .t = { .id = "t1", .queue = "q",
		    .type = "x", .waits = i % 16 == 0 }, .seed = (uint64_t)i };
		tq_turn_new(&l.t, NOW);
		for (k = 0; k < 24; k++)
			if (!step(&l)) {
				T_FAIL("life %d, step %d", i, k);
				bad++;
				break;
			}
		tq_arena_reset(&mem);
	}
}

static void
test_stale(void)
{
	struct tq_task t = in_status(TQ_RUNNING);
	struct tq_finish f = { .token = 7, .claim = 98, .how = TQ_COMPLETE };
	struct tq_extend x = { .token = 6, .claim = 99, .lease_ms = 1 };

	T_INT(tq_turn_finish(&t, &f, NOW, NOW, &mem).code, TQ_E_LOST);
	T_INT(tq_turn_extend(&t, &x, NOW).code, TQ_E_LOST);
	T_INT(t.rev, 20);
}

static void
test_cancel_wins(void)
{
	struct tq_task t = in_status(TQ_RUNNING);
	struct tq_finish f = { .token = 7, .claim = 99, .how = TQ_RETRY };

	T_INT(tq_turn_cancel(&t, NOW).code, TQ_OK);
	T_OK(t.status == TQ_RUNNING && t.cancel_requested && t.token == 7);
	T_OK(!tq_turn_cancel(&t, NOW).write);
	tq_turn_finish(&t, &f, NOW, NOW, &mem);
	T_INT(t.status, TQ_CANCELLED);
	t = in_status(TQ_RUNNING);
	tq_turn_cancel(&t, NOW);
	f.how = TQ_COMPLETE;
	tq_turn_finish(&t, &f, NOW, NOW, &mem);
	T_INT(t.status, TQ_COMPLETED);
	T_INT(t.token, 7);
}

/* Eight shutdowns and then a failure: RETRYING, with one attempt used. */
static void
test_shutdowns(void)
{
	struct tq_task t = in_status(TQ_PENDING);
	struct tq_lease lease = { "w1", 60000, false, 8 };
	struct tq_finish f = { .how = TQ_RELEASE, .give_back = true,
	    .stopped = true };
	int i;

	for (i = 0; i < 8; i++) {
		T_INT(tq_turn_claim(&t, &lease, NOW, NOW, &mem).code, TQ_OK);
		T_INT(t.attempts, 1);
		f.token = t.token;
		f.claim = t.claim;
		tq_turn_finish(&t, &f, NOW, NOW, &mem);
		T_INT(t.attempts, 0);
	}
	T_INT(t.stops, 8);
	T_OK(!tq_claim_alone(&t));
	t.stops = TQ_STOPS_MAX - 1;
	T_OK(!tq_claim_alone(&t));
	t.stops = TQ_STOPS_MAX;
	T_OK(tq_claim_alone(&t));
	t.stops = 8;
	T_STR(tq_verb_name(TQ_VERB_MAX), "?");
	T_INT(tq_verb_to(TQ_VERB_MAX, TQ_PENDING), 0);
	/* Behind a row is the next one's name. */
	T_INT(tq_verb_to(TQ_V_EDIT, (enum tq_status)(TQ_STATUS_MAX + 1)), 0);
	tq_turn_claim(&t, &lease, NOW, NOW, &mem);
	f = (struct tq_finish){ .token = t.token, .claim = t.claim,
	    .how = TQ_RETRY, .not_before = NOW + 5, .reason = "exit 1" };
	tq_turn_finish(&t, &f, NOW, NOW, &mem);
	T_INT(t.status, TQ_RETRYING);
	T_INT(t.attempts, 1);
	T_INT(t.stops, 0);
	T_INT(t.due_since, NOW + 5);
}

/* A lease that died: the attempt counts, unless it was only held ahead. */
static void
test_deaths(void)
{
	struct tq_lease lease = { "w2", 60000, false, 8 };
	struct tq_extend x = { .token = 7, .claim = 99, .started = true };
	struct tq_task t = in_status(TQ_RUNNING);

	T_INT(tq_turn_take_over(&t, &lease, NOW, NOW, &mem).code, TQ_OK);
	T_OK(t.attempts == 2 && t.alone && t.crashes == 0 && t.token == 8);
	T_INT(tq_turn_take_over(&t, &lease, NOW, NOW, &mem).code, TQ_OK);
	T_OK(t.attempts == 3 && t.crashes == 1);
	T_INT(tq_turn_take_over(&t, &lease, NOW, NOW, &mem).code, TQ_E_STATE);
	T_INT(t.status, TQ_FAILED);
	T_OK(strstr(t.reason, "died twice") != NULL);

	t = in_status(TQ_RUNNING);
	t.prefetched = true;
	T_INT(tq_turn_take_over(&t, &lease, NOW, NOW, &mem).code, TQ_OK);
	T_INT(t.attempts, 1);
	t = in_status(TQ_RUNNING);
	t.prefetched = true;
	T_INT(tq_turn_extend(&t, &x, NOW).code, TQ_OK);
	T_INT(tq_turn_take_over(&t, &lease, NOW, NOW, &mem).code, TQ_OK);
	T_INT(t.attempts, 2);
}

static void
test_deadline(void)
{
	struct tq_lease lease = { "w2", 60000, false, 8 };
	struct tq_task t = in_status(TQ_PENDING);
	struct tq_finish f = { .how = TQ_RETRY, .not_before = NOW + 100,
	    .reason = "exit 1" };

	t.expires_at = NOW + 50;
	T_INT(tq_turn_claim(&t, &lease, NOW, NOW, &mem).code, TQ_OK);
	T_INT(t.expires_at, NOW + 50);
	f.token = t.token;
	f.claim = t.claim;
	tq_turn_finish(&t, &f, NOW, NOW, &mem);
	T_INT(t.status, TQ_RETRYING);
	T_OK(!tq_turn_expire(&t, NOW + 49, &mem));
	T_INT(tq_turn_claim(&t, &lease, NOW + 60, NOW + 60, &mem).code, TQ_E_STATE);
	T_INT(t.status, TQ_FAILED);
	T_INT(t.finished_at, NOW + 50);
	T_INT(t.keep_until, NOW + 50 + TQ_KEEP_DEAD_MS);
	T_OK(strstr(t.reason, "deadline") != NULL &&
	    strstr(t.reason, "exit 1") != NULL);
	tq_turn_redrive(&t, NOW + 70);
	T_INT(t.expires_at, 0);

	/* A dead lease past the deadline. */
	t = in_status(TQ_RUNNING);
	t.expires_at = NOW - 1;
	T_INT(tq_turn_take_over(&t, &lease, NOW, NOW, &mem).code, TQ_E_STATE);
	T_INT(t.status, TQ_FAILED);

	/* A reader sees what the writer will write. */
	t = in_status(TQ_PENDING);
	t.expires_at = NOW - 1;
	T_OK(tq_turn_expire(&t, NOW + DAY, &mem));
	T_OK(t.status == TQ_CANCELLED && t.finished_at == NOW - 1 &&
	    t.updated_at == NOW - 1 && t.rev == 21);
}

static void
test_keeping(void)
{
	struct tq_task t = in_status(TQ_RUNNING);
	struct tq_finish f = { .token = 7, .claim = 99, .how = TQ_COMPLETE };

	t.keep_ms = 60000;
	tq_turn_finish(&t, &f, NOW, NOW, &mem);
	T_INT(t.keep_until, NOW + 60000);
	T_OK(!tq_turn_gone(&t, NOW + 59999) && tq_turn_gone(&t, NOW + 60000));
	t = in_status(TQ_RUNNING);
	t.keep_ms = 60000;
	f.how = TQ_FAIL;
	tq_turn_finish(&t, &f, NOW, NOW, &mem);
	T_INT(t.keep_until, NOW + TQ_KEEP_DEAD_MS);
}

/* "Not now" goes on waiting since it was first due. */
static void
test_due_since(void)
{
	struct tq_task t = in_status(TQ_PENDING);
	struct tq_lease lease = { "w2", 60000, false, 8 };
	struct tq_finish f = { .how = TQ_RELEASE, .give_back = true,
	    .not_before = NOW + 30000, .reason = "busy" };
	int i;

	t.due_since = NOW - 500;
	for (i = 0; i < 3; i++) {
		tq_turn_claim(&t, &lease, NOW, NOW, &mem);
		f.token = t.token;
		f.claim = t.claim;
		tq_turn_finish(&t, &f, NOW, NOW, &mem);
	}
	T_OK(!tq_due(&t, NOW) && tq_due(&t, NOW + 30000));
	T_INT(t.due_since, NOW - 500);
	/* An edit is a new wish. */
	tq_turn_edit(&t, TQ_SET_NOT_BEFORE, &(struct tq_task){ .not_before = NOW + 9 },
	    NOW);
	T_INT(t.not_before, NOW + 9);
	T_INT(t.due_since, NOW + 9);
	tq_turn_edit(&t, TQ_SET_NOT_BEFORE, &(struct tq_task){ .not_before = NOW - 9 },
	    NOW);
	T_INT(t.not_before, 0);
	T_INT(t.due_since, NOW);
	/* A delay of 0 is due whatever the clock says. */
	t.not_before = 0;
	T_OK(tq_due(&t, 0));
}

static void
test_history(void)
{
	struct tq_task t = in_status(TQ_PENDING);
	struct tq_lease lease = { "w1", 60000, false, 8 };
	struct tq_finish f = { .how = TQ_RETRY, .err_stage = TQ_AT_EXEC,
	    .err_code = "exit-1", .reason = "exited with status 1" };
	int i, entries = 0;
	const char *p;

	for (i = 0; i < 12; i++) {
		tq_turn_claim(&t, &lease, NOW, NOW, &mem);
		f.token = t.token;
		f.claim = t.claim;
		tq_turn_finish(&t, &f, NOW, NOW, &mem);
	}
	T_OK(tq_json_check(t.history, NULL) == 0);
	p = tq_arena_dup(&mem, t.history.p, t.history.n);
	T_OK(strstr(p, "\"n\":12,") != NULL && strstr(p, "\"n\":3,") != NULL);
	T_OK(strstr(p, "\"n\":2,") == NULL);
	T_OK(strstr(p, "\"n\":0") == NULL);
	/* A hundred times "not now" is one entry. */
	f.how = TQ_RELEASE;
	for (i = 0; i < 100; i++) {
		tq_turn_claim(&t, &lease, NOW, NOW, &mem);
		f.token = t.token;
		f.claim = t.claim;
		tq_turn_finish(&t, &f, NOW, NOW, &mem);
	}
	p = tq_arena_dup(&mem, t.history.p, t.history.n);
	for (; (p = strstr(p, "\"later\"")) != NULL; p++)
		entries++;
	T_INT(entries, 1);
	/* One that succeeds at once remembers nothing. */
	t = in_status(TQ_RUNNING);
	f = (struct tq_finish){ .token = 7, .claim = 99, .how = TQ_COMPLETE };
	tq_turn_finish(&t, &f, NOW, NOW, &mem);
	T_INT(t.history.n, 0);
}

static void
test_death_dated(void)
{
	static const int64_t until[] = { NOW - 1, NOW + 5, 0 };
	static const int64_t end[] = { NOW - 1, NOW, NOW };
	struct tq_lease lease = { "w2", 60000, false, 8 };
	struct tq_attempt v[TQ_HISTORY_MAX];
	size_t i;

	for (i = 0; i < 3; i++) {
		struct tq_task t = in_status(TQ_RUNNING);

		t.lease_until = until[i];
		tq_turn_take_over(&t, &lease, NOW, NOW, &mem);
		T_MUST(tq_history_read(&t, &mem, v) == 1);
		T_INT(v[0].end, end[i]);
		T_STR(v[0].how, TQ_HOW_DIED);
		T_STR(v[0].code, TQ_CODE_LEASE);
	}
}

static void
test_lapse_edges(void)
{
	struct tq_task t = in_status(TQ_RUNNING);

	t.expires_at = NOW;
	T_OK(tq_turn_lapse(&t, NOW, NOW - 1, &mem).write == false);
	T_OK(tq_turn_lapse(&t, NOW, NOW, &mem).write);
	T_INT(t.status, TQ_FAILED);
	/* One held ahead gives its attempt back, if it has one. */
	t = in_status(TQ_RUNNING);
	t.expires_at = NOW;
	t.prefetched = true;
	t.attempts = 0;
	T_OK(tq_turn_lapse(&t, NOW, NOW, &mem).write);
	T_INT(t.attempts, 0);
	T_INT(t.history.n, 0);
}

static void
test_history_reads(void)
{
	struct tq_task t = in_status(TQ_PENDING);
	struct tq_lease lease = { "w1", 60000, false, 8 };
	struct tq_finish f = { .how = TQ_RETRY, .err_stage = TQ_AT_EXEC,
	    .err_code = "exit-1", .reason = "exited with status 1" };
	struct tq_attempt v[TQ_HISTORY_MAX];
	int i;

	T_INT(tq_history_read(&t, &mem, v), 0);
	for (i = 0; i < 2; i++) {
		tq_turn_claim(&t, &lease, NOW, NOW, &mem);
		f.token = t.token;
		f.claim = t.claim;
		f.began_at = NOW - 70;
		f.log = tq_arena_fmt(&mem, "blob:q/t1/%d/log", i);
		tq_turn_finish(&t, &f, NOW, NOW, &mem);
	}
	T_INT(tq_history_read(&t, &mem, v), 2);
	T_INT(v[1].n, 2);
	T_STR(v[1].how, TQ_HOW_FAILED);
	T_STR(v[1].worker, "w1");
	T_INT(v[1].start, NOW - 70);
	T_INT(v[1].end, NOW);
	T_INT(v[1].stage, TQ_AT_EXEC);
	T_STR(v[1].code, "exit-1");
	T_STR(v[1].message, "exited with status 1");
	T_STR(tq_history_log(&t, 1, &mem), "blob:q/t1/0/log");
	T_OK(tq_history_log(&t, 3, &mem) == NULL);
	T_OK(tq_history_names(&t, "blob:q/t1/0/log"));
	T_OK(!tq_history_names(&t, "blob:q/t1/7/log"));
	/* The one that runs is the record's. */
	tq_turn_claim(&t, &lease, NOW, NOW, &mem);
	t.log = "blob:q/t1/9/log";
	T_STR(tq_history_log(&t, 3, &mem), "blob:q/t1/9/log");
}

static void
test_history_bounds(void)
{
	struct tq_task t = in_status(TQ_PENDING);
	struct tq_attempt v[TQ_HISTORY_MAX], e = { .n = 31, .how =
	    TQ_HOW_FAILED };
	struct tq_buf b = TQ_BUF_INIT(8192);
	char *said = tq_arena_alloc(&mem, 302);
	int i;

	/* 199 bytes, and then the first of two: the whole letter goes. */
	memset(said, 'x', 199);
	for (i = 199; i < 299; i += 2)
		memcpy(said + i, "\xc3\xa4", 2);
	said[299] = '\0';
	e.message = said;
	tq_history_add(&t, &e, &mem);
	T_INT(tq_history_read(&t, &mem, v), 1);
	T_INT(strlen(v[0].message), 199);
	e.message = said + 1;
	tq_history_add(&t, &e, &mem);
	T_INT(tq_history_read(&t, &mem, v), 2);
	T_INT(strlen(v[1].message), 200);
	/* Another version may keep more than we do: its newest count. */
	for (i = 1; i <= 30; i++)
		tq_buf_fmt(&b, "%c{\"n\":%d,\"how\":\"failed\"}", i == 1 ?
		    '[' : ',', i);
	tq_buf_chr(&b, ']');
	t.history = tq_buf_span(&b);
	T_INT(tq_history_read(&t, &mem, v), TQ_HISTORY_MAX);
	T_INT(v[0].n, 31 - TQ_HISTORY_MAX);
	T_INT(v[TQ_HISTORY_MAX - 1].n, 30);
	tq_history_add(&t, &e, &mem);
	T_INT(tq_history_read(&t, &mem, v), TQ_HISTORY_MAX);
	T_INT(v[TQ_HISTORY_MAX - 1].n, 31);
	tq_buf_free(&b);
}

static void
test_submit_meets(void)
{
	static const struct {
		enum tq_status	 old;
		const char	*submit, *print;
		bool		 keyed;
		enum tq_replace	 replace;
		enum tq_met	 want;
	} rows[] = {
		{ TQ_PENDING, "s1", "f2", false, TQ_REPLACE_NEVER, TQ_MET_OURS },
		{ TQ_COMPLETED, "s1", "f1", true, TQ_REPLACE_ENDED, TQ_MET_OURS },
		{ TQ_PENDING, "s2", "f1", false, TQ_REPLACE_NEVER, TQ_MET_TAKEN },
		{ TQ_PENDING, "s2", "f1", true, TQ_REPLACE_NEVER, TQ_MET_SAME },
		{ TQ_PENDING, "s2", "f2", true, TQ_REPLACE_NEVER, TQ_MET_CONFLICT },
		{ TQ_PENDING, "s2", NULL, true, TQ_REPLACE_NEVER, TQ_MET_CONFLICT },
		{ TQ_RUNNING, "s2", "f2", true, TQ_REPLACE_ENDED, TQ_MET_SAME },
		{ TQ_RUNNING, "s2", "f2", true, TQ_REPLACE_DEAD, TQ_MET_CONFLICT },
		{ TQ_COMPLETED, "s2", "f1", true, TQ_REPLACE_DEAD, TQ_MET_SAME },
		{ TQ_COMPLETED, "s2", "f1", true, TQ_REPLACE_ENDED, TQ_MET_REPLACE },
		{ TQ_FAILED, "s2", "f1", true, TQ_REPLACE_DEAD, TQ_MET_REPLACE },
		{ TQ_CANCELLED, "s2", "f1", false, TQ_REPLACE_DEAD, TQ_MET_REPLACE },
		{ TQ_FAILED, "s2", "f1", true, TQ_REPLACE_NEVER, TQ_MET_SAME },
	};
	enum tq_status status = TQ_PENDING;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tq_task old = in_status(rows[i].old);
		struct tq_task t = { .id = "t1", .submit_id = rows[i].submit,
		    .fingerprint = rows[i].print, .not_before = NOW + 5 };
		struct tq_task past = { .id = "t1" };
		enum tq_met got;

		old.submit_id = "s1";
		old.fingerprint = "f1";
		got = tq_turn_submit(&old, &t, rows[i].keyed, rows[i].replace,
		    NOW, NOW, &mem);
		if (got != rows[i].want)
			T_FAIL("row %zu: %d", i, (int)got);
		if (got != TQ_MET_REPLACE)
			continue;
		T_OK(t.token == old.token + 1 && t.rev == old.rev + 1);
		T_OK(t.status == TQ_PENDING && t.not_before == NOW + 5);
		T_OK(tq_history_run(&t, "s1", &status));
		T_INT(status, rows[i].old);
		T_OK(!tq_history_run(&t, "s9", &status));
		T_OK(tq_history_end(&t, "s1", &mem, &past));
		T_OK(past.status == rows[i].old &&
		    past.created_at == old.created_at &&
		    past.finished_at == old.finished_at &&
		    past.updated_at == old.finished_at);
	}
}

/* The wall clock is a year ahead, and nobody believes it yet. */
static void
test_wrong_clock(void)
{
	const int64_t ahead = NOW + INT64_C(31536000000);
	struct tq_lease lease = { "w2", 60000, false, 8 };
	struct tq_finish f = { .token = 7, .claim = 99, .how = TQ_RETRY,
	    .not_before = ahead };
	struct tq_task t = in_status(TQ_PENDING), old, to = { .id = "t1",
	    .submit_id = "s2", .fingerprint = "f1" };

	t.expires_at = NOW + 1000;
	T_INT(tq_turn_claim(&t, &lease, ahead, NOW, &mem).code, TQ_OK);
	t = in_status(TQ_RUNNING);
	t.expires_at = NOW + 1000;
	T_INT(tq_turn_take_over(&t, &lease, ahead, NOW, &mem).code, TQ_OK);
	t = in_status(TQ_RUNNING);
	t.expires_at = NOW + 1000;
	T_INT(tq_turn_finish(&t, &f, ahead, NOW, &mem).code, TQ_OK);
	T_INT(t.status, TQ_RETRYING);
	old = in_status(TQ_COMPLETED);
	old.fingerprint = "f1";
	old.keep_until = NOW + 1000;
	T_INT(tq_turn_submit(&old, &to, true, TQ_REPLACE_NEVER, ahead, NOW,
	    &mem), TQ_MET_SAME);
	T_INT(tq_turn_submit(&old, &to, true, TQ_REPLACE_NEVER, ahead, ahead,
	    &mem), TQ_MET_REPLACE);
}

static void
test_edits(void)
{
	struct tq_task t = in_status(TQ_RETRYING), to = { .max_attempts = 1 };

	T_INT(tq_turn_edit(&t, TQ_SET_MAX_ATTEMPTS, &to, NOW).code,
	    TQ_E_DATA);
	to.max_attempts = 2;
	T_INT(tq_turn_edit(&t, TQ_SET_MAX_ATTEMPTS, &to, NOW).code, TQ_OK);
	T_OK(t.max_attempts == 2 && t.token == 8);
	to.held = true;
	T_INT(tq_turn_edit(&t, TQ_SET_HELD, &to, NOW).code, TQ_OK);
	T_OK(t.status == TQ_RETRYING && !tq_due(&t, NOW + DAY));
	to.payload = tq_span_of("17");
	to.payload_kind = TQ_KIND_JSON;
	to.payload_crc = TQ_CRC_KNOWN | 7;
	t.payload_crc = TQ_CRC_KNOWN | 5;
	T_INT(tq_turn_edit(&t, TQ_SET_PAYLOAD, &to, NOW).code, TQ_OK);
	T_OK(tq_span_eq(t.payload, "17") && t.payload_size == 2 &&
	    t.payload_crc == (TQ_CRC_KNOWN | 7));
	t = in_status(TQ_PENDING);
	T_INT(tq_turn_edit(&t, TQ_SET_HELD, &to, NOW).code, TQ_OK);
	T_OK(!tq_due(&t, NOW + DAY));
	T_INT(tq_turn_edit(&t, TQ_SET_DRAINED, &to, NOW).code, TQ_E_STATE);
	/* What runs is its worker's. */
	t = in_status(TQ_RUNNING);
	T_INT(tq_turn_edit(&t, TQ_SET_HELD, &to, NOW).code, TQ_E_STATE);
	T_INT(tq_turn_edit(&t, TQ_SET_PAYLOAD, &to, NOW).code, TQ_E_STATE);
	T_OK(t.token == 7 && t.payload.n == in_status(TQ_RUNNING).payload.n);
	/* The end of what it waits for does not let it go. */
	t = in_status(TQ_BLOCKED);
	T_INT(tq_turn_edit(&t, TQ_SET_HELD, &to, NOW).code, TQ_OK);
	T_INT(tq_turn_unblock(&t, NOW).code, TQ_OK);
	T_OK(t.status == TQ_PENDING && t.held && !tq_due(&t, NOW + DAY));
	t = in_status(TQ_BLOCKED);
	to.not_before = NOW + 9000;
	tq_turn_edit(&t, TQ_SET_NOT_BEFORE, &to, NOW);
	T_INT(t.delay_ms, 9000);
	tq_turn_unblock(&t, NOW + 1000);
	T_OK(t.status == TQ_PENDING && t.not_before == NOW + 10000);
}

static void
test_moved(void)
{
	struct tq_task t = in_status(TQ_RETRYING);
	int attempts = t.attempts;
	int64_t created = t.created_at, due = t.not_before;
	uint64_t token = t.token;

	t.edges = 3;
	tq_turn_moved(&t, NOW);
	T_OK(t.status == TQ_RETRYING && t.attempts == attempts &&
	    t.created_at == created && t.not_before == due);
	T_OK(t.token == token + 1 && t.rev == 1 && t.claim == 0 &&
	    t.edges == 0);
}

/* For tests/cli/man.bats, which holds tq(7) against the table. */
static void
print_transitions(void)
{
	int from, to;

	for (from = 0; from < TQ_STATUS_MAX; from++)
		for (to = 0; to < TQ_STATUS_MAX; to++)
			if (tq_status_may((enum tq_status)from,
			    (enum tq_status)to))
				printf("%s %s\n",
				    tq_status_name((enum tq_status)from),
				    tq_status_name((enum tq_status)to));
}

static const struct t_case cases[] = {
    { "every verb in every status leads where the table says, or nowhere",
      test_cells },
    { "100,000 lives: tokens never fall, ended stays ended, one completion, "
      "attempts within claims", test_lives },
    { "a stale token or claim changes nothing", test_stale },
    { "a cancel wins over a retry and loses to a completion",
      test_cancel_wins },
    { "eight shutdowns use no attempt; the failure after them is retried",
      test_shutdowns },
    { "a death counts an attempt unless the task was only held ahead",
      test_deaths },
    { "a deadline survives claims and retries and ends what waits past it",
      test_deadline },
    { "an ended record is kept as asked, a dead one thirty days",
      test_keeping },
    { "a task given back goes on waiting since it was first due",
      test_due_since },
    { "the last ten attempts are remembered, and a success at once is not",
      test_history },
    { "a death is dated by the end of the lease, if that has come",
      test_death_dated },
    { "a lease that lapses at its deadline ends the task", test_lapse_edges },
    { "what is remembered is read back, and the log of each attempt",
      test_history_reads },
	{ "a message is cut between letters, and of many entries the newest count",
	      test_history_bounds },
    { "a submit that meets a record joins, conflicts or replaces",
      test_submit_meets },
    { "a clock that is not believed yet lets no deadline pass",
      test_wrong_clock },
    { "an edit changes what waits, in the bounds of its status", test_edits },
    { "a moved record keeps its life", test_moved },
};

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--transitions") == 0) {
		print_transitions();
		return 0;
	}
	return t_run(cases, sizeof(cases) / sizeof(cases[0]));
}

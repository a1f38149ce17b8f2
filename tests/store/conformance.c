/*
 * tests/store/conformance.c -- what store.h says, once, for every store.
 *
 *	conformance URL [few]
 *
 * With "few" it uses a tenth of the tasks where it needs many: some of what is
 * said then goes without a test, which another run without it has.
 *
 * Every case works on a queue of its own, so one store serves them all; time
 * is moved through the environment, so nothing sleeps.  A new store is done
 * when this is green for its URL.
 */
#include "conformance.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "store/setup.h"
#include "store/store.h"
#include "task/id.h"
#include "util/env.h"
#include "util/limits.h"
#include "util/time.h"

static const char *url;
static bool few;		/* the services are slow */
struct tq_store *st;
struct tq_arena arena;
struct tq_err err;
int64_t shift;			/* how far time was moved, ms */
static int64_t wall_step;		/* ... and the wall clock beside it */
char queue[64];			/* the running case's */
static struct tq_idgen gen;

static int64_t
shifted_wall(void *arg)
{
	(void)arg;
	return tq_wall_ms(&tq_env_system) + shift + wall_step;
}

static int64_t
shifted_boot(void *arg)
{
	(void)arg;
	return tq_boot_ms(&tq_env_system) + shift;
}

struct tq_env env;

/* A lease of 60 s and the clocks' margin: store.h allows for 5 s. */
#define LEASE_OVER	65001
/* Longer than any machine takes for the few calls before. */
#define SOON		50000

bool
on_sqlite(void)
{
	return strncmp(url, "sqlite:", 7) == 0;
}

size_t
many(size_t n)
{
	return few ? n / 10 : n;
}

/* Where queues are not made by themselves. */
static int
make_queue(void)
{
	const char *name = queue;
	struct tq_init opts = { .queues = &name, .nqueues = 1 };

	return on_sqlite() ? 0 :
	    tq_store_init(url, &env, &opts, NULL, NULL, &err);
}

/* -- what the cases use ------------------------------------------------------ */

struct tq_task
task(const char *type, const char *payload)
{
	struct tq_task t = { .queue = queue, .type = type,
	    .payload = tq_span_of(payload), .payload_kind = TQ_KIND_JSON };
	char id[TQ_UUID_TEXT];

	tq_id_new(&gen, tq_wall_ms(&env), tq_random_u64(&env), id);
	t.id = tq_arena_str(&arena, id);
	t.submit_id = tq_arena_fmt(&arena, "%016llx",
	    (unsigned long long)tq_random_u64(&env));
	return t;
}

struct tq_submitted
submit(const struct tq_task *t)
{
	struct tq_submit in = { .task = t };
	struct tq_submitted out = { .what = TQ_REFUSED, .code = TQ_E_BUG };

	if (tq_store_submit(st, &in, 1, &out, &err) == -1)
		T_FAIL("submit: %s", err.msg);
	return out;
}

const char *
put(const char *type, const char *payload)
{
	struct tq_task t = task(type, payload);

	T_INT(submit(&t).what, TQ_STORED);
	return t.id;
}

static struct tq_claimed
claim_as(const char *worker, const char *type, size_t n, size_t slots)
{
	struct tq_claimed got = { .arena = &arena };
	struct tq_claim req = { .queue = queue, .types = &type, .ntypes = 1,
	    .worker = worker, .lease_ms = 60000, .n = n, .slots = slots };

	if (tq_store_claim(st, &req, &got, &err) == -1)
		T_FAIL("claim: %s", err.msg);
	return got;
}

struct tq_claimed
claim(const char *type, size_t n)
{
	return claim_as("w1", type, n, n);
}

struct tq_answer
finish(const struct tq_task *t, enum tq_how how, const char *result)
{
	struct tq_finish in = { .id = t->id, .queue = queue,
	    .token = t->token, .claim = t->claim, .how = how };
	struct tq_answer out = { .code = TQ_E_BUG };

	if (result != NULL) {
		in.result = tq_span_of(result);
		in.result_kind = TQ_KIND_JSON;
	}
	if (how == TQ_RETRY || how == TQ_FAIL) {
		in.reason = "smtp: refused";
		in.err_stage = TQ_AT_PROCESS;
		in.err_code = "exit-1";
	}
	if (tq_store_finish(st, &in, 1, &out, NULL, NULL, &err) == -1)
		T_FAIL("finish: %s", err.msg);
	return out;
}

static struct tq_answer
finish_text(const struct tq_task *t, struct tq_span text)
{
	struct tq_finish in = { .id = t->id, .queue = queue,
	    .token = t->token, .claim = t->claim, .how = TQ_COMPLETE,
	    .result = text, .result_kind = TQ_KIND_TEXT };
	struct tq_answer out = { .code = TQ_E_BUG };

	if (tq_store_finish(st, &in, 1, &out, NULL, NULL, &err) == -1)
		T_FAIL("finish: %s", err.msg);
	return out;
}

const struct tq_task *
get(const char *id)
{
	struct tq_task *out = NULL;

	if (tq_store_get(st, &id, 1, TQ_WITH_PAYLOAD | TQ_WITH_RESULT, &arena,
	    &out, &err) == -1)
		T_FAIL("get: %s", err.msg);
	return out;
}

enum tq_status
status_of(const char *id)
{
	const struct tq_task *t = get(id);

	return t == NULL ? TQ_STATUS_MAX : t->status;
}

struct tq_count
count_of(const char *type)
{
	struct tq_count *rows, none = { .queue = queue };
	size_t i, n;

	if (tq_store_count(st, queue, &arena, &rows, &n, &err) == -1)
		T_FAIL("count: %s", err.msg);
	else
		for (i = 0; i < n; i++)
			if (strcmp(rows[i].type, type) == 0)
				return rows[i];
	return none;
}

/* One dead task, and its record. */
static const struct tq_task *
dead(const char *type)
{
	const char *id = put(type, "{}");
	struct tq_claimed got = claim(type, 1);

	T_INT(got.n, 1);
	if (got.n == 1)
		T_INT(finish(&got.tasks[0], TQ_FAIL, NULL).status, TQ_FAILED);
	return get(id);
}

static char *
big(size_t n)
{
	char *s = tq_arena_alloc(&arena, n + 1);

	memset(s, 'x', n);
	s[0] = s[n - 1] = '"';
	return s;
}

/* -- submit -------------------------------------------------------------------- */

static void
submit_stores_a_pending_record(void)
{
	struct tq_task t = task("a", "{\"n\":12345678901234567890,\"d\":1.10}");
	const struct tq_task *r;

	t.prio = 7;
	t.max_attempts = 5;
	t.timeout_ms = 90000;
	t.labels = tq_span_of("{\"k\":\"v\"}");
	t.group = "tenant";
	t.traceparent = "00-trace";
	t.input = "https://example.com/x.jpg";
	T_INT(submit(&t).what, TQ_STORED);
	T_MUST((r = get(t.id)) != NULL);
	T_INT(r->status, TQ_PENDING);
	T_STR(r->queue, queue);
	T_STR(r->type, "a");
	T_OK(tq_span_eq(r->payload, "{\"n\":12345678901234567890,\"d\":1.10}"));
	T_INT(r->payload_kind, TQ_KIND_JSON);
	T_INT(r->prio, 7);
	T_INT(r->max_attempts, 5);
	T_INT(r->timeout_ms, 90000);
	T_OK(tq_task_label(r, "k", "v"));
	T_STR(r->group, "tenant");
	T_STR(r->traceparent, "00-trace");
	T_STR(r->input, "https://example.com/x.jpg");
	T_INT(r->token, 1);
	T_INT(r->rev, 1);
	T_INT(r->attempts, 0);
	T_OK(r->created_at > 0 && r->created_at <= tq_wall_ms(&env));
}

static void
payload_bytes_of_every_size_come_back(void)
{
	static const size_t sizes[] = { 2, 1024, 1025, 65536, 65537, 3000000 };
	const struct tq_task *r;
	struct tq_claimed got;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct tq_task t = task("sizes", "");

		t.payload = (struct tq_span){ big(sizes[i]), sizes[i] };
		T_INT(submit(&t).what, TQ_STORED);
		T_MUST((r = get(t.id)) != NULL);
		T_INT(r->payload_size, sizes[i]);
		T_INT(r->payload.n, sizes[i]);
		T_OK(r->payload.n == sizes[i] &&
		    memcmp(r->payload.p, t.payload.p, sizes[i]) == 0);
		got = claim("sizes", 1);
		T_MUST(got.n == 1);
		T_STR(got.tasks[0].id, t.id);
		T_INT(got.tasks[0].payload.n, sizes[i]);
		T_INT(finish(&got.tasks[0], TQ_COMPLETE, t.payload.p).status,
		    TQ_COMPLETED);
		T_MUST((r = get(t.id)) != NULL);
		T_INT(r->result.n, sizes[i]);
		T_OK(r->result.n == sizes[i] &&
		    memcmp(r->result.p, t.payload.p, sizes[i]) == 0);
	}
}

static void
text_payload_stays_text(void)
{
	struct tq_task t = task("a", "plain \"words\"");

	t.payload_kind = TQ_KIND_TEXT;
	submit(&t);
	T_INT(get(t.id)->payload_kind, TQ_KIND_TEXT);
	T_OK(tq_span_eq(get(t.id)->payload, "plain \"words\""));
}

/* Also where bytes take six times their room on the way, or end a string. */
static void
text_of_any_bytes_comes_back(void)
{
	static const size_t sizes[] = { 3, 1024, 1025, 65536, 65537 };
	const struct tq_task *r;
	struct tq_claimed got;
	size_t i, k;
	char *s;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct tq_task t = task("bytes", "");

		s = tq_arena_alloc(&arena, sizes[i] + 1);
		for (k = 0; k < sizes[i]; k++)
			s[k] = i % 2 == 0 ? (char)(k % 32) : 1;
		t.payload = (struct tq_span){ s, sizes[i] };
		t.payload_kind = TQ_KIND_TEXT;
		T_INT(submit(&t).what, TQ_STORED);
		got = claim("bytes", 1);
		T_MUST(got.n == 1);
		T_INT(got.tasks[0].payload_kind, TQ_KIND_TEXT);
		T_INT(got.tasks[0].payload.n, sizes[i]);
		T_OK(got.tasks[0].payload.n == sizes[i] &&
		    memcmp(got.tasks[0].payload.p, s, sizes[i]) == 0);
		T_INT(finish_text(&got.tasks[0], t.payload).status,
		    TQ_COMPLETED);
		T_MUST((r = get(t.id)) != NULL);
		T_INT(r->result_kind, TQ_KIND_TEXT);
		T_INT(r->result.n, sizes[i]);
		T_OK(r->result.n == sizes[i] &&
		    memcmp(r->result.p, s, sizes[i]) == 0);
	}
}

static void
a_taken_id_is_refused(void)
{
	struct tq_task t = task("a", "{}"), other = task("a", "{}");

	T_INT(submit(&t).what, TQ_STORED);
	other.id = t.id;
	T_INT(submit(&other).what, TQ_REFUSED);
	T_INT(submit(&other).code, TQ_E_TAKEN);
	T_INT(count_of("a").by_status[TQ_PENDING], 1);
}

static void
the_same_submit_id_is_our_own_write(void)
{
	struct tq_task t = task("a", "{}");

	T_INT(submit(&t).what, TQ_STORED);
	T_INT(submit(&t).what, TQ_STORED);
	T_INT(count_of("a").by_status[TQ_PENDING], 1);
}

static struct tq_submitted
submit_keyed(struct tq_task *t, const char *fingerprint, bool replace_dead)
{
	struct tq_submit in = { t, true, replace_dead ? TQ_REPLACE_DEAD :
	    TQ_REPLACE_NEVER, false, 0 };
	struct tq_submitted out = { .what = TQ_REFUSED, .code = TQ_E_BUG };

	t->submit_id = tq_arena_fmt(&arena, "%016llx",
	    (unsigned long long)tq_random_u64(&env));
	t->fingerprint = fingerprint;
	if (tq_store_submit(st, &in, 1, &out, &err) == -1)
		T_FAIL("submit: %s", err.msg);
	return out;
}

static void
a_key_with_the_same_request_exists(void)
{
	struct tq_task t = task("a", "{}");
	struct tq_submitted out;

	T_INT(submit_keyed(&t, "f1", false).what, TQ_STORED);
	out = submit_keyed(&t, "f1", false);
	T_INT(out.what, TQ_EXISTS);
	T_INT(out.status, TQ_PENDING);
	out = submit_keyed(&t, "f2", false);
	T_INT(out.what, TQ_REFUSED);
	T_INT(out.code, TQ_E_CONFLICT);
}

static void
replace_dead_starts_a_dead_task_anew(void)
{
	struct tq_task t = task("a", "{\"v\":1}");
	struct tq_claimed got;
	uint64_t token;

	submit_keyed(&t, "f1", false);
	T_INT(submit_keyed(&t, "f1", true).what, TQ_EXISTS);
	got = claim("a", 1);
	T_MUST(got.n == 1);
	finish(&got.tasks[0], TQ_FAIL, NULL);
	T_INT(submit_keyed(&t, "f1", false).status, TQ_FAILED);
	token = get(t.id)->token;
	t.payload = tq_span_of("{\"v\":2}");
	T_INT(submit_keyed(&t, "f2", true).what, TQ_STORED);
	T_INT(status_of(t.id), TQ_PENDING);
	T_INT(get(t.id)->attempts, 0);
	T_OK(get(t.id)->reason == NULL);
	T_OK(get(t.id)->token > token);
	T_OK(tq_span_eq(get(t.id)->payload, "{\"v\":2}"));
	T_INT(count_of("a").by_status[TQ_FAILED], 0);
	T_INT(count_of("a").by_status[TQ_PENDING], 1);
}

static void
a_group_answers_per_item_and_keeps_order(void)
{
	struct tq_task t[100];
	struct tq_submit in[100];
	struct tq_submitted out[100];
	struct tq_claimed got;
	size_t i;

	for (i = 0; i < 100; i++) {
		t[i] = task("a", "{}");
		in[i] = (struct tq_submit){ .task = &t[i] };
	}
	t[50].id = t[49].id;
	T_INT(tq_store_submit(st, in, 100, out, &err), 0);
	for (i = 0; i < 100; i++)
		T_INT(out[i].what, i == 50 ? TQ_REFUSED : TQ_STORED);
	got = claim("a", 100);
	T_MUST(got.n == 99);
	for (i = 0; i < 50; i++)
		T_STR(got.tasks[i].id, t[i].id);
}

/* -- claim ----------------------------------------------------------------------- */

static void
claim_leases_with_token_and_attempt(void)
{
	const char *id = put("a", "{}");
	struct tq_claimed got = claim("a", 1);
	const struct tq_task *r;

	T_MUST(got.n == 1);
	T_STR(got.tasks[0].id, id);
	T_INT(got.tasks[0].status, TQ_RUNNING);
	T_INT(got.tasks[0].token, 2);
	T_INT(got.tasks[0].attempts, 1);
	T_OK(got.tasks[0].claim != 0);
	T_MUST((r = get(id)) != NULL);
	T_INT(r->status, TQ_RUNNING);
	T_STR(r->worker, "w1");
	T_INT(r->claim, got.tasks[0].claim);
	T_OK(r->started_at != 0);
	T_OK(r->lease_until > tq_wall_ms(&env) + 50000);
	T_INT(claim("a", 1).n, 0);
}

static void
claim_takes_only_its_types_and_queue(void)
{
	put("a", "{}");
	put("b", "{}");
	T_INT(claim("c", 5).n, 0);
	T_INT(claim("a", 5).n, 1);
	T_INT(claim("b", 5).n, 1);
}

static void
higher_priority_goes_first_then_age(void)
{
	struct tq_task t;
	struct tq_claimed got;
	static const int prios[] = { 0, 9, 0, 5, 9 };
	static const int want[] = { 9, 9, 5, 0, 0 };
	const char *ids[5];
	size_t i;

	for (i = 0; i < 5; i++) {
		t = task("a", "{}");
		t.prio = prios[i];
		submit(&t);
		ids[i] = t.id;
	}
	got = claim("a", 5);
	T_MUST(got.n == 5);
	for (i = 0; i < 5; i++)
		T_INT(got.tasks[i].prio, want[i]);
	T_STR(got.tasks[0].id, ids[1]);
	T_STR(got.tasks[3].id, ids[0]);
}

static void
a_delayed_task_is_claimed_when_due(void)
{
	struct tq_task t = task("a", "{}");
	struct tq_claimed got;

	t.not_before = tq_wall_ms(&env) + 3 * 86400000ll;
	submit(&t);
	got = claim("a", 1);
	T_INT(got.n, 0);
	T_INT(got.next_ms, t.not_before);
	T_INT(get(t.id)->not_before, t.not_before);
	shift += 3 * 86400000ll + 1;
	T_INT(claim("a", 1).n, 1);
}

static void
claim_by_id_ignores_order_and_delay(void)
{
	struct tq_task t = task("a", "{}");
	struct tq_claimed got = { .arena = &arena };
	struct tq_claim req = { .queue = queue, .worker = "w", .n = 1,
	    .slots = 1, .lease_ms = 60000 };

	put("a", "{}");
	t.not_before = tq_wall_ms(&env) + 1000000;
	submit(&t);
	req.ids = &t.id;
	req.nids = 1;
	T_INT(tq_store_claim(st, &req, &got, &err), 0);
	T_MUST(got.n == 1);
	T_STR(got.tasks[0].id, t.id);
}

static void
an_expired_lease_is_taken_over_alone(void)
{
	struct tq_claimed got, again;
	size_t i;

	for (i = 0; i < 3; i++)
		put("a", "{}");
	got = claim("a", 2);
	T_MUST(got.n == 2);
	T_INT(claim("a", 5).n, 1);
	put("a", "{}");
	shift += LEASE_OVER;
	again = claim_as("w2", "a", 5, 5);
	T_MUST(again.n == 1);
	T_INT(again.tasks[0].attempts, 2);
	T_OK(again.tasks[0].token > got.tasks[0].token);
	T_STR(get(again.tasks[0].id)->worker, "w2");
}

static void
a_prefetched_task_gets_its_attempt_back(void)
{
	const char *second;
	struct tq_claimed got;

	put("a", "{}");
	second = put("a", "{}");
	T_INT(claim_as("w1", "a", 2, 1).n, 2);
	shift += LEASE_OVER;
	got = claim_as("w2", "a", 1, 1);
	T_MUST(got.n == 1);
	got = claim_as("w2", "a", 1, 1);
	T_MUST(got.n == 1);
	T_STR(got.tasks[0].id, second);
	T_INT(got.tasks[0].attempts, 1);
}

static void
attempts_used_up_by_dead_workers_end_it(void)
{
	const char *id = put("a", "{}");
	int i;

	for (i = 0; i < 3; i++) {
		T_INT(claim("a", 1).n, 1);
		shift += LEASE_OVER;
	}
	T_INT(claim("a", 1).n, 0);
	T_INT(status_of(id), TQ_FAILED);
	T_OK(strstr(get(id)->reason, "w1") != NULL);
}

static void
two_deaths_alone_end_it_whatever_the_attempts(void)
{
	struct tq_task t = task("a", "{}");
	int i;

	t.max_attempts = 100;
	submit(&t);
	for (i = 0; i < 3; i++) {
		T_INT(claim("a", 1).n, 1);
		shift += LEASE_OVER;
	}
	T_INT(claim("a", 1).n, 0);
	T_INT(status_of(t.id), TQ_FAILED);
	T_OK(strstr(get(t.id)->reason, "died twice") != NULL);
}

static void
a_death_beside_a_prefetched_task_is_not_its_fault(void)
{
	struct tq_task t = task("a", "{}");
	int i;

	t.max_attempts = 100;
	submit(&t);
	T_INT(claim("a", 1).n, 1);
	for (i = 0; i < 5; i++) {
		shift += LEASE_OVER;
		T_INT(claim_as("w2", "a", 1, 0).n, 1);
	}
	T_INT(get(t.id)->crashes, 0);
	T_INT(status_of(t.id), TQ_RUNNING);
}

static void
a_limit_holds_across_workers(void)
{
	struct tq_limit limit = { "a", 3 };
	const char *type = "a";
	struct tq_claimed got = { .arena = &arena }, more = got;
	struct tq_claim req = { .queue = queue, .types = &type, .ntypes = 1,
	    .worker = "w1", .lease_ms = 60000, .n = 2, .slots = 2,
	    .limits = &limit, .nlimits = 1 };
	size_t i;

	for (i = 0; i < 6; i++)
		put("a", "{}");
	T_INT(tq_store_claim(st, &req, &got, &err), 0);
	T_INT(got.n, 2);
	req.worker = "w2";
	T_INT(tq_store_claim(st, &req, &more, &err), 0);
	T_INT(more.n, 1);
	T_INT(tq_store_claim(st, &req, &more, &err), 0);
	T_INT(more.n, 0);
	T_OK(more.limited);
	finish(&got.tasks[0], TQ_COMPLETE, NULL);
	T_INT(tq_store_claim(st, &req, &more, &err), 0);
	T_INT(more.n, 1);
}

/* -- finish, extend ------------------------------------------------------------------ */

static void
complete_stores_the_result(void)
{
	const char *id = put("a", "{}");
	struct tq_claimed got = claim("a", 1);
	struct tq_finish in = { .id = id, .queue = queue, .how = TQ_COMPLETE };
	struct tq_answer out;
	const struct tq_task *r;

	T_MUST(got.n == 1);
	in.token = got.tasks[0].token;
	in.claim = got.tasks[0].claim;
	in.result = tq_span_of("{\"ok\": 1.10}");
	in.result_kind = TQ_KIND_JSON;
	in.output = "blob:x/y/z";
	in.output_size = 7;
	in.log = "blob:x/y/log";
	T_INT(tq_store_finish(st, &in, 1, &out, NULL, NULL, &err), 0);
	T_INT(out.code, TQ_OK);
	T_INT(out.status, TQ_COMPLETED);
	T_MUST((r = get(id)) != NULL);
	T_INT(r->status, TQ_COMPLETED);
	T_OK(tq_span_eq(r->result, "{\"ok\": 1.10}"));
	T_STR(r->output, "blob:x/y/z");
	T_INT(r->output_size, 7);
	T_STR(r->log, "blob:x/y/log");
	T_OK(r->finished_at != 0);
	T_INT(finish(&got.tasks[0], TQ_COMPLETE, "2").code, TQ_E_LOST);
}

static void
a_retry_waits_and_counts(void)
{
	const char *id = put("a", "{}");
	struct tq_claimed got = claim("a", 1);
	struct tq_finish in = { .id = id, .queue = queue, .how = TQ_RETRY,
	    .reason = "exec: exited 1", .err_stage = TQ_AT_EXEC,
	    .err_code = "exit-1" };
	struct tq_answer out;

	T_MUST(got.n == 1);
	in.token = got.tasks[0].token;
	in.claim = got.tasks[0].claim;
	in.not_before = tq_wall_ms(&env) + SOON;
	T_INT(tq_store_finish(st, &in, 1, &out, NULL, NULL, &err), 0);
	T_INT(out.status, TQ_RETRYING);
	T_STR(get(id)->reason, "exec: exited 1");
	T_INT(get(id)->err_stage, TQ_AT_EXEC);
	T_INT(get(id)->not_before, in.not_before);
	T_INT(claim("a", 1).n, 0);
	shift += SOON + 1;
	got = claim("a", 1);
	T_MUST(got.n == 1);
	T_INT(got.tasks[0].attempts, 2);
	T_INT(finish(&got.tasks[0], TQ_COMPLETE, "1").status, TQ_COMPLETED);
	T_OK(get(id)->reason == NULL);
}

static void
release_gives_the_attempt_back(void)
{
	const char *id = put("a", "{}");
	struct tq_claimed got = claim("a", 1);
	struct tq_finish in = { .id = id, .queue = queue, .how = TQ_RELEASE,
	    .give_back = true };
	struct tq_answer out;
	uint64_t token;

	T_MUST(got.n == 1);
	in.token = got.tasks[0].token;
	in.claim = got.tasks[0].claim;
	T_INT(tq_store_finish(st, &in, 1, &out, NULL, NULL, &err), 0);
	T_INT(out.status, TQ_PENDING);
	T_INT(get(id)->attempts, 0);
	token = get(id)->token;
	T_OK(token > in.token);
	got = claim("a", 1);
	T_MUST(got.n == 1);
	T_INT(got.tasks[0].attempts, 1);
	T_OK(got.tasks[0].token > token);
}

static void
a_frozen_worker_is_refused_after_take_over(void)
{
	const char *id = put("a", "{}");
	struct tq_claimed old = claim("a", 1), new_claim;
	struct tq_extend x;
	struct tq_extended xo;

	T_MUST(old.n == 1);
	shift += LEASE_OVER;
	new_claim = claim_as("w2", "a", 1, 1);
	T_MUST(new_claim.n == 1);
	T_INT(finish(&old.tasks[0], TQ_COMPLETE, "\"old\"").code, TQ_E_LOST);
	x = (struct tq_extend){ .id = id, .token = old.tasks[0].token,
	    .claim = old.tasks[0].claim, .lease_ms = 60000 };
	T_INT(tq_store_extend(st, &x, 1, &xo, &err), 0);
	T_INT(xo.code, TQ_E_LOST);
	T_INT(finish(&new_claim.tasks[0], TQ_COMPLETE, "\"new\"").code, TQ_OK);
	T_OK(tq_span_eq(get(id)->result, "\"new\""));
}

static void
a_frozen_worker_is_refused_after_release_and_reclaim(void)
{
	struct tq_claimed old, new_claim;

	put("a", "{}");
	old = claim("a", 1);
	T_MUST(old.n == 1);
	finish(&old.tasks[0], TQ_RELEASE, NULL);
	new_claim = claim("a", 1);
	T_MUST(new_claim.n == 1);
	T_INT(finish(&old.tasks[0], TQ_COMPLETE, "1").code, TQ_E_LOST);
	T_INT(finish(&new_claim.tasks[0], TQ_COMPLETE, "2").code, TQ_OK);
}

static void
a_frozen_worker_is_refused_after_redrive(void)
{
	const char *id = put("a", "{}");
	struct tq_claimed old = claim("a", 1), new_claim;
	struct tq_ref ref = { id, 0 };
	struct tq_answer out;

	T_MUST(old.n == 1);
	finish(&old.tasks[0], TQ_FAIL, NULL);
	T_INT(tq_store_redrive(st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	new_claim = claim("a", 1);
	T_MUST(new_claim.n == 1);
	T_INT(finish(&old.tasks[0], TQ_COMPLETE, "1").code, TQ_E_LOST);
	T_INT(finish(&new_claim.tasks[0], TQ_COMPLETE, "2").code, TQ_OK);
}

static void
extend_moves_the_lease_and_writes_progress(void)
{
	const char *id = put("a", "{}");
	struct tq_claimed got = claim("a", 1);
	struct tq_extend x;
	struct tq_extended out;

	T_MUST(got.n == 1);
	shift += 50000;
	x = (struct tq_extend){ .id = id, .token = got.tasks[0].token,
	    .claim = got.tasks[0].claim, .lease_ms = 60000,
	    .progress = tq_span_of("{\"done\":1}"), .log = "blob:l" };
	T_INT(tq_store_extend(st, &x, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_OK(!out.cancel_requested);
	T_OK(tq_span_eq(get(id)->progress, "{\"done\":1}"));
	T_STR(get(id)->log, "blob:l");
	shift += 50000;
	T_INT(claim_as("w2", "a", 1, 1).n, 0);
	shift += 20000;
	T_INT(claim_as("w2", "a", 1, 1).n, 1);
}

static void
finish_and_claim_go_together(void)
{
	const char *type = "a", *second;
	struct tq_claimed got, next = { .arena = &arena };
	struct tq_claim req = { .queue = queue, .types = &type, .ntypes = 1,
	    .worker = "w1", .lease_ms = 60000, .n = 1, .slots = 1 };
	struct tq_finish in = { .queue = queue, .how = TQ_COMPLETE };
	struct tq_answer out;

	put("a", "{}");
	second = put("a", "{}");
	got = claim("a", 1);
	T_MUST(got.n == 1);
	in.id = got.tasks[0].id;
	in.token = got.tasks[0].token;
	in.claim = got.tasks[0].claim;
	T_INT(tq_store_finish(st, &in, 1, &out, &req, &next, &err), 0);
	T_INT(out.code, TQ_OK);
	T_MUST(next.n == 1);
	T_STR(next.tasks[0].id, second);
}

static void
tokens_never_repeat(void)
{
	const char *id = put("a", "{}");
	uint64_t last = 1;
	struct tq_ref ref = { id, 0 };
	struct tq_claimed got;
	struct tq_answer out;
	int i;

	for (i = 0; i < 6; i++) {
		got = claim("a", 1);
		T_MUST(got.n == 1);
		T_OK(got.tasks[0].token > last);
		last = got.tasks[0].token;
		finish(&got.tasks[0], i % 2 ? TQ_FAIL : TQ_RELEASE, NULL);
		T_OK(get(id)->token > last);
		last = get(id)->token;
		if (i % 2) {
			tq_store_redrive(st, &ref, 1, &out, &err);
			T_OK(get(id)->token > last);
			last = get(id)->token;
		}
	}
}

/* -- cancel, redrive, purge, edit ------------------------------------------------------ */

static struct tq_answer
cancel(const char *id)
{
	struct tq_answer out = { .code = TQ_E_BUG };

	if (tq_store_cancel(st, &id, 1, &out, &err) == -1)
		T_FAIL("cancel: %s", err.msg);
	return out;
}

static void
cancel_ends_a_waiting_task_at_once(void)
{
	const char *id = put("a", "{}");

	T_INT(cancel(id).status, TQ_CANCELLED);
	T_INT(status_of(id), TQ_CANCELLED);
	T_INT(claim("a", 1).n, 0);
	T_INT(cancel(id).code, TQ_OK);
	T_INT(cancel("no-such-task").code, TQ_E_NOTFOUND);
}

static void
cancel_reaches_running_work_at_extend(void)
{
	const char *id = put("a", "{}");
	struct tq_claimed got = claim("a", 1);
	struct tq_extend x;
	struct tq_extended out;

	T_MUST(got.n == 1);
	T_INT(cancel(id).status, TQ_RUNNING);
	x = (struct tq_extend){ .id = id, .token = got.tasks[0].token,
	    .claim = got.tasks[0].claim, .lease_ms = 60000 };
	T_INT(tq_store_extend(st, &x, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_OK(out.cancel_requested);
	T_INT(finish(&got.tasks[0], TQ_CANCEL, NULL).status, TQ_CANCELLED);
	T_INT(cancel(id).code, TQ_OK);
}

static void
a_completion_beats_a_cancel_request(void)
{
	const char *id = put("a", "{}");
	struct tq_claimed got = claim("a", 1);

	T_MUST(got.n == 1);
	cancel(id);
	T_INT(finish(&got.tasks[0], TQ_COMPLETE, "1").status, TQ_COMPLETED);
	T_INT(cancel(id).code, TQ_E_STATE);
}

static void
a_retry_of_a_cancelled_task_is_cancelled(void)
{
	const char *id = put("a", "{}");
	struct tq_claimed got = claim("a", 1);

	T_MUST(got.n == 1);
	cancel(id);
	T_INT(finish(&got.tasks[0], TQ_RETRY, NULL).status, TQ_CANCELLED);
}

static void
an_expired_lease_with_a_cancel_request_is_cancelled(void)
{
	const char *id = put("a", "{}");

	T_INT(claim("a", 1).n, 1);
	cancel(id);
	shift += LEASE_OVER;
	T_INT(claim("a", 1).n, 0);
	T_INT(status_of(id), TQ_CANCELLED);
}

static void
redrive_starts_a_dead_task_anew(void)
{
	const struct tq_task *t = dead("a");
	struct tq_ref ref;
	struct tq_answer out;

	T_MUST(t != NULL);
	T_STR(t->reason, "smtp: refused");
	ref = (struct tq_ref){ t->id, t->rev + 5 };
	T_INT(tq_store_redrive(st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_E_LOST);
	ref.rev = t->rev;
	T_INT(tq_store_redrive(st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_INT(status_of(t->id), TQ_PENDING);
	T_INT(get(t->id)->attempts, 0);
	T_OK(get(t->id)->reason == NULL);
	T_INT(tq_store_redrive(st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_E_LOST);
	ref.rev = 0;
	T_INT(tq_store_redrive(st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_E_STATE);
	T_INT(claim("a", 1).n, 1);
}

static void
purge_removes_finished_records_only(void)
{
	const struct tq_task *t = dead("a");
	const char *waiting = put("a", "{}");
	struct tq_ref refs[2];
	struct tq_answer out[2];

	T_MUST(t != NULL);
	refs[0] = (struct tq_ref){ t->id, 0 };
	refs[1] = (struct tq_ref){ waiting, 0 };
	T_INT(tq_store_purge(st, refs, 2, out, &err), 0);
	T_INT(out[0].code, TQ_OK);
	T_INT(out[1].code, TQ_E_STATE);
	T_OK(get(t->id) == NULL);
	T_INT(status_of(waiting), TQ_PENDING);
	T_INT(count_of("a").by_status[TQ_FAILED], 0);
}

static void
edit_changes_a_dead_task_in_place(void)
{
	const struct tq_task *t = dead("a"), *r;
	struct tq_task to = { .payload_kind = TQ_KIND_JSON };
	struct tq_edit e = { .set = TQ_SET_PAYLOAD, .to = &to };
	struct tq_claimed got;
	struct tq_answer out;
	static const size_t sizes[] = { 5, 2000, 100000, 7 };
	size_t i;

	T_MUST(t != NULL);
	e.ref.id = t->id;
	for (i = 0; i < 4; i++) {
		to.payload = (struct tq_span){ big(sizes[i]), sizes[i] };
		T_INT(tq_store_edit(st, &e, 1, &out, &err), 0);
		T_INT(out.code, TQ_OK);
		T_MUST((r = get(t->id)) != NULL);
		T_INT(r->payload.n, sizes[i]);
		T_INT(r->status, TQ_FAILED);
		T_OK(r->token > t->token);
	}
	e.ref.id = put("b", "{}");
	got = claim("b", 1);
	T_MUST(got.n == 1);
	finish(&got.tasks[0], TQ_COMPLETE, "1");
	T_INT(tq_store_edit(st, &e, 1, &out, &err), 0);
	T_INT(out.code, TQ_E_STATE);
}

static size_t
listed(struct tq_filter *f, size_t limit, struct tq_page *page)
{
	struct tq_list req = { .limit = limit };

	f->queue = queue;
	req.filter = *f;
	if (tq_store_list(st, &req, &arena, page, &err) == -1)
		T_FAIL("list: %s", err.msg);
	return page->n;
}

static void
drained_tasks_are_hidden_and_come_back(void)
{
	const struct tq_task *t = dead("a");
	struct tq_filter f = { .statuses = TQ_BIT(TQ_FAILED) };
	struct tq_task to = { .drained = true };
	struct tq_edit e = { .set = TQ_SET_DRAINED, .to = &to };
	struct tq_answer out;
	struct tq_page page;

	T_MUST(t != NULL);
	e.ref = (struct tq_ref){ t->id, t->rev };
	T_INT(listed(&f, 10, &page), 1);
	T_INT(tq_store_edit(st, &e, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_INT(listed(&f, 10, &page), 0);
	T_INT(count_of("a").by_status[TQ_FAILED], 0);
	T_INT(count_of("a").drained, 1);
	f.drained = true;
	T_INT(listed(&f, 10, &page), 1);
	e.ref.rev = 0;
	to.drained = false;
	T_INT(tq_store_edit(st, &e, 1, &out, &err), 0);
	T_INT(listed(&f, 10, &page), 0);
	T_INT(count_of("a").by_status[TQ_FAILED], 1);
}

/* -- list, count -------------------------------------------------------------------------- */

static void
list_pages_through_everything_once(void)
{
	struct tq_list req = { .filter.queue = queue, .limit = 7 };
	struct tq_page page;
	char seen[60] = "";
	struct tq_task t;
	size_t i, pages = 0, total = 0;
	const char *ids[60];

	for (i = 0; i < 60; i++) {
		t = task(i % 3 ? "a" : "b", "{}");
		t.prio = (int)(i % 4);
		submit(&t);
		ids[i] = t.id;
	}
	finish(&claim("a", 1).tasks[0], TQ_COMPLETE, "1");
	finish(&claim("b", 1).tasks[0], TQ_FAIL, NULL);
	claim("a", 3);
	do {
		if (tq_store_list(st, &req, &arena, &page, &err) == -1) {
			T_FAIL("list: %s", err.msg);
			return;
		}
		T_OK(page.n <= 7);
		for (i = 0; i < page.n; i++)
			for (size_t k = 0; k < 60; k++)
				if (strcmp(ids[k], page.tasks[i].id) == 0)
					seen[k]++;
		total += page.n;
		req.cursor = page.cursor;
	} while (page.cursor != NULL && ++pages < 100);
	T_INT(total, 60);
	for (i = 0; i < 60; i++)
		T_INT(seen[i], 1);
}

static void
list_orders_by_finish_time_both_ways(void)
{
	struct tq_list req = { .filter = { .queue = queue,
	    .statuses = TQ_BIT(TQ_FAILED) }, .limit = 3 };
	struct tq_page page;
	const char *ids[5];
	size_t i;

	for (i = 0; i < 5; i++) {
		const struct tq_task *t = dead(i % 2 ? "a" : "b");

		T_MUST(t != NULL);
		ids[i] = t->id;
		shift += 10;
	}
	T_INT(tq_store_list(st, &req, &arena, &page, &err), 0);
	T_MUST(page.n == 3);
	for (i = 0; i < 3; i++)
		T_STR(page.tasks[i].id, ids[i]);
	req.newest_first = true;
	T_INT(tq_store_list(st, &req, &arena, &page, &err), 0);
	T_MUST(page.n == 3 && page.cursor != NULL);
	for (i = 0; i < 3; i++)
		T_STR(page.tasks[i].id, ids[4 - i]);
	req.cursor = page.cursor;
	T_INT(tq_store_list(st, &req, &arena, &page, &err), 0);
	T_MUST(page.n == 2);
	T_STR(page.tasks[1].id, ids[0]);
}

static void
list_filters(void)
{
	struct tq_filter f = { .statuses = TQ_BIT(TQ_FAILED) };
	const struct tq_task *t;
	struct tq_task labelled = task("c", "{}");
	struct tq_page page;

	dead("a");
	dead("b");
	labelled.labels = tq_span_of("{\"env\":\"prod\",\"x\":\"1\"}");
	submit(&labelled);
	finish(&claim("c", 1).tasks[0], TQ_FAIL, NULL);
	T_INT(listed(&f, 10, &page), 3);
	f.type = "a";
	T_INT(listed(&f, 10, &page), 1);
	f.type = NULL;
	f.error = "SMTP";
	T_INT(listed(&f, 10, &page), 3);
	f.error = "no such words";
	T_INT(listed(&f, 10, &page), 0);
	f.error = NULL;
	f.label_key = "env";
	f.label_value = "prod";
	T_INT(listed(&f, 10, &page), 1);
	f.label_value = "dev";
	T_INT(listed(&f, 10, &page), 0);
	f.label_key = NULL;
	shift += 1000;
	t = dead("a");
	f.since = t->updated_at;
	T_INT(listed(&f, 10, &page), 1);
	f.until = f.since;
	f.since = 0;
	T_INT(listed(&f, 10, &page), 3);
}

static void
count_follows_every_change(void)
{
	struct tq_task t = task("a", "{}");
	struct tq_claimed got;

	put("a", "{}");
	put("a", "{}");
	put("a", "{}");
	t.not_before = tq_wall_ms(&env) + 100000;
	submit(&t);
	T_INT(count_of("a").by_status[TQ_PENDING], 4);
	T_OK(count_of("a").oldest_due != 0);
	got = claim("a", 3);
	T_MUST(got.n == 3);
	T_INT(count_of("a").by_status[TQ_RUNNING], 3);
	T_INT(count_of("a").by_status[TQ_PENDING], 1);
	T_INT(count_of("a").oldest_due, 0);
	finish(&got.tasks[0], TQ_COMPLETE, "1");
	finish(&got.tasks[1], TQ_FAIL, NULL);
	finish(&got.tasks[2], TQ_RETRY, NULL);
	cancel(t.id);
	T_INT(count_of("a").by_status[TQ_COMPLETED], 1);
	T_INT(count_of("a").by_status[TQ_FAILED], 1);
	T_INT(count_of("a").by_status[TQ_RETRYING], 1);
	T_INT(count_of("a").by_status[TQ_CANCELLED], 1);
	T_INT(count_of("a").by_status[TQ_RUNNING], 0);
}

/* A deadline for a start: whoever looks sees what the next write will write. */
static void
a_deadline_ends_what_waits(void)
{
	struct tq_filter ended = { .statuses = TQ_BIT(TQ_CANCELLED) };
	struct tq_filter waits = { .statuses = TQ_WAITING };
	struct tq_task t = task("a", "{}"), anew;
	const struct tq_task *seen, *written;
	struct tq_answer out;
	struct tq_page page;

	t.expires_at = tq_wall_ms(&env) + SOON;
	submit(&t);
	T_INT(status_of(t.id), TQ_PENDING);
	shift += SOON + 1000;
	T_MUST((seen = get(t.id)) != NULL);
	T_INT(seen->status, TQ_CANCELLED);
	T_INT(seen->finished_at, t.expires_at);
	T_OK(seen->reason != NULL);
	T_INT(listed(&waits, 10, &page), 0);
	T_INT(listed(&ended, 10, &page), 1);
	T_INT(count_of("a").by_status[TQ_PENDING], 0);
	T_INT(count_of("a").by_status[TQ_CANCELLED], 1);
	T_INT(claim("a", 1).n, 0);
	T_MUST((written = get(t.id)) != NULL);
	T_INT(written->rev, seen->rev);
	T_INT(written->finished_at, seen->finished_at);
	T_INT(tq_store_cancel(st, &t.id, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_INT(out.status, TQ_CANCELLED);
	anew = t;
	anew.submit_id = "0000000000000001";
	anew.expires_at = 0;
	T_INT(submit(&anew).code, TQ_E_TAKEN);
}

/* The look that ends it writes the record, but not what was asked of it. */
static void
an_edit_of_what_has_expired_is_refused_whole(void)
{
	struct tq_task t = task("a", "{}"), to = { .payload_kind =
	    TQ_KIND_JSON, .payload = { big(3000), 3000 } };
	struct tq_edit e = { .ref.id = t.id, .set = TQ_SET_PAYLOAD, .to = &to };
	const struct tq_task *r;
	struct tq_answer out;

	t.payload = (struct tq_span){ big(2000), 2000 };
	t.expires_at = tq_wall_ms(&env) + SOON;
	T_INT(submit(&t).what, TQ_STORED);
	shift += SOON + 1000;
	T_INT(tq_store_edit(st, &e, 1, &out, &err), 0);
	T_INT(out.code, TQ_E_STATE);
	T_MUST((r = get(t.id)) != NULL);
	T_INT(r->status, TQ_CANCELLED);
	T_INT(r->payload.n, 2000);
}

static void
a_sweep_ends_what_waits_too_long(void)
{
	struct tq_task t = task("a", "{}"), tried = task("b", "{}");
	struct tq_claimed got;
	struct tq_swept swept;

	t.expires_at = tried.expires_at = tq_wall_ms(&env) + SOON;
	submit(&t);
	submit(&tried);
	put("a", "{}");
	got = claim("b", 1);
	T_MUST(got.n == 1);
	finish(&got.tasks[0], TQ_RETRY, NULL);
	shift += SOON + 1000;
	T_INT(tq_store_sweep(st, "s", true, &swept, &err), 0);
	T_OK(swept.expired >= 2);
	T_INT(count_of("a").by_status[TQ_PENDING], 1);
	T_INT(count_of("a").by_status[TQ_CANCELLED], 1);
	T_INT(count_of("b").by_status[TQ_RETRYING], 0);
	T_INT(count_of("b").by_status[TQ_FAILED], 1);
}

/* A task that failed once and is not started again in time is dead. */
static void
a_deadline_survives_claim_and_retry(void)
{
	struct tq_task t = task("a", "{}");
	struct tq_claimed got;
	struct tq_answer out;
	struct tq_ref ref = { t.id, 0 };

	t.expires_at = tq_wall_ms(&env) + 30000;
	T_INT(submit(&t).what, TQ_STORED);
	got = claim("a", 1);
	T_MUST(got.n == 1);
	T_INT(finish(&got.tasks[0], TQ_RETRY, NULL).status, TQ_RETRYING);
	T_INT(get(t.id)->expires_at, t.expires_at);
	shift += 31000;
	T_INT(status_of(t.id), TQ_FAILED);
	T_INT(claim("a", 1).n, 0);
	T_INT(tq_store_redrive(st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_INT(claim("a", 1).n, 1);
}

/* An attempt that began in time may end when it likes. */
static void
a_started_task_may_end_after_its_deadline(void)
{
	struct tq_task t = task("a", "{}");
	struct tq_claimed got;

	t.expires_at = tq_wall_ms(&env) + 30000;
	T_INT(submit(&t).what, TQ_STORED);
	got = claim("a", 1);
	T_MUST(got.n == 1);
	shift += 31000;
	T_INT(status_of(t.id), TQ_RUNNING);
	T_INT(finish(&got.tasks[0], TQ_COMPLETE, NULL).status, TQ_COMPLETED);
}

/* A write notes what the clock says, and believes it ten minutes later. */
static void
let_the_clock_be_believed(void)
{
	put("b", "{}");
	shift += 10 * TQ_MINUTE_MS + 1000;
	put("b", "{}");
}

/* Another handle's: this one has read the clock and not written since. */
static void
a_reader_goes_by_the_clock_that_a_writer_believes(void)
{
	struct tq_task t = task("a", "{}");
	struct tq_store *reader, *writer = st;

	t.expires_at = tq_wall_ms(&env) + TQ_HOUR_MS;
	submit(&t);
	T_MUST(tq_store_open(url, &env, TQ_OPEN_READ, &reader, &err) == 0);
	st = reader;
	T_INT(status_of(t.id), TQ_PENDING);
	wall_step = TQ_HOUR_MS;
	T_INT(status_of(t.id), TQ_PENDING);
	st = writer;
	let_the_clock_be_believed();
	st = reader;
	T_INT(status_of(t.id), TQ_CANCELLED);
	tq_store_close(reader);
	st = writer;
	/* As it was, for the cases that follow: expiry never goes back. */
	wall_step = 0;
	let_the_clock_be_believed();
	shift += TQ_HOUR_MS;
}

/* Claim until the store says that it has looked at all. */
static size_t
claim_all(const char *type, size_t n)
{
	struct tq_claimed got;
	size_t sum = 0;
	int looks = 0;

	do {
		got = claim(type, n);
		sum += got.n;
	} while ((got.n > 0 || got.more) && ++looks < 1000);
	return sum;
}

static void
nothing_hides_behind_what_has_expired(void)
{
	const size_t expire = many(300), all = expire * 7 / 5;
	struct tq_submit in[420];
	struct tq_submitted out[420];
	struct tq_task t[420];
	size_t i;

	for (i = 0; i < all; i++) {
		t[i] = task(i < expire ? "a" : "b", "{}");
		t[i].prio = 5;
		if (i < expire)
			t[i].expires_at = tq_wall_ms(&env) + SOON;
		in[i] = (struct tq_submit){ .task = &t[i] };
	}
	T_INT(tq_store_submit(st, in, all, out, &err), 0);
	put("a", "{}");
	put("a", "{}");
	shift += SOON + 1000;
	T_INT(claim_all("a", 1), 2);
	put("a", "{}");
	put("a", "{}");
	T_INT(claim_all("a", 4), 2);
	T_INT(count_of("a").by_status[TQ_CANCELLED], expire);
}

static void
a_task_without_delay_is_due_whatever_the_clock(void)
{
	const char *id = put("a", "{}");
	struct tq_task later = task("a", "{}");
	struct tq_claimed got;

	later.not_before = tq_wall_ms(&env) + SOON;
	submit(&later);
	wall_step = -86400000;
	got = claim("a", 2);
	T_INT(got.n, 1);
	if (got.n == 1)
		T_STR(got.tasks[0].id, id);
	wall_step = 0;
}

static void
shutdowns_use_no_attempt(void)
{
	const char *id = put("a", "{}");
	struct tq_finish in = { .queue = queue, .how = TQ_RELEASE,
	    .give_back = true, .stopped = true };
	struct tq_claimed got;
	struct tq_answer out;
	int i;

	for (i = 0; i < 8; i++) {
		got = claim("a", 1);
		T_MUST(got.n == 1);
		T_INT(got.tasks[0].attempts, 1);
		in.id = got.tasks[0].id;
		in.token = got.tasks[0].token;
		in.claim = got.tasks[0].claim;
		T_INT(tq_store_finish(st, &in, 1, &out, NULL, NULL, &err), 0);
		T_INT(out.status, TQ_PENDING);
	}
	got = claim("a", 1);
	T_MUST(got.n == 1);
	T_INT(got.tasks[0].stops, 8);
	T_INT(finish(&got.tasks[0], TQ_RETRY, NULL).status, TQ_RETRYING);
	T_INT(get(id)->attempts, 1);
	T_INT(get(id)->stops, 0);
	T_OK(get(id)->history.n > 0);
}

/* A task given back keeps its place, and has waited since it was first due. */
static void
what_is_given_back_goes_to_its_place(void)
{
	const char *first = put("a", "{}");
	struct tq_claimed got = claim("a", 1);

	T_MUST(got.n == 1);
	shift += 5000;
	put("a", "{}");
	T_INT(finish(&got.tasks[0], TQ_RELEASE, NULL).status, TQ_PENDING);
	got = claim("a", 2);
	T_MUST(got.n == 2);
	T_STR(got.tasks[0].id, first);
	T_OK(got.tasks[0].due_since <= tq_wall_ms(&env) - 5000);
}

/* "Not now" does not make it look young. */
static void
what_is_put_off_has_waited_since_it_was_first_due(void)
{
	const char *id = put("a", "{}");
	struct tq_claimed got = claim("a", 1);
	struct tq_finish in = { .id = id, .queue = queue, .how = TQ_RELEASE,
	    .give_back = true, .reason = "exit 75" };
	struct tq_answer out = { .code = TQ_E_BUG };
	int64_t first = get(id)->created_at;

	T_MUST(got.n == 1);
	shift += 5000;
	in.token = got.tasks[0].token;
	in.claim = got.tasks[0].claim;
	in.not_before = tq_wall_ms(&env) + 30000;
	T_INT(tq_store_finish(st, &in, 1, &out, NULL, NULL, &err), 0);
	T_INT(out.status, TQ_PENDING);
	T_INT(claim("a", 1).n, 0);
	/* While it is not due, when it is again, and in what says why. */
	T_INT(count_of("a").oldest_due, first);
	T_INT(get(id)->due_since, first);
	shift += 40000;
	T_INT(count_of("a").oldest_due, first);
	T_INT(count_of("a").by_status[TQ_PENDING], 1);
	got = claim("a", 1);
	T_MUST(got.n == 1);
	T_INT(got.tasks[0].due_since, first);
}

static void
a_kept_record_goes_when_it_was_asked_to(void)
{
	struct tq_task t = task("a", "{}");
	struct tq_claimed got;
	struct tq_swept swept;

	t.keep_ms = 120000;
	submit(&t);
	got = claim("a", 1);
	T_MUST(got.n == 1);
	finish(&got.tasks[0], TQ_COMPLETE, "1");
	T_MUST(get(t.id) != NULL);
	T_OK(get(t.id)->keep_until <= tq_wall_ms(&env) + 120000);
	shift += 121000;
	T_OK(get(t.id) == NULL);
	T_INT(tq_store_sweep(st, "s", true, &swept, &err), 0);
	T_OK(swept.removed >= 1);
	T_INT(count_of("a").by_status[TQ_COMPLETED], 0);
}

static void
an_ended_task_is_replaced_on_request(void)
{
	struct tq_task t = task("a", "{}"), again;
	struct tq_submit in = { .keyed = true, .replace = TQ_REPLACE_ENDED };
	struct tq_submitted out;
	struct tq_claimed got;
	uint64_t token;

	t.fingerprint = "00000000000000000000000000000001";
	again = t;
	again.submit_id = "00000000000000aa";
	again.fingerprint = "00000000000000000000000000000002";
	submit(&t);
	in.task = &again;
	T_INT(tq_store_submit(st, &in, 1, &out, &err), 0);
	T_INT(out.what, TQ_EXISTS);
	got = claim("a", 1);
	T_MUST(got.n == 1);
	token = got.tasks[0].token;
	finish(&got.tasks[0], TQ_COMPLETE, "1");
	T_INT(tq_store_submit(st, &in, 1, &out, &err), 0);
	T_INT(out.what, TQ_STORED);
	T_INT(status_of(t.id), TQ_PENDING);
	T_OK(get(t.id)->token > token);
	T_OK(get(t.id)->result.n == 0);
	T_INT(count_of("a").by_status[TQ_COMPLETED], 0);
	/* One's own submitId comes before any replace. */
	got = claim("a", 1);
	T_MUST(got.n == 1);
	finish(&got.tasks[0], TQ_COMPLETE, "2");
	T_INT(tq_store_submit(st, &in, 1, &out, &err), 0);
	T_INT(out.what, TQ_STORED);
	T_INT(status_of(t.id), TQ_COMPLETED);
}

static void
a_held_task_waits_until_it_is_let_go(void)
{
	const char *id = put("a", "{}");
	struct tq_task to = { .held = true, .prio = 7 };
	struct tq_edit e = { .ref.id = id, .set = TQ_SET_HELD, .to = &to };
	struct tq_answer out;
	struct tq_claimed got;

	T_INT(tq_store_edit(st, &e, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_INT(claim("a", 1).n, 0);
	T_OK(get(id)->held);
	T_INT(count_of("a").by_status[TQ_PENDING], 1);
	T_INT(count_of("a").oldest_due, 0);
	e.set = TQ_SET_PRIO;
	T_INT(tq_store_edit(st, &e, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	to.held = false;
	e.set = TQ_SET_HELD;
	T_INT(tq_store_edit(st, &e, 1, &out, &err), 0);
	T_INT(get(id)->prio, 7);
	got = claim("a", 1);
	T_INT(got.n, 1);
	/* Not one that runs, whose worker notices nothing. */
	to.held = true;
	T_INT(tq_store_edit(st, &e, 1, &out, &err), 0);
	T_OK(out.code == TQ_E_STATE && out.status == TQ_RUNNING);
	/* But one whose attempt has failed. */
	T_INT(finish(&got.tasks[0], TQ_RETRY, NULL).code, TQ_OK);
	T_INT(tq_store_edit(st, &e, 1, &out, &err), 0);
	T_OK(out.code == TQ_OK && get(id)->held);
	T_INT(status_of(id), TQ_RETRYING);
	T_INT(claim("a", 1).n, 0);
	T_INT(count_of("a").by_status[TQ_RETRYING], 1);
	T_INT(tq_store_cancel(st, &id, 1, &out, &err), 0);
	T_INT(out.status, TQ_CANCELLED);
}

/* As it came from another store: waiting, with its attempts, or ended. */
static void
a_moved_record_keeps_its_life(void)
{
	char *long_text = tq_arena_alloc(&arena, 100001);
	struct tq_task t = task("a", "{}"), done = task("a", "{}");
	struct tq_submit in[2] = { { .task = &t, .moved = true },
	    { .task = &done, .moved = true } };
	struct tq_submitted out[2];
	struct tq_claimed got;
	struct tq_task *full;

	memset(long_text, 'x', 100000);
	t.status = TQ_RETRYING;
	t.attempts = 2;
	t.token = 5;
	t.created_at = tq_wall_ms(&env) - 60000;
	t.reason = "it was not there";
	done.status = TQ_COMPLETED;
	done.attempts = 1;
	done.created_at = t.created_at;
	done.finished_at = t.created_at + 1000;
	done.keep_until = tq_wall_ms(&env) + 600000;
	done.result = tq_span_of(long_text);
	done.result_kind = TQ_KIND_TEXT;
	done.result_size = 100000;
	T_INT(tq_store_submit(st, in, 2, out, &err), 0);
	T_OK(out[0].what == TQ_STORED && out[1].what == TQ_STORED);
	T_INT(tq_store_submit(st, in, 2, out, &err), 0);
	T_OK(out[0].what == TQ_STORED && out[1].what == TQ_STORED);
	T_OK(get(t.id)->status == TQ_RETRYING && get(t.id)->attempts == 2);
	T_INT(get(t.id)->created_at, t.created_at);
	T_STR(get(t.id)->reason, "it was not there");
	T_INT(count_of("a").by_status[TQ_COMPLETED], 1);
	T_INT(tq_store_get(st, &done.id, 1, TQ_WITH_RESULT, &arena, &full,
	    &err), 0);
	T_OK(full->status == TQ_COMPLETED && full->result.n == 100000 &&
	    full->finished_at == done.finished_at && !full->damaged);
	got = claim("a", 2);
	T_INT(got.n, 1);
	T_OK(got.tasks[0].token > 6 && got.tasks[0].attempts == 3);
}

/* A waiting task can be changed where it stands. */
static void
an_edit_moves_what_waits(void)
{
	const char *first = put("a", "{}"), *second = put("a", "{}");
	struct tq_task to = { .prio = 9, .labels = tq_span_of("{\"k\":\"v\"}"),
	    .not_before = tq_wall_ms(&env) + SOON };
	struct tq_edit e = { .ref.id = second,
	    .set = TQ_SET_PRIO | TQ_SET_LABELS, .to = &to };
	struct tq_answer out;
	struct tq_claimed got;

	T_INT(tq_store_edit(st, &e, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_OK(tq_task_label(get(second), "k", "v"));
	e = (struct tq_edit){ .ref.id = first, .set = TQ_SET_NOT_BEFORE,
	    .to = &to };
	T_INT(tq_store_edit(st, &e, 1, &out, &err), 0);
	got = claim("a", 2);
	T_MUST(got.n == 1);
	T_STR(got.tasks[0].id, second);
	shift += SOON + 1000;
	T_INT(claim("a", 2).n, 1);
}

static void
a_list_by_creation_goes_over_all_states(void)
{
	struct tq_list req = { .filter.queue = queue, .limit = 3,
	    .by_created = true };
	const char *ids[5];
	struct tq_claimed got;
	struct tq_page page;
	size_t i, n = 0;

	for (i = 0; i < 5; i++) {
		ids[i] = put("a", "{}");
		shift += 10;
	}
	got = claim("a", 2);
	T_MUST(got.n == 2);
	finish(&got.tasks[1], TQ_FAIL, NULL);
	do {
		T_INT(tq_store_list(st, &req, &arena, &page, &err), 0);
		for (i = 0; i < page.n && n < 5; i++)
			T_STR(page.tasks[i].id, ids[4 - n++]);
		req.cursor = page.cursor;
	} while (page.cursor != NULL);
	T_INT(n, 5);
	req.cursor = NULL;
	req.filter.statuses = TQ_BIT(TQ_FAILED);
	T_INT(tq_store_list(st, &req, &arena, &page, &err), 0);
	T_INT(page.n, 1);
}

static bool
of_this_queue(void *arg, const char *name, const char *type)
{
	return strcmp(name, queue) == 0 && strcmp(type, arg) == 0;
}

static uint32_t
rates_sum(const struct tq_rates *r, enum tq_rate rate)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < TQ_RATES_STEPS; i++)
		n += r->n[rate][i];
	return n;
}

/* Tasks older than an hour are not counted, nor as the first minute's. */
static void
rates_count_the_last_hour_by_the_minute(void)
{
	struct tq_rates r = { .want = of_this_queue, .arg = "a", .look = 1000 };
	struct tq_answer out;
	struct tq_claimed got;
	const char *id;
	uint32_t last;

	put("a", "{}");
	shift += 61 * TQ_RATES_STEP_MS;
	put("b", "{}");
	put("a", "{}");
	got = claim("a", 1);
	T_MUST(got.n == 1);
	finish(&got.tasks[0], TQ_COMPLETE, "1");
	got = claim("a", 1);
	T_MUST(got.n == 1);
	shift += TQ_RATES_STEP_MS;
	finish(&got.tasks[0], TQ_FAIL, NULL);
	id = put("a", "{}");
	T_INT(tq_store_cancel(st, &id, 1, &out, &err), 0);

	T_INT(tq_store_rates(st, &r, &arena, &err), 0);
	T_INT(r.known, r.start);
	T_INT(rates_sum(&r, TQ_RATE_CREATED), 2);
	T_INT(rates_sum(&r, TQ_RATE_COMPLETED), 1);
	T_INT(rates_sum(&r, TQ_RATE_FAILED), 1);
	T_INT(rates_sum(&r, TQ_RATE_CANCELLED), 1);
	last = r.n[TQ_RATE_CANCELLED][TQ_RATES_STEPS - 1] +
	    r.n[TQ_RATE_CANCELLED][TQ_RATES_STEPS - 2];
	T_INT(last, 1);
	T_OK(r.n[TQ_RATE_COMPLETED][TQ_RATES_STEPS - 2] +
	    r.n[TQ_RATE_COMPLETED][TQ_RATES_STEPS - 3] == 1);
}

static void
rates_say_from_when_on_they_are_whole(void)
{
	struct tq_rates r = { .want = of_this_queue, .arg = "a", .look = 1 };
	int i;

	for (i = 0; i < 3; i++) {
		put("a", "{}");
		shift += 10;
	}
	T_INT(tq_store_rates(st, &r, &arena, &err), 0);
	T_OK(r.known > r.start);
}

/* A read that left its transaction open would fail the next write. */
static void
every_read_leaves_its_handle_free_to_write(void)
{
	struct tq_ref ref = { .id = put("a", "{}") };
	struct tq_list req = { .filter.queue = queue, .limit = 3 };
	struct tq_rates r = { .want = of_this_queue, .arg = "a", .look = 10 };
	struct tq_task *tasks[1];
	struct tq_parent *parents;
	struct tq_presence *workers;
	struct tq_control *controls;
	struct tq_count *rows;
	struct tq_page page;
	const char **children;
	size_t n;

	T_INT(tq_store_get(st, &ref.id, 1, 0, &arena, tasks, &err), 0);
	put("a", "{}");
	T_INT(tq_store_list(st, &req, &arena, &page, &err), 0);
	put("a", "{}");
	T_INT(tq_store_count(st, queue, &arena, &rows, &n, &err), 0);
	put("a", "{}");
	T_INT(tq_store_rates(st, &r, &arena, &err), 0);
	put("a", "{}");
	T_INT(tq_store_parents(st, ref.id, &arena, &parents, &n, &err), 0);
	put("a", "{}");
	T_INT(tq_store_children(st, ref.id, &arena, &children, &n, &err), 0);
	put("a", "{}");
	T_INT(tq_store_workers(st, &arena, &workers, &n, &err), 0);
	put("a", "{}");
	T_INT(tq_store_control_list(st, &arena, &controls, &n, &err), 0);
	put("a", "{}");
	T_OK(tq_store_wait_ids(st, &ref, 1, 0, &arena, tasks, &err) != -1);
	put("a", "{}");
	T_INT(tq_store_wait_changes(st, queue, false, NULL, 0, &arena, &page,
	    &err), 0);
	put("a", "{}");
}

static void
wait_ids_tells_of_a_deadline(void)
{
	struct tq_task t = task("a", "{}"), *out;
	struct tq_ref ref = { t.id, 1 };

	t.expires_at = tq_wall_ms(&env) + 300;
	submit(&t);
	T_INT(tq_store_wait_ids(st, &ref, 1, 60000, &arena, &out, &err), 1);
	T_MUST(out != NULL);
	T_INT(out->status, TQ_CANCELLED);
}

static void
finished_records_go_after_their_time(void)
{
	const struct tq_task *dead_one = dead("a");
	const char *done = put("a", "{}");
	struct tq_swept swept;

	finish(&claim("a", 1).tasks[0], TQ_COMPLETE, "1");
	shift += TQ_KEEP_MS + 1;
	T_OK(get(done) == NULL);
	T_OK(get(dead_one->id) != NULL);
	T_INT(tq_store_sweep(st, "s", true, &swept, &err), 0);
	T_INT(count_of("a").by_status[TQ_COMPLETED], 0);
	T_INT(count_of("a").by_status[TQ_FAILED], 1);
	shift += TQ_KEEP_DEAD_MS;
	T_INT(tq_store_sweep(st, "s", true, &swept, &err), 0);
	T_INT(count_of("a").by_status[TQ_FAILED], 0);
}

static void
sweep_ends_leases_that_no_worker_will(void)
{
	const char *id = put("a", "{}");
	struct tq_swept swept;

	T_INT(claim("a", 1).n, 1);
	cancel(id);
	shift += LEASE_OVER;
	T_INT(tq_store_sweep(st, "s", true, &swept, &err), 0);
	T_INT(status_of(id), TQ_CANCELLED);
}

static void
one_process_sweeps_at_a_time(void)
{
	struct tq_swept swept;

	T_INT(tq_store_sweep(st, "s1", true, &swept, &err), 0);
	T_OK(!swept.skipped);
	T_INT(tq_store_sweep(st, "s2", false, &swept, &err), 0);
	T_OK(swept.skipped);
	T_INT(tq_store_sweep(st, "s1", false, &swept, &err), 0);
	T_OK(!swept.skipped);
	shift += 121000;
	T_INT(tq_store_sweep(st, "s2", false, &swept, &err), 0);
	T_OK(!swept.skipped);
}

/* -- control -------------------------------------------------------------------------------- */

static void
a_paused_queue_gives_nothing_until_its_time(void)
{
	struct tq_control c;
	struct tq_claimed got;

	put("a", "{}");
	T_INT(tq_store_control_get(st, queue, &arena, &c, &err), 0);
	T_INT(c.ver, 0);
	T_OK(!c.paused);
	c.paused = true;
	c.reason = "SES throttled";
	c.until = tq_wall_ms(&env) + SOON;
	T_INT(tq_store_control_set(st, &c, &err), 0);
	T_INT(tq_store_control_set(st, &c, &err), -1);
	T_INT(err.code, TQ_E_LOST);
	T_INT(tq_store_control_get(st, queue, &arena, &c, &err), 0);
	T_OK(c.paused);
	T_STR(c.reason, "SES throttled");
	got = claim("a", 1);
	T_INT(got.n, 0);
	T_OK(got.paused);
	shift += SOON + 1;
	T_INT(claim("a", 1).n, 1);
}

/* ${queue}'s among those of control_list; NULL: not there. */
static const struct tq_control *
listed_control(void)
{
	struct tq_control *all;
	size_t i, n;

	if (tq_store_control_list(st, &arena, &all, &n, &err) == -1)
		return NULL;
	for (i = 0; i < n; i++)
		if (strcmp(all[i].queue, queue) == 0)
			return &all[i];
	return NULL;
}

static void
a_queue_without_tasks_is_in_the_list_of_controls(void)
{
	const struct tq_control *found;
	struct tq_control c;

	T_OK(listed_control() == NULL);
	T_INT(tq_store_control_get(st, queue, &arena, &c, &err), 0);
	c.paused = true;
	c.reason = "night shift";
	c.until = tq_wall_ms(&env) + SOON;
	c.limits[0] = (struct tq_limit){ "a", 2 };
	c.nlimits = 1;
	T_INT(tq_store_control_set(st, &c, &err), 0);
	T_MUST((found = listed_control()) != NULL);
	T_OK(found->paused);
	T_STR(found->reason, "night shift");
	T_INT(found->until, c.until);
	T_INT(found->limits[0].max, 2);
	shift += SOON + 1;
	T_MUST((found = listed_control()) != NULL);
	T_OK(!found->paused);
}

static void
control_limits_hold(void)
{
	struct tq_control c;

	put("a", "{}");
	put("a", "{}");
	T_INT(tq_store_control_get(st, queue, &arena, &c, &err), 0);
	c.limits[0] = (struct tq_limit){ "a", 1 };
	c.nlimits = 1;
	T_INT(tq_store_control_set(st, &c, &err), 0);
	T_INT(claim("a", 5).n, 1);
	T_INT(claim("a", 5).n, 0);
	T_INT(tq_store_control_get(st, queue, &arena, &c, &err), 0);
	T_INT(c.nlimits, 1);
	T_STR(c.limits[0].type, "a");
	T_INT(c.limits[0].max, 1);
}

static void
a_queue_rate_holds_across_workers(void)
{
	struct tq_control c;
	struct tq_claimed got;
	int i;

	for (i = 0; i < 10; i++)
		put("a", "{}");
	T_INT(tq_store_control_get(st, queue, &arena, &c, &err), 0);
	c.rate = 1000.0 / SOON;
	T_INT(tq_store_control_set(st, &c, &err), 0);
	T_INT(claim_as("w1", "a", 5, 5).n, 1);
	got = claim_as("w2", "a", 5, 5);
	T_INT(got.n, 0);
	T_OK(got.limited);
	T_OK(got.next_ms > 0 && got.next_ms <= tq_wall_ms(&env) + SOON + 2);
	shift += SOON + 1;
	T_INT(claim_as("w2", "a", 5, 5).n, 1);
	shift += LEASE_OVER;
	T_INT(claim_as("w1", "b", 5, 5).n, 0);
	c.ver = 1;
	c.rate = 1000;
	T_INT(tq_store_control_set(st, &c, &err), 0);
	shift += 1000;
	T_INT(claim_as("w3", "a", 5, 5).n, 1);	/* a take-over, alone */
}

static void
workers_are_seen_for_a_minute(void)
{
	struct tq_presence p = { .worker = tq_arena_fmt(&arena, "w-%s", queue),
	    .queue = queue, .types = "a b", .slots = 4, .busy = 2,
	    .started_at = tq_wall_ms(&env) }, *out;
	size_t i, n, mine = 0;

	T_INT(tq_store_present(st, &p, false, &err), 0);
	T_INT(tq_store_workers(st, &arena, &out, &n, &err), 0);
	for (i = 0; i < n; i++)
		if (strcmp(out[i].worker, p.worker) == 0) {
			T_STR(out[i].types, "a b");
			T_INT(out[i].slots, 4);
			mine++;
		}
	T_INT(mine, 1);
	shift += 61000;
	T_INT(tq_store_workers(st, &arena, &out, &n, &err), 0);
	T_INT(n, 0);
	T_INT(tq_store_present(st, &p, false, &err), 0);
	T_INT(tq_store_present(st, &p, true, &err), 0);
	T_INT(tq_store_workers(st, &arena, &out, &n, &err), 0);
	T_INT(n, 0);
}

/* -- wait ---------------------------------------------------------------------------------------- */

/* Another process's hands: its own handle, in a thread. */
static void *
submit_soon(void *arg)
{
	const struct tq_task *t = arg;
	struct tq_submit in = { .task = t };
	struct tq_submitted out;
	struct tq_store *other;
	struct tq_err e;

	if (tq_store_open(url, &env, TQ_OPEN_WRITE, &other, &e) == -1)
		return NULL;
	tq_store_submit(other, &in, 1, &out, &e);
	tq_store_close(other);
	return NULL;
}

static void
a_submit_rings_the_bell(void)
{
	struct tq_task t = task("a", "{}");
	struct tq_claimed got = claim("a", 1);
	pthread_t thread;

	T_INT(got.n, 0);
	T_INT(tq_store_wait_ready(st, queue, got.bell, 0, &err), 0);
	pthread_create(&thread, NULL, submit_soon, &t);
	T_INT(tq_store_wait_ready(st, queue, got.bell, 20000, &err), 1);
	pthread_join(thread, NULL);
	T_INT(claim("a", 1).n, 1);
}

static void
a_bell_rung_before_the_wait_is_not_missed(void)
{
	struct tq_claimed got = claim("a", 1);

	put("a", "{}");
	T_INT(tq_store_wait_ready(st, queue, got.bell, 20000, &err), 1);
}

static void *
wake_soon(void *arg)
{
	tq_store_wake(arg);
	return NULL;
}

static void
wake_ends_a_wait(void)
{
	struct tq_claimed got = claim("a", 1);
	pthread_t thread;

	pthread_create(&thread, NULL, wake_soon, st);
	tq_store_wait_ready(st, queue, got.bell, 20000, &err);
	pthread_join(thread, NULL);
}

static void *
cancel_soon(void *arg)
{
	const char *id = arg;
	struct tq_answer out;
	struct tq_store *other;
	struct tq_err e;

	if (tq_store_open(url, &env, TQ_OPEN_WRITE, &other, &e) == -1)
		return NULL;
	tq_store_cancel(other, &id, 1, &out, &e);
	tq_store_close(other);
	return NULL;
}

static void
wait_ids_tells_what_changed(void)
{
	const char *id = put("a", "{}"), *still = put("a", "{}");
	struct tq_ref refs[3] = { { id, 1 }, { still, 1 }, { "gone", 1 } };
	struct tq_task *out[3];
	pthread_t thread;

	T_INT(tq_store_wait_ids(st, refs, 3, 1000, &arena, out, &err), 1);
	T_OK(out[2] != NULL && tq_is_gone(out[2]));
	T_OK(out[0] == NULL && out[1] == NULL);
	T_INT(tq_store_wait_ids(st, refs, 2, 0, &arena, out, &err), 0);
	pthread_create(&thread, NULL, cancel_soon, (void *)(uintptr_t)id);
	T_INT(tq_store_wait_ids(st, refs, 2, 20000, &arena, out, &err), 1);
	pthread_join(thread, NULL);
	T_MUST(out[0] != NULL);
	T_INT(out[0]->status, TQ_CANCELLED);
	T_OK(out[1] == NULL);
}

static void
there_are_no_messages_of_others(void)
{
	struct tq_foreign *v;
	bool more = true;
	size_t n = 1;

	put("a", "{}");
	T_INT(tq_store_foreign(st, queue, 10, &arena, &v, &n, &more, &err), 0);
	T_INT(n, 0);
	T_OK(!more);
}

static void
wait_changes_tells_each_change_once(void)
{
	struct tq_page page;
	struct tq_claimed got;
	const char *cursor, *id;

	T_INT(tq_store_wait_changes(st, queue, false, NULL, 0, &arena, &page,
	    &err), 0);
	T_INT(page.n, 0);
	cursor = page.cursor;
	T_MUST(cursor != NULL);
	id = put("a", "{}");
	T_INT(tq_store_wait_changes(st, queue, false, cursor, 20000, &arena, &page,
	    &err), 0);
	T_MUST(page.n == 1);
	T_STR(page.tasks[0].id, id);
	T_INT(page.tasks[0].status, TQ_PENDING);
	got = claim("a", 1);
	T_MUST(got.n == 1);
	finish(&got.tasks[0], TQ_COMPLETE, "1");
	T_INT(tq_store_wait_changes(st, queue, false, page.cursor, 20000, &arena,
	    &page, &err), 0);
	T_MUST(page.n == 1);
	T_INT(page.tasks[0].status, TQ_COMPLETED);
	T_INT(tq_store_wait_changes(st, queue, false, page.cursor, 0, &arena, &page,
	    &err), 0);
	T_INT(page.n, 0);
	cursor = page.cursor;
	shift += 61000;
	T_INT(tq_store_wait_changes(st, queue, false, cursor, 0, &arena, &page,
	    &err), -1);
	T_INT(err.code, TQ_E_LOST);
}

/* Whom it is asked of may take its time. */
static void
wait_changes_tells_that_a_cancel_was_asked_for(void)
{
	struct tq_page page;
	struct tq_claimed got;
	struct tq_answer out;
	const char *id = put("a", "{}");

	got = claim("a", 1);
	T_MUST(got.n == 1);
	T_INT(tq_store_wait_changes(st, queue, false, NULL, 0, &arena, &page,
	    &err), 0);
	T_INT(tq_store_cancel(st, &id, 1, &out, &err), 0);
	T_INT(out.status, TQ_RUNNING);
	T_INT(tq_store_wait_changes(st, queue, false, page.cursor, 20000, &arena,
	    &page, &err), 0);
	T_MUST(page.n == 1);
	T_STR(page.tasks[0].id, id);
	T_OK(page.tasks[0].cancel_requested);
}

static void
wait_changes_for_ends_tells_them_all(void)
{
	struct tq_page page;
	struct tq_claimed got;
	size_t i;

	T_INT(tq_store_wait_changes(st, queue, true, NULL, 0, &arena, &page,
	    &err), 0);
	put("a", "{}");
	put("a", "{}");
	T_INT(tq_store_wait_changes(st, queue, true, page.cursor, 20000, &arena,
	    &page, &err), 0);
	T_OK(page.seen > 0);
	got = claim("a", 1);
	T_MUST(got.n == 1);
	finish(&got.tasks[0], TQ_COMPLETE, "1");
	T_INT(tq_store_wait_changes(st, queue, true, page.cursor, 20000, &arena,
	    &page, &err), 0);
	for (i = 0; i < page.n; i++)
		if (strcmp(page.tasks[i].id, got.tasks[0].id) == 0)
			break;
	T_MUST(i < page.n);
	T_INT(page.tasks[i].status, TQ_COMPLETED);
}

static void
put_many(size_t n)
{
	struct tq_task *t = tq_arena_alloc(&arena, n * sizeof(*t));
	struct tq_submit *in = tq_arena_alloc(&arena, n * sizeof(*in));
	struct tq_submitted *out = tq_arena_alloc(&arena, n * sizeof(*out));
	size_t i;

	for (i = 0; i < n; i++) {
		t[i] = task("a", "{}");
		in[i].task = &t[i];
	}
	T_INT(tq_store_submit(st, in, n, out, &err), 0);
}

/* Rows that tell followers of a change. */
static int
rows_of_changes(void)
{
	FILE *f = popen(tq_arena_fmt(&arena, "sqlite3 '%s' "
	    "'SELECT count(*) FROM change'", url + strlen("sqlite:")), "r");
	int n = -1;

	if (f == NULL || fscanf(f, "%d", &n) != 1)
		T_FAIL("sqlite3 does not tell");
	if (f != NULL)
		pclose(f);
	return n;
}

static void
old_changes_go_while_new_ones_come(void)
{
	struct tq_page page;
	int i;

	T_INT(tq_store_wait_changes(st, queue, false, NULL, 0, &arena, &page,
	    &err), 0);
	put_many(1500);
	T_OK(rows_of_changes() >= 1500);
	shift += 2 * TQ_MINUTE_MS + 1000;
	T_INT(tq_store_wait_changes(st, queue, false, NULL, 0, &arena, &page,
	    &err), 0);
	for (i = 0; i < 4; i++)
		put_many(1100);
	T_INT(rows_of_changes(), 4400);
}

/* -- blobs ---------------------------------------------------------------------------------------- */

static int
blob_with(const char *bytes)
{
	int fd = tq_store_blob_tmp(st, &err);

	if (fd == -1)
		T_FAIL("blob_tmp: %s", err.msg);
	else if (write(fd, bytes, strlen(bytes)) != (ssize_t)strlen(bytes))
		T_FAIL("write");
	return fd;
}

static void
blobs_are_write_once(void)
{
	const char *name = tq_arena_fmt(&arena, "%s/task/1/out", queue);
	char buf[16] = "";
	int64_t size;
	int fd, file;

	fd = blob_with("hello");
	T_INT(tq_store_blob_put(st, name, fd, false, &err), 0);
	close(fd);
	fd = blob_with("other");
	T_INT(tq_store_blob_put(st, name, fd, false, &err), -1);
	T_INT(err.code, TQ_E_TAKEN);
	T_INT(tq_store_blob_put(st, name, fd, true, &err), 0);
	close(fd);
	T_MUST((fd = tq_store_blob_get(st, name, &size, &err)) != -1);
	T_INT(size, 5);
	T_INT(read(fd, buf, sizeof(buf)), 5);
	T_STR(buf, "other");
	close(fd);
	T_MUST((file = open("/proc/self/exe", O_RDONLY)) != -1);
	name = tq_arena_fmt(&arena, "blob:%s/task/2/out", queue);
	T_INT(tq_store_blob_put(st, name, file, false, &err), 0);
	T_MUST((fd = tq_store_blob_get(st, name, &size, &err)) != -1);
	T_INT(size, lseek(file, 0, SEEK_END));
	close(fd);
	close(file);
	T_INT(tq_store_blob_del(st, name, &err), 0);
	T_INT(tq_store_blob_del(st, name, &err), 0);
	T_INT(tq_store_blob_get(st, name, &size, &err), -1);
	T_INT(err.code, TQ_E_NOTFOUND);
}

static void
blob_names_stay_inside(void)
{
	static const char *const bad[] = { "../x", "a/../b", "/etc/passwd",
	    "a//b", "", "a/.hidden", "a/" };
	int64_t size;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		T_INT(tq_store_blob_get(st, bad[i], &size, &err), -1);
		T_INT(err.code, TQ_E_DATA);
	}
}

static void
purge_removes_the_blobs_too(void)
{
	struct tq_task t = task("a", "");
	struct tq_claimed got;
	struct tq_ref ref;
	struct tq_answer out;
	struct tq_finish in = { .queue = queue, .how = TQ_COMPLETE };
	const char *name = tq_arena_fmt(&arena, "%s/%s/2/out", queue, t.id);
	int64_t size;
	int fd = blob_with("gray");

	t.payload = (struct tq_span){ big(100000), 100000 };
	submit(&t);
	T_INT(tq_store_blob_put(st, name, fd, false, &err), 0);
	close(fd);
	got = claim("a", 1);
	T_MUST(got.n == 1);
	in.id = t.id;
	in.token = got.tasks[0].token;
	in.claim = got.tasks[0].claim;
	in.output = tq_arena_fmt(&arena, "blob:%s", name);
	T_INT(tq_store_finish(st, &in, 1, &out, NULL, NULL, &err), 0);
	ref = (struct tq_ref){ t.id, 0 };
	T_INT(tq_store_purge(st, &ref, 1, &out, &err), 0);
	T_INT(out.code, TQ_OK);
	T_INT(tq_store_blob_get(st, name, &size, &err), -1);
	T_INT(err.code, TQ_E_NOTFOUND);
}

/* Nobody names it yet, as when a submit is on its way.  It has the real time: so
   before any case that moves ours. */
static void
a_fresh_blob_stays_whatever_the_clock(void)
{
	static const int64_t wrong[] = { 3 * TQ_DAY_MS, -3 * TQ_DAY_MS, 0 };
	struct tq_task t = task("a", "");
	const char *name = tq_arena_fmt(&arena, "%s/%s/1/out", queue, t.id);
	int fd = blob_with("fresh");
	struct tq_swept swept;
	int64_t size;
	size_t i;

	T_INT(tq_store_blob_put(st, name, fd, false, &err), 0);
	close(fd);
	for (i = 0; i < 3; i++) {
		wall_step = wrong[i];
		T_INT(tq_store_sweep(st, "s", true, &swept, &err), 0);
		T_INT(swept.blobs, 0);
	}
	fd = tq_store_blob_get(st, name, &size, &err);
	T_OK(fd != -1);
	close(fd);
}

static const struct t_case cases[] = {
#define CASE(fn) { #fn, fn }
	/* A sweep looks at every queue: these first, while there are few. */
	CASE(a_fresh_blob_stays_whatever_the_clock),
	CASE(a_sweep_ends_what_waits_too_long),
	CASE(a_kept_record_goes_when_it_was_asked_to),
	CASE(finished_records_go_after_their_time),
	CASE(sweep_ends_leases_that_no_worker_will),
	CASE(one_process_sweeps_at_a_time),
	CASE(a_parent_is_kept_while_a_child_has_not_ended),
	CASE(a_deadline_ends_what_is_blocked),
	CASE(nothing_hides_behind_what_has_expired),
	CASE(submit_stores_a_pending_record),
	CASE(payload_bytes_of_every_size_come_back),
	CASE(text_payload_stays_text),
	CASE(text_of_any_bytes_comes_back),
	CASE(a_taken_id_is_refused),
	CASE(the_same_submit_id_is_our_own_write),
	CASE(a_key_with_the_same_request_exists),
	CASE(replace_dead_starts_a_dead_task_anew),
	CASE(a_group_answers_per_item_and_keeps_order),
	CASE(claim_leases_with_token_and_attempt),
	CASE(claim_takes_only_its_types_and_queue),
	CASE(higher_priority_goes_first_then_age),
	CASE(a_delayed_task_is_claimed_when_due),
	CASE(claim_by_id_ignores_order_and_delay),
	CASE(an_expired_lease_is_taken_over_alone),
	CASE(a_prefetched_task_gets_its_attempt_back),
	CASE(attempts_used_up_by_dead_workers_end_it),
	CASE(two_deaths_alone_end_it_whatever_the_attempts),
	CASE(a_death_beside_a_prefetched_task_is_not_its_fault),
	CASE(a_limit_holds_across_workers),
	CASE(complete_stores_the_result),
	CASE(a_retry_waits_and_counts),
	CASE(release_gives_the_attempt_back),
	CASE(a_frozen_worker_is_refused_after_take_over),
	CASE(a_frozen_worker_is_refused_after_release_and_reclaim),
	CASE(a_frozen_worker_is_refused_after_redrive),
	CASE(extend_moves_the_lease_and_writes_progress),
	CASE(finish_and_claim_go_together),
	CASE(tokens_never_repeat),
	CASE(cancel_ends_a_waiting_task_at_once),
	CASE(cancel_reaches_running_work_at_extend),
	CASE(a_completion_beats_a_cancel_request),
	CASE(a_retry_of_a_cancelled_task_is_cancelled),
	CASE(an_expired_lease_with_a_cancel_request_is_cancelled),
	CASE(redrive_starts_a_dead_task_anew),
	CASE(purge_removes_finished_records_only),
	CASE(edit_changes_a_dead_task_in_place),
	CASE(drained_tasks_are_hidden_and_come_back),
	CASE(list_pages_through_everything_once),
	CASE(list_orders_by_finish_time_both_ways),
	CASE(list_filters),
	CASE(count_follows_every_change),
	CASE(a_deadline_ends_what_waits),
	CASE(an_edit_of_what_has_expired_is_refused_whole),
	CASE(a_deadline_survives_claim_and_retry),
	CASE(a_started_task_may_end_after_its_deadline),
	CASE(a_task_without_delay_is_due_whatever_the_clock),
	{ "sqlite:a_reader_goes_by_the_clock_that_a_writer_believes",
	    a_reader_goes_by_the_clock_that_a_writer_believes },
	CASE(shutdowns_use_no_attempt),
	CASE(what_is_given_back_goes_to_its_place),
	CASE(what_is_put_off_has_waited_since_it_was_first_due),
	CASE(an_ended_task_is_replaced_on_request),
	CASE(a_held_task_waits_until_it_is_let_go),
	CASE(a_moved_record_keeps_its_life),
	CASE(an_edit_moves_what_waits),
	CASE(a_list_by_creation_goes_over_all_states),
	CASE(rates_count_the_last_hour_by_the_minute),
	CASE(rates_say_from_when_on_they_are_whole),
	CASE(every_read_leaves_its_handle_free_to_write),
	CASE(wait_ids_tells_of_a_deadline),
	CASE(a_paused_queue_gives_nothing_until_its_time),
	CASE(a_queue_without_tasks_is_in_the_list_of_controls),
	CASE(control_limits_hold),
	CASE(a_queue_rate_holds_across_workers),
	CASE(workers_are_seen_for_a_minute),
	CASE(a_submit_rings_the_bell),
	CASE(a_bell_rung_before_the_wait_is_not_missed),
	CASE(wake_ends_a_wait),
	CASE(wait_ids_tells_what_changed),
	CASE(wait_changes_tells_each_change_once),
	CASE(wait_changes_tells_that_a_cancel_was_asked_for),
	CASE(wait_changes_for_ends_tells_them_all),
	{ "sqlite:old_changes_go_while_new_ones_come",
	    old_changes_go_while_new_ones_come },
	CASE(there_are_no_messages_of_others),
	CASE(blobs_are_write_once),
	CASE(blob_names_stay_inside),
	CASE(purge_removes_the_blobs_too),
};

int t_bad;

/* The cases of all files, in one row. */
static const struct t_case *
case_at(size_t i)
{
	const size_t n = sizeof(cases) / sizeof(cases[0]);

	return i < n ? &cases[i] : &edge_cases[i - n];
}

int
main(int argc, char **argv)
{
	size_t i, n = sizeof(cases) / sizeof(cases[0]) + edge_ncases;
	int failed = 0;

	few = argc == 3 && strcmp(argv[2], "few") == 0;
	if (argc != 2 && !few) {
		fprintf(stderr, "usage: conformance URL [few]\n");
		return 2;
	}
	url = argv[1];
	env = tq_env_system;
	env.wall_ms = shifted_wall;
	env.boot_ms = shifted_boot;
	setvbuf(stdout, NULL, _IOLBF, 0);	/* how far it came, if it is ended */
	printf("1..%zu\n", n);
	for (i = 0; i < n; i++) {
		const char *name = case_at(i)->sentence;
		const char *only = strchr(name, ':');

		if (only != NULL && strncmp(url, name,
		    (size_t)(only + 1 - name)) != 0) {
			printf("ok %zu - store: %s # skip only sqlite "
			    "has it\n", i + 1, only + 1);
			continue;
		}
		name = only != NULL ? only + 1 : name;
		t_bad = 0;
		snprintf(queue, sizeof(queue), "c%zu-%d", i, (int)getpid());
		if (make_queue() == -1 ||
		    tq_store_open(url, &env, TQ_OPEN_CREATE, &st, &err) == -1) {
			printf("Bail out! %s\n", err.msg);
			return 1;
		}
		case_at(i)->run();
		tq_store_close(st);
		tq_arena_reset(&arena);
		printf("%s %zu - store: %s\n", t_bad ? "not ok" : "ok", i + 1,
		    name);
		failed += t_bad != 0;
	}
	tq_arena_free(&arena);
	return failed != 0;
}

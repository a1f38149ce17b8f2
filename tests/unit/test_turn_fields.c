/*
 * tests/unit/test_turn_fields.c -- what each verb changes of a record that has
 * everything, and that it leaves the rest alone.
 */
#include "t.h"

#include <stddef.h>

#include "task/history.h"
#include "task/turn.h"

#define NOW	INT64_C(1790000000000)

#define FIELD(f) { #f, offsetof(struct tq_task, f), \
    sizeof(((struct tq_task *)0)->f) }

static const struct {
	const char	*name;
	size_t		 at, n;
} fields[] = {
	FIELD(id), FIELD(queue), FIELD(type), FIELD(payload),
	FIELD(payload_kind), FIELD(payload_size), FIELD(payload_crc),
	FIELD(input), FIELD(input_name), FIELD(input_size), FIELD(input_crc),
	FIELD(labels), FIELD(prio), FIELD(max_attempts), FIELD(timeout_ms),
	FIELD(backoff_ms), FIELD(backoff_cap_ms), FIELD(not_before),
	FIELD(delay_ms), FIELD(expires_at), FIELD(keep_ms), FIELD(group),
	FIELD(parent), FIELD(after), FIELD(after_ended), FIELD(parents),
	FIELD(notify), FIELD(traceparent), FIELD(submit_id),
	FIELD(fingerprint), FIELD(argv), FIELD(cwd), FIELD(chdir),
	FIELD(umask), FIELD(env), FIELD(uid), FIELD(held), FIELD(edges),
	FIELD(waits), FIELD(attempts), FIELD(crashes), FIELD(stops),
	FIELD(alone), FIELD(prefetched), FIELD(token), FIELD(claim),
	FIELD(rev), FIELD(lease_until), FIELD(created_at), FIELD(updated_at),
	FIELD(started_at), FIELD(finished_at), FIELD(due_since),
	FIELD(keep_until), FIELD(give_up_at), FIELD(cancel_requested),
	FIELD(drained), FIELD(worker), FIELD(progress), FIELD(result),
	FIELD(result_kind), FIELD(result_size), FIELD(result_crc),
	FIELD(output), FIELD(output_size), FIELD(output_crc), FIELD(history),
	FIELD(log), FIELD(out_log), FIELD(reason), FIELD(err_stage),
	FIELD(err_code), FIELD(dlq_owed),
};
#define NFIELDS	(sizeof(fields) / sizeof(fields[0]))

static struct tq_arena mem;

static struct tq_span
span(const char *s)
{
	return tq_span_of(s);
}

/* No field is 0; a RUNNING one that started and holds its lease. */
static struct tq_task
full(enum tq_status status)
{
	return (struct tq_task){ .id = "t1", .queue = "q", .type = "x",
	    .payload = span("1"), .payload_kind = TQ_KIND_TEXT,
	    .payload_size = 1, .payload_crc = 1, .input = "blob:q/t1/i",
	    .input_name = "i", .input_size = 1, .input_crc = 1,
	    .labels = span("{\"a\":\"b\"}"), .prio = 1, .max_attempts = 9,
	    .timeout_ms = 1, .backoff_ms = 1, .backoff_cap_ms = 1,
	    .not_before = NOW - 50, .delay_ms = 1, .expires_at = NOW + 1000,
	    .keep_ms = 1, .group = "g", .parent = "p",
	    .after = span("[\"a\"]"), .after_ended = span("[\"b\"]"),
	    .parents = 1, .notify = "n", .traceparent = "tp",
	    .submit_id = "s1", .fingerprint = "f1", .argv = span("[\"a\"]"),
	    .cwd = "/", .chdir = true, .umask = "22", .env = span("{}"),
	    .uid = "1", .status = status, .held = status != TQ_RUNNING,
	    .edges = 1, .waits = 1, .attempts = 3, .crashes = 1, .stops = 1,
	    .alone = true, .prefetched = false, .token = 7, .claim = 9,
	    .rev = 20, .lease_until = NOW - 10, .created_at = NOW - 500,
	    .updated_at = NOW - 100, .started_at = NOW - 90,
	    .finished_at = NOW - 80, .due_since = NOW - 70, .keep_until = 1,
	    .give_up_at = 1, .cancel_requested = status != TQ_RUNNING, .drained = true,
	    .worker = "w1", .progress = span("{}"), .result = span("1"),
	    .result_kind = TQ_KIND_TEXT, .result_size = 1, .result_crc = 1,
	    .output = "blob:q/t1/o", .output_size = 1, .output_crc = 1,
	    .log = "blob:q/t1/l", .out_log = "blob:q/t1/s", .reason = "why",
	    .err_stage = TQ_AT_EXEC, .err_code = "c", .dlq_owed = true };
}

/* The names of the fields that differ; rev and updated_at go without saying. */
static const char *
changed(const struct tq_task *was, const struct tq_task *is)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	const char *out;
	size_t i;

	for (i = 0; i < NFIELDS; i++)
		if (memcmp((const char *)was + fields[i].at, (const char *)is +
		    fields[i].at, fields[i].n) != 0 &&
		    strcmp(fields[i].name, "rev") != 0 &&
		    strcmp(fields[i].name, "updated_at") != 0)
			tq_buf_fmt(&b, "%s%s", b.len > 0 ? " " : "",
			    fields[i].name);
	out = tq_arena_str(&mem, b.data == NULL ? "" : b.data);
	tq_buf_free(&b);
	return out;
}

static const struct tq_lease lease = { "w2", 60000, true, 8 };

static void
turn_claim(struct tq_task *t)
{
	t->held = false;
	tq_turn_claim(t, &lease, NOW, NOW, &mem);
}

static void
turn_take_over(struct tq_task *t)
{
	t->crashes = 0;
	tq_turn_take_over(t, &lease, NOW, NOW, &mem);
}

static void
turn_lapse(struct tq_task *t)
{
	t->crashes = 2;
	tq_turn_lapse(t, NOW, NOW, &mem);
}

static void
turn_extend(struct tq_task *t)
{
	const struct tq_extend in = { .token = 7, .claim = 9,
	    .lease_ms = 1000, .started = true };

	t->prefetched = true;
	tq_turn_extend(t, &in, NOW);
}

static void
turn_extend_all(struct tq_task *t)
{
	const struct tq_extend in = { .token = 7, .claim = 9,
	    .lease_ms = 1000, .progress = span("{\"a\":1}"), .log = "l2",
	    .out_log = "o2" };

	tq_turn_extend(t, &in, NOW);
}

static void
finish(struct tq_task *t, enum tq_how how)
{
	const struct tq_finish in = { .token = 7, .claim = 9, .how = how,
	    .not_before = NOW + 10, .give_up_at = 2, .give_back = true,
	    .stopped = true, .result = span("22"),
	    .result_kind = TQ_KIND_JSON, .output = "o2", .output_size = 2,
	    .output_crc = 2, .log = "l2", .out_log = "s2", .reason = "no",
	    .err_stage = TQ_AT_FETCH, .err_code = "d" };

	tq_turn_finish(t, &in, NOW, NOW, &mem);
}

static void turn_complete(struct tq_task *t) { finish(t, TQ_COMPLETE); }
static void turn_retry(struct tq_task *t) { finish(t, TQ_RETRY); }
static void turn_fail(struct tq_task *t) { finish(t, TQ_FAIL); }
static void turn_release(struct tq_task *t) { finish(t, TQ_RELEASE); }
static void turn_cancelled(struct tq_task *t) { finish(t, TQ_CANCEL); }
static void turn_cancel(struct tq_task *t) { tq_turn_cancel(t, NOW); }
static void turn_redrive(struct tq_task *t) { tq_turn_redrive(t, NOW); }
static void turn_unblock(struct tq_task *t) { tq_turn_unblock(t, NOW); }
static void turn_mark(struct tq_task *t) { tq_turn_mark(t); }
static void turn_moved(struct tq_task *t) { tq_turn_moved(t, NOW); }

static void
turn_break(struct tq_task *t)
{
	tq_turn_break(t, "p", true, NOW, &mem);
}

static void
turn_expire(struct tq_task *t)
{
	t->expires_at = NOW;
	tq_turn_expire(t, NOW, &mem);
}

static void
turn_anew(struct tq_task *t)
{
	struct tq_task old = full(TQ_COMPLETED);

	t->submit_id = "s2";
	tq_turn_submit(&old, t, false, TQ_REPLACE_ENDED, NOW, NOW, &mem);
}

static void
edit(struct tq_task *t, unsigned set)
{
	const struct tq_task to = { .payload = span("333"),
	    .payload_kind = TQ_KIND_JSON, .payload_crc = 3,
	    .argv = span("[]"), .uid = "3", .prio = 3, .expires_at = 3,
	    .timeout_ms = 3, .max_attempts = 33, .backoff_ms = 3,
	    .backoff_cap_ms = 3, .labels = span("{}"), .group = "g3",
	    .keep_ms = 3, .not_before = NOW + 3 };

	tq_turn_edit(t, set, &to, NOW);
}

static void
turn_edit(struct tq_task *t)
{
	edit(t, ~(unsigned)(TQ_SET_HELD | TQ_SET_DRAINED));
}

static void turn_hold(struct tq_task *t) { edit(t, TQ_SET_HELD); }
static void turn_drain(struct tq_task *t) { edit(t, TQ_SET_DRAINED); }

/* The verb, the record before, and all that it changes. */
static const struct row {
	const char	*verb;
	void		(*turn)(struct tq_task *);
	enum tq_status	 from, to;
	const char	*changes;
} rows[] = {
	{ "claim", turn_claim, TQ_PENDING, TQ_RUNNING,
	    "not_before held attempts alone prefetched token claim "
	    "lease_until started_at worker progress" },
	{ "take-over", turn_take_over, TQ_RUNNING, TQ_RUNNING,
	    "not_before attempts prefetched token claim lease_until "
	    "started_at worker progress history" },
	{ "lapse", turn_lapse, TQ_RUNNING, TQ_FAILED,
	    "not_before waits crashes stops alone token claim lease_until "
	    "finished_at due_since keep_until give_up_at progress "
	    "history reason err_stage err_code" },
	{ "extend", turn_extend, TQ_RUNNING, TQ_RUNNING,
	    "lease_until" },
	{ "extend with news", turn_extend_all, TQ_RUNNING, TQ_RUNNING,
	    "lease_until progress log out_log" },
	{ "complete", turn_complete, TQ_RUNNING, TQ_COMPLETED,
	    "not_before waits crashes stops alone lease_until "
	    "finished_at due_since keep_until give_up_at progress "
	    "result result_kind result_size output output_size "
	    "output_crc log out_log reason err_stage err_code" },
	{ "retry", turn_retry, TQ_RUNNING, TQ_RETRYING,
	    "not_before crashes stops alone token lease_until due_since "
	    "give_up_at progress history log out_log reason err_stage "
	    "err_code" },
	{ "fail", turn_fail, TQ_RUNNING, TQ_FAILED,
	    "not_before waits crashes stops alone token lease_until "
	    "finished_at due_since keep_until give_up_at progress "
	    "history log out_log reason err_stage err_code" },
	{ "release", turn_release, TQ_RUNNING, TQ_PENDING,
	    "not_before attempts crashes stops alone token lease_until "
	    "give_up_at progress history log out_log reason err_stage "
	    "err_code" },
	{ "cancelled", turn_cancelled, TQ_RUNNING, TQ_CANCELLED,
	    "not_before waits crashes stops alone token lease_until "
	    "finished_at due_since keep_until give_up_at progress log "
	    "out_log reason err_stage err_code" },
	{ "cancel", turn_cancel, TQ_PENDING, TQ_CANCELLED,
	    "not_before held waits crashes stops alone token "
	    "lease_until started_at finished_at due_since keep_until "
	    "give_up_at cancel_requested worker progress reason "
	    "err_stage err_code" },
	{ "cancel a running one", turn_cancel, TQ_RUNNING, TQ_RUNNING,
	    "cancel_requested" },
	{ "redrive", turn_redrive, TQ_FAILED, TQ_BLOCKED,
	    "not_before expires_at held attempts crashes stops alone "
	    "token lease_until started_at finished_at due_since "
	    "keep_until give_up_at cancel_requested drained worker "
	    "progress result result_kind result_size result_crc output "
	    "output_size output_crc reason err_stage err_code dlq_owed" },
	{ "unblock", turn_unblock, TQ_BLOCKED, TQ_PENDING,
	    "not_before waits due_since" },
	{ "break", turn_break, TQ_BLOCKED, TQ_CANCELLED,
	    "not_before held waits crashes stops alone token "
	    "lease_until finished_at due_since keep_until give_up_at "
	    "cancel_requested progress reason err_stage err_code" },
	{ "expire", turn_expire, TQ_RETRYING, TQ_FAILED,
	    "not_before expires_at held waits crashes stops alone token "
	    "lease_until finished_at due_since keep_until give_up_at "
	    "cancel_requested progress reason err_stage err_code" },
	{ "mark", turn_mark, TQ_COMPLETED, TQ_COMPLETED,
	    "edges" },
	{ "move", turn_moved, TQ_RETRYING, TQ_RETRYING,
	    "after after_ended parents edges waits alone token claim "
	    "lease_until cancel_requested progress dlq_owed" },
	{ "submit anew", turn_anew, TQ_COMPLETED, TQ_BLOCKED,
	    "not_before submit_id held attempts crashes stops alone "
	    "token claim lease_until created_at started_at finished_at "
	    "due_since keep_until give_up_at cancel_requested drained "
	    "worker progress result result_kind result_size result_crc "
	    "output output_size output_crc history log out_log reason "
	    "err_stage err_code dlq_owed" },
	{ "edit", turn_edit, TQ_PENDING, TQ_PENDING,
	    "payload payload_kind payload_size payload_crc labels prio "
	    "max_attempts timeout_ms backoff_ms backoff_cap_ms "
	    "not_before expires_at keep_ms group argv uid token "
	    "due_since" },
	{ "hold", turn_hold, TQ_PENDING, TQ_PENDING,
	    "held token" },
	{ "drain", turn_drain, TQ_FAILED, TQ_FAILED,
	    "token drained" },
};

static void
each_verb(void)
{
	const char *got;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tq_task t = full(rows[i].from), was = t;

		rows[i].turn(&t);
		got = changed(&was, &t);
		if (strcmp(got, rows[i].changes) != 0)
			T_FAIL("%s changes %s", rows[i].verb, got);
		if (t.status != rows[i].to)
			T_FAIL("%s: %s", rows[i].verb,
			    tq_status_name(t.status));
		tq_arena_reset(&mem);
	}
	tq_arena_free(&mem);
}

T_MAIN(
	{ "each verb changes what it has to, and leaves the rest alone",
	    each_verb },
)

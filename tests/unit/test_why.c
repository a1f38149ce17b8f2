/* tests/unit/test_why.c -- each answer of tq_why_write(), case by case. */
#include "t.h"

#include <time.h>

#include "task/why.h"
#include "util/time.h"

#define NOW	INT64_C(1790000000000)	/* 2026-09-21T14:13:20Z */

static char said[1024];

static const char *
say(const struct tq_why *w)
{
	struct tq_buf b = TQ_BUF_INIT(sizeof(said));

	tq_why_write(w, &b);
	snprintf(said, sizeof(said), "%s", b.data == NULL ? "" : b.data);
	tq_buf_free(&b);
	return said;
}

static struct tq_task
task(enum tq_status status)
{
	return (struct tq_task){ .id = "a", .queue = "default",
	    .type = "thumb", .status = status, .created_at = NOW - 60000 };
}

static void
test_due(void)
{
	struct tq_task t = task(TQ_PENDING);
	struct tq_why w = { .task = &t, .now = NOW };

	T_STR(say(&w), "due: the next free worker takes it");
	w.rate = 2.5;
	T_STR(say(&w), "queue default starts at most 150/m");
}

static void
test_paused(void)
{
	struct tq_task t = task(TQ_PENDING);
	struct tq_why w = { .task = &t, .now = NOW, .paused = true };

	setenv("TZ", "UTC", 1);
	tzset();
	T_STR(say(&w), "paused: queue default");
	w.pause_reason = "SES throttled";
	T_STR(say(&w), "paused: queue default (SES throttled)");
	w.paused_until = NOW + 46 * TQ_MINUTE_MS + 40000;
	T_STR(say(&w), "paused: queue default until 15:00 (SES throttled)");
	w.paused_until = NOW + TQ_DAY_MS;
	T_STR(say(&w),
	    "paused: queue default until 2026-09-22 14:13 (SES throttled)");
}

static void
test_due_after_the_pause(void)
{
	struct tq_task t = task(TQ_PENDING);
	struct tq_why w = { .task = &t, .now = NOW, .paused = true,
	    .paused_until = NOW + TQ_MINUTE_MS };

	t.not_before = NOW + 2 * TQ_MINUTE_MS;
	T_STR(say(&w), "not due: in 2m");
	w.paused_until = 0;
	T_STR(say(&w), "paused: queue default; not due: in 2m");
}

static void
test_not_due(void)
{
	struct tq_task t = task(TQ_PENDING);
	struct tq_why w = { .task = &t, .now = NOW, .workers_known = true };

	t.not_before = NOW + 192000;
	T_STR(say(&w), "not due: in 3m12s");
	t.reason = "exit 75";
	T_STR(say(&w), "not due: in 3m12s (exit 75)");
	/* "Not now", again and again. */
	t.due_since = NOW - 14 * TQ_MINUTE_MS;
	T_STR(say(&w), "put off: due for 14m, next try in 3m12s (exit 75)");
	t.not_before = NOW;
	T_STR(say(&w), "no worker for type thumb has been seen");
}

static void
test_backoff(void)
{
	struct tq_task t = task(TQ_RETRYING);
	struct tq_why w = { .task = &t, .now = NOW };

	t.attempts = 2;
	t.reason = "exit status 1";
	t.not_before = NOW + 8000;
	T_STR(say(&w), "backoff: failed in attempt 2 of 3 (exit status 1), "
	    "next try in 8s");
	t.not_before = NOW - 1;
	T_STR(say(&w), "due: the next free worker takes it");
}

static void
test_no_worker(void)
{
	struct tq_task t = task(TQ_PENDING);
	struct tq_why w = { .task = &t, .now = NOW, .workers_known = true,
	    .others = 1, .ahead = 9 };

	T_STR(say(&w), "no worker for type thumb has been seen "
	    "(1 on queue default takes other types)");
	w.others = 2;
	T_STR(say(&w), "no worker for type thumb has been seen "
	    "(2 on queue default take other types)");
}

static void
test_limit(void)
{
	struct tq_task t = task(TQ_PENDING);
	struct tq_why w = { .task = &t, .now = NOW, .workers_known = true,
	    .workers = 1, .slots = 4, .busy = 4, .limit = 3, .running = 3 };

	T_STR(say(&w), "at the limit: 3 of 3 thumb tasks are running; "
	    "all 4 slots of 1 worker are busy");
	w.busy = 3;
	T_STR(say(&w), "at the limit: 3 of 3 thumb tasks are running");
	w.busy = 4;
	w.running = 2;
	T_STR(say(&w), "all 4 slots of 1 worker are busy");
}

/* Each cause by its bit, with the word that says it. */
static void
test_all_causes(void)
{
	static const char *const words[] = { "held: ", "its input ", "paused: ",
	    "not due: ", "no worker ", "at the limit: ", "starts at most " };
	struct tq_buf b = TQ_BUF_INIT(4096);
	unsigned i, set, n = sizeof(words) / sizeof(words[0]), semicolons,
	    holds;
	const char *p;

	for (set = 1; set < 1U << n; set++) {
		struct tq_task t = task(TQ_PENDING);
		struct tq_why w = { .task = &t, .now = NOW,
		    .paused = (set & 4) != 0, .workers_known = true,
		    .workers = (set & 16) == 0, .limit = 1,
		    .running = (set & 32) != 0, .rate = (set & 64) != 0 };

		t.held = (set & 1) != 0;
		w.input = (set & 2) != 0 ? "gone" : NULL;
		t.not_before = (set & 8) != 0 ? NOW + 1000 : 0;
		tq_buf_clear(&b);
		tq_buf_str(&b, say(&w));
		/* What its type lacks now says nothing of a later time. */
		holds = (set & 8) != 0 ? set & 15 : set;
		for (i = semicolons = 0; i < n; i++) {
			p = strstr(b.data, words[i]);
			T_INT(p != NULL, holds >> i & 1);
			semicolons += holds >> i & 1;
		}
		for (p = b.data; (p = strstr(p, "; ")) != NULL; p++)
			semicolons--;
		T_INT(semicolons, 1);
	}
	tq_buf_free(&b);
}

static void
test_ahead(void)
{
	struct tq_task t = task(TQ_PENDING);
	struct tq_why w = { .task = &t, .now = NOW, .workers_known = true,
	    .workers = 1, .slots = 4, .ahead = 12 };

	T_STR(say(&w), "12 due tasks are ahead of it");
	w.ahead = 1;
	T_STR(say(&w), "1 due task is ahead of it");
	w.ahead = 1000;
	w.ahead_more = true;
	T_STR(say(&w), "at least 1000 due tasks are ahead of it");
	w = (struct tq_why){ .task = &t, .now = NOW, .ahead = 2,
	    .rate = 3 / 3600.0 };
	T_STR(say(&w), "2 due tasks are ahead of it, and queue default starts "
	    "at most 3/h");
	w.rate = 0;
	w.limit = 1;
	T_STR(say(&w), "2 due tasks are ahead of it, and at most 1 thumb runs "
	    "at once");
}

static void
test_running(void)
{
	struct tq_task t = task(TQ_RUNNING);
	struct tq_why w = { .task = &t, .now = NOW };

	t.worker = "host:12";
	t.started_at = NOW - 41000;
	t.lease_until = NOW + 19000;
	T_STR(say(&w), "running on host:12 for 41s, lease 19s left");
	t.cancel_requested = true;
	T_STR(say(&w), "cancelling: running on host:12 for 41s, lease 19s left");
}

static void
test_lease_over(void)
{
	struct tq_task t = task(TQ_RUNNING);
	struct tq_why w = { .task = &t, .now = NOW };

	t.worker = "host:12";
	t.lease_until = NOW - 5000;
	T_STR(say(&w), "its lease ran out 5s ago: the next worker takes it "
	    "over");
}

static void
test_ended(void)
{
	struct tq_task t = task(TQ_COMPLETED);
	struct tq_why w = { .task = &t, .now = NOW };

	t.finished_at = NOW - 120000;
	t.attempts = 1;
	T_STR(say(&w), "completed 2m ago by attempt 1");
	t.status = TQ_FAILED;
	t.attempts = 3;
	T_STR(say(&w), "dead: failed 2m ago in attempt 3 of 3");
	t.reason = "no such host";
	T_STR(say(&w), "dead: failed 2m ago in attempt 3 of 3 (no such host)");
	t.reason = "exec: thumb exited with status 1 on attempt 3 of 3: no";
	T_STR(say(&w), "dead: failed 2m ago (exec: thumb exited with status 1 "
	    "on attempt 3 of 3: no)");
	t.status = TQ_CANCELLED;
	t.reason = "it was not started before its deadline";
	T_STR(say(&w), "cancelled 2m ago (it was not started before its deadline)");
	t.reason = NULL;
	T_STR(say(&w), "cancelled 2m ago");
}

static void
test_blocked(void)
{
	struct tq_task t = task(TQ_BLOCKED);
	struct tq_why w = { .task = &t, .now = NOW };

	T_STR(say(&w), "blocked: waits for other tasks");
	w.waits_for = "b";
	w.waits_status = TQ_RUNNING;
	T_STR(say(&w), "blocked: waits for b (RUNNING)");
	w.waits_status = TQ_FAILED;
	w.waits_more = 3;
	T_STR(say(&w), "blocked: waits for b, which is dead: "
	    "tq-dlq redrive b (and for 3 more)");
}

T_MAIN(
	{ "a due task waits for the next free worker", test_due },
	{ "a pause says until when and why", test_paused },
	{ "a task due after the pause waits for its time",
	    test_due_after_the_pause },
	{ "a task that is not due says in how long", test_not_due },
	{ "a backoff names the failed attempt and the next try",
	    test_backoff },
	{ "a type without a worker is named", test_no_worker },
	{ "a limit that is reached is named before busy slots", test_limit },
	{ "each cause that holds is named, in every combination",
	    test_all_causes },
	{ "due tasks ahead are counted", test_ahead },
	{ "a running task says where, how long, and its lease",
	    test_running },
	{ "an expired lease says that it will be taken over",
	    test_lease_over },
	{ "ended tasks say how and when", test_ended },
	{ "a blocked task says for which", test_blocked }
)

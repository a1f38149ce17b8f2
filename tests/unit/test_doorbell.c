/* tests/unit/test_doorbell.c -- the doorbell rules, case by case. */
#include "t.h"

#include "task/doorbell.h"

#define NOW	INT64_C(1000000000000)
#define HOUR	INT64_C(3600000)

static struct tq_message
message(void)
{
	return (struct tq_message){ .readable = true, .v = 1, .task_id = "t",
	    .message_id = "m1", .received_at = NOW, .receives = 1 };
}

static struct tq_task
record(enum tq_status status)
{
	return (struct tq_task){ .id = "t", .status = status, .token = 7,
	    .bell = "m1" };
}

static struct tq_msg_verdict
meet(const struct tq_message *m, const struct tq_task *t)
{
	static const struct tq_receiver open_door;

	return tq_msg_judge(m, t, &open_door, NOW);
}

static void
due(void)
{
	struct tq_message m = message();
	struct tq_task t = record(TQ_PENDING);

	T_INT(meet(&m, &t).action, TQ_MSG_CLAIM);
	t.status = TQ_RETRYING;
	t.not_before = NOW;
	T_INT(meet(&m, &t).action, TQ_MSG_CLAIM);
}

static void
not_due(void)
{
	struct tq_message m = message();
	struct tq_task t = record(TQ_RETRYING);

	t.not_before = NOW + 5000;
	T_INT(meet(&m, &t).action, TQ_MSG_HIDE);
	T_INT(meet(&m, &t).hide_ms, 5000);
	t.not_before = NOW + 12 * HOUR - 5000;
	T_INT(meet(&m, &t).action, TQ_MSG_HIDE);
	t.not_before = NOW + 12 * HOUR - 4999;
	T_INT(meet(&m, &t).action, TQ_MSG_DELETE);
	/* Of the 12 hours, some have passed since the receive. */
	m.received_at = NOW - 11 * HOUR;
	t.not_before = NOW + HOUR;
	T_INT(meet(&m, &t).action, TQ_MSG_DELETE);
	t.not_before = NOW + HOUR - 5000;
	T_INT(meet(&m, &t).action, TQ_MSG_HIDE);
}

static void
live_lease(void)
{
	struct tq_message m = message();
	struct tq_task t = record(TQ_RUNNING);

	t.lease_until = NOW + 30000;
	T_INT(meet(&m, &t).action, TQ_MSG_HIDE);
	T_INT(meet(&m, &t).hide_ms, 31000);
	m.message_id = "m2";
	T_INT(meet(&m, &t).action, TQ_MSG_DELETE);
}

static void
expired_lease(void)
{
	struct tq_message m = message();
	struct tq_task t = record(TQ_RUNNING);

	t.lease_until = NOW;
	T_INT(meet(&m, &t).action, TQ_MSG_TAKE_OVER);
	m.message_id = "m2";
	T_INT(meet(&m, &t).action, TQ_MSG_TAKE_OVER);
}

static void
ended(void)
{
	struct tq_message m = message();
	struct tq_task t = record(TQ_COMPLETED);

	T_INT(meet(&m, &t).action, TQ_MSG_DELETE);
	t.status = TQ_CANCELLED;
	T_INT(meet(&m, &t).action, TQ_MSG_DELETE);
}

static void
dead(void)
{
	struct tq_message m = message();
	struct tq_task t = record(TQ_FAILED);

	T_INT(meet(&m, &t).action, TQ_MSG_DELETE);
	t.dlq_owed = true;
	T_INT(meet(&m, &t).action, TQ_MSG_FINISH_MOVE);
	t.dlq_owed = false;
	m.dead = 7;
	T_INT(meet(&m, &t).action, TQ_MSG_REDRIVE);
	m.dead = 6;
	T_INT(meet(&m, &t).action, TQ_MSG_DELETE);
}

static void
without_record(void)
{
	struct tq_message m = message();

	T_INT(meet(&m, NULL).action, TQ_MSG_HIDE);
	T_INT(meet(&m, NULL).hide_ms, 60000);
	m.receives = 4;
	T_INT(meet(&m, NULL).action, TQ_MSG_HIDE);
	m.receives = 5;
	T_INT(meet(&m, NULL).action, TQ_MSG_DELETE);
}

static void
unreadable_or_newer(void)
{
	struct tq_message m = message();
	struct tq_task t = record(TQ_PENDING);

	m.readable = false;
	T_INT(meet(&m, NULL).action, TQ_MSG_FOREIGN);
	T_OK(strlen(meet(&m, NULL).reason) > 10);
	m = message();
	m.v = TQ_TASK_VERSION + 1;
	T_INT(meet(&m, &t).action, TQ_MSG_KEEP);
}

static struct tq_msg_verdict
adopting(const struct tq_message *m, const struct tq_task *t)
{
	static const struct tq_receiver adopts = { .adopt = true };

	return tq_msg_judge(m, t, &adopts, NOW);
}

static void
adopted(void)
{
	struct tq_message m = message();
	struct tq_task t = record(TQ_PENDING);

	m.readable = false;
	T_INT(adopting(&m, NULL).action, TQ_MSG_ADOPT);
	/* Then it is that task's doorbell, for workers that don't adopt too. */
	T_INT(adopting(&m, &t).action, TQ_MSG_CLAIM);
	T_INT(meet(&m, &t).action, TQ_MSG_CLAIM);
	t.not_before = NOW + 5000;
	T_INT(adopting(&m, &t).action, TQ_MSG_HIDE);
	t = record(TQ_RUNNING);
	t.lease_until = NOW + 30000;
	T_INT(meet(&m, &t).action, TQ_MSG_HIDE);
	T_INT(meet(&m, &t).hide_ms, 31000);
	t.bell = "m2";
	T_INT(meet(&m, &t).action, TQ_MSG_DELETE);
	t.lease_until = NOW;
	T_INT(meet(&m, &t).action, TQ_MSG_TAKE_OVER);
	t = record(TQ_COMPLETED);
	T_INT(meet(&m, &t).action, TQ_MSG_DELETE);
	t = record(TQ_FAILED);
	T_INT(meet(&m, &t).action, TQ_MSG_DELETE);
	t.dlq_owed = true;
	T_INT(meet(&m, &t).action, TQ_MSG_FINISH_MOVE);
}

static void
not_adopted(void)
{
	struct tq_message m = message();

	T_INT(adopting(&m, NULL).action, TQ_MSG_HIDE);	/* ours, purged? */
	m.receives = 5;
	T_INT(adopting(&m, NULL).action, TQ_MSG_DELETE);
	m.readable = false;
	m.v = TQ_TASK_VERSION + 1;
	T_INT(adopting(&m, NULL).action, TQ_MSG_KEEP);
}

static void
damaged(void)
{
	struct tq_message m = message();
	struct tq_task t = record(TQ_COMPLETED);

	m.readable = false;
	m.damaged = true;
	T_INT(meet(&m, NULL).action, TQ_MSG_HIDE);
	T_INT(adopting(&m, NULL).action, TQ_MSG_HIDE);
	T_INT(adopting(&m, NULL).hide_ms, 60000);
	m.receives = 5;
	T_MUST(adopting(&m, NULL).action == TQ_MSG_FOREIGN);
	T_OK(strstr(adopting(&m, NULL).reason, "MD5") != NULL);
	/* Whose task it is does not hang on its body. */
	T_INT(meet(&m, &t).action, TQ_MSG_DELETE);
}

static void
nobody_to_run_it(void)
{
	struct tq_message m = message();
	struct tq_task t = record(TQ_PENDING);
	struct tq_receiver d = { .no_handler = true };
	static const int64_t want[] = { 30000, 60000, 120000, 240000, 480000,
	    900000, 900000 };
	int i;

	for (i = 0; i < 7; i++) {
		d.put_off = i;
		T_INT(tq_msg_judge(&m, &t, &d, NOW).action, TQ_MSG_HIDE);
		T_INT(tq_msg_judge(&m, &t, &d, NOW).hide_ms, want[i]);
	}
	d = (struct tq_receiver){ .paused = true };
	T_INT(tq_msg_judge(&m, &t, &d, NOW).action, TQ_MSG_HIDE);
	d = (struct tq_receiver){ .limited = true };
	T_INT(tq_msg_judge(&m, &t, &d, NOW).action, TQ_MSG_HIDE);
	/* The message of an ended task is not put off but deleted. */
	t.status = TQ_COMPLETED;
	T_INT(tq_msg_judge(&m, &t, &d, NOW).action, TQ_MSG_DELETE);
}

static void
steps(void)
{
	T_INT(tq_ring_step_ms(0), 120000);
	T_INT(tq_ring_step_ms(1), 480000);
	T_INT(tq_ring_step_ms(2), 1920000);
	T_INT(tq_ring_step_ms(5), 12 * HOUR);
	T_INT(tq_ring_step_ms(1000000), 12 * HOUR);
	T_INT(tq_ring_first(0, NOW), NOW + 120000);
	T_INT(tq_ring_first(NOW + HOUR, NOW), NOW + HOUR + 120000);
}

static void
sweep(void)
{
	struct tq_queue_facts q = { .retention_ms = 96 * HOUR };
	struct tq_task t = record(TQ_PENDING);
	int64_t next;

	t.ring_at = NOW + 1;
	T_OK(!tq_ring_due(&t, &q, NOW, &next));
	T_INT(next, NOW + 1);
	/* It has come, but the task may merely wait behind a backlog. */
	t.ring_at = NOW;
	T_OK(!tq_ring_due(&t, &q, NOW, &next));
	T_INT(next, NOW);
	q.watermark = NOW - 120000 + 300000 - 1;
	T_OK(!tq_ring_due(&t, &q, NOW, &next));
	q.watermark++;
	T_OK(tq_ring_due(&t, &q, NOW, &next));
	T_INT(next, NOW + 480000);
	q.watermark = 0;
	q.empty = true;
	T_OK(tq_ring_due(&t, &q, NOW, &next));
	q.empty = false;
	t.rings = TQ_RINGS_OWED;
	T_OK(tq_ring_due(&t, &q, NOW, &next));
	t.rings = 0;
	t.ring_at = NOW - 72 * HOUR + 120000;
	T_OK(tq_ring_due(&t, &q, NOW, &next));
	t.ring_at++;
	T_OK(!tq_ring_due(&t, &q, NOW, &next));
}

static void
sweep_of_running_and_delayed(void)
{
	struct tq_queue_facts q = { .empty = true };
	struct tq_task t = record(TQ_RUNNING);
	int64_t next;

	t.ring_at = NOW;
	t.lease_until = NOW + 1000;
	T_OK(!tq_ring_due(&t, &q, NOW, &next));
	T_INT(next, NOW + 121000);
	t.lease_until = NOW;
	q.empty = false;
	T_OK(tq_ring_due(&t, &q, NOW, &next));
	t = record(TQ_PENDING);
	t.ring_at = NOW;
	t.not_before = NOW + HOUR;
	q.empty = true;
	T_OK(!tq_ring_due(&t, &q, NOW, &next));
	T_INT(next, NOW + HOUR + 120000);
	t.rings = 3;
	t.not_before = 0;
	T_OK(tq_ring_due(&t, &q, NOW, &next));
	T_INT(next, NOW + tq_ring_step_ms(4));
}

T_MAIN(
	{ "a due task is claimed", due },
	{ "one not due is hidden until then, within SQS's 12 hours", not_due },
	{ "a live lease: its own message is hidden, another deleted",
	    live_lease },
	{ "an expired lease is taken over", expired_lease },
	{ "what has ended needs no message", ended },
	{ "dead: the move is finished, a redrive is one, else deleted", dead },
	{ "without a record it is hidden, and deleted at the 5th time",
	    without_record },
	{ "unreadable goes to the DLQ, newer is kept", unreadable_or_newer },
	{ "a message of others becomes a task, then rings for it", adopted },
	{ "what is ours, or a newer tq's, is not adopted", not_adopted },
	{ "a damaged one is looked at again, and then goes to the DLQ",
	    damaged },
	{ "no handler, paused, limited: put off, longer each time",
	    nobody_to_run_it },
	{ "rings come at growing distances", steps },
	{ "the sweep rings for what is lost, not for what waits", sweep },
	{ "a live lease and a delay are no reason to ring",
	    sweep_of_running_and_delayed })

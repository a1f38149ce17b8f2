/* lib/store/aws/record/states.c -- what a record becomes. */
#include "aws/sqs.h"
#include "store/aws/record/record.h"
#include "task/doorbell.h"

#define RUNNING_MS (15 * INT64_C(60000)) /* of the index entry, at least */

void
aq_to_waiting(struct aq *s, struct tq_task *t, enum tq_status status,
    int64_t due)
{
	int64_t now = aq_now(s);
	bool far;

	if (due != 0)
		due += aq_ahead(s);
	t->status = status;
	t->not_before = due > now ? due : now;
	far = t->not_before - now > AQ_DELAY_MAX_MS;
	/*
	 * A bell can't be set so far ahead, and none while SQS does not answer:
	 * the sweep rings when it is due.
	 */
	t->rings = far || tq_aws_silent(s->a, TQ_AWS_SQS) ? TQ_RING_OWED : 0;
	t->ring_at = t->rings == TQ_RING_OWED ? t->not_before :
	    tq_ring_first(t->not_before, now);
	t->bell = NULL;
	t->lease_until = 0;
	t->finished_at = 0;
}

void
aq_to_finished(struct aq *s, struct tq_task *t, enum tq_status status)
{
	int64_t now = aq_now(s);

	t->status = status;
	t->finished_at = t->ring_at = now;
	t->expires_at = now + (status == TQ_FAILED ? TQ_KEEP_DEAD_MS :
	    TQ_KEEP_MS);
	t->lease_until = t->not_before = 0;
	t->rings = 0;
	t->bell = NULL;
	t->crashes = 0;
	t->dlq_owed = status == TQ_FAILED;
	t->cancel_requested = false;
}

int64_t
aq_running_ring_at(int64_t lease_ms, int64_t now)
{
	return now + (2 * lease_ms > RUNNING_MS ? 2 * lease_ms : RUNNING_MS);
}

void
aq_forget(struct tq_task *t)
{
	t->progress = TQ_SPAN_NONE;
	t->reason = NULL;
	t->err_stage = TQ_AT_NONE;
	t->err_code = NULL;
	t->give_up_at = 0;
	t->output = NULL;
	t->output_size = 0;
	t->crashes = 0;
}

void
aq_end_expired(struct aq *s, struct aq_rec *r, enum tq_expired rule,
    const char *reason)
{
	struct tq_task *t = &r->t;

	if (rule == TQ_EXPIRED_FAIL) {
		t->reason = reason;
		t->err_stage = TQ_AT_PROCESS;
		t->err_code = "lease-expired";
	}
	r->alone = r->prefetched = false;
	r->slot = NULL;
	t->progress = TQ_SPAN_NONE;
	t->token++;
	aq_to_finished(s, t, rule == TQ_EXPIRED_CANCEL ? TQ_CANCELLED :
	    TQ_FAILED);
	t->updated_at = t->finished_at;
}

/* lib/store/aws/record/places.c -- where a turned record stands in the index. */
#include "aws/sqs.h"
#include "store/aws/record/record.h"
#include "task/doorbell.h"

void
aq_ring_in_time(struct tq_task *t)
{
	if (t->status != TQ_RUNNING && t->expires_at != 0 &&
	    t->ring_at > t->expires_at)
		t->ring_at = t->expires_at;
}

/* A waiting one stands where the sweep is to look whether to ring for it. */
static void
place_waiting(struct aq *s, struct tq_task *t, int64_t now)
{
	int64_t due = t->not_before > now ? t->not_before : now;
	/*
	 * No message can be delayed so long, and none is sent while SQS does
	 * not answer: the sweep rings when it is due.
	 */
	bool owed = due - now > AQ_DELAY_MAX_MS ||
	    tq_aws_silent(s->a, TQ_AWS_SQS);

	t->bell = NULL;
	t->rings = t->held ? AQ_RINGS_HELD : owed ? TQ_RINGS_OWED : 0;
	t->ring_at = owed ? due : tq_ring_first(due, now);
	aq_ring_in_time(t);
}

/*
 * A BLOCKED one is looked for when it owes a look, and when its deadline for a
 * start has come, and else never: so far ahead its entry stands.
 */
static void
place_blocked(struct aq_rec *r, int64_t now)
{
	struct tq_task *t = &r->t;

	t->bell = NULL;
	t->rings = 0;
	t->ring_at = r->look_owed != 0 ? AQ_OWES_AT : now + AQ_BLOCKED_MS;
	aq_ring_in_time(t);
}

/* Each move of the entry costs two writes, so it is ahead of the lease. */
static void
place_running(struct aq_rec *r, int64_t now)
{
	struct tq_task *t = &r->t;
	int64_t ahead = 2 * (t->lease_until - now);

	if (t->ring_at >= t->lease_until && (r->stands == TQ_RUNNING ||
	    t->ring_at <= now + AQ_LEFT_MS))
		return;
	r->stands = TQ_RUNNING;
	t->rings = 0;
	t->ring_at = now + (ahead > AQ_LEFT_MS ? ahead : AQ_LEFT_MS);
}

void
aq_rec_place(struct aq *s, struct aq_rec *r, int64_t now)
{
	struct tq_task *t = &r->t;

	if (TQ_BIT(t->status) & TQ_WAITING) {
		place_waiting(s, t, now);
	} else if (t->status == TQ_BLOCKED) {
		place_blocked(r, now);
	} else if (t->status == TQ_RUNNING) {
		place_running(r, now);
	} else {
		r->unblock_owed = t->edges != 0;
		t->ring_at = r->unblock_owed ? AQ_OWES_AT : now;
		t->rings = 0;
		t->bell = NULL;
		t->dlq_owed = t->status == TQ_FAILED && !t->drained;
	}
	if (t->status != TQ_RUNNING) {
		r->permit = NULL;
		r->stands = t->status;
	}
	if (t->status != TQ_BLOCKED)
		r->look_owed = 0;
}

enum aq_do
aq_turned(struct aq *s, struct aq_rec *r, bool expired,
    struct tq_turned turned, int64_t now)
{
	if (!turned.write && !expired)
		return AQ_NOTHING;
	aq_rec_place(s, r, now);
	return AQ_WRITE;
}

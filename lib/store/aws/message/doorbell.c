/*
 * lib/store/aws/message/doorbell.c -- doorbells for records that were just
 * written.
 */
#include "store/aws/message/message.h"
#include "task/doorbell.h"

/* The send failed: the sweep owes a ring. */
static enum aq_do
owe(struct aq *s, struct aq_update *ups, size_t i, void *arg)
{
	struct tq_task *t = &ups[i].rec.t;
	int64_t now = aq_now(s);

	(void)arg;
	if (!ups[i].found || (TQ_BIT(t->status) & TQ_WAITING) == 0)
		return AQ_NOTHING;
	t->rings = TQ_RINGS_OWED;
	t->ring_at = now > t->not_before ? now : t->not_before;
	return AQ_WRITE;
}

void
aq_doorbells_send(struct aq *s, struct aq_update *const *ups, size_t n,
    struct tq_arena *a, struct tq_err *err)
{
	struct aq_doorbell *rings = tq_arena_alloc(a, (n + 1) * sizeof(*rings));
	struct aq_update *owed = tq_arena_alloc(a, (n + 1) * sizeof(*owed));
	int64_t now = aq_now(s), delay;
	bool silent = tq_aws_silent(s->a, TQ_AWS_SQS);
	size_t i, m = 0;

	for (i = 0; i < n; i++) {
		delay = ups[i]->rec.t.not_before - now;
		rings[i] = (struct aq_doorbell){ .t = &ups[i]->rec.t,
		    .delay_ms = delay > 0 ? delay : 0,
		    /* Too far ahead for SQS: the sweep rings when it is due. */
		    .sent = delay > AQ_DELAY_MAX_MS };
	}
	if (!silent)
		aq_send(s, false, rings, n, err);
	else if (n > 0)
		tq_err_set(err, TQ_AT_SEND, TQ_E_UNAVAILABLE,
		    "sqs SendMessageBatch: %s does not answer",
		    tq_aws_base(s->a, TQ_AWS_SQS));
	for (i = 0; i < n; i++) {
		ups[i]->owed = !rings[i].sent;
		/* The record may say it: SQS was silent when it was written. */
		if (ups[i]->owed && ups[i]->rec.t.rings != TQ_RINGS_OWED)
			owed[m++] = aq_update_again(ups[i]);
	}
	aq_update(s, owed, m, owe, NULL, a, NULL);
}

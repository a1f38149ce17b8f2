/* lib/task/doorbell.c -- see doorbell.h. */
#include "task/doorbell.h"

#include <string.h>

#define NO_RECORD_HIDE_MS	60000
#define PUT_OFF_MS		30000
#define PUT_OFF_MAX_MS		900000
#define LATER_MS		(5 * INT64_C(60000))	/* the watermark's lead */

static struct tq_msg_verdict
verdict(enum tq_msg_action action)
{
	return (struct tq_msg_verdict){ action, 0, NULL };
}

/*
 * Hide until ${until}; SQS does not clamp what goes beyond its 12 hours but
 * fails, so then the message goes and the sweep rings when it is time.
 */
static struct tq_msg_verdict
hide_until(const struct tq_message *m, int64_t until, int64_t now)
{
	int64_t left = TQ_SQS_HIDE_MAX_MS - TQ_SQS_MARGIN_MS -
	    (now - m->received_at);
	int64_t ms = until > now ? until - now : 0;

	if (ms > left)
		return verdict(TQ_MSG_DELETE);
	return (struct tq_msg_verdict){ TQ_MSG_HIDE, ms, NULL };
}

static struct tq_msg_verdict
put_off(const struct tq_message *m, int times, int64_t now)
{
	int64_t ms = PUT_OFF_MS;

	while (times-- > 0 && ms < PUT_OFF_MAX_MS)
		ms *= 2;
	return hide_until(m, now + (ms < PUT_OFF_MAX_MS ? ms :
	    PUT_OFF_MAX_MS), now);
}

static struct tq_msg_verdict
no_record(const struct tq_message *m, int64_t now)
{
	if (m->receives >= TQ_LOST_RECEIVES)
		return verdict(TQ_MSG_DELETE);	/* ours, and purged */
	return hide_until(m, now + NO_RECORD_HIDE_MS, now);
}

static struct tq_msg_verdict
foreign(const char *reason)
{
	return (struct tq_msg_verdict){ TQ_MSG_FOREIGN, 0, reason };
}

/* Nobody has made a task of it. */
static struct tq_msg_verdict
of_others(const struct tq_message *m, const struct tq_receiver *to,
    int64_t now)
{
	if (m->damaged) {
		/* The queue may have it whole, for the next time. */
		if (m->receives < TQ_LOST_RECEIVES)
			return hide_until(m, now + NO_RECORD_HIDE_MS, now);
		return foreign("the message came damaged: its MD5 is not "
		    "that of its body");
	}
	if (to->adopt)
		return verdict(TQ_MSG_ADOPT);
	return foreign("the message is not one of tq's: no JSON object with "
	    "v, taskId and type");
}

static struct tq_msg_verdict
running(const struct tq_message *m, const struct tq_task *t, int64_t now)
{
	if (t->lease_until <= now)
		return verdict(TQ_MSG_TAKE_OVER);
	if (t->bell == NULL || m->message_id == NULL ||
	    strcmp(t->bell, m->message_id) != 0)
		return verdict(TQ_MSG_DELETE);	/* a duplicate */
	return hide_until(m, t->lease_until + 1000, now);
}

static struct tq_msg_verdict
dead(const struct tq_message *m, const struct tq_task *t)
{
	if (t->dlq_owed)
		return verdict(TQ_MSG_FINISH_MOVE);
	return verdict(m->dead != 0 && m->dead == t->token ? TQ_MSG_REDRIVE :
	    TQ_MSG_DELETE);
}

struct tq_msg_verdict
tq_msg_judge(const struct tq_message *m, const struct tq_task *t,
    const struct tq_receiver *to, int64_t now)
{
	if (m->v > TQ_MESSAGE_VERSION)
		return (struct tq_msg_verdict){ TQ_MSG_KEEP, PUT_OFF_MS, NULL };
	if (t == NULL)
		return m->readable ? no_record(m, now) :
		    of_others(m, to, now);
	switch (t->status) {
	case TQ_PENDING:
	case TQ_RETRYING:
		if (t->not_before > now)
			return hide_until(m, t->not_before, now);
		break;
	case TQ_RUNNING:
		return running(m, t, now);
	case TQ_FAILED:
		return dead(m, t);
	default:
		return verdict(TQ_MSG_DELETE);
	}
	if (to->no_handler || to->paused || to->limited)
		return put_off(m, to->put_off, now);
	return verdict(TQ_MSG_CLAIM);
}

int64_t
tq_ring_step_ms(int rings)
{
	int64_t ms = 120000;

	while (rings-- > 0 && ms < TQ_SQS_HIDE_MAX_MS)
		ms *= 4;
	return ms < TQ_SQS_HIDE_MAX_MS ? ms : TQ_SQS_HIDE_MAX_MS;
}

int64_t
tq_ring_first(int64_t due, int64_t now)
{
	return (due > now ? due : now) + tq_ring_step_ms(0);
}

/* May the last message still be on its way? */
static bool
believed_lost(const struct tq_task *t, const struct tq_queue_facts *q,
    int64_t sent, int64_t now)
{
	if (t->rings == TQ_RINGS_OWED || q->empty)
		return true;
	if (q->watermark >= sent + LATER_MS)
		return true;
	return q->retention_ms > 0 && now - sent >= q->retention_ms / 4 * 3;
}

bool
tq_ring_due(const struct tq_task *t, const struct tq_queue_facts *q,
    int64_t now, int64_t *next)
{
	int rings = t->rings > 0 ? t->rings : 0;
	int64_t sent = t->ring_at - tq_ring_step_ms(rings);

	*next = t->ring_at;
	if (t->ring_at > now)
		return false;
	if (t->status == TQ_RUNNING && t->lease_until > now) {
		*next = t->lease_until + tq_ring_step_ms(0);
		return false;
	}
	if (t->status != TQ_RUNNING && t->not_before > now) {
		*next = t->not_before + tq_ring_step_ms(0);
		return false;
	}
	if (t->status == TQ_RUNNING || believed_lost(t, q, sent, now)) {
		*next = now + tq_ring_step_ms(rings + 1);
		return true;
	}
	/* It only waits: ringAt goes on saying when the message was sent. */
	return false;
}

/*
 * lib/task/doorbell.h -- what a queue message means.
 *
 * On a store with a message queue the record is the truth and a message is a
 * doorbell: it may come twice, late, never, or from somebody else.  These
 * rules say what to do with one that came, and when one that did not come is
 * to be sent again.  Pure.
 */
#ifndef TQ_DOORBELL_H
#define TQ_DOORBELL_H

#include "task/task.h"

#define TQ_SQS_HIDE_MAX_MS	(INT64_C(12) * 3600000)	/* in all, from the
		receive: SQS API reference, ChangeMessageVisibility */
#define TQ_SQS_MARGIN_MS	5000	/* never ask for the very last second */
#define TQ_LOST_RECEIVES	5	/* no record for so often: it is gone */

/* A message as it was received. */
struct tq_message {
	bool		 readable;	/* our JSON: {v, taskId, type} */
	bool		 damaged;	/* its body is not what was sent: MD5 */
	int		 v;		/* of a message that names a taskId */
	const char	*task_id;	/* else that of tq_id_of_message() */
	const char	*message_id;
	uint64_t	 dead;		/* token it was marked dead with; 0: no */
	int64_t		 received_at;	/* wall clock, ms */
	int		 receives;	/* ApproximateReceiveCount */
};

/* Facts of the worker that received a message, beside the record. */
struct tq_receiver {
	bool		 no_handler;	/* for the task's type */
	bool		 paused;
	bool		 limited;	/* over the type's limit */
	bool		 adopt;		/* messages of others become tasks */
	int		 put_off;	/* how often this message has been */
};

/* The fates of a message. */
enum tq_msg_action {
	TQ_MSG_CLAIM,		/* its task is due: try to claim */
	TQ_MSG_TAKE_OVER,	/* its lease ran out: tq_expired_rule() decides */
	TQ_MSG_HIDE,		/* visibility: hide_ms from now */
	TQ_MSG_DELETE,		/* it has no more to say */
	TQ_MSG_FINISH_MOVE,	/* send to the DLQ, delete, clear dlqOwed */
	TQ_MSG_REDRIVE,	/* somebody moved it back: redrive the record */
	TQ_MSG_FOREIGN,	/* to the DLQ with the reason, then delete */
	TQ_MSG_ADOPT,		/* write its record, then ask again with it */
	TQ_MSG_KEEP		/* of a newer tq: give back, never fail */
};

struct tq_msg_verdict {
	enum tq_msg_action	 action;
	int64_t			 hide_ms;	/* of HIDE, KEEP */
	const char		*reason;	/* of FOREIGN: static */
};

/*
 * tq_msg_judge(m, t, to, now):
 * What ${to} is to do with ${m}; ${t} is its record by a consistent read, NULL
 * when there is none.  A message of others that became a task rings for that
 * task from then on, whether this worker adopts or not.  A live lease counts as
 * over only when ${now} is past its end; callers take their clock margin off
 * ${now}.
 */
struct tq_msg_verdict tq_msg_judge(const struct tq_message *m,
    const struct tq_task *t, const struct tq_receiver *to, int64_t now);

/* tq_ring_step_ms(rings): 2 min, then four times longer each, at most 12 h. */
int64_t tq_ring_step_ms(int rings);

/* tq_ring_first(due, now): ringAt of a new record whose message was sent. */
int64_t tq_ring_first(int64_t due, int64_t now);

/* The sweep's facts about a queue. */
struct tq_queue_facts {
	int64_t		 watermark;	/* newest SentTimestamp received, ms */
	bool		 empty;		/* no message is in it at all */
	int64_t		 retention_ms;
};

#define TQ_RINGS_OWED	(-1)	/* rings: the send is known to have failed */

/*
 * tq_ring_due(t, q, now, next):
 * Is a message to be sent for ${t} (PENDING, RETRYING, or RUNNING)?  Only
 * when ringAt has come, and the last message is known or believed lost: the
 * send failed; messages sent five minutes later have been received; the queue
 * is empty; three quarters of its retention have passed; or a lease that
 * nobody holds ran out.  ${next}: the ringAt to write, before the send (true)
 * or because it is not due before then (false); one that merely waits behind
 * others keeps its own, so that a long queue costs no write.
 */
bool tq_ring_due(const struct tq_task *t, const struct tq_queue_facts *q,
    int64_t now, int64_t *next);

#endif

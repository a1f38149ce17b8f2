/*
 * lib/store/aws/message/message.h -- messages: sent, received, hidden,
 * deleted.
 */
#ifndef TQ_STORE_AWS_MESSAGE_H
#define TQ_STORE_AWS_MESSAGE_H

#include "aws/sqs.h"
#include "store/aws/record/record.h"
#include "store/pushed.h"
#include "task/doorbell.h"

struct tq_sqs_msg;

/* A message that was received and not yet looked at. */
struct aq_msg {
	struct aq_msg	*next;
	char		*queue, *receipt, *id, *body;
	char		*group, *traceparent;	/* NULL: none */
	char		*type;		/* its task's: kept for those claims */
	struct tq_arena	 mem;		/* of its attributes */
	struct tq_sqs_attr *attrs;
	size_t		 nattrs;
	bool		 intact, kept;
	int64_t		 receives, sent_ms, received_at;
};

/* -- batch.c -------------------------------------------------------------- */

/* A message to send: dead is the token of a dead task's, else 0. */
struct aq_doorbell {
	const struct tq_task *t;
	uint64_t	 dead;
	int64_t		 delay_ms;	/* at most 15 min */
	bool		 sent;		/* out */
	bool		 refused;	/* out: and would be again */
	char		 id[104];	/* out: MessageId */
};

/* A message to be deleted or hidden. */
struct aq_receipt {
	const char	*queue;
	const char	*receipt;	/* NULL: nothing to do */
	int64_t		 hide_ms;	/* cut to SQS's 12 hours */
	bool		 done;		/* out */
	bool		 refused;	/* out: and would be again */
};

/*
 * aq_message_read(text, a, m): is it one of tq's, {v, taskId, type} in JSON?
 * Of a newer tq's that says so in another way ${m}->v alone is set.
 */
bool aq_message_read(struct tq_span text, struct tq_arena *a,
    struct tq_message *m);

/*
 * aq_send(s, dlq, rings, n, err), aq_delete_all(s, dlq, notes, n),
 * aq_hide_all(s, dlq, notes, n):
 * Ten to a call, several calls at a time; those of one queue should stand
 * together.  Those that fail are not `sent' or `done'; ${err}, which may be
 * NULL, says why of one of them.
 * aq_unsend() deletes one; it returns whether it did.
 */
void aq_send(struct aq *s, bool dlq, struct aq_doorbell *rings, size_t n,
    struct tq_err *err);
void aq_delete_all(struct aq *s, bool dlq, struct aq_receipt *notes, size_t n);
void aq_hide_all(struct aq *s, bool dlq, struct aq_receipt *notes, size_t n);
bool aq_unsend(struct aq *s, const char *queue, bool dlq,
    const char *receipt);

/* aq_unreachable(err): nobody answered; no use in asking for others. */
bool aq_unreachable(const struct tq_err *err);

/* -- deletes.c ------------------------------------------------------------ */

/*
 * aq_delete_soon(s, notes, n): delete these messages of finished tasks when ten
 * are to be; at the latest when no lease is held, or with aq_deletes_flush(),
 * which comes with each renewal of leases and when nothing more is due.
 * If we die before, they come again and are deleted then.
 */
void aq_delete_soon(struct aq *s, const struct aq_receipt *notes, size_t n);
void aq_deletes_flush(struct aq *s);

/* -- doorbell.c ----------------------------------------------------------- */

/*
 * aq_doorbells_send(s, ups, n, a, err):
 * Send a message for each of these waiting records, as they were just written,
 * for when it is due.  A record whose send fails is marked so (rings, ringAt):
 * the sweep pays what is owed; ${err}, which may be NULL, then says why.
 */
void aq_doorbells_send(struct aq *s, struct aq_update *const *ups, size_t n,
    struct tq_arena *a, struct tq_err *err);

/* -- watermark.c ---------------------------------------------------------- */

/*
 * aq_watermark_received(q, sent_ms): a message came that was sent then; the
 * caller has the lock.
 * aq_watermark_write(s, q): write the watermark down, if there is a new one,
 * at most once a minute.
 * aq_watermark_read(s, q): the newest that anybody knows.
 */
void aq_watermark_received(struct aq_queue *q, int64_t sent_ms);
void aq_watermark_write(struct aq *s, struct aq_queue *q);
int64_t aq_watermark_read(struct aq *s, const struct aq_queue *q);

/* -- types.c -------------------------------------------------------------- */

/* aq_types_hash(req): a number for the claim's types. */
uint64_t aq_types_hash(const struct tq_claim *req);
/* aq_wants(req, type): is it one of the claim's types?  Or of its others? */
bool aq_wants(const struct tq_claim *req, const char *type);
bool aq_wants_otherwise(const struct tq_claim *req, const char *type);
/* -- receive.c ------------------------------------------------------------ */

/*
 * aq_receive(s, req, ask, n, out, got, err):
 * Take up to ${n} messages out of the buffer, then, if ${ask}, off the queue;
 * free with aq_msg_free().
 */
int aq_receive(struct aq *s, const struct tq_claim *req, bool ask, size_t n,
    struct aq_msg **out, size_t *got, struct tq_err *err);
/*
 * aq_receive_one(s, a, queue, timeout_ms, lease_ms, err):
 * One long poll through ${a} into the buffer, for one message: a claim receives
 * for the worker's other slots.  How many came, or -1.
 */
int aq_receive_one(struct aq *s, struct tq_aws *a, const char *queue,
    int64_t timeout_ms, int64_t lease_ms, struct tq_err *err);
/*
 * aq_buffer_return(s): give the buffered messages back, so that others may
 * receive them at once.
 */
void aq_buffer_return(struct aq *s);
void aq_msg_free(struct aq_msg *m);

/*
 * aq_buffer_add(s, queue, msgs, n, now): behind those that are in the buffer;
 * they came at ${now}.
 */
void aq_buffer_add(struct aq *s, const char *queue,
    const struct tq_sqs_msg *msgs, size_t n, int64_t now);

/* -- pushed.c ------------------------------------------------------------- */

/*
 * aq_pushed(s): does somebody else receive and delete (store/pushed.h)?
 * aq_pushed_gone(s, receipt): say that it may be deleted; false: it was not
 * pushed.
 */
bool aq_pushed(const struct aq *s);
bool aq_pushed_gone(struct aq *s, const char *receipt);

/* -- push.c --------------------------------------------------------------- */

/* aq_pushed_more(s, req): is there one left that the claim may look at? */
bool aq_pushed_more(struct aq *s, const struct tq_claim *req);
int aq_push(struct tq_store *, const char *const *, size_t,
    struct tq_pushed *, size_t, struct tq_err *);

/* -- poll.c --------------------------------------------------------------- */

/*
 * aq_poll_claimed(q, lease_ms, paused), aq_poll_full(q, full): what the last
 * claim found, for the polls of other threads: a paused queue, or one of which
 * no slot is free, is not received from.
 * aq_pollers_free(s): when no thread is in a poll any more.
 */
void aq_poll_claimed(struct aq_queue *q, int64_t lease_ms, bool paused);
void aq_poll_full(struct aq_queue *q, bool full);
void aq_pollers_free(struct aq *s);

/*
 * Messages of types that a worker has no handler for would keep it receiving
 * for nothing.  While only such ones come it rests from receiving, for 1 s, 2 s
 * and so on, and from 16 s on until the index shows no such task that is due:
 * its own tasks it finds in the index meanwhile.
 *
 * aq_poll_strangers(q, boot): only such ones came.
 * aq_poll_no_strangers(q): some of its own did, or none is due.
 * aq_poll_resting(q, boot): is it not to receive now?
 */
void aq_poll_strangers(struct aq_queue *q, int64_t boot);
void aq_poll_no_strangers(struct aq_queue *q);
bool aq_poll_resting(const struct aq_queue *q, int64_t boot);
int aq_wait_ready(struct tq_store *, const char *, uint64_t, int64_t,
    struct tq_err *);
void aq_wake(struct tq_store *);

/* -- dlq.c ---------------------------------------------------------------- */

/*
 * aq_dlq_move_all(s, dead, receipts, n):
 * Finish the way of FAILED tasks with dlqOwed, as they were just read or
 * written: send to the DLQ, delete the source (${receipts} or one of them
 * may be NULL), clear the flag.  Failures are left to the sweep.
 */
void aq_dlq_move_all(struct aq *s, struct aq_update *const *dead,
    const char *const *receipts, size_t n);
void aq_dlq_move(struct aq *s, struct aq_update *dead, const char *receipt);
/* A message that is not ours goes to the DLQ with the reason. */
bool aq_dlq_foreign(struct aq *s, const char *queue,
    const struct aq_msg *m, const char *reason);
/*
 * aq_dlq_receive(s, url, wait_s, hide_s, a, msgs, n, err): up to ten messages
 * of the DLQ at ${url}, hidden from others for ${hide_s}.
 */
int aq_dlq_receive(struct aq *s, const char *url, int wait_s, int hide_s,
    struct tq_arena *a, struct tq_sqs_msg **msgs, size_t *n,
    struct tq_err *err);
/* One bounded pass over the DLQ: messages of no dead task are removed. */
void aq_dlq_tidy(struct aq *s, const char *queue);

/* -- foreign.c ------------------------------------------------------------ */

int aq_foreign(struct tq_store *, const char *, size_t, struct tq_arena *,
    struct tq_foreign **, size_t *, bool *, struct tq_err *);

#endif

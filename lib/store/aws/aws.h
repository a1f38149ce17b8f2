/*
 * lib/store/aws/aws.h -- the insides of the aws store.  A folder needs only
 * those above it:
 *
 *	handle/		the open store: URL, clock, queues' addresses
 *	blob/		objects in S3
 *	record/		the table: records, index, bodies, control, leases
 *	message/	messages in SQS: doorbells sent, received, deleted; DLQ
 *	edge/		tasks that wait for others: items beside records, debts
 *	claim/		leases: taken, renewed, ended
 *	sweep/		house-keeping
 *	setup/		init, doctor, policies, failures in words
 *
 *	page.c newest.c	lists: a page, and its order by createdAt
 *	submit.c change.c read.c list.c wait.c follow.c: the other verbs
 *	interval.c	when to look again, as nobody tells of changes
 *	store.c		open, close, the table of verbs
 *
 * The record is the truth, a message is a doorbell.  Every change of a record
 * is one write of the whole item on the condition that its rev is the one
 * that was read; what a write means is decided in C, by the same rules as on
 * sqlite.  `writeId' on the item tells our own write whose answer got lost
 * from another's.
 */
#ifndef TQ_STORE_AWS_H
#define TQ_STORE_AWS_H

#include "store/aws/handle/handle.h"

/* -- interval.c ----------------------------------------------------------- */

/*
 * aq_polled(s, r, quiet): a look was made, and told no change if ${quiet}.
 * aq_poll_sooner(r): as if the last one had told a change.
 * aq_poll_wait(s, r, end): sleep until the next one is due, or tq_store_wake()
 * was called since the last; false: ${end} (boot clock) or a signal came.
 */
void aq_polled(struct aq *s, struct aq_interval *r, bool quiet);
void aq_poll_sooner(struct aq_interval *r);
bool aq_poll_wait(struct aq *s, const struct aq_interval *r, int64_t end);

/* -- the verbs ------------------------------------------------------------ */

void aq_seen_free(struct aq_seen *seen);
int aq_open(const char *, const struct tq_env *, enum tq_open,
    struct tq_store **, struct tq_err *);
void aq_close(struct tq_store *);
int aq_submit(struct tq_store *, const struct tq_submit *, size_t,
    struct tq_submitted *, struct tq_err *);
int aq_get(struct tq_store *, const char *const *, size_t, unsigned,
    struct tq_arena *, struct tq_task **, struct tq_err *);
int aq_list(struct tq_store *, const struct tq_list *, struct tq_arena *,
    struct tq_page *, struct tq_err *);
int aq_count(struct tq_store *, const char *, struct tq_arena *,
    struct tq_count **, size_t *, struct tq_err *);
int aq_rates(struct tq_store *, struct tq_rates *, struct tq_arena *,
    struct tq_err *);
int aq_wait_ids(struct tq_store *, const struct tq_ref *, size_t, int64_t,
    struct tq_arena *, struct tq_task **, struct tq_err *);
int aq_wait_changes(struct tq_store *, const char *, bool, const char *,
    int64_t, struct tq_arena *, struct tq_page *, struct tq_err *);
int aq_cancel(struct tq_store *, const char *const *, size_t,
    struct tq_answer *, struct tq_err *);
int aq_redrive(struct tq_store *, const struct tq_ref *, size_t,
    struct tq_answer *, struct tq_err *);
int aq_purge(struct tq_store *, const struct tq_ref *, size_t, bool,
    struct tq_answer *, struct tq_err *);
int aq_edit(struct tq_store *, const struct tq_edit *, size_t,
    struct tq_answer *, struct tq_err *);

#endif

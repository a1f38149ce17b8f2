/* lib/store/aws/claim/claim.h -- leases: taken, renewed, ended. */
#ifndef TQ_STORE_AWS_CLAIM_H
#define TQ_STORE_AWS_CLAIM_H

#include "store/aws/message/message.h"
#include "store/aws/record/table.h"
#include "task/doorbell.h"

/* A record that may be claimed. */
struct candidate {
	struct aq_update	 up;
	struct aq_msg	*msg;		/* NULL: found in the index */
	struct tq_message m;		/* what it says */
	bool		 over;		/* its lease ran out */
	bool		 prefetch, chosen, ended;
	const char	*permit;
};

/* The permits of a type that has a limit, as a claim finds them. */
struct aq_room {
	const char	*type;
	size_t		 n;		/* free ones */
	struct aq_free {
		const char	*pk;
		int64_t		 until;	/* of its last lease; 0: none */
	} *free;
};

/* The state of one claim. */
struct claiming {
	struct aq		*s;
	const struct tq_claim	*req;
	struct tq_claimed	*got;
	const struct tq_control	*control;
	int64_t			 now;
	size_t			 bytes;
	struct aq_room		*rooms;
	size_t			 nrooms;
	struct candidate		**chosen;
	struct aq_receipt	*later, *gone;	/* to hide, to delete */
	size_t			 nlater, ngone;
	size_t			 strangers;	/* messages without a handler */
	bool			 put_off;	/* all that came is to be */
};

/* The tasks to look for in the index. */
enum aq_look_for {
	AQ_LOOK_EXPIRED,	/* leases that ran out */
	AQ_LOOK_LEFT,		/* ... of what stands where it waited */
	AQ_LOOK_LIMITED,	/* what waits behind a limit */
	AQ_LOOK_TASKS		/* what is due */
};

/*
 * aq_look_due(q, what, types, boot): have these types (a hash) not been looked
 * for lately?  Then they are now.
 * aq_look_anew(q, what): what was seen counts no more.
 */
bool aq_look_due(struct aq_queue *q, enum aq_look_for what, uint64_t types,
    int64_t boot);
/* aq_look_done(q, what, types, boot): they have been, by the way. */
void aq_look_done(struct aq_queue *q, enum aq_look_for what, uint64_t types,
    int64_t boot);
void aq_look_anew(struct aq_queue *q, enum aq_look_for what);
void aq_looks_free(struct aq_queue *q);

/*
 * aq_look_begin(q, what, types, boot): the look to go on with; NULL: a round
 * of many pages saw all a short while ago, and the head of the index will do.
 * aq_look_seen(part, last, more, shards): the present shard of its part was
 * seen up to the entry ${last}, and to its end unless ${more}; the part's end
 * is that of the last of ${shards}.
 * aq_look_end(l, nparts, found, boot): the page is done; true when the round
 * of ${nparts} parts is, and found nothing.
 */
struct aq_look *aq_look_begin(struct aq_queue *q, enum aq_look_for what,
    uint64_t types, int64_t boot);
void aq_look_seen(struct aq_part *part, const struct aq_entry *last,
    bool more, int shards);
bool aq_look_end(struct aq_look *l, size_t nparts, bool found, int64_t boot);

/* aq_next(got, wall): something is due then. */
void aq_next(struct tq_claimed *got, int64_t wall);
/* The queue's rate: up to ${n} starts, less what is given back. */
int aq_rate_take(struct aq *s, const struct tq_control *c, size_t *n,
    int64_t *next_ms, struct tq_err *err);
void aq_rate_back(struct aq *s, const struct tq_control *c, size_t n);

void aq_sort_candidates(struct candidate *list, size_t n);

/* Lease up to ${max} of ${list}, in their order, into c->got. */
int aq_claim_candidates(struct claiming *c, struct candidate *list, size_t n,
    size_t max, struct tq_err *err);

/*
 * handover.c: put those of ${ups} (c->chosen's) that were leased into c->got,
 * with their payloads; one that can't be had is its task's failure (unread.h).
 */
int aq_hand_over(struct claiming *c, struct aq_update *ups, size_t n,
    struct tq_err *err);

/*
 * limit.c: aq_rooms() reads what room the limits of the claim's types leave.
 * Then aq_full(c, type): none for that type; aq_some_full(c): none for one of
 * the claim's types; aq_room(c): for how many tasks of them there is;
 * aq_all_full(c): none for them and for its others.
 * aq_permit_take(c, t, permit, err): 1 taken (*permit stays as it is if ${t}
 * needs none), 0 none is free, -1.
 */
int aq_rooms(struct claiming *c, struct tq_err *err);
bool aq_full(struct claiming *c, const char *type);
size_t aq_room(struct claiming *c);
bool aq_some_full(struct claiming *c);
bool aq_all_full(struct claiming *c);
int aq_permit_take(struct claiming *c, const struct tq_task *t,
    const char **permit, struct tq_err *err);
/* claim.c: a limit holds tasks of this claim back: to be looked at soon. */
void aq_limited(struct claiming *c);

/* messages.c: what messages announce; without ${ask} those that have come. */
int aq_claim_messages(struct claiming *c, bool ask, struct tq_err *err);

/*
 * deferred.c: remember a task whose message is put off; claim those for which
 * there is room now; forget all.
 */
void aq_defer(struct aq_queue *q, const char *id, const char *type);
int aq_claim_deferred(struct claiming *c, struct tq_err *err);
void aq_deferred_free(struct aq_queue *q);

/*
 * due.c: what the index says is due, or has lost its worker, among those that
 * run or among those that wait; bounded.
 */
int aq_claim_due(struct claiming *c, struct tq_err *err);
int aq_claim_left(struct claiming *c, struct tq_err *err);
int aq_claim_expired(struct claiming *c, struct tq_err *err);
/*
 * Take over the first of ${list} that can be; those the rule ends are
 * ended.
 */
int aq_take_over(struct claiming *c, struct candidate *list, size_t n,
    struct tq_err *err);

/*
 * aq_adopt(c, msgs, ups, n, err): adopt.c.
 * Make a task of each of the messages, which nobody has yet; ups[i] names the
 * id that it gets, and has been fetched and not found.  Then ups[i] is found,
 * as written here or by somebody who was quicker.  -1: claim nothing; what is
 * not adopted yet will be at its next delivery.
 */
int aq_adopt(struct claiming *c, struct aq_msg *const *msgs,
    struct aq_update *ups, size_t n, struct tq_err *err);

/* -- finish.c ------------------------------------------------------------- */

/* aq_end_leases(...): as tq_store_finish() without a claim. */
int aq_end_leases(struct aq *s, const struct tq_finish *in, size_t n,
    struct tq_answer *out, struct tq_err *err);

/* -- claim.c -------------------------------------------------------------- */

/* aq_claim(s, req, got, err): see store.h. */
int aq_claim(struct aq *s, const struct tq_claim *req,
    struct tq_claimed *got, struct tq_err *err);

/* -- the verbs, for the table in store.c ---------------------------------- */

int aq_extend(struct tq_store *, const struct tq_extend *, size_t,
    struct tq_extended *, struct tq_err *);
int aq_finish(struct tq_store *, const struct tq_finish *, size_t,
    struct tq_answer *, const struct tq_claim *, struct tq_claimed *,
    struct tq_err *);

#endif

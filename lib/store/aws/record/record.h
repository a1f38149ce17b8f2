/*
 * lib/store/aws/record/record.h -- task records: read, changed, and the
 * leases on them.
 */
#ifndef TQ_STORE_AWS_RECORD_H
#define TQ_STORE_AWS_RECORD_H

#include "store/aws/handle/handle.h"

/* The ways to deal with a record; see aq_update(). */
enum aq_do { AQ_NOTHING, AQ_WRITE, AQ_DELETE, AQ_WRITTEN, AQ_AGAIN };

/* -- record.c ------------------------------------------------------------- */

/* A record with what struct tq_task does not say. */
struct aq_rec {
	struct tq_task	 t;
	const char	*payload_at;	/* "b#..." or "blob:..."; NULL: inline */
	const char	*result_at;
	const char	*permit;	/* of a limit */
	const char	*write_id;
	struct tq_span	 open;		/* a child's sets with open edges */
	int		 look_owed;	/* a child's look at its parents is */
	bool		 unblock_owed;	/* it has ended: its children's word is */
	bool		 purging;	/* and then it is to be removed */
	int		 shard;		/* of its queue's index */
	enum tq_status	 stands;	/* RUNNING: in whose part of the index */
	const struct tq_err *unread;	/* aq_recs_load(): why not; NULL: it is */
	bool		 unnumbered;	/* by hand: there is no rev in it yet */
	int		 v;
	struct tq_span	 unknown;	/* ,"name":{...} of a newer program */
};

#define AQ_LOOK_FIRST	1	/* look_owed: of a new child */
#define AQ_LOOK_AGAIN	2	/* of one that was redriven */

/* aq_rec_read(item, a, r): into ${a}; false when it is no task's item. */
bool aq_rec_read(struct tq_span item, struct tq_arena *a, struct aq_rec *r);

/* aq_rec_write(r, b): append the item, with the unknown attributes. */
void aq_rec_write(const struct aq_rec *r, struct tq_buf *b);

/* aq_is_put_off(text): does a record's notBefore say that there is dueSince? */
bool aq_is_put_off(const char *text);

/* aq_due(t): since when, or when, a waiting task may run. */
int64_t aq_due(const struct tq_task *t);

/* aq_overdue(t, now): it waits, and its deadline for a start has passed. */
bool aq_overdue(const struct tq_task *t, int64_t now);

/* -- places.c ------------------------------------------------------------- */

/* The longest that a message can be delayed. */
#define AQ_DELAY_MAX_MS	(INT64_C(1000) * TQ_SQS_DELAY_MAX)

/* How far ahead a BLOCKED record stands that owes nothing. */
#define AQ_BLOCKED_MS	(INT64_C(36525) * 86400000)

#define AQ_RINGS_HELD	(-2)	/* rings: it is held, nobody rings for it */
#define AQ_RINGS_TTL	(-3)	/* ... it has ended, and DynamoDB removes it */
#define AQ_OWES_AT	1	/* ringAt of those that owe a look or word:
				   they come first */

/*
 * How far ahead a claim leaves the entry of what it leases where it waited:
 * to move it would cost two writes.  Until it has ended, or a renewal moves it
 * to those that run, only its record says that it does.
 */
#define AQ_LEFT_MS	(INT64_C(15) * 60000)

/*
 * aq_rec_place(s, r, now):
 * This store's own part of a record that a verb has turned: its place in the
 * index (part, ringAt), what is known of its message (rings, bell), and whether
 * the dead-letter queue is owed one.  A RUNNING record's stays, but for a ringAt
 * that its lease outlives.
 */
void aq_rec_place(struct aq *s, struct aq_rec *r, int64_t now);
/* aq_ring_in_time(t): ringAt is never later than the deadline for a start, so
   that what is overdue is found. */
void aq_ring_in_time(struct tq_task *t);

/*
 * aq_turned(s, r, expired, turned, now): what aq_update() is to do with ${r},
 * which tq_turn_expire() has ended (${expired}) and then the verb ${turned}.
 * Placed, if it is to be written.
 */
enum aq_do aq_turned(struct aq *s, struct aq_rec *r, bool expired,
    struct tq_turned turned, int64_t now);

/* -- update.c ------------------------------------------------------------- */

/*
 * aq_rec_fits(r): can DynamoDB hold the new record, with what becomes of it?
 * Its item takes 400 KB; a command or the bytes of a data: address may be over.
 */
bool aq_rec_fits(const struct aq_rec *r);

/* One record to be changed; see aq_update(). */
struct aq_update {
	const char	*id;
	struct aq_rec	 rec;		/* as read, then as written */
	bool		 found;		/* there, and not expired */
	bool		 known;		/* rec is fresh: don't read first */
	bool		 done;
	bool		 wrote;
	bool		 owed;		/* aq_doorbells_send(): its send failed */
	/* its own */
	bool		 there;		/* an item is, expired or not */
	bool		 deleting;
	bool		 unnumbered;	/* it had no rev */
	uint64_t	 old_rev;
	struct tq_span	 item;		/* as it was written, in the arena */
	char		 write_id[17];
};

/*
 * Decide about ups[i]: change up->rec (found or not) and return AQ_WRITE,
 * or AQ_DELETE, or AQ_NOTHING, or AQ_WRITTEN when the record is as an earlier
 * call of ours left it, or AQ_AGAIN when it is to be read anew.  Called again
 * when somebody else was quicker.
 */
typedef enum aq_do aq_decide_fn(struct aq *s, struct aq_update *ups, size_t i,
    void *arg);

/*
 * aq_update(s, ups, n, fn, arg, a, err):
 * Read what is not known, ask ${fn}, write conditionally, until all are done.
 * rev and writeId are set here.  -1: at least one could not be asked; those
 * that are done say so.  Those that owe their children word are noted.
 */
int aq_update(struct aq *s, struct aq_update *ups, size_t n, aq_decide_fn *fn,
    void *arg, struct tq_arena *a, struct tq_err *err);

/*
 * aq_ref_ok(up, rev, out): is the record there, and at ${rev} (0: any)?
 * ${out} gets the answer so far.
 */
bool aq_ref_ok(const struct aq_update *up, uint64_t rev, struct tq_answer *out);

/* aq_owed_next(s): a parent that was noted, malloced, or NULL. */
char *aq_owed_next(struct aq *s);

/* aq_update_again(j): one for the record as ${j} read or wrote it. */
struct aq_update aq_update_again(const struct aq_update *j);

/* aq_fetch(s, ups, n, a, err): read those neither known nor done. */
int aq_fetch(struct aq *s, struct aq_update *ups, size_t n, struct tq_arena *a,
    struct tq_err *err);

/* -- bodies.c ------------------------------------------------------------- */

/*
 * aq_body_room(r, last):
 * How many bytes more ${r} may hold.  Each write of a record costs a unit for
 * every KiB of it, so a payload, which is written with every change, goes into
 * one of at most 2 KiB; a result, which is written once (${last}), into one of
 * 4 KiB, which is what a read gets for a unit.  It is never less than
 * TQ_INLINE_MAX: to be an item of its own costs more (docs/cost.md).
 */
size_t aq_body_room(const struct aq_rec *r, bool last);

/*
 * aq_body_store(s, queue, id, due, tag, which, bytes, room, a, at, err): put
 * bytes that are over ${room} where they belong; ${at} says where (NULL:
 * inline).  ${which} is "payload" or "result"; ${due} when the task is, if
 * that is to come.  A body goes with its record (aq_recs_drop()), else by
 * itself: a result a day after the record would, a payload three years after
 * its task was due.
 */
int aq_body_store(struct aq *s, const char *queue, const char *id,
    int64_t due, const char *tag, const char *which, struct tq_span bytes,
    size_t room, struct tq_arena *a, const char **at, struct tq_err *err);
/* aq_crc(bytes): their sum, for a record whose bytes are not in it. */
uint64_t aq_crc(struct tq_span bytes);
/*
 * aq_body_undo(s, j, at): ${at} was stored for a write of ${j} that was not to
 * be: it goes, unless the record names it all the same, as it does when our
 * try was done, its answer lost, and the record changed by others since.
 */
void aq_body_undo(struct aq *s, const struct aq_update *j, const char *at);
/*
 * aq_recs_load(s, recs, n, with, a, err): fill t.payload and t.result.  Bytes
 * that are not where the record says, or are others, are left out, and
 * `unread' says why: TQ_E_NOTFOUND (they have expired), TQ_E_CORRUPT.
 */
int aq_recs_load(struct aq *s, struct aq_rec *const *recs, size_t n,
    unsigned with, struct tq_arena *a, struct tq_err *err);

/* -- drop.c --------------------------------------------------------------- */

/*
 * aq_rec_owns(r): does it name a body item or an object, have edges, or owe a
 * message?
 * Then DynamoDB's TTL may not remove it, or those would stay behind.
 */
bool aq_rec_owns(const struct aq_rec *r);

/*
 * aq_bodies_drop(s, ats, n): remove body items ("b#...") and objects
 * ("blob:..."), many at a time; NULLs are passed over.  Best effort.
 * aq_recs_drop(s, recs, n): all that these records own.
 */
void aq_bodies_drop(struct aq *s, const char *const *ats, size_t n);
void aq_recs_drop(struct aq *s, const struct aq_rec *const *recs, size_t n);

/* aq_rec_disown(r): ${r} names nothing any more, and so is the TTL's. */
void aq_rec_disown(struct aq_rec *r);

/* -- leases.c ------------------------------------------------------------- */

/* A lease of this process. */
struct aq_lease {
	char		*id;
	uint64_t	 claim;
	char		*receipt;	/* of its message; NULL: none */
	int64_t		 received_at;
	char		*item;		/* the record as we wrote it last */
	size_t		 item_n;
	char		*permit;	/* of a limit; NULL: none */
};

/* aq_lease_add(s, j, receipt, received_at): ${j} was just written, claimed. */
void aq_lease_add(struct aq *s, const struct aq_update *j, const char *receipt,
    int64_t received_at);
/*
 * aq_lease_of(s, id, claim): NULL if it is not ours; valid until the next
 * hold.
 */
struct aq_lease *aq_lease_of(struct aq *s, const char *id, uint64_t claim);
/* aq_lease_update(h, id, a): an update; unless ${h} is NULL it needs no read. */
struct aq_update aq_lease_update(const struct aq_lease *h, const char *id,
    struct tq_arena *a);
/* aq_lease_wrote(h, j): the record was written again. */
void aq_lease_wrote(struct aq_lease *h, const struct aq_update *j);
/* aq_lease_no_message(h): its message is gone. */
void aq_lease_no_message(struct aq_lease *h);
/* aq_lease_drop(s, h): the lease is over; ${h} is not valid after. */
void aq_lease_drop(struct aq *s, struct aq_lease *h);
/* aq_leases_free(s): forget them all; they run out by themselves. */
void aq_leases_free(struct aq *s);
/* aq_leases_have_permit(s, permit): does one of them hold it? */
bool aq_leases_have_permit(const struct aq *s, const char *permit);

/* -- permits.c ------------------------------------------------------------ */

/*
 * aq_permit_write(s, pk, t, until, old_until, err): take it for ${t} if it
 * is as free as it was seen to be.  1 taken, 0 somebody was quicker, -1.
 * aq_permit_extend(), aq_permit_free(): best effort; ${permit} NULL is a no-op.
 */
int aq_permit_write(struct aq *s, const char *pk, const struct tq_task *t,
    int64_t until, int64_t old_until, struct tq_err *err);
void aq_permit_extend(struct aq *s, const char *permit, const struct tq_task *t,
    int64_t until);
void aq_permit_free(struct aq *s, const char *permit, const char *id);

#endif

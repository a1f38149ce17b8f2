/*
 * lib/store/aws/edge/edge.h -- tasks that wait for others, on a table.
 *
 *	items.c    the items beside the records
 *	drop.c     they go with their record
 *	add.c      a submit: marks, items
 *	live.c     does anybody still wait for a record?
 *	turn.c     children are unblocked, or cancelled
 *	settle.c   what is owed: a child's look, an ended parent's word
 *	payer.c    the thread that pays for a worker
 *	read.c     parents and children, for readers
 *	redrive.c  dead and cancelled tasks wait again
 *
 * e#PARENT#N has up to 100 children of a parent; its record's `edges' says how
 * many such items there are.  d#CHILD#SUBMITID#N has up to 100 parents of a
 * child, each with the status that met it; its record's `open' names those
 * items in which one is not met.
 *
 * A submit marks each parent (rev moves on, so that of mark and end one sees
 * the other), writes the items, and then the child, which owes a look at its
 * parents (lookOwed).  A parent that ends and is marked owes its children word
 * (unblockOwed).  Both debts are paid by steps that may be repeated, by
 * anybody: meet edges in the sets, take a set without open edges out of
 * `open', unblock the child whose `open' is empty.  Debts stand at the start of
 * the index, where a sweep looks for them.  A record that owes word is paid
 * for before it is redriven, replaced or removed.
 */
#ifndef TQ_STORE_AWS_EDGE_H
#define TQ_STORE_AWS_EDGE_H

#include "store/aws/message/message.h"
#include "store/edges.h"
#include "task/edge.h"

#define AQ_SET_MAX	100	/* edges in an item */
#define AQ_ROUND	500	/* children told at a time */

/* -- items.c -------------------------------------------------------------- */

/* A set, d#CHILD#TAG#N: some parents of a child. */
struct aq_set {
	const char		*pk;
	int64_t			 rev;	/* 0: it is not there */
	struct tq_parent	*v;
	size_t			 n;
	bool			 dirty;	/* to be written */
	bool			 stale;	/* somebody else was quicker */
};

/* A child as its parent's item names it. */
struct aq_kid {
	const char	*id, *tag;
	size_t		 set;
	bool		 ended;
};

const char *aq_set_pk(const char *child, const char *tag, size_t n,
    struct tq_arena *a);
const char *aq_kids_pk(const char *parent, size_t n, struct tq_arena *a);
/* aq_tag(t): what tells the sets of this run of ${t} from others'. */
const char *aq_tag(const struct tq_task *t);

/* aq_set_open(set): how many of its edges are open. */
size_t aq_set_open(const struct aq_set *set);

/* aq_set_item(set, until, a), aq_kids_item(pk, kids, n, a): as an item; ${until}
   (s): when the TTL may take one whose record never came. */
struct tq_span aq_set_item(const struct aq_set *set, int64_t until,
    struct tq_arena *a);
struct tq_span aq_kids_item(const char *pk, const struct aq_kid *kids,
    size_t n, struct tq_arena *a);

/* aq_sets_read(s, sets, n, a, err): each by its pk. */
int aq_sets_read(struct aq *s, struct aq_set *sets, size_t n,
    struct tq_arena *a, struct tq_err *err);
/* aq_sets_write(s, sets, n, a, err): those that are dirty, if they are as they
   were read; else `stale'. */
int aq_sets_write(struct aq *s, struct aq_set *sets, size_t n,
    struct tq_arena *a, struct tq_err *err);

/* aq_kids_read(s, parent, from, n, a, kids, nkids, err): the children in the
   parent's items ${from} up to ${from} + ${n}. */
int aq_kids_read(struct aq *s, const char *parent, size_t from, size_t n,
    struct tq_arena *a, struct aq_kid **kids, size_t *nkids,
    struct tq_err *err);

/* aq_items_put(s, items, n, fresh, err): many at a time; ${fresh}: what is
   there already stays as it is. */
int aq_items_put(struct aq *s, const struct tq_span *items, size_t n,
    bool fresh, struct tq_err *err);

/* -- drop.c --------------------------------------------------------------- */

/* aq_sets_drop(s, t): the sets of a child that is gone, or was refused.
   aq_edges_drop(s, r): all that is beside the record, with it. */
void aq_sets_drop(struct aq *s, const struct tq_task *t);
void aq_edges_drop(struct aq *s, const struct aq_rec *r);

/* -- add.c ---------------------------------------------------------------- */

/* aq_sets_of(parents): how many sets so many parents fill. */
size_t aq_sets_of(size_t parents);

/* aq_parents_asked(t): how many the request names. */
size_t aq_parents_asked(const struct tq_task *t);

/*
 * aq_edges_add(s, in, n, missing, a, err):
 * Before the records of ${in}: their parents are marked, their items written.
 * missing[i]: a parent of in[i] that is not there; NULL: all are.
 */
int aq_edges_add(struct aq *s, const struct tq_submit *in, size_t n,
    const char **missing, struct tq_arena *a, struct tq_err *err);

/* aq_edges_ask(r, t, a): ${r} is the new record of the request ${t}: it waits
   for its parents, and owes a look at them. */
void aq_edges_ask(struct aq_rec *r, const struct tq_task *t,
    struct tq_arena *a);

/* -- live.c --------------------------------------------------------------- */

/* aq_edges_live(s, t, any, a, err): does a task that is BLOCKED (${any}: that
   has not ended) name ${t} as its parent?  1, 0, -1. */
int aq_edges_live(struct aq *s, const struct tq_task *t, bool any,
    struct tq_arena *a, struct tq_err *err);

/* -- turn.c --------------------------------------------------------------- */

/* The turn of a child; see aq_children_turn(). */
struct aq_turn {
	const char	*id, *tag;
	const size_t	*closed;	/* sets without open edges */
	size_t		 nclosed;
	const char	*broken;	/* a parent that was cancelled, or is */
	bool		 gone;		/* ... gone */
	bool		 looked;	/* its look is paid with this */
	bool		 unblocked;	/* its own */
};

/* aq_children_turn(s, turns, n, a, err): change their records, and ring. */
int aq_children_turn(struct aq *s, struct aq_turn *turns, size_t n,
    struct tq_arena *a, struct tq_err *err);

/* -- settle.c ------------------------------------------------------------- */

/* aq_pay_looks(s, ids, n, err): of those of these children that owe a look. */
int aq_pay_looks(struct aq *s, const char *const *ids, size_t n,
    struct tq_err *err);
/* aq_pay_word(s, id, err): the children of ${id}, if it owes them word; one
   that is being purged is removed then.  1 if it did owe it, 0 or -1. */
int aq_pay_word(struct aq *s, const char *id, struct tq_err *err);
/* aq_settle(s): word for all that ended in writes of this handle; what can't
   be paid is left to the sweep. */
void aq_settle(struct aq *s);

/* -- payer.c -------------------------------------------------------------- */

/* aq_settle_soon(s): the same, by a thread (store/payer.h); true if there was
   any.  aq_settling(s): has it not done so yet?  aq_payer_end(s): the handle is
   being closed. */
bool aq_settle_soon(struct aq *s);
bool aq_settling(struct aq *s);
void aq_payer_end(struct aq *s);

/* -- read.c --------------------------------------------------------------- */

int aq_parents(struct tq_store *, const char *, struct tq_arena *,
    struct tq_parent **, size_t *, struct tq_err *);
int aq_children(struct tq_store *, const char *, struct tq_arena *,
    const char ***, size_t *, struct tq_err *);

/* -- redrive.c ------------------------------------------------------------ */

/*
 * aq_redrive_all(s, refs, n, ups, out, a, err): redrive those of ${refs}
 * that can be, and ring for them.
 */
int aq_redrive_all(struct aq *s, const struct tq_ref *refs, size_t n,
    struct aq_update *ups, struct tq_answer *out, struct tq_arena *a,
    struct tq_err *err);

/*
 * aq_redrive_back(s, ref): redrive the dead task whose message somebody moved
 * back from the DLQ, where there is thus nothing to be cleared.
 */
int aq_redrive_back(struct aq *s, const struct tq_ref *ref);

#endif

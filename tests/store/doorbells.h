/*
 * tests/store/doorbells.h -- the aws store driven by store.h's verbs, while
 * what it sends is written down and what it leaves is looked at from beside.
 *
 *	doorbells.c	    the cases' order, a store for each
 *	doorbells_host.c    processes that have the store open, and their clock
 *	doorbells_beside.c  queue and table, past the store
 *	doorbells_*.c	    the cases
 *
 * The clock stands still but for pass(): so times are compared exactly.  That of
 * intervals runs until stop_boot(), for cases in which nothing may be done a
 * second time only because the machine is slow.  The queue's own clock can't be
 * moved; a message that is to come back is made visible, and what is to be old is
 * submitted in the past.
 */
#ifndef DOORBELLS_H
#define DOORBELLS_H

#define T_PARTS
#include "../unit/t.h"

#include "aws/sqs.h"
#include "store/aws/claim/claim.h"
#include "task/doorbell.h"
#include "util/time.h"

#define QUEUE	"default"
#define LEASE_MS	60000
#define MINUTE	TQ_MINUTE_MS
#define HOUR	(60 * TQ_MINUTE_MS)
#define DAY	TQ_DAY_MS
#define LONG_OVER	(LEASE_MS + AQ_MARGIN_MS + 1)	/* for a lease */

/* The module's exports: it is linked into this program. */
extern const struct tq_store_ops tq_aws_ops;

extern struct tq_arena arena;
extern struct tq_err err;

/* -- doorbells_host.c -------------------------------------------------------------- */

extern struct tq_env env;
extern int64_t now;		/* the stores' clock, ms */

/* It shows the real time, and stands. */
void set_clock(void);
/* It goes on by ${ms}, or back. */
void pass(int64_t ms);
/* It runs with the real one, from where it stands. */
void let_run(void);
/* The clock that intervals go by (boot_ms) stands, and goes on by ${ms}. */
void stop_boot(void);
void pass_boot(int64_t ms);

/* A request that was sent. */
struct seen {
	const char	*op;		/* "SendMessageBatch" */
	struct tq_span	 body;
};

/* A process that has the store open. */
struct host {
	struct tq_store	*st;
	const char	*name;
	struct tq_http	*http;
	struct seen	*seen;
	size_t		 n, cap, from;	/* from: see forget() */
	size_t		 calls;		/* all since it was opened */
	size_t		 rounds;	/* ... as they were sent together */
	bool		 deaf;		/* nothing is written down but that */
	char		*receipt, *bell; /* of the last message received */
	/* Requests of this kind, with this in the body, are refused. */
	const char	*refuse, *refuse_in;
	bool		 denies;	/* ... for want of a right */
	int		 hot;		/* so many PutItems to come are throttled:
					   a partition of the index is hot */
	bool		 was_hot;	/* the last request was */
	/* Over 0: from so many requests that change something on, all. */
	int		 dies;
	bool		 spoil;		/* messages come with a wrong MD5 */
	bool		 vague;		/* the end of an upload in parts is
					   not done, and answered by blanks */
	/* Called once, before such a request goes out (NULL: a PutItem). */
	void		(*before)(void);
	const char	*before_op, *before_in;
	/* So too, when one was done and its answer is about to get lost. */
	void		(*after)(void);
	const char	*after_in;
};

extern struct host w1, w2;

/* Open the store at ${url} for ${h}; -1 with err. */
int host_open(struct host *h, const char *url);
void host_close(struct host *h);
/* The process dies and another comes: it knows nothing of the queue. */
void host_anew(struct host *h);

/* Requests sent up to now no longer count for those below. */
void forget(struct host *h);
/* How many requests whose name begins with ${op}. */
size_t sent(const struct host *h, const char *op);
/* The seconds of the last ChangeMessageVisibility; -1: none. */
int hidden_for(const struct host *h);
/* Where in the order ${op} (its name's beginning) came first; -1: nowhere. */
int place_of(const struct host *h, const char *op, const char *in_body);

/* -- the verbs, on one task ------------------------------------------------------- */

/* A task that is due at ${due} (0: now); what submit answers is checked. */
const char *put_due(const char *type, int64_t due, enum tq_stored want);
const char *put(void);		/* of type "a", due now, STORED */

/*
 * So many tasks of ${type} at once, due at ${due} (0: now), STORED; the clock
 * must run, or they share a millisecond.
 */
void put_many(const char *type, size_t n, int64_t due);

struct tq_claimed claim_of(struct host *h, const char *type, size_t n);
/* One task of type "a", from a message and not from the index, or NULL. */
const struct tq_task *claim(struct host *h);
/* tq_store_wait_ready(), for which the boot clock runs. */
int wait_ready(struct host *h, uint64_t bell, int64_t ms);
struct tq_answer finish(struct host *h, const struct tq_task *t,
    enum tq_how how, int64_t not_before);
const struct tq_task *get(const char *id);
/* A whole sweep, in as many rounds as it takes. */
struct tq_swept sweep(struct host *h);
/* A task that died, its message and its record as that leaves them. */
const char *put_dead(void);

/* -- doorbells_beside.c ------------------------------------------------------------------ */

int beside_open(void);
void beside_close(void);
/* The queue's and the DLQ's addresses are those of this prefix. */
void beside_prefix(const char *prefix);

#define MAIN	false
#define DLQ	true

struct on_queue { int visible, hidden, delayed, all; };
struct on_queue on(bool dlq);

void ring_by_hand(bool dlq, const char *body);
/* The usual message for ${id}. */
void ring_for(const char *id);
/* The first message there is, which is then hidden; NULL: none. */
struct tq_sqs_msg *take(bool dlq);
void drop(bool dlq, const char *receipt);
/* Somebody has another message in hand: the queue is not empty. */
void be_busy(void);
/* The last message that ${h} received is to be had again, now. */
void bring_back(const struct host *h);
/* All messages are gone, and nobody knows. */
void lose_all(void);

/* A record's attribute as it stands in the table; -99: it has none. */
int64_t number(const char *id, const char *attribute);
/* Of any item; -99 also where there is none. */
int64_t number_at(const char *pk, const char *attribute);
void set_number(const char *id, const char *attribute, int64_t n);
void take_away(const char *id, const char *attribute);
/* The body at ${pk} is ${bytes}; TQ_SPAN_NONE: there is no such item. */
void set_body(const char *pk, struct tq_span bytes);

/* -- the cases -------------------------------------------------------------------------- */

extern const struct t_case bell_cases[], dead_cases[], ring_cases[],
    lost_cases[], torn_cases[], limit_cases[], half_cases[],
    list_cases[], backlog_cases[], retention_cases[],
    follow_cases[], shards_cases[], edge_cases[], pushed_cases[],
    body_cases[];
extern const size_t nbell_cases, ndead_cases, nring_cases, nlost_cases,
    ntorn_cases, nlimit_cases, nhalf_cases, nlist_cases, nbacklog_cases,
    nretention_cases, nfollow_cases, nshards_cases, nedge_cases,
    npushed_cases, nbody_cases;

#define CASES(name, ...)						\
const struct t_case name##_cases[] = { __VA_ARGS__ };			\
const size_t n##name##_cases =						\
    sizeof(name##_cases) / sizeof(name##_cases[0]);

#endif

/* lib/store/aws/handle/handle.h -- the open store: its URL, clock and queues. */
#ifndef TQ_STORE_AWS_HANDLE_H
#define TQ_STORE_AWS_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>

#include "aws/call.h"
#include "store/ops.h"
#include "util/limits.h"

struct aq_msg;
struct aq_note;
struct aq_seen;

#define AQ_MARGIN_MS	5000	/* clocks of two hosts may differ so much */
#define AQ_RETENTION_S	1209600	/* 14 days: SQS's longest */
#define AQ_CALLS	32	/* sent at a time */
#define AQ_CHORES	10	/* of a sweep; sweep/chores.c */
#define AQ_BEHIND	64	/* tasks remembered behind limits */

/* -- url.c ------------------------------------------------------------------ */

struct aq_url {
	char		*prefix;
	char		*table;
	char		*bucket;	/* NULL: PREFIX-ACCOUNT-REGION */
	char		*text;		/* without queue addresses, for messages */
	struct tq_arena	 mem;
	struct aq_named {
		const char	*queue, *url;
		struct aq_named	*next;
	} *queues;
};

/* Parse "aws:PREFIX[?table=T&bucket=B&queue.NAME=URL]"; free in any case. */
int aq_url_parse(const char *url, struct aq_url *u, struct tq_err *err);
void aq_url_free(struct aq_url *u);

/* -- handle.c ----------------------------------------------------------------- */

/* A lease of this process; see held.c. */
struct aq_held {
	char		*id;
	uint64_t	 claim;
	char		*receipt;	/* of its message; NULL: none */
	int64_t		 received_at;
	char		*item;		/* the record as we wrote it last */
	size_t		 item_n;
	char		*slot;		/* of a limit; NULL: none */
};

/* When which types were looked for in the index. */
struct aq_look {
	uint64_t	 types;		/* a hash */
	int64_t		 at;		/* boot */
};
#define AQ_LOOKS	2	/* a worker's claims are for two lists of types */

/* The long poll of one thread. */
struct aq_poller {
	struct aq_poller *next;
	struct tq_aws	*a;
	atomic_bool	 busy;
};

/* What this process knows of a queue. */
struct aq_queue {
	struct aq_queue	*next;
	char		*name;
	char		*url[2];	/* the queue's and its DLQ's; NULL: not asked */
	atomic_bool	 paused;	/* by the last claim */
	atomic_bool	 full;		/* all its types are at their limits */
	_Atomic int64_t	 watermark;	/* newest SentTimestamp received */
	int64_t		 marked, marked_ms;	/* the one written down; boot: when */
	struct aq_look	 looked[AQ_LOOKS];	/* for expired leases */
	struct aq_look	 held_up[AQ_LOOKS];	/* for what a limit holds up */
	struct aq_behind {
		char	*id, *type;
	} behind[AQ_BEHIND];		/* a limit: behind.c */
	size_t		 nbehind;
	_Atomic int64_t	 lease_ms;	/* of the last claim */
	char		*control;	/* its control item; NULL: not read */
	size_t		 control_n;	/* 0: there is none */
	int64_t		 control_ms;	/* boot: when it was read */
	char		*tidied;	/* the last blob that a sweep looked at */
	struct aq_spot {
		char	*pk;
		int64_t	 ring_at;
		bool	 round;		/* all was seen since the first round */
	} place[AQ_CHORES];		/* where each chore goes on */
	int64_t		 tidied_ms;	/* when a sweep had seen all blobs */
};

/* Of looks that ask one question; see rhythm.c. */
struct aq_rhythm {
	int64_t		 min_ms;	/* the shortest rest between two */
	int64_t		 rest_ms;	/* from the last look to the next */
	int64_t		 next_at;	/* boot clock */
	unsigned	 wakes;		/* those that the last one knew of */
};

struct aq {
	struct tq_store	 base;
	struct tq_aws	*a;
	struct aq_url	 url;
	char		*bucket;
	pthread_mutex_t	 lock;		/* queues, stash, pollers' list */
	struct aq_queue	*queues;
	struct aq_msg	*stash;
	_Atomic(struct aq_poller *) pollers;
	atomic_uint	 wakes;
	struct aq_held	*held;
	size_t		 nheld, capheld;
	struct aq_note	*gone;		/* to be deleted; gone.c */
	size_t		 ngone;
	struct aq_seen	*seen;
	struct aq_rhythm follow;	/* of the looks behind `seen' */
	struct aq_rhythm waits;		/* of tq_store_wait_ids() ... */
	uint64_t	 waits_for;	/* ... for these records, hashed */
};

static inline struct aq *
aq_of(struct tq_store *st)
{
	return (struct aq *)st;
}

typedef void aq_explain_fn(void *s, struct tq_aws_call *c);

/*
 * aq_new(url, env, attempts, explain, out, err):
 * A handle for the store at ${url}, which has not been asked anything yet.
 * ${attempts} of each call; 0: as configured.  ${explain} says what a failed
 * call means; see tq_aws_opts.  Fails with TQ_E_CONFIG.
 * aq_free(s): frees it and what is known of queues.
 */
int aq_new(const char *url, const struct tq_env *env, int attempts,
    aq_explain_fn *explain, struct aq **out, struct tq_err *err);
void aq_free(struct aq *s);

/* -- clock.c ------------------------------------------------------------------ */

/* aq_now(s): wall-clock milliseconds as the services see them. */
int64_t aq_now(const struct aq *s);

/*
 * aq_ahead(s): by how much that is more than this host's clock says, in which
 * callers' times (not_before, next_ms) are given.
 */
int64_t aq_ahead(const struct aq *s);

/* -- queue.c ------------------------------------------------------------------------ */

/* aq_queue(s, name): what is known of it; never NULL. */
struct aq_queue *aq_queue(struct aq *s, const char *name);
/* aq_queues_free(s): all that was known of them. */
void aq_queues_free(struct aq *s);

/*
 * aq_queue_name(s, queue, dlq, a, err): its name in SQS, in ${a}; NULL
 * (TQ_E_NOQUEUE) when there is no room for one beside the store's own.
 */
const char *aq_queue_name(const struct aq *s, const char *queue, bool dlq,
    struct tq_arena *a, struct tq_err *err);

/*
 * aq_queue_url(s, a, name, dlq, url, err): its address; fails with
 * TQ_E_NOQUEUE, naming the remedy, when there is no such queue.
 */
int aq_queue_url(struct aq *s, struct tq_aws *a, const char *name, bool dlq,
    const char **url, struct tq_err *err);

/*
 * aq_queue_empty(s, name): has it, by SQS's own (approximate) count, no
 * message at all, waiting, delayed or in flight?  False also when unknown.
 */
bool aq_queue_empty(struct aq *s, const char *name);

int aq_has_queue(struct tq_store *, const char *, struct tq_err *);
void aq_no_queue(const struct tq_store *, const char *, struct tq_err *);

#endif

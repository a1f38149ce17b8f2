/*
 * lib/store/aws/handle/handle.h -- the open store: its URL, clock and
 * queues.
 */
#ifndef TQ_STORE_AWS_HANDLE_H
#define TQ_STORE_AWS_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>

#include "aws/call.h"
#include "store/ops.h"
#include "util/limits.h"

struct aq_lease;
struct aq_msg;
struct tq_payer;
struct aq_poller;
struct aq_receipt;
struct aq_seen;
struct tq_pushed;

#define AQ_MARGIN_MS	5000	/* clocks of two hosts may differ so much */
#define AQ_RETENTION_S	1209600	/* 14 days: SQS's longest */
#define AQ_CALLS	32	/* sent at a time */
#define AQ_CHORES	13	/* of a sweep; sweep/chores.c */
#define AQ_SHARDS_MAX	16	/* of a queue's index; record/shards.h */
#define AQ_DEFERRED_MAX	64	/* tasks remembered behind limits */
#define AQ_LOOKS	2	/* a worker's claims are for two lists of types */
#define AQ_LOOK_KINDS	4	/* see claim/claim.h */
#define AQ_LOOK_PARTS	2	/* statuses that a look goes through */

/* -- url.c ---------------------------------------------------------------- */

struct aq_url {
	char		*prefix;
	char		*table;
	char		*bucket;	/* NULL: see blob/bucket.c */
	char		*owner;		/* account; NULL: the caller's own */
	char		*text;		/* without queue addresses, for messages */
	struct tq_arena	 mem;
	struct aq_named {
		const char	*queue, *url;
		struct aq_named	*next;
	} *queues;
};

/*
 * Parse "aws:PREFIX[?table=T&bucket=B&owner=ACCOUNT&queue.NAME=URL]"; free in
 * any case.
 */
int aq_url_parse(const char *url, struct aq_url *u, struct tq_err *err);
void aq_url_free(struct aq_url *u);

/* -- handle.c ------------------------------------------------------------- */

/*
 * This process's knowledge of a queue.  Each part is used in the file that it
 * names and nowhere else, and is as good as new when it is all zeros.
 */
struct aq_queue {
	struct aq_queue	*next;
	char		*name;
	char		*url[2];	/* its own and its DLQ's; NULL: not asked */

	struct aq_poll_state {		/* message/poll.c */
		atomic_bool	paused;	/* by the last claim */
		atomic_bool	full;	/* all its types are at their limits */
		_Atomic int64_t	lease_ms;	/* of the last claim; 0: none */
		int64_t		rest_ms;	/* of the last rest; 0: none */
		_Atomic int64_t	rest_until;	/* boot clock; 0: no rest */
	} poll;

	struct aq_watermark {		/* message/watermark.c */
		_Atomic int64_t	received;	/* newest SentTimestamp */
		int64_t		written;	/* the one written down */
		int64_t		written_at;	/* boot clock; 0: never */
	} watermark;

	struct aq_looks {		/* claim/look.c */
		struct aq_look {
			uint64_t	types;	/* a hash */
			int64_t		at;	/* boot clock; 0: never */
			struct aq_part {	/* of the index */
				int	 shard;
				char	*pk;	/* seen up to this entry */
				int64_t	 ring_at;
				bool	 end;	/* all of it was seen */
			} part[AQ_LOOK_PARTS];
			bool		fruitless;	/* since its start */
			unsigned	pages;
			int64_t		next;	/* when something is due */
			int64_t		round_at;	/* boot clock: when one
						   last saw all; 0: never */
			unsigned	round_pages;
		} last[AQ_LOOK_KINDS][AQ_LOOKS];
	} looks;

	struct aq_deferred {		/* claim/deferred.c */
		struct aq_deferred_task {
			char	*id, *type;
		} task[AQ_DEFERRED_MAX];
		size_t	n;
	} deferred;

	struct aq_control_item {	/* record/control.c */
		char	*item;		/* NULL: not read */
		size_t	 n;		/* 0: there is none */
		int64_t	 read_at;	/* boot clock */
	} control;

	struct aq_shards_known {	/* record/shards.c */
		int	 walk, write;	/* 0: not read */
		int64_t	 raised_at;
		int64_t	 walk_at, write_at;	/* read then, boot clock */
	} shards;
	unsigned	 submitted;	/* record/shards.c */

	struct aq_walks {		/* sweep/chores.c */
		struct aq_walk {	/* where each chore goes on */
			char	*pk;
			int64_t	 ring_at;
			bool	 round;	/* all was seen since the first round */
		} place[AQ_SHARDS_MAX][AQ_CHORES];
	} walks;

	struct aq_orphans {		/* sweep/orphans.c */
		char	*last;		/* blob that was looked at */
		int64_t	 seen_at;	/* when all had been; 0: never */
	} orphans;
};

/* When to poll again for what nobody tells of; interval.c. */
struct aq_interval {
	int64_t		 min_ms;	/* the shortest */
	int64_t		 ms;		/* from the last poll to the next */
	int64_t		 next_at;	/* boot clock */
	unsigned	 wakes;		/* those that the last one knew of */
};

/* The open store; its parts are used in the file that they name. */
struct aq {
	struct tq_store	 base;
	struct tq_aws	*a;
	struct aq_url	 url;
	char		*bucket;	/* blob/bucket.c */
	bool		 no_conditions;	/* blob/object.c: S3 knows none */
	bool		 no_delete;	/* sweep/retention.c: may not, of records */
	bool		 no_shards;	/* record/shards.c: may not raise them */
	pthread_mutex_t	 lock;		/* queues, buffer, pollers' list */
	struct aq_queue	*queues;	/* queue.c */
	atomic_uint	 wakes;		/* calls of tq_store_wake() and its like */

	struct aq_msg	*buffer;	/* message/receive.c: not looked at */
	_Atomic(struct aq_poller *) pollers;	/* message/poll.c */

	struct aq_pushing {		/* message/push.c */
		bool		 on;	/* nothing is received */
		struct tq_pushed *v;
		size_t		 n;
	} pushed;

	struct aq_leases {		/* record/leases.c */
		struct aq_lease	*v;
		size_t		 n, cap;
	} leases;

	struct aq_deletes {		/* message/deletes.c */
		struct aq_receipt *v;
		size_t		 n;
	} deletes;

	struct aq_following {		/* follow.c */
		struct aq_seen	*seen;
		struct aq_interval interval;
	} follow;

	struct aq_sweeping {		/* sweep/part.c */
		bool		 mine[AQ_SHARDS_MAX];
		bool		 much[AQ_SHARDS_MAX];	/* to do there */
	} sweeping;

	struct aq_owed {		/* record/update.c */
		char		**ids;	/* parents that owe word */
		size_t		 n, cap;
	} owed;
	struct tq_payer	*payer;		/* edge/payer.c; NULL: none */

	struct aq_waiting {		/* wait.c */
		uint64_t	 refs;	/* a hash of those asked about last */
		struct aq_interval interval;
	} wait;
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

/* -- account.c ------------------------------------------------------------ */

/*
 * aq_account(s, account, err):
 * The account in which the store is: the URL's owner=, else the one whose
 * credentials these are; never one that a queue's address names, which may be
 * anybody's.  NULL when it is not known of a stand-in.  Returns 0, or -1.
 */
int aq_account(struct aq *s, const char **account, struct tq_err *err);

/*
 * aq_table_ours(s, arn, err):
 * Is the table in the store's account?  ${arn} is what DynamoDB says of it;
 * NULL: as far as can be told without asking DynamoDB.  0, or -1 (TQ_E_CONFIG).
 */
int aq_table_ours(struct aq *s, const char *arn, struct tq_err *err);

/*
 * aq_account_shown(s, a): for names and texts: the same, or of a stand-in the
 * one in a queue's address; NULL when none is known.
 */
const char *aq_account_shown(struct aq *s, struct tq_arena *a);

/* -- clock.c -------------------------------------------------------------- */

/* aq_now(s): wall-clock milliseconds as the services see them. */
int64_t aq_now(const struct aq *s);

/*
 * aq_ahead(s): by how much that is more than this host's clock says, in which
 * callers' times (not_before, next_ms) are given.
 */
int64_t aq_ahead(const struct aq *s);

/* aq_sleep(ms): -1 when a signal came meanwhile. */
int aq_sleep(int64_t ms);

/* -- queue.c -------------------------------------------------------------- */

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

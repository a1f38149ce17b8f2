/*
 * lib/store/setup.h -- making a store and looking after it: init, doctor, who
 * has to be allowed what, and messages of others.  Like store.h, for every
 * store.
 */
#ifndef TQ_STORE_SETUP_H
#define TQ_STORE_SETUP_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

struct tq_env;
struct tq_err;
struct tq_store;

enum tq_level { TQ_LEVEL_OK, TQ_LEVEL_NOTE, TQ_LEVEL_WARN, TQ_LEVEL_FAIL };

/* A request to a remote service that a dry run does not make. */
struct tq_init_call {
	const char	*service, *operation;	/* "dynamodb", "CreateTable" */
	const char	*params;	/* JSON, as the service's API has it */
	const char	*command;	/* a shell's, to do it by hand */
};

struct tq_finding {
	enum tq_level	 level;
	const char	*subject;	/* "database", "queue default" */
	const char	*text;		/* one line */
	const char	*remedy;	/* what to run, or NULL */
	const struct tq_init_call *call; /* of a dry run: what would be done */
};

typedef void tq_finding_fn(void *arg, const struct tq_finding *f);

struct tq_init {
	const char *const *queues;	/* to create beside `default' */
	size_t		 nqueues;
	bool		 migrate;	/* also what tools may not do by themselves */
	const char	*shared;	/* a group that may use it too; sqlite */
	int		 shards;	/* aws: of each queue's index, at least;
					   0: as they are.  TQ_E_CONFIG on
					   stores without */
	int64_t		 rate;		/* aws: tasks a second that table and
					   index take at once; 0: as AWS
					   begins.  As shards */
	bool		 dry_run;	/* report, change nothing; what is to
					   be asked for but may not be counts
					   as not there */
};

/* tq_store_init(...): create or verify everything; may be repeated. */
int tq_store_init(const char *url, const struct tq_env *env,
    const struct tq_init *opts, tq_finding_fn *report, void *arg,
    struct tq_err *err);

/*
 * tq_store_policy(url, env, role, queues, n, out, whole, err):
 * Append what ${role} ("submitter", "worker", "operator") has to be allowed on
 * these queues (none: the default one), as an IAM policy in JSON.  ${whole} is
 * set to whether the account is known; else there is "*" in its place.
 * Fails with TQ_E_USAGE for another role, TQ_E_CONFIG for a store without
 * policies.
 */
int tq_store_policy(const char *url, const struct tq_env *env,
    const char *role, const char *const *queues, size_t n, struct tq_buf *out,
    bool *whole, struct tq_err *err);

/*
 * tq_store_template(url, env, opts, out, err):
 * Append what init would make with ${opts} (queues, rate), and the roles'
 * policies, as a CloudFormation template in JSON.  Asks nobody.
 * Fails with TQ_E_CONFIG for a store that has none.
 */
int tq_store_template(const char *url, const struct tq_env *env,
    const struct tq_init *opts, struct tq_buf *out, struct tq_err *err);

/*
 * tq_store_doctor(...): look at everything that can be wrong; one finding a
 * line.  Returns 0 and the worst level in ${worst}; fails only on a bug.
 */
int tq_store_doctor(const char *url, const struct tq_env *env,
    tq_finding_fn *report, void *arg, enum tq_level *worst,
    struct tq_err *err);

/* -- messages of others ---------------------------------------------------- */

/* One in the dead-letter queue that stands for no dead task. */
struct tq_foreign {
	const char	*queue, *id;	/* the MessageId */
	const char	*reason;	/* why it was moved there; may be NULL */
	int64_t		 sent_at;	/* to the dead-letter queue */
	struct tq_span	 body;
};

/*
 * tq_store_foreign(st, queue, limit, a, out, n, more, err):
 * Up to ${limit} messages, in ${a}, that a claim has moved to the dead-letter
 * queue of ${queue} (NULL: of every one) because they are not tq's, or that
 * came there by other ways.  They stay; other readers do not see them
 * meanwhile.  *${more}: not all were looked at, for there were ${limit}, or
 * 20 s were over.  On a store without messages there are none.
 */
int tq_store_foreign(struct tq_store *st, const char *queue, size_t limit,
    struct tq_arena *a, struct tq_foreign **out, size_t *n, bool *more,
    struct tq_err *err);

#endif

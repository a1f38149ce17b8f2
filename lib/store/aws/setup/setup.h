/*
 * lib/store/aws/setup/setup.h -- what init and doctor share.
 *
 *	explain.c	a failed call in the user's words, with a remedy
 *	rights.c	which role may call what; policy.c: as IAM policies
 *	setup.c		findings, calls; plan.c: those that a dry run tells
 *	init.c		the verb; init_table.c init_queue.c init_bucket.c
 *	template.c	what init makes, for CloudFormation; template_bucket.c
 *	queue_attrs.c	a queue's settings, read and judged
 *	doctor.c	the verb; doctor_work.c: tasks and workers;
 *			doctor_blobs.c: objects that records name
 */
#ifndef TQ_STORE_AWS_SETUP_H
#define TQ_STORE_AWS_SETUP_H

#include "store/aws/handle/handle.h"

struct tq_ddb_table;

/* -- the verbs, for the table in store.c ----------------------------------- */

int aq_init(const char *, const struct tq_env *, const struct tq_init *,
    tq_finding_fn *, void *, struct tq_err *);
int aq_policy(const char *, const struct tq_env *, const char *,
    const char *const *, size_t, struct tq_buf *, bool *, struct tq_err *);
int aq_template(const char *, const struct tq_env *, const struct tq_init *,
    struct tq_buf *, struct tq_err *);
int aq_doctor(const char *, const struct tq_env *, tq_finding_fn *, void *,
    enum tq_level *, struct tq_err *);

/* -- explain.c ------------------------------------------------------------ */

struct aq_words {
	char	text[TQ_ERR_MSG_MAX];	/* what is wrong, subject first */
	char	remedy[200];	/* what to do; "" when nobody knows */
	bool	no_right;	/* it is a permission that is missing */
};

/* aq_words(s, c, w): what the failed call ${c} means to a user of ${s}. */
void aq_words(const struct aq *s, const struct tq_aws_call *c,
    struct aq_words *w);

/* A tq_aws_opts.explain for the struct aq in ${arg}: "TEXT; REMEDY". */
void aq_explain(void *arg, struct tq_aws_call *c);

/* -- rights.c, policy.c --------------------------------------------------- */

/* aq_actions(what, out): the IAM actions that a call needs: "s3:GetObject". */
void aq_actions(const char *what, struct tq_buf *out);

/* The parts of ARNs; see aq_place_find(). */
struct aq_place {
	const char	*partition;	/* "aws", "aws-cn", ... */
	const char	*region;
	const char	*account;	/* NULL: not known */
	const char	*bucket;	/* its name, or a pattern */
	bool		 sub;		/* in all of them "${...}" stands for
					   what CloudFormation knows */
};

/* aq_partition(region): of the ARNs there. */
const char *aq_partition(const char *region);

enum aq_thing {
	AQ_TABLE, AQ_IN_INDEX, AQ_QUEUE, AQ_DLQ, AQ_BUCKET, AQ_OBJECTS,
	AQ_THINGS
};

/* aq_arn(s, at, thing, queue, out): append it; "*" for an unknown account. */
void aq_arn(const struct aq *s, const struct aq_place *at, enum aq_thing on,
    const char *queue, struct tq_buf *out);

/*
 * aq_policy_write(role, s, at, queues, n, out):
 * Append the IAM policy of ${role} as JSON; false when there is no such role.
 */
bool aq_policy_write(const char *role, const struct aq *s,
    const struct aq_place *at, const char *const *queues, size_t n,
    struct tq_buf *out);

/* -- plan.c --------------------------------------------------------------- */

/*
 * aq_plan(s, c, a, out):
 * The call ${c} as a command of the AWS CLI, in ${a}.
 */
void aq_plan(const struct aq *s, const struct tq_aws_call *c,
    struct tq_arena *a, struct tq_init_call *out);

/* aq_quote(a, s): one word for sh(1), whatever is in it. */
const char *aq_quote(struct tq_arena *a, const char *s);

/* -- setup.c -------------------------------------------------------------- */

struct aq_setup {
	struct aq	*s;
	const struct tq_init *opts;	/* NULL: the doctor's */
	tq_finding_fn	*report;
	void		*arg;
	struct tq_arena	 mem;		/* of texts and answers */
	enum tq_level	 worst;
	bool		 blind[TQ_AWS_SERVICE_MAX]; /* a dry run that may not
						       look */
	bool		 no_account;	/* said already */
	struct aq_words	 why;		/* of the last call that failed */
};

/* One finding. */
void aq_say(struct aq_setup *w, enum tq_level level, const char *subject,
    const char *text, const char *remedy);

/* A call failed: say so, with its remedy. */
void aq_say_why(struct aq_setup *w, const char *subject,
    const struct tq_err *err);

/*
 * aq_may_not_look(w, subject):
 * Did the last call fail for want of a right that only an operator's role has?
 * Then that is said, and is no failure.
 */
bool aq_may_not_look(struct aq_setup *w, const char *subject);

/* aq_dry(w): is this a dry run, which only tells? */
bool aq_dry(const struct aq_setup *w);

/*
 * aq_ask(w, c, not, err):
 * Make a call that changes nothing.  1 done; 0 it failed as ${not} says (a
 * fault's code, or the HTTP status "404"), or a dry run could not look; -1.
 */
int aq_ask(struct aq_setup *w, struct tq_aws_call *c, const char *not,
    struct tq_err *err);

/*
 * aq_act(w, c, subject, does, not, err):
 * Make a call that changes something, or in a dry run tell it: ${does} is
 * then the text, "would be made".  1 done or told; 0 it failed as ${not}
 * says; -1.
 */
int aq_act(struct aq_setup *w, struct tq_aws_call *c, const char *subject,
    const char *does, const char *not, struct tq_err *err);

/*
 * aq_place_find(w, out):
 * Where the store is; the account as aq_account_shown() finds it.
 */
void aq_place_find(struct aq_setup *w, struct aq_place *out);

/* "ACCOUNT", for a dry run that does not know it: said the first time. */
const char *aq_no_account(struct aq_setup *w);

/* -- init_table.c, init_queue.c ------------------------------------------- */

#define AQ_TTL_ATTR	"expiresAt"

enum aq_there { AQ_ABSENT, AQ_THERE, AQ_COMING };

/* The state of the table; -1: not known or not usable.  ${c} stays filled. */
int aq_table_look(struct aq_setup *w, struct tq_aws_call *c,
    struct tq_err *err);
/* The TTL attribute that is on, "" for none, NULL when it can't be said. */
const char *aq_ttl_look(struct aq_setup *w);
/* The table as init makes it for ${rate} tasks a second; 0: as AWS begins. */
struct tq_ddb_table aq_table_for(const struct aq *s, int64_t rate);
int aq_init_table(struct aq_setup *w, struct tq_err *err);

/* The attributes of both queues: names and numbers, NULL ends. */
extern const char *const aq_queue_settings[];

/* 1 and its address, 0 none, -1. */
int aq_queue_look(struct aq_setup *w, const char *queue, bool dlq,
    const char **url, struct tq_err *err);
int aq_init_queue(struct aq_setup *w, const char *queue, struct tq_err *err);

/* -- queue_attrs.c -------------------------------------------------------- */

/* A far backstop: attempts are counted on the record. */
#define AQ_MAX_RECEIVES	"1000"

/* What SQS says of a queue; numbers are -1 where it does not. */
struct aq_attrs {
	const char	*url;			/* the queue's address */
	const char	*arn, *dead_arn;	/* NULL: none */
	const char	*kms;			/* its key; NULL: none of ours */
	int64_t		 retention, delay, visibility, max_receives;
	int64_t		 messages;		/* about so many to be had */
};

/* aq_attrs_get(w, url, out, err): 0, or -1. */
int aq_attrs_get(struct aq_setup *w, const char *url, struct aq_attrs *out,
    struct tq_err *err);

/*
 * aq_attrs_judge(w, queue, q, dlq):
 * Report what is not as tq wants it of ${queue}; ${dlq} has the attributes of
 * its dead-letter queue, NULL if they are not known.  Each receive says how
 * long a message is hidden (the lease) and how long to wait for one, so the
 * queue's own settings of these do not matter.
 */
void aq_attrs_judge(struct aq_setup *w, const char *queue,
    const struct aq_attrs *q, const struct aq_attrs *dlq);

/* -- init_bucket.c -------------------------------------------------------- */

/* 1 it is there, 0 not, -1. */
int aq_bucket_look(struct aq_setup *w, struct tq_err *err);
int aq_init_bucket(struct aq_setup *w, struct tq_err *err);

/* -- doctor_work.c -------------------------------------------------------- */

/* Waiting tasks, dead ones, owed messages of these queues; workers; the objects
   of some. */
void aq_doctor_work(struct aq_setup *w, const char *const *queues, size_t n);

/* -- doctor_blobs.c ------------------------------------------------------- */

#define AQ_SAMPLE_MAX	200

/* Ids of tasks in all queues. */
struct aq_sample {
	const char	*ids[AQ_SAMPLE_MAX];
	size_t		 n;
};

/*
 * Objects that the records of tasks name which have not completed, ${left}, and of
 * those that did, ${ended}: of each up to 50.
 */
void aq_doctor_blobs(struct aq_setup *w, const struct aq_sample *left,
    const struct aq_sample *ended);

#endif

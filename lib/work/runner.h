/*
 * lib/work/runner.h -- a kind of handler: how its tasks are run.
 *
 * One file each (runner_*.c).  slot.c calls them through this table, so they
 * may call slot.c.
 */
#ifndef TQ_RUNNER_H
#define TQ_RUNNER_H

#include "util/buf.h"
#include "util/err.h"

struct worker; struct job; struct slot; struct child; struct tq_err; struct tq_spawn_exit;

struct tq_runner {
	const char	*name;
	bool		 quick;		/* up to 256 may be held ahead */
	/* Begin slot->job.  1: ended already, job->out says how; 0: it runs. */
	int		(*start)(struct worker *, struct slot *);
	/* Ask it to end; slot->why says why. */
	void		(*stop)(struct worker *, struct slot *, int sig);
	/* slot->wake_at has come (NULL: never set). */
	void		(*wake)(struct worker *, struct slot *);
	/* Its process has ended (NULL: has none). */
	void		(*ended)(struct worker *, struct child *,
			    const struct tq_spawn_exit *);
	uint64_t	 input_max;	/* bytes to fetch for it; 0: takes no
					   input */
};

extern const struct tq_runner tq_runner_command, tq_runner_exec,
    tq_runner_stream, tq_runner_text, tq_runner_simulate, tq_runner_image,
    tq_runner_fetch, tq_runner_store, tq_runner_post;

/* Those that run in a forked child without exec: tq_spawn_cmd.fn. */
enum { TQ_FN_IMAGE, TQ_FN_FETCH, TQ_FN_STORE, TQ_FN_POST, TQ_FN_MAX };
int tq_image_child(struct tq_span arg);
int tq_fetch_child(struct tq_span arg);
int tq_store_child(struct tq_span arg);
int tq_post_child(struct tq_span arg);

/* The state of fetching inputs.  Owned by runner_fetch.c. */
struct fetching {
	struct tq_cidr	*allow;		/* --allow-net */
	size_t		 nallow;
	int64_t		 said;		/* boot_ms when it last could not; 0 */
};

/* tq_fetch_init(w, err): read --allow-net; -1 with TQ_E_USAGE. */
int tq_fetch_init(struct worker *w, struct tq_err *err);

/* tq_fetch_failed(w, c, j, e, stage): how the attempt ends whose child for the
   network has failed; ${stage} is the record's. */
void tq_fetch_failed(struct worker *w, struct child *c, struct job *j,
    const struct tq_spawn_exit *e, enum tq_stage stage);

/* tq_post_init(w, err): read --webhook-key, when the spawner, and so what it
   makes, is without it.  -1 with TQ_E_CONFIG. */
int tq_post_init(struct worker *w, struct tq_err *err);

#endif

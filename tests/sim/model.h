/* tests/sim/model.h -- what must be true of each task, whatever happens. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "store/store.h"
#include "task/id.h"
#include "task/request.h"

#define SIM_URL		(sim.aws ? SIM_CLOUD_URL : "sqlite:/sim/a/b/tq.db")
#define SIM_TASKS	2000
#define SIM_QUEUES	2
#define SIM_TYPES	2

/* A completion that was accepted: each submission may have one. */
struct sim_done {
	struct sim_done	*next;
	char		 submit_id[TQ_SUBMIT_ID];
	char		 result[32];	/* filled up to */
	size_t		 result_size;	/* ... so many bytes */
};

struct sim_task {
	char		 id[TQ_UUID_TEXT];
	const char	*queue, *type;
	char		*payload;
	size_t		 payload_size;
	int64_t		 not_before, expires_at;
	int64_t		 due;		/* true ms: no claim gets it before */
	bool		 keyed;
	bool		 has_parents;	/* it waits for others */
	unsigned	 variants;	/* of the request of one key: bits */
	bool		 acked;		/* its submit was answered STORED */
	bool		 may_be_gone;	/* it expires, or a purge was begun */
	unsigned	 revived;	/* redrives and replacements: begins and
					   ends */
	unsigned	 reviving;	/* ... and not answered: of a process
					   that was killed it stays so */
	unsigned	 claims;	/* answered */
	uint64_t	 last_token;	/* of an answered claim */
	unsigned	 completing;	/* completions begun */
	struct sim_done	*done;		/* those that were accepted */
	enum tq_status	 sure;		/* it ended so, and no redrive began;
					   else TQ_STATUS_MAX */
	int64_t		 sure_at;	/* us: since when */
	bool		 hidden;	/* a drain of it was begun */
	bool		 listed;	/* by the list that is judged */
	char		*other;		/* the payload that edits set, or NULL */
	size_t		 other_size;
	bool		 edited;	/* an edit of it was answered OK */
	unsigned	 edits;		/* edits and holds begun */
	unsigned	 unholds;	/* begun */
	uint64_t	 held;		/* since this operation; 0: not */
	int64_t		 lease_until;	/* us: nobody else may claim it before */
	unsigned	 lease_boot;	/* ... in this boot */
	/* As last seen by a look. */
	uint64_t	 token, rev;
};

extern const char *const sim_queue[SIM_QUEUES], *const sim_type[SIM_TYPES];
extern struct sim_task sim_tasks[SIM_TASKS];
extern size_t sim_ntasks;
extern unsigned sim_claims_open;	/* claims begun, and not answered */

struct sim_task *sim_task_of(const char *id);

/* sim_model_ended(t, revived, status): an answer said so; ${revived} is what
   t->revived was when it was asked. */
void sim_model_ended(struct sim_task *t, unsigned revived,
    enum tq_status status);

/* When a verb began. */
struct sim_since {
	int64_t		 us, wall_ms;
	uint64_t	 op;
	unsigned	 boot;
};
struct sim_since sim_since(void);

/* sim_model_claimed(t, rec, since, lease_ms): a claim begun at ${since} was
   answered with it. */
void sim_model_claimed(struct sim_task *t, const struct tq_task *rec,
    const struct sim_since *since, int64_t lease_ms);

/* -- leases.c -- */

/* sim_model_done(t, submit_id): what was accepted of that submission, or NULL. */
const struct sim_done *sim_model_done(const struct sim_task *t,
    const char *submit_id);

/* sim_model_completed(t, submit_id, f): this completion was accepted, of a lease
   of that submission.  Its answer may come after the key was used again. */
void sim_model_completed(struct sim_task *t, const char *submit_id,
    const struct tq_finish *f);

/*
 * sim_model_newest(t): the highest token that a claim or a look has shown.
 * sim_model_fenced(t, token, newest, what): a lease was ended or renewed
 * (${what}), and ${newest} is what was shown before that was asked.
 */
uint64_t sim_model_newest(const struct sim_task *t);
void sim_model_fenced(const struct sim_task *t, uint64_t token,
    uint64_t newest, const char *what);

/* -- waits.c -- */

/*
 * sim_model_controls(queue): a change of its control begins; returns its number.
 * sim_model_paused(queue, change): that one was answered, and pauses it.
 */
unsigned sim_model_controls(const char *queue);
void sim_model_paused(const char *queue, unsigned change);

/* sim_model_due(t, due): it is to wait until then, true ms. */
void sim_model_due(struct sim_task *t, int64_t due);
/* sim_model_put_off(t, token, revived, due): the holder of that token was answered
   that it waits until ${due}; ${revived} is of its claim. */
void sim_model_put_off(struct sim_task *t, uint64_t token, unsigned revived,
    int64_t due);

/* sim_model_may_be_claimed(t, token, since): a claim begun at ${since} got it. */
void sim_model_may_be_claimed(const struct sim_task *t, uint64_t token,
    const struct sim_since *since);

/* -- model.c -- */

/* sim_model_revives(t): a redrive or a replacement begins; _revived(t): it was
   answered. */
void sim_model_revives(struct sim_task *t);
void sim_model_revived(struct sim_task *t);

/* sim_model_listed(ids, n, statuses, began): a list that began at ${began} us has
   these of the statuses, and no other. */
void sim_model_listed(const char *const *ids, size_t n, unsigned statuses,
    int64_t began);

/* sim_model_look(t, n): read these tasks as they are now, and judge. */
void sim_model_look(struct sim_task *const *t, size_t n);
/* sim_model_look_all(bodies): all there are, with ${bodies} to the last byte. */
void sim_model_look_all(bool bodies);

/*
 * sim_model_empty(queue, types, n, since): a claim begun at ${since} (wall ms)
 * said that nothing is due.
 */
void sim_model_empty(const char *queue, const char *const *types, size_t n,
    int64_t since);

/*
 * sim_model_unrung(queue, types, n, since): a worker that was told at ${since}
 * (wall ms) that nothing is due slept without being woken: nothing may be due.
 */
void sim_model_unrung(const char *queue, const char *const *types, size_t n,
    int64_t since);

/* sim_model_stuck(out, max): BLOCKED tasks behind others that have ended and
   won't let them go, after a judgement of all that are BLOCKED; how many. */
size_t sim_model_stuck(char (*out)[TQ_UUID_TEXT], size_t max);

/* sim_model_open(): how many tasks have not ended; -1: can't be read. */
int sim_model_open(void);

/* sim_model_records(): how many there are; -1: can't be read. */
int sim_model_records(void);

/* sim_model_rest(): all is done: counts, lists and records agree. */
void sim_model_rest(void);

#endif

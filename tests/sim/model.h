/* tests/sim/model.h -- what must be true of each task, whatever happens. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "store/store.h"
#include "task/id.h"

#define SIM_TASKS	2000
#define SIM_QUEUES	2
#define SIM_TYPES	2

struct sim_task {
	char		 id[TQ_UUID_TEXT];
	const char	*queue, *type;
	char		*payload;
	size_t		 payload_size;
	int64_t		 not_before, expires_at;
	bool		 acked;		/* its submit was answered STORED */
	bool		 tried;		/* a submit was begun: it may be there */
	bool		 may_be_gone;	/* it expires, or a purge was begun */
	unsigned	 revived;	/* redrives begun */
	unsigned	 claims;	/* answered */
	uint64_t	 last_token;	/* of an answered claim */
	unsigned	 completing;	/* completions begun */
	bool		 done;		/* one was accepted ... */
	char		 result[32];	/* ... with this result */
	enum tq_status	 sure;		/* it ended so, and no redrive began;
					   else TQ_STATUS_MAX */
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

/* sim_model_claimed(t, rec): a claim was answered with it. */
void sim_model_claimed(struct sim_task *t, const struct tq_task *rec);

/* sim_model_look(t, n): read these tasks as they are now, and judge. */
void sim_model_look(struct sim_task *const *t, size_t n);
void sim_model_look_all(void);

/*
 * sim_model_empty(queue, types, n, since): a claim begun at ${since} (wall ms)
 * said that nothing is due.
 */
void sim_model_empty(const char *queue, const char *const *types, size_t n,
    int64_t since);

/* sim_model_open(): how many tasks have not ended; -1: can't be read. */
int sim_model_open(void);

/* sim_model_rest(): all is done: counts, lists and records agree. */
void sim_model_rest(void);

#endif

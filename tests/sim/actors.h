/*
 * tests/sim/actors.h -- who uses the store in a run.
 *
 *	actors.c	their lives: who comes when, and the end of a run
 *	late.c		one that is stopped, and one that goes on meanwhile
 *	producers.c workers.c operators.c	what each does
 */
#ifndef SIM_ACTORS_H
#define SIM_ACTORS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"
#include "task/id.h"
#include "task/request.h"

#define SIM_BATCH	6

/* sim_actors_begin(until): all of them, and a supervisor that starts the
   killed anew; they end at ${until} us. */
void sim_actors_begin(int64_t until);
/* sim_actors_restart(): after the power came back. */
void sim_actors_restart(void);
/* sim_actors_script(): one process that submits, works, replaces, cancels and
   redrives a few tasks of all sizes, one verb after the other, and ends. */
void sim_actors_script(void);
/* sim_late(at): one is stopped for long at the ${at}th operation of a verb, and
   another goes on with the only task.  sim_late_ended(): the verb had ended
   before that operation. */
void sim_late(uint64_t at);
bool sim_late_ended(void);
/* sim_actors_close(): no faults any more: end all tasks there are, or fail. */
void sim_actors_close(void);
/* sim_after(): when all have ended: they are kept as long as is promised, and go. */
void sim_after(void);

/* -- between those files ------------------------------------------------------ */

/* A process of one actor: its name, its handle. */
struct sim_self {
	struct sim_proc	*proc;
	char		 name[32];
	struct tq_store	*st;
	struct tq_arena	 arena;
	struct tq_idgen	 gen;
	struct tq_err	 err;
};

/* sim_some_size(), sim_some_bytes(n, salt): of a payload or result: small
   enough for the row, for a body, or for a blob; malloced. */
size_t sim_some_size(void);
char *sim_some_bytes(size_t n, size_t salt);

/* sim_come_in(me, p): a handle for it; false: it can't be had in time. */
bool sim_come_in(struct sim_self *me, struct sim_proc *p);

/* sim_failed(me, verb): a verb could not be asked: what it may say when the
   world is bad, and what it may never say. */
void sim_failed(struct sim_self *me, const char *verb);

struct sim_held {
	struct sim_task	*t;
	uint64_t	 token, claim;
	bool		 cancel;
	unsigned	 revived;
	char		 submit_id[TQ_SUBMIT_ID];
	uint64_t	 newest;	/* token that was known when the last
					   verb was asked */
};

struct sim_worker {
	struct sim_held	 held[SIM_BATCH];
	size_t		 n;
	uint64_t	 bell;
	int64_t		 next_ms;
	int64_t		 lease_ms;
	bool		 idle;		/* the last claim saw that nothing
					   is due */
	int64_t		 answered;	/* when, wall ms */
};

void sim_produce(struct sim_self *me);
void sim_submit_new(struct sim_self *me);
void sim_submit_keyed(struct sim_self *me);
/* sim_some_keyed(): the task of some key; NULL: there are enough tasks.
   sim_submit_key(me, t, anew): submit it, ${anew} also when it has ended. */
struct sim_task *sim_some_keyed(void);
void sim_submit_key(struct sim_self *me, struct sim_task *t, bool anew);
void sim_work(struct sim_self *me);
/* sim_finish(me, w, next): end what is held and, with ${next}, claim. */
void sim_finish(struct sim_self *me, struct sim_worker *w,
    const struct tq_claim *next);
void sim_operate(struct sim_self *me);
void sim_redrive(struct sim_self *me);
void sim_cancel(struct sim_self *me);
void sim_edit(struct sim_self *me);
void sim_hold(struct sim_self *me);
void sim_sweep(struct sim_self *me);

#endif

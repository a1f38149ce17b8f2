/*
 * lib/work/job.h -- jobs: the tasks that this worker holds a lease on.
 *
 * A job waits in `ready' until a slot is free, runs in the slot, and then
 * stands in `done' until the store has been told how it ended.
 */
#ifndef TQ_JOB_H
#define TQ_JOB_H

#include "store/store.h"
#include "work/rate.h"
#include "work/work.h"

struct worker; struct tq_handler;

#define TQ_DONE_MAX	(TQ_JOBS_MAX + 2 * TQ_PREFETCH_MAX)

/* The memory of one claim; reused when its last job was told. */
struct batch {
	struct tq_arena	 arena;
	struct batch	*next;
	size_t		 live;		/* jobs not told yet */
};

/* How an attempt ended; its strings are in the job's batch. */
struct outcome {
	enum tq_end	 end;
	enum tq_stage	 stage;
	const char	*code;
	const char	*reason;
	int64_t		 retry_after;	/* ms; -1: not said */
	struct tq_span	 result;
	enum tq_kind	 result_kind;
	const char	*output;	/* a blob */
	int64_t		 output_size;
	int		 store_fd;	/* its bytes, not stored yet; -1 */
	const char	*log;
	const char	*out_log;	/* of a queued command: its stdout */
};

struct job {
	struct tq_task	*task;
	struct tq_handler *handler;
	struct batch	*batch;
	struct job	*next;		/* in ready */
	int64_t		 lease_end;	/* boot_ms, as all times here */
	int64_t		 started;	/* 0: not */
	int64_t		 ended;
	bool		 lost;		/* the lease is another worker's now */
	bool		 log_told;	/* the record names the log */
	bool		 out_told;	/* ... and the stdout */
	struct outcome	 out;
};

/* Those that are in no slot.  Owned by job.c; others only read. */
struct jobs {
	struct job	*ready, **ready_end;
	size_t		 nready;
	int64_t		 ready_at;	/* when one last came or went */
	struct job	*done[TQ_DONE_MAX];
	size_t		 ndone;
	int64_t		 done_at;	/* since when the first waits */
	uint64_t	 told;		/* tasks whose end has been written */
	int64_t		 taken;		/* ever, less those given back unstarted */
	bool		 gave_back;	/* some, which wait again now */
	struct batch	*pool;
};

void tq_jobs_init(struct jobs *q);
/* tq_jobs_free(q): the memory of batches that are not in use. */
void tq_jobs_free(struct jobs *q);

/* tq_batch_new(q): an empty batch; _put(): it holds no jobs (any more). */
struct batch *tq_batch_new(struct jobs *q);
void tq_batch_put(struct jobs *q, struct batch *b);

/* tq_job_ready(w, j): ${j} waits for a slot. */
void tq_job_ready(struct worker *w, struct job *j);

/* tq_job_next(w): take the job that waits longest; NULL: none does. */
struct job *tq_job_next(struct worker *w);

/* tq_job_unlink(w, j): take ${j}, which is in ready, out of it. */
void tq_job_unlink(struct worker *w, struct job *j);

/*
 * tq_job_done(w, j): its attempt is over as j->out says; the store is to be
 * told.  A job whose lease was lost is said and forgotten instead.
 */
void tq_job_done(struct worker *w, struct job *j);

/* tq_job_end(w, j, end): the same for one that never got a slot. */
void tq_job_end(struct worker *w, struct job *j, enum tq_end end);

/* tq_job_forget(q, j): the store was told, or is not to be. */
void tq_job_forget(struct jobs *q, struct job *j);

/* tq_jobs_told(q): all in done were told. */
void tq_jobs_told(struct jobs *q);

/* tq_jobs_drop_lost(w): forget those in done whose lease was lost; say so. */
void tq_jobs_drop_lost(struct worker *w);

/* tq_jobs_give_back(w): end those in ready, which no slot has started. */
void tq_jobs_give_back(struct worker *w);

/* tq_jobs_gave_back(q): has any been given back since this was last asked? */
bool tq_jobs_gave_back(struct jobs *q);

/* tq_job_blob(j, what): "QUEUE/TASKID/TOKEN/${what}", in its batch. */
const char *tq_job_blob(struct job *j, const char *what);

#endif

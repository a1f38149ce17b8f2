/*
 * lib/work/inside.h -- the worker's insides, shared by the files of lib/work.
 *
 * One thread runs one loop (loop.c).  A claimed task is a job: it waits in
 * `ready' if it was prefetched, runs in a slot, and is then in `done' until
 * the store has been told (finish.c).  Times are boot_ms unless they say wall.
 * Other threads: one a queue waits for work (bell.c), and one renews leases
 * when the loop is kept waiting (keeper.c).
 */
#ifndef TQ_WORK_INSIDE_H
#define TQ_WORK_INSIDE_H

#include "store/store.h"
#include "util/cidr.h"
#include "util/env.h"
#include "util/limits.h"
#include "util/notify.h"
#include "work/beat.h"
#include "work/bell.h"
#include "work/contact.h"
#include "work/emf.h"
#include "work/fd3.h"
#include "work/handlers.h"
#include "work/job.h"
#include "util/event.h"
#include "work/rate.h"
#include "work/ring.h"
#include "work/presence.h"
#include "work/spawn.h"
#include "work/stop.h"
#include "work/watch.h"
#include "work/work.h"

#define TQ_KILL_AFTER_MS	5000	/* from TERM to KILL */
#define TQ_STOP_KILL_MS		500	/* the same, when the worker ends */
#define TQ_STOP_NOW_MS		50	/* after a second signal */
#define TQ_FAULTS_MAX		3	/* 126, 127 in a row: exit 78 */
#define TQ_SAVE_MS		1000	/* logs and progress, while running */
#define TQ_STORE_HERE		(4 * 1024 * 1024) /* bytes the loop may store */

struct worker;
struct slot;
struct job;
struct tq_keeper;

/* A process made by the spawner: a task's own, or a stream. */
struct child {
	uint32_t	 n;		/* its number there */
	struct slot	*slot;
	struct tq_handler *handler;
	const char	*name, *file;	/* for messages */
	bool		 alive;
	bool		 dying;		/* stream: killed, broke the rules */
	bool		 restart;	/* stream: once it has ended */
	int64_t		 born, born_wall;
	struct tq_arena	 scratch;	/* of one finish */
	struct watch	 in, out;	/* stream: its stdin, stdout */
	struct watch	 err, ctl;	/* its stderr, its descriptor 3 */
	int		 result_fd;	/* what rx does not hold of stdout, or
					   all of an image's; -1: none */
	struct tq_err	 result_err;	/* it could not be kept */
	int		 output_fd;	/* image: the picture */
	struct tq_ring	 log;
	uint64_t	 log_saved;	/* log.total then */
	int64_t		 saved_at;
	struct tq_fd3	 fd3;
	struct tq_buf	 rx, tx;	/* stdout; stream: the line to send */
	size_t		 tx_at;
};

struct slot {
	int		 n;
	struct job	*job;		/* NULL: free */
	const struct tq_runner *runner;	/* what it is doing: fetching, or its
					   handler's */
	int64_t		 deadline;	/* stop it then; 0: never */
	int64_t		 kill_at;	/* TERM was sent; 0: not */
	int64_t		 wake_at;	/* simulate */
	bool		 stopping;	/* because of `why' */
	enum tq_end	 why;
	struct child	 child;
	struct child	*streams;	/* one per stream handler */
	struct child	*at;		/* the one that works on job */
	char		*dir;		/* its files; and their names */
	char		*payload, *input, *output;
};

/* What a claim may ask for: a queue and a group of types. */
struct source {
	size_t		 queue;
	bool		 quick;		/* the types of quick handlers */
	const char	**types;
	size_t		 ntypes;
	bool		 empty;		/* and nothing has rung since */
	uint64_t	 bell;		/* when it was found empty */
	uint64_t	 asked;		/* worker.ended when it was asked, */
	uint64_t	 seen;		/* ... and when it was found empty */
	bool		 limited;
	bool		 paused;
	int64_t		 next;		/* look again then; 0: no need */
	bool		 later;		/* something is due or leased */
};

struct worker {
	const struct tq_work_opts *o;
	const struct tq_env *env;
	struct tq_store	*st;
	struct tq_spawn	 spawn;
	struct tq_handlers h;
	struct tq_bells	*bells;
	struct tq_keeper *keeper;
	char		 id[TQ_WORKER_MAX];
	char		 dir[256];
	char		*store_env;	/* TQ_STORE=... */
	int64_t		 lease_ms, grace_ms;

	struct watches	 watches;
	struct watch	 bell, signals, spawned;

	const struct tq_runner *fetch, *store;	/* before and after a handler */
	struct slot	*slots;
	int		 nslots, nfree;
	struct jobs	 jobs;

	struct source	*sources;
	size_t		 nsources, turn;
	struct tq_rate	 rate;
	double		 task_us[2];	/* in a slot, of commands and of quick
					   handlers; -1: not known */
	struct tq_cidr	*allow;		/* --allow-net */
	size_t		 nallow;
	int64_t		 fetch_said;	/* when it last could not; 0: never */
	double		 failure_rate;	/* of simulate tasks that say none */
	int64_t		 max_jobs;	/* --max-tasks; INT64_MAX: no limit */

	int64_t		 now, wall;
	int64_t		 born, born_wall;
	struct tq_arena	 scratch;	/* of one finish */
	int64_t		 renew_at;
	struct tq_beat	 beat;
	int64_t		 round_us;	/* monotonic: the last claim's */
	struct contact	 contact;
	struct presence	 presence;
	struct stop	 stop;

	uint64_t	 ended;		/* tasks whose end has been written */
	uint64_t	 ncompleted, nretried, ndead;
	struct tq_emf	 emf;
	struct tq_buf	 metrics;	/* not yet written */
	int64_t		 emf_at;	/* write then; 0: no --emf */
	struct tq_buf	 log;		/* not yet written */
	int64_t		 drawn_at;
	bool		 drawn;		/* a progress line stands there */
};

/* A kind of handler. */
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
    tq_runner_fetch, tq_runner_store;
#define TQ_FN_IMAGE	0
#define TQ_FN_FETCH	1
#define TQ_FN_STORE	2
#define TQ_FN_MAX	3

/* -- slot.c: a job's way through a slot ------------------------------------ */

int tq_slots_init(struct worker *w, struct tq_err *err);
void tq_slots_free(struct worker *w);
void tq_slot_start(struct worker *w, struct slot *s, struct job *j);
/* Its input is there: start the handler. */
void tq_slot_handle(struct worker *w, struct slot *s);
/*
 * The handler has ended: the job goes to done, the slot is free; before that
 * an output is stored for which the loop has no time.
 */
void tq_slot_end(struct worker *w, struct slot *s);
/* Stop what runs there: TERM, and KILL after ${kill_ms}. */
void tq_slot_stop(struct worker *w, struct slot *s, enum tq_end why,
    int64_t kill_ms);
/* The lease is somebody else's: kill it, tell the store nothing. */
void tq_slot_drop(struct worker *w, struct slot *s);
/* Deadlines that have come; the next one, or INT64_MAX. */
int64_t tq_slot_timers(struct worker *w, struct slot *s);

/* -- child.c: processes ---------------------------------------------------- */

/* Pipes, log and fd 3 of a child: fds[2], fds[3]; -1 with err. */
int tq_child_open(struct worker *w, struct child *c, int fds[TQ_SPAWN_FDS],
    struct tq_err *err);
/* A pipe for its stdout: small results stay in rx, others go to a file. */
int tq_child_capture(struct worker *w, struct child *c, int *theirs,
    struct tq_err *err);
/* Start it (closes all of cmd->fds); -1 with err, and the pipes closed. */
int tq_child_start(struct worker *w, struct child *c,
    struct tq_spawn_cmd *cmd, struct tq_err *err);
void tq_child_close(struct worker *w, struct child *c);
/* Read what is in its pipes without waiting. */
void tq_child_drain(struct worker *w, struct child *c);
/* Signal the group of what works in a slot: tq_runner.stop of processes. */
void tq_child_stop(struct worker *w, struct slot *s, int sig);
/* Put its log into the blob store if it has changed; noted in the job. */
void tq_child_save_log(struct worker *w, struct child *c, struct job *j);
/*
 * What a child of ours that fails leaves in the file ${fd}, its last words;
 * returns its exit status.  And in the worker, which has that file as
 * c->result_fd: false when it has left none.
 */
int tq_child_fails(int fd, const struct tq_err *err, int64_t after_ms);
bool tq_child_failed(struct child *c, struct job *j,
    const struct tq_spawn_exit *e, struct tq_err *err, int64_t *after_ms);
void tq_child_free(struct child *c);
/* The spawner says that one has ended. */
void tq_child_ended(struct worker *w, const struct tq_spawn_exit *e);

/* -- outcome.c: how an attempt ended --------------------------------------- */

/* From a wait status: end, stage, code, reason. */
void tq_outcome_exit(struct child *c, struct job *j,
    const struct tq_spawn_exit *e);
/* From an error; its stage and code go into the record. */
void tq_outcome_err(struct job *j, enum tq_end end, const struct tq_err *err);
/* The end that an error calls for: PERMANENT when trying again is no use. */
enum tq_end tq_outcome_end_of(const struct tq_err *err);
/* The same before its handler was started: then no attempt is used. */
enum tq_end tq_outcome_unstarted(const struct tq_err *err);
/* Take the bytes of the file ${fd} as the result, or as the output. */
int tq_outcome_result(struct worker *w, struct job *j, int fd,
    struct tq_err *err);
/* The same of bytes in memory. */
int tq_outcome_bytes(struct worker *w, struct job *j, struct tq_span v,
    struct tq_err *err);
/*
 * Store the regular file ${fd} as the job's output, or have that done at the
 * end of its slot; -1 with err.
 */
int tq_outcome_output(struct worker *w, struct job *j, int fd,
    struct tq_err *err);
/* The same by its name; a missing or empty one is none. */
int tq_outcome_output_file(struct worker *w, struct job *j, const char *path,
    struct tq_err *err);

/* -- files.c: a slot's directory and the files of its task ----------------- */

int tq_files_init(struct worker *w, struct slot *s, struct tq_err *err);
void tq_files_free(struct slot *s);
/* Write TQ_PAYLOAD and TQ_INPUT; returns what is to be stdin, or -1. */
int tq_files_prepare(struct worker *w, struct slot *s, struct tq_err *err);
/* TQ_INPUT alone, if the task has one; 0 or -1. */
int tq_files_fetch(struct worker *w, struct slot *s, struct tq_err *err);
/* Has a child to fetch the job's input before its handler starts? */
bool tq_files_to_fetch(const struct job *j);
/* The task's input from its start, to read; -1 with err (stage fetch). */
int tq_files_input(struct worker *w, struct slot *s, int64_t *size,
    struct tq_err *err);
/* An empty TQ_INPUT to write and read; -1 with errno. */
int tq_files_new_input(struct slot *s);
/* All bytes of ${fd} from 0, at most max, into the arena; 0 or -1. */
int tq_files_read(int fd, size_t max, struct tq_arena *a, struct tq_span *out,
    struct tq_err *err);
/* Write all of ${v}; 0, or -1 with errno. */
int tq_files_write(int fd, struct tq_span v);
/* Remove what the next task must not find. */
void tq_files_clear(struct slot *s);
/* Environment of a task's child beside the worker's, in the job's arena. */
const char *const *tq_files_env(struct worker *w, struct slot *s);

/* -- runner_image.c -------------------------------------------------------- */

int tq_image_child(struct tq_span arg);

/* -- runner_fetch.c -------------------------------------------------------- */

/* Read --allow-net; -1 with TQ_E_USAGE. */
int tq_fetch_init(struct worker *w, struct tq_err *err);
int tq_fetch_child(struct tq_span arg);

/* -- runner_store.c -------------------------------------------------------- */

int tq_store_child(struct tq_span arg);

/* -- source.c, claim.c, lease.c, finish.c, contact.c: the store ------------ */

/* source.c: a queue and a group of types, what is known of it */
int tq_source_init(struct worker *w, struct tq_err *err);
void tq_source_free(struct worker *w);
/* What a claim has found there. */
void tq_source_found(struct worker *w, struct source *s,
    const struct tq_claim *c, const struct tq_claimed *got);
/* A bell thread has written the eventfd. */
void tq_source_rung(struct worker *w);
/* Look again, though nothing has rung: a limit may have room now. */
void tq_source_look(struct worker *w, bool all);
/* When to look again. */
int64_t tq_source_next(const struct worker *w);
/* Nothing is to be had any more, as --drain and --once understand it. */
bool tq_source_drained(const struct worker *w);
/*
 * Before a drain ends: a queue found empty before the last tasks ended may
 * have their tasks in it, so it is looked at again.  True if there is one.
 */
bool tq_source_stale(struct worker *w);

/* May and should something be claimed now? */
bool tq_claim_wanted(struct worker *w);
void tq_claim(struct worker *w);
/* Learn from those in done how long tasks take. */
void tq_claim_measure(struct worker *w);
/*
 * What to claim next, into c; NULL when nothing.  Then after the verb _take()
 * what was claimed, or _untake() when it failed.
 */
struct source *tq_claim_prepare(struct worker *w, struct tq_claim *c,
    struct tq_claimed *got, struct batch **b);
void tq_claim_take(struct worker *w, struct source *src,
    const struct tq_claim *c, struct batch *b, struct tq_claimed *got,
    int64_t asked_at);
void tq_claim_untake(struct worker *w, struct batch *b);

/* Is it time to tell the store what has ended? */
bool tq_finish_wanted(const struct worker *w);
void tq_finish(struct worker *w);

/* Renew all leases; 0, or -1 when the store did not answer. */
int tq_lease_renew(struct worker *w);
/*
 * Those that ended after their lease was over must be asked about before
 * they are finished.  -1 when the store did not answer.
 */
int tq_lease_check_done(struct worker *w);

/*
 * keeper.c: renews what is held while the loop waits for the store.  _lend
 * before what may take long and touches nothing of the worker, _back after it.
 * _due says when the keeper is to do it, not before ${next}.
 */
int tq_keeper_init(struct worker *w, struct tq_err *err);
void tq_keeper_free(struct worker *w);
void tq_keeper_lend(struct worker *w);
void tq_keeper_back(struct worker *w);
int64_t tq_keeper_due(int64_t renew_at, int64_t next, int64_t lease_ms);

/* -- say.c: what is told to people ----------------------------------------- */

enum say {
	SAY_EVENT,	/* with -v, or when a log format was asked for */
	SAY_NOTE,	/* ... or on a terminal */
	SAY_LOUD,	/* unless --quiet */
	SAY_ALWAYS
};
bool tq_say_wanted(const struct worker *w, enum say how);
/* Tasks that a claim ended on its way: deadlines, dead leases, lost bytes. */
void tq_say_passed(struct worker *w, const struct tq_claimed *got);
void tq_say_job(struct worker *w, enum say how, const char *event,
    const struct job *j, const char *text);
void tq_say(struct worker *w, enum say how, const char *event,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void tq_say_flush(struct worker *w);
/* An attempt has ended so: count it for --emf. */
void tq_say_metric(struct worker *w, const struct job *j, enum tq_emf_end end);
/* Write the metrics that are due, all at the end. */
void tq_say_metrics(struct worker *w, bool last);
/* SIGUSR1: what each slot is doing. */
void tq_say_slots(struct worker *w);
/* A terminal's progress line. */
void tq_say_progress(struct worker *w, bool last);

/* -- loop.c ---------------------------------------------------------------- */

void tq_work_loop(struct worker *w);
/* What it listens to: watch.ready functions. */
void tq_loop_signals(struct worker *w, struct watch *x, uint32_t events);
void tq_loop_bell(struct worker *w, struct watch *x, uint32_t events);
void tq_loop_spawned(struct worker *w, struct watch *x, uint32_t events);
/* Take the lock NAME: a descriptor; -2 when it is taken; -1 with err. */
int tq_singleton(const struct tq_env *env, const char *name,
    struct tq_err *err);

#endif

/* lib/work/work.h -- tq-work: take tasks, run their handlers, say so. */
#ifndef TQ_WORK_H
#define TQ_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/event.h"

struct tq_env; struct tq_err; struct tq_pushed;

#define TQ_EXEC_TYPE	"exec"	/* the type of tasks made by "-- CMD ARGS" */
#define TQ_JOBS_MAX	512
#define TQ_LEASE_MIN_MS	2000

enum tq_drain { TQ_DRAIN_NO, TQ_DRAIN_DUE, TQ_DRAIN_ALL };

/* Borrowed strings of repeated options. */
struct tq_work_list {
	const char *const *v;
	size_t		   n;
};

/* An invocation of a function: what a worker does then, and nothing else. */
struct tq_work_call {
	struct tq_pushed *msgs;		/* of the queues; see store/pushed.h */
	size_t		 n;
	int64_t		 stop_at;	/* boot_ms: what runs is stopped ... */
	int64_t		 kill_ms;	/* ... and killed so long after */
	bool		 present;	/* say that this worker is there */
	const char	*trace;		/* X-Ray's header; NULL: none */
};

struct tq_work_opts {
	const char	*store_url;
	struct tq_work_list queues;	/* at least one */
	int		 jobs;		/* slots; 0: as many as cores */
	struct tq_work_list on;		/* TYPE=COMMAND */
	struct tq_work_list stream;	/* TYPE=COMMAND */
	const char	*handlers;	/* DIR, or NULL */
	bool		 exec;		/* run queued commands ... */
	bool		 exec_shared;	/* ... of others, too */
	const char	*builtin;	/* NULL: if none above; "": all */
	const char	*adopt;		/* type of others' messages, or NULL */
	enum tq_drain	 drain;
	bool		 once;		/* at most one task, and no waiting */
	int64_t		 sweep_ms;	/* from one sweep to the next; 0: 30 s */
	int64_t		 max_tasks;	/* 0: no limit */
	int64_t		 max_time_ms;	/* 0: no limit */
	struct tq_work_list max_running; /* TYPE=N */
	const char	*rate;		/* "10/s", or NULL */
	int64_t		 grace_ms;	/* -1: the default */
	int64_t		 lease_ms;	/* 0: the default */
	const char	*singleton;	/* NAME, or NULL */
	enum tq_log_format log_format;
	struct tq_work_list allow_net;	/* ranges inputs may come from too */
	const char	*webhook_key;	/* FILE of the secrets that http.post
					   signs with, or NULL */
	int64_t		 image_memory;	/* bytes for all pictures; 0: half of
					   what there is, which is ... */
	int64_t		 memory;	/* ... so much; 0: what the system says */
	const char	*heartbeat;	/* FILE to touch while alive, or NULL */
	bool		 emf;		/* CloudWatch metric lines on stdout */
	bool		 chatty;	/* a line per event */
	bool		 quiet;		/* only what ends the worker */
	bool		 terminal;	/* stderr is one: a progress line */
	const struct tq_work_call *call; /* NULL: it is no function */
	/* Around calls to the store while nothing is in hand: a signal that
	   stops ${env} may come in between, and is pending at the end as if it
	   had not.  NULL: none may. */
	void		(*let_in)(bool begins);
};

enum tq_work_end {
	TQ_WORK_OK = 0,
	TQ_WORK_DEAD = 1,	/* a task it ran is dead now */
	TQ_WORK_UNAVAILABLE = 69, /* the store does not answer */
	TQ_WORK_BUG = 70,	/* the spawner is gone */
	TQ_WORK_HANDLER = 78,	/* a handler can't be started */
	TQ_WORK_INTR = 130	/* SIGINT */
};

/*
 * tq_work_run(o, env, err):
 * Be a worker until told to end (SIGTERM, SIGINT, the options).  Logs to
 * stderr, metrics to stdout.  Returns an enum tq_work_end, or -1 with ${err}:
 * TQ_E_USAGE (an option's value), TQ_E_UNAVAILABLE (the store has not answered
 * for 60 s), and what tq_store_open() fails with: TQ_E_INTR if a signal was let in
 * meanwhile, and nothing has been claimed.  Must be called in a process
 * with one thread; it takes over SIGTERM, SIGINT, SIGUSR1 and SIGPIPE.
 */
int tq_work_run(const struct tq_work_opts *o, const struct tq_env *env,
    struct tq_err *err);

/* tq_work_check(o, env, err): are the options such that it could?  Nothing is
   started, and no store asked. */
int tq_work_check(const struct tq_work_opts *o, const struct tq_env *env,
    struct tq_err *err);

#endif

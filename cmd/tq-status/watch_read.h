/*
 * cmd/tq-status/watch_read.h -- what --watch reads, in a thread of its own, so
 * that a store which takes its time never holds up a key.
 *
 * Counting is a reading of everything on a store that has to be asked; so it is
 * done now and then, the more seldom the longer it takes, and what changes in
 * between is followed (watch_tally.h).  Lists have their first rows only.
 */
#ifndef TQ_WATCH_READ_H
#define TQ_WATCH_READ_H

#include <pthread.h>

#include "watch_rate.h"
#include "watch_view.h"

/* What is to be read; "": all queues, all types, no task. */
struct watch_want {
	char	 queue[TQ_QUEUE_MAX + 1], type[TQ_NAME_MAX + 1];
	char	 id[TQ_NAME_MAX + 1];
};

struct watch_look;
struct watch_close;

struct watch_reader {
	struct status	*s;		/* its store, filter and cli->err are
					   the thread's while it runs */
	pthread_t	 thread;
	pthread_mutex_t	 lock;		/* of all up to the next comment */
	pthread_cond_t	 asked;
	struct watch_want want;
	bool		 stop;
	bool		 failed;	/* s->cli->err says why */
	bool		 ready;		/* there is something to show: */
	struct watch_data data;
	struct watch_detail detail;
	/* The thread's own. */
	int		 bell;		/* an eventfd: there is news */
	struct watch_look *look;
	struct watch_close *close;
	struct watch_rates rates;
	struct tq_buf	 cursor;
	struct tq_arena	 changes;
	struct watch_want has;		/* what was read last */
	bool		 recount, changed;
	int64_t		 quiet_ms;	/* to the next look */
	char		 trouble[TQ_ERR_MSG_MAX];
};

/* watch_reader_start(r, s, want): ${r} zeroed.  -1 with s->cli->err. */
int watch_reader_start(struct watch_reader *r, struct status *s,
    const struct watch_want *want);

/* watch_reader_want(r, want): read something else from now on. */
void watch_reader_want(struct watch_reader *r, const struct watch_want *want);

/* watch_reader_stop(r): end it and free what it has; false when a request keeps
   it: then the process is to end without closing the store. */
bool watch_reader_stop(struct watch_reader *r);

#endif

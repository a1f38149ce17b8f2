/* lib/work/slot.h -- slots: each runs one job at a time. */
#ifndef TQ_SLOT_H
#define TQ_SLOT_H

#include "work/child.h"
#include "work/job.h"

struct tq_runner;

#define TQ_KILL_AFTER_MS	5000	/* from TERM to KILL */

struct slot {
	int		 n;
	struct job	*job;		/* NULL: free */
	const struct tq_runner *runner;	/* what it is doing: fetching, its
					   handler's, or storing */
	int64_t		 deadline;	/* stop it then; 0: never */
	int64_t		 kill_at;	/* TERM was sent; 0: not */
	int64_t		 wake_at;	/* simulate */
	bool		 stopping;	/* because of `why' */
	bool		 killed;	/* KILL was sent, too */
	enum tq_end	 why;
	struct child	 child;
	struct child	*streams;	/* one per stream handler */
	struct child	*at;		/* the one that works on job */
	struct child	*stuck;		/* can't be killed: no slot for others */
	/* line.c's: */
	uint64_t	 memory;	/* it has, or waits for */
	int64_t		 left;		/* of its time while it waits */
	struct slot	*behind;	/* it in the line */
	char		*dir;		/* its files; and their names */
	char		*payload, *input, *output, *after;
};

/* Owned by slot.c; others only read. */
struct slots {
	struct slot	*v;
	int		 n, nfree;
	int		 nstuck;	/* neither free nor with a job */
	const struct tq_runner *fetch, *store;	/* before and after a handler */
};

/*
 * tq_slots_fit(fds, nstreams): how many slots ${fds} open files are enough for;
 * 0: not even for one.
 * tq_slots_need(nstreams): the least with which that is one.  Pure.
 */
int tq_slots_fit(uint64_t fds, size_t nstreams);
uint64_t tq_slots_need(size_t nstreams);

/*
 * tq_slots_init(w, err): w->slots.n of them, all free, with a directory each;
 * fails with stage exec.
 */
int tq_slots_init(struct worker *w, struct tq_err *err);
void tq_slots_free(struct worker *w);

/* tq_slot_start(w, s, j): run ${j} there, its input first. */
void tq_slot_start(struct worker *w, struct slot *s, struct job *j);

/* tq_slot_handle(w, s): its input is there: start the handler. */
void tq_slot_handle(struct worker *w, struct slot *s);

/*
 * tq_slot_end(w, s): the handler has ended: the job is done and the slot
 * free; before that a large output is stored.
 */
void tq_slot_end(struct worker *w, struct slot *s);

/* tq_slot_stop(w, s, why, kill_ms): TERM, and KILL after ${kill_ms}. */
void tq_slot_stop(struct worker *w, struct slot *s, enum tq_end why,
    int64_t kill_ms);

/* tq_slot_drop(w, s): the lease is lost: kill it, tell the store nothing. */
void tq_slot_drop(struct worker *w, struct slot *s);

/*
 * tq_slot_unstick(w, c): the spawner says that ${c} has ended: was it one that
 * could not be killed, whose job ended without it?  Its slot is free again.
 */
bool tq_slot_unstick(struct worker *w, struct child *c);

/* tq_slot_timers(w, s): do what is due; the next boot_ms, or INT64_MAX. */
int64_t tq_slot_timers(struct worker *w, struct slot *s);

/* tq_slots_child(w, n): the child that the spawner knows as ${n}. */
struct child *tq_slots_child(struct worker *w, uint32_t n);

/* tq_slots_abandon(w): the spawner is gone: no child is alive, and what ran
   is given back. */
void tq_slots_abandon(struct worker *w);

#endif

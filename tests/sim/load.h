/* tests/sim/load.h -- producers and workers at a rate, in virtual time. */
#ifndef SIM_LOAD_H
#define SIM_LOAD_H

#include "actors.h"

#define SIM_LOAD_QUEUE	"default"
#define SIM_LOAD_LATE	(120 * SIM_SEC)	/* after the last: then it is lost */

/* A load, and what there was at its end. */
extern struct sim_load {
	int	 rate, seconds;
	size_t	 result;	/* bytes, of each */
	bool	 patient;	/* a verb that was throttled is tried again */
	size_t	 first, all;	/* its tasks */
	size_t	 sent, done;
	int64_t	 from, took;
	int	 walk;		/* the queue's shards at the end */
} sim_load;

/*
 * sim_load_begin(shards, table_units): a world with so many shards, whose table
 * takes so many units a second, and a key of its index 1,000.
 * sim_load_burst(rate, seconds, result, patient): so many tasks are submitted,
 * run and counted.  One that fails, is lost or starts twice ends the run.
 * sim_load_run(): until all that was spawned has ended.
 */
void sim_load_begin(int shards, unsigned table_units);
void sim_load_burst(int rate, int seconds, size_t result, bool patient);
void sim_load_run(void);

/* A process comes in; a verb of it has failed: returns if it may try again. */
void sim_load_open(struct sim_self *me, struct sim_proc *p);
void sim_load_failed(struct sim_self *me, const char *verb);

#endif

/*
 * lib/work/spawn/groups.h -- the spawner's children: a process group each, from
 * its start until it is empty.
 *
 * The spawner is the reaper of all that descends from it (a subreaper), so that
 * what a handler leaves behind is buried here, also where the worker is a
 * container's first process, which nobody else would do it for.
 */
#ifndef TQ_GROUPS_H
#define TQ_GROUPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How a group stands with its main process, beside its id. */
struct sp_group {
	int		 exec_errno;	/* the program could not be started */
	int		 wstatus;	/* of the main process, once it is gone */
	bool		 stopping;	/* TERM was sent: it may clean up */
	bool		 leaderless;	/* and goes on without its leader */
};

struct sp_groups {
	pid_t		*ids;		/* shared with the worker; 0: none */
	struct sp_group	*v;
	uint32_t	 n;
	uint32_t	 nleaderless;
};

/* Called when child ${i} has ended, and all of its group with it. */
typedef void sp_ended_fn(void *arg, uint32_t i, const struct sp_group *g);

/* sp_groups_init(s, ids, n): -1 without memory, or when nobody may reap here. */
int sp_groups_init(struct sp_groups *s, pid_t *ids, uint32_t n);

/* sp_groups_add(s, i, pid): child ${i} was made, and leads its group. */
void sp_groups_add(struct sp_groups *s, uint32_t i, pid_t pid);

/*
 * sp_groups_signal(s, i, sig): signal a group, if it still is.  After a TERM
 * it counts as alive until it is empty, or gets KILL.
 */
void sp_groups_signal(struct sp_groups *s, uint32_t i, int sig);

/*
 * sp_groups_reap(s, fn, arg): bury who has ended, and call ${fn} for each child
 * that is over.  A main process that ends without having been told to takes the
 * rest of its group with it.
 */
void sp_groups_reap(struct sp_groups *s, sp_ended_fn *fn, void *arg);

/* sp_groups_wait_ms(s): look again after so long, for poll(2); -1: SIGCHLD tells. */
int sp_groups_wait_ms(const struct sp_groups *s);

/*
 * sp_groups_end(s, ms): kill all and wait until they are gone, but not for more
 * than ${ms}: what hangs in the kernel can't be waited for.
 */
void sp_groups_end(struct sp_groups *s, int ms);

#endif

/*
 * tests/sim/world.h -- a world in one process: processes, time, faults.
 *
 * Each process is a fiber.  It runs until it comes to an operation (a read or
 * write of a file, a lock, a sleep); there the world may let another one go
 * on, stop this one for minutes, kill it, or turn the power off.  Time is
 * virtual, and all that happens follows from the seed, so a run is repeated by
 * its seed to the last operation.
 *
 *	world.c    fibers, time, randomness, the log of events
 *	disk.c     files that forget what was not synced
 *	vfs.c      SQLite's files on that disk, its locks and shared memory
 *	sys.c      struct tq_sys on that disk: names, flock, futex words
 *	cloud*.c   SQS, DynamoDB and S3, for the aws store
 *	model.c    what must be true of each task
 *	leases.c   ... and of the leases on it
 *	waits.c    ... and of what no claim may get
 *	actors.c   who uses the store: producers.c, workers.c, operators.c
 *	after.c    what is left a day later, and weeks later
 *	rate.c load.c	loads on a DynamoDB that throttles
 *	late.c     one that is stopped in the middle of a verb
 *	main.c     seeds, and what to do with them
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/env.h"

#define SIM_MS		INT64_C(1000)		/* in microseconds */
#define SIM_SEC		(1000 * SIM_MS)
#define SIM_MIN		(60 * SIM_SEC)
#define SIM_STOP	(6 * SIM_MIN)	/* a signature is valid for five */

struct sim_proc;
typedef void sim_body(struct sim_proc *p, void *arg);

struct sim_proc {
	const char	*name;
	int		 id;
	bool		 alive;
	int64_t		 wake_at;	/* when it goes on; INT64_MAX: woken */
	const void	*waits_for;	/* a futex word or a lock, or NULL */
	uint64_t	 dies_at;	/* its operation of that number; 0: none */
	uint64_t	 stops_at;	/* ... is stopped there, up to SIM_STOP */
	uint64_t	 ops;
	int64_t		 skew;		/* of its host's clock, ms */
	struct tq_env	 env;		/* its own: sim_env with that clock */
	struct sim_fiber *fiber;
};

/* The fate of writes that were not synced when the power fails: none is
   kept; all up to one; any, in any order. */
enum sim_lose { SIM_LOSE_ALL, SIM_LOSE_END, SIM_LOSE_ANY };

/* The faults that a run may meet.  Chances are per million operations. */
struct sim_knobs {
	unsigned	kill, power, stall, io_error;
	uint64_t	power_at;	/* exactly at this operation; 0: none */
	unsigned	lose;		/* how files forget: enum sim_lose + 1;
					   0: any */
	bool		jumps;		/* the wall clock is set, and back */
	unsigned	cloud;		/* of a request to AWS: see cloud.c */
	unsigned	in_flight;	/* messages at most; 0: as SQS has it */
	bool		skewed;		/* hosts' clocks differ */
	unsigned	key_units;	/* a second: what a key of DynamoDB's
					   index takes; 0: any number */
	unsigned	table_units;	/* ... the table; with key_units */
};

struct sim_world {
	uint64_t	 seed;
	struct sim_knobs knobs;
	int64_t		 now;		/* microseconds */
	int64_t		 booted;	/* when, in now's terms */
	char		 boot_id[40];
	uint64_t	 ops;
	struct sim_proc	*running;	/* NULL: the scheduler */
	int		 quiet;		/* > 0: no operation yields or fails */
	bool		 powered_off;
	unsigned	 kills, powers, errors, jumps;	/* faults there were */
	unsigned	 throttled;	/* writes, by those units */
	bool		 script;	/* few tasks, of all sizes */
	bool		 aws;		/* the store is on cloud.h's services */
	int64_t		 wall_off;	/* ms that the wall clock is wrong by */
};
extern struct sim_world sim;
extern const struct tq_env sim_env;

void sim_begin(uint64_t seed);

/* Random numbers of the run. */
uint64_t sim_random(void);
uint64_t sim_below(uint64_t n);			/* 0 .. n - 1 */
bool sim_chance(unsigned per_million);

/* sim_spawn(name, body, arg, after): a process that begins ${after} us from now. */
struct sim_proc *sim_spawn(const char *name, sim_body *body, void *arg,
    int64_t after);

/* sim_run(until): let processes run; true when all ended, false at ${until} or
   when the power went off. */
bool sim_run(int64_t until);

/* sim_sleep(us): of the running process. */
void sim_sleep(int64_t us);

/*
 * sim_op(what, cost): the running process is about to do something that
 * others can see, which takes up to ${cost} us.  May not return.
 */
void sim_op(const char *what, int64_t cost);

/* Run as nobody in particular: nothing yields or fails until sim_look_end(). */
void sim_look_begin(void);
void sim_look_end(void);

/* The power fails; those who run have ended. */
void sim_power_off(void);

/* sim_fault(): does this operation fail? */
bool sim_fault(void);

/* Sleep until sim_wake(thing), at most ${us}; sim_wake() wakes all or one. */
void sim_block(const void *thing, int64_t us);
void sim_wake(const void *thing, bool all);

/* Kill a process; what it held is given back (disk, locks). */
void sim_kill(struct sim_proc *p);

/* The log: the last events, shown when a run fails. */
void sim_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* sim_fail(fmt, ...): print the seed, the reason, the last events; exits 1. */
void sim_fail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* The wall clock, and what it would say had nobody set it. */
int64_t sim_now_ms(void);
int64_t sim_true_ms(void);

/* -- disk.c ------------------------------------------------------------------ */

struct sim_node;

void sim_disk_begin(void);
/* Descriptors of processes are below this number. */
#define SIM_FDS		256
/* The node of a name, or NULL, and back; of an open descriptor, or NULL. */
struct sim_node *sim_disk_find(const char *path);
const char *sim_disk_path(const struct sim_node *n);
struct sim_node *sim_disk_of_fd(int fd);
int sim_node_fd(const struct sim_node *n);	/* its memfd */
bool sim_node_is_dir(const struct sim_node *n);
int64_t sim_node_mtime(const struct sim_node *n);	/* us */
/* A file without a name. */
struct sim_node *sim_disk_new(bool dir);
/* Names; the caller has checked. */
void sim_disk_link(const char *path, struct sim_node *n);
void sim_disk_unlink(const char *path);
void sim_disk_rename(const char *from, const char *to);
/* sim_disk_child(dir, i): the i-th name in a folder, or NULL. */
const char *sim_disk_child(const char *dir, size_t i);
/* Writes that a crash may lose until sim_disk_sync(). */
int sim_disk_write(struct sim_node *n, int64_t off, const void *p, size_t len);
int sim_disk_truncate(struct sim_node *n, int64_t size);
void sim_disk_sync(struct sim_node *n);
/* The folder ${path}: the names in it. */
void sim_disk_sync_dir(const char *path);
/* The power fails: what was not synced may be lost, cut, torn, reordered. */
void sim_disk_power_off(void);
/* One pointer for each of vfs.c and sys.c, of what is in memory only. */
void **sim_node_memory(struct sim_node *n, int which);

/* -- vfs.c, sys.c ------------------------------------------------------------- */

/* A fault of ours: no sync reaches the disk; of which files: */
#define SIM_NO_SYNC_DB		1u
#define SIM_NO_SYNC_BLOB	2u
#define SIM_NO_SYNC_DIR		4u
extern unsigned sim_no_sync;

void sim_vfs_begin(void);
void sim_vfs_dead(struct sim_proc *p);
void sim_sys_dead(struct sim_proc *p);
extern const struct tq_sys sim_sys;

#endif

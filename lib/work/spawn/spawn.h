/*
 * lib/work/spawn/spawn.h -- the spawner: a small process that makes every child.
 *
 * It is forked before the store is opened, so that children inherit nothing
 * of it, and stays small, so that making one is cheap.  Each of the two
 * watches the other by their socket: when the worker dies the spawner kills
 * every group it made and exits; when the spawner dies the worker sees EOF.
 * Children get their own process group, default signals, an empty mask,
 * PR_SET_PDEATHSIG and exactly the descriptors that were sent.  When a
 * child's main process ends by itself, the rest of its group is killed; after
 * a TERM the group is alive until it is empty, so that what cleans up can.
 */
#ifndef TQ_SPAWN_H
#define TQ_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/buf.h"

struct tq_err;

#define TQ_SPAWN_FDS	5		/* 0, 1, 2, 3 and a function's 4 */
#define TQ_SPAWN_FNS	8
#define TQ_SPAWN_MAX	(4u * 1024 * 1024) /* argv and environment of one child */
#define TQ_SPAWN_INLINE	(150u * 1024)	/* of it, in the message itself */

/*
 * A function that runs in a forked child, without exec; its return value is
 * the exit status.  ${arg} is what tq_spawn_start() was given.  prepare (or
 * NULL) runs in the spawner, once, before the first such child: what it loads
 * all of them have already.
 */
struct tq_spawn_fn {
	int	(*run)(struct tq_span arg);
	void	(*prepare)(void);
};

/* The worker's end. */
struct tq_spawn {
	int		 fd;		/* SOCK_SEQPACKET; see _next */
	pid_t		 pid;		/* the spawner's */
	pid_t		*groups;	/* shared: of child i, 0 if none */
	uint32_t	 nchildren;
	struct tq_buf	 msg;
};

/*
 * tq_spawn_init(s, nchildren, scratch, fns, nfns, err):
 * Fork the spawner, for up to ${nchildren} children at a time and up to
 * TQ_SPAWN_FNS functions.  It removes
 * the directory ${scratch} and all that is in it when it ends, however the
 * worker ended.  Must be called while the process has one thread and holds
 * nothing that a child must not see.  Does not return in the spawner.
 * Fails with stage exec.
 */
int tq_spawn_init(struct tq_spawn *s, uint32_t nchildren, const char *scratch,
    const struct tq_spawn_fn *fns, size_t nfns, struct tq_err *err);

/* tq_spawn_free(s): end the spawner, and with it every child; waits for it. */
void tq_spawn_free(struct tq_spawn *s);

/* A child to start. */
struct tq_spawn_cmd {
	uint32_t	 child;		/* its number; free once it ended */
	int		 fn;		/* -1: a program, else index into fns */
	struct tq_span	 arg;		/* for the function */
	const char	*file;		/* the program, looked up in PATH */
	const char *const *argv;	/* NULL ends */
	const char *const *env;		/* beside the worker's, and instead of
					   those of its names; NULL ends */
	const char	*cwd;		/* NULL: the worker's */
	int		 umask;		/* 1 + the mask; 0: the worker's */
	int		 fds[TQ_SPAWN_FDS];	/* stay the caller's */
	size_t		 nfds;
};

/*
 * tq_spawn_fds(cmd, n) / tq_spawn_fds_close(cmd):
 * ${n} files for the child, none of them open yet; close those that are.
 */
void tq_spawn_fds(struct tq_spawn_cmd *cmd, size_t n);
void tq_spawn_fds_close(struct tq_spawn_cmd *cmd);

/*
 * tq_spawn_start(s, cmd, err):
 * Ask for a child.  That it could not be started is told by its exit
 * (tq_spawn_next()).  Fails with stage exec: TQ_E_TOOBIG when argv and
 * environment are over TQ_SPAWN_MAX, TQ_E_NOMEM, TQ_E_IO when the spawner is gone.
 */
int tq_spawn_start(struct tq_spawn *s, const struct tq_spawn_cmd *cmd,
    struct tq_err *err);

/* tq_spawn_kill(s, child, sig): signal a child's group, if it still is. */
void tq_spawn_kill(struct tq_spawn *s, uint32_t child, int sig);

/* tq_spawn_ask(s): have it say that it is there (TQ_SPAWN_THERE). */
void tq_spawn_ask(struct tq_spawn *s);

#define TQ_SPAWN_THERE	UINT32_MAX	/* no child: the answer to _ask() */

/*
 * tq_spawn_next(s, e):
 * The next child that has ended: 1; 0 when there is none now; -1 when the
 * spawner is gone.
 */
struct tq_spawn_exit {
	uint32_t	child;
	int		wstatus;	/* as of waitpid() */
	int		exec_errno;	/* the program could not be started; */
	bool		in_cwd;		/* ... its directory not be entered */
};
int tq_spawn_next(struct tq_spawn *s, struct tq_spawn_exit *e);

/* tq_spawn_kill_all(s): without the spawner's help, when it is gone. */
void tq_spawn_kill_all(struct tq_spawn *s);

#define TQ_SPAWN_LOCK	"lock"

/*
 * tq_spawn_remove(dir): remove a directory and all that is in it, TQ_SPAWN_LOCK
 * last: of one that is killed meanwhile the next worker finds the rest by it.
 */
void tq_spawn_remove(const char *dir);

/* -- between the two ends -------------------------------------------------- */

enum tq_spawn_op { TQ_SPAWN_START, TQ_SPAWN_KILL, TQ_SPAWN_ASK };

/*
 * Followed by the function's arg, or by file, cwd, argv and env, NUL-ended;
 * those are in a file that comes as the last descriptor if ${big}, their
 * length, is not 0.
 */
struct tq_spawn_msg {
	uint32_t	op;
	uint32_t	child;
	int32_t		fn;
	int32_t		sig;
	uint32_t	argc, envc;
	uint32_t	big;
	int32_t		umask;		/* as of struct tq_spawn_cmd */
};

/* tq_spawner_main(fd, groups, n, scratch, fns, nfns): the spawner's life. */
void tq_spawner_main(int fd, pid_t *groups, uint32_t n, const char *scratch,
    const struct tq_spawn_fn *fns, size_t nfns) __attribute__((noreturn));

#endif
